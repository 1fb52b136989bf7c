"""Files to upload: what was given for one, and the name it gets."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    from edgequake.models.options import FileInput

__all__ = ["FILE_LIMIT", "PDF_LIMIT", "FilePart", "file_part", "file_parts", "named_parts"]

_MIB = 1024 * 1024
FILE_LIMIT = 50 * _MIB
"""Bytes above which the server refuses a file."""
PDF_LIMIT = 100 * _MIB
"""Bytes above which the server refuses a PDF."""


@dataclass(frozen=True, slots=True)
class FilePart:
    """One file of a ``multipart/form-data`` body."""

    field: str
    """The name of the part."""
    filename: str
    content: str | bytes | IO[bytes]
    """A path, the bytes themselves, or an open file."""
    limit: int | None = None
    """How many bytes it may have; None: any number."""
    rewindable: bool = True
    """False for an open file that can be read only once, such as a pipe."""
    may_be_text: bool = False
    """True for a string, in which a text itself may have been given."""

    def check_size(self, size: int) -> None:
        """Raises :class:`ConfigurationError` if ``size`` bytes are more than the server takes."""
        if self.limit is not None and size > self.limit:
            raise ConfigurationError(
                f"{self.filename} has more than {self.limit / _MIB:g} MiB, which is all that the server takes: "
                "max_upload_bytes sets the limit, and None lifts it"
            )


def file_part(field: str, given: FileInput, *, filename: str | None = None, limit: int | None = None) -> FilePart:
    """``given`` as a part of this name. Raises :class:`ConfigurationError` for what is no file, or has no name."""
    content: Any = os.fspath(given) if isinstance(given, str | os.PathLike) else given
    if isinstance(content, bytearray | memoryview):
        content = bytes(content)
    if isinstance(content, io.TextIOBase):
        raise ConfigurationError(f"{field} must be opened in binary mode, as in open(path, 'rb')")
    if not isinstance(content, str | bytes) and not hasattr(content, "read"):
        raise ConfigurationError(f"{field} must be a path, bytes or an open binary file, not {type(given).__name__}")
    if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int)):
        raise ConfigurationError(f"max_upload_bytes must be a whole number of bytes or None, not {limit!r}")
    name = filename or _name_of(content)
    if not name:
        raise ConfigurationError(f"{field} has no name: give filename='notes.md'; the server goes by its ending")
    try:
        name.encode()
    except UnicodeEncodeError as error:  # the bytes of the name are not UTF-8
        raise ConfigurationError(f"{name!r} is no name in UTF-8: rename the file, or give filename=") from error
    rewindable = isinstance(content, str | bytes) or _seekable(content)
    return FilePart(field, name, content, limit, rewindable, may_be_text=isinstance(given, str))


def file_parts(
    field: str, given: Iterable[FileInput | tuple[str, FileInput]], *, limit: int | None = None
) -> tuple[FilePart, ...]:
    """Several files as parts of the same name; each may be a tuple of its name and the file."""
    if isinstance(given, str | bytes | os.PathLike) or hasattr(given, "read") or not isinstance(given, Iterable):
        raise ConfigurationError(f"{field} must be a list of files, not {type(given).__name__}")
    parts = tuple(_named_part(field, one, limit) for one in given)
    if not parts:
        raise ConfigurationError(f"{field} must hold at least one file")
    return parts


def named_parts(given: Mapping[str, FileInput | tuple[str, FileInput]]) -> tuple[FilePart, ...]:
    """Files by the names of their parts, as ``client.request`` takes them."""
    if not isinstance(given, Mapping):
        raise ConfigurationError(f"files must be a dict of names of parts and files, not {type(given).__name__}")
    return tuple(_named_part(field, one, None) for field, one in given.items())


def _named_part(field: str, given: FileInput | tuple[str, FileInput], limit: int | None) -> FilePart:
    match given:
        case (str(filename), content):
            return file_part(field, content, filename=filename, limit=limit)
        case tuple():
            raise ConfigurationError(f"{field} must be files, or tuples of a file's name and the file")
    return file_part(field, given, limit=limit)


def _seekable(file: Any) -> bool:
    try:
        return bool(file.seekable())
    except (AttributeError, OSError, ValueError):  # ValueError: it is closed
        return False


def _name_of(content: Any) -> str:
    name = content if isinstance(content, str) else getattr(content, "name", None)
    return os.path.basename(name) if isinstance(name, str) else ""

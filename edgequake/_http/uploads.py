"""Files of a request: opened for one try, read in pieces while they are sent, and closed."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from edgequake._http.waiting import async_in_thread, current_deadline
from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from edgequake._core.calls import Call
    from edgequake._core.uploads import FilePart
    from edgequake._http.requests import Request

__all__ = ["async_upload", "head_of", "opened", "text_of", "upload"]

_NO_SUCH_NAME = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
_PIECES_AT_ONCE = 16
"""Pieces of 64 KiB that are read in one visit to a worker thread."""


@contextmanager
def opened(call: Call[Any]) -> Iterator[Call[Any]]:
    """``call`` with its files open and at their start.

    Raises :class:`ConfigurationError` for a file that cannot be read or is too large, also if that shows later, and
    whatever the HTTP library made of it.
    """
    with ExitStack() as stack:
        readers = [_reader(part, stack) for part in call.files]
        try:
            files = (replace(part, content=cast("Any", one)) for part, one in zip(call.files, readers, strict=True))
            yield replace(call, files=tuple(files))
        except Exception as error:
            for reader in readers:
                if reader.failure is not None and reader.failure is not error:
                    raise reader.failure from error
            raise


def upload(request: Request) -> Request:
    """``request``, whose files are read while they are sent, piece by piece."""
    stream: Any = request.stream
    kind: Any = type(stream)
    stream.__class__ = _in_pieces(kind)
    return request


def async_upload(request: Request) -> Request:
    """``request``, whose files are read in a worker thread while they are sent: a slow disk does not stop the loop."""
    return upload(request)


@cache
def _in_pieces(kind: Any) -> Any:
    """A class of httpx, or of its successor: each client checks that a body is of its own.

    Each piece that is taken begins the wait for the answer anew, so that a large file may take longer than that.
    """

    class InPieces(kind):  # type: ignore[misc]  # the base is only known when it runs
        def __iter__(self) -> Iterator[bytes]:
            for piece in super().__iter__():
                yield piece
                _still_sending()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            pieces = super().__iter__()
            while read := await async_in_thread(_some, pieces):
                for piece in read:
                    yield piece
                    _still_sending()

    return InPieces


def _still_sending() -> None:
    if (deadline := current_deadline()) is not None:
        deadline.still_sending()


def _some(pieces: Iterator[bytes]) -> list[bytes]:
    return list(islice(pieces, _PIECES_AT_ONCE))


def _reader(part: FilePart, stack: ExitStack) -> _Reader:
    content: Any = part.content
    try:
        if isinstance(content, bytes):
            content = BytesIO(content)
        elif isinstance(content, str):
            content = stack.enter_context(Path(content).open("rb"))  # noqa: SIM115 - the stack closes it
        if not part.rewindable:
            return _Reader(part, content)
        part.check_size(content.seek(0, os.SEEK_END))
        content.seek(0)
    except (OSError, ValueError) as error:
        raise _unreadable(part, error) from error
    return _SeekableReader(part, content)


def _unreadable(part: FilePart, error: Exception) -> ConfigurationError:
    return ConfigurationError(f"cannot read {part.filename}: {getattr(error, 'strerror', None) or error}")


def head_of(part: FilePart, size: int) -> bytes | None:
    """The first bytes of a file; None for one that can be read only once.

    Raises :class:`ConfigurationError` for a file that is not there or cannot be read.
    """
    content: Any = part.content
    if isinstance(content, bytes):
        return content[:size]
    try:
        if isinstance(content, str):
            with Path(content).open("rb") as file:
                return file.read(size)
        if not part.rewindable:
            return None
        content.seek(0)
        head = bytes(content.read(size))
        content.seek(0)
    except (OSError, ValueError, TypeError) as error:
        if isinstance(content, str) and getattr(error, "errno", errno.ENOENT) in _NO_SUCH_NAME:
            hint = "; to upload a text itself, give content=…" if part.may_be_text else ""
            raise ConfigurationError(f"there is no file {content[:200]!r}{hint}") from error
        raise _unreadable(part, error) from error
    return head


def text_of(part: FilePart) -> str:
    """A whole file as text. Raises :class:`ConfigurationError` if it is too large or not UTF-8."""
    with ExitStack() as stack:
        reader = _reader(part, stack)
        data = reader if isinstance(reader, bytes) else reader.read()
    try:
        return str(data, "utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{part.filename} is not UTF-8 text: {error}") from error


class _Reader:
    """A file as httpx reads it. One that cannot be rewound has no length: it is sent in chunks."""

    def __init__(self, part: FilePart, file: Any) -> None:
        self._part = part
        self._file = file
        self._size = 0
        self.failure: ConfigurationError | None = None
        """What went wrong with the file itself."""

    def read(self, size: int = -1) -> bytes:
        """The next bytes. Raises :class:`ConfigurationError` if they cannot be read, or are too many."""
        try:
            data = bytes(self._file.read(size))
            self._size += len(data)
            self._part.check_size(self._size)
        except ConfigurationError as error:
            self.failure = error
            raise
        except (OSError, ValueError, TypeError) as error:  # TypeError: it gives text
            self.failure = _unreadable(self._part, error)
            raise self.failure from error
        return data


class _SeekableReader(_Reader):
    """A file that can be rewound, and sent again."""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Moves to a place in the file, and returns it."""
        self._size = 0
        place: int = self._file.seek(offset, whence)
        return place

    def tell(self) -> int:
        """The place in the file."""
        place: int = self._file.tell()
        return place

"""A file that is written beside its place, and takes its name when it is whole."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Self

from edgequake.exceptions import ConfigurationError, EdgeQuakeError

if TYPE_CHECKING:
    import os
    from types import TracebackType

__all__ = ["PartFile"]


class PartFile:
    """What a download writes to. Leaving the block without :meth:`keep` removes it, and the old file stays as it was.

    Raises :class:`ConfigurationError` if no file can be made there.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        """Where the whole file will be."""
        try:
            self._place = _place_of(self.path)
            self._part = self._place.with_name(f".edgequake-{secrets.token_hex(8)}.part")
            self._file = self._part.open("xb")
        except (OSError, ValueError, RuntimeError) as error:  # a zero byte; a link to itself, up to Python 3.12
            words = getattr(error, "strerror", None) or error
            raise ConfigurationError(f"cannot write {self.path}: {words}") from error

    def restart(self) -> None:
        """Begins anew, for another try."""
        self._file.seek(0)
        self._file.truncate()

    def write(self, data: bytes) -> None:
        """Adds ``data``. Raises :class:`EdgeQuakeError` when the disk is full."""
        try:
            self._file.write(data)
        except OSError as error:
            raise self._failed(error) from error

    def keep(self) -> Path:
        """Gives the file its name."""
        try:
            self._file.close()
            self._part.replace(self._place)
        except OSError as error:
            raise self._failed(error) from error
        return self.path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError:  # what was not written yet does not fit either
            pass
        finally:
            self._part.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> EdgeQuakeError:
        return EdgeQuakeError(f"cannot write {self.path}: {error.strerror or error}")


def _place_of(path: Path) -> Path:
    """Where the file is that gets a new content: a link stays. Raises :class:`OSError` for what is no file."""
    place = path.resolve()
    if place.is_dir():
        raise IsADirectoryError(0, "it is a directory; give the name of a file in it")
    if place.exists() and not place.is_file():
        raise OSError(0, "it is no regular file")  # the download would replace a device
    return place

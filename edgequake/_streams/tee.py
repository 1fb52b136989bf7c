"""Keeps a stream in a file while it is read."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from io import BufferedIOBase, RawIOBase
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

from pydantic_core import to_json

from edgequake.exceptions import ConfigurationError, StreamError

if TYPE_CHECKING:
    from edgequake._core.protocols import AnyChunk

__all__ = ["Tee"]


class Tee:
    """Writes the text of each chunk to ``target``, or each chunk as a line of JSON where its name ends in ``.jsonl``.

    A path is emptied now and opened when the first chunk comes; a file of the caller's is left open.
    Raises :class:`ConfigurationError` for a target that cannot be written to.
    """

    def __init__(self, target: str | os.PathLike[str] | TextIO) -> None:
        self._path = os.fspath(target) if isinstance(target, str | os.PathLike) else None
        self._file: Any = None if self._path is not None else target
        self._started = 0.0
        name = self._path if self._path is not None else getattr(target, "name", "")
        self._name = repr(name) if name else "the file"
        self._as_json = isinstance(name, str) and name.endswith(".jsonl")
        if self._path is None:
            if not hasattr(target, "write") or not hasattr(target, "flush"):
                raise ConfigurationError(f"tee() takes a path or an open text file, not {target!r}")
            if isinstance(target, BufferedIOBase | RawIOBase) or "b" in str(getattr(target, "mode", "")):
                raise ConfigurationError("tee() writes text: open the file in text mode")
            return
        try:
            with open(self._path, "w", encoding="utf-8"):
                pass
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"cannot write to {self._name}: {_why(error)}") from error

    def begin(self) -> None:
        """The stream begins to be read now."""
        self._started = monotonic()

    def write(self, chunk: AnyChunk) -> None:
        """Keeps ``chunk``; raises :class:`StreamError` if it cannot be written, as on a full disk."""
        text = self._line(chunk, monotonic() - self._started) if self._as_json else chunk.text
        try:
            if self._file is None:
                self._file = open(self._path or "", "a", encoding="utf-8", newline="")  # noqa: SIM115 - see close()
            if text:
                self._file.write(text)
                self._file.flush()
        except (OSError, ValueError, TypeError) as error:
            with suppress(StreamError):  # it would fail on the same text again
                self.close()
            raise self._failed(error) from error

    def close(self) -> None:
        """Closes a file that was opened here; raises :class:`StreamError` if what is left cannot be written."""
        if self._path is None or self._file is None:
            return
        file, self._file = self._file, None
        try:
            file.close()
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> StreamError:
        return StreamError(f"the stream cannot be kept in {self._name}: {_why(error)}")

    @staticmethod
    def _line(chunk: AnyChunk, seconds: float) -> str:
        line = {"time": datetime.now(UTC).isoformat(), "seconds": round(seconds, 6), "chunk": chunk}
        return to_json(line).decode() + "\n"


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

"""What a batch has done, a line of JSON an item, on the disk before the next item begins."""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, Self

from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

__all__ = ["Journal", "Keys", "checked_fields"]


class Journal:
    """A file of JSON Lines that begin with the item's key; one run at a time may write it.

    The last line of an item counts. Opening the file repairs it: the lines of items that failed and a last line that
    was torn off are taken out, so that those items are done again.

    :param key: under which name a line holds its item's key.
    :param on_row: called with each line of an item that is done.
    :raises ConfigurationError: the file is no such journal, or another run is writing it.
    :raises OSError: the file cannot be read or written.
    """

    def __init__(
        self, path: str | os.PathLike[str], key: str, on_row: Callable[[dict[str, Any]], object] | None = None
    ) -> None:
        self.path = os.path.realpath(path)  # a link stays a link when the file is replaced
        self.done = Keys()
        """The keys of the items that were done when it was opened."""
        self._key = key
        self._writing = threading.Lock()
        self._syncing = threading.Lock()
        self._written = self._synced = 0
        self._file = _opened(self.path)
        try:
            if not self._is_clean():
                self._rewrite()
            if on_row is not None:
                for _, row in self._done_rows():
                    on_row(row)
        except BaseException:
            self.close()
            raise
        self._end = self._file.seek(0, os.SEEK_END)

    def append(self, row: Mapping[str, Any]) -> None:
        """Writes one line; it is on the disk when this returns. Any thread may call it.

        :raises ConfigurationError: ``row`` cannot be written as JSON.
        :raises OSError: the disk is full, say. What was written of the line is taken back.
        """
        line = _line(row)
        with self._writing:
            self._write(line)
            self._written += 1
            number = self._written
        with self._syncing:
            if self._synced < number:  # else another thread has just synced both lines
                written = self._written
                os.fsync(self._file.fileno())
                self._synced = written

    def close(self) -> None:
        """Closes the file, so that another run may open it."""
        self._file.close()
        self.done.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, line: bytes) -> None:
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[self._file.write(rest) :]
        except BaseException as error:
            with suppress(OSError):  # else the next line would be glued to the part that was written
                self._file.truncate(self._end)
                self._file.seek(self._end)
            if isinstance(error, OSError):  # a file that is open does not tell its name
                raise OSError(error.errno, error.strerror, self.path) from error
            raise
        self._end += len(line)

    def _is_clean(self) -> bool:
        """Notes what is done; whether the file holds nothing else."""
        clean = True
        line = b"\n"
        with open(self.path, "rb") as file:
            for number, line in enumerate(file, 1):
                row = self._row(line)
                if row is None and not self._is_torn(line):
                    raise ConfigurationError(
                        f"{self.path}, line {number}, is not a line with {self._key!r}, as this batch writes them: "
                        "give the output another name"
                    )
                if row is None:
                    clean = False
                elif "error" in row:
                    self.done.discard(row[self._key])
                    clean = False
                else:
                    self.done.add(row[self._key])
        return clean and line.endswith(b"\n")

    def _row(self, line: bytes) -> dict[str, Any] | None:
        try:
            row = json.loads(line)
        except ValueError:
            return None
        return row if isinstance(row, dict) and self._key in row else None

    def _is_torn(self, line: bytes) -> bool:
        """Whether this is a part of a line of ours; a system that went down may have left zeros in its place."""
        start = _line({self._key: 0}).partition(b"0")[0]
        text = line.rstrip(b"\0")
        return not line.endswith(b"\n") and (text.startswith(start) or start.startswith(text))

    def _done_rows(self) -> Iterator[tuple[bytes, dict[str, Any]]]:
        """The lines of items that are done, as bytes and read."""
        with open(self.path, "rb") as file:
            for line in file:
                row = self._row(line)
                if row is not None and "error" not in row and row[self._key] in self.done:
                    yield line if line.endswith(b"\n") else line + b"\n", row

    def _rewrite(self) -> None:
        descriptor, copy = tempfile.mkstemp(prefix=f"{os.path.basename(self.path)}.", dir=os.path.dirname(self.path))
        try:
            with open(descriptor, "wb") as file:
                file.writelines(line for line, _ in self._done_rows())
                file.flush()
                os.fsync(file.fileno())
                os.chmod(copy, os.fstat(self._file.fileno()).st_mode & 0o777)
            self._file.close()  # an open file cannot be replaced on Windows
            os.replace(copy, self.path)
        except BaseException:
            with suppress(OSError):
                os.unlink(copy)
            raise
        self._file = _opened(self.path)


class Keys:
    """Strings and numbers, each with a text; in little memory however many they are, since most are on the disk."""

    def __init__(self) -> None:
        # "" is a database of SQLite's own in a temporary file, which is removed with the connection.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE keys (key TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID")

    def add(self, key: str | int, text: str = "") -> bool:
        """Adds ``key``; False if it was there.

        :raises ConfigurationError: it is neither a string nor a whole number.
        """
        return self._database.execute("INSERT OR IGNORE INTO keys VALUES (?, ?)", (_name(key), text)).rowcount == 1

    def discard(self, key: str | int) -> None:
        """Takes ``key`` out, if it is there."""
        self._database.execute("DELETE FROM keys WHERE key = ?", (_name(key),))

    def text(self, key: str | int) -> str | None:
        """The text of ``key``; None if it was not added."""
        found = self._database.execute("SELECT text FROM keys WHERE key = ?", (_name(key),)).fetchone()
        return None if found is None else str(found[0])

    def __contains__(self, key: str | int) -> bool:
        return self.text(key) is not None

    def close(self) -> None:
        """Removes the file."""
        self._database.close()


def checked_fields(fields: object, whose: str, key_name: str, key: str | int) -> Mapping[str, Any]:
    """``fields``, unless a run that reads them from a line takes it for that of another item, or of one that failed.

    :raises ConfigurationError: they are no mapping, or have a name that the journal uses itself.
    """
    if not isinstance(fields, Mapping):
        raise ConfigurationError(f"{whose} must return a dict, not {type(fields).__name__}")
    taken = key_name if fields.get(key_name, key) != key else "error"
    if taken in fields:
        raise ConfigurationError(
            f"{whose} returned a field {taken!r}, which the journal uses itself: give it another name"
        )
    return fields


def _name(key: Any) -> str:
    if isinstance(key, bool) or not isinstance(key, str | int) or key == "":
        raise ConfigurationError(f"an item's key must be a string or a whole number, not {key!r}")
    return json.dumps(key)  # 1 is not "1"


def _line(row: Mapping[str, Any]) -> bytes:
    """``row`` as a line of UTF-8; what UTF-8 cannot carry, such as a lone surrogate, is escaped."""
    try:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"the line of an item cannot be written as JSON: {error}") from error
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(row).encode() + b"\n"


def _opened(path: str) -> IO[bytes]:
    """The file, open for this run alone."""
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise ConfigurationError(
            f"{path} is no file on a disk, which could be read again: give the output another name"
        )
    while True:
        file = open(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b", buffering=0)  # noqa: SIM115 - the caller closes it
        try:
            _lock(file, path)
            if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                return file
        except BaseException:
            file.close()
            raise
        file.close()  # another run has just put a repaired file in its place


def _lock(file: IO[bytes], path: str) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: two runs at once are not noticed
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ConfigurationError(f"another run is writing {path}: wait until it has ended") from error
    except OSError:
        return  # a file system without locks

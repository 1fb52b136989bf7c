"""Server-sent events: bytes in, events out, by the letter of the WHATWG event-stream rules.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgequake.exceptions import StreamError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EventData", "SSEParser"]

_BOM = b"\xef\xbb\xbf"


class EventData(bytes):
    """The data of an event that also had a name, an id or a retry time. Other events are plain ``bytes``."""

    event: str
    id: str
    retry: int | None


class SSEParser:
    """Turns the bytes of an event stream, however they are cut, into the data of its events.

    Time is linear in the bytes, and an event of more than ``max_event_bytes`` raises :class:`StreamError` before it
    is held in memory.
    """

    def __init__(self, max_event_bytes: int) -> None:
        self._max = max_event_bytes
        self._start: bytes | None = b""  # the first bytes, until it is known whether they are a byte order mark
        self._after_cr = False  # the last byte was a CR: a LF that follows belongs to it
        self._line: list[bytes] = []  # pieces of the line that has not ended yet
        self._data: list[bytes] = []  # the data lines of the event that has not ended yet
        self._held = 0  # bytes in both
        self._event = ""
        self._id = ""
        self._retry: int | None = None
        self._in_event = False  # a line of the current event has been read

    @property
    def unfinished(self) -> bool:
        """True when data has come that no blank line has ended: at the end of a stream, data that is cut off."""
        line = b"".join(self._line)
        return bool(self._data) or (line != b"" and line[:4] == b"data"[: len(line)])

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The data of each event that ``data`` completes, in order: ``bytes``, or :class:`EventData`."""
        data = self._with_line_feeds(data)
        if self._line or self._in_event:
            end = self._end_of_event(data)
            if end < 0:
                return
            if self._data:
                yield self._dispatch()
            else:
                self._reset()
            data = data[end:]
        *blocks, rest = data.split(b"\n\n")
        for block in blocks:
            # The common event is one line, `data: …`; anything else goes line by line.
            if block[:6] == b"data: " and b"\n" not in block and not self._id:
                if len(block) > self._max:
                    raise self._too_large()
                yield block[6:]
                continue
            for line in block.split(b"\n"):
                self._field(line)
            if self._data:
                yield self._dispatch()
            else:
                self._reset()
        if rest:
            self._end_of_event(rest)

    def _with_line_feeds(self, data: bytes) -> bytes:
        """``data`` without a byte order mark at the stream's start, and with LF for every line end.

        No byte of a longer UTF-8 sequence is a CR or LF, so this can be done on bytes.
        """
        if self._start is not None:
            data = self._start + data
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._start = data
                return b""
            self._start = None
            data = data.removeprefix(_BOM)
        if self._after_cr and data:
            self._after_cr = False
            data = data.removeprefix(b"\n")
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return data

    def _end_of_event(self, data: bytes) -> int:
        """Reads lines up to the blank line that ends the current event; the position after it, or -1."""
        position = 0
        while (end := data.find(b"\n", position)) >= 0:
            if self._line:
                self._line.append(data[position:end])
                line = b"".join(self._line)
                self._held -= len(line) - (end - position)
                self._line.clear()
            else:
                line = data[position:end]
            position = end + 1
            if not line:
                return position
            self._in_event = True
            self._field(line)
        if position < len(data):
            self._line.append(data[position:])
            self._hold(len(data) - position)
        return -1

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value[1:] if value[:1] == b" " else value
        if name == b"data":
            self._data.append(value)
            self._hold(len(value) + 1)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit():
            self._retry = int(value[:18])
        # A comment's name is empty; other names are ignored, as the rules say.

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > self._max:
            raise self._too_large()

    def _too_large(self) -> StreamError:
        self._line.clear()
        self._reset()
        return StreamError(f"an event of more than {self._max} bytes; max_event_bytes sets the limit")

    def _dispatch(self) -> bytes:
        data = b"\n".join(self._data)
        if self._event or self._id or self._retry is not None:
            named = EventData(data)
            named.event, named.id, named.retry = self._event or "message", self._id, self._retry
            data = named
        self._reset()
        return data

    def _reset(self) -> None:
        """Begins a new event; the id stays, as the rules say."""
        self._data.clear()
        self._held = 0
        self._event = ""
        self._retry = None
        self._in_event = False

"""Server-sent events: bytes in, events out, exactly as the WHATWG event-stream rules say.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgequake.exceptions import StreamError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["EventData", "SSEParser"]

_BOM = b"\xef\xbb\xbf"
_CR = 0x0D

# What the next bytes stand in; most reads begin with an event, and in none of these.
_AT_START = 1  # it is not yet known whether the first bytes are a byte order mark
_AFTER_CR = 2  # the last byte was a CR: a LF that follows belongs to it
_IN_EVENT = 4  # some of an event, or of its first line, has been read
_WITH_ID = 8  # the stream has given an id, which every event has from then on


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
        self._state = _AT_START
        self._start = b""  # what may be the beginning of a byte order mark
        self._line = bytearray()  # of the line that has not ended yet
        self._data = bytearray()  # the data lines of the event that has not ended yet, each with a line feed
        self._held = 0  # bytes in both
        self._event = ""
        self._id = ""
        self._retry: int | None = None

    @property
    def unfinished(self) -> bool:
        """True when data has come that no blank line has ended: at the end of a stream, data that is cut off."""
        name, colon, _ = self._line.partition(b":")
        return bool(self._data) or (name == b"data" if colon else name != b"" and b"data".startswith(name))

    def feed(self, data: bytes) -> Iterable[bytes]:
        """The data of each event that ``data`` completes, in order: ``bytes``, or :class:`EventData`.

        Take them all before the next call; a fault is raised where it stands among them.
        """
        # The commonest read by far is one event of one line, `data: …`. (A slice and a number: find() and
        # startswith() would each cost as much as all of this.)
        if not self._state:
            line, _, rest = data.partition(b"\n")
            if rest == b"\n" and line[:6] == b"data: " and _CR not in line and len(line) <= self._max:
                return (line[6:],)
        if self._state & (_AT_START | _AFTER_CR) or _CR in data:
            data = self._with_line_feeds(data)
        if not self._state & _IN_EVENT and data[-2:] == b"\n\n":
            return self._whole(data)
        return self._pieces(data)

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        """Events of a read that begins or ends in the middle of one."""
        if self._state & _IN_EVENT:
            end = self._end_of_event(data)
            if end < 0:
                return
            if self._data:
                yield self._dispatch()
            self._reset()
            data = data[end:]
        cut = data.rfind(b"\n\n") + 2
        if cut > 1:
            yield from self._whole(data[:cut])
            data = data[cut:]
        # Between two events a blank line ends nothing; no other is left here.
        if data := data.lstrip(b"\n"):
            self._end_of_event(data)

    def _whole(self, data: bytes) -> Iterable[bytes]:
        """Events of bytes that begin and end with one."""
        # Most often each is one line, `data: …`: the lines that are left hold no line feed.
        if data[:6] == b"data: " and not self._state & _WITH_ID and len(data) <= self._max:
            payloads = data[6:-2].split(b"\n\ndata: ")
            if b"\n" not in b"".join(payloads):  # count() would look at each byte, which takes six times as long
                return payloads
        return self._by_line(data)

    def _by_line(self, data: bytes) -> Iterator[bytes]:
        for block in data[:-2].split(b"\n\n"):
            for line in block.split(b"\n"):
                self._field(line)
            if self._data:
                yield self._dispatch()
            self._reset()

    def _with_line_feeds(self, data: bytes) -> bytes:
        """``data`` without a byte order mark at the stream's start, and with LF for every line end.

        No byte of a longer UTF-8 sequence is a CR or LF, so this can be done on bytes.
        """
        if self._state & _AT_START:
            data = self._start + data
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._start = data
                return b""
            self._state &= ~_AT_START
            data = data.removeprefix(_BOM)
        if self._state & _AFTER_CR and data:
            self._state &= ~_AFTER_CR
            data = data.removeprefix(b"\n")
        if _CR in data:
            if data[-1] == _CR:
                self._state |= _AFTER_CR
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return data

    def _end_of_event(self, data: bytes) -> int:
        """Reads lines up to the blank line that ends the current event; the position after it, or -1."""
        position = 0
        while (end := data.find(b"\n", position)) >= 0:
            if self._line:
                self._held -= len(self._line)
                line = bytes(self._line + data[position:end])
                self._line.clear()
            else:
                line = data[position:end]
            position = end + 1
            if not line:
                return position
            self._state |= _IN_EVENT
            self._field(line)
        if position < len(data):
            self._state |= _IN_EVENT
            self._line += data[position:]
            self._hold(len(data) - position, beside=len(b"data: ") - 1)  # a line feed will take the place of those
        return -1

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value[1:] if value[:1] == b" " else value
        if name == b"data":
            self._data += value + b"\n"
            self._hold(len(value) + 1)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id":
            if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")
                self._state = self._state | _WITH_ID if value else self._state & ~_WITH_ID
        elif name == b"retry" and value.isdigit():
            self._retry = int(value[:18])
        # A comment's name is empty; other names are ignored, as the rules say.

    def _hold(self, size: int, beside: int = 0) -> None:
        self._held += size
        if self._held > self._max + beside:
            raise self._too_large()

    def _too_large(self) -> StreamError:
        self._line.clear()
        self._reset()
        return StreamError(f"an event of more than {self._max} bytes; max_event_bytes sets the limit")

    def _dispatch(self) -> bytes:
        data = bytes(self._data[:-1])
        if self._event or self._id or self._retry is not None:
            named = EventData(data)
            named.event, named.id, named.retry = self._event or "message", self._id, self._retry
            return named
        return data

    def _reset(self) -> None:
        """Begins a new event; the id stays, as the rules say."""
        self._data.clear()
        self._held = 0
        self._event = ""
        self._retry = None
        self._state &= ~_IN_EVENT

"""HTTP answers read by h11, as they come and as the rechunker joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import h11

from edgequake._http.rechunk import Rechunker

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["HEAD", "Seen", "chunked", "seen"]

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Seen(NamedTuple):
    """What has come of an answer so far."""

    status: int | None
    body: bytes
    state: str
    """``open``, ``ended``, or what was wrong."""
    leftovers: bytes
    """What came behind the answer."""


def chunked(*pieces: bytes) -> bytes:
    """The pieces as HTTP chunks, without the last one."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


class Reader:
    """One connection, after a request."""

    def __init__(self, rechunker: Rechunker | None) -> None:
        self._h11 = h11.Connection(h11.CLIENT)
        self._rechunker = rechunker

    def request(self, method: str) -> None:
        """Sends a request, the first or another."""
        if self._h11.our_state is h11.DONE:
            self._h11.start_next_cycle()
        size = 5 if method == "POST" else 0
        head = h11.Request(method=method, target="/", headers=[("Host", "h"), ("Content-Length", str(size))])
        parts = [head, *([h11.Data(data=b"HEAD ")] if size else []), h11.EndOfMessage()]
        for written in map(self._h11.send, parts):
            if self._rechunker is not None:
                self._rechunker.wrote(written or b"")
        self._status: int | None = None
        self._body = b""
        self._state = "open"

    def read(self, data: bytes) -> Seen:
        """What has come after another read, of nothing at the connection's end."""
        if self._rechunker is not None and data:
            data = self._rechunker.feed(data)
            if not data:
                return self._seen()
        try:
            self._h11.receive_data(data)
            while self._state == "open":
                event = self._h11.next_event()
                if isinstance(event, h11.Response):
                    self._status = event.status_code
                elif isinstance(event, h11.Data):
                    self._body += bytes(event.data)
                elif isinstance(event, h11.EndOfMessage):
                    self._state = "ended"
                elif not isinstance(event, h11.InformationalResponse):
                    break
        except (h11.RemoteProtocolError, RuntimeError) as error:  # RuntimeError: more after the connection's end
            self._state = type(error).__name__
        return self._seen()

    def _seen(self) -> Seen:
        return Seen(
            self._status, self._body, self._state, self._h11.trailing_data[0] if self._state == "ended" else b""
        )


def seen(*answers: list[bytes], joined: bool, methods: Sequence[str] = ("POST",)) -> list[list[Seen]]:
    """What has come after each read, and after the connection's end; each answer is to a request of its own.

    An answer is not asked for when the one before it did not end as it should. The requests' methods are those given,
    over and over.
    """
    reader = Reader(Rechunker() if joined else None)
    found: list[list[Seen]] = []
    for n, reads in enumerate(answers):
        if n and found[-1][-1][2:] != ("ended", b""):
            break
        reader.request(methods[n % len(methods)])
        found.append([reader.read(data) for data in reads if data])
        if not found[-1]:
            break
    if found and found[-1]:
        found.append([reader.read(b"")])
    return found

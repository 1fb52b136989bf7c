"""The bytes of an answer as they come, decompressed piece by piece."""

from __future__ import annotations

import zlib
from time import monotonic
from typing import TYPE_CHECKING, cast

import httpx

from edgequake._core.sse import EventData
from edgequake._http.requests import set_read_timeout
from edgequake._http.waiting import AsksDeadline, async_in_time, in_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from httpx_sse import ServerSentEvent

    from edgequake._http.waiting import AsyncDeadline, Deadline

__all__ = ["async_body", "kind_of_body", "server_sent_event", "sync_body"]

_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS
_MEMBER = b"\x1f\x8b"  # how a member of a gzip begins
_PIECE = 64 * 1024
"""Bytes that are decompressed at once: a few bytes on the wire can stand for gigabytes."""


def kind_of_body(response: httpx.Response) -> str:
    """``events``, ``json`` or ``other``, by the answer's content type; none at all passes for events."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("", "text/event-stream"):
        return "events"
    return "json" if kind == "application/json" or kind.endswith("+json") else "other"


def sync_body(response: httpx.Response, deadline: Deadline) -> Iterator[bytes]:
    """The bytes of the answer as they come, decompressed; each read ends by the deadline. Raises httpx's errors."""
    body = _sync_body(response)
    if isinstance(response.extensions.get("network_stream"), AsksDeadline):
        return body
    read_timeout = set_read_timeout(response, deadline.clock.longest_read(monotonic()))
    return in_time(body, deadline, read_timeout, shared="stream_id" in response.extensions)


def async_body(response: httpx.Response, deadline: AsyncDeadline) -> AsyncIterator[bytes]:
    """The bytes of the answer as they come, decompressed; each read ends by the deadline. Raises httpx's errors."""
    body = _async_body(response)
    if isinstance(response.extensions.get("network_stream"), AsksDeadline):
        return body
    read_timeout = set_read_timeout(response, deadline.clock.longest_read(monotonic()))
    return async_in_time(body, deadline, read_timeout, shared="stream_id" in response.extensions)


def _sync_body(response: httpx.Response) -> Iterator[bytes]:
    if (coding := _coding(response)) is None:
        return response.iter_bytes()
    stream = iter(cast("httpx.SyncByteStream", response.stream))
    return _decompressed(stream, coding) if coding else stream


def _async_body(response: httpx.Response) -> AsyncIterator[bytes]:
    if (coding := _coding(response)) is None:
        return response.aiter_bytes()
    stream = aiter(cast("httpx.AsyncByteStream", response.stream))
    return _async_decompressed(stream, coding) if coding else stream


def _coding(response: httpx.Response) -> str | None:
    """How the body is compressed, empty if it is not; None if it is for httpx to read."""
    if response.is_stream_consumed:  # a hook has read it
        return None
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    return {"identity": "", "gzip": "gzip", "deflate": "deflate"}.get(coding)


def _decompressed(stream: Iterator[bytes], coding: str) -> Iterator[bytes]:
    pieces = _Pieces(coding)
    for data in stream:
        yield from pieces.of(data)
    pieces.end()


async def _async_decompressed(stream: AsyncIterator[bytes], coding: str) -> AsyncIterator[bytes]:
    pieces = _Pieces(coding)
    async for data in stream:
        for piece in pieces.of(data):
            yield piece
    pieces.end()


class _Pieces:
    """Unpacks gzip, of as many members as there are, and both things that servers call deflate."""

    def __init__(self, coding: str) -> None:
        self._raw_is_possible = coding == "deflate"  # without zlib's header
        self._inflate = zlib.decompressobj(_ZLIB_OR_GZIP)
        self._unsettled = b""  # bytes that may have to be read again, as the other kind of deflate or as a new member
        self._begun = False

    def of(self, data: bytes) -> Iterator[bytes]:
        """What ``data`` brings, in pieces of bounded size. Other bytes behind the compressed text are left out."""
        piece = b""
        while data or len(piece) == _PIECE:
            if self._inflate.eof:
                data = self._unsettled + data
                if len(data) < len(_MEMBER) and _MEMBER.startswith(data):
                    self._unsettled = data
                    return
                if not data.startswith(_MEMBER):
                    return
                self._unsettled, self._inflate = b"", zlib.decompressobj(_ZLIB_OR_GZIP)
            piece = self._decompress(data)
            data = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
            if piece:
                yield piece

    def _decompress(self, data: bytes) -> bytes:
        if self._raw_is_possible:
            self._unsettled += data
        try:
            piece = self._inflate.decompress(data, _PIECE)
        except zlib.error as error:
            if not self._raw_is_possible:
                raise httpx.DecodingError(str(error)) from error
            self._raw_is_possible = False
            data, self._unsettled = self._unsettled, b""
            self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
            return self._decompress(data)
        if piece:
            self._raw_is_possible, self._unsettled = False, b""
        self._begun = True
        return piece

    def end(self) -> None:
        """Raises unless the compressed text has ended too: what is missing may be a part of the answer."""
        if self._begun and not self._inflate.eof:
            raise httpx.RemoteProtocolError("the compressed body ends before its end")


def server_sent_event(data: bytes) -> ServerSentEvent:
    """An event as httpx-sse's users know it."""
    from httpx_sse import ServerSentEvent  # only those who ask for raw events need it

    text = data.decode("utf-8", "replace")
    if isinstance(data, EventData):
        return ServerSentEvent(event=data.event, data=text, id=data.id, retry=data.retry)
    return ServerSentEvent(data=text)

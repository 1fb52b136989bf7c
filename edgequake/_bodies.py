"""The bytes of an answer as they come, decompressed piece by piece."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, cast

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["async_body", "has_leftovers", "kind_of_body", "sync_body"]

_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS
_PIECE = 64 * 1024
"""Bytes that are decompressed at once: a few bytes on the wire can stand for gigabytes."""


def kind_of_body(response: httpx.Response) -> str:
    """``events``, ``json`` or ``other``, by the answer's content type; none at all passes for events."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("", "text/event-stream"):
        return "events"
    return "json" if kind == "application/json" or kind.endswith("+json") else "other"


def sync_body(response: httpx.Response) -> Iterator[bytes]:
    """The bytes of the answer as they come, decompressed. Raises httpx's errors."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if response.is_stream_consumed or coding not in ("identity", "gzip", "deflate"):  # a hook may have read it
        return response.iter_bytes()
    stream = iter(cast("httpx.SyncByteStream", response.stream))
    return stream if coding == "identity" else _decompressed(stream)


def async_body(response: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes of the answer as they come, decompressed. Raises httpx's errors."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if response.is_stream_consumed or coding not in ("identity", "gzip", "deflate"):  # a hook may have read it
        return response.aiter_bytes()
    stream = aiter(cast("httpx.AsyncByteStream", response.stream))
    return stream if coding == "identity" else _async_decompressed(stream)


def _decompressed(stream: Iterator[bytes]) -> Iterator[bytes]:
    pieces = _Pieces()
    for data in stream:
        yield from pieces.of(data)
    pieces.end()


async def _async_decompressed(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    pieces = _Pieces()
    async for data in stream:
        for piece in pieces.of(data):
            yield piece
    pieces.end()


class _Pieces:
    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_ZLIB_OR_GZIP)

    def end(self) -> None:
        """Raises unless the compressed text has ended too: what is missing may be a part of the answer."""
        if not self._inflate.eof:
            raise httpx.RemoteProtocolError("the compressed body ends before its end")

    def of(self, data: bytes) -> Iterator[bytes]:
        """What ``data`` brings, in pieces of bounded size. What follows the compressed text is left out."""
        piece = b"more"
        while not self._inflate.eof and (data or len(piece) == _PIECE):
            try:
                piece = self._inflate.decompress(data, _PIECE)
            except zlib.error as error:
                raise httpx.DecodingError(str(error)) from error
            data = self._inflate.unconsumed_tail
            if piece:
                yield piece


def has_leftovers(response: httpx.Response) -> bool:
    """True if more came behind the answer: another request on its connection would take that for its own answer.

    httpx has no name for this, hence the private ones; where they are missing, nothing is known of it.
    """
    inner: object = response.stream
    for name in ("_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state"):
        inner = getattr(inner, name, None)
    return bool(getattr(inner, "trailing_data", (b"",))[0])

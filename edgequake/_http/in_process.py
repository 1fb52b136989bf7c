"""A transport whose answers come from a function of this process, without a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

__all__ = ["InProcessTransport", "PlainResponse"]


class PlainResponse(NamedTuple):
    """An answer: its status, its header fields, and its body in the pieces that a server would send."""

    status: int
    headers: list[tuple[str, str]]
    body: Iterator[bytes]
    """``ConnectionResetError`` raised in it is a reset, ``EOFError`` a connection that is closed too early."""


class InProcessTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """For ``httpx.Client(transport=…)`` and ``httpx.AsyncClient(transport=…)`` alike; a subclass answers."""

    def respond(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> PlainResponse:
        """The answer to a request. What may be raised in its body may be raised here, too."""
        raise NotImplementedError

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to a synchronous client."""
        return self._response(request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to an asynchronous client."""
        return self._response(request, await request.aread())

    def _response(self, request: httpx.Request, body: bytes) -> httpx.Response:
        try:
            answer = self.respond(request.method, str(request.url), request.headers, body)
        except (ConnectionResetError, EOFError) as error:
            raise _broken(error) from error
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.body))


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        except (ConnectionResetError, EOFError) as error:
            raise _broken(error) from error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


def _broken(error: Exception) -> httpx.TransportError:
    return (
        httpx.ReadError(str(error))
        if isinstance(error, ConnectionResetError)
        else httpx.RemoteProtocolError(str(error))
    )

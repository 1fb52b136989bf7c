"""A client whose requests are answered by an ASGI application of this process, without a socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from edgequake._http.clients import AsyncHTTPClient

__all__ = ["asgi_client"]

Message: TypeAlias = dict[str, Any]
App: TypeAlias = (
    "Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Any], Awaitable[None]]], Awaitable[None]]"
)


def asgi_client(app: App) -> AsyncHTTPClient:
    """A client that calls ``app``; an answer's body comes as the application sends it, piece by piece.

    (httpx's own transport waits for the whole body.) No timeout runs but the application's own.
    """
    # With trust_env, requests could go to a proxy of the environment.
    return httpx.AsyncClient(transport=_ASGITransport(app), trust_env=False)


class _ASGITransport(httpx.AsyncBaseTransport):
    def __init__(self, app: App) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "server": (url.host, url.port),
            "client": None,
        }
        exchange = _Exchange(await request.aread())
        return await exchange.begun(self._app, scope)


class _Exchange(httpx.AsyncByteStream):
    """One request and its answer; the application waits while nobody reads."""

    def __init__(self, body: bytes) -> None:
        self._request: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._sent: asyncio.Queue[Message | None] = asyncio.Queue(1)
        self._left = asyncio.Event()
        self._work: asyncio.Task[None]
        self._failure: Exception | None = None

    async def begun(self, app: App, scope: Message) -> httpx.Response:
        """The answer, its body unread."""
        self._work = asyncio.create_task(self._serve(app, scope))
        try:
            head = await self._sent.get()
        except BaseException:
            await self.aclose()
            raise
        if head is None:
            raise httpx.RemoteProtocolError("the application gave no answer") from self._failure
        return httpx.Response(head["status"], headers=head.get("headers", ()), stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (message := await self._sent.get()) is not None:
            yield message.get("body", b"")
            if not message.get("more_body", False):
                return
        raise httpx.RemoteProtocolError("the application's answer broke off") from self._failure

    async def aclose(self) -> None:
        """Ends the application's work: its client has left."""
        self._left.set()
        self._work.cancel()
        await asyncio.gather(self._work, return_exceptions=True)

    async def _serve(self, app: App, scope: Message) -> None:
        try:
            await app(scope, self._receive, self._sent.put)
        except Exception as error:
            self._failure = error
        await self._sent.put(None)  # not when cancelled: nobody takes it then, and it would wait for ever

    async def _receive(self) -> Message:
        if self._request is not None:
            request, self._request = self._request, None
            return request
        await self._left.wait()
        return {"type": "http.disconnect"}

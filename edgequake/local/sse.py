"""Server-sent events on their way out."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any, TypeVar

from sse_starlette import ServerSentEvent
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from edgequake._serving import until_first
from edgequake.local.wire import compact

T = TypeVar("T")

KEEP_ALIVE_SECONDS = 15.0
_KEEP_ALIVE = ServerSentEvent(comment="keep-alive", sep="\n").encode()


def text_event(text: str) -> bytes:
    """An event whose data is the text itself, a `data:` line for each of its lines."""
    return ServerSentEvent(text, sep="\n").encode()


def json_event(value: object) -> bytes:
    """An event whose data is JSON on one line."""
    return text_event(compact(value))


class EventStream(Response):
    """Sends events as they come, and a comment after each `keep_alive` seconds of silence.

    When the client goes away the events' generator is cancelled at once; `after` is awaited in any case, also
    when the client left before the first event. Not `EventSourceResponse`: that one
    ends every later stream of the process once any uvicorn in it got a signal, does not see a server that
    is stopped without a signal, and sends comments by the clock instead of after silence.
    """

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        *,
        keep_alive: float = KEEP_ALIVE_SECONDS,
        after: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(
            {
                "content-type": "text/event-stream",
                "cache-control": "no-cache",
                "x-accel-buffering": "no",
            }
        )
        self._events = events
        self._keep_alive = keep_alive
        self._after = after
        self._last_sent = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream (ASGI)."""
        try:
            await self._stream(receive, send)
        finally:
            if self._after is not None:
                await self._after()

    async def _stream(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        self._last_sent = asyncio.get_running_loop().time()
        pump = await until_first(self._pump(send), _gone(receive), self._break_silence(send))
        if not pump.cancelled():
            pump.result()

    async def _pump(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        async with aclosing(self._events) as events:
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
                self._last_sent = loop.time()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _break_silence(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        while True:
            quiet = loop.time() - self._last_sent
            if quiet < self._keep_alive:
                await asyncio.sleep(self._keep_alive - quiet)
                continue
            await send({"type": "http.response.body", "body": _KEEP_ALIVE, "more_body": True})
            self._last_sent = loop.time()


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What the work gives; it is cancelled and ClientDisconnect raised when the client goes away first."""
    working = await until_first(work, _gone(request.receive))
    if working.cancelled():
        raise ClientDisconnect
    return working.result()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

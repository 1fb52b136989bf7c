"""Server-sent events on their way out of a Starlette application."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Self

from starlette.responses import Response

from edgequake._serving.keep_alive import KeepAlive
from edgequake._serving.tasks import LeftError, Turn, disconnected, while_listened

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from starlette.types import Receive, Scope, Send

__all__ = ["EventResponse", "EventSender"]


class EventSender:
    """The sending half of one HTTP response that streams; a context manager that breaks its silences meanwhile.

    Every method raises LeftError when the client has gone.
    """

    def __init__(self, send: Send, keep_alive: float | None) -> None:
        self._left = False
        self._send = send
        self._silence = KeepAlive(keep_alive, self.write)

    async def __aenter__(self) -> Self:
        await self._silence.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._silence.__aexit__(*error)

    async def start(self, headers: Mapping[str, str]) -> None:
        """Begin the event stream."""
        await self._out({"type": "http.response.start", "status": 200, "headers": _raw(headers)})
        self._silence.start()

    async def write(self, event: bytes) -> None:
        """Send an event; waits while the client does not read."""
        await self._out({"type": "http.response.body", "body": event, "more_body": True})
        self._silence.wrote()

    async def end(self, last: bytes = b"") -> None:
        """End the response."""
        self._silence.stop()
        await self._out({"type": "http.response.body", "body": last, "more_body": False})

    async def whole(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Send a whole JSON answer instead of a stream."""
        fixed = {"content-type": "application/json", "content-length": str(len(body))}
        await self._out(
            {"type": "http.response.start", "status": status, "headers": _raw({**fixed, **(headers or {})})}
        )
        await self._out({"type": "http.response.body", "body": body, "more_body": False})

    async def gone(self, receive: Receive) -> None:
        """Returns when the client has left."""
        await disconnected(receive)
        self._left = True

    async def _out(self, message: dict[str, Any]) -> None:
        if self._left:  # a server may take what it cannot send without a word
            raise LeftError
        try:
            await self._send(message)
        except OSError as error:
            raise LeftError from error


class EventResponse(Response):
    """Sends events as they come, with a comment after each ``keep_alive`` seconds of silence (None: never).

    When the client goes away the events' generator is cancelled at once. ``after`` is awaited in any case, also when
    the client left before the first event. Not sse-starlette's ``EventSourceResponse``: that one ends every later
    stream of the process once any uvicorn in it got a signal, does not see a server that is stopped without a signal,
    and sends comments by the clock instead of after silence.
    """

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        *,
        headers: Mapping[str, str],
        keep_alive: float | None,
        after: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(headers)
        self._events = events
        self._keep_alive = keep_alive
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream (ASGI)."""
        sender = EventSender(send, self._keep_alive)
        try:
            await while_listened(self._send(sender), sender.gone(receive))
        except LeftError:
            return
        finally:
            if self._after is not None:
                await self._after()

    async def _send(self, sender: EventSender) -> None:
        turn = Turn()
        async with sender, aclosing(self._events) as events:
            await sender.start(self.headers)
            async for event in events:
                await sender.write(event)
                await turn.pass_on()
            await sender.end()


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]

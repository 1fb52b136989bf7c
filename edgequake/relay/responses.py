"""One line for a route of Starlette or FastAPI: a stream as server-sent events, or over a WebSocket."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from edgequake.relay.calls import LeftError, Turn, while_listened
from edgequake.relay.errors import RelayError, safe_error
from edgequake.relay.sources import checked_stream, close_stream, items_of
from edgequake.relay.sse import KEEP_ALIVE_SECONDS, SSE_HEADERS, checked_keep_alive, events_of
from edgequake.relay.wire import KEEP_ALIVE, error_json, parsed, value_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable, Mapping

    from starlette.types import Receive, Scope, Send

    from edgequake.relay.sources import AnyStream

__all__ = ["EventSender", "relay_websocket", "send_text", "sse_response"]

_HEADERS = [(name.lower().encode(), value.encode()) for name, value in SSE_HEADERS.items()]
_BUSY = RelayError("busy", 'an answer is under way: wait for its end, or send {"type": "cancel"}')


def sse_response(
    stream: AsyncIterable[Any] | Iterable[Any],
    *,
    details: bool = False,
    keep_alive: float | None = KEEP_ALIVE_SECONDS,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A response of Starlette or FastAPI that sends the stream as server-sent events, in the form of `sse_lines`.

    The stream is held back to the pace at which the browser reads, and closed at once when the browser leaves. A
    comment breaks each silence of `keep_alive` seconds (None: never). Raises ConfigurationError for what is no stream.
    """
    return _EventResponse(
        checked_stream(stream), details=details, keep_alive=checked_keep_alive(keep_alive), headers=headers
    )


class _EventResponse(Response):
    def __init__(
        self, stream: AnyStream, *, details: bool, keep_alive: float | None, headers: Mapping[str, str] | None
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers({**SSE_HEADERS, **(headers or {})})
        self._stream = stream
        self._details = details
        self._keep_alive = keep_alive

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream (ASGI)."""
        sender = EventSender(send, self._keep_alive, self.raw_headers)
        try:
            await while_listened(self._send(sender), sender.gone(receive))
        except LeftError:
            return
        finally:
            await close_stream(self._stream)

    async def _send(self, sender: EventSender) -> None:
        turn = Turn()
        async with sender, aclosing(events_of(items_of(self._stream), details=self._details)) as events:
            await sender.start()
            async for event in events:
                await sender.write(event)
                await turn.pass_on()
            await sender.end()


class EventSender:
    """The sending half of one HTTP response that streams; a context manager that breaks its silences meanwhile.

    Every method raises LeftError when the browser has gone.
    """

    def __init__(self, send: Send, keep_alive: float | None, headers: list[tuple[bytes, bytes]] | None = None) -> None:
        self.started = False
        self._left = False
        self._send = send
        self._headers = _HEADERS if headers is None else headers
        self._keep_alive = keep_alive
        self._last_sent = 0.0
        self._ended = False
        self._commenting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> EventSender:
        if self._keep_alive is not None:
            self._commenting = asyncio.create_task(self._comment(self._keep_alive))
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._commenting is not None:
            self._commenting.cancel()
            await asyncio.gather(self._commenting, return_exceptions=True)

    async def start(self) -> None:
        """Begin the event stream."""
        self._last_sent = asyncio.get_running_loop().time()
        self.started = True
        await self._out({"type": "http.response.start", "status": 200, "headers": self._headers})

    async def write(self, event: bytes) -> None:
        """Send an event; waits while the browser does not read."""
        await self._out({"type": "http.response.body", "body": event, "more_body": True})
        self._last_sent = asyncio.get_running_loop().time()

    async def end(self, last: bytes = b"") -> None:
        """End the response."""
        self._ended = True
        await self._out({"type": "http.response.body", "body": last, "more_body": False})

    async def whole(self, status: int, body: bytes) -> None:
        """Send a whole JSON answer instead of a stream."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        self._ended = True
        await self._out({"type": "http.response.start", "status": status, "headers": headers})
        await self._out({"type": "http.response.body", "body": body, "more_body": False})

    async def gone(self, receive: Receive) -> None:
        """Returns when the browser has left."""
        while (await receive())["type"] != "http.disconnect":
            pass
        self._left = True

    async def _out(self, message: dict[str, Any]) -> None:
        if self._left:  # a server may take what it cannot send without a word
            raise LeftError
        try:
            await self._send(message)
        except OSError as error:
            raise LeftError from error

    async def _comment(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        while not self._ended:
            quiet = loop.time() - self._last_sent if self.started else 0.0
            if quiet < seconds:
                await asyncio.sleep(seconds - quiet)
            else:
                await self.write(KEEP_ALIVE)


async def send_text(websocket: WebSocket, text: str) -> None:
    """Sends a text frame. Raises LeftError when the browser has gone."""
    try:
        await websocket.send_text(text)
    except (WebSocketDisconnect, RuntimeError, OSError) as error:  # a RuntimeError after a close of our own
        raise LeftError from error


async def relay_websocket(
    websocket: WebSocket, stream: AsyncIterable[Any] | Iterable[Any], *, details: bool = False
) -> bool:
    """Sends the stream over a WebSocket of Starlette or FastAPI; True when the browser is still there at its end.

    Each item is a JSON text frame `{"id": 1, "chunk": …}`, the end is `{"done": true}`, and an error
    `{"error": {"code", "message", "data"}}`, whose message is a safe one unless `details` are asked for. The socket is
    accepted if it has not been, and left open: `while await relay_websocket(ws, …)` can serve question after question.

    The stream is closed at once when the browser leaves or sends `{"type": "cancel"}`, which is answered with
    `{"done": true, "cancelled": true}`. Any other message that comes meanwhile is not yours to receive any more: it is
    refused with a frame `{"refused": {…}}`. Raises ConfigurationError for what is no stream.
    """
    checked = checked_stream(stream)
    if websocket.application_state is WebSocketState.CONNECTING:
        await websocket.accept()
    talk = _Talk(websocket, checked, details=details)
    try:
        await while_listened(talk.send(), talk.listen())
        if talk.cancelled:
            await send_text(websocket, '{"done":true,"cancelled":true}')
    except LeftError:
        return False
    finally:
        await close_stream(checked)
    return not talk.left


class _Talk:
    """One stream over a socket, and what the browser says meanwhile."""

    def __init__(self, websocket: WebSocket, stream: AnyStream, *, details: bool) -> None:
        self.left = False
        self.cancelled = False
        self._websocket = websocket
        self._stream = stream
        self._details = details

    async def send(self) -> None:
        number, turn = 0, Turn()
        async with aclosing(items_of(self._stream)) as items:
            while True:
                try:
                    item = value_json(await anext(items))
                except StopAsyncIteration:
                    break
                except Exception as error:
                    failure = error_json(safe_error(error, details=self._details, during="a relayed stream"))
                    await send_text(self._websocket, f'{{"error":{failure.decode()}}}')
                    return
                if self.left or self.cancelled:  # the generator went on when it was told to stop
                    return
                number += 1
                await send_text(self._websocket, f'{{"id":{number},"chunk":{item.decode()}}}')
                await turn.pass_on()
        await send_text(self._websocket, '{"done":true}')

    async def listen(self) -> None:
        try:
            await self._listen()
        except LeftError:
            self.left = True

    async def _listen(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                self.left = True
                return
            with suppress(RelayError):
                if parsed(message.get("text") or message.get("bytes") or b"").get("type") == "cancel":
                    self.cancelled = True
                    return
            await send_text(self._websocket, f'{{"refused":{error_json(_BUSY).decode()}}}')

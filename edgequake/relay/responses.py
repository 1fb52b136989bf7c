"""One line for a route of Starlette or FastAPI: a stream as server-sent events, or over a WebSocket."""

from __future__ import annotations

from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from edgequake._serving.events import EventResponse
from edgequake._serving.keep_alive import KEEP_ALIVE_SECONDS
from edgequake._serving.tasks import LeftError, Turn, until_first
from edgequake.integrations.wires import events_as
from edgequake.relay.errors import RelayError, safe_error
from edgequake.relay.sources import checked_stream, close_stream, items_of
from edgequake.relay.sse import SSE_HEADERS, checked_keep_alive, events_of
from edgequake.relay.wire import error_json, parsed, value_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable, Mapping

    from starlette.responses import Response

    from edgequake.integrations.wires import StreamFormat
    from edgequake.relay.sources import AnyStream

__all__ = ["relay_websocket", "sse_response"]

_BUSY = RelayError("busy", 'an answer is under way: wait for its end, or send {"type": "cancel"}')


def sse_response(
    stream: AsyncIterable[Any] | Iterable[Any],
    *,
    format: StreamFormat | None = None,
    details: bool = False,
    keep_alive: float | None = KEEP_ALIVE_SECONDS,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A response for Starlette or FastAPI that sends the stream as server-sent events, as ``sse_lines`` writes them.

    The stream is read as fast as the browser reads, and closed at once when the browser leaves.

    :param format: ``"ai-sdk"`` sends the AI SDK's UI message stream, for ``useChat``. ``"openai"`` sends the chunks of
        OpenAI's chat completions. Both need a stream of chunks, events or strings. None sends the events of
        ``sse_lines``.
    :param details: whether the browser sees the text of internal errors. Use it in development.
    :param keep_alive: seconds of silence after which a comment is sent. Default 15. None sends none.
    :param headers: more headers for the response.
    :raises ConfigurationError: ``stream`` is not a stream, or the format is unknown.
    """
    checked = checked_stream(stream)
    items = items_of(checked)
    more: Mapping[str, str] = {}
    if format is None:
        events = events_of(items, details=details)
    else:
        events, more = events_as(format, items, partial(_said, details=details))
    return EventResponse(
        events,
        headers={**SSE_HEADERS, **more, **(headers or {})},
        keep_alive=checked_keep_alive(keep_alive),
        after=partial(close_stream, checked),
    )


def _said(error: Exception, *, details: bool) -> tuple[str, str]:
    safe = safe_error(error, details=details, during="a relayed stream")
    return safe.code, safe.message


async def _send_text(websocket: WebSocket, text: str) -> None:
    """Sends a text frame. Raises LeftError when the browser has gone."""
    try:
        await websocket.send_text(text)
    except (WebSocketDisconnect, RuntimeError, OSError) as error:  # a RuntimeError after a close of our own
        raise LeftError from error


async def relay_websocket(
    websocket: WebSocket, stream: AsyncIterable[Any] | Iterable[Any], *, details: bool = False
) -> bool:
    """Sends the stream over a WebSocket of Starlette or FastAPI. Returns True if the browser is still there afterwards.

    Each item is a JSON text frame ``{"id": 1, "chunk": …}``. The end is ``{"done": true}``, and an error is ``{"error":
    {"code", "message", "data"}}`` with a safe message. The socket is accepted if you have not done so, and stays open.
    So ``while await relay_websocket(ws, …)`` can answer one question after another.

    If the browser leaves, the stream is closed at once. If the browser sends ``{"type": "cancel"}``, the stream is
    closed too, and the reply is ``{"done": true, "cancelled": true}``. Any other message that arrives while the stream
    runs is refused with a frame ``{"refused": {…}}``; you cannot receive it afterwards.

    :param details: whether the browser sees the text of internal errors. Use it in development.
    :raises ConfigurationError: ``stream`` is not a stream.
    """
    checked = checked_stream(stream)
    if websocket.application_state is WebSocketState.CONNECTING:
        await websocket.accept()
    talk = _Talk(websocket, checked, details=details)
    try:
        sent = await until_first(talk.send(), talk.listen())
        if talk.left:
            return False
        # Nobody listens now: a message that follows the last frame is the application's to receive.
        await _send_text(websocket, '{"done":true,"cancelled":true}' if talk.cancelled else sent.result())
    except LeftError:
        return False
    finally:
        await close_stream(checked)
    return True


class _Talk:
    """One stream over a socket, and what the browser says meanwhile."""

    def __init__(self, websocket: WebSocket, stream: AnyStream, *, details: bool) -> None:
        self.left = False
        self.cancelled = False
        self._websocket = websocket
        self._stream = stream
        self._details = details

    async def send(self) -> str:
        """Sends the items; the last frame is for the caller to send."""
        number, turn = 0, Turn()
        async with aclosing(items_of(self._stream)) as items:
            while True:
                try:
                    item = value_json(await anext(items))
                except StopAsyncIteration:
                    break
                except Exception as error:
                    failure = error_json(safe_error(error, details=self._details, during="a relayed stream"))
                    return f'{{"error":{failure.decode()}}}'
                if self.left or self.cancelled:  # the generator went on when it was told to stop
                    break
                number += 1
                await _send_text(self._websocket, f'{{"id":{number},"chunk":{item.decode()}}}')
                await turn.pass_on()
        return '{"done":true}'

    async def listen(self) -> None:
        try:
            await self._listen()
        except (LeftError, RuntimeError):  # a RuntimeError when it had left before
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
            await _send_text(self._websocket, f'{{"refused":{error_json(_BUSY).decode()}}}')

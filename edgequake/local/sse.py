"""Server-sent events on their way out."""

from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar

from sse_starlette import ServerSentEvent
from starlette.requests import ClientDisconnect, Request

from edgequake._serving.events import EventResponse
from edgequake._serving.tasks import LeftError, disconnected, while_listened
from edgequake.local.wire import compact

T = TypeVar("T")

_HEADERS = {"content-type": "text/event-stream", "cache-control": "no-cache", "x-accel-buffering": "no"}


def text_event(text: str, name: str | None = None) -> bytes:
    """An event whose data is the text itself, a ``data:`` line for each of its lines."""
    return ServerSentEvent(text, event=name, sep="\n").encode()


def json_event(value: object, name: str | None = None) -> bytes:
    """An event whose data is JSON on one line."""
    return text_event(compact(value), name)


def event_stream(events: AsyncGenerator[bytes, None], keep_alive: float) -> EventResponse:
    """A response that sends events as they come."""
    return EventResponse(events, headers=_HEADERS, keep_alive=keep_alive)


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What the work gives; it is cancelled and ClientDisconnect raised when the client goes away first."""
    try:
        return await while_listened(work, disconnected(request.receive))
    except LeftError:
        raise ClientDisconnect from None

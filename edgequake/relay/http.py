"""One call over HTTP: a JSON answer, or an event stream."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from edgequake._serving.bodies import body_within
from edgequake._serving.events import EventSender
from edgequake._serving.tasks import LeftError, while_listened
from edgequake.relay.calls import serve_call
from edgequake.relay.errors import RelayError, status_of
from edgequake.relay.sse import RAW_HEADERS
from edgequake.relay.wire import DONE_EVENT, data_event, error_event, error_json, parsed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from edgequake.relay.calls import Call

__all__ = ["CallResponse", "body_of"]


async def body_of(request: Request, limit: int) -> Mapping[str, Any]:
    """The JSON object of a request. Raises RelayError for anything else, and for more than `limit` bytes."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # which also keeps forms of other sites out
        raise RelayError("bad_request", "send a JSON object, with Content-Type: application/json")
    try:
        body = await body_within(request, limit)
    except ClientDisconnect:
        raise RelayError("bad_request", "the request was not sent to its end") from None
    if body is None:
        raise RelayError("message_too_large", f"a request of more than {limit} bytes")
    return parsed(body)


class CallResponse(Response):
    """Runs a call while its caller listens, and sends what it gives."""

    def __init__(self, call: Call, keep_alive: float | None) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers()
        self._call = call
        self._keep_alive = keep_alive

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the call (ASGI)."""
        sender = EventSender(send, self._keep_alive, RAW_HEADERS)
        with suppress(LeftError):
            await while_listened(self._serve(sender), sender.gone(receive))

    async def _serve(self, sender: EventSender) -> None:
        async with sender:
            await serve_call(self._call, _Sent(self._call, sender))


class _Sent:
    """The answer of one call as a response; see `edgequake.relay.calls.Answer`."""

    def __init__(self, call: Call, sender: EventSender) -> None:
        self._exposed = call.exposed
        self._sender = sender
        self._items = 0

    async def value(self, value: Any) -> None:
        await self._sender.whole(200, b'{"result":' + self._exposed.as_json(value) + b"}")

    async def began(self) -> None:
        await self._sender.start()

    async def ready(self) -> None:
        return

    async def item(self, value: Any) -> None:
        self._items += 1
        await self._sender.write(data_event(self._items, self._exposed.as_json(value)))

    async def ended(self) -> None:
        await self._sender.end(DONE_EVENT)

    async def failed(self, error: RelayError) -> None:
        if self._sender.started:
            await self._sender.end(error_event(error))
        else:
            await self._sender.whole(status_of(error), b'{"error":' + error_json(error) + b"}")

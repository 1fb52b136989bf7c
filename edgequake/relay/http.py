"""One call over HTTP: a JSON answer, or an event stream."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from starlette.requests import ClientDisconnect
from starlette.responses import Response

from edgequake._serving.bodies import body_within
from edgequake._serving.events import EventSender
from edgequake._serving.tasks import LeftError, while_listened
from edgequake.relay.answers.reading import KEPT_HEADERS, batch, error_of
from edgequake.relay.calls import serve_call
from edgequake.relay.errors import RelayError, retry_after, status_of
from edgequake.relay.sse import SSE_HEADERS
from edgequake.relay.wire import DONE_EVENT, data_event, error_event, error_json, parsed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from edgequake.relay.answers.memory import AnswerStore, Started
    from edgequake.relay.calls import Call

__all__ = ["CallResponse", "KeptResponse", "body_of", "error_response"]

_MOMENT: Final = 0.25
"""Seconds in which a call that fails is answered with a status, not with an event."""


async def body_of(request: Request, limit: int) -> Mapping[str, Any]:
    """The JSON object of a request. Raises RelayError for anything else, and for more than ``limit`` bytes."""
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


def error_response(error: RelayError, headers: Mapping[str, str] | None = None) -> Response:
    """A whole answer that is an error."""
    body = b'{"error":' + error_json(error) + b"}"
    return Response(body, status_of(error), {**retry_after(error), **(headers or {})}, "application/json")


class CallResponse(Response):
    """Runs a call while its caller listens, and sends what it gives; a stream is kept when there is a store."""

    def __init__(self, call: Call, keep_alive: float | None, store: AnswerStore | None) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers()
        self._call = call
        self._keep_alive = keep_alive
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the call (ASGI)."""
        sender = EventSender(send, self._keep_alive)
        with suppress(LeftError):
            await while_listened(self._serve(sender), sender.gone(receive))

    async def _serve(self, sender: EventSender) -> None:
        async with sender, _Sent(sender, "../answers/", self._call.exposed.as_json) as to:
            await serve_call(self._call, to, self._store)


class KeptResponse(Response):
    """Sends a stream that is kept; ``start`` begins it. It goes on when the browser leaves."""

    def __init__(
        self,
        start: Callable[[], Awaitable[Started]],
        answers: str,
        *,
        keep_alive: float | None,
        headers: Mapping[str, str],
        after: Callable[[], Awaitable[None]],
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(headers)
        self._start = start
        self._answers = answers
        self._keep_alive = keep_alive
        self._own_headers = headers
        self._after = after
        self._begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer (ASGI)."""
        sender = EventSender(send, self._keep_alive)
        try:
            await while_listened(self._serve(sender), sender.gone(receive))
        except LeftError:
            return
        finally:
            if not self._begun:
                await self._after()

    async def _serve(self, sender: EventSender) -> None:
        async with sender, _Sent(sender, self._answers, headers=self._own_headers) as to:
            try:
                started = await self._start()
            except RelayError as error:
                await to.failed(error)
            else:
                self._begun = True
                await to.kept(started)


class _Sent:
    """The answer of one call as a response; see ``edgequake.relay.calls.Answer``.

    It begins with the first item, or when a moment has passed: until then an error still has a status.
    """

    def __init__(
        self,
        sender: EventSender,
        answers: str,
        as_json: Callable[[Any], bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._sender = sender
        self._answers = answers
        self._as_json = as_json
        self._own = headers or {}
        self._headers: Mapping[str, str] = {}
        self._items = 0
        self._waiting: asyncio.TimerHandle | None = None
        self._starting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> _Sent:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)

    async def value(self, value: Any) -> None:
        assert self._as_json is not None
        await self._sender.whole(200, b'{"result":' + self._as_json(value) + b"}")

    async def began(self) -> None:
        self._begin_soon(SSE_HEADERS)

    async def ready(self) -> None:
        return

    async def item(self, value: Any) -> None:
        assert self._as_json is not None
        self._items += 1
        await self._started()
        await self._sender.write(data_event(self._items, self._as_json(value)))

    async def ended(self) -> None:
        await self._started()
        await self._sender.end(DONE_EVENT)

    async def failed(self, error: RelayError) -> None:
        if self._starting is not None:
            await self._started()
            await self._sender.end(error_event(error))
        else:
            body = b'{"error":' + error_json(error) + b"}"
            await self._sender.whole(status_of(error), body, retry_after(error))

    async def kept(self, started: Started) -> None:
        where = {"Location": f"{self._answers}{quote(started.key, safe='')}"} if started.key else {}
        self._begin_soon({**KEPT_HEADERS, **self._own, **where})
        after = 0
        with started.feed as feed:
            while True:
                items, end = await feed.read(after)
                if self._starting is None and not items and end is not None and (error := error_of(end)) is not None:
                    await self.failed(error)
                    return
                await self._started()
                await self._sender.write(batch(feed.epoch, after, items, end))
                if end is not None:
                    await self._sender.end()
                    return
                after += len(items)

    def _begin_soon(self, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self._waiting = asyncio.get_running_loop().call_later(_MOMENT, self._begin)

    def _begin(self) -> asyncio.Task[None]:
        if self._waiting is not None:
            self._waiting.cancel()
        if self._starting is None:
            self._starting = asyncio.create_task(self._sender.start(self._headers))
        return self._starting

    async def _started(self) -> None:
        await asyncio.shield(self._begin())

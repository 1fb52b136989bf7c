"""Many calls over one WebSocket: each a task of its own, held back by what the browser has taken."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from starlette.websockets import WebSocketDisconnect

from edgequake._serving.tasks import LeftError
from edgequake.relay.answers.log import START, Position, written
from edgequake.relay.answers.memory import Started
from edgequake.relay.answers.reading import error_of, position_of
from edgequake.relay.calls import serve_call
from edgequake.relay.errors import RelayError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.websockets import WebSocket

    from edgequake.relay.answers.memory import AnswerStore
    from edgequake.relay.expose import Exposed
    from edgequake.relay.gate import Gate

__all__ = ["CallId", "Connection", "Frames"]

CallId = int | str
_Answering: TypeAlias = "Callable[[_Framed, Mapping[str, Any]], Awaitable[None]]"
_LONGEST_ID: Final = 64
_LARGEST_ID: Final = 2**53  # what JavaScript tells from its neighbours
_MOST_AHEAD: Final = 4096
_TOO_BIG: Final = 1009


class Frames(Protocol):
    """How messages look on a connection; a frame is text or bytes."""

    @property
    def json(self) -> bool:
        """Whether values come and go as JSON."""
        ...

    def read(self, data: str | bytes) -> Mapping[str, Any]:
        """A message of the browser. Raises RelayError for what is none."""
        ...

    def value(self, call: CallId, kind: str, exposed: Exposed, value: Any) -> str | bytes:
        """A ``result`` or a ``chunk``. Raises an error for a value that cannot be sent."""
        ...

    def mark(self, call: CallId, kind: str, key: str = "") -> str | bytes:
        """``stream``, with the key of one that is kept, or ``done``."""
        ...

    def kept(self, call: CallId, at: str, item: bytes) -> str | bytes:
        """A ``chunk`` of a kept answer, with its position."""
        ...

    def error(self, call: CallId | None, error: RelayError) -> str | bytes:
        """An error, of a call or of the connection."""
        ...


class Connection:
    """One browser's socket. ``serve`` returns when it has left, and then every call of it has ended."""

    def __init__(
        self,
        websocket: WebSocket,
        frames: Frames,
        gate: Gate,
        store: AnswerStore | None,
        *,
        max_calls: int,
        max_message_bytes: int,
    ) -> None:
        self._websocket = websocket
        self._frames = frames
        self._gate = gate
        self._store = store
        self._max_calls = max_calls
        self._max_message_bytes = max_message_bytes
        self._sending = asyncio.Lock()
        self._identity: asyncio.Future[Any] | None = None
        self._calls: dict[CallId, _Framed] = {}
        self._tasks: set[asyncio.Future[Any]] = set()

    async def serve(self) -> None:
        """Answers the browser's messages until it leaves."""
        try:
            while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
                data = message.get("text")
                data = message.get("bytes") or b"" if data is None else data
                if len(data.encode() if isinstance(data, str) else data) > self._max_message_bytes:
                    await self._refuse_size()
                    return
                try:
                    await self._take(self._frames.read(data))
                except RelayError as error:
                    await self.send(self._frames.error(None, error))
        except LeftError:
            return
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def send(self, frame: str | bytes) -> None:
        """Sends one frame; waits while the browser does not read. Raises LeftError when it has gone."""
        try:
            async with self._sending:
                if isinstance(frame, str):
                    await self._websocket.send_text(frame)
                else:
                    await self._websocket.send_bytes(frame)
        except (WebSocketDisconnect, RuntimeError, OSError) as error:  # a RuntimeError after a close of our own
            raise LeftError from error

    async def _take(self, message: Mapping[str, Any]) -> None:
        """Acts on a message. Raises RelayError for one that makes no sense.

        Waits for nothing but to send a refusal: so whoever does not read them is not read either.
        """
        match message.get("type"):
            case "init":
                if self._identity is not None:
                    raise RelayError("bad_request", "init is the first message, and comes once")
                self._begin(message.get("auth"))
            case "rpc":
                await self._call(message, self._answer)
            case "resume" if self._store is not None:
                await self._call(message, self._resume)
            case "cancel":
                if (answer := self._calls.get(_id_of(message))) is not None:
                    answer.cancel(stop=message.get("stop"))
            case "more":
                if (answer := self._calls.get(_id_of(message))) is not None:
                    answer.allow(_count(message.get("n")))
            case _:
                raise RelayError("bad_request", "a message has a type: init, rpc, resume, cancel or more")

    def _begin(self, auth: Any) -> asyncio.Future[Any]:
        self._identity = self._task(self._gate.identified(self._websocket, auth))
        return self._identity

    async def _call(self, message: Mapping[str, Any], answering: _Answering) -> None:
        call = _id_of(message)
        if call in self._calls:  # an answer under this id would be taken for that of the call under way
            raise RelayError("bad_request", f"a call with the id {call!r} is under way")
        window = message.get("window")
        answer = _Framed(self, self._frames, call, None if window is None else _count(window))
        if len(self._calls) >= self._max_calls:
            few = f"more than {self._max_calls} calls at once on one connection"
            await answer.failed(RelayError("too_many_calls", few))
            return
        self._calls[call] = answer
        answer.task = self._task(self._answered(answer, answering, message))
        answer.task.add_done_callback(lambda _: self._calls.pop(call))

    async def _answered(self, answer: _Framed, answering: _Answering, message: Mapping[str, Any]) -> None:
        try:
            try:
                await answering(answer, message)
            except RelayError as error:
                await answer.failed(error)
        except LeftError:
            return

    async def _answer(self, answer: _Framed, message: Mapping[str, Any]) -> None:
        store = self._store
        call = self._gate.prepared(message, await self._who(), json=self._frames.json, kept=store is not None)
        answer.exposed = call.exposed
        if store is not None:
            answer.stop_kept = lambda key: store.stop(key, owner=call.owner)
        await serve_call(call, answer, store)

    async def _resume(self, answer: _Framed, message: Mapping[str, Any]) -> None:
        """Goes on with an answer of an earlier connection."""
        store = self._store
        assert store is not None
        owner = self._gate.owner_of(await self._who())
        key, after = message.get("key"), message.get("after")
        if not isinstance(key, str) or not isinstance(after, str | None):
            raise RelayError("bad_request", "to resume takes the key of an answer, and the position after which")
        position = position_of(after)
        feed = await store.open(key, owner=owner)
        if feed is None:
            raise RelayError("not_found", "there is no such answer, or it is not kept any more")
        feed.check(position)
        answer.stop_kept = lambda key: store.stop(key, owner=owner)
        answer.rejoined = True
        await answer.kept(Started(key, feed), position)

    async def _who(self) -> Any:
        # Shielded: a call that is cancelled must not take the identity of the others with it.
        return await asyncio.shield(self._identity or self._begin(None))

    def _task(self, work: Any) -> asyncio.Future[Any]:
        task: asyncio.Future[Any] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever awaited it has heard of it

    async def _refuse_size(self) -> None:
        """Says what was too large, and closes: whose call it was is not known, and its caller must not wait."""
        error = RelayError("message_too_large", f"a message of more than {self._max_message_bytes} bytes")
        await self.send(self._frames.error(None, error))
        try:
            await self._websocket.close(_TOO_BIG, "message too large")
        except (WebSocketDisconnect, RuntimeError, OSError) as left:
            raise LeftError from left


class _Framed:
    """The answer of one call as frames; see ``edgequake.relay.calls.Answer``."""

    exposed: Exposed
    task: asyncio.Future[Any]
    stop_kept: Callable[[str], Awaitable[bool]]
    rejoined = False
    """Whether an earlier connection asked for it: it goes on when this one cancels it."""

    def __init__(self, connection: Connection, frames: Frames, call: CallId, window: int | None) -> None:
        self.call = call
        self._connection = connection
        self._frames = frames
        self._left = window  # how many items the browser still takes; None: as many as the socket does
        self._more = asyncio.Event()
        self._cancelled = False
        self._stopped = False

    def cancel(self, stop: Any) -> None:
        """The browser wants no more of it; ``stop`` says whether an answer that is kept ends with that."""
        self._cancelled = True
        self._stopped = bool(stop) if stop is not None else not self.rejoined
        self.task.cancel()

    def allow(self, items: int) -> None:
        """The browser takes so many more items."""
        if self._left is not None:
            self._left = min(self._left + items, _MOST_AHEAD)
            self._more.set()

    async def value(self, value: Any) -> None:
        await self._send(self._frames.value(self.call, "result", self.exposed, value))

    async def began(self) -> None:
        await self._send(self._frames.mark(self.call, "stream"))

    async def ready(self) -> None:
        while self._left is not None and self._left <= 0:
            self._more.clear()
            await self._more.wait()

    async def item(self, value: Any) -> None:
        if self._left is not None:
            self._left -= 1
        await self._send(self._frames.value(self.call, "chunk", self.exposed, value))

    async def ended(self) -> None:
        await self._send(self._frames.mark(self.call, "done"))

    async def failed(self, error: RelayError) -> None:
        await self._send(self._frames.error(self.call, error))

    async def kept(self, started: Started, position: Position = START) -> None:
        try:
            await self._read(started, position)
        except asyncio.CancelledError:
            if self._stopped and started.key:
                await self.stop_kept(started.key)
            raise

    async def _read(self, started: Started, position: Position) -> None:
        after = position.number
        with started.feed as feed:
            await self._send(self._frames.mark(self.call, "stream", started.key))
            while True:
                items, end = await feed.read(after)
                for item in items:
                    await self.ready()
                    after += 1
                    if self._left is not None:
                        self._left -= 1
                    await self._send(self._frames.kept(self.call, written(feed.epoch, after), item))
                if end is not None:
                    error = error_of(end)
                    await (self.ended() if error is None else self.failed(error))
                    return

    async def _send(self, frame: str | bytes) -> None:
        if self._cancelled:  # the generator went on when it was told to stop
            raise LeftError
        await self._connection.send(frame)


def _id_of(message: Mapping[str, Any]) -> CallId:
    call = message.get("id")
    if isinstance(call, str) and len(call) <= _LONGEST_ID:
        return call
    if isinstance(call, int) and not isinstance(call, bool) and abs(call) <= _LARGEST_ID:
        return call
    raise RelayError("bad_request", "a call has an id: a whole number, or a string of up to 64 characters")


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MOST_AHEAD:
        raise RelayError("bad_request", f"a number of items is a whole one from 1 to {_MOST_AHEAD}")
    return value

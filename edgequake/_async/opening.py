"""Opens the answer of a stream: its tries, the older route, and what kind of answer it is."""

from __future__ import annotations

from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeVar

from edgequake._core.errors import MAX_ERROR_BODY, is_missing_route
from edgequake._core.sse import SSEParser
from edgequake._http.bodies import async_body, kind_of_body
from edgequake._http.clients import async_owner_key
from edgequake._http.release import abandon, async_release, async_wake_reader
from edgequake.exceptions import APIError, StreamError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from edgequake._async.session import AsyncSession
    from edgequake._core.calls import Call, Decoder
    from edgequake._http.requests import Response

__all__ = ["AsyncBegun", "AsyncOpening"]

C_co = TypeVar("C_co", covariant=True)
ChunkT = TypeVar("ChunkT")

_QUOTED = 200  # characters of an answer of another kind that its error quotes


class NewDecoder(Protocol[C_co]):
    """Makes the decoder of one answer."""

    def __call__(self, *, text_only: bool) -> Decoder[C_co]:
        """``text_only``: the events are raw text (v1)."""
        ...


class AsyncBegun(NamedTuple, Generic[ChunkT]):
    """An answer that has begun; each try has its own."""

    decoder: Decoder[ChunkT]
    parser: SSEParser
    body: AsyncIterator[bytes] | None
    """What is still to be read; None where the answer came whole."""
    events: Iterable[bytes] = ()
    """The events that have been read."""


class AsyncOpening(Generic[ChunkT]):
    """The way from a call to the first events of its answer."""

    response: Response | None = None  # for ``__del__``, where Ctrl-C ends ``__init__``

    def __init__(
        self, session: AsyncSession, call: Call[Any], new_decoder: NewDecoder[ChunkT], marks: dict[str, float]
    ) -> None:
        self._session = session
        self._call = call
        self._new_decoder = new_decoder
        self.deadline = session.deadline(call)
        self._rules = session.rules(call, self.deadline)
        self._owner_key: object = None  # what the response's connection belongs to
        self.begun: AsyncBegun[ChunkT] | None = None
        self._marks = marks
        marks["start"] = monotonic()

    async def open(self) -> None:
        """Sends the request; returns when the answer has begun."""
        await self._session.with_retries(self._open, self._rules, self.deadline)

    async def first_events(self) -> AsyncBegun[ChunkT]:
        """The answer with its first events, or with none if it brings none; opens it if it is not open yet."""
        if self.begun is not None and self.begun.body is None:
            return self.begun
        if self.deadline.waiting:
            raise StreamError("this stream is being opened by another thread or task")
        return await self._session.with_retries(self._open_and_read, self._rules, self.deadline)

    def answered(self, events: Iterable[bytes]) -> AsyncBegun[ChunkT]:
        """The answer came in another way, whole, as these events."""
        self.begun = self._begin(None, events)
        return self.begun

    async def aclose(self, *, reading: bool) -> None:
        """Releases the connection; ``reading``: wakes whoever waits in a read of the body, and who then does that."""
        if self._owner_key not in (None, async_owner_key()):  # in a forked process: the connection is its parent's
            return
        if self.deadline.waiting:  # whoever waits there releases it
            await self.deadline.aclose()
        elif self.response is not None:
            await (async_wake_reader(self.response) if reading else async_release(self.response))

    async def drop(self) -> None:
        """Releases the connection of an answer that failed, so that another can take its place."""
        response, self.response, self.begun = self.response, None, None
        if response is not None:
            await async_release(response)

    def __del__(self) -> None:
        if self.response is not None and not self.response.is_closed:
            abandon(self.response, self._owner_key)

    async def _open(self) -> AsyncBegun[ChunkT]:
        """One try: sends the request and looks at what kind of answer it is."""
        session, call, deadline = self._session, self._call, self.deadline
        self._owner_key = async_owner_key()
        response = self.response = await self._open_route()
        now = self._marks["first_byte"] = monotonic()
        deadline.clock.wait_for("first_chunk", now)
        kind = kind_of_body(response)
        if kind == "events":
            self.begun = self._begin(async_body(response, deadline), text_only=call.text_only)
            return self.begun
        if kind == "json":
            answer = await session.parsed(call, response, deadline)
            self._marks["first_chunk"] = monotonic()
            return self.answered(call.events_of(dict(answer)))
        text = (await session.sender.read(response, deadline, MAX_ERROR_BODY)).decode("utf-8", "replace")
        content_type = response.headers.get("content-type")
        raise StreamError(f"the server sent {content_type!r} instead of an event stream: {text[:_QUOTED]!r}")

    async def _open_route(self) -> Response:
        """The answer of the call's route, or of its older one where the server does not have it."""
        session, call, missing = self._session, self._call, self._session.connections.missing_routes
        if call.fallback_route is not None and call.route in missing:
            return await session.sender.open(call.fallback_route(), self.deadline, stream=True)
        try:
            return await session.sender.open(call, self.deadline, stream=True)
        except APIError as error:
            if call.fallback_route is None or not is_missing_route(error):
                raise
            try:
                response = await session.sender.open(call.fallback_route(), self.deadline, stream=True)
            except APIError as second:
                raise (error if is_missing_route(second) else second) from None
            missing.add(call.route)
            return response

    async def _open_and_read(self) -> AsyncBegun[ChunkT]:
        """One try, up to the first event of the answer itself."""
        begun = self.begun or await self._open()
        if begun.body is None:
            return begun
        is_content = self._call.is_content
        before: list[bytes] = []
        try:
            async for data in begun.body:
                events = iter(begun.parser.feed(data))
                for event in events:
                    before.append(event)
                    content = is_content is None or is_content(event)
                    if content or len(before) > 1:  # else a server could make it hold events without end
                        self._marks["first_chunk"] = monotonic()
                        return begun._replace(events=chain(before, events))
        except Exception as error:
            await self.drop()
            raise self._session.sender.translated(error, self.deadline, streaming=True)  # noqa: B904 - it has its cause
        return begun._replace(events=before)

    def _begin(
        self, body: AsyncIterator[bytes] | None, events: Iterable[bytes] = (), *, text_only: bool = False
    ) -> AsyncBegun[ChunkT]:
        parser = SSEParser(self._session.config.max_event_bytes)
        return AsyncBegun(self._new_decoder(text_only=text_only), parser, body, events)

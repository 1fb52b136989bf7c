# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Reads one stream: opens it, tries again while nothing has come, keeps its clocks, and folds its chunks."""

from __future__ import annotations

import logging
from itertools import chain
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from edgequake._core.answer import COMPACT_AT, AnswerState
from edgequake._core.clock import timed_out
from edgequake._core.errors import MAX_ERROR_BODY, is_missing_route
from edgequake._core.sse import SSEParser
from edgequake._core.timing import StreamTiming
from edgequake._core.wire import WireDecoder
from edgequake._http.bodies import sync_body, kind_of_body
from edgequake._http.clients import owner_key
from edgequake._http.release import abandon, interrupt, release
from edgequake._http.requests import set_read_timeout
from edgequake._http.waiting import interruptible, within
from edgequake.chunks import Chunk
from edgequake.exceptions import (
    APIError,
    ConfigurationError,
    EdgeQuakeError,
    NetworkError,
    StreamError,
    TimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable, Iterable, Iterator

    from edgequake._sync.session import Session
    from edgequake._core.calls import Call, Decoder
    from edgequake._core.clock import CallClock
    from edgequake._core.retry import RetryRules
    from edgequake._http.requests import Response
    from edgequake._http.waiting import Attempt
    from edgequake.models._model import Model

__all__ = ["Reader"]

logger = logging.getLogger("edgequake")

T = TypeVar("T")
ChunkT = TypeVar("ChunkT", bound=Chunk)

# With so much of the read timeout left before a deadline, a read needs no clock of its own: it ends nearly on time.
_ENOUGH = 0.9
_SHOWN = 200


class Reader(Generic[ChunkT]):
    """Everything a stream needs while it is read.

    The chunk generator holds this, and not the stream that the caller holds: so leaving the loop frees the
    generator, and its end gives the connection back.
    """

    def __init__(
        self,
        session: Session,
        call: Call[Any],
        chunk_class: type[ChunkT],
        *,
        openai_names: bool,
        fallback: Call[Model] | None,
    ) -> None:
        self.response: Response | None = None
        self._owner_key: object = None  # what the response's connection belongs to
        self._session = session
        self._call = call
        self._chunk_class = chunk_class
        self._openai_names = openai_names
        self._fallback = fallback
        self._rules: RetryRules | None = None
        self._clock = session.clock(call)
        self.answer = AnswerState()
        self._parser = SSEParser(session.config.max_event_bytes)
        self._decoder = self._new_decoder()
        self._body: Iterator[bytes] | None = None
        self._whole: list[bytes] | None = None
        self._patience = float("inf")  # with as many seconds left, httpx's own timeout is enough
        self._unhurried = False  # the wait for each chunk has as many from its start, and nothing else is to be seen to
        self._wait: interruptible | None = None  # for the first chunk
        self._last_until: float | None = None  # when an answer that is whole is left, if its end does not come
        self._reading = False  # True while a read is under way: whoever closes the stream then has to wake it
        self._marks: dict[str, float] = {}
        self._read_at = 0.0
        self._on_event: Callable[[bytes], None] | None = None
        self.failure: EdgeQuakeError | None = None
        self.ended = False
        self.closed = False

    # -- what the stream shows ------------------------------------------------------------------------------------

    @property
    def timing(self) -> StreamTiming:
        """The stream's times so far."""
        start = self._marks.get("start", 0.0)
        since = {name: at - start for name, at in self._marks.items()}
        return StreamTiming(
            time_to_first_byte=since.get("first_byte"),
            time_to_first_chunk=since.get("first_chunk"),
            total=self._read_at - start if self._read_at else None,
            chunks=self.answer.chunks_received,
        )

    def check(self) -> None:
        """Raises the failure that ended the stream, or that it was closed before its end."""
        if self.failure is not None:
            raise self.failure
        if self.closed and not self.ended:
            raise self._with_text(StreamError("this stream was closed before its end"))

    def show_events(self, on_event: Callable[[bytes], None]) -> None:
        """From the next read on, ``on_event`` gets the data of every event before it is decoded."""
        self._on_event = on_event
        self._unhurried = False

    def hide_events(self, on_event: Callable[[bytes], None]) -> None:
        """Ends that, unless another has taken its place."""
        if self._on_event is on_event:
            self._on_event = None

    # -- reading --------------------------------------------------------------------------------------------------

    def chunks(self) -> Iterator[ChunkT]:
        """The chunks, in order. Ends when the server ends the answer; raises the SDK's errors alone."""
        parts = self.answer.parts
        try:
            events = self._first()
            clock, body, feed, decode = self._clock, self._body, self._parser.feed, self._decoder.decode
            bounded = clock.timeout.total is not None
            while events is not None:
                progress = False
                for event in events:
                    if (chunk := decode(event)) is not None:
                        progress = True
                        yield chunk
                        if bounded or self.closed:
                            self._go_on(clock)
                if len(parts) >= COMPACT_AT:
                    self.answer.compact()
                if not (progress and self._unhurried) or body is None:
                    events = self._next(progress=progress)
                    continue
                # By far the commonest read; what _next() does, without the cost of its call.
                self._read_at = clock.waiting_since = monotonic()
                self._reading = True
                try:
                    data = next(body)
                except StopIteration:
                    break
                except Exception as error:
                    self._read_failed(error)
                self._reading = False
                events = feed(data)
            self._decoder.end(unfinished=self._parser.unfinished)
            self.ended = True
        except EdgeQuakeError as error:
            for event in self._shown(self._after(error)):
                if (chunk := self._decoder.decode(event)) is not None:
                    yield chunk
            self.ended = True
        finally:
            self._read_at = monotonic()
            self._reading = False
            self.close()

    def open(self) -> None:
        """Sends the request, and tries again as far as the rules allow; returns when the answer has begun."""
        self.check()
        if self._rules is not None:  # it has begun
            return
        try:
            self._tried(self._open)
        except EdgeQuakeError as error:
            try:
                self._whole = list(self._after(error))
            except EdgeQuakeError:
                self.close()
                raise
        except BaseException:  # cancelled
            self.close()
            raise

    def close(self) -> None:
        """Gives the connection back, or drops it if the answer has not been read to its end."""
        if self._rules is not None:
            self._session.connections.stats.ended(self)
        self.closed = True
        self._unhurried = False
        if (wait := self._wait) is not None:
            wait.close()
        if self.response is not None and self._owner_key is owner_key():  # and not of a process forked meanwhile
            (interrupt(self.response) if self._reading else release(self.response))

    def __del__(self) -> None:
        if self.response is not None and not self.response.is_closed:
            abandon(self.response, self._owner_key)

    def _first(self) -> Iterable[bytes] | None:
        """The first events, after as many tries as the rules allow."""
        self.check()
        return self._tried(self._open_and_read)

    def _tried(self, attempt: Attempt[T]) -> T:
        if self._rules is None:
            self._clock = self._session.clock(self._call)
            self._marks["start"] = monotonic()
            self._rules = self._session.rules(self._call, self._clock)
            self._session.connections.watch(self)
        if self._wait is not None:
            raise StreamError("this stream is being opened by another thread or task")
        self._wait = interruptible()
        try:
            return self._session.tried(attempt, self._rules, self._wait)
        except ConfigurationError:
            self.check()  # another thread or task may have closed the stream
            raise
        finally:
            self._wait = None

    def _open_and_read(self) -> Iterable[bytes] | None:
        if self._body is None and self._whole is None:
            self._open()
        try:
            while (read := self._next()) is not None:
                events = iter(read)
                for event in events:
                    self._marks["first_chunk"] = monotonic()
                    return chain((event,), events)
        except EdgeQuakeError:
            self._drop()
            raise
        return None

    def _open(self) -> None:
        """One try: sends the request and looks at what kind of answer it is."""
        self.check()  # it may have been closed during the wait for another try
        session = self._session
        self._owner_key = owner_key()
        response = self.response = self._opened()
        self._marks["first_byte"] = monotonic()
        self._clock.wait_for("first_chunk", self._marks["first_byte"])
        self._unhurried = False
        self._parser = SSEParser(session.config.max_event_bytes)
        self._decoder = self._new_decoder(text_only=self._call.text_only)
        kind = kind_of_body(response)
        if kind == "json":
            answer = session.parsed(self._call, response, self._clock)
            self._decoder = self._new_decoder()
            self._body, self._whole = None, self._call.events_of(dict(answer))
        elif kind == "other":
            shown = (session.read(response, self._clock, MAX_ERROR_BODY)).decode("utf-8", "replace")
            content_type = response.headers.get("content-type")
            raise StreamError(f"the server sent {content_type!r} instead of an event stream: {shown[:_SHOWN]!r}")
        else:
            self._patience = set_read_timeout(response, self._clock.longest_read(monotonic())) * _ENOUGH
            self._body = sync_body(response)

    def _opened(self) -> Response:
        """The answer of the call's route, or of its older one where the server does not have it."""
        call, missing = self._call, self._session.connections.missing_routes
        if call.fallback_route is not None and call.route in missing:
            return self._session.open(call.fallback_route(), self._clock, stream=True)
        try:
            return self._session.open(call, self._clock, stream=True)
        except APIError as error:
            if call.fallback_route is None or not is_missing_route(error):
                raise
            try:
                response = self._session.open(call.fallback_route(), self._clock, stream=True)
            except APIError as second:
                raise (error if is_missing_route(second) else second) from None
            missing.add(call.route)
            return response

    def _next(self, *, progress: bool = False) -> Iterable[bytes] | None:
        """The events of the next read; None at the end of the answer. ``progress``: the last read brought a chunk."""
        if self.closed:
            self.check()
        if (body := self._body) is None:
            whole, self._whole = self._whole, None
            return whole if self._on_event is None or whole is None else self._shown(whole)
        self._read_at = now = monotonic()
        self._reading = True
        try:
            if self._call.linger is not None and self._decoder.finished:
                self._last_until = self._last_until or now + self._call.linger
                with within(max(0.0, self._last_until - now)):
                    data = next(body)
            else:
                data = self._read_in_time(body, now, progress=progress)
        except StopIteration:
            return None
        except Exception as error:
            self._read_failed(error)
        self._reading = False
        events = self._parser.feed(data)
        return events if self._on_event is None else self._shown(events)

    def _go_on(self, clock: CallClock) -> None:
        """Raises, among the events of one read, if the stream has been closed or its time is over."""
        self.check()
        if clock.left(monotonic()) <= 0:
            raise timed_out("total", clock.timeout)

    def _read_failed(self, error: Exception) -> NoReturn:
        """Raises the SDK's error for one of a read of the body."""
        self._reading = False
        self.check()  # another thread or task may have closed the stream
        self._session.reraise(error, self._clock, self._clock.until_chunk(self._read_at), streaming=True)

    def _read_in_time(self, body: Iterator[bytes], now: float, *, progress: bool) -> bytes:
        """The next bytes, by the stream's clocks: keep-alives begin a new wait for httpx, but not for these."""
        clock = self._clock
        if progress:
            clock.wait_for("chunk", now)
            enough = clock.until_chunk(now).seconds >= self._patience and clock.timeout.total is None
            self._unhurried = enough and not self.closed and self._on_event is None and self._call.linger is None
        limit = clock.until_chunk(now)
        if limit.seconds <= 0:
            raise timed_out(limit.stage, clock.timeout)
        if limit.seconds >= self._patience:
            return next(body)
        with within(limit.seconds):
            return next(body)

    def _shown(self, events: Iterable[bytes]) -> Iterator[bytes]:
        """``events``, each shown to the caller of ``show_events()`` before it is decoded."""
        for event in events:
            if self._on_event is not None:
                self._on_event(event)
            yield event

    def _after(self, error: EdgeQuakeError) -> Iterable[bytes]:
        """What comes after a failure: nothing when the answer was whole; the fallback's answer; else the error."""
        if self._decoder.finished:
            logger.info("%s failed after its end, which takes nothing from the answer: %s", self._call.route, error)
            return ()
        if self._fallback is None or self.answer.text or self.closed or isinstance(error, ConfigurationError):
            raise self._failed(error) from error.__cause__
        logger.warning("%s failed: %s; asking for the whole answer", self._call.route, error)
        self._drop()
        self._decoder = self._new_decoder()
        self._wait = interruptible()
        try:
            answer = self._session.call(self._fallback, self._wait)
            self.check()  # another thread or task may have closed the stream
            return self._call.events_of(dict(answer))
        except EdgeQuakeError as second:
            self.check()
            raise self._failed(second) from error
        finally:
            self._wait = None

    def _failed(self, error: EdgeQuakeError) -> EdgeQuakeError:
        """``error`` with the text so far on it, remembered so that no later call takes the answer for whole."""
        self.failure = self._with_text(error)
        return error

    def _with_text(self, error: EdgeQuakeError) -> EdgeQuakeError:
        if isinstance(error, NetworkError | TimeoutError | StreamError):
            error.partial_text = self.answer.text + self._decoder.held_text
            error.chunks_received = self.answer.chunks_received
        return error

    def _new_decoder(self, *, text_only: bool = False) -> Decoder[ChunkT]:
        if self._call.decoder is not None:
            return self._call.decoder(self.answer)
        return WireDecoder(self._chunk_class, self.answer, openai_names=self._openai_names, text_only=text_only)

    def _drop(self) -> None:
        """Lets go of an answer that failed, so that another try can begin."""
        response, self.response, self._body = self.response, None, None
        if response is not None:
            release(response)

# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Reads one stream: its loop, its clocks, and what happens when it fails."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from edgequake._sync.opening import Opening
from edgequake._core.answer import COMPACT_AT
from edgequake._core.logs import about, logger
from edgequake._core.stream_state import StreamState
from edgequake._core.wire import WireDecoder
from edgequake.chunks import Chunk
from edgequake.exceptions import ConfigurationError, EdgeQuakeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable, Iterable, Iterator

    from edgequake._sync.opening import Begun
    from edgequake._sync.session import Session
    from edgequake._core.answer import AnswerState
    from edgequake._core.calls import Call, Decoder
    from edgequake._core.clock import CallClock
    from edgequake._core.sse import SSEParser
    from edgequake._http.requests import Response
    from edgequake.models._model import Model

__all__ = ["Reader"]

ChunkT = TypeVar("ChunkT", bound=Chunk)


class Reader(StreamState, Generic[ChunkT]):
    """Everything a stream needs while it is read.

    The chunk generator holds this, and not the stream that the caller holds: so leaving the loop frees the
    generator, and its end releases the connection.
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
        super().__init__()
        self._session = session
        self._call = call
        self._fallback = fallback
        self._opening: Opening[ChunkT] | None = None  # once the stream has begun
        self._on_event: Callable[[bytes], None] | None = None
        self._reading = False  # True while a read is under way: whoever closes the stream then has to wake it
        self._new_decoder = partial(_decoder_of, call, chunk_class, self.answer, openai_names=openai_names)

    @property
    def response(self) -> Response | None:
        """The answer as httpx has it; None until it has begun."""
        return None if self._opening is None else self._opening.response

    @property
    def route(self) -> str:
        """Method and path of the request."""
        return self._call.route

    @property
    def held_text(self) -> str:
        """Text that has come and that no chunk has brought yet."""
        begun = None if self._opening is None else self._opening.begun
        return "" if begun is None else begun.decoder.held_text

    def show_events(self, on_event: Callable[[bytes], None]) -> None:
        """From the next read on, ``on_event`` gets the data of every event before it is decoded."""
        self._on_event = on_event

    def hide_events(self, on_event: Callable[[bytes], None]) -> None:
        """Ends that, unless another has taken its place."""
        if self._on_event is on_event:
            self._on_event = None

    def chunks(self) -> Iterator[ChunkT]:
        """The chunks, in order. Ends when the server ends the answer; raises the SDK's errors alone."""
        try:
            self.check()
            opening = self._begin()
            decoder, parser, body, events = opening.first_events()
            self.read_at = monotonic()
            clock = opening.deadline.clock
            bounded = clock.timeout.total is not None
            while True:
                progress = False
                for event in events if self._on_event is None else self._shown(events):
                    if (chunk := decoder.decode(event)) is not None:
                        progress = True
                        yield chunk
                        if bounded or self.closed:
                            self._check_time(clock)
                if body is None:
                    break
                self._begin_read(clock, decoder, progress=progress)
                try:
                    data = next(body)
                except StopIteration:
                    break
                except Exception as error:
                    self._read_failed(error, opening)
                self._reading = False
                events = parser.feed(data)
            self._check_whole(decoder, parser)
        except EdgeQuakeError as error:
            if (answer := self._after(error)) is None:
                raise
            for event in self._shown(answer.events):
                if (chunk := answer.decoder.decode(event)) is not None:
                    yield chunk
            self.ended = True
        finally:
            self.read_at = monotonic()
            self._reading = False
            self.close()

    def open(self) -> None:
        """Sends the request, and tries again as far as the rules allow; returns when the answer has begun."""
        self.check()
        if self._opening is not None:  # it has begun
            return
        opened = False
        try:
            try:
                self._begin().open()
            except EdgeQuakeError as error:
                if self._after(error) is None:
                    raise
            opened = True
        finally:
            if not opened:  # failed, or cancelled
                self.close()

    def close(self) -> None:
        """Releases the connection, or drops it if the answer has not been read to its end."""
        if (opening := self._opening) is None:
            self.closed = True
            return
        first = self._session.connections.stats.ended(self)
        try:
            opening.close(reading=self._reading)
        finally:
            if first:
                opening.deadline.observation.stream_ended(self)

    def _begin(self) -> Opening[ChunkT]:
        """The stream's way to its answer; the clocks run from the first call on."""
        if self._opening is None:
            self._opening = Opening(self._session, self._call, self._new_decoder, self.marks)
            self._session.connections.watch(self)
        return self._opening

    def _begin_read(self, clock: CallClock, decoder: Decoder[ChunkT], *, progress: bool) -> None:
        """The next read is waited for from now on; ``progress``: the last one brought a chunk."""
        self.read_at = now = monotonic()
        if progress:
            clock.wait_for("chunk", now)
        if self._call.end_within is not None and decoder.finished:
            clock.end_within(self._call.end_within, now)
        if len(self.answer.parts) >= COMPACT_AT:
            self.answer.compact()
        self._reading = True

    def _check_whole(self, decoder: Decoder[ChunkT], parser: SSEParser) -> None:
        """Raises, at the end of the body, unless it has brought the whole answer."""
        if self.closed:  # some transports end the body when another thread or task closes the stream
            self.check()
        decoder.end(unfinished=parser.unfinished)
        self.ended = True

    def _check_time(self, clock: CallClock) -> None:
        """Raises, among the events of one read, if the stream has been closed or its time is over."""
        self.check()
        if clock.left_in_total(monotonic()) <= 0:
            raise clock.timed_out("total")

    def _read_failed(self, error: Exception, opening: Opening[ChunkT]) -> NoReturn:
        """Raises the SDK's error for one of a read of the body."""
        self.check()  # another thread or task may have closed the stream
        raise self._session.sender.translated(error, opening.deadline, streaming=True)

    def _shown(self, events: Iterable[bytes]) -> Iterator[bytes]:
        """``events``, each shown to the caller of ``show_events()`` before it is decoded."""
        for event in events:
            if self._on_event is not None:
                self._on_event(event)
            yield event

    def _after(self, error: EdgeQuakeError) -> Begun[ChunkT] | None:
        """What follows a failure: what is left of an answer that was whole, or the fallback's; None: the failure."""
        opening = self._begin()
        if opening.begun is not None and opening.begun.decoder.finished:
            words = "%s failed after its end, which takes nothing from the answer: %s"
            logger.info(words, self.route, error, extra=about(self.route))
            return opening.begun._replace(events=())
        if self.closed and isinstance(error, ConfigurationError):  # it was closed while it was being opened
            raise self.closed_early() from None
        if self._fallback is None or self.answer.text or self.closed or isinstance(error, ConfigurationError):
            self.failure = self.with_text(error)
            return None
        words = "%s failed: %s; asking for the whole answer"
        logger.warning(words, self.route, error, extra=about(self.route, error))
        opening.drop()
        observation = opening.deadline.observation
        observation.fell_back()
        opening.deadline = self._session.deadline(self._fallback, observation)
        try:
            answer = self._session.call(self._fallback, opening.deadline)
        except EdgeQuakeError as second:
            self.check()  # another thread or task may have closed the stream
            self.failure = self.with_text(second)
            raise self.failure from error
        self.check()
        return opening.answered(self._call.events_of(dict(answer)))


def _decoder_of(
    call: Call[Any], chunk_class: type[ChunkT], answer: AnswerState, *, openai_names: bool, text_only: bool
) -> Decoder[ChunkT]:
    if call.decoder is not None:
        return call.decoder(answer)
    return WireDecoder(chunk_class, answer, openai_names=openai_names, text_only=text_only)

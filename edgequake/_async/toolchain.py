"""What is done with the chunks of a stream between its reader and the caller: read ahead, kept, shown to callbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from edgequake._core.protocols import AnyChunk, Callbacks, sources_of
from edgequake._core.results import async_result
from edgequake._core.stream_state import BUSY
from edgequake._streams.prefetch import AsyncAhead
from edgequake.exceptions import ConfigurationError, EdgeQuakeError, StreamError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from edgequake._async.reader import AsyncReader
    from edgequake._core.answer import AnswerState
    from edgequake._streams.tee import Tee

__all__ = ["AsyncToolchain"]

ChunkT = TypeVar("ChunkT", bound=AnyChunk)


class AsyncToolchain(Generic[ChunkT]):
    """The chunks of a stream whose tools are in use; a stream without any is read without this.

    It holds the reader and not the stream: a reference to the stream would keep its connection after a loop is left.
    """

    def __init__(
        self, reader: AsyncReader[Any], chunks: AsyncIterator[ChunkT], fold: Callable[[AnswerState], Any]
    ) -> None:
        self._reader = reader
        self._chunks = chunks
        self._fold = fold
        self._ahead: AsyncAhead[ChunkT] | None = None
        self._begun = False
        self._left = False
        self._busy = False  # a chunk is being waited for
        self.callbacks: list[Callbacks] = []
        self.files: list[Tee] = []
        self.ended = False

    def read_ahead(self, n: int) -> None:
        """At most ``n`` chunks are read before they are asked for."""
        if self._ahead is not None and self._ahead.begun:
            raise ConfigurationError("the stream is read ahead already: call prefetch() before it is read")
        self._ahead = AsyncAhead(self._chunks, n)

    @property
    def reads_ahead(self) -> bool:
        """Whether chunks are read before they are asked for."""
        return self._ahead is not None

    async def chunks(self) -> AsyncIterator[ChunkT]:
        """The chunks, in order, as the caller gets them."""
        try:
            while not self.ended:
                if (chunk := await self.step()) is not None:
                    yield chunk
        finally:
            await self.aclose()

    async def step(self, seconds: float | None = None) -> ChunkT | None:
        """The next chunk, kept and shown; None at the end, and when none has come within ``seconds``.

        There is a limit only when chunks are read ahead.
        """
        if not self._begun:
            self._begin()
        self._busy = True
        try:
            chunk = await (anext(self._chunks) if self._ahead is None else self._ahead.get(seconds))
        except StopAsyncIteration:
            chunk, self._busy = None, False
            self.check()  # a stream that was closed ends too: without this, its part would look like the whole answer
            self.ended = True
        except EdgeQuakeError as error:
            await self._tell_failure(error)
            raise
        finally:
            self._busy = False
        if chunk is not None:
            await self._show(chunk)
        elif self.ended:
            await self._finish()
        return chunk

    def check(self) -> None:
        """Raises the error that ended the stream, once the chunks before it are read, or that it was closed early."""
        if self._busy:
            raise StreamError(BUSY)
        if self._left or self._ahead is None or not self._ahead.waiting:
            self._reader.check()
        if self._left and not self.ended:
            raise self._with_text(StreamError("this stream was closed before its end"))

    async def aclose(self) -> None:
        """Ends the reading, also that which is under way, and closes the files."""
        self._left = not self.ended
        try:
            if self._ahead is not None:
                await self._ahead.aclose()
            await self._reader.aclose()
        finally:
            for file in self.files:
                file.close()

    def _begin(self) -> None:
        self._begun = True
        for file in self.files:
            file.begin()

    async def _show(self, chunk: ChunkT) -> None:
        try:
            for file in self.files:
                file.write(chunk)
        except StreamError as error:
            self._reader.failure = self._with_text(error)
            await self._tell_failure(error)
            raise
        for callbacks in self.callbacks:
            if callbacks.chunk is not None:
                await async_result(callbacks.chunk(chunk))
            if callbacks.sources is not None and (sources := sources_of(chunk)):
                await async_result(callbacks.sources(sources))

    async def _finish(self) -> None:
        for file in self.files:
            file.close()
        for callbacks in self.callbacks:
            if callbacks.done is not None:
                await async_result(callbacks.done(self._fold(self._reader.answer)))

    async def _tell_failure(self, error: EdgeQuakeError) -> None:
        for callbacks in self.callbacks:
            if callbacks.error is not None:
                await async_result(callbacks.error(error))

    def _with_text(self, error: StreamError) -> StreamError:
        error.partial_text = self._reader.answer.text
        error.chunks_received = self._reader.answer.chunks_received
        return error

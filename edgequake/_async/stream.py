"""The stream object that ``query.stream()`` and ``chat.stream()`` return."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from edgequake._async.tools import AsyncTools
from edgequake._core.answer import chat_response, query_response
from edgequake._core.protocols import AnyChunk
from edgequake._http.bodies import server_sent_event
from edgequake.chunks import ChatChunk, QueryChunk
from edgequake.exceptions import EdgeQuakeError
from edgequake.models._model import Answer
from edgequake.models.answer import ChatResponse, QueryResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from httpx_sse import ServerSentEvent

    from edgequake._async.reader import AsyncReader
    from edgequake._core.answer import AnswerState
    from edgequake._core.timing import StreamTiming
    from edgequake.models.answer import QueryStats
    from edgequake.models.source import Source

__all__ = ["AsyncChatStream", "AsyncQueryStream", "AsyncStream"]

ChunkT = TypeVar("ChunkT", bound=AnyChunk)
AnswerT = TypeVar("AnswerT", bound=Answer)


class AsyncStream(AsyncTools[ChunkT, AnswerT], Generic[ChunkT, AnswerT]):
    """An answer that comes in chunks: iterate it, or read ``text_stream`` or ``final()`` in a ``with`` block.

    The request is sent when you begin to iterate, or enter the ``with`` block. The connection is released at the end of
    the block, by ``aclose()``, by cancellation, and by garbage collection. It is also released when you leave a loop
    over the call itself, as in ``async for chunk in client.query.stream(…)``. If you keep the stream in a variable, it
    stays open: use ``with``.

    If an iteration ends without an error, you have the whole answer. Otherwise it raises an error of
    :mod:`edgequake.exceptions`, with the text so far in ``partial_text``. You can read a stream once. If you iterate it
    again after its end, it raises :class:`StreamError`.
    """

    def __init__(self, reader: AsyncReader[Any], fold: Callable[[AnswerState], AnswerT]) -> None:
        self._read_by = reader
        self._fold = fold
        self._items: AsyncIterator[ChunkT] = reader.chunks()

    @property
    def _reader(self) -> AsyncReader[Any]:
        return self._read_by

    async def aclose(self) -> None:
        """Ends the stream and releases its connection. You can close it twice.

        If the answer is not complete, the server stops writing it. A later iteration or ``final()`` raises
        :class:`StreamError`, so a part is never taken for the whole answer.
        """
        if self._toolchain is not None:
            await self._toolchain.aclose()
        await self._reader.aclose()

    @property
    def text_stream(self) -> AsyncIterator[str]:
        """The text of the answer, piece by piece. Chunks without text are skipped."""
        return self._texts()

    async def _texts(self) -> AsyncIterator[str]:
        async for chunk in self:
            if text := chunk.text:
                yield text

    async def events(self) -> AsyncIterator[ServerSentEvent]:
        """The raw server-sent events (``httpx_sse.ServerSentEvent``), instead of chunks.

        It raises the same errors as an iteration over chunks, after it has yielded the event that caused the error.
        """
        shown: deque[bytes] = deque()
        show = shown.append
        self._reader.show_events(show)
        failure = None
        try:
            async for chunk in self:
                raw = getattr(chunk, "_raw", b"")
                # How many events before it made no chunk; -1: its own was read earlier, or is the fallback's.
                before = next((n for n, event in enumerate(shown) if event is raw), -1)
                for _ in range(before):
                    yield server_sent_event(shown.popleft())
                if before >= 0:
                    shown.popleft()
                yield server_sent_event(raw)
        except EdgeQuakeError as error:
            failure = error
        finally:
            self._reader.hide_events(show)
        while shown:
            yield server_sent_event(shown.popleft())
        if failure is not None:
            raise failure

    async def final(self) -> AnswerT:
        """Reads the rest of the stream and returns the whole answer.

        Raises the error that ended the stream, or :class:`StreamError` if the stream was closed before its end.
        """
        self._check_alone()
        async for _ in self._items:
            pass
        self._reader.check()
        answer = self._fold(self._reader.answer)
        answer._request_id = self.request_id
        return answer

    @property
    def text(self) -> str:
        """The text so far."""
        return self._reader.answer.text

    @property
    def sources(self) -> list[Source]:
        """The sources so far."""
        return self._reader.answer.sources

    @property
    def stats(self) -> QueryStats:
        """The server's measurements. The fields are None before the final event."""
        return self._reader.answer.stats

    @property
    def failure(self) -> EdgeQuakeError | None:
        """The error that ended the stream, if one did."""
        return self._reader.failure

    @property
    def timing(self) -> StreamTiming:
        """The times that the client measured, and the number of chunks."""
        return self._reader.timing


class AsyncQueryStream(AsyncStream[QueryChunk, QueryResponse]):
    """The answer of ``query.stream()``, chunk by chunk. ``final()`` returns a :class:`QueryResponse`.

    ::

        async with client.query.stream("What is EdgeQuake?") as stream:
            async for text in stream.text_stream:
                print(text, end="", flush=True)
            answer = await stream.final()

    The request is sent when you iterate the stream or enter the block. The connection is released at the end of the
    block, by ``aclose()``, by cancellation, by garbage collection, and when you leave a loop over the call itself.
    """

    def __init__(self, reader: AsyncReader[QueryChunk]) -> None:
        super().__init__(reader, query_response)


class AsyncChatStream(AsyncStream[ChatChunk, ChatResponse]):
    """The message of ``chat.stream()``, chunk by chunk. ``final()`` returns a :class:`ChatResponse`.

    ::

        async with client.chat.stream("What is EdgeQuake?") as stream:
            async for text in stream.text_stream:
                print(text, end="", flush=True)
            conversation = stream.conversation_id

    The request is sent when you iterate the stream or enter the block. The connection is released at the end of the
    block, by ``aclose()``, by cancellation, by garbage collection, and when you leave a loop over the call itself.
    """

    def __init__(self, reader: AsyncReader[ChatChunk]) -> None:
        super().__init__(reader, chat_response)

    @property
    def conversation_id(self) -> str | None:
        """The id of the conversation. Give it to the next call to continue. None before the server has sent it."""
        return self._reader.answer.seen.get("conversation_id")

    @property
    def title(self) -> str | None:
        """The title of a new conversation. The server sends it after the last chunk."""
        return self._reader.answer.seen.get("title")

"""The resources of a client: ``client.query`` and ``client.chat``."""

from __future__ import annotations

import logging
from time import monotonic
from typing import TYPE_CHECKING, Any, Unpack

from edgequake._async.reader import AsyncReader
from edgequake._async.stream import AsyncChatStream, AsyncQueryStream
from edgequake._core import calls
from edgequake._core.lifecycle import Lifecycle
from edgequake._http import async_result
from edgequake.chunks import ChatChunk, QueryChunk
from edgequake.exceptions import EdgeQuakeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from edgequake._async.session import AsyncSession
    from edgequake.events import StreamEvent
    from edgequake.models.answer import ChatResponse, QueryResponse
    from edgequake.models.options import ChatOptions, Messages, QueryOptions

__all__ = ["AsyncChat", "AsyncQuery"]

logger = logging.getLogger("edgequake")


class AsyncQuery:
    """Questions to the knowledge graph: ``client.query``."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def execute(self, query: str, **options: Unpack[QueryOptions]) -> QueryResponse:
        """The whole answer to ``query``, with its sources and statistics (``POST /api/v1/query``).

        Options are those of :class:`QueryOptions`; one that is not given is not sent. ``timeout`` is in seconds.

        Raises :class:`ConfigurationError` for an empty query or a bad option, before anything is sent; then
        :class:`APIError` by status, :class:`NetworkError`, :class:`TimeoutError`, :class:`ResponseError`.
        """
        return await self._session.call(calls.query_execute(query, options))

    def stream(self, query: str, *, fallback: bool = False, **options: Unpack[QueryOptions]) -> AsyncQueryStream:
        """The answer to ``query`` as it is generated (``POST /api/v1/query/stream``).

        Returns a stream that sends nothing until it is iterated or opened; see :class:`AsyncQueryStream`. Options are
        those of :class:`QueryOptions`. With ``fallback``, a stream that fails before any text goes on with
        the answer of :meth:`execute` instead, as chunks.

        Raises :class:`ConfigurationError` at once for an empty query or a bad option. Iterating raises the errors of
        :meth:`execute`, and :class:`StreamError`, :class:`StreamInterruptedError`, :class:`StreamTruncatedError`.
        """
        call = calls.query_stream(query, options)
        whole = calls.query_execute(query, options) if fallback else None
        return AsyncQueryStream(AsyncReader(self._session, call, QueryChunk, openai_names=False, fallback=whole))

    def stream_events(self, query: str, **options: Unpack[QueryOptions]) -> AsyncIterator[StreamEvent]:
        """The lifecycle of the answer as events (:class:`StreamEvent`), those of :class:`edgequake.rag.StreamingRAG`.

        In order: ``retrieval_start``, ``retrieval_done`` with the sources, ``generation_start``, a ``chunk`` for each
        piece of text, and ``generation_done`` with the server's statistics. A failure is the last event, ``error``,
        with its message and stage; it is not raised. Options are those of :meth:`stream`.

        Raises :class:`ConfigurationError` at once for an empty query or a bad option.
        """
        return _events(Lifecycle(query), self.stream(query, **options))

    async def ask(
        self,
        query: str,
        *,
        on_text: Callable[[str], Any] | None = None,
        **options: Unpack[QueryOptions],
    ) -> QueryResponse:
        """The whole answer to ``query``, streamed on the way: ``on_text`` is called with each piece of text.

        Any failure of the stream falls back to :meth:`execute`. If part of the text had been shown by then,
        ``on_text`` gets the rest of the new answer where that begins with the part, else a newline and the whole.
        An exception that ``on_text`` raises ends the call.

        Raises what :meth:`execute` raises.
        """
        stream = self.stream(query, **options)
        try:
            texts = stream.text_stream
            while (text := await _next_text(texts)) is not None:
                if on_text is not None:
                    await async_result(on_text(text))
            failure = stream.failure
        finally:
            await stream.aclose()
        if failure is None:
            return await stream.final()
        logger.warning("the stream failed: %s; asking for the whole answer", failure)
        answer = await self.execute(query, **options)
        rest = answer.answer.removeprefix(stream.text)
        if rest and on_text is not None:
            await async_result(on_text(rest if len(rest) < len(answer.answer) or not stream.text else f"\n{rest}"))
        return answer


async def _events(lifecycle: Lifecycle, stream: AsyncQueryStream) -> AsyncIterator[StreamEvent]:
    started = monotonic()
    try:
        yield lifecycle.started()
        async for chunk in stream:
            for event in lifecycle.chunk(chunk, monotonic() - started):
                yield event
        for event in lifecycle.ended(stream.stats, monotonic() - started):
            yield event
    except EdgeQuakeError as error:
        yield lifecycle.failed(error, monotonic() - started)
    finally:
        await stream.aclose()


async def _next_text(texts: AsyncIterator[str]) -> str | None:
    """The next text; None when the stream has ended or failed."""
    try:
        return await anext(texts)
    except (StopAsyncIteration, EdgeQuakeError):
        return None


class AsyncChat:
    """Conversations with the server: ``client.chat``. They need the client's ``tenant_id`` and ``user_id``."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def complete(self, messages: Messages, **options: Unpack[ChatOptions]) -> ChatResponse:
        """The assistant's whole message (``POST /api/v1/chat/completions``).

        ``messages`` is one message as a string, or a list of dicts with ``role`` and ``content`` that holds at least
        one of the user's. The server keeps the history of a ``conversation_id``; without one, earlier messages of
        the list are told to it in the system prompt. Options are those of :class:`ChatOptions`.

        Raises :class:`ConfigurationError` before anything is sent for messages without a user's turn or a bad option;
        then :class:`APIError` by status, :class:`NetworkError`, :class:`TimeoutError`, :class:`ResponseError`.
        The server stores the message first: a chat is sent again only if the first certainly was not processed.
        """
        return await self._session.call(calls.chat_complete(messages, options))

    async def completions(self, messages: Messages, **options: Unpack[ChatOptions]) -> ChatResponse:
        """The same as :meth:`complete`, by the name of the server's route."""
        return await self.complete(messages, **options)

    def stream(self, messages: Messages, **options: Unpack[ChatOptions]) -> AsyncChatStream:
        """The assistant's message as it is generated (``POST /api/v1/chat/completions/stream``).

        Returns a stream that sends nothing until it is iterated or opened; see :class:`AsyncChatStream`. Messages and
        options are those of :meth:`complete`. The stream ends when the server ends it, which may be after ``done``:
        a new conversation gets its title last.

        Raises :class:`ConfigurationError` at once for messages or options that are not right. Iterating raises the
        errors of :meth:`complete`, and :class:`StreamError`, :class:`StreamInterruptedError`,
        :class:`StreamTruncatedError`.
        """
        call = calls.chat_stream(messages, options)
        return AsyncChatStream(AsyncReader(self._session, call, ChatChunk, openai_names=True, fallback=None))

"""Questions to the knowledge graph: ``client.query``."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Unpack

from edgequake._async.reader import AsyncReader
from edgequake._async.resources.contexts import AsyncContexts
from edgequake._async.stream import AsyncQueryStream
from edgequake._core import questions
from edgequake._core.lifecycle import Lifecycle
from edgequake._core.logs import about, logger
from edgequake._core.results import async_result
from edgequake.chunks import QueryChunk
from edgequake.exceptions import EdgeQuakeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from edgequake.events import StreamEvent
    from edgequake.models.answer import QueryResponse
    from edgequake.models.options import QueryOptions

__all__ = ["AsyncQuery"]


class AsyncQuery(AsyncContexts):
    """Questions to the knowledge graph: ``client.query``."""

    async def execute(self, query: str, **options: Unpack[QueryOptions]) -> QueryResponse:
        """The whole answer to ``query``, with its sources and statistics (``POST /api/v1/query``).

        ::

            answer = await client.query.execute("What is EdgeQuake?", mode="hybrid", top_k=10)
            print(answer.answer, [source.label for source in answer.sources])

        :param query: the question; not empty.
        :param options: those of :class:`QueryOptions`; the server's default applies to one that is not given.
            ``mode`` (``naive``, ``local``, ``global``, ``hybrid``, ``mix``, ``bypass``) says how to retrieve, ``top_k``
            how much, ``timeout`` (seconds, a :class:`Timeout` or None) replaces the client's.
        :raises ConfigurationError: for an empty query or a bad option, before anything is sent.
        :raises APIError: by status, with the server's words.
        :raises NetworkError: when the server cannot be reached, after retries.
        :raises TimeoutError: when a clock runs out.
        :raises ResponseError: for an answer of another shape.
        """
        return await self._session.call(questions.query_execute(query, options, warn=True))

    def stream(self, query: str, *, fallback: bool = False, **options: Unpack[QueryOptions]) -> AsyncQueryStream:
        """The answer to ``query`` as it is generated (``POST /api/v1/query/stream``).

        ::

            async for chunk in client.query.stream("What is EdgeQuake?"):
                print(chunk.text, end="", flush=True)

        The stream (:class:`AsyncQueryStream`) sends nothing until it is iterated or opened. As a context manager it has
        ``text_stream``, ``sources`` and ``final()``, the whole answer. Iterating raises the errors of :meth:`execute`,
        and :class:`StreamError`, :class:`StreamInterruptedError`, :class:`StreamTruncatedError`; each has the text so
        far in ``partial_text``.

        :param query: the question; not empty.
        :param fallback: when the stream fails before any text, go on with the answer of :meth:`execute`, as chunks.
        :param options: those of :class:`QueryOptions`; the server's default applies to one that is not given.
            ``mode`` (``naive``, ``local``, ``global``, ``hybrid``, ``mix``, ``bypass``) says how to retrieve,
            ``system_prompt`` adds to the server's own, ``timeout`` (seconds, a :class:`Timeout` or None) replaces the
            client's.
        :raises ConfigurationError: at once, for an empty query or a bad option.
        """
        call = questions.query_stream(query, options)
        whole = questions.query_execute(query, options) if fallback else None
        return AsyncQueryStream(AsyncReader(self._session, call, QueryChunk, openai_names=False, fallback=whole))

    def stream_events(self, query: str, **options: Unpack[QueryOptions]) -> AsyncIterator[StreamEvent]:
        """The lifecycle of the answer as events (:class:`StreamEvent`), those of :class:`edgequake.rag.StreamingRAG`.

        In order: ``retrieval_start``, ``retrieval_done`` with the sources, ``generation_start``, a ``chunk`` for each
        piece of text, and ``generation_done`` with the server's statistics. A failure is the last event, ``error``,
        with its message and stage; it is not raised. Options are those of :meth:`stream`.

        :raises ConfigurationError: at once, for an empty query or a bad option.
        """
        return _events(Lifecycle(query), self.stream(query, **options))

    async def ask(
        self,
        query: str,
        *,
        on_text: Callable[[str], Any] | None = None,
        **options: Unpack[QueryOptions],
    ) -> QueryResponse:
        """The whole answer to ``query``, streamed on the way; a stream that fails falls back to :meth:`execute`.

        ::

            answer = await client.query.ask("What is EdgeQuake?", on_text=lambda text: print(text, end="", flush=True))

        Raises what :meth:`execute` raises.

        :param query: the question; not empty.
        :param on_text: called with each piece of text. If part of the answer had been shown when the stream failed, it
            gets the rest of the new answer where that begins with the part, else a newline and the whole. What it
            raises ends the call.
        :param options: those of :meth:`stream`.
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
        extra = about("POST /api/v1/query/stream", failure)
        logger.warning("the stream failed: %s; asking for the whole answer", failure, extra=extra)
        answer = await self._session.call(questions.query_execute(query, options))
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

# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Questions to the knowledge graph: ``client.query``."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Unpack

from edgequake._sync.reader import Reader
from edgequake._sync.resources.contexts import Contexts
from edgequake._sync.stream import QueryStream
from edgequake._core import questions
from edgequake._core.lifecycle import Lifecycle
from edgequake._core.logs import about, logger
from edgequake._core.results import result
from edgequake.chunks import QueryChunk
from edgequake.exceptions import EdgeQuakeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable

    from edgequake.events import StreamEvent
    from edgequake.models.answer import QueryResponse
    from edgequake.models.options import QueryOptions

__all__ = ["Query"]


class Query(Contexts):
    """Questions to the knowledge graph: ``client.query``."""

    def execute(self, query: str, **options: Unpack[QueryOptions]) -> QueryResponse:
        """Returns the whole answer to ``query``, with its sources and statistics (``POST /api/v1/query``).

        ::

            answer = client.query.execute("What is EdgeQuake?", mode="hybrid", top_k=10)
            print(answer.answer, [source.label for source in answer.sources])

        :param query: the question. It must not be empty.
        :param options: see :class:`QueryOptions`. Examples: ``mode`` (``naive``, ``local``, ``global``, ``hybrid``,
            ``mix`` or ``bypass``) says how the server searches, ``top_k`` how many sources it uses, and ``timeout``
            (seconds, a :class:`Timeout` or None) replaces the client's. The server decides what you do not give.
        :raises ConfigurationError: if the query is empty or an option is wrong. Nothing has been sent.
        :raises APIError: if the server answers with an error status; the class depends on the status.
        :raises NetworkError: if the server cannot be reached, after retries.
        :raises TimeoutError: if a step takes longer than its limit.
        :raises ResponseError: if the answer cannot be read.
        """
        return self._session.call(questions.query_execute(query, options, warn=True))

    def stream(self, query: str, *, fallback: bool = False, **options: Unpack[QueryOptions]) -> QueryStream:
        """Streams the answer to ``query`` while it is written (``POST /api/v1/query/stream``).

        ::

            for chunk in client.query.stream("What is EdgeQuake?"):
                print(chunk.text, end="", flush=True)

        It returns an :class:`QueryStream`. The request is sent when you iterate the stream or enter its ``with``
        block. In the block, you can use ``text_stream``, ``sources``, and ``final()`` for the whole answer.

        An iteration raises the errors of :meth:`execute`. It also raises :class:`StreamError`,
        :class:`StreamInterruptedError` and :class:`StreamTruncatedError` if the answer breaks off. Each has the text so
        far in ``partial_text``.

        :param query: the question. It must not be empty.
        :param fallback: if True, and the stream fails before any text, the answer of :meth:`execute` follows as chunks.
        :param options: see :class:`QueryOptions`. Examples: ``mode`` (``naive``, ``local``, ``global``, ``hybrid``,
            ``mix`` or ``bypass``) says how the server searches, ``system_prompt`` is added to the server's prompt, and
            ``timeout`` (seconds, a :class:`Timeout` or None) replaces the client's.
        :raises ConfigurationError: if the query is empty or an option is wrong. It is raised by this call.
        """
        call = questions.query_stream(query, options)
        whole = questions.query_execute(query, options) if fallback else None
        return QueryStream(Reader(self._session, call, QueryChunk, openai_names=False, fallback=whole))

    def stream_events(self, query: str, **options: Unpack[QueryOptions]) -> Iterator[StreamEvent]:
        """Streams the phases of the answer as events (:class:`StreamEvent`).

        The events come in this order: ``retrieval_start``, ``retrieval_done`` with the sources, ``generation_start``, a
        ``chunk`` for each piece of text, and ``generation_done`` with the server's statistics. They are the events of
        :class:`edgequake.rag.StreamingRAG`. If the answer fails, no error is raised: the last event is ``error``, with
        a message and the stage. The options are those of :meth:`stream`.

        :raises ConfigurationError: if the query is empty or an option is wrong. It is raised by this call.
        """
        return _events(Lifecycle(query), self.stream(query, **options))

    def ask(
        self,
        query: str,
        *,
        on_text: Callable[[str], Any] | None = None,
        **options: Unpack[QueryOptions],
    ) -> QueryResponse:
        """Streams the answer to ``query``, and returns it as a whole. If the stream fails, it uses :meth:`execute`.

        ::

            answer = client.query.ask("What is EdgeQuake?", on_text=lambda text: print(text, end="", flush=True))

        It raises the errors of :meth:`execute`.

        :param query: the question. It must not be empty.
        :param on_text: a function that gets each piece of text. If the stream fails after some text, the function gets
            the rest of the new answer, if the new answer begins with the same text. Otherwise it gets a newline and
            the whole new answer. If the function raises, the call ends with its error.
        :param options: the options of :meth:`stream`.
        """
        stream = self.stream(query, **options)
        try:
            texts = stream.text_stream
            while (text := _next_text(texts)) is not None:
                if on_text is not None:
                    result(on_text(text))
            failure = stream.failure
        finally:
            stream.close()
        if failure is None:
            return stream.final()
        extra = about("POST /api/v1/query/stream", failure)
        logger.warning("the stream failed: %s; asking for the whole answer", failure, extra=extra)
        answer = self._session.call(questions.query_execute(query, options))
        rest = answer.answer.removeprefix(stream.text)
        if rest and on_text is not None:
            result(on_text(rest if len(rest) < len(answer.answer) or not stream.text else f"\n{rest}"))
        return answer


def _events(lifecycle: Lifecycle, stream: QueryStream) -> Iterator[StreamEvent]:
    started = monotonic()
    try:
        yield lifecycle.started()
        for chunk in stream:
            for event in lifecycle.chunk(chunk, monotonic() - started):
                yield event
        for event in lifecycle.ended(stream.stats, monotonic() - started):
            yield event
    except EdgeQuakeError as error:
        yield lifecycle.failed(error, monotonic() - started)
    finally:
        stream.close()


def _next_text(texts: Iterator[str]) -> str | None:
    """The next text; None when the stream has ended or failed."""
    try:
        return next(texts)
    except (StopIteration, EdgeQuakeError):
        return None

"""Answers from your own retriever and your own LLM, as one stream of events."""

import inspect
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from dataclasses import replace
from typing import Any

from edgequake._streams.bridge import iterate
from edgequake.events import EventType, StreamEvent
from edgequake.rag.config import StreamConfig
from edgequake.rag.pipeline import Pipeline, strategy_for
from edgequake.rag.remote import backend_for

_log = logging.getLogger(__name__)

_LASTING = (EventType.CHUNK, EventType.ERROR)  # emit_metadata=False removes all other events


class StreamingRAG:
    """Answers questions with your retriever and your LLM, as a stream. It has sync and async methods.

    The answer is generated in the first of these ways that is available:

    1. the LLM's ``astream(prompt)``,
    2. the LLM's ``stream(prompt)``, in a worker thread,
    3. the backend's ``generate(query, context)``. Its whole answer is divided into chunks of words.

    The stream works on demand. If you stop iterating, the generation stops and the LLM's generator is closed.

    If the retriever or the LLM fails, the stream ends with an ERROR event. With ``StreamConfig(raise_errors=True)``,
    every method raises RAGError instead.

    You can run any number of streams of one object at the same time, in threads and in event loops.
    """

    def __init__(
        self,
        rag_system: Any,
        llm: Any = None,
        config: StreamConfig | None = None,
        *,
        chunk_size: int | None = None,
        on_chunk: Callable[[str], None] | None = None,
        on_event: Callable[[StreamEvent], None] | None = None,
    ) -> None:
        """Keep the backend, the LLM and the settings.

        ``rag_system`` needs ``retrieve(query)``. To answer without an LLM it also needs ``generate(query, context)``.
        Both can be sync or async. You can also give an EdgeQuake client: then the server retrieves. Without an LLM, the
        server also writes the answer, by ``execute()`` with ``context`` as its options.

        ``llm`` is an AsyncStreamableLLM or a SyncStreamableLLM. Default: the ``llm`` of the backend. ``config`` is
        copied. ``chunk_size`` replaces the one in ``config``.

        ``on_chunk`` is called with the text of every chunk, and ``on_event`` with every event, before you get them.
        They run in the thread or task that iterates the stream. If one raises an exception, your loop raises it.

        Raises ValueError for a setting that is out of range. Raises TypeError for a backend without ``retrieve``, for
        an ``llm`` that cannot stream although the backend can generate, and for a callback that is not callable or is
        async.
        """
        self.rag_system = backend_for(rag_system)
        _check_backend(self.rag_system, llm)
        self.llm: Any = llm if llm is not None else getattr(rag_system, "llm", None)
        config = config if config is not None else StreamConfig()
        self.config = replace(config) if chunk_size is None else replace(config, chunk_size=chunk_size)
        self.on_chunk = _plain_function("on_chunk", on_chunk)
        self.on_event = _plain_function("on_event", on_event)
        self._lock = threading.Lock()
        self._total_streams = 0
        self._total_chunks = 0
        self._total_errors = 0
        self._total_latency = 0.0
        self._completed_streams = 0

    def stream(self, query: str, context: dict[str, Any] | None = None) -> Generator[str, None, None]:
        """Yield the text of the answer to ``query``, chunk by chunk.

        If a step fails, the answer ends early; with ``raise_errors``, RAGError is raised. ``context`` is passed to the
        backend's ``generate(query, context)``. Raises AttributeError before the first event if there is neither an LLM
        that streams nor a ``generate``.
        """
        with closing(self.stream_events(query, context)) as events:
            for event in events:
                if event.is_chunk:
                    yield event.data

    def stream_events(self, query: str, context: dict[str, Any] | None = None) -> Generator[StreamEvent, None, None]:
        """Yield every event of the stream, in the order of ``EventType``. If a step fails, ERROR is the last event.

        With ``raise_errors``, RAGError is raised instead of the ERROR event; callbacks still get the event. You can
        call this in a thread where an event loop runs, but it blocks that loop. The arguments and the other errors are
        those of ``stream``.
        """
        return self._events(self._pipeline(query, context))

    def query(self, query: str, context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return {"answer": str, "events": list[StreamEvent], "error": RAGError | None} at the end of the stream.

        If a step failed, ``error`` says why and ``answer`` has the text so far. If not, ``error`` is None. With
        ``raise_errors``, the error is raised. The arguments and the other errors are those of ``stream``.
        """
        pipeline = self._pipeline(query, context)
        events = list(self._events(pipeline))
        answer = "".join(event.data for event in events if event.is_chunk)
        failed = bool(events) and events[-1].type == EventType.ERROR
        return {"answer": answer, "events": events, "error": pipeline.take_failure() if failed else None}

    async def astream(self, query: str, context: dict[str, Any] | None = None) -> AsyncGenerator[str, None]:
        """Yield the text of the answer, chunk by chunk, as ``stream`` does."""
        async with aclosing(self.astream_events(query, context)) as events:
            async for event in events:
                if event.is_chunk:
                    yield event.data

    async def astream_events(
        self, query: str, context: dict[str, Any] | None = None
    ) -> AsyncGenerator[StreamEvent, None]:
        """Yield every event of the stream, as ``stream_events`` does."""
        pipeline = self._pipeline(query, context)
        async with aclosing(pipeline.events()) as events:
            async for event in events:
                if self._announce(event, pipeline):
                    yield event

    @property
    def stats(self) -> dict[str, Any]:
        """The number of streams, chunks and errors so far, and the average seconds of a completed stream."""
        with self._lock:
            average = self._total_latency / self._completed_streams if self._completed_streams else 0.0
            return {
                "total_streams": self._total_streams,
                "total_chunks": self._total_chunks,
                "total_errors": self._total_errors,
                "avg_stream_latency_s": round(average, 3),
            }

    def __repr__(self) -> str:
        return f"{type(self).__name__}(llm={strategy_for(self.llm)}, chunk_size={self.config.chunk_size})"

    def _pipeline(self, query: str, context: dict[str, Any] | None) -> Pipeline:
        return Pipeline(self.rag_system, self.llm, self.config, query, context)

    def _events(self, pipeline: Pipeline) -> Generator[StreamEvent, None, None]:
        with closing(iterate(pipeline.events)) as events:
            for event in events:
                if self._announce(event, pipeline):
                    yield event

    def _announce(self, event: StreamEvent, pipeline: Pipeline) -> bool:
        """Count the event and call the callbacks. Return whether the consumer gets the event.

        With ``emit_metadata=False``, events about the progress reach neither the callbacks nor the consumer. With
        ``raise_errors``, RAGError is raised in place of an ERROR event.
        """
        self._count(event)
        if not self.config.emit_metadata and event.type not in _LASTING:
            return False
        if self.on_chunk is not None and event.is_chunk:
            self.on_chunk(event.data)
        if self.on_event is not None:
            self.on_event(event)
        if event.type == EventType.ERROR:
            if self.config.raise_errors:
                raise pipeline.take_failure()
            _log.warning("%s failed: %s", event.data["stage"], event.data["msg"])
        return True

    def _count(self, event: StreamEvent) -> None:
        with self._lock:
            match event.type:
                case EventType.RETRIEVAL_START:
                    self._total_streams += 1
                case EventType.CHUNK:
                    self._total_chunks += 1
                case EventType.ERROR:
                    self._total_errors += 1
                case EventType.GENERATION_DONE:
                    self._completed_streams += 1
                    self._total_latency += event.latency
                case _:
                    pass


def _check_backend(rag_system: Any, llm: Any) -> None:
    name = type(rag_system).__name__
    if not callable(getattr(rag_system, "retrieve", None)):
        raise TypeError(f"rag_system must have a method retrieve(query), or be an EdgeQuake client; {name} is neither")
    # If the backend has no `generate` either, nothing is raised here: streaming then raises AttributeError.
    if llm is not None and strategy_for(llm) == "sim" and callable(getattr(rag_system, "generate", None)):
        raise TypeError(
            f"llm must have astream(prompt) or stream(prompt); {type(llm).__name__} has neither. Without llm=, "
            f"{name}.generate(query, context) answers"
        )


def _plain_function(name: str, callback: Any) -> Any:
    if callback is not None and (not callable(callback) or inspect.iscoroutinefunction(callback)):
        raise TypeError(f"{name} must be a plain function: it is called, not awaited")
    return callback

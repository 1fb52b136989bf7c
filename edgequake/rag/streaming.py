"""Any retriever and any LLM as one stream of events."""

import asyncio
import inspect
import logging
import threading
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterator
from contextlib import aclosing, closing
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any, Literal

from edgequake.rag.bridge import DeadlineExceededError, before, call, iterate, iterate_async, iterate_blocking
from edgequake.rag.config import StreamConfig
from edgequake.rag.documents import build_context, read_answer, read_documents, split_words
from edgequake.rag.events import EventType, StreamEvent
from edgequake.rag.protocols import AsyncStreamableLLM, SyncStreamableLLM

_log = logging.getLogger(__name__)

_Strategy = Literal["async", "sync", "sim"]
_Stage = Literal["retrieval", "generation"]
_LASTING = (EventType.CHUNK, EventType.ERROR)  # what emit_metadata=False leaves in the stream


class StreamingRAG:
    """A retrieval backend and an LLM whose answers come as a stream, to sync and async callers alike.

    The answer is generated in the best of three ways: by the LLM's `astream(prompt)`; by its
    `stream(prompt)`, in a worker thread; or, without such an LLM, by the backend's `generate(query,
    context)`, whose answer is cut into chunks of words. Streams work on demand: nothing is generated that
    nobody has asked for, and a consumer that leaves, in whatever way, stops the generation and closes the
    LLM's generator.

    Any number of streams of one instance may run at once, in threads and in event loops.
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
        """Bind a backend, an LLM and settings.

        `rag_system` has `retrieve(query)` and, for answers without an LLM, `generate(query, context)`; both
        may be sync or async. `llm` is an AsyncStreamableLLM or a SyncStreamableLLM; if None, the backend's
        own `llm`. `config` is copied; `chunk_size` takes the place of the one in it.

        `on_chunk` gets the text of every chunk and `on_event` every event, before the consumer does. They
        run in the consumer's own thread or task, and what they raise, the consumer's loop raises.

        Raises ValueError for a setting that is out of its range, TypeError for a callback that cannot be
        called or would have to be awaited.
        """
        self.rag_system = rag_system
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
        """Yield the text of the answer to `query`, chunk by chunk; an answer that fails ends early.

        `context` is handed on to the backend's `generate(query, context)`. Raises AttributeError, before any
        event, when there is neither an LLM that streams nor a `generate`.
        """
        with closing(self.stream_events(query, context)) as events:
            for event in events:
                if event.is_chunk:
                    yield event.data

    def stream_events(self, query: str, context: dict[str, Any] | None = None) -> Generator[StreamEvent, None, None]:
        """Yield every event of the stream, in the order of `EventType`; an ERROR is the last.

        Works even in a thread where an event loop is running, but blocks that loop meanwhile. Arguments and
        errors are those of `stream`.
        """
        with closing(iterate(partial(self._events, query, context))) as events:
            for event in events:
                if self._announce(event):
                    yield event

    def query(self, query: str, context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return {"answer": str, "events": list[StreamEvent]} when the stream is over.

        Arguments and errors are those of `stream`.
        """
        events = list(self.stream_events(query, context))
        return {"answer": "".join(map(str, events)), "events": events}

    async def astream(self, query: str, context: dict[str, Any] | None = None) -> AsyncGenerator[str, None]:
        """Yield the text of the answer, chunk by chunk: `stream` for async callers."""
        async with aclosing(self.astream_events(query, context)) as events:
            async for event in events:
                if event.is_chunk:
                    yield event.data

    async def astream_events(
        self, query: str, context: dict[str, Any] | None = None
    ) -> AsyncGenerator[StreamEvent, None]:
        """Yield every event of the stream: `stream_events` for async callers."""
        async with aclosing(self._events(query, context)) as events:
            async for event in events:
                if self._announce(event):
                    yield event

    @property
    def stats(self) -> dict[str, Any]:
        """Streams begun, chunks and errors so far, and the mean seconds of a stream that was completed."""
        with self._lock:
            average = self._total_latency / self._completed_streams if self._completed_streams else 0.0
            return {
                "total_streams": self._total_streams,
                "total_chunks": self._total_chunks,
                "total_errors": self._total_errors,
                "avg_stream_latency_s": round(average, 3),
            }

    def __repr__(self) -> str:
        return f"{type(self).__name__}(llm={self._strategy}, chunk_size={self.config.chunk_size})"

    @property
    def _strategy(self) -> _Strategy:
        if isinstance(self.llm, AsyncStreamableLLM) and callable(self.llm.astream):
            return "async"
        if isinstance(self.llm, SyncStreamableLLM) and callable(self.llm.stream):
            return "sync"
        return "sim"

    async def _events(self, query: str, context: dict[str, Any] | None) -> AsyncGenerator[StreamEvent, None]:
        """The stream itself, which sync and async callers share; callbacks are the callers' part."""
        started = monotonic()
        with self._lock:
            self._total_streams += 1
        strategy = self._strategy
        self._require_generator(strategy)
        yield StreamEvent(EventType.RETRIEVAL_START, {"query": query}, 0.0)
        documents = await self._retrieve(query, started)
        if isinstance(documents, StreamEvent):
            yield documents
            return
        prompt = self._prompt(query, documents)  # now: from here on the documents are the consumer's
        data = {"num_docs": len(documents), "docs": documents}
        yield StreamEvent(EventType.RETRIEVAL_DONE, data, _since(started))
        yield StreamEvent(EventType.GENERATION_START, {"prompt_chars": len(prompt)}, _since(started))
        async with aclosing(self._generation(strategy, prompt, query, context, started)) as events:
            async for event in events:
                yield event

    async def _generation(
        self, strategy: _Strategy, prompt: str, query: str, context: dict[str, Any] | None, started: float
    ) -> AsyncGenerator[StreamEvent, None]:
        deadline = _from_now(self.config.generation_timeout)
        async with aclosing(self._tokens(strategy, prompt, query, context)) as tokens:
            while True:
                try:
                    token = await _next_token(tokens, deadline)
                except (Exception, asyncio.CancelledError) as error:
                    last = self._failure("generation", error, started)
                    break
                if token is None:
                    last = self._completion(started)
                    break
                with self._lock:
                    self._total_chunks += 1
                yield StreamEvent(EventType.CHUNK, token, _since(started))
        yield last

    async def _retrieve(self, query: str, started: float) -> list[dict[str, Any]] | StreamEvent:
        """Return the documents, or the ERROR event that stands in their place."""
        try:
            retrieve = self.rag_system.retrieve
            if not inspect.iscoroutinefunction(retrieve):
                retrieve = partial(_retrieve_all, retrieve)
            retrieving = partial(call, retrieve, query)
            return read_documents(await before(_from_now(self.config.retrieval_timeout), retrieving))
        except (Exception, asyncio.CancelledError) as error:
            return self._failure("retrieval", error, started)

    def _prompt(self, query: str, documents: list[dict[str, Any]]) -> str:
        config = self.config
        context = build_context(documents, max_docs=config.max_context_docs, max_chars=config.max_doc_chars)
        return config.prompt_template.format(context=context, query=query)

    def _tokens(
        self, strategy: _Strategy, prompt: str, query: str, context: dict[str, Any] | None
    ) -> AsyncGenerator[object, None]:
        if strategy == "async":
            return _native_tokens(self.llm, prompt)
        if strategy == "sync":
            return iterate_blocking(partial(self.llm.stream, prompt))
        return self._simulated_tokens(query, context)

    async def _simulated_tokens(self, query: str, context: dict[str, Any] | None) -> AsyncGenerator[object, None]:
        answer = read_answer(await call(self.rag_system.generate, query, context))
        for number, chunk in enumerate(split_words(answer, self.config.chunk_size)):
            if number:
                await asyncio.sleep(self.config.sim_delay)
            yield chunk

    def _require_generator(self, strategy: _Strategy) -> None:
        if strategy == "sim" and not callable(getattr(self.rag_system, "generate", None)):
            raise AttributeError(
                f"nothing can generate an answer: {type(self.rag_system).__name__} has no "
                "generate(query, context), and there is no LLM that streams. Pass llm=, an object with "
                "astream(prompt) (AsyncStreamableLLM) or stream(prompt) (SyncStreamableLLM)"
            )

    def _announce(self, event: StreamEvent) -> bool:
        """Call the callbacks, unless the event is one to be left out; return whether the consumer gets it."""
        if not self.config.emit_metadata and event.type not in _LASTING:
            return False
        if self.on_chunk is not None and event.is_chunk:
            self.on_chunk(event.data)
        if self.on_event is not None:
            self.on_event(event)
        return True

    def _completion(self, started: float) -> StreamEvent:
        elapsed = monotonic() - started
        with self._lock:
            self._completed_streams += 1
            self._total_latency += elapsed
        latency = round(elapsed, 4)
        return StreamEvent(EventType.GENERATION_DONE, {"total_latency": latency}, latency)

    def _failure(self, stage: _Stage, error: BaseException, started: float) -> StreamEvent:
        """Return the ERROR event for `error`; raise it if it is a cancellation of the consumer's task."""
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise error
            message = f"{stage.capitalize()} was cancelled from within"
        elif isinstance(error, DeadlineExceededError):
            message = f"{stage.capitalize()} timed out"
        else:
            message = str(error) or type(error).__name__
        _log.debug("%s failed", stage, exc_info=error)
        with self._lock:
            self._total_errors += 1
        return StreamEvent(EventType.ERROR, {"msg": message, "stage": stage}, _since(started))


def _plain_function(name: str, callback: Any) -> Any:
    if callback is not None and (not callable(callback) or inspect.iscoroutinefunction(callback)):
        raise TypeError(f"{name} must be a plain function: it is called, not awaited")
    return callback


def _retrieve_all(retrieve: Callable[[str], object], query: str) -> object:
    """Exhaust a lazy retrieval in the thread where it began."""
    results = retrieve(query)
    return list(results) if isinstance(results, Iterator) else results


def _from_now(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


def _since(started: float) -> float:
    return round(monotonic() - started, 4)


async def _next_token(tokens: AsyncGenerator[object, None], deadline: float) -> str | None:
    """Return the next token that has text, None at the end."""
    while True:
        try:
            token = await before(deadline, partial(anext, tokens))
        except StopAsyncIteration:
            return None
        if token is None:
            continue
        if not isinstance(token, str):
            raise TypeError(f"the LLM streamed a token of type {type(token).__name__}, not str")
        if token:
            return token


async def _native_tokens(llm: AsyncStreamableLLM, prompt: str) -> AsyncGenerator[object, None]:
    stream: object = llm.astream(prompt)
    if not isinstance(stream, AsyncIterable) and inspect.isawaitable(stream):
        stream = await stream
    if not isinstance(stream, AsyncIterable):
        raise TypeError(f"astream() must give an async iterator, not {type(stream).__name__}")
    async with aclosing(iterate_async(stream)) as tokens:
        async for token in tokens:
            yield token

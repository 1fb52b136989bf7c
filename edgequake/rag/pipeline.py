"""Answers one question: retrieves documents, then generates the answer, and reports both as events."""

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator
from contextlib import aclosing
from functools import partial
from time import monotonic
from typing import Any, Literal

from edgequake._streams.bridge import call, iterate_async, iterate_blocking
from edgequake._streams.time_limit import DeadlineExceededError, TimeLimit
from edgequake.events import EventType, StreamEvent
from edgequake.exceptions import RAGError
from edgequake.rag.config import StreamConfig
from edgequake.rag.documents import build_context, read_answer, read_documents, split_words
from edgequake.rag.protocols import AsyncStreamableLLM, SyncStreamableLLM

_log = logging.getLogger(__name__)

Strategy = Literal["async", "sync", "sim"]
_Stage = Literal["retrieval", "generation"]


def strategy_for(llm: object) -> Strategy:
    """How the answer is generated.

    "async" uses ``llm.astream``, "sync" uses ``llm.stream`` in a worker thread, and "sim" divides the whole answer of
    the backend's ``generate`` into chunks.
    """
    if isinstance(llm, AsyncStreamableLLM) and callable(llm.astream):
        return "async"
    if isinstance(llm, SyncStreamableLLM) and callable(llm.stream):
        return "sync"
    return "sim"


class Pipeline:
    """Answers one question. ``text`` has the chunks so far."""

    def __init__(
        self, rag_system: Any, llm: Any, config: StreamConfig, query: str, context: dict[str, Any] | None
    ) -> None:
        self._rag_system = rag_system
        self._llm = llm
        self._config = config
        self._query = query
        self._context = context
        self._started = 0.0
        self.text: list[str] = []
        self._failures: list[RAGError] = []

    async def events(self) -> AsyncGenerator[StreamEvent, None]:
        """Yield the events in the order of ``EventType``. If a step fails, an ERROR event is the last one.

        Raises AttributeError before the first event if there is no way to generate an answer.
        """
        self._started = monotonic()
        strategy = strategy_for(self._llm)
        self._require_generator(strategy)
        yield StreamEvent(EventType.RETRIEVAL_START, {"query": self._query}, 0.0)
        documents = await self._retrieve()
        if isinstance(documents, StreamEvent):
            yield documents
            return
        # Built before the documents are yielded: the consumer may change them, and the prompt would change too.
        prompt = self._prompt(documents)
        yield self._event(EventType.RETRIEVAL_DONE, {"num_docs": len(documents), "docs": documents})
        yield self._event(EventType.GENERATION_START, {"prompt_chars": len(prompt)})
        async with aclosing(self._generation(strategy, prompt)) as events:
            async for event in events:
                yield event

    def take_failure(self) -> RAGError:
        """Return the error behind the ERROR event. It can be taken once.

        The error's traceback refers to this object. If this object kept the error, the two would refer to each other,
        and their memory would be freed only when the garbage collector runs.
        """
        return self._failures.pop()

    async def _generation(self, strategy: Strategy, prompt: str) -> AsyncGenerator[StreamEvent, None]:
        with _limit(self._config.generation_timeout) as limit:
            async with aclosing(self._tokens(strategy, prompt)) as tokens:
                while True:
                    try:
                        token = await _next_token(tokens, limit)
                    except (Exception, asyncio.CancelledError) as error:
                        last = self._failed("generation", error)
                        break
                    if token is None:
                        elapsed = self._elapsed()
                        last = StreamEvent(EventType.GENERATION_DONE, {"total_latency": elapsed}, elapsed)
                        break
                    self.text.append(token)
                    yield self._event(EventType.CHUNK, token)
        yield last

    async def _retrieve(self) -> list[dict[str, Any]] | StreamEvent:
        """Return the documents. If retrieval fails, return the ERROR event instead."""
        try:
            retrieve = self._rag_system.retrieve
            if not inspect.iscoroutinefunction(retrieve):
                retrieve = partial(_retrieve_all, retrieve)
            retrieving = partial(call, retrieve, self._query)
            with _limit(self._config.retrieval_timeout) as limit:
                return read_documents(await limit.during(retrieving))
        except (Exception, asyncio.CancelledError) as error:
            return self._failed("retrieval", error)

    def _prompt(self, documents: list[dict[str, Any]]) -> str:
        config = self._config
        context = build_context(documents, max_docs=config.max_context_docs, max_chars=config.max_doc_chars)
        return config.prompt_template.format(context=context, query=self._query)

    def _tokens(self, strategy: Strategy, prompt: str) -> AsyncGenerator[object, None]:
        if strategy == "async":
            return _native_tokens(self._llm, prompt)
        if strategy == "sync":
            return iterate_blocking(partial(self._llm.stream, prompt))
        return self._simulated_tokens()

    async def _simulated_tokens(self) -> AsyncGenerator[object, None]:
        answer = read_answer(await call(self._rag_system.generate, self._query, self._context))
        for number, chunk in enumerate(split_words(answer, self._config.chunk_size)):
            if number:
                await asyncio.sleep(self._config.sim_delay)
            yield chunk

    def _require_generator(self, strategy: Strategy) -> None:
        if strategy == "sim" and not callable(getattr(self._rag_system, "generate", None)):
            raise AttributeError(
                f"nothing can generate an answer: {type(self._rag_system).__name__} has no "
                "generate(query, context), and there is no LLM that streams. Pass llm=, an object with "
                "astream(prompt) (AsyncStreamableLLM) or stream(prompt) (SyncStreamableLLM)"
            )

    def _failed(self, stage: _Stage, error: BaseException) -> StreamEvent:
        """Return the ERROR event for ``error``.

        If the consumer's own task was cancelled, the cancellation is raised: it must not become an event. A
        cancellation that came from the retriever or the LLM is a failure like any other.
        """
        advice = ""
        if isinstance(error, asyncio.CancelledError):
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise error
            message = f"{stage.capitalize()} was cancelled from within"
        elif isinstance(error, DeadlineExceededError):
            message = f"{stage.capitalize()} timed out"
            setting = f"{stage}_timeout"
            advice = f" after {getattr(self._config, setting):g} s; StreamConfig({setting}=…) sets the limit"
        else:
            message = str(error) or type(error).__name__
        _log.debug("%s failed", stage, exc_info=error)
        failure = RAGError(f"{stage} failed: {message}{advice}", stage=stage)
        failure.__cause__ = error
        failure.partial_text, failure.chunks_received = "".join(self.text), len(self.text)
        self._failures.append(failure)
        return self._event(EventType.ERROR, {"msg": message, "stage": stage})

    def _event(self, kind: EventType, data: Any) -> StreamEvent:
        return StreamEvent(kind, data, self._elapsed())

    def _elapsed(self) -> float:
        return round(monotonic() - self._started, 4)


def _retrieve_all(retrieve: Callable[[str], object], query: str) -> object:
    """Return the whole retrieval. A generator is read here, in the thread in which it was created."""
    results = retrieve(query)
    return list(results) if isinstance(results, Iterator) else results


def _limit(seconds: float) -> TimeLimit:
    return TimeLimit(asyncio.get_running_loop().time() + seconds)


async def _next_token(tokens: AsyncGenerator[object, None], limit: TimeLimit) -> str | None:
    """Return the next token that has text. Return None when there are no more tokens."""
    while True:
        try:
            token = await limit.during(partial(anext, tokens))
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

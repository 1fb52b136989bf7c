"""Retrieval backends and LLMs whose every move a test can see and hold."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from typing import Any

from edgequake.rag import StreamEvent, StreamingRAG

WAIT = 60.0
"""Seconds after which a wait that should have ended fails its test."""


class Retriever:
    """A sync backend; an error among its results is raised."""

    def __init__(self, results: Any = ({"text": "Nodes are linked."},)) -> None:
        self.results = results
        self.thread = ""

    def retrieve(self, query: str) -> Any:
        self.thread = threading.current_thread().name
        if isinstance(self.results, BaseException):
            raise self.results
        return list(self.results) if isinstance(self.results, tuple) else self.results


class AsyncRetriever(Retriever):
    async def retrieve(self, query: str) -> Any:
        return super().retrieve(query)


class Backend(Retriever):
    """A sync backend that generates, too."""

    def __init__(self, answer: Any = "one two  three\nfour", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.answer = answer
        self.asked: list[tuple[str, Any]] = []

    def generate(self, query: str, context: Any) -> Any:
        self.asked.append((query, context))
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class AsyncBackend(Backend):
    async def generate(self, query: str, context: Any) -> Any:
        return super().generate(query, context)


class BlockedRetriever:
    """Blocks its thread until it is let go."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def retrieve(self, query: str) -> list[str]:
        self.let_go.wait(WAIT)
        return ["late"]


class StuckRetriever:
    async def retrieve(self, query: str) -> list[str]:
        await asyncio.Event().wait()
        return []


class _LLM:
    def __init__(self, tokens: Any = ("Graphs", " ", "link.")) -> None:
        self.tokens = tokens
        self.prompts: list[str] = []
        self.given = 0
        self.opened_in = self.closed_in = ""
        self.closed = threading.Event()

    def _open(self, prompt: str) -> None:
        self.prompts.append(prompt)
        self.opened_in = threading.current_thread().name

    def _close(self) -> None:
        self.closed_in = threading.current_thread().name
        self.closed.set()

    def _give(self, token: Any) -> Any:
        if isinstance(token, BaseException):
            raise token
        self.given += 1
        return token


class SyncLLM(_LLM):
    """Streams its tokens; an exception among them is raised, a function is called (to block)."""

    def stream(self, prompt: str) -> Generator[Any, None, None]:
        self._open(prompt)
        try:
            for token in self.tokens:
                yield self._give(token() if callable(token) else token)
        finally:
            self._close()


class AsyncLLM(_LLM):
    """Streams its tokens; an exception among them is raised, an async function is awaited (to wait)."""

    async def astream(self, prompt: str) -> AsyncGenerator[Any, None]:
        self._open(prompt)
        try:
            for token in self.tokens:
                yield self._give(await token() if callable(token) else token)
        finally:
            self._close()


class CoroutineLLM(AsyncLLM):
    """Returns its stream from a coroutine."""

    async def astream(self, prompt: str) -> Any:  # the other of the two legal forms
        return AsyncLLM.astream(self, prompt)


async def never() -> None:
    await asyncio.Event().wait()


def endless() -> Generator[str, None, None]:
    number = 0
    while True:
        number += 1
        yield f"{number} "


Collect = Callable[..., list[StreamEvent]]


def collect_sync(rag: StreamingRAG, query: str = "why?", context: Any = None) -> list[StreamEvent]:
    return list(rag.stream_events(query, context))


def collect_async(rag: StreamingRAG, query: str = "why?", context: Any = None) -> list[StreamEvent]:
    async def collect() -> list[StreamEvent]:
        return [event async for event in rag.astream_events(query, context)]

    return asyncio.run(collect())


def kinds(events: list[StreamEvent]) -> list[str]:
    return [event.type.value for event in events]


def threads_of_streams() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("edgequake-bridge")]

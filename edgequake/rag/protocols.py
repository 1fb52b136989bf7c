"""The two kinds of LLM that can stream. Any object that has the method is one; it needs no base class."""

from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Protocol, runtime_checkable


@runtime_checkable
class SyncStreamableLLM(Protocol):
    """An LLM whose ``stream(prompt)`` yields the answer piece by piece. It may block between two pieces."""

    def stream(self, prompt: str) -> Iterator[str]:
        """Yield the answer to ``prompt`` piece by piece."""
        ...


@runtime_checkable
class AsyncStreamableLLM(Protocol):
    """An LLM whose ``astream(prompt)`` yields the answer piece by piece without blocking the event loop.

    ``astream`` may be an async generator (``async def`` with ``yield``) or a coroutine that returns an async
    iterator.
    """

    def astream(self, prompt: str) -> AsyncIterator[str] | Awaitable[AsyncIterator[str]]:
        """Yield the answer to ``prompt`` piece by piece."""
        ...

"""The text of a stream, as LlamaIndex's streamed responses read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from edgequake.integrations._clients import details_of
from edgequake.integrations.llamaindex._nodes import nodes_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from llama_index.core.schema import NodeWithScore

    from edgequake import AsyncQueryStream, QueryStream, Source

__all__ = ["AsyncTexts", "Beside", "Texts"]


class Beside:
    """What a stream brings beside its text, as LlamaIndex has it; both grow while the stream is read."""

    def __init__(self) -> None:
        self.nodes: list[NodeWithScore] = []
        self.details: dict[str, Any] = {}

    def learn(self, sources: Sequence[Source]) -> None:
        """These are the sources so far."""
        self.nodes += nodes_of(sources[len(self.nodes) :])


class Texts:
    """The text of a stream, begun so that its sources are known; a failure is raised by each further call too.

    (A generator that failed would just end the second time: an empty answer.)
    """

    def __init__(self, stream: QueryStream, beside: Beside) -> None:
        self._stream = stream
        self._beside = beside
        self._held = ""
        self._ended = False
        self._held = next(self, "")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._held:
            text, self._held = self._held, ""
            return text
        if self._ended:
            raise StopIteration
        for chunk in self._stream:
            self._beside.learn(self._stream.sources)
            if chunk.text:
                return chunk.text
        self._ended = True
        self._beside.details.update(details_of(self._stream.final()))
        raise StopIteration


class AsyncTexts:
    """The same of an asynchronous stream."""

    def __init__(self, stream: AsyncQueryStream, beside: Beside) -> None:
        self._stream = stream
        self._beside = beside
        self._held = ""
        self._ended = False

    async def begun(self) -> Self:
        """Itself, when its sources are known."""
        self._held = await anext(self, "")
        return self

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        if self._held:
            text, self._held = self._held, ""
            return text
        if self._ended:
            raise StopAsyncIteration
        async for chunk in self._stream:
            self._beside.learn(self._stream.sources)
            if chunk.text:
                return chunk.text
        self._ended = True
        self._beside.details.update(details_of(await self._stream.final()))
        raise StopAsyncIteration

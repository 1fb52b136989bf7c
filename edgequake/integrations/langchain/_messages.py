"""Answers as LangChain's messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from edgequake.integrations._clients import details_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from edgequake import QueryResponse, Source

__all__ = ["Sent", "metadata_of_answer", "result"]


def result(answer: QueryResponse, model_name: str) -> ChatResult:
    """A whole answer."""
    metadata = metadata_of_answer(answer, model_name) | {"sources": _plain(answer.sources)}
    message = AIMessage(content=answer.answer, response_metadata=metadata)
    return ChatResult(generations=[ChatGeneration(message=message)])


def metadata_of_answer(answer: QueryResponse, model_name: str) -> dict[str, Any]:
    """What is known of an answer beside its text and sources."""
    return {"model_name": model_name, "model_provider": "edgequake", **details_of(answer)}


class Sent:
    """The pieces of one stream; each source is sent once, as soon as it has come."""

    def __init__(self) -> None:
        self._sources = 0

    def piece(self, text: str, sources: Sequence[Source], last: Mapping[str, Any] | None = None) -> ChatGenerationChunk:
        new = sources[self._sources :]
        self._sources += len(new)
        metadata = {**(last or {}), **({"sources": _plain(new)} if new else {})}
        position: Literal["last"] | None = None if last is None else "last"
        message = AIMessageChunk(content=text, response_metadata=metadata, chunk_position=position)
        return ChatGenerationChunk(message=message)


def _plain(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Sources as JSON has them: LangChain stores messages."""
    return [source.model_dump(mode="json", exclude_none=True) for source in sources]

"""Whole answers: what ``execute()``, ``complete()`` and ``stream.final()`` return."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from edgequake.models._model import Answer, Model
from edgequake.models.source import ContextBundle, Source, Subgraph

__all__ = ["ChatResponse", "QueryResponse", "QueryStats"]


class QueryStats(Model):
    """What the server measured of one answer. Times are milliseconds; what it did not send is None."""

    embedding_time_ms: float | None = None
    keyword_time_ms: float | None = None
    retrieval_time_ms: float | None = None
    rerank_time_ms: float | None = None
    generation_time_ms: float | None = None
    total_time_ms: float | None = None
    ttft_ms: float | None = None
    """Time to the first token, from the start of generation."""
    ux_ttft_ms: float | None = None
    """Time to the first token, from the arrival of the request."""
    sources_retrieved: int | None = None
    tokens_used: int | None = None
    """An estimate on streams."""
    tokens_per_second: float | None = None
    query_mode: str | None = None
    llm_provider: str | None = None
    llm_model: str | None = None
    arms_run: str | None = None
    arms_gated: bool | None = None
    query_intent: str | None = None
    answer_cache_hit: bool = False
    keyword_cache_hit: bool = False
    context_empty: bool = False
    context_truncated: bool = False


class QueryResponse(Answer):
    """The answer to a query. ``response.answer`` and ``response["answer"]`` are the same."""

    answer: str
    mode: str | None = None
    """The retrieval mode the server used; it may differ from the one asked for."""
    sources: list[Source] = Field(default_factory=list)
    stats: QueryStats = Field(default_factory=QueryStats)
    subgraph: Subgraph | None = None
    bundle: ContextBundle | None = None
    conversation_id: str | None = None
    reranked: bool = False
    explain: dict[str, Any] | None = None
    trace_id: str | None = None

    def __str__(self) -> str:
        return self.answer


class ChatResponse(Answer):
    """The assistant's message. ``response.content``, ``response.answer`` and ``response["content"]`` are the same."""

    content: str
    conversation_id: str | None = None
    """Give it to the next ``chat`` call to go on with this conversation."""
    user_message_id: str | None = None
    assistant_message_id: str | None = None
    mode: str | None = None
    sources: list[Source] = Field(default_factory=list)
    stats: QueryStats = Field(default_factory=QueryStats)
    subgraph: Subgraph | None = None
    tokens_used: int | None = None
    duration_ms: float | None = None
    llm_provider: str | None = None
    llm_model: str | None = None
    title: str | None = None
    """The title that the server gave a new conversation; streams only."""
    finish_reason: str | None = None
    usage: dict[str, Any] | None = None

    @property
    def answer(self) -> str:
        """The message's text, by the name that queries use."""
        return self.content

    def __str__(self) -> str:
        return self.content

    @model_validator(mode="before")
    @classmethod
    def _from_any_server(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "content" in value:
            return value
        match value:  # OpenAI's shape, from servers that speak it
            case {"choices": [{"message": {"content": str(content)}, **rest}, *_]}:
                return {**value, "content": content, "finish_reason": rest.get("finish_reason")}
        return value

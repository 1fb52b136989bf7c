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
    """Embedding the question, in milliseconds."""
    keyword_time_ms: float | None = None
    """Finding its keywords, in milliseconds."""
    retrieval_time_ms: float | None = None
    """Searching, in milliseconds."""
    rerank_time_ms: float | None = None
    """Ranking what was found anew, in milliseconds."""
    generation_time_ms: float | None = None
    """Writing the answer, in milliseconds."""
    total_time_ms: float | None = None
    """All of it, in milliseconds."""
    ttft_ms: float | None = None
    """Time to the first token, from the start of generation."""
    ux_ttft_ms: float | None = None
    """Time to the first token, from the arrival of the request."""
    sources_retrieved: int | None = None
    """How many sources were found, before the best were taken."""
    tokens_used: int | None = None
    """An estimate on streams."""
    tokens_per_second: float | None = None
    """Of the answer's generation."""
    query_mode: str | None = None
    """The retrieval mode that was used."""
    llm_provider: str | None = None
    """Whose model wrote the answer."""
    llm_model: str | None = None
    """The model that generated the answer."""
    arms_run: str | None = None
    """Which arms of ``mode="mix"`` were asked, with commas."""
    arm_local_ms: float | None = None
    """The arm that starts from entities, in milliseconds."""
    arm_global_ms: float | None = None
    """The arm that starts from relationships, in milliseconds."""
    arm_naive_ms: float | None = None
    """The arm that compares passages, in milliseconds."""
    arm_local_chunks: int | None = None
    """How many passages the arm that starts from entities found."""
    arm_global_chunks: int | None = None
    """How many passages the arm that starts from relationships found."""
    arm_naive_chunks: int | None = None
    """How many passages the arm that compares passages found."""
    arms_gated: bool | None = None
    """Whether the server left a search out because the question did not need it."""
    query_intent: str | None = None
    """What kind of question the server took it for."""
    answer_cache_hit: bool = False
    """True when the answer came from the server's cache."""
    keyword_cache_hit: bool = False
    """Whether the keywords came from a cache."""
    context_empty: bool = False
    """True when nothing was found."""
    context_truncated: bool = False
    """True when not all that was found fitted into the prompt."""


class QueryResponse(Answer):
    """The answer to a query. ``response.answer`` and ``response["answer"]`` are the same."""

    answer: str
    """The text, with the citations ``[n]``."""
    mode: str | None = None
    """The retrieval mode the server used; it may differ from the one asked for."""
    sources: list[Source] = Field(default_factory=list)
    """What the answer rests on; ``reference_id`` n is ``[n]`` in the text."""
    stats: QueryStats = Field(default_factory=QueryStats)
    """What the server measured."""
    subgraph: Subgraph | None = None
    """The part of the graph that retrieval walked."""
    bundle: ContextBundle | None = None
    """Whole passages (``stream_format="v3"``)."""
    conversation_id: str | None = None
    """Where ``conversation_history`` was given."""
    reranked: bool = False
    """Whether a reranker sorted the sources."""
    explain: dict[str, Any] | None = None
    """How the server came to its retrieval mode and arms."""
    trace_id: str | None = None
    """For the server's own tracing."""

    def __str__(self) -> str:
        return self.answer


class ChatResponse(Answer):
    """The assistant's message. ``response.content``, ``response.answer`` and ``response["content"]`` are the same."""

    content: str
    """The message's text, with the citations ``[n]``."""
    conversation_id: str | None = None
    """Give it to the next ``chat`` call to go on with this conversation."""
    user_message_id: str | None = None
    """The id under which the server stored the user's message."""
    assistant_message_id: str | None = None
    """The id under which it stored this one."""
    mode: str | None = None
    """The retrieval mode the server used."""
    sources: list[Source] = Field(default_factory=list)
    """What the message rests on; ``reference_id`` n is ``[n]`` in the text."""
    stats: QueryStats = Field(default_factory=QueryStats)
    """What the server measured; streams bring none."""
    subgraph: Subgraph | None = None
    """The part of the graph that retrieval walked."""
    tokens_used: int | None = None
    """Tokens of the message."""
    duration_ms: float | None = None
    """Milliseconds that the message took."""
    llm_provider: str | None = None
    """Whose model wrote the answer."""
    llm_model: str | None = None
    """The model that generated the message."""
    title: str | None = None
    """The title that the server gave a new conversation; streams only."""
    finish_reason: str | None = None
    """Why the model stopped, from servers that speak OpenAI's wire."""
    usage: dict[str, Any] | None = None
    """Token counts, from the same."""

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

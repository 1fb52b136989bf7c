"""Whole answers: what ``execute()``, ``complete()`` and ``stream.final()`` return."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from edgequake.models._model import Answer, Model
from edgequake.models.source import ContextBundle, Source, Subgraph

__all__ = ["ChatResponse", "QueryResponse", "QueryStats"]


class QueryStats(Model):
    """What the server measured for one answer. Times are in milliseconds. None: the server did not send it."""

    embedding_time_ms: float | None = None
    """Milliseconds to compute the embedding of the question."""
    keyword_time_ms: float | None = None
    """Milliseconds to find the keywords of the question."""
    retrieval_time_ms: float | None = None
    """Milliseconds to search."""
    rerank_time_ms: float | None = None
    """Milliseconds to sort the sources again (rerank)."""
    generation_time_ms: float | None = None
    """Milliseconds to write the answer."""
    total_time_ms: float | None = None
    """Milliseconds for everything."""
    ttft_ms: float | None = None
    """Milliseconds from the start of generation to the first token."""
    ux_ttft_ms: float | None = None
    """Milliseconds from the arrival of the request to the first token."""
    sources_retrieved: int | None = None
    """How many sources were found, before the best were chosen."""
    tokens_used: int | None = None
    """How many tokens were used. In streams, this is an estimate."""
    tokens_per_second: float | None = None
    """Tokens per second while the answer was written."""
    query_mode: str | None = None
    """The retrieval mode that was used."""
    llm_provider: str | None = None
    """The provider of the model that wrote the answer."""
    llm_model: str | None = None
    """The model that generated the answer."""
    arms_run: str | None = None
    """The searches of ``mode="mix"`` that were made, separated by commas."""
    arm_local_ms: float | None = None
    """Milliseconds for the search that starts from entities."""
    arm_global_ms: float | None = None
    """Milliseconds for the search that starts from relationships."""
    arm_naive_ms: float | None = None
    """Milliseconds for the search that compares passages."""
    arm_local_chunks: int | None = None
    """How many passages the search that starts from entities found."""
    arm_global_chunks: int | None = None
    """How many passages the search that starts from relationships found."""
    arm_naive_chunks: int | None = None
    """How many passages the search that compares passages found."""
    arms_gated: bool | None = None
    """Whether the server left a search out because the question did not need it."""
    query_intent: str | None = None
    """The kind of question that the server recognized."""
    answer_cache_hit: bool = False
    """Whether the answer came from the server's cache."""
    keyword_cache_hit: bool = False
    """Whether the keywords came from the server's cache."""
    context_empty: bool = False
    """Whether the search found nothing."""
    context_truncated: bool = False
    """Whether something that was found was left out, because the prompt had no room for it."""


class QueryResponse(Answer):
    """The answer to a query. ``response.answer`` and ``response["answer"]`` are the same."""

    answer: str
    """The text, with citations such as ``[1]``."""
    mode: str | None = None
    """The retrieval mode that the server used. It can differ from the mode that you gave."""
    sources: list[Source] = Field(default_factory=list)
    """The sources of the answer. ``[1]`` in the text is the source with the ``reference_id`` 1."""
    stats: QueryStats = Field(default_factory=QueryStats)
    """The server's measurements."""
    subgraph: Subgraph | None = None
    """The part of the graph that the search used."""
    bundle: ContextBundle | None = None
    """The whole passages. Only with ``stream_format="v3"``."""
    conversation_id: str | None = None
    """The id of the conversation. Only if you gave ``conversation_history``."""
    reranked: bool = False
    """Whether a reranker sorted the sources."""
    explain: dict[str, Any] | None = None
    """How the server chose its retrieval mode and its searches."""
    trace_id: str | None = None
    """The id of the call in the server's tracing."""

    def __str__(self) -> str:
        return self.answer


class ChatResponse(Answer):
    """The assistant's message. ``response.content``, ``response.answer`` and ``response["content"]`` are the same."""

    content: str
    """The text of the message, with citations such as ``[1]``."""
    conversation_id: str | None = None
    """The id of the conversation. Give it to the next ``chat`` call to continue."""
    user_message_id: str | None = None
    """The id of the user's message on the server."""
    assistant_message_id: str | None = None
    """The id of this message on the server."""
    mode: str | None = None
    """The retrieval mode that the server used."""
    sources: list[Source] = Field(default_factory=list)
    """The sources of the message. ``[1]`` in the text is the source with the ``reference_id`` 1."""
    stats: QueryStats = Field(default_factory=QueryStats)
    """The server's measurements. Streams have none."""
    subgraph: Subgraph | None = None
    """The part of the graph that the search used."""
    tokens_used: int | None = None
    """How many tokens the message has."""
    duration_ms: float | None = None
    """Milliseconds to write the message."""
    llm_provider: str | None = None
    """The provider of the model that wrote the answer."""
    llm_model: str | None = None
    """The model that generated the message."""
    title: str | None = None
    """The title of a new conversation. Only in streams."""
    finish_reason: str | None = None
    """Why the model stopped. Only from servers with OpenAI's format."""
    usage: dict[str, Any] | None = None
    """Token counts. Only from servers with OpenAI's format."""

    @property
    def answer(self) -> str:
        """The text of the message. It is the same as ``content``."""
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

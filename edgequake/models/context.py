"""Retrieval without an answer: what can be asked for, and what the server found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.options import (
    BodyOptions,
    DocumentFilter,
    Granularity,
    HistoryMessage,
    MixWeights,
    Mode,
    RequestOptions,
)
from edgequake.models.source import ContextBundle

__all__ = [
    "AgentHints",
    "Artifact",
    "ArtifactOptions",
    "Context",
    "ContextOptions",
    "ContextSearch",
    "ContextSearchOptions",
    "ContextSearchResult",
    "ContextStats",
    "GetContextOptions",
    "ModeSelection",
    "RetrievalQuality",
    "Truncation",
]


class ContextSearchOptions(BodyOptions, total=False):
    """The options of ``query.search_context``."""

    mode: Mode | None
    """How to retrieve. Default: ``mix``."""
    max_results: int | None
    """How many results at most. Default: the server's own number."""
    document_filter: DocumentFilter | None
    """Which documents may be found."""


class ContextOptions(ContextSearchOptions, total=False):
    """The options of ``query.context``."""

    top_k: Annotated[int | None, Field(serialization_alias="max_results")]
    """Another name for ``max_results``."""
    content_granularity: Granularity | None
    """How long the passages are."""
    conversation_history: Sequence[HistoryMessage] | None
    """Earlier turns."""
    mix_weights: MixWeights | None
    """Only for ``mode="mix"``."""
    enable_rerank: bool | None
    """Whether a reranker sorts what was found. Default: true."""
    rerank: Annotated[bool | None, Field(serialization_alias="enable_rerank")]
    """Another name for ``enable_rerank``."""
    rerank_model: str | None
    """Which reranker."""
    rerank_top_k: int | None
    """How many passages the reranker keeps."""
    include_lineage: bool | None
    """Whether each item says where it comes from."""
    include_documents: bool | None
    """Whether the documents of the passages are listed."""
    include_agent_hints: bool | None
    """Whether ``agent_hints`` come too."""
    include_subgraph: bool | None
    """Whether the part of the graph comes too."""


class GetContextOptions(RequestOptions, total=False):
    """The options of ``query.get_context``."""

    content_granularity: Granularity | None
    """How long the passages are."""
    include_subgraph: bool | None
    """Whether the part of the graph comes too."""


class ArtifactOptions(RequestOptions, total=False):
    """The options of ``query.artifact``."""

    document_id: str | None
    """The document it belongs to; a figure needs it."""
    include_content: bool | None
    """Whether the content comes too."""


class ModeSelection(Model):
    """How the retrieval mode was chosen."""

    requested: str | None = None
    """The mode that was asked for."""
    effective: str | None = None
    """The mode that was used."""
    adaptive: bool | None = None
    """True when the server chose it by the query."""


class ContextStats(Model):
    """What the server measured of a retrieval. Times are milliseconds."""

    embedding_time_ms: float | None = None
    """Embedding the query."""
    retrieval_time_ms: float | None = None
    """Finding passages, entities and relationships."""
    rerank_time_ms: float | None = None
    """Sorting them."""
    total_time_ms: float | None = None
    """All of it."""
    items_retrieved: dict[str, Any] | None = None
    """How many of each kind were found."""
    keywords_extracted: list[str] | None = None
    """The keywords of the query."""
    reranked: bool | None = None
    """True when a reranker sorted them."""


class RetrievalQuality(Model):
    """How well what was found covers the query."""

    coverage_score: float | None = None
    """From 0 to 1."""
    is_sufficient: bool | None = None
    """True when the server takes it for enough to answer."""
    empty_context: bool | None = None
    """True when nothing was found."""


class Truncation(Model):
    """What was left out for want of room."""

    is_truncated: bool | None = None
    """True when something was left out."""
    token_budget: int | None = None
    """Tokens there was room for."""
    tokens_used: int | None = None
    """Tokens that were used."""
    dropped: dict[str, Any] | None = None
    """How many of each kind were left out."""


class AgentHints(Model):
    """What an agent may want to ask next."""

    suggested_followups: list[str] | None = None
    """Queries that may be of use."""
    dominant_entity_types: list[str] | None = None
    """The types of entities that were found most."""
    documents_touched: int | None = None
    """How many documents were found."""
    data_quality_warnings: list[Any] | None = None
    """What is wrong with what was found; from newer servers."""


class Context(Answer):
    """What retrieval found, without an answer."""

    retrieval_id: str
    """Begins with ``ret_``; ``query.get_context`` brings it again for a while."""
    query: str | None = None
    """The query."""
    mode: str | None = None
    """The retrieval mode that was used."""
    mode_selection: ModeSelection | None = None
    """How it was chosen."""
    bundle: ContextBundle | None = None
    """The graph, the passages and their documents."""
    stats: ContextStats | None = None
    """What the server measured."""
    retrieval_quality: RetrievalQuality | None = None
    """How well it covers the query."""
    truncation: Truncation | None = None
    """What was left out."""
    agent_hints: AgentHints | None = None
    """What to ask next."""
    retrieval_fingerprint: str | None = None
    """The same for retrievals that found the same."""
    cached: bool | None = None
    """True when it was found before."""


class ContextSearchResult(Model):
    """One result of a search."""

    retrieval_id: str
    """For ``query.get_context``."""
    title: str | None = None
    """The title to show."""
    snippet: str | None = None
    """The text to show."""
    url: str | None = None
    """Its address within EdgeQuake (``edgequake://…``)."""
    score: float | None = None
    """Relevance; higher is better."""
    metadata: dict[str, Any] | None = None
    """Further figures."""


class ContextSearch(Answer):
    """The results of a search."""

    results: list[ContextSearchResult] = Field(default_factory=list)
    """The results, the best first."""


class Artifact(Answer):
    """One thing that retrieval found: a document, passage, figure or PDF."""

    artifact_type: str
    """``document``, ``chunk``, ``figure``, ``markdown`` or ``pdf``."""
    artifact_id: str
    """Its id."""
    chunk: dict[str, Any] | None = None
    """The passage, if it is one; of another type, its own field has the content."""

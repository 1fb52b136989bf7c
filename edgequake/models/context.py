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
    """Whether each item says which document and passage it comes from."""
    include_documents: bool | None
    """Whether the documents of the passages are listed."""
    include_agent_hints: bool | None
    """Whether the answer includes ``agent_hints``."""
    include_subgraph: bool | None
    """Whether the answer includes the part of the graph that was found."""


class GetContextOptions(RequestOptions, total=False):
    """The options of ``query.get_context``."""

    content_granularity: Granularity | None
    """How long the passages are."""
    include_subgraph: bool | None
    """Whether the answer includes the part of the graph that was found."""


class ArtifactOptions(RequestOptions, total=False):
    """The options of ``query.artifact``."""

    document_id: str | None
    """The document that it belongs to. It is required for a figure."""
    include_content: bool | None
    """Whether the answer includes the content."""


class ModeSelection(Model):
    """How the retrieval mode was chosen."""

    requested: str | None = None
    """The mode that was asked for."""
    effective: str | None = None
    """The mode that was used."""
    adaptive: bool | None = None
    """True when the server chose it by the query."""


class ContextStats(Model):
    """What the server measured for a retrieval. Times are in milliseconds."""

    embedding_time_ms: float | None = None
    """Milliseconds to compute the embedding of the query."""
    retrieval_time_ms: float | None = None
    """Milliseconds to find passages, entities and relationships."""
    rerank_time_ms: float | None = None
    """Milliseconds to sort them again (rerank)."""
    total_time_ms: float | None = None
    """Milliseconds for everything."""
    items_retrieved: dict[str, Any] | None = None
    """How many of each kind were found."""
    keywords_extracted: list[str] | None = None
    """The keywords of the query."""
    reranked: bool | None = None
    """True when a reranker sorted them."""


class RetrievalQuality(Model):
    """How well what was found covers the query."""

    coverage_score: float | None = None
    """How much of the query is covered, from 0 to 1."""
    is_sufficient: bool | None = None
    """Whether the server considers it enough for an answer."""
    empty_context: bool | None = None
    """True when nothing was found."""


class Truncation(Model):
    """What was left out because there was no room for it."""

    is_truncated: bool | None = None
    """True when something was left out."""
    token_budget: int | None = None
    """The largest number of tokens."""
    tokens_used: int | None = None
    """Tokens that were used."""
    dropped: dict[str, Any] | None = None
    """How many of each kind were left out."""


class AgentHints(Model):
    """Suggestions for an agent: what it can ask next."""

    suggested_followups: list[str] | None = None
    """Queries that may be useful next."""
    dominant_entity_types: list[str] | None = None
    """The types of entities that were found most often."""
    documents_touched: int | None = None
    """How many documents were found."""
    data_quality_warnings: list[Any] | None = None
    """What is wrong with what was found. Only newer servers send it."""


class Context(Answer):
    """What retrieval found, without an answer."""

    retrieval_id: str
    """The id of the retrieval; it begins with ``ret_``. ``query.get_context`` returns the same result for some time."""
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
    """A fingerprint. Retrievals that found the same have the same fingerprint."""
    cached: bool | None = None
    """True if the result came from the server's cache."""


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
    """Additional fields."""


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
    """The passage, if ``artifact_type`` is ``chunk``. Other types have their content in a field of their own."""

"""Where an answer comes from: sources, and the part of the graph around them."""

from __future__ import annotations

from typing import Any

from pydantic import Field, model_validator

from edgequake.models._model import Model

__all__ = [
    "ContextBundle",
    "ContextChunk",
    "ContextDocument",
    "Lineage",
    "Source",
    "Subgraph",
    "SubgraphEntity",
    "SubgraphRelationship",
]


class Source(Model):
    """One passage, entity or relationship that an answer rests on."""

    source_type: str = "unknown"
    """``chunk``, ``entity`` or ``relationship``; an open set."""
    id: str = ""
    score: float = 0.0
    """Relevance; higher is better. Relationships may have 0.0."""
    snippet: str | None = None
    """The text of the source; short, unless ``content_granularity`` asked for more."""
    reference_id: int | None = None
    """The number that stands in the answer as ``[n]``; from 1."""
    rerank_score: float | None = None
    document_id: str | None = None
    file_path: str | None = None
    """The document's title or file name."""
    start_line: int | None = None
    end_line: int | None = None
    chunk_index: int | None = None
    page_start: int | None = None
    page_end: int | None = None
    entity_type: str | None = None
    degree: int | dict[str, Any] | None = None
    source_chunk_ids: list[str] | None = None

    @property
    def label(self) -> str:
        """A short name to show a person: the document, else the entity, relationship or id."""
        extra = self.model_extra or {}
        return str(self.file_path or extra.get("title") or self.id or self.document_id or self.source_type)

    @model_validator(mode="before")
    @classmethod
    def _from_plain_text(cls, value: Any) -> Any:
        # The streaming guide's `source` event may hold nothing but a name.
        return {"id": value, "file_path": value} if isinstance(value, str) else value


class Lineage(Model):
    """The chunks and documents that an entity, relationship or chunk was found in."""

    source_chunk_ids: list[str] | None = None
    source_chunk_id: str | None = None
    source_document_id: str | None = None
    source_file_path: str | None = None
    document_id: str | None = None
    file_path: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    chunk_index: int | None = None


class SubgraphEntity(Model):
    """An entity near the answer."""

    id: str
    name: str = ""
    entity_type: str = ""
    description: str = ""
    score: float = 0.0
    degree: int | dict[str, Any] | None = None
    lineage: Lineage | None = None


class SubgraphRelationship(Model):
    """A relationship between two entities near the answer."""

    id: str
    source: str = ""
    target: str = ""
    relation_type: str = ""
    description: str = ""
    score: float = 0.0
    lineage: Lineage | None = None


class Subgraph(Model):
    """The part of the knowledge graph that retrieval walked."""

    entities: list[SubgraphEntity] = Field(default_factory=list)
    relationships: list[SubgraphRelationship] = Field(default_factory=list)


class ContextChunk(Model):
    """A whole passage of a context bundle."""

    id: str
    content: str = ""
    score: float = 0.0
    rerank_score: float | None = None
    token_count: int | None = None
    reference_id: int | None = None
    is_truncated: bool | None = None
    lineage: Lineage | None = None


class ContextDocument(Model):
    """A document that a context bundle draws from."""

    document_id: str
    title: str | None = None
    mime_type: str | None = None
    created_at: str | None = None
    chunk_count_in_bundle: int | None = None
    entity_count_in_bundle: int | None = None


class ContextBundle(Model):
    """Everything retrieval found: the graph, whole passages and their documents (``stream_format="v3"``)."""

    subgraph: Subgraph | None = None
    chunks: list[ContextChunk] = Field(default_factory=list)
    documents: list[ContextDocument] | None = None
    context_string: str | None = None

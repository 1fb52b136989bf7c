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
    """A passage, an entity or a relationship that an answer is based on."""

    source_type: str = "unknown"
    """``chunk``, ``entity`` or ``relationship``. Other values are possible."""
    id: str = ""
    """The id of a passage, or the name of an entity or a relationship."""
    score: float = 0.0
    """How relevant it is. Higher is better. Relationships may have 0.0."""
    snippet: str | None = None
    """The text of the source. It is short unless you ask for more with ``content_granularity``."""
    reference_id: int | None = None
    """The number of the source, from 1. The answer cites it as ``[1]``."""
    rerank_score: float | None = None
    """The reranker's score. None if there was no reranking."""
    document_id: str | None = None
    """The document that it comes from."""
    file_path: str | None = None
    """The document's title or file name."""
    start_line: int | None = None
    """Its first line in the document, from 1."""
    end_line: int | None = None
    """Its last line."""
    chunk_index: int | None = None
    """The position of the passage in the document, from 0."""
    page_start: int | None = None
    """Its first page, from 1. Only for documents with pages."""
    page_end: int | None = None
    """Its last page."""
    entity_type: str | None = None
    """The type of an entity, such as ``PERSON``."""
    degree: int | dict[str, Any] | None = None
    """How many relationships an entity has."""
    source_chunk_ids: list[str] | None = None
    """The passages that mention an entity."""

    @property
    def label(self) -> str:
        """A short name to show to people: the document if there is one, else the entity, relationship or id."""
        extra = self.model_extra or {}
        return str(self.file_path or extra.get("title") or self.id or self.document_id or self.source_type)

    @model_validator(mode="before")
    @classmethod
    def _from_plain_text(cls, value: Any) -> Any:
        # The streaming guide's `source` event may hold nothing but a name.
        return {"id": value, "file_path": value} if isinstance(value, str) else value


class Lineage(Model):
    """The passages and documents in which an entity, a relationship or a passage was found."""

    source_chunk_ids: list[str] | None = None
    """The passages in which it was found."""
    source_chunk_id: str | None = None
    """The passage in which it was found."""
    source_document_id: str | None = None
    """The document in which it was found."""
    source_file_path: str | None = None
    """That document's file name."""
    document_id: str | None = None
    """The document that the passage is from."""
    file_path: str | None = None
    """That document's file name."""
    start_line: int | None = None
    """The passage's first line, from 1."""
    end_line: int | None = None
    """Its last line."""
    chunk_index: int | None = None
    """Which passage of the document it is, from 0."""


class SubgraphEntity(Model):
    """An entity near the answer."""

    id: str
    """Its id in the graph."""
    name: str = ""
    """Its name."""
    entity_type: str = ""
    """Its type, such as ``PERSON``."""
    description: str = ""
    """A description, put together from the documents."""
    score: float = 0.0
    """How well it fits the question. Higher is better."""
    degree: int | dict[str, Any] | None = None
    """How many relationships it has."""
    lineage: Lineage | None = None
    """Where it was found."""


class SubgraphRelationship(Model):
    """A relationship between two entities near the answer."""

    id: str
    """Its id in the graph."""
    source: str = ""
    """The entity that it comes from."""
    target: str = ""
    """The entity that it leads to."""
    relation_type: str = ""
    """Its type."""
    description: str = ""
    """A description, put together from the documents."""
    score: float = 0.0
    """How well it fits the question. Higher is better."""
    lineage: Lineage | None = None
    """Where it was found."""


class Subgraph(Model):
    """The part of the knowledge graph that the search used."""

    entities: list[SubgraphEntity] = Field(default_factory=list)
    """The entities that fit the question."""
    relationships: list[SubgraphRelationship] = Field(default_factory=list)
    """The relationships that fit the question."""


class ContextChunk(Model):
    """A whole passage of a context bundle."""

    id: str
    """The passage's id."""
    content: str = ""
    """Its text."""
    score: float = 0.0
    """How well it fits the question. Higher is better."""
    rerank_score: float | None = None
    """The reranker's score. None if there was no reranking."""
    token_count: int | None = None
    """How many tokens it has."""
    reference_id: int | None = None
    """The number by which the answer cites it."""
    is_truncated: bool | None = None
    """Whether its text was cut."""
    lineage: Lineage | None = None
    """The document that it comes from."""


class ContextDocument(Model):
    """A document with passages in a context bundle."""

    document_id: str
    """The document's id."""
    title: str | None = None
    """Its title."""
    mime_type: str | None = None
    """The type of the file, such as ``text/markdown``."""
    created_at: str | None = None
    """When it was uploaded, RFC 3339."""
    chunk_count_in_bundle: int | None = None
    """How many of its passages were found."""
    entity_count_in_bundle: int | None = None
    """How many of its entities were found."""


class ContextBundle(Model):
    """Everything that the search found: the graph, whole passages and their documents. Needs ``stream_format="v3"``."""

    subgraph: Subgraph | None = None
    """The part of the graph that fits the question."""
    chunks: list[ContextChunk] = Field(default_factory=list)
    """The passages that fit the question."""
    documents: list[ContextDocument] | None = None
    """The documents that the passages come from."""
    context_string: str | None = None
    """All of it as one text, as the model reads it."""

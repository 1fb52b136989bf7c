"""Where entities and relationships come from."""

from __future__ import annotations

from typing import Any

from edgequake.models._model import Answer, Model

__all__ = [
    "DocumentGraphLineage",
    "EntityLineage",
    "EntitySource",
    "ExtractedEntity",
    "ExtractedRelationship",
    "ExtractionStats",
]


class EntitySource(Model):
    """A document that an entity was found in."""

    document_id: str | None = None
    """The document's id."""
    chunk_ids: list[str] | None = None
    """The passages that it was found in."""
    line_ranges: list[Any] | None = None
    """The lines of those passages."""


class EntityLineage(Answer):
    """The documents that an entity was found in."""

    entity_name: str | None = None
    """The entity's name."""
    entity_type: str | None = None
    """Its type."""
    source_count: int | None = None
    """How many documents it was found in."""
    source_documents: list[EntitySource] | None = None
    """Those documents."""
    description_versions: list[Any] | None = None
    """Its earlier descriptions."""


class ExtractionStats(Model):
    """How many entities and relationships were found in a document."""

    total_entities: int | None = None
    """How many times an entity was found."""
    unique_entities: int | None = None
    """How many different entities were found."""
    total_relationships: int | None = None
    """How many times a relationship was found."""
    unique_relationships: int | None = None
    """How many different relationships were found."""
    processing_time_ms: float | None = None
    """Milliseconds that finding them took."""


class ExtractedEntity(Model):
    """An entity that was found in a document."""

    name: str | None = None
    """The entity's name."""
    entity_type: str | None = None
    """Its type."""
    source_chunks: list[str] | None = None
    """The passages that it was found in."""
    is_shared: bool | None = None
    """True if it is also in other documents."""

    @property
    def entity_name(self) -> str | None:
        """The same as ``name``, so that you can give this object in place of an entity's name."""
        return self.name


class ExtractedRelationship(Model):
    """A relationship that was found in a document."""

    source: str | None = None
    """The entity that it leads from."""
    target: str | None = None
    """The entity that it leads to."""
    keywords: str | None = None
    """Its keywords."""
    source_chunks: list[str] | None = None
    """The passages that it was found in."""


class DocumentGraphLineage(Answer):
    """The entities and relationships that were found in a document."""

    document_id: str | None = None
    """The document's id."""
    chunk_count: int | None = None
    """How many passages it has."""
    extraction_stats: ExtractionStats | None = None
    """How many entities and relationships were found."""
    entities: list[ExtractedEntity] | None = None
    """The entities."""
    relationships: list[ExtractedRelationship] | None = None
    """The relationships."""

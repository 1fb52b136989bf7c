"""Passages of documents (the server calls them chunks)."""

from __future__ import annotations

from typing import Any

from edgequake.models._model import Answer, Model

__all__ = ["CharRange", "Chunk", "ChunkEntity", "ChunkLineage", "ChunkRelationship"]


class CharRange(Model):
    """The position of a passage in its document, in characters."""

    start: int | None = None
    """The position of the first character, from 0."""
    end: int | None = None
    """The position after the last character."""


class ChunkEntity(Model):
    """An entity that was found in a passage."""

    id: str | None = None
    """The entity's id."""
    name: str | None = None
    """Its name."""
    entity_type: str | None = None
    """Its type."""
    description: str | None = None
    """What the passage says of it."""

    @property
    def entity_name(self) -> str | None:
        """The same as ``name``, so that you can give this object in place of an entity's name."""
        return self.name


class ChunkRelationship(Model):
    """A relationship that was found in a passage."""

    source_name: str | None = None
    """The entity that it leads from."""
    target_name: str | None = None
    """The entity that it leads to."""
    relation_type: str | None = None
    """Its type."""
    description: str | None = None
    """What the passage says of it."""


class Chunk(Answer):
    """A passage with its text, and what was found in it."""

    chunk_id: str | None = None
    """The passage's id."""
    document_id: str | None = None
    """The document's id."""
    document_name: str | None = None
    """The document's name."""
    content: str | None = None
    """The text."""
    index: int | None = None
    """Its place in the document, from 0."""
    char_range: CharRange | None = None
    """Where it stands in the document."""
    start_line: int | None = None
    """The line in which it begins, from 1."""
    end_line: int | None = None
    """The line in which it ends."""
    token_count: int | None = None
    """Its length in tokens."""
    entities: list[ChunkEntity] | None = None
    """The entities that were found in it."""
    relationships: list[ChunkRelationship] | None = None
    """The relationships that were found in it."""
    extraction_metadata: Any = None
    """How the entities and relationships were found."""


class ChunkLineage(Answer):
    """The document that a passage comes from, and the models that processed it."""

    chunk_id: str | None = None
    """The passage's id."""
    document_id: str | None = None
    """The document's id."""
    document_name: str | None = None
    """The document's name."""
    document_type: str | None = None
    """The document's type."""
    file_path: str | None = None
    """The document's file."""
    chunk_index: int | None = None
    """Its place in the document, from 0."""
    content_preview: str | None = None
    """How its text begins."""
    tokens: int | None = None
    """Its length in tokens."""
    start_line: int | None = None
    """The line in which it begins, from 1."""
    end_line: int | None = None
    """The line in which it ends."""
    start_offset: int | None = None
    """The position of its first character."""
    end_offset: int | None = None
    """The position after its last character."""
    llm_model: str | None = None
    """The model that extracted entities."""
    embedding_model: str | None = None
    """The model that made the embedding."""
    embedding_dimension: int | None = None
    """How many numbers the embedding has."""
    entity_names: list[str] | None = None
    """The entities that were found in it."""
    entity_count: int | None = None
    """How many entities were found in it."""
    relationship_count: int | None = None
    """How many relationships were found in it."""
    created_at: str | None = None
    """When it was made (RFC 3339)."""

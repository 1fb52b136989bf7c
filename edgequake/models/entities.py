"""Entities of the knowledge graph: the options of the calls, and the answers."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.graph import Degree
from edgequake.models.options import BodyOptions, RequestOptions
from edgequake.models.page import NumberedPage

__all__ = [
    "Entity",
    "EntityChanges",
    "EntityCreateOptions",
    "EntityDeleteOptions",
    "EntityDeletion",
    "EntityDetail",
    "EntityExistence",
    "EntityListOptions",
    "EntityMerge",
    "EntityMergeOptions",
    "EntityPage",
    "EntityRelationship",
    "EntityRelationships",
    "EntityResult",
    "EntityStatistics",
    "EntityUpdateOptions",
    "MergeDetails",
    "NeighborEdge",
    "NeighborNode",
    "Neighborhood",
    "NeighborhoodOptions",
    "Provenance",
    "ProvenanceChunk",
    "ProvenanceSource",
    "RelatedEntity",
]


class EntityListOptions(RequestOptions, total=False):
    """The options of ``entities.list``."""

    page: int | None
    """The page to begin with. Default: 1."""
    page_size: int | None
    """How many entities in one request, at most 100. Default: 100."""
    entity_type: str | None
    """Only entities of this type, such as ``PERSON``."""
    search: str | None
    """Only entities whose name contains this text."""


class EntityCreateOptions(BodyOptions, total=False):
    """The options of ``entities.create``."""

    metadata: Any
    """Any JSON value. The server keeps it with the entity."""


class EntityUpdateOptions(BodyOptions, total=False):
    """The options of ``entities.update``. A field that you do not give stays as it is."""

    entity_type: str | None
    """The new type."""
    description: str | None
    """The new description."""
    metadata: Any
    """Any JSON value. The server keeps it with the entity."""


class EntityDeleteOptions(RequestOptions, total=False):
    """The options of ``entities.delete``."""

    delete_relationships: bool | None
    """Whether its relationships are removed too. Default: true."""


class EntityMergeOptions(BodyOptions, total=False):
    """The options of ``entities.merge``."""

    merge_strategy: Literal["prefer_target", "prefer_source", "merge"] | str | None
    """Which of the two descriptions is kept. Default: ``prefer_target``."""
    metadata: Any
    """Any JSON value. The server keeps it with the entity."""


class NeighborhoodOptions(RequestOptions, total=False):
    """The options of ``entities.neighborhood``."""

    depth: int | None
    """How many relationships away from the entity, at most 3. Default: 1."""


class Entity(Model):
    """An entity: a person, place, thing or idea in the documents."""

    id: str
    """The entity's id. On most servers, it is the entity's name."""
    entity_name: str
    """Its name, in UPPER_SNAKE."""
    entity_type: str | None = None
    """Its type, such as ``PERSON``."""
    description: str | None = None
    """A description, put together from the documents."""
    source_id: str | None = None
    """The document in which it was found, or ``manual_entry``."""
    created_at: str | None = None
    """When it was found (RFC 3339)."""
    updated_at: str | None = None
    """When it was last changed (RFC 3339)."""
    degree: int | None = None
    """How many relationships it has."""
    metadata: Any = None
    """The metadata that was given with it."""

    @property
    def entity_id(self) -> str:
        """The same as ``id``, so that you can give this object to ``entities.provenance``."""
        return self.id


class EntityPage(NumberedPage[Entity]):
    """A page of the entities."""

    items: list[Entity] = Field(default_factory=list)
    """The entities of this page."""
    total: int | None = None
    """How many entities there are on all pages."""
    page: int | None = None
    """The number of this page, from 1."""
    page_size: int | None = None
    """How many entities a page has at most."""
    total_pages: int | None = None
    """How many pages there are."""


class EntityRelationship(Model):
    """A relationship of an entity, as seen from it."""

    target: str | None = None
    """The entity that the relationship leads to. Only in ``outgoing``."""
    source: str | None = None
    """The entity that the relationship comes from. Only in ``incoming``."""
    relation_type: str | None = None
    """Its type."""
    weight: float | None = None
    """How strong the relationship is."""


class EntityRelationships(Model):
    """The relationships of an entity."""

    outgoing: list[EntityRelationship] = Field(default_factory=list)
    """Relationships from this entity to others."""
    incoming: list[EntityRelationship] = Field(default_factory=list)
    """Relationships from others to this entity."""


class EntityStatistics(Model):
    """How many relationships and documents an entity has."""

    total_relationships: int | None = None
    """How many relationships it has."""
    outgoing_count: int | None = None
    """How many relationships lead from it to others."""
    incoming_count: int | None = None
    """How many relationships lead from others to it."""
    document_references: int | None = None
    """How many documents mention it."""


class EntityDetail(Answer):
    """An entity with its relationships."""

    entity: Entity
    """The entity."""
    relationships: EntityRelationships = Field(default_factory=EntityRelationships)
    """Its relationships."""
    statistics: EntityStatistics = Field(default_factory=EntityStatistics)
    """How many relationships and documents it has."""

    @property
    def entity_name(self) -> str:
        """The entity's name, so that you can give this object in place of it."""
        return self.entity.entity_name


class EntityChanges(Model):
    """What an update changed."""

    fields_updated: list[str] = Field(default_factory=list)
    """The names of the fields that changed."""
    previous_description: str | None = None
    """The description before the change."""


class EntityResult(Answer):
    """An entity that was created or changed."""

    status: str | None = None
    """``success``."""
    message: str | None = None
    """The server's message, to show to people."""
    entity: Entity
    """The entity as it is now."""
    changes: EntityChanges | None = None
    """What was changed, if the entity existed before."""

    @property
    def entity_name(self) -> str:
        """The entity's name, so that you can give this object in place of it."""
        return self.entity.entity_name


class EntityDeletion(Answer):
    """An entity that was removed."""

    status: str | None = None
    """``success``."""
    message: str | None = None
    """The server's message, to show to people."""
    deleted_entity_id: str
    """The entity's id."""
    deleted_relationships: int | None = None
    """How many relationships were removed with it."""
    affected_entities: list[str] = Field(default_factory=list)
    """The entities that had a relationship with it."""


class EntityExistence(Answer):
    """Whether an entity with a name exists. ``bool()`` of this object is the same as ``exists``."""

    exists: bool
    """True if the entity exists."""
    entity_id: str | None = None
    """Its id."""
    entity_type: str | None = None
    """Its type."""
    degree: int | None = None
    """How many relationships it has."""

    def __bool__(self) -> bool:
        return self.exists


class MergeDetails(Model):
    """How two entities were merged."""

    source_entity_id: str | None = None
    """The entity that was removed."""
    target_entity_id: str | None = None
    """The entity that was kept."""
    relationships_merged: int | None = None
    """How many relationships were moved to the entity that was kept."""
    duplicate_relationships_removed: int | None = None
    """How many relationships were removed because the entity had them already."""
    description_strategy: str | None = None
    """Which of the two descriptions was kept."""
    metadata_strategy: str | None = None
    """Which of the two metadata was kept."""


class EntityMerge(Answer):
    """The result of merging two entities."""

    status: str | None = None
    """``success``."""
    message: str | None = None
    """The server's message, to show to people."""
    merged_entity: Entity
    """The entity that was kept, as it is now."""
    merge_details: MergeDetails = Field(default_factory=MergeDetails)
    """How they were merged."""


class NeighborNode(Model):
    """An entity near another."""

    id: str
    """The entity's id."""
    entity_type: str | None = None
    """Its type."""
    description: str | None = None
    """A description, put together from the documents."""
    degree: Degree | None = None
    """How many relationships it has."""


class NeighborEdge(Model):
    """A relationship between entities near another."""

    id: str | None = None
    """The relationship's id."""
    source: str
    """The id of the entity that it leads from."""
    target: str
    """The id of the entity that it leads to."""
    relation_type: str | None = None
    """Its type."""
    weight: float | None = None
    """How strong the relationship is."""


class Neighborhood(Answer):
    """The entities near an entity. The entity itself is one of the nodes."""

    nodes: list[NeighborNode] = Field(default_factory=list)
    """The entities."""
    edges: list[NeighborEdge] = Field(default_factory=list)
    """The relationships between them."""


class ProvenanceChunk(Model):
    """A passage that mentions an entity."""

    chunk_id: str | None = None
    """The passage's id."""
    start_line: int | None = None
    """The line in which it begins, from 1."""
    end_line: int | None = None
    """The line in which it ends."""
    source_text: str | None = None
    """Its text."""


class ProvenanceSource(Model):
    """A document that mentions an entity."""

    document_id: str | None = None
    """The document's id."""
    document_name: str | None = None
    """Its name."""
    chunks: list[ProvenanceChunk] | None = None
    """The passages that mention it."""
    first_extracted_at: str | None = None
    """When the entity was first found there (RFC 3339)."""


class RelatedEntity(Model):
    """An entity that occurs in the same documents as another."""

    entity_id: str | None = None
    """The entity's id."""
    entity_name: str | None = None
    """Its name."""
    relationship_type: str | None = None
    """How they are related."""
    shared_documents: int | None = None
    """How many documents mention both."""


class Provenance(Answer):
    """The documents in which an entity was found."""

    entity_id: str | None = None
    """The entity's id."""
    entity_name: str | None = None
    """Its name."""
    entity_type: str | None = None
    """Its type."""
    description: str | None = None
    """A description, put together from the documents."""
    sources: list[ProvenanceSource] | None = None
    """The documents."""
    total_extraction_count: int | None = None
    """How many times it was found."""
    related_entities: list[RelatedEntity] | None = None
    """The entities that occur in the same documents."""

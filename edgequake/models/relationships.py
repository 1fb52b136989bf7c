"""Relationships of the knowledge graph: the options of the calls, and the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.options import BodyOptions, RequestOptions
from edgequake.models.page import NumberedPage

__all__ = [
    "Relationship",
    "RelationshipChanges",
    "RelationshipCreateOptions",
    "RelationshipDeletion",
    "RelationshipDetail",
    "RelationshipEnd",
    "RelationshipEnds",
    "RelationshipListOptions",
    "RelationshipPage",
    "RelationshipResult",
    "RelationshipUpdateOptions",
]


class RelationshipListOptions(RequestOptions, total=False):
    """The options of ``relationships.list``."""

    page: int | None
    """The page to begin with. Default: 1."""
    page_size: int | None
    """How many relationships in one request, at most 100. Default: 100."""
    relationship_type: str | None
    """Only relationships of this type, such as ``OPERATES``."""


class RelationshipCreateOptions(BodyOptions, total=False):
    """The options of ``relationships.create``."""

    weight: float | None
    """How strong the relationship is. Default: the server's default."""
    metadata: Any
    """Any JSON value. The server keeps it with the relationship."""


class RelationshipUpdateOptions(BodyOptions, total=False):
    """The options of ``relationships.update``. A field that you do not give stays as it is."""

    keywords: str | Sequence[str] | None
    """The new keywords, as a text or a list. The server stores them as one text with commas."""
    weight: float | None
    """How strong the relationship is."""
    description: str | None
    """The new description."""
    metadata: Any
    """Any JSON value. The server keeps it with the relationship."""


class Relationship(Model):
    """A relationship between two entities."""

    id: str
    """The relationship's id."""
    src_id: str
    """The entity that it leads from."""
    tgt_id: str
    """The entity that it leads to."""
    relation_type: str | None = None
    """Its type, such as ``OPERATES``."""
    keywords: str | None = None
    """Its keywords, as one text with commas."""
    weight: float | None = None
    """How strong the relationship is."""
    description: str | None = None
    """A description, put together from the documents."""
    source_id: str | None = None
    """The document in which it was found, or ``manual_entry``."""
    created_at: str | None = None
    """When it was found (RFC 3339)."""
    updated_at: str | None = None
    """When it was last changed (RFC 3339)."""
    metadata: Any = None
    """The metadata that was given with it."""

    @property
    def relationship_id(self) -> str:
        """The same as ``id``, so that you can give this object in place of a relationship's id."""
        return self.id


class RelationshipPage(NumberedPage[Relationship]):
    """A page of the relationships."""

    items: list[Relationship] = Field(default_factory=list)
    """The relationships of this page."""
    total: int | None = None
    """How many relationships there are on all pages."""
    page: int | None = None
    """The number of this page, from 1."""
    page_size: int | None = None
    """How many relationships a page has at most."""
    total_pages: int | None = None
    """How many pages there are."""


class RelationshipEnd(Model):
    """One of the two entities of a relationship."""

    id: str
    """The entity's id."""
    entity_type: str | None = None
    """Its type."""


class RelationshipEnds(Model):
    """The two entities of a relationship."""

    source: RelationshipEnd | None = None
    """The entity that it leads from."""
    target: RelationshipEnd | None = None
    """The entity that it leads to."""


class RelationshipDetail(Answer):
    """A relationship with its two entities."""

    relationship: Relationship
    """The relationship."""
    entities: RelationshipEnds = Field(default_factory=RelationshipEnds)
    """The two entities."""

    @property
    def relationship_id(self) -> str:
        """The relationship's id, so that you can give this object in place of it."""
        return self.relationship.id


class RelationshipChanges(Model):
    """What an update changed."""

    fields_updated: list[str] = Field(default_factory=list)
    """The names of the fields that changed."""
    previous_weight: float | None = None
    """The weight before the change."""


class RelationshipResult(Answer):
    """A relationship that was created or changed."""

    status: str | None = None
    """``success``."""
    message: str | None = None
    """The server's message, to show to people."""
    relationship: Relationship
    """The relationship as it is now."""
    changes: RelationshipChanges | None = None
    """What was changed, if the relationship existed before."""

    @property
    def relationship_id(self) -> str:
        """The relationship's id, so that you can give this object in place of it."""
        return self.relationship.id


class RelationshipDeletion(Answer):
    """A relationship that was removed."""

    status: str | None = None
    """``success``."""
    message: str | None = None
    """The server's message, to show to people."""
    deleted_relationship_id: str
    """The relationship's id."""
    src_id: str | None = None
    """The entity that it led from."""
    tgt_id: str | None = None
    """The entity that it led to."""

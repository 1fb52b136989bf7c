# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The relationships of the knowledge graph: ``client.relationships``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake._core.needs import Needs
from edgequake.models.relationships import (
    Relationship,
    RelationshipCreateOptions,
    RelationshipDeletion,
    RelationshipDetail,
    RelationshipListOptions,
    RelationshipPage,
    RelationshipResult,
    RelationshipUpdateOptions,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgequake._sync.pager import Pager
    from edgequake.models.ids import RelationshipId
    from edgequake.models.options import RequestOptions

__all__ = ["Relationships"]

_LIST = Needs("relationships.list", "TW", "answers with an empty list")


class Relationships(Resource):
    """The relationships of the knowledge graph: ``client.relationships``.

    Every method raises the errors of ``query.execute``. Instead of an id you can give the object that has it.
    """

    def list(self, **options: Unpack[RelationshipListOptions]) -> Pager[Relationship, RelationshipPage]:
        """The relationships, fetched page by page while you iterate (``GET /api/v1/graph/relationships``).

        Needs ``tenant_id`` and ``workspace_id``.
        """
        route = "GET /api/v1/graph/relationships"
        return self._pages(route, RelationshipPage, options, RelationshipListOptions, needs=_LIST)

    def create(
        self,
        src_id: str,
        tgt_id: str,
        *,
        keywords: str | Sequence[str],
        description: str = "",
        source_id: str = "manual_entry",
        **options: Unpack[RelationshipCreateOptions],
    ) -> RelationshipResult:
        """Adds a relationship between two entities (``POST /api/v1/graph/relationships``).

        :param src_id: the name of the entity where it begins.
        :param tgt_id: the name of the entity where it ends.
        :param keywords: words that say what it is about. The server derives its type from them. A list is joined with
            commas.
        :param description: a description in words.
        :param source_id: where the relationship comes from. Default: ``manual_entry``.
        :raises NotFoundError: one of the two entities does not exist.
        """
        return self._send(
            "POST /api/v1/graph/relationships",
            RelationshipResult,
            options,
            RelationshipCreateOptions,
            src_id=src_id,
            tgt_id=tgt_id,
            keywords=_with_commas(keywords),
            description=description,
            source_id=source_id,
        )

    def get(self, relationship_id: RelationshipId, **options: Unpack[RequestOptions]) -> RelationshipDetail:
        """A relationship with its two entities (``GET /api/v1/graph/relationships/{relationship_id}``).

        :raises NotFoundError: no relationship has this id.
        """
        route = "GET /api/v1/graph/relationships/{relationship_id}"
        return self._send(route, RelationshipDetail, options, relationship_id=relationship_id)

    def update(
        self, relationship_id: RelationshipId, **options: Unpack[RelationshipUpdateOptions]
    ) -> RelationshipResult:
        """Changes a relationship (``PUT /api/v1/graph/relationships/{relationship_id}``).

        Fields that you do not give keep their values.

        :raises NotFoundError: no relationship has this id.
        """
        route = "PUT /api/v1/graph/relationships/{relationship_id}"
        if (keywords := options.get("keywords")) is not None:
            options["keywords"] = _with_commas(keywords)
        return self._send(
            route,
            RelationshipResult,
            options,
            RelationshipUpdateOptions,
            replayable=True,
            relationship_id=relationship_id,
        )

    def delete(self, relationship_id: RelationshipId, **options: Unpack[RequestOptions]) -> RelationshipDeletion:
        """Removes a relationship (``DELETE /api/v1/graph/relationships/{relationship_id}``).

        :raises NotFoundError: no relationship has this id.
        """
        route = "DELETE /api/v1/graph/relationships/{relationship_id}"
        return self._send(route, RelationshipDeletion, options, relationship_id=relationship_id)


def _with_commas(keywords: Any) -> Any:
    """Keywords as the server keeps them."""
    return ",".join(keywords) if isinstance(keywords, list | tuple) else keywords

# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Where entities and relationships come from: ``client.lineage``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake.models.lineage import DocumentGraphLineage, EntityLineage

if TYPE_CHECKING:
    from edgequake.models.ids import DocumentId, EntityName
    from edgequake.models.options import RequestOptions

__all__ = ["Lineage"]


class Lineage(Resource):
    """Where entities and relationships come from: ``client.lineage``."""

    def entity(self, entity_name: EntityName, **options: Unpack[RequestOptions]) -> EntityLineage:
        """The documents in which an entity was found (``GET /api/v1/lineage/entities/{entity_name}``).

        :raises NotFoundError: no entity has this name.
        """
        route = "GET /api/v1/lineage/entities/{entity_name}"
        return self._send(route, EntityLineage, options, entity_name=entity_name)

    def document(self, document_id: DocumentId, **options: Unpack[RequestOptions]) -> DocumentGraphLineage:
        """What was found in a document (``GET /api/v1/lineage/documents/{document_id}``).

        :raises NotFoundError: no document has this id.
        """
        route = "GET /api/v1/lineage/documents/{document_id}"
        return self._send(route, DocumentGraphLineage, options, document_id=document_id)

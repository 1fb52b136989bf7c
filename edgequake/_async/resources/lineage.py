"""Where entities and relationships come from: ``client.lineage``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake.models.lineage import DocumentGraphLineage, EntityLineage

if TYPE_CHECKING:
    from edgequake.models.ids import DocumentId, EntityName
    from edgequake.models.options import RequestOptions

__all__ = ["AsyncLineage"]


class AsyncLineage(AsyncResource):
    """Where entities and relationships come from: ``client.lineage``."""

    async def entity(self, entity_name: EntityName, **options: Unpack[RequestOptions]) -> EntityLineage:
        """The documents in which an entity was found (``GET /api/v1/lineage/entities/{entity_name}``).

        :raises NotFoundError: no entity has this name.
        """
        route = "GET /api/v1/lineage/entities/{entity_name}"
        return await self._send(route, EntityLineage, options, entity_name=entity_name)

    async def document(self, document_id: DocumentId, **options: Unpack[RequestOptions]) -> DocumentGraphLineage:
        """What was found in a document (``GET /api/v1/lineage/documents/{document_id}``).

        :raises NotFoundError: no document has this id.
        """
        route = "GET /api/v1/lineage/documents/{document_id}"
        return await self._send(route, DocumentGraphLineage, options, document_id=document_id)

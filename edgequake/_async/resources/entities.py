"""The entities of the knowledge graph: ``client.entities``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake._core.needs import Needs
from edgequake.models.entities import (
    Entity,
    EntityCreateOptions,
    EntityDeleteOptions,
    EntityDeletion,
    EntityDetail,
    EntityExistence,
    EntityListOptions,
    EntityMerge,
    EntityMergeOptions,
    EntityPage,
    EntityResult,
    EntityUpdateOptions,
    Neighborhood,
    NeighborhoodOptions,
    Provenance,
)

if TYPE_CHECKING:
    from edgequake._async.pager import AsyncPager
    from edgequake.models.ids import EntityId, EntityName
    from edgequake.models.options import RequestOptions

__all__ = ["AsyncEntities"]

_LIST = Needs("entities.list", "TW", "answers with an empty list")


class AsyncEntities(AsyncResource):
    """The entities of the knowledge graph: ``client.entities``. Every method raises the errors of ``query.execute``.

    The server writes names in UPPER_SNAKE: ``Mira Okafor`` becomes ``MIRA_OKAFOR``. Instead of a name you can give the
    object that has it.
    """

    def list(self, **options: Unpack[EntityListOptions]) -> AsyncPager[Entity, EntityPage]:
        """The entities, fetched page by page while you iterate (``GET /api/v1/graph/entities``).

        Needs ``tenant_id`` and ``workspace_id``.
        """
        return self._pages("GET /api/v1/graph/entities", EntityPage, options, EntityListOptions, needs=_LIST)

    async def create(
        self,
        entity_name: str,
        *,
        entity_type: str,
        description: str = "",
        source_id: str = "manual_entry",
        **options: Unpack[EntityCreateOptions],
    ) -> EntityResult:
        """Adds an entity (``POST /api/v1/graph/entities``).

        :param entity_name: the name.
        :param entity_type: the type, such as ``PERSON``.
        :param description: a description in words.
        :param source_id: where the entity comes from. Default: ``manual_entry``.
        :raises ConflictError: there is already an entity with this name.
        """
        return await self._send(
            "POST /api/v1/graph/entities",
            EntityResult,
            options,
            EntityCreateOptions,
            entity_name=entity_name,
            entity_type=entity_type,
            description=description,
            source_id=source_id,
        )

    async def get(self, entity_name: EntityName, **options: Unpack[RequestOptions]) -> EntityDetail:
        """An entity with its relationships (``GET /api/v1/graph/entities/{entity_name}``).

        :raises NotFoundError: no entity has this name.
        """
        route = "GET /api/v1/graph/entities/{entity_name}"
        return await self._send(route, EntityDetail, options, entity_name=entity_name)

    async def update(self, entity_name: EntityName, **options: Unpack[EntityUpdateOptions]) -> EntityResult:
        """Changes an entity (``PUT /api/v1/graph/entities/{entity_name}``).

        Fields that you do not give keep their values.

        :raises NotFoundError: no entity has this name.
        """
        route = "PUT /api/v1/graph/entities/{entity_name}"
        return await self._send(
            route, EntityResult, options, EntityUpdateOptions, replayable=True, entity_name=entity_name
        )

    async def delete(self, entity_name: EntityName, **options: Unpack[EntityDeleteOptions]) -> EntityDeletion:
        """Removes an entity and its relationships (``DELETE /api/v1/graph/entities/{entity_name}``).

        The server requires ``confirm=true``. The SDK always sends it.

        :raises NotFoundError: no entity has this name.
        """
        route = "DELETE /api/v1/graph/entities/{entity_name}"
        return await self._send(
            route, EntityDeletion, options, EntityDeleteOptions, entity_name=entity_name, confirm=True
        )

    async def exists(self, entity_name: EntityName, **options: Unpack[RequestOptions]) -> EntityExistence:
        """Whether there is an entity with this name (``GET /api/v1/graph/entities/exists``).

        ::

            if await client.entities.exists("MIRA_OKAFOR"):
                print("there she is")
        """
        return await self._send("GET /api/v1/graph/entities/exists", EntityExistence, options, entity_name=entity_name)

    async def merge(
        self, source_entity: EntityName, target_entity: EntityName, **options: Unpack[EntityMergeOptions]
    ) -> EntityMerge:
        """Merges one entity into another (``POST /api/v1/graph/entities/merge``).

        :param source_entity: the entity that disappears.
        :param target_entity: the entity that stays.
        :raises NotFoundError: one of the two does not exist.
        """
        return await self._send(
            "POST /api/v1/graph/entities/merge",
            EntityMerge,
            options,
            EntityMergeOptions,
            source_entity=getattr(source_entity, "entity_name", source_entity),
            target_entity=getattr(target_entity, "entity_name", target_entity),
        )

    async def neighborhood(self, entity_name: EntityName, **options: Unpack[NeighborhoodOptions]) -> Neighborhood:
        """The entities near an entity (``GET /api/v1/graph/entities/{entity_name}/neighborhood``).

        :raises NotFoundError: no entity has this name.
        """
        route = "GET /api/v1/graph/entities/{entity_name}/neighborhood"
        return await self._send(route, Neighborhood, options, NeighborhoodOptions, entity_name=entity_name)

    async def provenance(self, entity_id: EntityId, **options: Unpack[RequestOptions]) -> Provenance:
        """The documents in which an entity was found (``GET /api/v1/entities/{entity_id}/provenance``).

        :raises NotFoundError: no entity has this id.
        """
        return await self._send("GET /api/v1/entities/{entity_id}/provenance", Provenance, options, entity_id=entity_id)

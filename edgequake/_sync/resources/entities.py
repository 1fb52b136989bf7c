# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The entities of the knowledge graph: ``client.entities``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
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
    from edgequake._sync.pager import Pager
    from edgequake.models.ids import EntityId, EntityName
    from edgequake.models.options import RequestOptions

__all__ = ["Entities"]

_LIST = Needs("entities.list", "TW", "answers with an empty list")


class Entities(Resource):
    """The entities of the knowledge graph: ``client.entities``. Every method raises the errors of ``query.execute``.

    The server writes names in UPPER_SNAKE: ``Mira Okafor`` becomes ``MIRA_OKAFOR``. A name can also be given as the
    object that has it.
    """

    def list(self, **options: Unpack[EntityListOptions]) -> Pager[Entity, EntityPage]:
        """The entities, page after page as they are needed (``GET /api/v1/graph/entities``).

        Needs ``tenant_id`` and ``workspace_id``.
        """
        return self._pages("GET /api/v1/graph/entities", EntityPage, options, EntityListOptions, needs=_LIST)

    def create(
        self,
        entity_name: str,
        *,
        entity_type: str,
        description: str = "",
        source_id: str = "manual_entry",
        **options: Unpack[EntityCreateOptions],
    ) -> EntityResult:
        """Adds an entity (``POST /api/v1/graph/entities``).

        :param entity_name: its name.
        :param entity_type: its type, such as ``PERSON``.
        :param description: what is known of it.
        :param source_id: where it comes from; ``manual_entry`` unless given.
        :raises ConflictError: there is one of this name.
        """
        return self._send(
            "POST /api/v1/graph/entities",
            EntityResult,
            options,
            EntityCreateOptions,
            entity_name=entity_name,
            entity_type=entity_type,
            description=description,
            source_id=source_id,
        )

    def get(self, entity_name: EntityName, **options: Unpack[RequestOptions]) -> EntityDetail:
        """An entity with its relationships (``GET /api/v1/graph/entities/{entity_name}``).

        :raises NotFoundError: there is none of this name.
        """
        route = "GET /api/v1/graph/entities/{entity_name}"
        return self._send(route, EntityDetail, options, entity_name=entity_name)

    def update(self, entity_name: EntityName, **options: Unpack[EntityUpdateOptions]) -> EntityResult:
        """Changes an entity (``PUT /api/v1/graph/entities/{entity_name}``); what is not given stays as it is.

        :raises NotFoundError: there is none of this name.
        """
        route = "PUT /api/v1/graph/entities/{entity_name}"
        return self._send(
            route, EntityResult, options, EntityUpdateOptions, replayable=True, entity_name=entity_name
        )

    def delete(self, entity_name: EntityName, **options: Unpack[EntityDeleteOptions]) -> EntityDeletion:
        """Removes an entity and its relationships (``DELETE /api/v1/graph/entities/{entity_name}``).

        The server wants ``confirm=true``, which is always sent.

        :raises NotFoundError: there is none of this name.
        """
        route = "DELETE /api/v1/graph/entities/{entity_name}"
        return self._send(
            route, EntityDeletion, options, EntityDeleteOptions, entity_name=entity_name, confirm=True
        )

    def exists(self, entity_name: EntityName, **options: Unpack[RequestOptions]) -> EntityExistence:
        """Whether there is an entity of this name (``GET /api/v1/graph/entities/exists``).

        ::

            if client.entities.exists("MIRA_OKAFOR"):
                print("there she is")
        """
        return self._send("GET /api/v1/graph/entities/exists", EntityExistence, options, entity_name=entity_name)

    def merge(
        self, source_entity: EntityName, target_entity: EntityName, **options: Unpack[EntityMergeOptions]
    ) -> EntityMerge:
        """Makes two entities one (``POST /api/v1/graph/entities/merge``).

        :param source_entity: the name of the entity that goes.
        :param target_entity: the name of the entity that stays.
        :raises NotFoundError: there is none of one of these names.
        """
        return self._send(
            "POST /api/v1/graph/entities/merge",
            EntityMerge,
            options,
            EntityMergeOptions,
            source_entity=getattr(source_entity, "entity_name", source_entity),
            target_entity=getattr(target_entity, "entity_name", target_entity),
        )

    def neighborhood(self, entity_name: EntityName, **options: Unpack[NeighborhoodOptions]) -> Neighborhood:
        """What is near an entity (``GET /api/v1/graph/entities/{entity_name}/neighborhood``).

        :raises NotFoundError: there is none of this name.
        """
        route = "GET /api/v1/graph/entities/{entity_name}/neighborhood"
        return self._send(route, Neighborhood, options, NeighborhoodOptions, entity_name=entity_name)

    def provenance(self, entity_id: EntityId, **options: Unpack[RequestOptions]) -> Provenance:
        """Which documents an entity was found in (``GET /api/v1/entities/{entity_id}/provenance``).

        :raises NotFoundError: there is none of this id.
        """
        return self._send("GET /api/v1/entities/{entity_id}/provenance", Provenance, options, entity_id=entity_id)

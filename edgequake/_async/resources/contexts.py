"""Retrieval without an answer: a part of ``client.query``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._async.resources.resource import AsyncResource

if TYPE_CHECKING:
    from edgequake.models.context import (
        Artifact,
        ArtifactOptions,
        Context,
        ContextOptions,
        ContextSearch,
        ContextSearchOptions,
        GetContextOptions,
    )
    from edgequake.models.ids import RetrievalId

__all__ = ["AsyncContexts"]


class AsyncContexts(AsyncResource):
    """Retrieval without an answer."""

    # The models are imported in the methods: programs that ask for answers alone need none of them.

    async def context(self, query: str, **options: Unpack[ContextOptions]) -> Context:
        """What retrieval finds for ``query``, without an answer (``POST /api/v1/query/context``).

        ::

            context = await client.query.context("Who operates the relay?", max_results=5)
            print([chunk.content for chunk in context.bundle.chunks])

        :param query: the question. It must not be empty.
        :raises NotFoundError: there is no such workspace.
        """
        from edgequake.models.context import Context, ContextOptions

        route = "POST /api/v1/query/context"
        return await self._send(route, Context, options, ContextOptions, replayable=True, query=query)

    async def search_context(self, query: str, **options: Unpack[ContextSearchOptions]) -> ContextSearch:
        """A list of results for ``query``, each of which you can fetch (``POST /api/v1/query/context/search``).

        :param query: the question. It must not be empty.
        """
        from edgequake.models.context import ContextSearch, ContextSearchOptions

        route = "POST /api/v1/query/context/search"
        return await self._send(route, ContextSearch, options, ContextSearchOptions, replayable=True, query=query)

    async def get_context(self, retrieval_id: RetrievalId, **options: Unpack[GetContextOptions]) -> Context:
        """The result of an earlier retrieval (``GET /api/v1/query/context/{retrieval_id}``).

        :param retrieval_id: the ``retrieval_id`` of a context or of a search result, or that object itself.
        :raises GoneError: the result has expired.
        """
        from edgequake.models.context import Context, GetContextOptions

        route = "GET /api/v1/query/context/{retrieval_id}"
        return await self._send(route, Context, options, GetContextOptions, retrieval_id=retrieval_id)

    async def artifact(self, artifact_type: str, artifact_id: str, **options: Unpack[ArtifactOptions]) -> Artifact:
        """One item of a retrieval (``GET /api/v1/query/context/artifacts/{artifact_type}/{artifact_id}``).

        :param artifact_type: ``document``, ``chunk``, ``figure`` (with ``document_id=``), ``markdown`` or ``pdf``.
        :param artifact_id: the id of the item.
        :raises NotFoundError: there is no such item.
        """
        from edgequake.models.context import Artifact, ArtifactOptions

        route = "GET /api/v1/query/context/artifacts/{artifact_type}/{artifact_id}"
        return await self._send(
            route, Artifact, options, ArtifactOptions, artifact_type=artifact_type, artifact_id=artifact_id
        )

"""The knowledge graph: ``client.graph``."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

from edgequake._async.event_stream import AsyncGraphReading, AsyncGraphStream
from edgequake._async.resources.entities import AsyncEntities
from edgequake._async.resources.relationships import AsyncRelationships
from edgequake._async.resources.resource import AsyncResource
from edgequake._core.events import GraphDecoder, events_of_graph, is_graph_content
from edgequake._core.needs import Needs
from edgequake._core.networks import as_networkx, networkx_graph
from edgequake.models.graph import (
    Communities,
    Facets,
    Graph,
    GraphNode,
    GraphOptions,
    GraphSearch,
    GraphStreamOptions,
    LabelSearch,
    LabelSearchOptions,
    NodeDegrees,
    NodeSearchOptions,
    PopularLabels,
    PopularLabelsOptions,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgequake.models.ids import NodeId
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["AsyncKnowledgeGraph"]

_GET = Needs("graph.get", "TW", "answers with an empty graph")
_STREAM = Needs("graph.stream", "TW", "answers with an empty graph")
_COMMUNITIES = Needs("graph.communities", "TW", "answers with none")
_FACETS = Needs("graph.facets", "TW", "answers with none")


class AsyncKnowledgeGraph(AsyncResource):
    """The knowledge graph: ``client.graph``. Every method raises the errors of ``query.execute``."""

    @cached_property
    def entities(self) -> AsyncEntities:
        """The same as ``client.entities``."""
        return AsyncEntities(self._session)

    @cached_property
    def relationships(self) -> AsyncRelationships:
        """The same as ``client.relationships``."""
        return AsyncRelationships(self._session)

    async def get(self, **options: Unpack[GraphOptions]) -> Graph:
        """A part of the graph (``GET /api/v1/graph``). Needs ``tenant_id`` and ``workspace_id``.

        ::

            graph = await client.graph.get(start_node="MIRA_OKAFOR", depth=2, max_nodes=100)
            print(len(graph.nodes), graph.is_truncated)

        :raises ServiceUnavailableError: the server is too busy at the moment.
        """
        return await self._send("GET /api/v1/graph", Graph, options, GraphOptions, needs=_GET)

    def stream(self, **options: Unpack[GraphStreamOptions]) -> AsyncGraphStream:
        """A part of the graph, while the server finds it (``GET /api/v1/graph/stream``).

        Nothing is sent before you iterate the stream (:class:`AsyncGraphStream`) or enter its ``with`` block. Iterating
        raises :class:`StreamError` with the server's ``reason`` and ``retry_after``, and :class:`StreamTruncatedError`
        if the final event never comes. Needs ``tenant_id`` and ``workspace_id``.
        """
        call = self._call("GET /api/v1/graph/stream", Graph, options, GraphStreamOptions, {}, needs=_STREAM)
        call = replace(call, decoder=GraphDecoder, events_of=events_of_graph, is_content=is_graph_content)
        return AsyncGraphStream(AsyncGraphReading(self._session, call))

    async def load(self, **options: Unpack[GraphStreamOptions]) -> Graph:
        """A part of the graph in one answer: everything that :meth:`stream` yields. It needs the same settings.

        :raises StreamError: the same errors as :meth:`stream`.
        """
        async with self.stream(**options) as stream:
            return await stream.final()

    async def to_networkx(self, **options: Unpack[GraphStreamOptions]) -> Any:
        """A part of the graph as a ``networkx.MultiDiGraph`` (extra ``graph``).

        ::

            graph = await client.graph.to_networkx(max_nodes=500)
            print(sorted(graph.degree, key=lambda one: -one[1])[:10])

        A node has the attributes ``label``, ``node_type``, ``description``, ``degree`` and its properties. An edge has
        ``relationship_type``, ``weight`` and its properties; its key is its id or type. ``graph.graph`` has
        ``total_nodes``, ``total_edges`` and ``is_truncated``.

        :raises ConfigurationError: networkx is not installed. Nothing has been sent.
        """
        new_graph = networkx_graph()
        return as_networkx(await self.load(**options), new_graph)

    async def node(self, node_id: NodeId, **options: Unpack[RequestOptions]) -> GraphNode:
        """A node (``GET /api/v1/graph/nodes/{node_id}``).

        :raises NotFoundError: no node has this id.
        """
        return await self._send("GET /api/v1/graph/nodes/{node_id}", GraphNode, options, node_id=node_id)

    async def search(self, q: str, **options: Unpack[NodeSearchOptions]) -> GraphSearch:
        """The nodes that match a text (``GET /api/v1/graph/nodes/search``).

        :param q: a part of the name or description.
        :raises ServiceUnavailableError: the server is too busy at the moment.
        """
        return await self._send("GET /api/v1/graph/nodes/search", GraphSearch, options, NodeSearchOptions, q=q)

    async def search_labels(self, q: str, **options: Unpack[LabelSearchOptions]) -> LabelSearch:
        """The names that match a text (``GET /api/v1/graph/labels/search``).

        :param q: a part of the name.
        """
        return await self._send("GET /api/v1/graph/labels/search", LabelSearch, options, LabelSearchOptions, q=q)

    async def popular_labels(self, **options: Unpack[PopularLabelsOptions]) -> PopularLabels:
        """The names of the nodes with the most relationships (``GET /api/v1/graph/labels/popular``)."""
        return await self._send("GET /api/v1/graph/labels/popular", PopularLabels, options, PopularLabelsOptions)

    async def degrees(self, node_ids: Iterable[NodeId], **options: Unpack[BodyOptions]) -> NodeDegrees:
        """The number of relationships of several nodes (``POST /api/v1/graph/degrees/batch``)."""
        route = "POST /api/v1/graph/degrees/batch"
        return await self._send(route, NodeDegrees, options, replayable=True, node_ids=node_ids)

    async def communities(self, **options: Unpack[RequestOptions]) -> Communities:
        """The communities of the graph (``GET /api/v1/graph/communities``).

        Needs ``tenant_id`` and ``workspace_id``.
        """
        return await self._send("GET /api/v1/graph/communities", Communities, options, needs=_COMMUNITIES)

    async def facets(self, **options: Unpack[RequestOptions]) -> Facets:
        """The types of entities and relationships (``GET /api/v1/graph/facets``).

        Needs ``tenant_id`` and ``workspace_id``.
        """
        return await self._send("GET /api/v1/graph/facets", Facets, options, needs=_FACETS)

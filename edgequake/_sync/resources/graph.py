# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The knowledge graph: ``client.graph``."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack

from edgequake._sync.event_stream import GraphReading, GraphStream
from edgequake._sync.resources.entities import Entities
from edgequake._sync.resources.relationships import Relationships
from edgequake._sync.resources.resource import Resource
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

__all__ = ["KnowledgeGraph"]

_GET = Needs("graph.get", "TW", "answers with an empty graph")
_STREAM = Needs("graph.stream", "TW", "answers with an empty graph")
_COMMUNITIES = Needs("graph.communities", "TW", "answers with none")
_FACETS = Needs("graph.facets", "TW", "answers with none")


class KnowledgeGraph(Resource):
    """The knowledge graph: ``client.graph``. Every method raises the errors of ``query.execute``."""

    @cached_property
    def entities(self) -> Entities:
        """The same as ``client.entities``."""
        return Entities(self._session)

    @cached_property
    def relationships(self) -> Relationships:
        """The same as ``client.relationships``."""
        return Relationships(self._session)

    def get(self, **options: Unpack[GraphOptions]) -> Graph:
        """A part of the graph (``GET /api/v1/graph``). Needs ``tenant_id`` and ``workspace_id``.

        ::

            graph = client.graph.get(start_node="MIRA_OKAFOR", depth=2, max_nodes=100)
            print(len(graph.nodes), graph.is_truncated)

        :raises ServiceUnavailableError: the server is too busy at the moment.
        """
        return self._send("GET /api/v1/graph", Graph, options, GraphOptions, needs=_GET)

    def stream(self, **options: Unpack[GraphStreamOptions]) -> GraphStream:
        """A part of the graph, while the server finds it (``GET /api/v1/graph/stream``).

        Nothing is sent before you iterate the stream (:class:`GraphStream`) or enter its ``with`` block. Iterating
        raises :class:`StreamError` with the server's ``reason`` and ``retry_after``, and :class:`StreamTruncatedError`
        if the final event never comes. Needs ``tenant_id`` and ``workspace_id``.
        """
        call = self._call("GET /api/v1/graph/stream", Graph, options, GraphStreamOptions, {}, needs=_STREAM)
        call = replace(call, decoder=GraphDecoder, events_of=events_of_graph, is_content=is_graph_content)
        return GraphStream(GraphReading(self._session, call))

    def load(self, **options: Unpack[GraphStreamOptions]) -> Graph:
        """A part of the graph in one answer: everything that :meth:`stream` yields. It needs the same settings.

        :raises StreamError: the same errors as :meth:`stream`.
        """
        with self.stream(**options) as stream:
            return stream.final()

    def to_networkx(self, **options: Unpack[GraphStreamOptions]) -> Any:
        """A part of the graph as a ``networkx.MultiDiGraph`` (extra ``graph``).

        ::

            graph = client.graph.to_networkx(max_nodes=500)
            print(sorted(graph.degree, key=lambda one: -one[1])[:10])

        A node has the attributes ``label``, ``node_type``, ``description``, ``degree`` and its properties. An edge has
        ``relationship_type``, ``weight`` and its properties; its key is its id or type. ``graph.graph`` has
        ``total_nodes``, ``total_edges`` and ``is_truncated``.

        :raises ConfigurationError: networkx is not installed. Nothing has been sent.
        """
        new_graph = networkx_graph()
        return as_networkx(self.load(**options), new_graph)

    def node(self, node_id: NodeId, **options: Unpack[RequestOptions]) -> GraphNode:
        """A node (``GET /api/v1/graph/nodes/{node_id}``).

        :raises NotFoundError: no node has this id.
        """
        return self._send("GET /api/v1/graph/nodes/{node_id}", GraphNode, options, node_id=node_id)

    def search(self, q: str, **options: Unpack[NodeSearchOptions]) -> GraphSearch:
        """The nodes that match a text (``GET /api/v1/graph/nodes/search``).

        :param q: a part of the name or description.
        :raises ServiceUnavailableError: the server is too busy at the moment.
        """
        return self._send("GET /api/v1/graph/nodes/search", GraphSearch, options, NodeSearchOptions, q=q)

    def search_labels(self, q: str, **options: Unpack[LabelSearchOptions]) -> LabelSearch:
        """The names that match a text (``GET /api/v1/graph/labels/search``).

        :param q: a part of the name.
        """
        return self._send("GET /api/v1/graph/labels/search", LabelSearch, options, LabelSearchOptions, q=q)

    def popular_labels(self, **options: Unpack[PopularLabelsOptions]) -> PopularLabels:
        """The names of the nodes with the most relationships (``GET /api/v1/graph/labels/popular``)."""
        return self._send("GET /api/v1/graph/labels/popular", PopularLabels, options, PopularLabelsOptions)

    def degrees(self, node_ids: Iterable[NodeId], **options: Unpack[BodyOptions]) -> NodeDegrees:
        """The number of relationships of several nodes (``POST /api/v1/graph/degrees/batch``)."""
        route = "POST /api/v1/graph/degrees/batch"
        return self._send(route, NodeDegrees, options, replayable=True, node_ids=node_ids)

    def communities(self, **options: Unpack[RequestOptions]) -> Communities:
        """The communities of the graph (``GET /api/v1/graph/communities``).

        Needs ``tenant_id`` and ``workspace_id``.
        """
        return self._send("GET /api/v1/graph/communities", Communities, options, needs=_COMMUNITIES)

    def facets(self, **options: Unpack[RequestOptions]) -> Facets:
        """The types of entities and relationships (``GET /api/v1/graph/facets``).

        Needs ``tenant_id`` and ``workspace_id``.
        """
        return self._send("GET /api/v1/graph/facets", Facets, options, needs=_FACETS)

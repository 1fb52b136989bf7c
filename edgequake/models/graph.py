"""The knowledge graph: the options of the calls, and the answers."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from edgequake.models._model import Answer, Model
from edgequake.models.options import RequestOptions

__all__ = [
    "Communities",
    "Community",
    "Degree",
    "Facet",
    "Facets",
    "Graph",
    "GraphEdge",
    "GraphEvent",
    "GraphNode",
    "GraphOptions",
    "GraphSearch",
    "GraphStreamOptions",
    "LabelSearch",
    "LabelSearchOptions",
    "NodeDegree",
    "NodeDegrees",
    "NodeSearchOptions",
    "PopularLabel",
    "PopularLabels",
    "PopularLabelsOptions",
]


class GraphOptions(RequestOptions, total=False):
    """The options of ``graph.get``."""

    start_node: str | None
    """The name of the node to start from. Default: the nodes with the most relationships."""
    depth: int | None
    """How many relationships away from the start, from 1 to 5. Default: 2. The server corrects a value outside this
    range."""
    max_nodes: int | None
    """The largest number of nodes, from 1 to 500. Default: 100. The server corrects a value outside this range."""


class GraphStreamOptions(RequestOptions, total=False):
    """The options of ``graph.stream``."""

    start_node: str | None
    """The name of the node to start from. Default: the nodes with the most relationships."""
    max_nodes: int | None
    """The largest number of nodes. Default: 200."""
    batch_size: int | None
    """How many nodes each event has, from 10 to 100. Default: 50."""


class NodeSearchOptions(RequestOptions, total=False):
    """The options of ``graph.search``."""

    limit: int | None
    """The largest number of nodes. Default: 50."""
    include_neighbors: bool | None
    """Whether the answer includes connected nodes. Default: false."""
    neighbor_depth: int | None
    """How many relationships away from the nodes that were found. Default: 1."""
    entity_type: str | None
    """Only nodes of this type."""


class LabelSearchOptions(RequestOptions, total=False):
    """The options of ``graph.search_labels``."""

    limit: int | None
    """The largest number of labels. Default: 20."""


class PopularLabelsOptions(RequestOptions, total=False):
    """The options of ``graph.popular_labels``."""

    limit: int | None
    """The largest number of labels. Default: 50."""
    min_degree: int | None
    """Only nodes with at least this many relationships."""
    entity_type: str | None
    """Only nodes of this type."""


class Degree(Model):
    """How many relationships a node has: ``int(degree)`` is all of them. Older servers send that number alone."""

    total: int
    """The number of all relationships."""
    in_: int | None = Field(default=None, alias="in")
    """Relationships from others to the node. None from older servers. Its key is ``in``."""
    out: int | None = None
    """Relationships from the node to others. None from older servers."""

    def __int__(self) -> int:
        return self.total

    @model_validator(mode="before")
    @classmethod
    def _from_a_number(cls, value: Any) -> Any:
        return {"total": value} if isinstance(value, int) else value

    @model_serializer(mode="wrap")
    def _as_it_came(self, fields: SerializerFunctionWrapHandler) -> Any:
        return self.total if self.model_fields_set == {"total"} else fields(self)


class GraphNode(Answer):
    """A node of the graph: an entity."""

    id: str
    """The entity's name."""
    label: str | None = None
    """The name to show."""
    node_type: str | None = None
    """The entity's type, such as ``PERSON``."""
    description: str | None = None
    """A description, put together from the documents."""
    degree: Degree | None = None
    """How many relationships it has."""
    properties: dict[str, Any] = Field(default_factory=dict)
    """Additional fields that the server keeps, such as ``source_ids``."""
    community_id: str | None = None
    """The community it belongs to."""

    @property
    def node_id(self) -> str:
        """The same as ``id``, so that you can give this object in place of a node's id."""
        return self.id

    @property
    def entity_name(self) -> str:
        """The same as ``id``, so that you can give this object in place of an entity's name."""
        return self.id


class GraphEdge(Model):
    """An edge of the graph: a relationship between two entities."""

    id: str | None = None
    """The relationship's id. Only newer servers send it."""
    source: str
    """The id of the node that it leads from."""
    target: str
    """The id of the node that it leads to."""
    relationship_type: str | None = None
    """Its type, such as ``OPERATES``. Very old servers call this field ``edge_type``; it is read too."""
    description: str | None = None
    """A description, put together from the documents. Only newer servers send it."""
    keywords: list[str] | str | None = None
    """Its keywords. Only newer servers send it."""
    weight: float | None = None
    """How strong the relationship is."""
    properties: dict[str, Any] = Field(default_factory=dict)
    """Additional fields that the server keeps."""

    @model_validator(mode="before")
    @classmethod
    def _from_old_servers(cls, value: Any) -> Any:
        if isinstance(value, dict) and "edge_type" in value and value.get("relationship_type") is None:
            return {**value, "relationship_type": value["edge_type"]}
        return value


class Graph(Answer):
    """A part of the graph."""

    nodes: list[GraphNode] = Field(default_factory=list)
    """The entities."""
    edges: list[GraphEdge] = Field(default_factory=list)
    """The relationships between them."""
    is_truncated: bool | None = None
    """True if there are more nodes than were returned."""
    total_nodes: int | None = None
    """How many nodes the whole graph has."""
    total_edges: int | None = None
    """How many edges the whole graph has."""
    max_nodes: int | None = None
    """The largest number of nodes that the server returns."""


class GraphEvent(Model):
    """One event of ``graph.stream()``. The order is ``metadata``, ``nodes`` (one or more), ``edges``, ``done``."""

    type: str
    """``metadata``, ``nodes``, ``edges`` or ``done``. Other values are possible."""
    total_nodes: int | None = None
    """How many nodes the whole graph has (``metadata``)."""
    total_edges: int | None = None
    """How many edges the whole graph has (``metadata``)."""
    nodes_to_stream: int | None = None
    """How many nodes will come (``metadata``)."""
    edges_to_stream: int | None = None
    """How many edges will come, 0 if the server does not know yet (``metadata``)."""
    is_truncated: bool | None = None
    """True if there are more nodes than will come (``metadata``)."""
    batch: int | None = None
    """The number of this batch, from 1 (``nodes``)."""
    total_batches: int | None = None
    """How many batches will come (``nodes``)."""
    nodes: list[GraphNode] = Field(default_factory=list)
    """The nodes of this batch (``nodes``)."""
    edges: list[GraphEdge] = Field(default_factory=list)
    """All edges between the nodes that came (``edges``)."""
    nodes_count: int | None = None
    """How many nodes came (``done``)."""
    edges_count: int | None = None
    """How many edges came (``done``)."""
    duration_ms: float | None = None
    """Milliseconds that the stream took (``done``)."""


class GraphSearch(Answer):
    """The nodes whose names or descriptions matched."""

    nodes: list[GraphNode] = Field(default_factory=list)
    """The nodes."""
    edges: list[GraphEdge] = Field(default_factory=list)
    """The relationships between them."""
    total_matches: int | None = None
    """How many matched."""
    is_truncated: bool | None = None
    """True if more nodes matched than were returned."""


class LabelSearch(Answer):
    """The names that matched."""

    labels: list[str] = Field(default_factory=list)
    """The names."""


class PopularLabel(Model):
    """One of the nodes with the most relationships."""

    label: str
    """Its name."""
    entity_type: str | None = None
    """Its type."""
    degree: Degree | None = None
    """How many relationships it has."""
    description: str | None = None
    """A description, put together from the documents."""


class PopularLabels(Answer):
    """The nodes with the most relationships."""

    labels: list[PopularLabel] = Field(default_factory=list)
    """The nodes. The first has the most relationships."""
    total_entities: int | None = None
    """How many entities the graph has."""


class NodeDegree(Model):
    """How many relationships a node has."""

    node_id: str
    """The node's id."""
    degree: Degree
    """How many relationships it has."""


class NodeDegrees(Answer):
    """How many relationships each of several nodes has."""

    degrees: list[NodeDegree] = Field(default_factory=list)
    """One for each node."""
    count: int | None = None
    """How many nodes were returned."""


class Community(Model):
    """A group of nodes that are closely connected."""

    id: str
    """The community's id. It is the same as ``GraphNode.community_id``."""
    size: int | None = None
    """How many nodes it has."""
    label: str | None = None
    """The topic of the community."""
    modularity: float | None = None
    """How closely its nodes are connected."""


class Communities(Answer):
    """The communities of the graph."""

    communities: list[Community] = Field(default_factory=list)
    """The communities."""


class Facet(Model):
    """How often a type occurs."""

    name: str
    """The type."""
    count: int | None = None
    """How often it occurs."""


class Facets(Answer):
    """The types of the graph."""

    entity_types: list[Facet] = Field(default_factory=list)
    """The types of entities."""
    relationship_types: list[Facet] = Field(default_factory=list)
    """The types of relationships."""

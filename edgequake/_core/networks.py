"""A graph as networkx has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    from edgequake.models.graph import Graph

__all__ = ["as_networkx", "networkx_graph"]


def networkx_graph() -> Any:
    """Networkx's class of graphs. Raises :class:`ConfigurationError` where networkx is not installed."""
    try:
        from networkx import MultiDiGraph
    except ImportError as error:
        raise ConfigurationError("to_networkx() needs more packages: pip install 'edgequake[graph]'") from error
    return MultiDiGraph


def as_networkx(graph: Graph, new_graph: Any) -> Any:
    """``graph`` as one of ``new_graph``."""
    totals = {"total_nodes": graph.total_nodes, "total_edges": graph.total_edges, "is_truncated": graph.is_truncated}
    made = new_graph(**totals)
    for node in graph.nodes:
        own: dict[str, Any] = {"label": node.label, "node_type": node.node_type, "description": node.description}
        own |= {"degree": None if node.degree is None else node.degree.total, "community_id": node.community_id}
        made.add_node(node.id, **node.properties | _known(own))
    for edge in graph.edges:
        own = {"relationship_type": edge.relationship_type, "description": edge.description}
        own |= {"keywords": edge.keywords, "weight": edge.weight}
        key = edge.id or edge.relationship_type
        made.add_edge(edge.source, edge.target, key=key, **edge.properties | _known(own))
    return made


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}

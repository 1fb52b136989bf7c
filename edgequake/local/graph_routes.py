"""The routes that read the graph, as a whole or around an entity."""

from collections import Counter
from collections.abc import AsyncGenerator
from time import perf_counter
from typing import Any

from starlette.responses import Response

from edgequake.local.entity_routes import known
from edgequake.local.graph import RELATION
from edgequake.local.graph_reading import MAX_NODES, SOME_NODES, Edge, GraphReader, Node, related
from edgequake.local.requests import clamped, number, required
from edgequake.local.routing import Asked, Routes, route
from edgequake.local.sse import event_stream, json_event

_UNRELATED = {"in": 0, "out": 0, "total": 0}


class GraphRoutes(Routes):
    """``/api/v1/graph``. It comes from the documents: what would change it is answered with 501."""

    @route("GET /api/v1/graph")
    def graph(self, asked: Asked) -> object:
        """The entities that most documents mark, or those around ``start_node``, and their relationships."""
        with asked.graph() as graph:
            return _graph(asked, 100, graph)

    @route("GET /api/v1/graph/stream")
    def stream(self, asked: Asked) -> Response:
        """The same as events: metadata, nodes in batches, edges, done."""
        started, size = perf_counter(), clamped(asked.query, "batch_size", 50, 100, least=10)
        with asked.graph() as graph:
            found = _graph(asked, 200, graph)
        return event_stream(_streamed(found, size, started), self.engine.keep_alive)

    @route("GET /api/v1/graph/nodes/search")
    def search(self, asked: Asked) -> object:
        """The entities with a text in their names, and their neighbours when asked."""
        wanted, limit = required(asked.query, "q"), clamped(asked.query, "limit", 50, MAX_NODES)
        with asked.graph() as graph:
            found, total = graph.page(0, limit, entity_type=asked.query.get("entity_type"), search=wanted)
            nodes = graph.mentioned(found)
            if asked.query.get("include_neighbors") == "true":
                depth = clamped(asked.query, "neighbor_depth", 1, 3)
                nodes = [*graph.around(nodes, depth, max(limit, SOME_NODES)).nodes]
            told = {
                "nodes": [_node(graph, node, graph.degree(node)) for node in nodes],
                "edges": [_edge(graph, edge) for edge in related(nodes)],
            }
        return {**told, "total_matches": total, "is_truncated": total > len(found)}

    @route("GET /api/v1/graph/nodes/{id}")
    def node(self, asked: Asked) -> object:
        """One entity."""
        with asked.graph() as graph:
            node = known(graph, asked["id"])
            return _node(graph, node, graph.degree(node))

    @route("GET /api/v1/graph/labels/search")
    def labels(self, asked: Asked) -> object:
        """The ids of the entities with a text in their names."""
        wanted, limit = required(asked.query, "q"), clamped(asked.query, "limit", 20, MAX_NODES)
        with asked.graph() as graph:
            return {"labels": [node.id for node in graph.page(0, limit, search=wanted)[0]]}

    @route("GET /api/v1/graph/labels/popular")
    def popular(self, asked: Asked) -> object:
        """The entities with the most relationships."""
        limit, least = clamped(asked.query, "limit", 50, MAX_NODES), number(asked.query, "min_degree", 0)
        with asked.graph() as graph:
            part = graph.whole(max(limit, SOME_NODES), asked.query.get("entity_type"))
            degrees = part.degrees()
            nodes = sorted(part.nodes, key=lambda node: -degrees[node.id]["total"])
            labels = [
                {
                    "label": node.id,
                    "entity_type": node.entity_type,
                    "degree": degrees[node.id],
                    "description": graph.said_of(node)[1],
                }
                for node in nodes[:limit]
                if degrees[node.id]["total"] >= least
            ]
        return {"labels": labels, "total_entities": part.total}

    @route("POST /api/v1/graph/degrees/batch")
    def degrees(self, asked: Asked, node_ids: list[str]) -> object:
        """How many relationships each of these entities has, 0 for those that are not there."""
        found: list[dict[str, Any]] = []
        with asked.graph() as graph:
            for name in dict.fromkeys(node_ids[:MAX_NODES]):
                node = graph.node(name)
                found.append({"node_id": name, "degree": graph.degree(node) if node else _UNRELATED})
        return {"degrees": found, "count": len(found)}

    @route("GET /api/v1/graph/facets")
    def facets(self, asked: Asked) -> object:
        """How many entities there are of each type, and relationships between the most frequent ones."""
        with asked.graph() as graph:
            types = Counter(node.entity_type for node in graph.page(0, -1)[0])
            edges = len(graph.whole(SOME_NODES).edges)
        return {
            "entity_types": [{"name": name, "count": count} for name, count in types.most_common()],
            "relationship_types": [{"name": RELATION, "count": edges}] if edges else [],
        }


def _graph(asked: Asked, most: int, graph: GraphReader) -> dict[str, Any]:
    most = clamped(asked.query, "max_nodes", most, MAX_NODES)
    if start := asked.query.get("start_node"):
        part = graph.around([known(graph, start)], clamped(asked.query, "depth", 2, 5), most)
    else:
        part = graph.whole(most)
    degrees = part.degrees()
    return {
        "nodes": [_node(graph, node, degrees[node.id]) for node in part.nodes],
        "edges": [_edge(graph, edge) for edge in part.edges],
        "is_truncated": part.total > len(part.nodes),
        "total_nodes": part.total,
        "total_edges": len(part.edges),
        "max_nodes": most,
    }


async def _streamed(found: dict[str, Any], size: int, started: float) -> AsyncGenerator[bytes, None]:
    nodes, edges = found["nodes"], found["edges"]
    counted = {name: found[name] for name in ("total_nodes", "total_edges", "is_truncated")}
    told = {"nodes_to_stream": len(nodes), "edges_to_stream": len(edges)}
    yield json_event({"type": "metadata", **counted, **told})
    batches = [nodes[first : first + size] for first in range(0, len(nodes), size)]
    for count, batch in enumerate(batches, 1):
        yield json_event({"type": "nodes", "batch": count, "total_batches": len(batches), "nodes": batch})
    yield json_event({"type": "edges", "edges": edges})
    duration = round((perf_counter() - started) * 1000)
    yield json_event({"type": "done", "nodes_count": len(nodes), "edges_count": len(edges), "duration_ms": duration})


def _node(graph: GraphReader, node: Node, degree: dict[str, int]) -> dict[str, Any]:
    chunks = [graph.chunk(row) for row in sorted(node.mentions)[:10]]
    return {
        "id": node.id,
        "label": node.name,
        "node_type": node.entity_type,
        "description": graph.said_of(node)[1],
        "degree": degree,
        "properties": {"entity_type": node.entity_type, "source_ids": chunks, "mentions": len(node.mentions)},
    }


def _edge(graph: GraphReader, edge: Edge) -> dict[str, Any]:
    return {
        "id": f"{edge.source.id}|{RELATION}|{edge.target.id}",
        "source": edge.source.id,
        "target": edge.target.id,
        "relationship_type": RELATION,
        "description": graph.told(edge.passages[0], [edge.source, edge.target])[1],
        "keywords": [],
        "weight": float(len(edge.passages)),
        "properties": {"source_ids": [graph.chunk(row) for row in edge.passages[:10]]},
    }

"""The routes that read the graph, as a whole or around an entity."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from time import perf_counter
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.bodies import DegreesBody
from edgequake.local.engine import Engine
from edgequake.local.entity_routes import known
from edgequake.local.graph import RELATION
from edgequake.local.graph_reading import MAX_NODES, SOME_NODES, Edge, GraphReader, Node, Part, related, said_of
from edgequake.local.requests import BodyError, body_of, clamped, number
from edgequake.local.sse import event_stream, json_event

_ROOT = "/api/v1/graph"


class GraphRoutes:
    """`/api/v1/graph`. It comes from the documents: what would change it is answered with 501."""

    def __init__(self, engine: Engine, keep_alive: float) -> None:
        self._engine = engine
        self._keep_alive = keep_alive

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route(_ROOT, self.graph),
            Route(f"{_ROOT}/stream", self.stream),
            Route(f"{_ROOT}/nodes/search", self.search),
            Route(f"{_ROOT}/nodes/{{id}}", self.node),
            Route(f"{_ROOT}/labels/search", self.labels),
            Route(f"{_ROOT}/labels/popular", self.popular),
            Route(f"{_ROOT}/degrees/batch", self.degrees, methods=["POST"]),
            Route(f"{_ROOT}/facets", self.facets),
        ]

    def graph(self, request: Request) -> Response:
        """The entities that most documents mark, or those around `start_node`, and their relationships."""
        with self._engine.graph(request) as graph:
            return JSONResponse(_graph(request, 100, graph))

    def stream(self, request: Request) -> Response:
        """The same as events: metadata, nodes in batches, edges, done."""
        started, size = perf_counter(), clamped(request.query_params, "batch_size", 50, 100, least=10)
        with self._engine.graph(request) as graph:
            found = _graph(request, 200, graph)
        return event_stream(_streamed(found, size, started), self._keep_alive)

    def node(self, request: Request) -> Response:
        """One entity."""
        with self._engine.graph(request) as graph:
            node = known(graph, request.path_params["id"])
            part = graph.around(node, 1, MAX_NODES)
            return JSONResponse(_node(graph, node, part.degrees()[node.id]))

    def search(self, request: Request) -> Response:
        """The entities with a text in their names, and their neighbours when asked."""
        asked = request.query_params
        wanted, limit = _wanted(request), clamped(request.query_params, "limit", 50, MAX_NODES)
        with self._engine.graph(request) as graph:
            found, total = graph.page(0, limit, entity_type=asked.get("entity_type"), search=wanted)
            nodes = graph.mentioned(found)
            if asked.get("include_neighbors") == "true":
                depth = clamped(request.query_params, "neighbor_depth", 1, 3)
                around = {node.id: node for one in nodes for node in graph.around(one, depth, limit).nodes}
                nodes = [*{**{node.id: node for node in nodes}, **around}.values()][:MAX_NODES]
            told = _part(graph, Part(nodes, related(nodes), total))
            return JSONResponse({**told, "total_matches": total, "is_truncated": total > len(found)})

    def labels(self, request: Request) -> Response:
        """The ids of the entities with a text in their names."""
        wanted, limit = _wanted(request), clamped(request.query_params, "limit", 20, MAX_NODES)
        with self._engine.graph(request) as graph:
            found, _ = graph.page(0, limit, search=wanted)
        return JSONResponse({"labels": [node.id for node in found]})

    def popular(self, request: Request) -> Response:
        """The entities with the most relationships."""
        limit = clamped(request.query_params, "limit", 50, MAX_NODES)
        least = number(request.query_params, "min_degree", 0)
        with self._engine.graph(request) as graph:
            part = graph.whole(max(limit, SOME_NODES), request.query_params.get("entity_type"))
            degrees = part.degrees()
            nodes = sorted(part.nodes, key=lambda node: -degrees[node.id]["total"])
            labels = [
                {
                    "label": node.id,
                    "entity_type": node.entity_type,
                    "degree": degrees[node.id],
                    "description": said_of(graph, node)[1],
                }
                for node in nodes[:limit]
                if degrees[node.id]["total"] >= least
            ]
            return JSONResponse({"labels": labels, "total_entities": part.total})

    async def degrees(self, request: Request) -> Response:
        """How many relationships each of these entities has, 0 for those that are not there."""
        body = await body_of(DegreesBody, request)
        found = await asyncio.to_thread(self._degrees, request, body.node_ids[:MAX_NODES])
        return JSONResponse({"degrees": found, "count": len(found)})

    def _degrees(self, request: Request, names: list[str]) -> list[dict[str, Any]]:
        none = {"in": 0, "out": 0, "total": 0}
        with self._engine.graph(request) as graph:
            nodes = {name: graph.node(name) for name in names}
            around = {name: graph.around(node, 1, MAX_NODES) for name, node in nodes.items() if node}
            return [
                {"node_id": name, "degree": around[name].degrees()[node.id] if node else none}
                for name, node in nodes.items()
            ]

    def facets(self, request: Request) -> Response:
        """How many entities there are of each type, and relationships between the most frequent ones."""
        with self._engine.graph(request) as graph:
            types = Counter(node.entity_type for node in graph.page(0, -1)[0])
            edges = len(graph.whole(SOME_NODES).edges)
            return JSONResponse(
                {
                    "entity_types": [{"name": name, "count": count} for name, count in types.most_common()],
                    "relationship_types": [{"name": RELATION, "count": edges}] if edges else [],
                }
            )


def _graph(request: Request, most: int, graph: GraphReader) -> dict[str, Any]:
    asked = request.query_params
    most = clamped(request.query_params, "max_nodes", most, MAX_NODES)
    if start := asked.get("start_node"):
        part = graph.around(known(graph, start), clamped(request.query_params, "depth", 2, 5), most)
    else:
        part = graph.whole(most)
    counted = {"total_nodes": part.total, "total_edges": len(part.edges), "max_nodes": most}
    return {**_part(graph, part), "is_truncated": part.total > len(part.nodes), **counted}


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


def _wanted(request: Request) -> str:
    if "q" not in request.query_params:
        raise BodyError(400, "Failed to deserialize query string: missing field `q`")
    return request.query_params["q"]


def _part(graph: GraphReader, part: Part) -> dict[str, Any]:
    degrees = part.degrees()
    return {
        "nodes": [_node(graph, node, degrees[node.id]) for node in part.nodes],
        "edges": [_edge(graph, edge) for edge in part.edges],
    }


def _node(graph: GraphReader, node: Node, degree: dict[str, int]) -> dict[str, Any]:
    chunks = [graph.chunk(row) for row in sorted(node.mentions)[:10]]
    return {
        "id": node.id,
        "label": node.name,
        "node_type": node.entity_type,
        "description": said_of(graph, node)[1],
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

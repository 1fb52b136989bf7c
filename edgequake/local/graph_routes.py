"""The routes that read the graph: as a whole, around an entity, entity by entity and relationship by relationship."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.bodies import DegreesBody
from edgequake.local.engine import Engine
from edgequake.local.graph import RELATION
from edgequake.local.graph_reading import MAX_NODES, Edge, GraphReader, Node, Part, related
from edgequake.local.requests import BodyError, RequestError, body_of, number
from edgequake.local.sse import event_stream, json_event

T = TypeVar("T")

_ROOT = "/api/v1/graph"
_SOME_NODES = 200  # how many entities relationships are listed between


class GraphRoutes:
    """`/api/v1/graph`. It comes from the documents: what would change it is answered with 501."""

    def __init__(self, engine: Engine, keep_alive: float) -> None:
        self._engine = engine
        self._store = engine.store
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
            Route(f"{_ROOT}/entities", self.entities),
            Route(f"{_ROOT}/entities/exists", self.exists),
            Route(f"{_ROOT}/entities/{{name}}/neighborhood", self.neighborhood),
            Route(f"{_ROOT}/entities/{{name}}", self.entity),
            Route(f"{_ROOT}/relationships", self.relationships),
            Route(f"{_ROOT}/relationships/{{id}}", self.relationship),
        ]

    async def graph(self, request: Request) -> Response:
        """The entities that most documents mark, or those around `start_node`, and their relationships."""
        return JSONResponse(await self._read(request, partial(_graph, request, 100)))

    async def stream(self, request: Request) -> Response:
        """The same as events: metadata, nodes in batches, edges, done."""
        started = perf_counter()
        found = await self._read(request, partial(_graph, request, 200))
        size = min(max(number(request.query_params, "batch_size", 50), 10), 100)
        return event_stream(_streamed(found, size, started), self._keep_alive)

    async def node(self, request: Request) -> Response:
        """One entity."""

        def read(graph: GraphReader) -> dict[str, Any]:
            node = _known(graph, request.path_params["id"])
            part = graph.around(node, 1, MAX_NODES)
            return _node(graph, node, part.degrees()[node.id])

        return JSONResponse(await self._read(request, read))

    async def search(self, request: Request) -> Response:
        """The entities with a text in their names, and their neighbours when asked."""
        asked = request.query_params
        wanted, limit = _wanted(request), _clamped(request, "limit", 50, MAX_NODES)

        def read(graph: GraphReader) -> dict[str, Any]:
            found, total = graph.page(0, limit, entity_type=asked.get("entity_type"), search=wanted)
            nodes = graph.mentioned(found)
            if asked.get("include_neighbors") == "true":
                depth = _clamped(request, "neighbor_depth", 1, 3)
                around = {node.id: node for one in nodes for node in graph.around(one, depth, limit).nodes}
                nodes = [*{**{node.id: node for node in nodes}, **around}.values()][:MAX_NODES]
            told = _part(graph, Part(nodes, related(nodes), total))
            return {**told, "total_matches": total, "is_truncated": total > len(found)}

        return JSONResponse(await self._read(request, read))

    async def labels(self, request: Request) -> Response:
        """The ids of the entities with a text in their names."""
        wanted, limit = _wanted(request), _clamped(request, "limit", 20, MAX_NODES)
        found, _ = await self._read(request, lambda graph: graph.page(0, limit, search=wanted))
        return JSONResponse({"labels": [node.id for node in found]})

    async def popular(self, request: Request) -> Response:
        """The entities with the most relationships."""
        limit = _clamped(request, "limit", 50, MAX_NODES)
        least = number(request.query_params, "min_degree", 0)

        def read(graph: GraphReader) -> dict[str, Any]:
            part = graph.whole(max(limit, _SOME_NODES), request.query_params.get("entity_type"))
            degrees = part.degrees()
            nodes = sorted(part.nodes, key=lambda node: -degrees[node.id]["total"])
            labels = [
                {
                    "label": node.id,
                    "entity_type": node.entity_type,
                    "degree": degrees[node.id],
                    "description": _told(graph, node)[1],
                }
                for node in nodes[:limit]
                if degrees[node.id]["total"] >= least
            ]
            return {"labels": labels, "total_entities": part.total}

        return JSONResponse(await self._read(request, read))

    async def degrees(self, request: Request) -> Response:
        """How many relationships each of these entities has, 0 for those that are not there."""
        body = await body_of(DegreesBody, request)

        def read(graph: GraphReader) -> dict[str, Any]:
            none = {"in": 0, "out": 0, "total": 0}
            found = []
            for name in body.node_ids[:MAX_NODES]:
                node = graph.node(name)
                degree = graph.around(node, 1, MAX_NODES).degrees()[node.id] if node else none
                found.append({"node_id": name, "degree": degree})
            return {"degrees": found, "count": len(found)}

        return JSONResponse(await self._read(request, read))

    async def facets(self, request: Request) -> Response:
        """How many entities there are of each type, and relationships between the most frequent ones."""

        def read(graph: GraphReader) -> dict[str, Any]:
            types = Counter(node.entity_type for node in graph.page(0, -1)[0])
            edges = len(graph.whole(_SOME_NODES).edges)
            return {
                "entity_types": [{"name": name, "count": count} for name, count in types.most_common()],
                "relationship_types": [{"name": RELATION, "count": edges}] if edges else [],
            }

        return JSONResponse(await self._read(request, read))

    async def entities(self, request: Request) -> Response:
        """One page of the entities, by name."""
        asked = request.query_params

        def read(graph: GraphReader, first: int, size: int) -> tuple[list[Any], int]:
            found, total = graph.page(
                first, size, entity_type=asked.get("entity_type"), search=asked.get("search"), by_name=True
            )
            return [_entity(graph, node, graph.around(node, 1, MAX_NODES)) for node in graph.mentioned(found)], total

        return await self._page(request, read)

    async def exists(self, request: Request) -> Response:
        """Whether there is an entity of this name."""
        name = request.query_params.get("entity_name")
        if name is None:
            raise BodyError(400, "Failed to deserialize query string: missing field `entity_name`")

        def read(graph: GraphReader) -> dict[str, Any]:
            node = graph.node(name)
            degree = graph.around(node, 1, MAX_NODES).degrees()[node.id]["total"] if node else None
            told = {"entity_id": node and node.id, "entity_type": node and node.entity_type, "degree": degree}
            return {"exists": node is not None, **told}

        return JSONResponse(await self._read(request, read))

    async def entity(self, request: Request) -> Response:
        """One entity with its relationships."""

        def read(graph: GraphReader) -> dict[str, Any]:
            node = _known(graph, request.path_params["name"])
            part = graph.around(node, 1, MAX_NODES)
            going = [edge for edge in part.edges if edge.source.id == node.id]
            coming = [edge for edge in part.edges if edge.target.id == node.id]
            return {
                "entity": _entity(graph, node, part),
                "relationships": {
                    "outgoing": [{"target": edge.target.id, **_relation(edge)} for edge in going],
                    "incoming": [{"source": edge.source.id, **_relation(edge)} for edge in coming],
                },
                "statistics": {
                    "total_relationships": len(going) + len(coming),
                    "outgoing_count": len(going),
                    "incoming_count": len(coming),
                    "document_references": node.documents,
                },
            }

        return JSONResponse(await self._read(request, read))

    async def neighborhood(self, request: Request) -> Response:
        """What is around an entity, without it."""

        def read(graph: GraphReader) -> dict[str, Any]:
            node = _known(graph, request.path_params["name"])
            part = graph.around(node, _clamped(request, "depth", 1, 3), MAX_NODES)
            degrees = part.degrees()
            nodes = [
                {
                    "id": other.id,
                    "entity_type": other.entity_type,
                    "description": _told(graph, other)[1],
                    "degree": degrees[other.id]["total"],
                }
                for other in part.nodes[1:]
            ]
            edges = [
                {"id": edge.id, "source": edge.source.id, "target": edge.target.id, **_relation(edge)}
                for edge in part.edges
            ]
            return {"nodes": nodes, "edges": edges}

        return JSONResponse(await self._read(request, read))

    async def relationships(self, request: Request) -> Response:
        """One page of the relationships between the entities that most documents mark."""

        def read(graph: GraphReader, first: int, size: int) -> tuple[list[Any], int]:
            wanted = request.query_params.get("relationship_type")
            edges = graph.whole(_SOME_NODES).edges if wanted in (None, RELATION) else []
            return [_relationship(graph, edge) for edge in edges[first : first + size]], len(edges)

        return await self._page(request, read)

    async def relationship(self, request: Request) -> Response:
        """One relationship with its ends."""
        wanted = request.path_params["id"]

        def read(graph: GraphReader) -> dict[str, Any]:
            source, _, target = wanted.partition("->")
            ends = [node for node in (graph.node(source), graph.node(target)) if node is not None]
            edges = related(ends) if len(ends) == 2 else []
            if not edges:
                raise RequestError(404, "NOT_FOUND", f"Not found: relationship {wanted}")
            told = {end.id: {"id": end.id, "entity_type": end.entity_type} for end in ends}
            edge = edges[0]
            both = {"source": told[edge.source.id], "target": told[edge.target.id]}
            return {"relationship": _relationship(graph, edge), "entities": both}

        return JSONResponse(await self._read(request, read))

    async def _read(self, request: Request, read: Callable[[GraphReader], T]) -> T:
        workspace = await self._engine.workspace(request)

        def work() -> T:
            with self._store.reading_graph(workspace) as graph:
                return read(graph)

        return await asyncio.to_thread(work)

    async def _page(self, request: Request, read: Callable[[GraphReader, int, int], tuple[list[Any], int]]) -> Response:
        page = max(number(request.query_params, "page", 1), 1)
        size = _clamped(request, "page_size", 20, 100)
        items, total = await self._read(request, lambda graph: read(graph, (page - 1) * size, size))
        told = {"total": total, "page": page, "page_size": size, "total_pages": -(-total // size)}
        return JSONResponse({"items": items, **told})


def _graph(request: Request, most: int, graph: GraphReader) -> dict[str, Any]:
    asked = request.query_params
    most = _clamped(request, "max_nodes", most, MAX_NODES)
    if start := asked.get("start_node"):
        part = graph.around(_known(graph, start), _clamped(request, "depth", 2, 5), most)
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


def _known(graph: GraphReader, name: str) -> Node:
    node = graph.node(name)
    if node is None:
        raise RequestError(404, "NOT_FOUND", f"Not found: entity {name}")
    return node


def _wanted(request: Request) -> str:
    if "q" not in request.query_params:
        raise BodyError(400, "Failed to deserialize query string: missing field `q`")
    return request.query_params["q"]


def _clamped(request: Request, name: str, default: int, most: int) -> int:
    return min(max(number(request.query_params, name, default), 1), most)


def _part(graph: GraphReader, part: Part) -> dict[str, Any]:
    degrees = part.degrees()
    return {
        "nodes": [_node(graph, node, degrees[node.id]) for node in part.nodes],
        "edges": [_edge(graph, edge) for edge in part.edges],
    }


def _told(graph: GraphReader, node: Node) -> tuple[str, str]:
    """(document id, what the first passage that mentions an entity says of it)."""
    return graph.told(min(node.mentions), [node]) if node.mentions else ("", node.name)


def _node(graph: GraphReader, node: Node, degree: dict[str, int]) -> dict[str, Any]:
    chunks = [graph.chunk(row) for row in sorted(node.mentions)[:10]]
    return {
        "id": node.id,
        "label": node.name,
        "node_type": node.entity_type,
        "description": _told(graph, node)[1],
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


def _relation(edge: Edge) -> dict[str, Any]:
    return {"relation_type": RELATION, "weight": float(len(edge.passages))}


def _entity(graph: GraphReader, node: Node, around: Part) -> dict[str, Any]:
    document_id, description = _told(graph, node)
    return {
        "id": node.id,
        "entity_name": node.name,
        "entity_type": node.entity_type,
        "description": description,
        "source_id": document_id,
        "created_at": node.created_at,
        "updated_at": node.updated_at,
        "degree": around.degrees()[node.id]["total"],
        "metadata": {"documents": node.documents, "mentions": len(node.mentions)},
    }


def _relationship(graph: GraphReader, edge: Edge) -> dict[str, Any]:
    document_id, description = graph.told(edge.passages[0], [edge.source, edge.target])
    times = sorted([edge.source.created_at, edge.target.created_at])
    return {
        "id": edge.id,
        "src_id": edge.source.id,
        "tgt_id": edge.target.id,
        "relation_type": RELATION,
        "keywords": "",
        "description": description,
        "source_id": document_id,
        "created_at": times[1],
        "updated_at": max(edge.source.updated_at, edge.target.updated_at),
        "weight": float(len(edge.passages)),
        "metadata": {"passages": len(edge.passages)},
    }

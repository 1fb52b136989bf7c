"""The routes that read entities and relationships one by one."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.engine import Engine
from edgequake.local.graph import RELATION
from edgequake.local.graph_reading import MAX_NODES, SOME_NODES, Edge, GraphReader, Node, Part, related, said_of
from edgequake.local.requests import BodyError, RequestError, clamped, page_of

_ROOT = "/api/v1/graph"


class EntityRoutes:
    """`/api/v1/graph/entities` and `/relationships`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route(f"{_ROOT}/entities", self.entities),
            Route(f"{_ROOT}/entities/exists", self.exists),
            Route(f"{_ROOT}/entities/{{name}}/neighborhood", self.neighborhood),
            Route(f"{_ROOT}/entities/{{name}}", self.entity),
            Route(f"{_ROOT}/relationships", self.relationships),
            Route(f"{_ROOT}/relationships/{{id}}", self.relationship),
        ]

    def entities(self, request: Request) -> Response:
        """One page of the entities, by name."""
        asked, (page, size) = request.query_params, page_of(request.query_params)
        kind, search = asked.get("entity_type"), asked.get("search")
        with self._engine.graph(request) as graph:
            found, total = graph.page((page - 1) * size, size, entity_type=kind, search=search, by_name=True)
            items = [_entity(graph, node, graph.around(node, 1, MAX_NODES)) for node in graph.mentioned(found)]
        return _listed(items, total, page, size)

    def exists(self, request: Request) -> Response:
        """Whether there is an entity of this name."""
        name = request.query_params.get("entity_name")
        if name is None:
            raise BodyError(400, "Failed to deserialize query string: missing field `entity_name`")
        with self._engine.graph(request) as graph:
            node = graph.node(name)
            degree = graph.around(node, 1, MAX_NODES).degrees()[node.id]["total"] if node else None
            told = {"entity_id": node and node.id, "entity_type": node and node.entity_type, "degree": degree}
            return JSONResponse({"exists": node is not None, **told})

    def entity(self, request: Request) -> Response:
        """One entity with its relationships."""
        with self._engine.graph(request) as graph:
            node = known(graph, request.path_params["name"])
            part = graph.around(node, 1, MAX_NODES)
            going = [edge for edge in part.edges if edge.source.id == node.id]
            coming = [edge for edge in part.edges if edge.target.id == node.id]
            return JSONResponse(
                {
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
            )

    def neighborhood(self, request: Request) -> Response:
        """What is around an entity, without it."""
        with self._engine.graph(request) as graph:
            node = known(graph, request.path_params["name"])
            part = graph.around(node, clamped(request.query_params, "depth", 1, 3), MAX_NODES)
            degrees = part.degrees()
            nodes = [
                {
                    "id": other.id,
                    "entity_type": other.entity_type,
                    "description": said_of(graph, other)[1],
                    "degree": degrees[other.id]["total"],
                }
                for other in part.nodes[1:]
            ]
            edges = [
                {"id": edge.id, "source": edge.source.id, "target": edge.target.id, **_relation(edge)}
                for edge in part.edges
            ]
            return JSONResponse({"nodes": nodes, "edges": edges})

    def relationships(self, request: Request) -> Response:
        """One page of the relationships between the entities that most documents mark."""
        (page, size), wanted = page_of(request.query_params), request.query_params.get("relationship_type")
        with self._engine.graph(request) as graph:
            edges = graph.whole(SOME_NODES).edges if wanted in (None, RELATION) else []
            items = [_relationship(graph, edge) for edge in edges[(page - 1) * size : page * size]]
        return _listed(items, len(edges), page, size)

    def relationship(self, request: Request) -> Response:
        """One relationship with its ends."""
        wanted = request.path_params["id"]
        with self._engine.graph(request) as graph:
            source, _, target = wanted.partition("->")
            ends = [node for node in (graph.node(source), graph.node(target)) if node is not None]
            edges = related(ends) if len(ends) == 2 else []
            if not edges:
                raise RequestError(404, "NOT_FOUND", f"Not found: relationship {wanted}")
            told = {end.id: {"id": end.id, "entity_type": end.entity_type} for end in ends}
            edge = edges[0]
            both = {"source": told[edge.source.id], "target": told[edge.target.id]}
            return JSONResponse({"relationship": _relationship(graph, edge), "entities": both})


def known(graph: GraphReader, name: str) -> Node:
    """The entity of this id or name. RequestError 404."""
    node = graph.node(name)
    if node is None:
        raise RequestError(404, "NOT_FOUND", f"Not found: entity {name}")
    return node


def _listed(items: list[dict[str, Any]], total: int, page: int, size: int) -> Response:
    told = {"total": total, "page": page, "page_size": size, "total_pages": -(-total // size)}
    return JSONResponse({"items": items, **told})


def _relation(edge: Edge) -> dict[str, Any]:
    return {"relation_type": RELATION, "weight": float(len(edge.passages))}


def _entity(graph: GraphReader, node: Node, around: Part) -> dict[str, Any]:
    document_id, description = said_of(graph, node)
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

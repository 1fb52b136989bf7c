"""The routes that read entities, relationships and passages one by one."""

from typing import Any

from edgequake.local.graph import RELATION
from edgequake.local.graph_reading import MAX_NODES, SOME_NODES, Edge, GraphReader, Node, Part, related
from edgequake.local.requests import clamped, existing, not_found, page_of, pages_of, required
from edgequake.local.routing import Asked, Routes, route
from edgequake.local.wire import fields

_MOST_BESIDE = 10


class EntityRoutes(Routes):
    """``/api/v1/graph/entities``, ``/graph/relationships`` and ``/chunks``."""

    @route("GET /api/v1/graph/entities")
    def entities(self, asked: Asked) -> object:
        """One page of the entities, by name."""
        page, size = page_of(asked.query)
        kind, search = asked.query.get("entity_type"), asked.query.get("search")
        with asked.graph() as graph:
            found, total = graph.page((page - 1) * size, size, entity_type=kind, search=search, by_name=True)
            items = [_entity(graph, node, graph.around([node], 1, MAX_NODES)) for node in graph.mentioned(found)]
        return {"items": items, **pages_of(page, size, total)}

    @route("GET /api/v1/graph/entities/exists")
    def exists(self, asked: Asked) -> object:
        """Whether there is an entity of this name."""
        name = required(asked.query, "entity_name")
        with asked.graph() as graph:
            node = graph.node(name)
            degree = graph.degree(node)["total"] if node else None
        told = {"entity_id": node and node.id, "entity_type": node and node.entity_type, "degree": degree}
        return {"exists": node is not None, **told}

    @route("GET /api/v1/graph/entities/{name}/neighborhood")
    def neighborhood(self, asked: Asked) -> object:
        """What is around an entity, without it."""
        with asked.graph() as graph:
            node = known(graph, asked["name"])
            part = graph.around([node], clamped(asked.query, "depth", 1, 3), MAX_NODES)
            degrees = part.degrees()
            nodes = [
                {
                    **fields(other, "id", "entity_type"),
                    "description": graph.said_of(other)[1],
                    "degree": degrees[other.id]["total"],
                }
                for other in part.nodes[1:]
            ]
        edges = [
            {"source": edge.source.id, "target": edge.target.id, "id": edge.id, **_relation(edge)}
            for edge in part.edges
        ]
        return {"nodes": nodes, "edges": edges}

    @route("GET /api/v1/graph/entities/{name}")
    def entity(self, asked: Asked) -> object:
        """One entity with its relationships."""
        with asked.graph() as graph:
            node = known(graph, asked["name"])
            part = graph.around([node], 1, MAX_NODES)
            entity = _entity(graph, node, part)
        going = [{"target": edge.target.id, **_relation(edge)} for edge in part.edges if edge.source.id == node.id]
        coming = [{"source": edge.source.id, **_relation(edge)} for edge in part.edges if edge.target.id == node.id]
        counts = {"outgoing_count": len(going), "incoming_count": len(coming), "document_references": node.documents}
        return {
            "entity": entity,
            "relationships": {"outgoing": going, "incoming": coming},
            "statistics": {"total_relationships": len(going) + len(coming), **counts},
        }

    @route("GET /api/v1/graph/relationships")
    def relationships(self, asked: Asked) -> object:
        """One page of the relationships between the entities that most documents mark."""
        (page, size), wanted = page_of(asked.query), asked.query.get("relationship_type")
        with asked.graph() as graph:
            edges = graph.whole(SOME_NODES).edges if wanted in (None, RELATION) else []
            items = [_relationship(graph, edge) for edge in edges[(page - 1) * size : page * size]]
        return {"items": items, **pages_of(page, size, len(edges))}

    @route("GET /api/v1/graph/relationships/{id}")
    def relationship(self, asked: Asked) -> object:
        """One relationship with its ends."""
        with asked.graph() as graph:
            ends = [node for node in map(graph.node, asked["id"].split("->", 1)) if node is not None]
            edges = related(ends) if len(ends) == 2 else []
            if not edges:
                raise not_found("relationship", asked["id"])
            both = {"source": edges[0].source, "target": edges[0].target}
            told = {end: fields(node, "id", "entity_type") for end, node in both.items()}
            return {"relationship": _relationship(graph, edges[0]), "entities": told}

    @route("GET /api/v1/chunks/{id}")
    def chunk(self, asked: Asked) -> object:
        """A passage with what it mentions."""
        hit = self.passage(asked)
        entities, relations = self.store.graph("", [hit], _MOST_BESIDE, _MOST_BESIDE, workspace=asked.workspace)
        text = self.store.records.content(hit.document_id) or ""
        before = sum(len(line) + 1 for line in text.split("\n")[: hit.start_line - 1])
        return {
            **fields(hit, "document_id", "start_line", "end_line"),
            "chunk_id": hit.id,
            "document_name": hit.title,
            "content": hit.text,
            "index": hit.chunk_index,
            "char_range": {"start": before, "end": before + len(hit.text)},
            "token_count": len(hit.text.split()),
            "entities": [fields(one, "id", "name", "entity_type", "description") for one in entities],
            "relationships": [
                {**fields(one, "relation_type", "description"), "source_name": one.source, "target_name": one.target}
                for one in relations
            ],
            "extraction_metadata": None,
        }


def known(graph: GraphReader, name: str) -> Node:
    """The entity of this id or name. RequestError 404."""
    return existing(graph.node(name), "entity", name)


def _relation(edge: Edge) -> dict[str, Any]:
    return {"relation_type": RELATION, "weight": float(len(edge.passages))}


def _entity(graph: GraphReader, node: Node, around: Part) -> dict[str, Any]:
    document_id, description = graph.said_of(node)
    return {
        **fields(node, "id", "entity_type", "created_at", "updated_at"),
        "entity_name": node.name,
        "description": description,
        "source_id": document_id,
        "degree": around.degrees()[node.id]["total"],
        "metadata": {"documents": node.documents, "mentions": len(node.mentions)},
    }


def _relationship(graph: GraphReader, edge: Edge) -> dict[str, Any]:
    document_id, description = graph.told(edge.passages[0], [edge.source, edge.target])
    return {
        "id": edge.id,
        "src_id": edge.source.id,
        "tgt_id": edge.target.id,
        "relation_type": RELATION,
        "keywords": "",
        "description": description,
        "source_id": document_id,
        "created_at": max(edge.source.created_at, edge.target.created_at),
        "updated_at": max(edge.source.updated_at, edge.target.updated_at),
        "weight": float(len(edge.passages)),
        "metadata": {"passages": len(edge.passages)},
    }

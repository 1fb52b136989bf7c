"""``client.graph``, ``client.entities``, ``client.relationships``, ``client.lineage`` and ``client.chunks``."""

from __future__ import annotations

from api.rows.row import DOC, Row

CHUNK = f"{DOC}-chunk-0"
EDGE = "MIRA_OKAFOR->ORION_RELAY|OPERATES"
EDGE_PATH = "/api/v1/graph/relationships/MIRA_OKAFOR-%3EORION_RELAY%7COPERATES"

GRAPH = {
    "graph.get": Row(lambda c: c.graph.get(), "GET /api/v1/graph", answers=("graph_legacy_int_degree",)),
    "graph.get, all options": Row(
        lambda c: c.graph.get(start_node="MIRA OKAFOR", depth=2, max_nodes=50),
        "GET /api/v1/graph?start_node=MIRA+OKAFOR&depth=2&max_nodes=50",
    ),
    "graph.node": Row(lambda c: c.graph.node("MIRA/OKAFOR"), "GET /api/v1/graph/nodes/MIRA%2FOKAFOR"),
    "graph.search": Row(
        lambda c: c.graph.search("mira", limit=5, include_neighbors=True, neighbor_depth=2, entity_type="PERSON"),
        "GET /api/v1/graph/nodes/search?q=mira&limit=5&include_neighbors=true&neighbor_depth=2&entity_type=PERSON",
    ),
    "graph.search_labels": Row(
        lambda c: c.graph.search_labels("mira", limit=3), "GET /api/v1/graph/labels/search?q=mira&limit=3"
    ),
    "graph.popular_labels": Row(
        lambda c: c.graph.popular_labels(limit=3, min_degree=2, entity_type="PERSON"),
        "GET /api/v1/graph/labels/popular?limit=3&min_degree=2&entity_type=PERSON",
    ),
    "graph.degrees": Row(
        lambda c: c.graph.degrees(["MIRA_OKAFOR"]),
        "POST /api/v1/graph/degrees/batch",
        body={"node_ids": ["MIRA_OKAFOR"]},
    ),
    "graph.communities": Row(lambda c: c.graph.communities(), "GET /api/v1/graph/communities"),
    "graph.facets": Row(lambda c: c.graph.facets(), "GET /api/v1/graph/facets"),
    "entities.list": Row(
        lambda c: c.entities.list(page=2, entity_type="PERSON", search="mira").first_page(),
        "GET /api/v1/graph/entities?page_size=100&page=2&entity_type=PERSON&search=mira",
    ),
    "entities.create": Row(
        lambda c: c.graph.entities.create("MIRA_OKAFOR", entity_type="PERSON", metadata={"origin": "manual"}),
        "POST /api/v1/graph/entities",
        body={
            "entity_name": "MIRA_OKAFOR",
            "entity_type": "PERSON",
            "description": "",
            "source_id": "manual_entry",
            "metadata": {"origin": "manual"},
        },
    ),
    "entities.get": Row(lambda c: c.entities.get("MIRA_OKAFOR"), "GET /api/v1/graph/entities/MIRA_OKAFOR"),
    "entities.update": Row(
        lambda c: c.entities.update("MIRA_OKAFOR", entity_type="ROLE", description="Lead.", metadata=[1]),
        "PUT /api/v1/graph/entities/MIRA_OKAFOR",
        body={"entity_type": "ROLE", "description": "Lead.", "metadata": [1]},
    ),
    "entities.delete": Row(
        lambda c: c.entities.delete("MIRA_OKAFOR", delete_relationships=False),
        "DELETE /api/v1/graph/entities/MIRA_OKAFOR?confirm=true&delete_relationships=false",
    ),
    "entities.exists": Row(
        lambda c: c.entities.exists("MIRA_OKAFOR"),
        "GET /api/v1/graph/entities/exists?entity_name=MIRA_OKAFOR",
        answers=("entity_exists_false",),
    ),
    "entities.merge": Row(
        lambda c: c.entities.merge("M_OKAFOR", "MIRA_OKAFOR", merge_strategy="merge", metadata={"a": 1}),
        "POST /api/v1/graph/entities/merge",
        body={
            "source_entity": "M_OKAFOR",
            "target_entity": "MIRA_OKAFOR",
            "merge_strategy": "merge",
            "metadata": {"a": 1},
        },
    ),
    "entities.merge, no strategy": Row(
        lambda c: c.entities.merge("M_OKAFOR", "MIRA_OKAFOR", merge_strategy=None),
        "POST /api/v1/graph/entities/merge",
        body={"source_entity": "M_OKAFOR", "target_entity": "MIRA_OKAFOR"},
    ),
    "entities.neighborhood": Row(
        lambda c: c.entities.neighborhood("MIRA_OKAFOR", depth=2),
        "GET /api/v1/graph/entities/MIRA_OKAFOR/neighborhood?depth=2",
    ),
    "entities.provenance": Row(
        lambda c: c.entities.provenance("MIRA_OKAFOR"), "GET /api/v1/entities/MIRA_OKAFOR/provenance"
    ),
    "relationships.list": Row(
        lambda c: c.relationships.list(page=2, relationship_type="OPERATES").first_page(),
        "GET /api/v1/graph/relationships?page_size=100&page=2&relationship_type=OPERATES",
    ),
    "relationships.create": Row(
        lambda c: c.relationships.create(
            "MIRA_OKAFOR", "ORION_RELAY", keywords=["operations", "relay"], weight=0.9, metadata={}
        ),
        "POST /api/v1/graph/relationships",
        body={
            "src_id": "MIRA_OKAFOR",
            "tgt_id": "ORION_RELAY",
            "keywords": "operations,relay",
            "description": "",
            "source_id": "manual_entry",
            "weight": 0.9,
            "metadata": {},
        },
    ),
    "relationships.get": Row(lambda c: c.relationships.get(EDGE), f"GET {EDGE_PATH}"),
    "relationships.update": Row(
        lambda c: c.graph.relationships.update(
            EDGE, keywords=("a", "b"), weight=0.5, description="d", metadata={"a": None}
        ),
        f"PUT {EDGE_PATH}",
        body={"keywords": "a,b", "weight": 0.5, "description": "d", "metadata": {"a": None}},
    ),
    "relationships.update, one field": Row(
        lambda c: c.relationships.update(EDGE, weight=0.5, keywords=None), f"PUT {EDGE_PATH}", body={"weight": 0.5}
    ),
    "relationships.delete": Row(lambda c: c.relationships.delete(EDGE), f"DELETE {EDGE_PATH}"),
    "lineage.entity": Row(lambda c: c.lineage.entity("MIRA_OKAFOR"), "GET /api/v1/lineage/entities/MIRA_OKAFOR"),
    "lineage.document": Row(lambda c: c.lineage.document(DOC), f"GET /api/v1/lineage/documents/{DOC}"),
    "chunks.get": Row(lambda c: c.chunks.get(CHUNK), f"GET /api/v1/chunks/{CHUNK}"),
    "chunks.lineage": Row(lambda c: c.chunks.lineage(CHUNK), f"GET /api/v1/chunks/{CHUNK}/lineage"),
}

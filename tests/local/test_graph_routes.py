"""The graph's routes as this package's own client reads them."""

import httpx
import pytest
from local.whole import unknown_in

from edgequake import EdgequakeClient, NotFoundError
from edgequake.local import LocalServer

RELAY = "# Orion relay\n\nThe Orion relay is run by Mira Okafor in Lyon. All of Lyon knows.\n\n"
RELAY += "## Power\n\nThe Orion relay draws 40 kW."
SITES = "# Site plan\n\nLyon hosts the Orion relay, as the site plan says. Paris is empty, and so is Paris-Nord."
TEAM = "# Team\n\nMira Okafor likes Paris. Vera Lindt does not."


@pytest.fixture(scope="module")
def graph():
    with LocalServer() as server:
        for name, text in {"relay.md": RELAY, "sites.md": SITES, "team.md": TEAM}.items():
            server.store.add_document(name, text, document_id=name)
        with EdgequakeClient(base_url=server.url, tenant_id="default", workspace_id="default") as client:
            yield client.graph


def test_the_whole_graph_holds_what_the_documents_mark_and_what_stands_together(graph) -> None:
    found = graph.get()
    assert unknown_in(found) == []
    assert {node.id for node in found.nodes} >= {"ORION_RELAY", "MIRA_OKAFOR", "LYON", "SITE_PLAN", "VERA_LINDT"}
    (edge,) = [edge for edge in found.edges if {edge.source, edge.target} == {"LYON", "ORION_RELAY"}]
    assert (edge.id, edge.relationship_type, edge.weight) == ("LYON|MENTIONED_WITH|ORION_RELAY", "MENTIONED_WITH", 2.0)
    assert edge.description == "The Orion relay is run by Mira Okafor in Lyon."
    (mira,) = [node for node in found.nodes if node.id == "MIRA_OKAFOR"]
    assert (mira.label, mira.node_type) == ("Mira Okafor", "NAME")
    assert mira.properties["source_ids"] == ["relay.md-chunk-0", "team.md-chunk-0"]
    assert mira.degree.total == sum("MIRA_OKAFOR" in (edge.source, edge.target) for edge in found.edges)
    assert not found.is_truncated
    fewer = graph.get(max_nodes=2)
    assert (len(fewer.nodes), fewer.is_truncated, fewer.total_nodes) == (2, True, found.total_nodes)


def test_around_an_entity_is_what_is_so_many_steps_away(graph) -> None:
    near = {node.id for node in graph.get(start_node="Vera Lindt", depth=1).nodes}
    far = {node.id for node in graph.get(start_node="VERA_LINDT", depth=2).nodes}
    assert near == {"VERA_LINDT", "MIRA_OKAFOR"} | (near & {"PARIS"})
    assert "ORION_RELAY" in far - near
    around = graph.entities.neighborhood("Vera Lindt", depth=1)
    assert unknown_in(around) == []
    assert {node.id for node in around.nodes} == near - {"VERA_LINDT"}


def test_the_graph_streams_in_the_contract_s_order(graph) -> None:
    whole = graph.get(max_nodes=200)
    with graph.stream(batch_size=10) as stream:
        events = list(stream)
    assert [event.type for event in events] == ["metadata", "nodes", "edges", "done"]
    loaded = graph.load()
    assert ([n.id for n in loaded.nodes], [e.id for e in loaded.edges]) == (
        [n.id for n in whole.nodes],
        [e.id for e in whole.edges],
    )


def test_an_entity_is_found_by_any_spelling_and_tells_its_relationships(graph) -> None:
    entity = graph.entities.get("orion-relay")
    assert unknown_in(entity) == []
    assert (entity.entity.id, entity.entity.entity_name, entity.entity.entity_type) == (
        "ORION_RELAY",
        "Orion relay",
        "TOPIC",
    )
    others = {r.target for r in entity.relationships.outgoing} | {r.source for r in entity.relationships.incoming}
    assert {"LYON", "MIRA_OKAFOR"} <= others
    assert entity.statistics.total_relationships == entity.entity.degree == len(others)
    assert unknown_in(graph.node("MIRA_OKAFOR")) == []
    for read in (graph.entities.get, graph.node, graph.entities.neighborhood):
        with pytest.raises(NotFoundError):
            read("NOBODY")
    assert graph.entities.exists("mira okafor").exists
    assert not graph.entities.exists("nobody").exists


def test_entities_and_relationships_are_listed_in_pages(graph) -> None:
    names = [entity.entity_name for entity in graph.entities.list(page_size=2)]
    assert names == sorted(names, key=str.casefold)
    assert len(names) == graph.get().total_nodes > 4
    page = next(iter(graph.entities.list(page_size=2, search="okafor").pages()))
    assert unknown_in(page) == []
    assert [entity.id for entity in page.items] == ["MIRA_OKAFOR"]
    assert {entity.entity_type for entity in graph.entities.list(entity_type="topic")} == {"TOPIC"}
    edges = list(graph.relationships.list(page_size=3))
    assert unknown_in(edges) == []
    assert len(edges) == len(graph.get().edges)
    one = graph.relationships.get(edges[0].id)
    assert unknown_in(one) == []
    assert one.relationship == edges[0]
    assert list(graph.relationships.list(relationship_type="OTHER")) == []
    for missing in ("LYON->NOBODY", "VERA_LINDT->SITE_PLAN", "x"):
        with pytest.raises(NotFoundError):
            graph.relationships.get(missing)


def test_labels_degrees_and_facets_tell_of_the_same_graph(graph) -> None:
    assert graph.search_labels("plan").labels == ["SITE_PLAN"]
    popular = graph.popular_labels(limit=3)
    assert unknown_in(popular) == []
    totals = [label.degree.total for label in popular.labels]
    assert totals == sorted(totals, reverse=True)
    assert graph.popular_labels(min_degree=99).labels == []
    degrees = graph.degrees(["ORION_RELAY", "nobody"])
    assert unknown_in(degrees) == []
    assert [row.degree.total for row in degrees.degrees] == [graph.entities.get("ORION_RELAY").entity.degree, 0]
    facets = graph.facets()
    assert {facet.name for facet in facets.entity_types} == {"TOPIC", "NAME"}
    assert facets.relationship_types[0].count == len(graph.get().edges)


def test_a_search_brings_neighbours_when_asked(graph) -> None:
    alone = graph.search("lindt")
    assert unknown_in(alone) == []
    assert ([node.id for node in alone.nodes], alone.total_matches) == (["VERA_LINDT"], 1)
    assert alone.nodes[0].degree.total == graph.node("VERA_LINDT").degree.total > 0  # of the whole graph, too
    together = graph.search("lindt", include_neighbors=True)
    assert {"VERA_LINDT", "MIRA_OKAFOR"} <= {node.id for node in together.nodes}
    one = graph.search("lindt", include_neighbors=True, limit=1)
    assert [node.id for node in one.nodes] == [node.id for node in together.nodes]  # the limit is of those that match


def test_bad_questions_are_refused(client: httpx.Client) -> None:
    for path in ("nodes/search", "labels/search", "entities/exists", "entities?page=x"):
        assert client.get(f"/api/v1/graph/{path}").status_code == 400
    assert client.get("/api/v1/graph", headers={"X-Workspace-ID": "x"}).status_code == 400

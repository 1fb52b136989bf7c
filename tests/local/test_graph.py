import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local import contract
from local.contract import check
from local.reading import events, text_of

from edgequake.local import Store
from edgequake.local.graph import extract
from edgequake.local.passages import split

TEXT = """\
# Orion relay

The relay is run by Mira Okafor in Lyon. See the [site plan](plan.md) and `relay_ctl`.

## Overview

Lyon has racks. People in Lyon like the site plan; relay_ctl() stops it.

```sh
`not_an_entity`
```
"""


def kinds(text: str) -> dict[str, str]:
    return {entity.id: entity.entity_type for entity in extract(split(text)).entities}


def test_entities_are_what_the_author_marked() -> None:
    found = kinds(TEXT)
    assert found == {
        "ORION_RELAY": "TOPIC",
        "RELAY_CTL": "CODE",
        "SITE_PLAN": "REFERENCE",
        "MIRA_OKAFOR": "NAME",
        "LYON": "NAME",
    }


def test_a_single_capitalised_word_must_recur_and_stand_inside_a_sentence() -> None:
    assert kinds("We met Vera once. Every day ends. Every night too.") == {}
    assert kinds("We met Vera once. Then Vera left.") == {"VERA": "NAME"}


def test_one_thing_spelled_in_two_ways_is_one_entity() -> None:
    found = extract(split("# Orion relay\n\nSee `orion-relay` and the ORION RELAY.")).entities
    assert [(entity.id, entity.name) for entity in found] == [("ORION_RELAY", "Orion relay")]


def test_related_is_what_a_passage_mentions_together() -> None:
    graph = extract(split(TEXT))
    ends = {frozenset((r.source, r.target)): r.weight for r in graph.relationships}
    assert ends[frozenset(("LYON", "RELAY_CTL"))] == 2
    assert ends[frozenset(("LYON", "MIRA_OKAFOR"))] == 1
    assert len(graph.relationships) == len(ends)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("AaBb `[]()#.\n*_-é漢\u2019 "), max_size=120))
def test_no_text_breaks_it_and_ids_are_well_formed(text: str) -> None:
    graph = extract(split(text))
    ids = [entity.id for entity in graph.entities]
    assert len(ids) == len(set(ids))
    assert all(r.source in ids and r.target in ids for r in graph.relationships)


def test_deleting_a_document_forgets_what_only_it_said() -> None:
    with Store() as store:
        store.add_document("a.md", TEXT, document_id="a")
        store.add_document("b.md", "# Orion relay\n\nOrion relay again.", document_id="b")
        store.delete("a")
        left = [row[0] for row in store.database.connection.execute("SELECT id FROM entities")]
        assert left == ["ORION_RELAY"]
        store.delete("b")
        for table in ("entities", "entity_words", "mentions", "relationships", "passages", "passage_words"):
            assert store.database.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


MODES = {
    "naive": {"chunk"},
    "local": {"chunk", "entity"},
    "global": {"chunk", "relationship"},
    "hybrid": {"chunk", "entity", "relationship"},
    "mix": {"chunk", "entity", "relationship"},
    "bypass": set(),
}


@pytest.mark.parametrize("mode", MODES)
def test_the_mode_decides_what_comes_along_and_never_what_is_quoted(client: httpx.Client, mode: str) -> None:
    body = {"query": "Who operates the Orion relay?", "mode": mode}
    found = client.post("/api/v1/query", json=body).json()
    check(found, contract.QUERY)
    types = [source["source_type"] for source in found["sources"]]
    assert set(types) == MODES[mode]
    assert types == sorted(types)  # chunk, entity, relationship
    assert [source["reference_id"] for source in found["sources"]] == list(range(1, len(types) + 1))
    assert len(found["subgraph"]["entities"]) == types.count("entity")
    assert len(found["subgraph"]["relationships"]) == types.count("relationship")
    if mode != "bypass":
        naive = client.post("/api/v1/query", json={**body, "mode": "naive"}).json()
        assert found["answer"] == naive["answer"]


def test_entities_and_relationships_tell_where_they_stand(client: httpx.Client) -> None:
    found = client.post("/api/v1/query", json={"query": "Who operates the Orion relay?"}).json()
    chunks = {source["id"]: source for source in found["sources"] if source["source_type"] == "chunk"}
    (orion,) = [source for source in found["sources"] if source["id"] == "ORION_RELAY"]
    assert (orion["entity_type"], orion["score"]) == ("TOPIC", 1.0)
    assert orion["degree"] >= 1
    assert chunks.keys() & set(orion["source_chunk_ids"])
    assert "Orion relay" in orion["snippet"]
    for edge in found["subgraph"]["relationships"]:
        assert edge["id"] == f"{edge['source']}->{edge['target']}"
        assert edge["relation_type"] == "MENTIONED_WITH"


def test_the_filter_holds_for_the_graph_too(client: httpx.Client) -> None:
    plan = {"document_filter": {"document_pattern": "plan.txt"}, "content_granularity": "agent"}
    found = client.post("/api/v1/query", json={"query": "Orion relay Lyon", **plan}).json()
    assert "ORION_RELAY" not in [source["id"] for source in found["sources"]]


@pytest.mark.parametrize("stream_format", ["v2", "v3", "v9"])
@pytest.mark.parametrize("include", [True, False])
def test_the_graph_comes_as_the_format_has_it(client: httpx.Client, stream_format: str, include: bool) -> None:
    body = {"query": "Who operates the Orion relay?", "stream_format": stream_format, "include_subgraph": include}
    found = events(client.post("/api/v1/query/stream", json=body).text)
    shapes = contract.V3 if stream_format == "v3" else contract.V2
    for event in found:
        check(event, shapes[event["type"]])
    kinds = [event["type"] for event in found]
    assert kinds == ["thinking", "context", *["token"] * (len(kinds) - 3), "done"]
    assert text_of(found) == found[-1]["answer"]
    context = found[1]
    if stream_format == "v3":
        assert bool(context["bundle"]["subgraph"]["entities"]) is include
        assert [c["id"] for c in context["bundle"]["chunks"]] == [
            source["id"] for source in context["sources"] if source["source_type"] == "chunk"
        ]
        assert "It is operated by Mira" in context["bundle"]["chunks"][0]["content"]
        assert context["bundle"]["documents"][0]["title"] == "orion.md"
    else:
        assert ("subgraph" in context) is include
    whole = client.post("/api/v1/query", json={"query": "relay", "include_subgraph": include}).json()
    assert ("subgraph" in whole) is include

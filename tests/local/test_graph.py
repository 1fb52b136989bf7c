import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local import contract
from local.contract import check
from local.reading import events, text_of
from tables import table

from edgequake.local import Store
from edgequake.local.graph import key_of, names
from edgequake.local.passages import split

TEXT = """\
# Orion relay

The Orion relay is run by Mira Okafor in Lyon. See the [site plan](plan.md) and `relay_ctl`.

## Clients

Clients are in Lyon; people in Lyon like the site plan; `relay_ctl()` stops it, `failed` or `GET` say nothing.

## Cooling loop

The cooling loop hums near the `CoolingLoop` and `ssl.SSLContext`. Clients like it.

```sh
not An Entity
```
"""


def kinds(text: str) -> dict[str, str]:
    return {name.id: name.entity_type for name in names(split(text)).values()}


def test_entities_are_what_the_author_marked_and_the_text_speaks_of() -> None:
    assert kinds(TEXT) == {
        "ORION_RELAY": "TOPIC",
        "COOLING_LOOP": "TOPIC",
        "RELAY_CTL": "CODE",
        "COOLINGLOOP": "CODE",
        "SSL_SSLCONTEXT": "CODE",
        "MIRA_OKAFOR": "NAME",
        "LYON": "NAME",
    }


@table(
    "text",
    [
        "# Clients\n\nClients ask.",
        "# A\n\nIt answers.\n\n## Clients\n\nClients ask.\n\n# B\n\nClients wait.",
        "# Cooling loop\n\nIt hums.",
        "# What to catch\n\nWhat to catch is known.",
        "# Errors\n\nErrors.\n\n## More\n\nErrors.",
        "Use `request` or `None`, `true` or `GET`.",
    ],
)
def test_what_no_one_would_look_up_is_no_entity(text: str) -> None:
    assert kinds(text) == {}


def test_a_title_of_one_word_is_one_when_more_than_a_passage_speaks_of_it() -> None:
    assert kinds("# Streaming\n\nStreaming is fast.\n\n## Why\n\nStreaming saves time.") == {"STREAMING": "TOPIC"}


def test_a_single_capitalised_word_must_recur_and_stand_inside_a_sentence() -> None:
    assert kinds("We met Vera once. Every day ends. Every night too.") == {}
    assert kinds("We met Vera once. Then Vera left.") == {"VERA": "NAME"}


def test_one_thing_spelled_in_several_ways_is_one_entity() -> None:
    found = names(split("# Orion relays\n\nSee `orion-relay` and the ORION RELAYS."))
    assert [(name.id, name.text) for name in found.values()] == [("ORION_RELAYS", "Orion relays")]
    assert key_of(["glass", "bus", "basis", "news", "relays"]) == "glass bus basis news relay"


@settings(max_examples=150)
@given(st.text(alphabet=st.sampled_from("AaBb `[]()#.\n*_-é漢\u2019 "), max_size=120))
def test_no_text_breaks_it_and_ids_are_well_formed(text: str) -> None:
    found = names(split(text))
    assert len({name.id for name in found.values()}) == len(found)
    assert all(name.id and name.id == name.id.upper() for name in found.values())


def test_deleting_a_document_forgets_what_only_it_said() -> None:
    with Store() as store:
        store.add_document("a.md", TEXT, document_id="a")
        store.add_document("b.md", "# Orion relay\n\nOrion relay again.", document_id="b")
        store.delete("a")
        left = [row[0] for row in store.database.connection.execute("SELECT id FROM entities")]
        assert left == ["ORION_RELAY"]
        store.delete("b")
        for table in ("entities", "marks", "passages", "passage_words"):
            assert store.database.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_what_one_document_names_is_found_in_another_and_tells_what_is_said_of_it() -> None:
    with Store() as store:
        store.add_document("a.md", "# Sites\n\nThe spare beacon belongs to Mira Okafor. Nobody else has one.")
        store.add_document("b.md", TEXT)
        hits = store.search("Who owns the beacon?")[:1]
        entities, relationships = store.graph("Who owns the beacon?", hits)
        assert relationships == []
        (mira,) = entities
        assert (mira.id, mira.places[0].title) == ("MIRA_OKAFOR", "a.md")
        assert mira.description == "The spare beacon belongs to Mira Okafor."
        assert mira.chunk_ids[0] == hits[0].id
        assert len(mira.chunk_ids) == 2
        both = store.search("Orion relay")[:1]
        (relay, *others), (edge, *_) = store.graph("Orion relay", both)
        assert (relay.id, relay.score, relay.degree) == ("ORION_RELAY", 1.0, 3)
        assert len(others) == 2
        assert {edge.source, edge.target} in ({relay.id, "MIRA_OKAFOR"}, {relay.id, "LYON"})
        assert edge.description == "The Orion relay is run by Mira Okafor in Lyon."
        assert edge.place.id == both[0].id


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
    assert chunks.keys() & set(orion["source_chunk_ids"])
    assert "Orion relay" in orion["snippet"]
    for edge in found["subgraph"]["relationships"]:
        assert edge["id"] == f"{edge['source']}->{edge['target']}"
        assert edge["relation_type"] == "MENTIONED_WITH"
        assert edge["lineage"]["source_chunk_id"] in chunks


def test_at_most_five_stand_beside_an_answer(client: httpx.Client) -> None:
    for mode in MODES:
        found = client.post("/api/v1/query", json={"query": "Orion relay Lyon Mira Okafor racks", "mode": mode}).json()
        assert len([source for source in found["sources"] if source["source_type"] != "chunk"]) <= 5


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

"""``edgequake graph`` and ``edgequake conversations``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cli.commands import Ended, Run

    from edgequake.testing import ScriptServer

SAMPLES = Path(__file__).parent.parent / "fixtures" / "api"
API = "/api/v1"
USER = "00000000-0000-0000-0000-000000000001"


def sample(name: str, **changes: Any) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8")) | changes


@pytest.fixture
def eq(run: Run, edgequake_script: ScriptServer) -> Any:
    """Runs a command against the scripted server."""

    def eq(*args: str, **how: Any) -> Ended:
        scope = ("--tenant", "default", "--workspace", "default", "--user", USER)
        return run(*args, "--base-url", edgequake_script.url, *scope, **how)

    return eq


def test_entities_are_found(eq: Any, edgequake_script: ScriptServer) -> None:
    found = sample("graph_nodes_search")
    edgequake_script.on("GET", f"{API}/graph/nodes/search").always().reply(json=found)
    first = eq("graph", "search", "orion", "--type", "ORG", "--limit", "3").out.splitlines()[0].split("\t")
    assert (first[0], len(first)) == (found["nodes"][0]["id"], 4)
    assert edgequake_script.requests[0].query == {"q": "orion", "limit": "3", "entity_type": "ORG"}
    assert json.loads(eq("graph", "search", "orion", "--json").out) == found
    assert found["nodes"][0]["id"] in eq("graph", "search", "orion", terminal=True).out


def test_the_graph_is_shown_as_lines_a_tree_json_or_for_graphviz(eq: Any, edgequake_script: ScriptServer) -> None:
    graph = sample("graph", is_truncated=True)
    graph["edges"][0] |= {"relationship_type": 'SAYS "no" \\ yes'}
    edgequake_script.on("GET", f"{API}/graph").always().reply(json=graph)
    edge = graph["edges"][0]
    line = eq("graph", "show", "ORION", "--depth", "2", "--max", "9").out.splitlines()[0]
    assert line == f"{edge['source']}\t{edge['relationship_type']}\t{edge['target']}"
    assert edgequake_script.requests[0].query == {"start_node": "ORION", "depth": "2", "max_nodes": "9"}
    tree = eq("graph", "show", terminal=True).out
    assert (graph["nodes"][0]["id"] in tree, "--max shows more" in tree) == (True, True)
    dot = eq("graph", "show", "--dot").out
    assert dot.startswith("digraph edgequake {\n")
    assert f'  "{edge["source"]}" -> "{edge["target"]}" [label="SAYS \\"no\\" \\\\ yes"];' in dot
    assert json.loads(eq("graph", "show", "--json").out) == graph
    assert eq("graph", "show", "--json", "--dot").code == 2
    edgequake_script.on("GET", f"{API}/graph").always().reply(json=graph | {"nodes": [], "edges": []})
    assert "no entities" in eq("graph", "show", terminal=True).out


def test_conversations_are_listed_shown_exported_and_deleted(
    eq: Any, edgequake_script: ScriptServer, tmp_path: Path
) -> None:
    server = edgequake_script
    page, detail = sample("conversations_list"), sample("conversation_detail")
    page["pagination"] |= {"has_more": False, "next_cursor": None}
    messages = sample("messages_list")
    messages["pagination"] |= {"has_more": False, "next_cursor": None}
    server.on("GET", f"{API}/conversations").always().reply(json=page)
    first = page["items"][0]["id"]
    for one in page["items"]:
        server.on("GET", f"{API}/conversations/{one['id']}/messages").always().reply(json=messages)
    server.on("GET", f"{API}/conversations/{first}").always().reply(json=detail)
    server.on("DELETE", f"{API}/conversations/{first}").always().reply(status=204)
    listed = eq("conversations", "list", "--search", "orion", "--limit", "5").out.splitlines()[0].split("\t")
    assert (listed[0], len(listed)) == (first, 4)
    assert json.loads(eq("conversations", "list", "--json").out) == page["items"]
    assert eq("conversations", "show", first).out.startswith(f"{detail['messages'][0]['role']}: ")
    assert json.loads(eq("conversations", "show", first, "--json").out) == detail
    lines = eq("conversations", "export").out.splitlines()
    assert len(lines) == len(page["items"])
    assert json.loads(lines[0])["messages"] == messages["items"]
    messages["items"][0]["content"] = "a\x9b2Jb"  # clears some terminals
    server.on("GET", f"{API}/conversations/{first}/messages").always().reply(json=messages)
    shown = eq("conversations", "export", first, terminal=True).out
    assert (shown.count("\n"), json.loads(shown)["messages"], "\x9b" in shown) == (1, messages["items"], False)
    path = tmp_path / "one.jsonl"
    written = eq("conversations", "export", first, "-o", str(path), "--json")
    assert json.loads(written.out) == {"conversations": 1, "output": str(path)}
    assert len(path.read_text().splitlines()) == 1
    assert eq("conversations", "delete", first).out == ""
    assert json.loads(eq("conversations", "delete", first, "--json").out) == {"deleted": [first]}
    assert eq("conversations", "delete").code == 2

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from ports import stopped

if TYPE_CHECKING:
    from cli.commands import Run

    from edgequake.testing import ScriptServer

HEALTHY = {
    "status": "healthy",
    "version": "0.15.1",
    "storage_mode": "postgresql",
    "workspace_id": "default",
    "components": {"kv_storage": True, "graph_storage": False},
    "providers": {"llm": {"name": "ollama", "model": "gemma3"}},
    "brand_new": {"queue": 3},
}


def test_a_pipe_gets_names_and_values(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on("GET", "/health").reply(json=HEALTHY)
    ended = run("health", "--base-url", edgequake_script.url)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "status: healthy",
        "version: 0.15.1",
        "storage: postgresql",
        "workspace: default",
        "model: ollama/gemma3",
        "kv_storage: yes",
        "graph_storage: no",
    ]


def test_a_terminal_gets_a_table(run: Run, edgequake_script: ScriptServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    edgequake_script.on("GET", "/health").reply(json={**HEALTHY, "components": {"kv": True, "graph": False, "odd": 3}})
    ended = run("health", "--base-url", edgequake_script.url, terminal=True)
    assert [line.rstrip() for line in ended.out.splitlines()] == [
        "  status       ● healthy",
        "  version      0.15.1",
        "  storage      postgresql",
        "  workspace    default",
        "  model        ollama/gemma3",
        "  components   ✓ kv",
        "               - graph",
        "               odd: 3",
    ]


def test_json_is_what_the_server_sent(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on("GET", "/health").reply(json=HEALTHY)
    ended = run("health", "--json", "--base-url", edgequake_script.url)
    assert ended.code == 0
    assert json.loads(ended.out) == HEALTHY


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_server_that_is_not_healthy_is_shown_and_exits_with_1(
    run: Run, edgequake_script: ScriptServer, options: list[str]
) -> None:
    edgequake_script.on("GET", "/health").reply(json={"status": "degraded"})
    ended = run("health", "--base-url", edgequake_script.url, *options, terminal=True)
    assert (ended.code, ended.err) == (1, "")
    assert "degraded" in ended.out


def test_a_dead_server_is_one_line_at_once(run: Run, edgequake_script: ScriptServer) -> None:
    with stopped(edgequake_script):
        ended = run("health", "-v", "--base-url", edgequake_script.url)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert ended.err.startswith(f"edgequake: cannot reach {edgequake_script.url}: ")


def test_what_the_server_says_of_itself_cannot_steer_the_terminal(run: Run, edgequake_script: ScriptServer) -> None:
    evil = "\x1b]0;title\x07[bold]"
    edgequake_script.on("GET", "/health").reply(json={"status": evil, "version": evil, "components": {evil: True}})
    out = run("health", "--base-url", edgequake_script.url, terminal=True).out
    assert out.count("[bold]") == 3
    assert "\x1b]" not in out
    assert "\x07" not in out

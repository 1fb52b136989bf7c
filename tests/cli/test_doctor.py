"""``edgequake doctor``, over a socket."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from edgequake.local import LocalServer

if TYPE_CHECKING:
    from pathlib import Path

    from cli.commands import Run

    from edgequake.testing import ScriptServer


def test_the_local_server_is_as_expected_and_has_nothing_more_afterwards(run: Run, documents: Path) -> None:
    with LocalServer([documents]) as server:
        there = ["--base-url", server.url]
        ended = run("doctor", "--write", "--json", *there)
        told = json.loads(ended.out)
        assert [one for one in told["routes"] if one["verdict"] == "differs"] == []
        assert (ended.code, told["server"], told["counts"]["differs"]) == (0, server.url, 0)
        assert told["version"]
        assert told["counts"]["right"] > 80
        assert sum(told["counts"].values()) == len(told["routes"]) == 186
        assert {one["method"]: one["verdict"] for one in told["routes"]}["workspaces.delete"] == "right"
        left = run("workspaces", "list", "--tenant", "default", "--json", *there)
        assert [one["slug"] for one in json.loads(left.out)] == ["default"]


def test_lines_and_a_table_say_what_differs(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on("GET", "/health").always().reply(
        json={"status": "healthy", "version": "0.32.1", "mood": "good"}
    )
    there = ["--base-url", edgequake_script.url, "--retries", "0"]
    lines = run("doctor", *there)
    assert lines.code == 1
    assert (
        "differs\tGET /health\t200 HealthResponse\t200 HealthResponse, version 0.32.1: unknown field mood\n"
        in lines.out
    )
    assert "not tried\tDELETE /api/v1/documents\tWorkspaceWipe\tit could reach documents of others\n" in lines.out
    assert "note: tenant_id was not given and none could be listed: default was sent" in lines.err
    table = run("doctor", *there, terminal=True)
    words = " ".join(re.sub(r"\x1b\[[\d;]*m", "", table.out).split())
    assert "not tried, it would change the server: --write tries it: workspaces.create, documents.upload_text" in words
    assert "differs GET /health 200" in words
    assert f"EdgeQuake 0.32.1 at {edgequake_script.url}: of 186 routes" in words


def test_what_was_found_is_shown_although_something_is_left(run: Run, edgequake_script: ScriptServer) -> None:
    on, workspaces = edgequake_script.on, "/api/v1/tenants/default/workspaces"
    on("GET", "/health").always().reply(json={"status": "healthy", "version": "0.32.1"})
    on("POST", workspaces).always().reply(status=500, json={"message": "full"})
    on("GET", workspaces).always().reply(status=500, json={"message": "full"})
    ended = run("doctor", "--write", "--base-url", edgequake_script.url, "--retries", "0")
    assert (ended.code, "right\tGET /health" in ended.out) == (1, True)
    assert "something that was made may still be on the server: look for a workspace" in ended.err


def test_a_server_that_is_not_there_is_one_line(run: Run) -> None:
    ended = run("doctor", "--base-url", "http://127.0.0.1:1", "--retries", "0")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)

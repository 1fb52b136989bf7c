"""``edgequake upload``, ``documents``, ``workspaces`` and ``tasks``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cli.commands import Ended, Run

    from edgequake.testing import ScriptServer

SAMPLES = Path(__file__).parent.parent / "fixtures" / "api"
ID = "3e5a9b70-2f4c-4d1b-8f6e-91c2d3e4f504"
API = "/api/v1"


def sample(name: str, **changes: Any) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8")) | changes


@pytest.fixture
def eq(run: Run, edgequake_script: ScriptServer) -> Any:
    """Runs a command against the scripted server."""

    def eq(*args: str, **how: Any) -> Ended:
        return run(*args, "--base-url", edgequake_script.url, "--tenant", "default", "--workspace", "default", **how)

    return eq


@pytest.fixture
def server(edgequake_script: ScriptServer) -> ScriptServer:
    return edgequake_script


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "handbook"
    folder.mkdir()
    (folder / "a.md").write_text("# A")
    (folder / "b.md").write_text("# B")
    (folder / "x.exe").write_text("x")
    return folder


def track(status: str, **fields: Any) -> Any:
    row = {"id": "d-1", "title": "a.md", "status": status, "chunk_count": 3, "track_id": "t"} | fields
    return {"track_id": "t", "documents": [row], "total_count": 1, "is_complete": True}


TAKEN = {"document_id": "d-1", "track_id": "t", "status": "pending", "filename": "a.md"}


# -- upload -----------------------------------------------------------------------------------------------------------


def test_files_and_folders_are_uploaded_and_waited_for(eq: Any, server: ScriptServer, folder: Path) -> None:
    alone = folder.parent / "c.md"
    alone.write_text("# C")
    server.on("POST", f"{API}/documents/upload").always().reply(json=TAKEN, status=202)
    server.on("GET", f"{API}/documents/track/t").always().reply(json=track("completed"))
    ended = eq("upload", str(alone), str(folder), "--wait", "--metadata", '{"team": "x"}', "--concurrency", "1")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        f"uploaded\t{alone}\td-1\t",
        f"uploaded\t{folder}/a.md\td-1\t",
        f"uploaded\t{folder}/b.md\td-1\t",
        f"skipped\t{folder}/x.exe\t\tthe server does not take .exe",
    ]
    assert b'{"team":"x"}' in server.requests[0].body
    again = eq("upload", str(folder), "--json")
    told = json.loads(again.out)
    assert [file["reason"] for file in told["skipped"]] == ["the server does not take .exe"] + 2 * [
        "sent by an earlier run"
    ]
    assert told["uploaded"] == []


def test_an_upload_that_fails_exits_with_1_and_says_why(eq: Any, server: ScriptServer, folder: Path) -> None:
    (folder / "bad.pdf").write_text("no PDF")
    server.on("POST", f"{API}/documents/upload").always().reply(json=TAKEN, status=202)
    server.on("GET", f"{API}/documents/track/t").always().reply(json=track("failed", error_message="no text"))
    server.on("GET", f"{API}/documents/d-1/failed-chunks").always().reply(status=404)
    ended = eq("upload", str(folder), "--wait", terminal=True)
    assert ended.code == 1
    assert "0 uploaded, 3 failed" in ended.out
    assert "1 skipped: the server does not take .exe" in ended.out
    assert "bad.pdf is no PDF" in ended.out
    assert ended.out.count("no text") == 2
    assert "4 of 4 files, 1 failed" in eq("upload", str(folder), terminal=True).err  # the last thing that is drawn
    files = eq("upload", str(folder / "bad.pdf"), str(folder / "a.md"), "--wait")
    assert (files.code, files.out.count("failed\t")) == (1, 2)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["nothing.md"], "no such file: nothing.md"),
        (["a.md", "--metadata", "{"], "--metadata is not JSON"),
        (["empty"], "has no file that fits"),
    ],
)
def test_bad_input_of_an_upload_is_told(
    eq: Any, server: ScriptServer, folder: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], words: str
) -> None:
    monkeypatch.chdir(folder)
    (folder / "empty").mkdir()
    ended = eq("upload", *args)
    assert ended.code in (1, 2)
    assert words in " ".join(ended.err.split())
    assert server.requests == []


def test_an_upload_that_cannot_be_waited_for_sends_nothing_and_names_the_options(
    run: Run, server: ScriptServer, folder: Path
) -> None:
    ended = run("upload", str(folder / "a.md"), "--wait", "--base-url", server.url)
    assert (ended.code, ended.out, [request.path for request in server.requests]) == (1, "", ["/health"])
    assert "Give --tenant and --workspace or set EDGEQUAKE_TENANT_ID and EDGEQUAKE_WORKSPACE_ID" in ended.err
    ended = run("workspaces", "list", "--base-url", server.url)
    assert ended.err == "edgequake: tenant_id is missing: give --tenant, or set EDGEQUAKE_TENANT_ID\n"


@pytest.mark.parametrize(("given", "workspace"), [((), "default"), (("--workspace", ID), ID)])
def test_a_server_for_trying_needs_no_options(run: Run, server: ScriptServer, given: Any, workspace: str) -> None:
    server.on("GET", "/health").reply(json={"status": "healthy", "capabilities": {"dev_mode": True}})
    server.on("GET", f"{API}/documents").reply(json=sample("documents_list", has_more=False))
    ended = run("documents", "list", "--base-url", server.url, *given)
    assert (ended.code, ended.err) == (0, "")
    sent = server.requests[-1].headers
    assert (sent["X-Tenant-ID"], sent["X-Workspace-ID"]) == ("default", workspace)


def test_an_upload_that_is_broken_off_tells_what_was_sent(eq: Any, server: ScriptServer, folder: Path) -> None:
    route = server.on("POST", f"{API}/documents/upload").reply(json=TAKEN, status=202)
    route.reply(json={"error": "unauthorized", "message": "the key has expired"}, status=401)
    files = folder / "a.md", folder / "b.md"
    ended = eq("upload", *map(str, files), str(folder), "--concurrency", "1")
    assert (ended.code, ended.out) == (1, f"uploaded\t{files[0]}\td-1\t\n")
    assert "the key has expired" in ended.err
    assert len(server.requests) == 2


def test_the_upload_of_a_folder_that_is_broken_off_tells_what_was_sent(
    eq: Any, server: ScriptServer, folder: Path
) -> None:
    route = server.on("POST", f"{API}/documents/upload").reply(json=TAKEN, status=202)
    route.reply(json={"error": "unauthorized", "message": "the key has expired"}, status=401)
    ended = eq("upload", str(folder), "--concurrency", "1")
    told = [line.split("\t")[:2] for line in ended.out.splitlines()]
    assert (ended.code, told[0]) == (1, ["uploaded", f"{folder}/a.md"])
    assert "the key has expired" in ended.err
    assert f"uploaded\t{folder}/b.md" not in ended.out


# -- documents --------------------------------------------------------------------------------------------------------


def test_documents_are_listed(eq: Any, server: ScriptServer) -> None:
    page = sample("documents_list", has_more=False)
    server.on("GET", f"{API}/documents").always().reply(json=page)
    ended = eq("documents", "list", "--status", "completed", "--title", "orion", "--limit", "2")
    first = ended.out.splitlines()[0].split("\t")
    assert (ended.code, first[0], len(first)) == (0, page["documents"][0]["id"], 6)
    query = server.requests[0].query
    assert (query["status"], query["document_pattern"], query["page_size"]) == ("completed", "orion", "2")
    assert len(ended.out.splitlines()) == 2 < len(page["documents"])
    assert ended.err == "edgequake: these are the first 2, and the server has more: --limit shows more of them\n"
    whole = eq("documents", "list", "--json")
    assert (json.loads(whole.out), whole.err) == (page["documents"], "")
    assert page["documents"][0]["id"] in eq("documents", "list", terminal=True).out
    server.on("GET", f"{API}/documents").always().reply(json=page | {"documents": [], "total": 0})
    assert "no documents" in eq("documents", "list", terminal=True).out


@pytest.mark.parametrize("columns", ["200", "80", "44"])
def test_a_list_breaks_no_word_to_fit_the_terminal(
    eq: Any, server: ScriptServer, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    server.on("GET", f"{API}/documents").always().reply(json=sample("documents_list", has_more=False))
    out = eq("documents", "list", terminal=True).out
    shown = " ".join(re.sub(r"\x1b\[\d+m", "", out).split())
    cells = [cell for line in eq("documents", "list").out.splitlines() for cell in line.split("\t")]
    assert [cell for cell in cells if cell not in shown] == []
    assert ("passages entities created" in shown) == (columns == "200")


def test_a_document_is_shown(eq: Any, server: ScriptServer) -> None:
    detail = sample("document_detail")
    server.on("GET", f"{API}/documents/{ID}").always().reply(json=detail)
    ended = eq("documents", "show", ID)
    assert f"id: {detail['id']}\n" in ended.out
    assert eq("documents", "show", ID, "--text").out.rstrip("\n") == detail["content"].rstrip("\n")
    assert json.loads(eq("documents", "show", ID, "--json").out) == detail
    assert detail["id"] in eq("documents", "show", ID, terminal=True).out
    server.on("GET", f"{API}/documents/none").always().reply(status=404, json={"code": "NOT_FOUND", "message": "none"})
    missing = eq("documents", "show", "none")
    assert (missing.code, "none (404 NOT_FOUND)" in missing.err) == (1, True)


def test_documents_are_deleted_and_waited_for(eq: Any, server: ScriptServer) -> None:
    accepted = sample("document_delete_202")
    server.on("DELETE", f"{API}/documents/{ID}").always().reply(status=202, json=accepted)
    task = sample("task", status="indexed", error=None)
    server.on("GET", f"{API}/tasks/{accepted['track_id']}").always().reply(json=task)
    assert eq("documents", "delete", ID).code == 0
    assert json.loads(eq("documents", "delete", ID, "--no-wait", "--json").out) == [accepted]
    assert [request.method for request in server.requests] == ["DELETE", "GET", "DELETE"]


def test_all_documents_are_deleted_only_when_that_is_meant(eq: Any, server: ScriptServer) -> None:
    assert eq("documents", "delete").code == 2
    assert eq("documents", "delete", ID, "--all").code == 2
    refused = eq("documents", "delete", "--all", stdin="n\n")
    assert (refused.code, refused.err.endswith("nothing was deleted\n")) == (1, True)
    assert server.requests == []
    wipe = sample("documents_delete_all_202")
    server.on("DELETE", f"{API}/documents").always().reply(status=202, json=wipe)
    assert eq("documents", "delete", "--all", "--yes", "--no-wait").code == 0
    assert eq("documents", "delete", "--all", "--no-wait", stdin="y\n").code == 0


def test_an_upload_is_tracked(eq: Any, server: ScriptServer) -> None:
    server.on("GET", f"{API}/documents/track/t").always().reply(json=track("failed", error_message="no text"))
    server.on("GET", f"{API}/documents/d-1/failed-chunks").always().reply(status=404)
    ended = eq("documents", "track", "t")
    assert (ended.code, ended.out) == (0, "d-1\ta.md\tfailed: no text\t3\t\t\n")
    assert eq("documents", "track", "t", "--wait").code == 1
    server.on("GET", f"{API}/documents/track/u").always().reply(json=track("x") | {"documents": [], "total_count": 0})
    unknown = eq("documents", "track", "u")
    assert (unknown.code, unknown.err) == (1, "edgequake: the server knows nothing of u\n")


# -- workspaces and tasks ---------------------------------------------------------------------------------------------


def test_workspaces_are_listed_made_and_counted(eq: Any, server: ScriptServer) -> None:
    page, workspace, stats = sample("workspaces_list"), sample("workspace"), sample("workspace_stats")
    server.on("GET", f"{API}/tenants/default/workspaces").always().reply(json=page)
    server.on("POST", f"{API}/tenants/default/workspaces").always().reply(status=201, json=workspace)
    server.on("GET", f"{API}/workspaces/default/stats").always().reply(json=stats)
    assert eq("workspaces", "list").out.split("\t")[0] == page["items"][0]["id"]
    assert json.loads(eq("workspaces", "list", "--json").out) == page["items"]
    assert eq("workspaces", "create", "handbook", "--description", "ours").out == f"{workspace['id']}\n"
    assert json.loads(eq("workspaces", "create", "handbook", "--json").out) == workspace
    assert f"documents: {stats['document_count']}\n" in eq("workspaces", "stats").out
    assert json.loads(eq("workspaces", "stats", "--json").out) == stats


def test_tasks_are_listed_and_waited_for(eq: Any, server: ScriptServer) -> None:
    page, failed = sample("tasks_list"), sample("task")
    server.on("GET", f"{API}/tasks").always().reply(json=page)
    first = eq("tasks", "list", "--status", "failed", "--limit", "1").out.splitlines()[0].split("\t")
    assert (first[0], len(first)) == (page["tasks"][0]["track_id"], 6)
    assert json.loads(eq("tasks", "list", "--json").out)[0] == page["tasks"][0]
    server.on("GET", f"{API}/tasks/one").always().reply(json=failed)
    ended = eq("tasks", "wait", "one")
    assert (ended.code, "ended as failed: provider unreachable" in ended.err) == (1, True)
    server.on("GET", f"{API}/tasks/one").always().reply(json=failed | {"status": "indexed"})
    done = eq("tasks", "wait", "one", "--json")
    assert (done.code, json.loads(done.out)["status"]) == (0, "indexed")

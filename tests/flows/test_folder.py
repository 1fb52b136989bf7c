"""``documents.upload_folder``: what is sent, what the manifest keeps, and how it ends."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trio
from flows.conftest import Routes, filename, part, reply, sample
from tables import table

from edgequake import (
    AsyncEdgequakeClient,
    ConfigurationError,
    EdgequakeClient,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    UnauthorizedError,
)
from edgequake._core.folder import matches
from edgequake._core.ingestion import works_of
from edgequake.testing import Hold

if TYPE_CHECKING:
    from edgequake.testing import ScriptServer

FILE = "POST /api/v1/documents/upload"
PDF = "POST /api/v1/documents/pdf"
MANIFEST = ".edgequake-uploads.jsonl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "handbook"
    (folder / "b").mkdir(parents=True)
    (folder / "a.md").write_text("# A")
    (folder / "b" / "c.txt").write_text("C")
    return folder


@pytest.fixture
def server(caller: Any) -> Any:
    """A server that takes every file: its document's id is the file's name."""

    def take(request: Any) -> Any:
        name = filename(request)
        return reply(202, json={"document_id": f"d-{name}", "track_id": f"t-{name}", "status": "pending"})

    caller.server.on(FILE, take).on(PDF, reply(json=sample("pdf_upload_200")))
    return caller.server


def run(caller: Any, folder: Path, **options: Any) -> Any:
    client = options.pop("client", {})
    return caller.call(lambda c: c.documents.upload_folder(folder, **options), **client)


def names(files: list[Any]) -> list[str]:
    return sorted(file.path for file in files)


def rows(folder: Path, name: str = MANIFEST) -> list[Any]:
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


# -- what is sent -----------------------------------------------------------------------------------------------------


def test_each_file_is_sent_once_and_kept_in_the_manifest(caller: Any, server: Any, folder: Path):
    (folder / "same.md").write_text("# A")
    told: list[Any] = []
    result = run(caller, folder, metadata={"team": "x"}, on_file=told.append)
    assert (names(result.uploaded), names(result.duplicates), result.ok) == (["a.md", "b/c.txt"], ["same.md"], True)
    (same,) = result.duplicates
    assert (same.duplicate_of, same.reason, same.is_duplicate) == ("a.md", "the same content as a.md", True)
    assert works_of(result) == works_of([*result.uploaded])  # a document is waited for once
    assert names(told) == ["a.md", "b/c.txt", "same.md"]
    assert {part(one, "metadata") for one in server.requests} == {'{"team":"x"}'}
    line = next(row for row in rows(folder) if row["path"] == "a.md")
    sha256 = hashlib.sha256(b"# A").hexdigest()
    workspace = "b4a1c0de-52f7-4a1e-8d3e-7c9f1be2a302"
    assert line == {
        "key": f"http://server.test {workspace} {sha256}", "server": "http://server.test", "workspace": workspace,
        "path": "a.md", "sha256": sha256, "size": 3, "document_id": "d-a.md", "track_id": "t-a.md", "status": "pending",
    }  # fmt: skip


def test_a_second_run_sends_what_is_new_or_has_changed(caller: Any, server: Any, folder: Path):
    run(caller, folder)
    (folder / "a.md").write_text("# A, again")
    (folder / "d.json").write_text("{}")
    server.requests.clear()
    result = run(caller, folder)
    assert sorted(map(filename, server.requests)) == ["a.md", "d.json"]
    (skipped,) = result.skipped
    assert (skipped.path, skipped.document_id, skipped.reason) == ("b/c.txt", "d-c.txt", "sent by an earlier run")
    (old,) = result.superseded
    assert (old.path, old.document_id, old.sha256) == ("a.md", "d-a.md", hashlib.sha256(b"# A").hexdigest())
    server.requests.clear()
    assert (names(run(caller, folder, force=True).uploaded), len(server.requests)) == (["a.md", "b/c.txt", "d.json"], 3)
    server.requests.clear()
    assert (names(run(caller, folder, manifest=False).uploaded), len(rows(folder))) == (
        ["a.md", "b/c.txt", "d.json"],
        7,
    )


def test_another_server_or_workspace_has_not_got_what_this_one_has(caller: Any, server: Any, folder: Path):
    run(caller, folder)
    for client in ({"workspace_id": "default"}, {"base_url": "http://server.test/other"}):
        server.on("POST /other/api/v1/documents/upload", reply(202, json={"document_id": "d", "status": "pending"}))
        result = run(caller, folder, client=client)
        assert (names(result.uploaded), result.superseded) == (["a.md", "b/c.txt"], [])
    assert run(caller, folder).uploaded == []


def test_one_manifest_may_serve_several_folders(caller: Any, server: Any, folder: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.md").write_text("# Another A")
    for one in (folder, other, folder):
        result = run(caller, one, manifest=tmp_path / "sent.jsonl")
    assert (result.uploaded, result.superseded) == ([], [])
    assert {row["path"] for row in rows(tmp_path, "sent.jsonl")} == {
        f"{folder}/a.md", f"{folder}/b/c.txt", f"{other}/a.md",
    }  # fmt: skip
    assert not (folder / MANIFEST).exists()


def test_what_cannot_be_sent_is_skipped_with_a_reason(caller: Any, server: Any, folder: Path, tmp_path: Path):
    (tmp_path / "outside.md").write_text("outside")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.md").write_text("x")
    (folder / ".hidden.md").write_text("x")
    (folder / "program.exe").write_text("x")
    (folder / "LICENSE").write_text("x")
    (folder / "out.md").symlink_to(tmp_path / "outside.md")
    (folder / "in.md").symlink_to(folder / "a.md")
    (folder / "lost.md").symlink_to(folder / "nowhere.md")
    (folder / "round.md").symlink_to(folder / "round.md")
    (folder / "up").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.md")
    result = run(caller, folder)
    assert {file.path: file.reason for file in result.skipped} == {
        ".git": "hidden",
        ".hidden.md": "hidden",
        "LICENSE": "the server does not take files without an ending",
        "lost.md": "a link that leads nowhere",
        "out.md": "a link out of the folder",
        "pipe.md": "not a file",
        "program.exe": "the server does not take .exe",
        "round.md": "a link that leads nowhere",
        "up": "a link to a folder",
    }
    assert names(result.uploaded) == ["a.md", "b/c.txt"]
    assert names(result.duplicates) == ["in.md"]


@table(
    ("pattern", "fits"),
    [
        ("**/*", ["a.md", "b/c.txt", "b/d/e.md"]),
        ("*", ["a.md"]),
        ("**/*.md", ["a.md", "b/d/e.md"]),
        ("b/**", ["b/c.txt", "b/d/e.md"]),
        ("b/*/e.md", ["b/d/e.md"]),
        ("**/d/**/*.md", ["b/d/e.md"]),
        ("[ab].md", ["a.md"]),
    ],
)
def test_a_pattern_says_which_files(pattern: str, fits: list[str]):
    assert [path for path in ("a.md", "b/c.txt", "b/d/e.md") if matches(path, pattern)] == fits


def test_metadata_may_be_made_of_the_path_and_options_are_those_of_the_pdfs(caller: Any, server: Any, folder: Path):
    (folder / "plan.pdf").write_bytes(b"%PDF-1.7")
    result = run(caller, folder, metadata=lambda path: {"folder": path.parent.name}, enable_vision=True)
    told = {filename(one): part(one, "metadata") for one in server.requests}
    assert told == {"a.md": '{"folder":"handbook"}', "c.txt": '{"folder":"b"}', "plan.pdf": '{"folder":"handbook"}'}
    (pdf,) = [file for file in result.uploaded if file.path == "plan.pdf"]
    assert (pdf.pdf_id, pdf.task_id) == (sample("pdf_upload_200")["pdf_id"], sample("pdf_upload_200")["task_id"])


def test_what_the_server_had_already_is_a_duplicate(caller: Any, server: Any, folder: Path):
    server.on(FILE, reply(json=sample("file_upload_202") | {"status": "duplicate", "duplicate_of": "d-9"}))
    result = run(caller, folder)
    assert (names(result.duplicates), {file.duplicate_of for file in result.duplicates}) == (
        ["a.md", "b/c.txt"],
        {"d-9"},
    )


# -- how it ends ------------------------------------------------------------------------------------------------------


def test_one_file_that_fails_stops_nothing_and_is_sent_again(caller: Any, server: Any, folder: Path):
    (folder / "bad.pdf").write_text("no PDF")
    (folder / "long.md").write_bytes(b"x")
    os.truncate(folder / "long.md", 51 * 1024 * 1024)
    take = server._routes[FILE][0]
    refusal = reply(400, json={"code": "BAD_REQUEST", "message": "not UTF-8"})
    server.on(FILE, lambda request: refusal if filename(request) == "c.txt" else take(request))
    result = run(caller, folder)
    assert names(result.uploaded) == ["a.md"]
    reasons = {file.path: file.reason for file in result.failed}
    assert sorted(reasons) == ["b/c.txt", "bad.pdf", "long.md"]
    assert "not UTF-8 (400 BAD_REQUEST)" in reasons["b/c.txt"]
    assert "has more than 50 MiB" in reasons["long.md"]
    assert reasons["bad.pdf"] == "bad.pdf is no PDF: its content does not begin with %PDF-"
    server.on(FILE, take)
    (folder / "long.md").write_bytes(b"x")
    again = run(caller, folder)
    assert (names(again.uploaded), names(again.failed)) == (["b/c.txt", "long.md"], ["bad.pdf"])


@pytest.mark.parametrize("kind", ["read", "hash"])
def test_a_file_that_cannot_be_read_has_failed(
    caller: Any, server: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str
):
    def refused(*_: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    name = {"read": "edgequake._http.uploads.head_of", "hash": "edgequake._async.flows.folder.hashed"}[kind]
    if kind == "hash":
        real = Path.resolve  # a folder may be read and not entered
        monkeypatch.setattr(Path, "resolve", lambda it, **how: refused() if it.is_file() else real(it, **how))
        monkeypatch.setattr(name if caller.is_async else name.replace("_async", "_sync"), refused)
        result = run(caller, folder)
        assert {file.reason for file in result.failed} == {"cannot be read: Permission denied"}
        assert not (folder / MANIFEST).read_text()
    else:
        monkeypatch.setattr("pathlib.Path.open", refused)
        with pytest.raises(ConfigurationError, match=r"cannot read a\.md: Permission denied"):
            caller.call(lambda c: c.documents.upload(folder / "a.md"))


def test_a_folder_that_cannot_be_read_has_failed(
    caller: Any, server: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    def scan(path: Any) -> Any:
        if str(path) == str(folder / "b"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", scan)
    result = run(caller, folder, pattern="**/*.md")
    assert names(result.uploaded) == ["a.md"]
    (failed,) = result.failed
    assert (failed.path, failed.reason) == ("b", "the folder cannot be read: Permission denied")
    assert not result.ok


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode there")
def test_a_file_whose_name_is_no_utf_8_has_failed_and_says_so(caller: Any, server: Any, folder: Path):
    (folder / os.fsdecode(b"caf\xe9.md")).write_text("# Café")
    result = run(caller, folder)
    assert names(result.uploaded) == ["a.md", "b/c.txt"]
    (failed,) = result.failed
    assert "'caf\\udce9.md' is no name in UTF-8: rename the file" in (failed.reason or "")


def test_a_busy_server_gets_fewer_files_at_once_and_all_of_them(caller: Any, server: Any, folder: Path):
    for n in range(6):
        (folder / f"{n}.md").write_text(str(n))
    take = server._routes[FILE][0]
    busy = reply(429, headers={"Retry-After": "0"})
    server.on(FILE, take, busy, reply(503, headers={"Retry-After": "0"}), busy, take)
    result = run(caller, folder)
    assert (len(result.uploaded), len(rows(folder)), len(server.requests)) == (8, 8, 11)


@pytest.mark.parametrize(("status", "kind"), [(401, UnauthorizedError), (403, ForbiddenError)])
def test_a_refused_key_ends_it_and_the_manifest_has_what_was_sent(
    caller: Any, server: Any, folder: Path, status: int, kind: type[Exception]
):
    take = server._routes[FILE][0]
    server.on(FILE, take, reply(status, json={"error": "no", "message": "no"}))
    with pytest.raises(kind):
        run(caller, folder, concurrency=1)
    assert [row["path"] for row in rows(folder)] == ["a.md"]
    server.on(FILE, take)
    assert names(run(caller, folder).uploaded) == ["b/c.txt"]


def test_a_server_that_is_gone_ends_it(caller: Any, server: Any, folder: Path, monkeypatch: pytest.MonkeyPatch):
    import httpx

    for n in range(6):
        (folder / f"{n}.md").write_text(str(n))
    refused = httpx.ConnectError("refused")
    monkeypatch.setattr("random.random", lambda: 0.0)
    server.on(FILE, refused)
    with pytest.raises(NetworkError):
        run(caller, folder, concurrency=1)
    assert len(server.requests) == 12  # three files, each four times


def test_a_folder_without_files_that_can_be_sent_is_refused(caller: Any, tmp_path: Path):
    (tmp_path / "x.exe").write_text("x")
    with pytest.raises(
        ConfigurationError, match=r"no file that fits '\*\*/\*' .* \(1 left out, such as x.exe: the server"
    ):
        run(caller, tmp_path)
    with pytest.raises(ConfigurationError, match=r"no file that fits '\*.md' and that the server takes"):
        run(caller, tmp_path, pattern="*.md")
    with pytest.raises(ConfigurationError, match=r"there is no folder '.*x.exe'; upload\(\) sends one file"):
        run(caller, tmp_path / "x.exe")
    with pytest.raises(ConfigurationError, match="there is no folder"):
        run(caller, tmp_path / "nothing")
    assert not (tmp_path / MANIFEST).exists()


def test_a_manifest_that_cannot_be_written_is_refused(caller: Any, server: Any, folder: Path, tmp_path: Path):
    with pytest.raises(
        ConfigurationError, match=r"cannot write the manifest .*; give manifest= another path, or False"
    ):
        run(caller, folder, manifest=tmp_path / "no" / "manifest.jsonl")
    (tmp_path / "notes.md").write_text("# Notes\n")
    with pytest.raises(ConfigurationError, match=r"notes\.md, line 1, is not a line with 'key'"):
        run(caller, folder, manifest=tmp_path / "notes.md")
    assert server.requests == []


def test_a_torn_line_of_the_manifest_is_a_file_that_is_sent_again(caller: Any, server: Any, folder: Path):
    run(caller, folder)
    lines = (folder / MANIFEST).read_bytes().splitlines(keepends=True)
    torn = json.loads(lines[1])["path"]
    (folder / MANIFEST).write_bytes(lines[0] + lines[1][:40])
    assert names(run(caller, folder).uploaded) == [torn]
    assert len(rows(folder)) == 2


# -- waiting ----------------------------------------------------------------------------------------------------------


def track(name: str, status: str, **fields: Any) -> tuple[str, Any]:
    row = {"id": f"d-{name}", "status": status, "track_id": f"t-{name}"} | fields
    answer = {"track_id": f"t-{name}", "documents": [row], "total_count": 1, "is_complete": True}
    return f"GET /api/v1/documents/track/t-{name}", reply(json=answer)


def test_with_wait_a_document_that_fails_is_a_file_that_failed_and_is_sent_again(
    caller: Any, server: Any, folder: Path
):
    server.on(*track("a.md", "completed")).on(*track("c.txt", "failed", error_message="no text"))
    server.on("GET /api/v1/documents/d-c.txt/failed-chunks", reply(404))
    result = run(caller, folder, wait=True)
    assert (names(result.uploaded), names(result.failed), result.ok) == (["a.md"], ["b/c.txt"], False)
    assert (result.failed[0].reason, result.failed[0].status) == ("no text", "failed")
    assert sorted(one.status for one in result.ingestion.documents) == ["completed", "failed"]
    server.on(*track("c.txt", "completed"))
    again = run(caller, folder, wait=True)
    assert (names(again.uploaded), names(again.skipped), again.ok) == (["b/c.txt"], ["a.md"], True)
    assert len(again.ingestion.documents) == 2  # what the first run sent is waited for as well
    with pytest.raises(ConfigurationError, match=r"documents\.track needs tenant_id"):
        run(caller, folder, wait=True, client={"tenant_id": None})


def test_with_wait_documents_that_the_server_has_lost_are_told_with_what_sends_them_again(caller: Any, folder: Path):
    (folder / "b" / "c.txt").unlink()
    caller.server.on(FILE, reply(202, json={"document_id": "d-1", "status": "pending"}))
    caller.server.on("GET /api/v1/documents/d-1", reply(404, json={"error": "no document d-1", "code": "NOT_FOUND"}))
    with pytest.raises(NotFoundError) as caught:
        run(caller, folder, wait=True)
    assert "force=True" not in str(caught.value)  # it was just sent
    words = rf"no document d-1; {re.escape(str(folder / MANIFEST))} lists .* force=True sends all files again"
    with pytest.raises(NotFoundError, match=words):
        run(caller, folder, wait=True)


PROGRAM = """
import sys
from edgequake import EdgequakeClient
with EdgequakeClient(base_url=sys.argv[1], workspace_id="default") as client:
    try:
        client.documents.upload_folder(sys.argv[2], concurrency=1)
    except KeyboardInterrupt:
        print("interrupted")
"""


def uploading(script: ScriptServer, folder: Path) -> subprocess.Popen[str]:
    """A program that has sent one file of ``folder``, and is sending another."""
    taken = {"document_id": "d", "track_id": "t", "status": "pending"}
    hold = Hold()
    route = script.on("POST", "/api/v1/documents/upload").reply(json=taken, status=202)
    route.stream(b"{", hold, json.dumps(taken).encode()[1:], content_type="application/json", status=202)
    command = [sys.executable, "-c", PROGRAM, script.url, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=_heed_interrupts)
    hold.wait_until_reached(60)
    process.hold = hold  # type: ignore[attr-defined]  # for whoever lets it go on
    return process


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


FULL = """
import resource, sys
from edgequake import EdgequakeClient
resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
sys.dont_write_bytecode = True  # Python would leave half a .pyc, which no program can import
with EdgequakeClient(base_url=sys.argv[1], workspace_id="default") as client:
    client.documents.upload_folder(sys.argv[2], concurrency=1)
"""


def test_a_full_disk_ends_it_and_the_next_run_sends_what_is_not_in_the_manifest(
    edgequake_script: ScriptServer, folder: Path
):
    (folder / "d.md").write_text("D")
    taken = {"document_id": "d" * 200, "track_id": "t", "status": "pending"}
    edgequake_script.on("POST", "/api/v1/documents/upload").always().reply(json=taken, status=202)
    command = [sys.executable, "-c", FULL, edgequake_script.url, str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 1
    said = r"ConfigurationError: cannot write the manifest .*\.edgequake-uploads\.jsonl: File too large; make room"
    assert re.search(said, ended.stderr)
    assert [row["path"] for row in rows(folder)] == ["a.md"]
    with EdgequakeClient(base_url=edgequake_script.url, workspace_id="default") as client:
        result = client.documents.upload_folder(folder)
    assert (names(result.uploaded), names(result.skipped)) == (["b/c.txt", "d.md"], ["a.md"])


def test_a_folder_is_uploaded_on_trio_too(folder: Path):
    server = Routes().on(FILE, reply(202, json={"document_id": "d", "status": "pending"}))
    http = httpx.AsyncClient(transport=httpx.MockTransport(server.async_answer))
    client = AsyncEdgequakeClient(base_url="http://server.test", http_client=http, workspace_id="default", env={})

    async def upload() -> Any:
        return await client.documents.upload_folder(folder, concurrency=2)

    assert names(trio.run(upload).uploaded) == ["a.md", "b/c.txt"]
    assert names(trio.run(upload).skipped) == ["a.md", "b/c.txt"]
    assert server.asked_for(FILE) == 2


def test_after_kill_9_the_next_run_sends_what_is_missing(edgequake_script: ScriptServer, folder: Path):
    process = uploading(edgequake_script, folder)
    process.kill()
    process.communicate()
    assert [row["path"] for row in rows(folder)] == ["a.md"]
    route = edgequake_script.on("POST", "/api/v1/documents/upload")
    route.always().reply(json={"document_id": "d", "status": "pending"}, status=202)
    with EdgequakeClient(base_url=edgequake_script.url, workspace_id="default") as client:
        result = client.documents.upload_folder(folder)
    assert (names(result.uploaded), names(result.skipped)) == (["b/c.txt"], ["a.md"])


def test_ctrl_c_leaves_a_whole_manifest_with_the_file_that_was_under_way(edgequake_script: ScriptServer, folder: Path):
    (folder / "d.md").write_text("D")
    process = uploading(edgequake_script, folder)
    process.send_signal(signal.SIGINT)
    process.hold.release()  # type: ignore[attr-defined]
    out, _ = process.communicate(timeout=300)
    assert (out, process.returncode) == ("interrupted\n", 0)
    assert [row["path"] for row in rows(folder)][:2] == ["a.md", "b/c.txt"]
    assert all(re.fullmatch(r"\{.*\}", line) for line in (folder / MANIFEST).read_text().splitlines())

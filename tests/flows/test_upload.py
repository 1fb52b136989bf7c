"""``documents.upload``, ``wait``, ``watch`` and ``wait_deleted`` on both clients."""

from __future__ import annotations

import asyncio
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from flows.conftest import filename, part, reply, sample

from edgequake import ConfigurationError, EdgequakeClient, NotFoundError, ProcessingError, TimeoutError
from edgequake.models.processing import BatchDeletion, Deletion, WorkspaceWipe
from edgequake.models.uploads import Upload
from edgequake.testing import Hold

if TYPE_CHECKING:
    from pathlib import Path

    from edgequake.testing import ScriptServer

TEXT = "POST /api/v1/documents"
FILE = "POST /api/v1/documents/upload"
PDF = "POST /api/v1/documents/pdf"
TRACK = "GET /api/v1/documents/track/{}"
TRACK_ID = "upload_20260914_081530_4fd2a9b1"
DOCUMENT_ID = "3e5a9b70-2f4c-4d1b-8f6e-91c2d3e4f504"
HEAD = b"%PDF-1.7\n"
FAST = {"poll_interval": 0.0}


def ready(caller: Any) -> None:
    caller.server.on(TEXT, reply(202, json=sample("document_upload_202")))
    caller.server.on(FILE, reply(202, json=sample("file_upload_202")))
    caller.server.on(PDF, reply(json=sample("pdf_upload_200")))


def tracked(*statuses: str) -> list[Any]:
    row = sample("track_status")["documents"][0]
    found = {"track_id": TRACK_ID, "total_count": 1, "is_complete": True}
    return [reply(json=found | {"documents": [row | {"status": status}]}) for status in statuses]


def sent(caller: Any) -> Any:
    (request,) = caller.server.requests
    return request


# -- which way it goes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plan.pdf", "PLAN.PDF", "plan.bin", "plan"])
def test_a_pdf_is_known_by_its_name_or_its_content(caller: Any, tmp_path: Path, name: str):
    ready(caller)
    (tmp_path / name).write_bytes(HEAD + b"x" * 2000)
    upload = caller.call(lambda c: c.documents.upload(tmp_path / name, title="Plan", enable_vision=True))
    request = sent(caller)
    assert (request.url.path, filename(request), part(request, "title")) == ("/api/v1/documents/pdf", name, "Plan")
    assert (part(request, "enable_vision"), upload.pdf_id is not None) == ("true", True)


@pytest.mark.parametrize("kind", ["path", "str", "bytes", "file", "pipe"])
def test_a_file_goes_as_it_is(caller: Any, tmp_path: Path, kind: str):
    ready(caller)
    path = tmp_path / "a.md"
    path.write_text("# Zürich")
    pipe = io.BytesIO(b"# Z\xc3\xbcrich")
    pipe.seekable = lambda: False  # type: ignore[method-assign]  # a stream that can be read only once
    options: dict[str, Any] = {"metadata": {"team": "x"}}
    with path.open("rb") as file:
        given = {"path": path, "str": str(path), "bytes": b"# Z\xc3\xbcrich", "file": file, "pipe": pipe}[kind]
        if kind in ("bytes", "pipe"):
            options["filename"] = "a.md"
        upload = caller.call(lambda c: c.documents.upload(given, **options))
    request = sent(caller)
    assert (request.url.path, filename(request)) == ("/api/v1/documents/upload", "a.md")
    assert (part(request, "file"), part(request, "metadata")) == ("# Zürich", '{"team":"x"}')
    assert (upload.document_id, upload.ingestion) == (DOCUMENT_ID, None)


@pytest.mark.parametrize("option", [{"title": "Orion"}, {"track_id": "t"}, {"chunk_strategy": "markdown"}])
def test_a_text_file_with_an_option_of_texts_is_sent_as_a_text(caller: Any, tmp_path: Path, option: Any):
    ready(caller)
    path = tmp_path / "a.md"
    path.write_bytes("\ufeff# Zürich".encode())
    caller.call(lambda c: c.documents.upload(path, max_upload_bytes=100, **option))
    body = json.loads(sent(caller).content)
    assert body == {"content": "# Zürich", "title": "a.md", "async_processing": True} | option


def test_a_text_is_sent_as_a_text(caller: Any):
    ready(caller)
    caller.call(lambda c: c.documents.upload(content="# Orion", metadata=[1], max_gleaning=2, extra_body={"new": 1}))
    body = json.loads(sent(caller).content)
    assert body == {"content": "# Orion", "metadata": [1], "max_gleaning": 2, "async_processing": True, "new": 1}


# -- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "options", "words"),
    [
        ("a.md", b"x", {"content": "y"}, r"give upload\(\) a file or content=, one of them"),
        ("a.md", b"x", {"enable_vision": True}, r"enable_vision: not an option of a text \(documents.upload_text\)"),
        ("a.pdf", HEAD, {"max_gleaning": 1}, r"max_gleaning: not an option of a PDF \(documents.pdf.upload\)"),
        ("a.pdf", b"", {}, "a.pdf is no PDF: its content does not begin with %PDF-"),
        ("a.pdf", b"# text", {}, "a.pdf is no PDF"),
        ("a.md", b"\xff\xfe", {"title": "x"}, "a.md is not UTF-8 text"),
        ("a.md", b"12345", {"title": "x", "max_upload_bytes": 4}, "a.md has more than .* which is all"),
        ("a.md", b"12345", {"max_upload_bytes": 4}, "a.md has more than"),
        ("a.md", b"x", {"timeout": "soon"}, "timeout must be a number of seconds"),
        ("a.md", b"x", {"max_gleaning": "often"}, "an option is not right"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(
    caller: Any, tmp_path: Path, name: str, content: bytes, options: Any, words: str
):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        caller.call(lambda c: c.documents.upload(path, **options))
    assert caller.server.requests == []


def test_a_file_that_is_not_there_may_have_been_meant_as_a_text(caller: Any, tmp_path: Path):
    with pytest.raises(
        ConfigurationError, match=r"there is no file '.*nothing\.md'; to upload a text itself, give content="
    ):
        caller.call(lambda c: c.documents.upload(str(tmp_path / "nothing.md")))
    with pytest.raises(ConfigurationError, match=r"there is no file '.*nothing\.md'$"):
        caller.call(lambda c: c.documents.upload(tmp_path / "nothing.md"))
    with pytest.raises(ConfigurationError, match=r"cannot read .*: Is a directory"):
        caller.call(lambda c: c.documents.upload(tmp_path))
    with pytest.raises(ConfigurationError, match="content="):
        caller.call(lambda c: c.documents.upload("The relay moved to Lyon.\n" * 500))
    with pytest.raises(ConfigurationError, match="give upload"):
        caller.call(lambda c: c.documents.upload())
    with pytest.raises(TypeError, match="unknown option 'max_gleanin'; did you mean 'max_gleaning'"):
        caller.call(lambda c: c.documents.upload(content="x", max_gleanin=1))
    assert caller.server.requests == []


def test_a_wait_that_cannot_succeed_is_refused_before_the_upload(caller: Any):
    with pytest.raises(ConfigurationError, match=r"documents\.track needs workspace_id"):
        caller.call(lambda c: c.documents.upload(content="x", wait=True), workspace_id=None)
    assert caller.server.requests == []


# -- waiting ----------------------------------------------------------------------------------------------------------


def test_a_waited_upload_has_the_status_and_counts_of_its_document(caller: Any):
    ready(caller)
    caller.server.on(TRACK.format(TRACK_ID), *tracked("pending", "processing", "completed"))
    caller.server.on(f"GET /api/v1/ingestion/{TRACK_ID}/progress", reply(404))
    told: list[Any] = []
    upload = caller.call(lambda c: c.documents.upload(content="x", wait=True, on_progress=told.append, **FAST))
    assert (upload.status, upload.chunk_count, upload.entity_count) == ("completed", 3, 9)
    assert (upload.ingestion.ok, upload.ingestion.document.id) == (True, DOCUMENT_ID)
    assert [one.status for one in told] == ["pending", "processing", "completed"]
    assert caller.server.asked_for(f"GET /api/v1/ingestion/{TRACK_ID}/progress") == 1
    assert "ingestion" not in upload.model_dump()


def test_work_that_fails_after_the_202_is_an_error(caller: Any):
    ready(caller)
    caller.server.on(TRACK.format(TRACK_ID), *tracked("failed"))
    caller.server.on(f"GET /api/v1/documents/{DOCUMENT_ID}/failed-chunks", reply(json=sample("failed_chunks")))
    caller.server.on(f"GET /api/v1/tasks/{sample('document_upload_202')['task_id']}", reply(json=sample("task")))
    with pytest.raises(
        ProcessingError, match=r"orion-handover.md failed: provider unreachable. Check the provider"
    ) as raised:
        caller.call(lambda c: c.documents.upload(content="x", wait=True, **FAST))
    assert (raised.value.retryable, len(raised.value.failed_chunks)) == (True, 1)


def test_a_task_that_never_ends_is_a_timeout_with_the_last_progress(caller: Any, soon: float):
    caller.server.on(TRACK.format("t"), *tracked("processing"))
    caller.server.on("GET /api/v1/ingestion/t/progress", reply(json=sample("ingestion_progress")))
    with pytest.raises(TimeoutError) as raised:
        caller.call(lambda c: c.documents.wait("t", timeout=soon, poll_interval=0.01))
    assert (raised.value.stage, raised.value.progress.stage) == ("total", "extracting")


def test_a_busy_server_is_waited_out(caller: Any):
    busy = reply(429, headers={"Retry-After": "0"})
    caller.server.on(TRACK.format("t"), *[busy] * 6, reply(503), *tracked("completed"))
    assert caller.call(lambda c: c.documents.wait("t", **FAST)).ok


def test_a_watch_tells_and_then_has_the_result(caller: Any):
    caller.server.on(TRACK.format("t"), *tracked("pending", "processing", "completed"))
    caller.server.on("GET /api/v1/ingestion/t/progress", reply(404))
    watch = caller.client().documents.watch("t", **FAST)
    assert (watch.result, caller.server.requests) == (None, [])
    assert [one.status for one in caller.collect(watch)] == ["pending", "processing", "completed"]
    assert watch.result.ok


def test_on_progress_may_be_async_on_the_async_client(caller: Any):
    caller.server.on(TRACK.format("t"), *tracked("completed"))
    told: list[str] = []

    async def tell(progress: Any) -> None:
        await asyncio.sleep(0)
        told.append(progress.status)

    if caller.is_async:
        caller.call(lambda c: c.documents.wait("t", on_progress=tell))
        assert told == ["completed"]
    else:
        with pytest.raises(ConfigurationError, match="an async function needs AsyncEdgequakeClient"):
            caller.call(lambda c: c.documents.wait("t", on_progress=tell))


def test_a_question_that_is_not_answered_ends_with_the_time(edgequake_script: ScriptServer):
    edgequake_script.on("GET", "/api/v1/documents/track/t").stream(b"{", Hold(), content_type="application/json")
    late = pytest.raises(TimeoutError, match=r"not finished within 0\.2 s; the server goes on working")
    scope = {"tenant_id": "default", "workspace_id": "default"}
    with EdgequakeClient(base_url=edgequake_script.url, **scope) as client, late as raised:
        client.documents.wait("t", timeout=0.2)
    assert raised.value.progress is None


# -- deletions --------------------------------------------------------------------------------------------------------

TASK = "GET /api/v1/tasks/{}"
GONE = reply(404, json={"code": "NOT_FOUND", "message": "no such document"})


def deletion(name: str, **changes: Any) -> Any:
    kind = {"document_delete_202": Deletion, "document_delete_200_legacy": Deletion,
        "documents_delete_all_202": WorkspaceWipe, "documents_batch_delete_202": BatchDeletion}[name]  # fmt: skip
    return kind.model_validate(sample(name) | changes)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("document_delete_202", "track_id"),
        ("documents_delete_all_202", "wipe_track_id"),
        ("documents_batch_delete_202", "batch_track_id"),
    ],
)
def test_a_deletion_is_waited_for_by_its_task(caller: Any, name: str, field: str):
    accepted = deletion(name)
    states = [reply(json=sample("task") | {"status": one, "error": None}) for one in ("processing", "indexed")]
    caller.server.on(TASK.format(accepted[field]), *states)
    told: list[Any] = []
    caller.call(lambda c: c.documents.wait_deleted(accepted, on_progress=told.append, **FAST))
    assert [task.status for task in told] == ["processing", "indexed"]


def test_a_deletion_whose_task_and_document_are_gone_is_done(caller: Any):
    accepted = deletion("document_delete_202")
    caller.server.on(TASK.format(accepted.track_id), GONE)
    caller.server.on(f"GET /api/v1/documents/{accepted.document_id}", reply(json=sample("document_detail")), GONE)
    caller.call(lambda c: c.documents.wait_deleted(accepted, **FAST))
    assert caller.server.asked_for(TASK.format(accepted.track_id)) == 2


def test_a_deletion_without_a_task_waits_for_the_document(caller: Any):
    accepted = deletion("document_delete_202", track_id=None)
    caller.server.on(f"GET /api/v1/documents/{accepted.document_id}", reply(json=sample("document_detail")), GONE)
    caller.call(lambda c: c.documents.wait_deleted(accepted, **FAST))
    assert len(caller.server.requests) == 2


def test_what_an_older_server_removed_at_once_is_not_waited_for(caller: Any):
    caller.call(lambda c: c.documents.wait_deleted(deletion("document_delete_200_legacy")))
    wipe = deletion("documents_delete_all_202", accepted=False, wipe_track_id=None)
    caller.call(lambda c: c.documents.wait_deleted(wipe))
    assert caller.server.requests == []


@pytest.mark.parametrize("target", [None, {}, "", Upload(status="pending", document_id="d")])
def test_what_is_no_deletion_is_refused(caller: Any, target: Any):
    with pytest.raises(ConfigurationError, match="to wait for; not"):
        caller.call(lambda c: c.documents.wait_deleted(target))
    assert caller.server.requests == []


def test_a_deletion_that_failed_is_an_error_and_an_unknown_task_too(caller: Any):
    caller.server.on(TASK.format("wipe-1"), reply(json=sample("task")))
    with pytest.raises(ProcessingError, match="failed: provider unreachable"):
        caller.call(lambda c: c.documents.wait_deleted("wipe-1"))
    caller.server.on(TASK.format("wipe-1"), GONE)
    with pytest.raises(NotFoundError):
        caller.call(lambda c: c.documents.wait_deleted("wipe-1"))
    running = reply(json=sample("task") | {"status": "processing"})
    caller.server.on(TASK.format("wipe-1"), running, GONE)
    caller.call(lambda c: c.documents.wait_deleted("wipe-1", **FAST))

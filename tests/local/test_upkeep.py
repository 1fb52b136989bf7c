"""Documents, conversations, tasks, models and costs, as this package's own client reads them."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest
from api.test_rows import ROUTES
from local.pdf import pdf
from local.whole import unknown_in

from edgequake import (
    APIError,
    BadRequestError,
    ConflictError,
    EdgequakeClient,
    ForbiddenError,
    GoneError,
    NotFoundError,
    ProcessingError,
    ServerError,
    ValidationError,
)
from edgequake.local import LocalServer, context_routes
from edgequake.local.records import Records
from edgequake.models.source import Subgraph

WORKSPACE = {"X-Tenant-ID": "default", "X-Workspace-ID": "default"}
USER = "00000000-0000-0000-0000-000000000001"
TEXT = "# Gulls\n\nGulls eat chips, says Mira Okafor."


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def client(server: LocalServer) -> Iterator[EdgequakeClient]:
    with EdgequakeClient(base_url=server.url, tenant_id="default", workspace_id="default", user_id=USER) as client:
        yield client


class Held(NamedTuple):
    """A document was begun, and may be read."""

    begun: threading.Event
    free: threading.Event


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """The reading of documents waits until they are free."""
    one, process = Held(threading.Event(), threading.Event()), Records.process

    def wait(records: Records, document_id: str) -> None:
        one.begun.set()
        one.free.wait(60)
        process(records, document_id)

    monkeypatch.setattr(Records, "process", wait)
    yield one
    one.free.set()


def add(client: EdgequakeClient, text: str = TEXT, title: str = "gulls.md") -> str:
    upload = client.documents.upload_text(text, title=title, metadata={"team": "relay"})
    client.documents.wait(upload)
    return str(upload.document_id)


def test_documents_are_searched_described_and_deleted_together(client: EdgequakeClient) -> None:
    gulls = add(client)
    others = [add(client, f"Text {number}, says Mira Okafor.", f"note {number}.md") for number in range(3)]
    found = client.documents.search("GULL")
    assert unknown_in(found) == []
    assert [item.id for item in found.items] == [gulls]
    impact = client.documents.deletion_impact(gulls)
    assert unknown_in(impact) == []
    assert (impact.chunks_to_delete, impact.entities_to_remove, impact.entities_to_update) == (1, 0, 1)
    assert client.documents.markdown(gulls) == TEXT
    assert client.documents.download(gulls) == TEXT.encode()
    assert client.documents.metadata(gulls)["team"] == "relay"
    assert client.documents.failed_chunks(gulls).failed_chunks == []
    wiped = client.documents.bulk_delete([*others[:2], "nobody"])
    assert wiped.planned_delete_count == 2
    client.documents.wait_deleted(client.documents.delete(others[2]))
    client.documents.wait_deleted(wiped)
    assert client.documents.list().first_page().total == 1
    for headers in ({"X-EdgeQuake-Confirm": "no"}, {}):
        with pytest.raises(ForbiddenError):
            client.request("DELETE", "/api/v1/documents", cast_to=dict, headers=headers)
    wipe = client.documents.delete_all(confirm=True)
    assert wipe.deleted_count == 1
    client.documents.wait_deleted(wipe)
    assert client.documents.list().first_page().total == 0
    assert unknown_in(client.tasks.get(wipe.wipe_track_id or "")) == []
    for change in (client.tasks.cancel, client.tasks.retry):
        with pytest.raises(ConflictError, match="was deleted"):
            change(f"insert-{gulls}")
    with pytest.raises(BadRequestError):
        client.request("POST", "/api/v1/documents/batch-delete", cast_to=dict, body={"document_ids": []})
    with pytest.raises(BadRequestError):
        client.request("GET", "/api/v1/documents/search", cast_to=dict)
    for missing in (client.documents.markdown, client.documents.metadata, client.documents.deletion_impact):
        with pytest.raises(NotFoundError):
            missing("nobody")


def test_a_download_is_saved_and_never_opened(client: EdgequakeClient, server: LocalServer) -> None:
    page = b"<h1>Gulls</h1><script>fetch('/api/v1/documents')</script>"
    upload = client.documents.upload_file(page, filename="gülls.html")
    client.documents.wait(upload)
    assert client.documents.download(upload.document_id) == page
    for kind in ("original", "markdown"):
        path = f"/api/v1/documents/{upload.document_id}/download/{kind}"
        headers = httpx.get(server.url + path, headers=WORKSPACE, trust_env=False).headers
        assert headers["content-disposition"].startswith("attachment; filename*=UTF-8''g%C3%BClls.html")
        assert headers["x-content-type-options"] == "nosniff"


def test_pdfs_have_routes_of_their_own(client: EdgequakeClient) -> None:
    pytest.importorskip("pypdf")
    add(client)
    data = pdf("The beacon rests in crate seven.")
    upload = client.documents.pdf.upload(
        data, filename="plan.pdf", track_id="mine", title="The plan", metadata={"team": "relay"}
    )
    assert unknown_in(upload) == []
    assert upload.track_id == "mine"
    with client.documents.pdf.stream_progress("mine") as stream:
        events = list(stream)
    assert (events[-1].type, events[-1].progress.is_complete) == ("complete", True)
    progress = client.documents.pdf.progress("mine")
    assert unknown_in(progress) == []
    assert (progress.is_complete, progress.overall_percentage) == (True, 100.0)
    assert client.documents.get(upload.document_id).metadata == {"team": "relay"}
    assert client.documents.get(upload.document_id).title == "The plan"
    again = client.documents.pdf.upload(data, filename="other.pdf")
    assert (again.status, again.duplicate_of) == ("duplicate", upload.pdf_id)
    assert client.documents.pdf.download(upload.pdf_id) == client.documents.download(upload.pdf_id) == data
    assert "crate seven" in client.documents.pdf.content(upload.pdf_id).markdown_content
    state = client.documents.pdf.get(upload.pdf_id)
    assert unknown_in(state) == []
    assert state.status == "completed"
    assert [one.filename for one in client.documents.pdf.list()] == ["plan.pdf"]
    batch = client.documents.pdf.upload_batch([("plan.pdf", data), ("torn.pdf", b"%PDF-1.4"), ("x.pdf", pdf("New."))])
    assert [result.status for result in batch.results] == ["duplicate", "failed", "processing"]
    anew = client.documents.pdf.upload(data, filename="plan.pdf", force_reindex=True)
    client.documents.wait(anew)
    with pytest.raises(NotFoundError):
        client.documents.pdf.get(upload.pdf_id)  # the new one takes its place
    upload = anew
    client.documents.pdf.delete(upload.pdf_id)
    for missing in (client.documents.pdf.get, client.documents.pdf.content, client.documents.pdf.progress):
        with pytest.raises(NotFoundError):
            missing(upload.pdf_id)
    with client.documents.pdf.stream_progress("nobody") as stream:
        assert [event.type for event in stream] == ["timeout"]


def test_conversations_are_changed_filed_shared_and_moved_together(client: EdgequakeClient) -> None:
    folder = client.folders.create("Relay")
    inner = client.folders.create("Inner", parent_id=folder.id)
    assert unknown_in([folder, inner]) == []
    assert [one.name for one in client.folders.list()] == ["Relay", "Inner"]
    assert client.folders.update(inner.id, name="Deep", position=0).name == "Deep"
    with pytest.raises(ConflictError):
        client.folders.update(folder.id, parent_id=inner.id)
    with pytest.raises(ValidationError):
        client.folders.update(folder.id, position=1 << 63)
    made = [client.conversations.create(title=f"Talk {n}", folder_id=folder.id if n else None) for n in range(3)]
    assert unknown_in(made) == []
    changed = client.conversations.update(made[0].id, title="First", is_pinned=True, folder_id=folder.id)
    assert (changed.title, changed.is_pinned, changed.folder_id) == ("First", True, folder.id)
    assert client.conversations.update(made[0].id, folder_id=None).folder_id is None
    titles = lambda **filters: {one.title for one in client.conversations.list(**filters)}  # noqa: E731
    assert titles(folder_id=folder.id) == {"Talk 1", "Talk 2"}
    assert titles(pinned=True) == titles(unfiled=True) == {"First"}
    assert client.conversations.bulk_archive([made[1].id, "6f0f6a52-1c7e-4c7b-9a50-3f0a4be1d201"]).affected == 1
    assert titles(archived=True) == {"Talk 1"}
    assert client.conversations.bulk_move([one.id for one in made]).affected == 3
    assert titles(folder_id=folder.id) == set()
    client.folders.delete(folder.id)
    assert [one.parent_id for one in client.folders.list()] == [None]
    share = client.conversations.share(made[0].id)
    assert client.conversations.share(made[0].id).share_id == share.share_id
    stranger = client.with_options(user_id="00000000-0000-0000-0000-0000000000ff")
    assert stranger.conversations.shared(share.share_id).conversation.title == "First"
    client.conversations.unshare(made[0].id)
    with pytest.raises(NotFoundError):
        client.conversations.shared(share.share_id)
    assert client.conversations.bulk_delete([one.id for one in made]).affected == 3
    assert titles() == set()


def test_a_conversation_that_is_refused_is_not_made(client: EdgequakeClient) -> None:
    with pytest.raises(NotFoundError):
        client.conversations.create(title="Lost", folder_id=USER)
    assert list(client.conversations.list()) == []


def test_messages_are_stored_changed_and_carried_over(client: EdgequakeClient) -> None:
    talk = client.conversations.create(title="Mine")
    said = client.conversations.messages.create(talk.id, content="Hello", role="user")
    assert unknown_in(said) == []
    changed = client.conversations.messages.update(said.id, content="Hello!", is_error=True, context={"sources": []})
    assert (changed.content, changed.is_error, changed.context["sources"]) == ("Hello!", True, [])
    assert client.conversations.messages.feedback(talk.id, said.id, rating="up").feedback == "up"
    assert client.conversations.messages.feedback(talk.id, said.id, rating=None).feedback is None
    with pytest.raises(BadRequestError, match="up, down"):
        client.conversations.messages.feedback(talk.id, said.id, rating="great")
    with pytest.raises(NotFoundError):
        client.conversations.messages.feedback(USER, said.id, rating="up")
    stranger = client.with_options(user_id="00000000-0000-0000-0000-0000000000ff")
    with pytest.raises(NotFoundError):
        stranger.conversations.messages.update(said.id, content="x")
    carried = client.conversations.import_(
        [
            {"title": "Kept", "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
            {"id": "odd", "title": "No messages"},
            {"title": "Bad", "messages": [{"role": "nobody", "content": "a"}]},
        ]
    )
    assert unknown_in(carried) == []
    assert (carried.imported, [error.id for error in carried.errors]) == (1, ["odd", "2"])
    (kept,) = [one for one in client.conversations.list() if one.title == "Kept"]
    assert [one.content for one in client.conversations.messages.list(kept.id)] == ["a", "b"]
    client.conversations.messages.delete(said.id)
    assert list(client.conversations.messages.list(talk.id)) == []
    with pytest.raises(NotFoundError):
        client.conversations.messages.delete(said.id)
    with pytest.raises(ValidationError):
        client.request(
            "POST", f"/api/v1/conversations/{talk.id}/messages", cast_to=dict, body={"content": "x", "role": "king"}
        )


def test_a_number_that_cannot_be_kept_or_sent_back_is_refused(client: EdgequakeClient, server: LocalServer) -> None:
    talk = client.conversations.create(title="Mine")
    said = client.conversations.messages.create(talk.id, content="Hello", role="user")
    folder = client.folders.create("Papers")
    infinite, large = '{"%s": {"x": 1e999}}', '{"%s": 9999999999999999999, "name": "x"}'
    who = {**WORKSPACE, "X-User-ID": USER, "Content-Type": "application/json"}
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=who, trust_env=False) as http:
        for method, path, body in (
            ("PATCH", f"messages/{said.id}", infinite % "context"),
            ("PATCH", f"messages/{said.id}", large % "tokens_used"),
            ("PATCH", f"folders/{folder.id}", large % "position"),
            ("POST", "tenants/default/workspaces", large % "max_documents"),
            ("POST", "documents", infinite.replace("{", '{"content": "a", ', 1) % "metadata"),
        ):
            assert http.request(method, path, content=body).status_code == 422, body
    assert [one.content for one in client.conversations.messages.list(talk.id)] == ["Hello"]


def test_tasks_and_the_pipeline_tell_of_uploads(client: EdgequakeClient) -> None:
    upload = client.documents.upload_text(TEXT, title="gulls.md")
    task = client.tasks.wait(upload.task_id)
    assert unknown_in(task) == []
    assert (task.status, task.task_type) == ("indexed", "insert")
    page = client.tasks.list(status="indexed").first_page()
    assert unknown_in(page) == []
    assert (page.statistics.indexed, len(page.tasks)) == (1, 1)
    told = [client.pipeline.status(), client.pipeline.activity(), client.pipeline.queue_metrics()]
    assert unknown_in(told) == []
    assert (told[0].is_busy, told[0].completed_tasks, told[1].busy) == (False, 1, False)
    for wanted in ("insert-nobody", str(upload.document_id)):
        with pytest.raises(NotFoundError):
            client.tasks.get(wanted)


def test_models_settings_and_costs_are_what_is_here(client: EdgequakeClient) -> None:
    told = [
        client.models.list(),
        client.models.llm(),
        client.models.embedding(),
        client.models.health(),
        client.models.provider("local"),
        client.models.get("local", "extractive"),
        client.settings.provider_status(),
        client.settings.providers(),
        client.settings.effective(),
        client.costs.pricing(),
        client.costs.estimate("extractive", input_tokens=10, output_tokens=5),
        client.costs.summary(),
        client.costs.history(),
        client.costs.budget(),
    ]
    assert unknown_in(told) == []
    assert client.models.list().default_llm_model == "extractive"
    assert client.costs.summary().total_cost == client.costs.budget().spent_usd == 0.0
    for missing in (lambda: client.models.provider("x"), lambda: client.models.get("local", "x")):
        with pytest.raises(NotFoundError):
            missing()
    with pytest.raises(BadRequestError):
        client.costs.estimate("x", input_tokens=1, output_tokens=1)


def test_every_route_of_the_server_is_here_or_says_that_it_is_not(client: EdgequakeClient, server: LocalServer) -> None:
    told: dict[int, int] = Counter()
    with httpx.Client(base_url=server.url, trust_env=False) as wire:
        for name, route in ROUTES.items():
            answer = wire.request(route["http"], re.sub(r"{\w+}", "x", route["path"]))
            assert answer.status_code != 405, name
            assert answer.content or answer.is_success, f"{name} is unknown"  # an unknown route has an empty 404
            if answer.status_code == 501:
                assert answer.headers["content-type"] == "application/problem+json"
                assert "the local server does not have" in answer.json()["message"], name
            told[answer.status_code] += 1
    assert told[501] < len(ROUTES) / 2
    with pytest.raises(ServerError) as caught:
        client.graph.entities.create("Orion", entity_type="X")
    assert (caught.value.status_code, caught.value.code) == (501, "NOT_IMPLEMENTED")
    with pytest.raises(NotFoundError):
        client.request("GET", "/api/v1/nothing", cast_to=dict)


def test_a_document_waits_is_cancelled_and_tried_again(client: EdgequakeClient, held: Held) -> None:
    first, second = (client.documents.upload_text(f"Text {n}.", title=f"{n}.md") for n in range(2))
    assert held.begun.wait(60)
    plan = client.documents.pdf.upload(pdf("The beacon rests."), filename="plan.pdf")
    assert client.tasks.cancel(second.task_id or "").status == "cancelled"
    assert client.documents.cancel(second.document_id).status == "cancelled"  # again is no error
    assert client.documents.pdf.cancel(plan.pdf_id or "").success
    activity = client.pipeline.activity()
    assert unknown_in(activity) == []
    assert (activity.busy, len(activity.working or []), len(activity.queued or [])) == (True, 1, 0)
    for refused in (client.tasks.cancel, client.tasks.retry):
        with pytest.raises(ConflictError):
            refused(first.task_id or "")
    held.free.set()
    assert client.tasks.wait(first).status == "indexed"
    assert client.tasks.get(second.task_id or "").status == "cancelled"
    assert client.documents.get(second).chunk_count == 0
    assert client.tasks.retry(second.task_id or "").status in ("pending", "processing", "indexed")
    assert client.documents.pdf.retry(plan.pdf_id or "").success
    client.documents.wait([second, plan])
    progress = client.documents.progress_many([str(second.track_id), "nobody"])
    assert unknown_in(progress) == []
    assert [(one.document_id, one.progress_01) for one in progress] == [(second.document_id, 1.0)]
    assert client.documents.progress(plan.track_id or "").status == "completed"
    with pytest.raises(NotFoundError):
        client.documents.progress("nobody")
    with pytest.raises(NotFoundError):
        client.documents.pdf.retry(str(first.document_id))


def test_documents_that_failed_are_read_again(client: EdgequakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("the reader stumbled")

    with monkeypatch.context() as patch:
        patch.setattr(Records, "process", fail)
        upload = client.documents.upload_text(TEXT, title="gulls.md")
        with pytest.raises(ProcessingError, match="stumbled"):
            client.documents.wait(upload)
    task = client.tasks.get(upload.task_id or "")
    assert task.error is not None
    assert unknown_in(task) == []
    assert (task.error.reason, task.error.retryable) == ("the reader stumbled", True)
    again = client.documents.reprocess()
    assert unknown_in(again) == []
    assert again.document_ids == [upload.document_id]
    client.documents.wait(upload)
    assert client.documents.reprocess(document_id=str(upload.document_id)).requeued == 0


def test_a_document_is_tried_again_by_its_id_or_its_track_however_many_failed_since(
    client: EdgequakeClient, server: LocalServer
) -> None:
    records = server.store.records
    texts = [records.accept(f"{n}.md", f"Text {n}.", source_type="markdown", track_id=f"t{n}") for n in range(5)]
    for failed in texts[:4]:
        records.fail(failed, "the reader stumbled")
    assert records.cancel(texts[4])
    for named in ({"document_id": texts[0]}, {"track_id": "t1"}, {"document_id": texts[4]}):
        again = client.documents.reprocess(max_documents=1, **named)
        assert (again.requeued, again.document_ids) == (1, [named.get("document_id", texts[1])])
    client.documents.wait(["t0", "t1", "t4"])
    assert client.documents.reprocess(document_id=texts[2], track_id="t3").requeued == 0  # another track's
    assert client.documents.reprocess(document_id="nobody").requeued == 0
    assert client.documents.reprocess(max_documents=1).requeued == 1


def test_what_a_question_finds_is_kept_for_a_while(client: EdgequakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    gulls = add(client)
    found = client.query.context("What do gulls eat?", mode="HYBRID")
    assert unknown_in(found) == []
    assert found.bundle is not None
    assert [chunk.content for chunk in found.bundle.chunks] == ["Gulls eat chips, says Mira Okafor."]
    assert (found.mode, found.cached, found.retrieval_quality and found.retrieval_quality.is_sufficient) == (
        *("hybrid", False),
        True,
    )
    again = client.query.get_context(found.retrieval_id, include_subgraph=False)
    assert (again.cached, again.retrieval_fingerprint) == (True, found.retrieval_fingerprint)
    assert again.bundle is not None
    assert again.bundle.subgraph == Subgraph()
    bare = client.query.context("Who eats chips?", include_lineage=False, include_documents=False)
    assert bare.bundle is not None
    assert (bare.bundle.documents, bare.bundle.chunks[0].lineage) == (None, None)
    add(client, "# More gulls\n\nGulls eat fish too.\n\n## Also\n\nSome gulls eat bread.", title="more.md")
    results = client.query.search_context("What do gulls eat?").results
    assert {result.title for result in results} == {"more.md", "gulls.md"}
    assert [result.score for result in results] == sorted((result.score for result in results), reverse=True)
    assert client.query.get_context(results[0].retrieval_id).query == "What do gulls eat?"
    assert (client.query.artifact("chunk", f"{gulls}-chunk-0").chunk or {})["document_id"] == gulls
    assert client.query.artifact("markdown", gulls, include_content=True)["markdown"]["content"] == TEXT
    for status, refused in (
        (400, lambda: client.query.get_context("nobody")),
        (404, lambda: client.query.get_context("ret_nobody")),
        (404, lambda: client.query.artifact("chunk", "nobody")),
        (404, lambda: client.query.artifact("pdf", gulls)),
        (400, lambda: client.query.artifact("figure", "f")),
        (400, lambda: client.query.artifact("poem", gulls)),
    ):
        with pytest.raises(APIError) as caught:
            refused()
        assert caught.value.status_code == status
    monkeypatch.setattr(context_routes, "_KEPT", 1)
    monkeypatch.setattr(context_routes, "_KEPT_SECONDS", -1.0)
    client.query.context("What?")
    with pytest.raises(NotFoundError):
        client.query.get_context(found.retrieval_id)
    with pytest.raises(GoneError, match="kept"):
        client.query.get_context(client.query.context("What?").retrieval_id)

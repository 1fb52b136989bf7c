"""Documents, conversations, tasks, models and costs, as this package's own client reads them."""

from collections.abc import Iterator

import pytest
from local.pdf import pdf
from local.whole import unknown_in

from edgequake import (
    BadRequestError,
    ConflictError,
    EdgequakeClient,
    ForbiddenError,
    NotFoundError,
    ServerError,
    ValidationError,
)
from edgequake.local import LocalServer

USER = "00000000-0000-0000-0000-000000000001"
TEXT = "# Gulls\n\nGulls eat chips, says Mira Okafor."


@pytest.fixture
def client() -> Iterator[EdgequakeClient]:
    with (
        LocalServer() as server,
        EdgequakeClient(base_url=server.url, tenant_id="default", workspace_id="default", user_id=USER) as client,
    ):
        yield client


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
    assert client.documents.metadata(gulls)["team"] == "relay"
    assert client.documents.failed_chunks(gulls).failed_chunks == []
    wiped = client.documents.bulk_delete([*others[:2], "nobody"])
    assert wiped.planned_delete_count == 2
    client.documents.wait_deleted(client.documents.delete(others[2]))
    while client.documents.list().first_page().total > 1:
        pass
    with pytest.raises(ForbiddenError):
        client.request("DELETE", "/api/v1/documents", cast_to=dict, headers={"X-EdgeQuake-Confirm": "no"})
    assert client.documents.delete_all(confirm=True).deleted_count == 1
    while client.documents.list().first_page().total:
        pass
    with pytest.raises(BadRequestError):
        client.request("POST", "/api/v1/documents/batch-delete", cast_to=dict, body={"document_ids": []})
    with pytest.raises(BadRequestError):
        client.request("GET", "/api/v1/documents/search", cast_to=dict)
    for missing in (client.documents.markdown, client.documents.metadata, client.documents.deletion_impact):
        with pytest.raises(NotFoundError):
            missing("nobody")


def test_pdfs_have_routes_of_their_own(client: EdgequakeClient) -> None:
    pytest.importorskip("pypdf")
    add(client)
    data = pdf("The beacon rests in crate seven.")
    upload = client.documents.pdf.upload(data, filename="plan.pdf", track_id="mine")
    assert unknown_in(upload) == []
    assert upload.track_id == "mine"
    with client.documents.pdf.stream_progress("mine") as stream:
        events = list(stream)
    assert (events[-1].type, events[-1].progress.is_complete) == ("complete", True)
    progress = client.documents.pdf.progress("mine")
    assert unknown_in(progress) == []
    assert (progress.is_complete, progress.overall_percentage) == (True, 100.0)
    again = client.documents.pdf.upload(data, filename="other.pdf")
    assert (again.status, again.duplicate_of) == ("duplicate", upload.pdf_id)
    assert "crate seven" in client.documents.pdf.content(upload.pdf_id).markdown_content
    state = client.documents.pdf.get(upload.pdf_id)
    assert unknown_in(state) == []
    assert state.status == "completed"
    assert [one.filename for one in client.documents.pdf.list()] == ["plan.pdf"]
    batch = client.documents.pdf.upload_batch([("plan.pdf", data), ("torn.pdf", b"%PDF-1.4"), ("x.pdf", pdf("New."))])
    assert [result.status for result in batch.results] == ["duplicate", "failed", "processing"]
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


def test_messages_are_stored_changed_and_carried_over(client: EdgequakeClient) -> None:
    talk = client.conversations.create(title="Mine")
    said = client.conversations.messages.create(talk.id, content="Hello", role="user")
    assert unknown_in(said) == []
    changed = client.conversations.messages.update(said.id, content="Hello!", is_error=True, context={"sources": []})
    assert (changed.content, changed.is_error, changed.context["sources"]) == ("Hello!", True, [])
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


def test_what_only_the_real_server_has_says_so(client: EdgequakeClient) -> None:
    calls = [
        lambda: client.graph.entities.create("Orion", entity_type="X", description="x", source_id="manual_entry"),
        lambda: client.documents.reprocess(),
        lambda: client.query.context("What?"),
        lambda: client.request("POST", "/api/v1/auth/login", cast_to=dict, body={}),
        lambda: client.request("PATCH", "/api/v1/costs/budget", cast_to=dict, body={}),
    ]
    for call in calls:
        with pytest.raises(ServerError) as caught:
            call()
        assert (caught.value.status_code, caught.value.code) == (501, "NOT_IMPLEMENTED")
        assert "the local server does not have" in caught.value.message
    with pytest.raises(NotFoundError):
        client.request("GET", "/api/v1/nothing", cast_to=dict)

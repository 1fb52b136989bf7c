"""Tenants and their workspaces, as this package's own client reads and keeps them apart."""

from collections.abc import Iterator

import httpx
import pytest
from local.whole import unknown_in
from starlette.datastructures import FormData, UploadFile

from edgequake import BadRequestError, ConflictError, EdgequakeClient, NotFoundError
from edgequake.local import LocalServer
from edgequake.local.uploads import Upload, Uploads

USER = "00000000-0000-0000-0000-000000000001"
GULLS = "# Gulls\n\nGulls eat chips near the Orion relay.\n"
HERONS = "# Herons\n\nHerons eat fish near the Orion relay.\n"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def client(server: LocalServer) -> Iterator[EdgequakeClient]:
    with EdgequakeClient(base_url=server.url, tenant_id="default", workspace_id="default", user_id=USER) as client:
        yield client


def test_what_is_in_one_workspace_never_shows_in_another(client: EdgequakeClient, server: LocalServer) -> None:
    tenant = client.tenants.create("Relay Works")
    here = client.workspaces.create("Lyon", tenant_id=tenant.id)
    there = client.workspaces.create("Paris", tenant_id=tenant.id)
    ours = client.with_options(tenant_id=tenant.id, workspace_id=here.id)
    theirs = client.with_options(tenant_id=tenant.id, workspace_id=there.id)
    upload = ours.documents.upload_text(GULLS, title="gulls.md")
    ours.documents.wait(upload)
    theirs.documents.wait(theirs.documents.upload_text(HERONS, title="herons.md"))
    same = theirs.documents.upload_text(GULLS, title="gulls again.md")
    assert same.document_id != upload.document_id  # what others have is no duplicate
    theirs.documents.wait(same)
    question = "What do gulls eat near the Orion relay?"
    assert {source.label for source in ours.query.execute(question, mode="naive").sources} == {"gulls.md"}
    assert "herons.md" in {source.label for source in theirs.query.execute("Who eats fish?").sources}
    assert "There are no documents yet." in client.query.execute(question).answer
    with ours.query.stream(question) as stream:
        assert {source.label for source in stream.final().sources if source.source_type == "chunk"} == {"gulls.md"}
    chat = ours.chat.complete(question)
    assert "chips" in chat.content
    kept = ours.query.context(question).retrieval_id
    task = ours.tasks.get(upload.task_id)
    assert [document.title for document in ours.documents.list()] == ["gulls.md"]
    assert [document.title for document in client.documents.list()] == []
    assert ours.documents.track(upload.track_id).total_count == 1
    assert theirs.documents.track(upload.track_id).total_count == 0
    chunk = f"{upload.document_id}-chunk-0"
    assert "chips" in ours.chunks.get(chunk).content
    for read in (
        lambda: theirs.chunks.get(chunk),
        lambda: theirs.documents.get(upload.document_id),
        lambda: theirs.documents.delete(upload.document_id),
        lambda: client.with_options(workspace_id=here.id).documents.get(upload.document_id),
        lambda: theirs.tasks.get(task.track_id),
        lambda: theirs.query.get_context(kept),
        lambda: theirs.query.artifact("document", upload.document_id),
        lambda: theirs.documents.download(upload.document_id),
        lambda: theirs.documents.progress(upload.track_id),
        lambda: theirs.conversations.get(chat.conversation_id),
        lambda: theirs.conversations.messages.list(chat.conversation_id).first_page(),
        lambda: theirs.chat.complete(question, conversation_id=chat.conversation_id),
    ):
        with pytest.raises(NotFoundError):
            read()
    detail = ours.documents.get(upload.document_id)
    assert (detail.tenant_id, detail.workspace_id) == (tenant.id, here.id)
    assert [talk.id for talk in ours.conversations.list()] == [chat.conversation_id]
    assert list(theirs.conversations.list()) == []
    assert "gulls.md" not in {item.title for item in theirs.documents.search("herons").items}
    assert theirs.tasks.list().first_page().pagination.total == 2
    folder = ours.folders.create("Ours")
    assert theirs.folders.list() == []
    with pytest.raises(NotFoundError):
        theirs.conversations.create(folder_id=folder.id)
    named = "Ada Byron met Max Stern. Max Stern works with Ada Byron."
    ours.documents.wait(ours.documents.upload_text(named, title="people.md"))
    assert {node.label for node in ours.graph.get().nodes} == {"Ada Byron", "Max Stern"}
    assert theirs.graph.get().nodes == client.graph.get().nodes == []
    assert list(theirs.entities.list()) == list(theirs.relationships.list()) == []
    assert (ours.graph.search("Byron").total_matches, theirs.graph.search("Byron").total_matches) == (1, 0)
    assert theirs.graph.search_labels("Byron").labels == theirs.graph.popular_labels().labels == []
    assert theirs.query.execute("Who is Ada Byron?", mode="mix").sources == []
    with pytest.raises(NotFoundError):
        theirs.graph.node("ADA_BYRON")
    stats = ours.workspaces.stats()
    assert unknown_in(stats) == []
    assert (stats.document_count, stats.chunk_count, stats.relationship_count) == (2, 2, 1)
    client.workspaces.delete(here.id)
    with pytest.raises(NotFoundError):
        ours.query.execute(question)
    run = server.store.database.connection.execute
    for table in ("documents", "passages", "entities", "conversations", "folders"):
        assert run(f"SELECT count(*) FROM {table} WHERE workspace_id = ?", (here.id,)).fetchone() == (0,)
    client.tenants.delete(tenant.id)
    assert [one.slug for one in client.tenants.list()] == ["default"]
    for table in ("documents", "passages", "entities", "conversations", "messages", "originals"):
        assert run(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_tenants_and_workspaces_are_listed_changed_and_found_by_slug(client: EdgequakeClient) -> None:
    tenant = client.tenants.create("Ärger & Co", slug="aerger", plan="pro")
    assert unknown_in(tenant) == []
    assert (tenant.slug, tenant.plan, tenant.is_active) == ("aerger", "pro", True)
    assert client.tenants.update(tenant.id, name="Co").name == "Co"
    made = [client.workspaces.create(f"Place {n}", tenant_id=tenant.id, description=f"no. {n}") for n in range(3)]
    assert unknown_in(made) == []
    listed = client.workspaces.list(tenant.id, page_size=2)
    assert [workspace.slug for workspace in listed] == ["place-0", "place-1", "place-2"]
    assert client.workspaces.by_slug("place-1", tenant_id=tenant.id).id == made[1].id
    assert client.workspaces.update(made[0].id, name="First", max_documents=5).max_documents == 5
    assert client.workspaces.get(made[0].id).name == "First"
    assert unknown_in(client.tenants.list().first_page()) == []
    with pytest.raises(ConflictError):
        client.workspaces.create("Place 1", tenant_id=tenant.id)
    with pytest.raises(ConflictError):
        client.tenants.create("Another", slug="aerger")
    for refuse in (lambda: client.workspaces.delete("default"), lambda: client.tenants.delete("default")):
        with pytest.raises(ConflictError, match="the default"):
            refuse()
    nobody = "6f0f6a52-1c7e-4c7b-9a50-3f0a4be1d201"
    for missing in (client.tenants.get, client.workspaces.get, client.workspaces.stats, client.tenants.delete):
        with pytest.raises(NotFoundError):
            missing(nobody)
    with pytest.raises(NotFoundError):
        client.tenants.update(nobody, name="x")
    with pytest.raises(BadRequestError):
        client.request("GET", "/api/v1/tenants/x", cast_to=dict)
    client.tenants.delete(tenant.id)
    with pytest.raises(NotFoundError):
        client.workspaces.get(made[0].id)


def test_a_tenant_without_a_workspace_header_uses_its_own(client: EdgequakeClient, server: LocalServer) -> None:
    tenant = client.tenants.create("Own")

    def ask(**headers: str) -> httpx.Response:
        return httpx.post(f"{server.url}/api/v1/query", json={"query": "x"}, headers=headers, trust_env=False)

    assert ask(**{"X-Tenant-ID": tenant.id}).status_code == 404
    place = client.workspaces.create("Only", tenant_id=tenant.id)
    ours = client.with_options(tenant_id=tenant.id, workspace_id=place.id)
    ours.documents.wait(ours.documents.upload_text(GULLS, title="gulls.md"))
    body = {"query": "What do gulls eat?"}
    found = httpx.post(
        f"{server.url}/api/v1/query", json=body, headers={"X-Tenant-ID": tenant.id}, trust_env=False
    ).json()
    assert "chips" in found["answer"]
    assert ask(**{"X-Tenant-ID": tenant.id, "X-Workspace-ID": "default"}).status_code == 404
    assert ask(**{"X-Workspace-ID": place.id}).status_code == 200
    client.tenants.delete(tenant.id)


def test_an_upload_into_a_workspace_that_is_deleted_meanwhile_leaves_nothing(
    client: EdgequakeClient, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = client.workspaces.create("Gone", tenant_id="default")
    read, ours = Uploads.read, client.with_options(workspace_id=place.id)

    def slow(self: Uploads, part: UploadFile, form: FormData) -> Upload:
        client.workspaces.delete(place.id)
        return read(self, part, form)

    monkeypatch.setattr(Uploads, "read", slow)
    with pytest.raises(NotFoundError, match="workspace"):
        ours.documents.upload_file(GULLS.encode(), filename="gulls.md")
    run = server.store.database.connection.execute
    assert run("SELECT count(*) FROM documents WHERE workspace_id = ?", (place.id,)).fetchone() == (0,)

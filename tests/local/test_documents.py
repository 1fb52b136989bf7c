import io
import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
from local import contract
from local.contract import check
from local.pdf import pdf

from edgequake.local import LocalServer
from edgequake.local.ingestion import Ingestion

ROOT = "/api/v1/documents"
SCOPED = {"X-Tenant-ID": "default", "X-Workspace-ID": "default"}


@pytest.fixture
def fresh():
    with LocalServer() as server, httpx.Client(base_url=server.url, trust_env=False, timeout=60) as client:
        client.server = server
        yield client


def wait_for(client: httpx.Client, track_id: str) -> dict[str, Any]:
    """The track once it is complete; every answer on the way has the contract's shape."""
    for _ in range(100_000):
        track = client.get(f"{ROOT}/track/{track_id}").json()
        check(track, contract.TRACK)
        if track["is_complete"]:
            return track
    raise AssertionError("the upload was never read")


def upload(client: httpx.Client, name: str, data: bytes, **parts: str) -> httpx.Response:
    return client.post(f"{ROOT}/upload", files={"file": (name, data)}, data=parts)


def test_a_text_is_accepted_then_read_then_found_then_deleted(fresh: httpx.Client) -> None:
    body = {"content": "# Gulls\n\nGulls eat chips.", "title": "gulls", "metadata": {"team": ["a"]}}
    accepted = fresh.post(ROOT, json=body)
    assert accepted.status_code == 202
    check(accepted.json(), contract.UPLOADED)
    assert accepted.json()["status"] == "pending"
    track = wait_for(fresh, accepted.json()["track_id"])
    (listed,) = track["documents"]
    assert (listed["status"], listed["chunk_count"], listed["title"]) == ("completed", 1, "gulls")
    assert track["status_summary"]["completed"] == track["total_count"] == 1
    answer = fresh.post("/api/v1/query", json={"query": "What do gulls eat?"}).json()
    assert answer["sources"][0]["document_id"] == accepted.json()["document_id"]
    document = fresh.get(f"{ROOT}/{listed['id']}").json()
    check(document, contract.DOCUMENT)
    assert (document["content"], document["metadata"]) == (body["content"], {"team": ["a"]})
    assert document["content_hash"] == sha256(body["content"].encode()).hexdigest()
    deleted = fresh.delete(f"{ROOT}/{listed['id']}")
    assert deleted.status_code == 202
    check(deleted.json(), contract.DELETED)
    while fresh.get(f"{ROOT}/{listed['id']}").status_code != 404:
        pass
    assert fresh.post("/api/v1/query", json={"query": "What do gulls eat?"}).json()["sources"] == []


def test_a_file_keeps_its_name_hash_and_metadata(fresh: httpx.Client) -> None:
    data = b"\xef\xbb\xbfMira runs the relay."
    response = upload(fresh, "../notes/relay.TXT", data, metadata='{"a": 1}', title="ignored")
    assert response.status_code == 202
    body = response.json()
    check(body, contract.FILE_UPLOADED)
    assert (body["filename"], body["size"], body["is_duplicate"]) == ("relay.TXT", len(data), False)
    assert body["content_hash"] == sha256(data).hexdigest()
    wait_for(fresh, body["track_id"])
    document = fresh.get(f"{ROOT}/{body['document_id']}").json()
    check(document, contract.DOCUMENT)
    assert (document["title"], document["source_type"], document["metadata"]) == ("relay.TXT", "text", {"a": 1})
    assert document["content"] == "Mira runs the relay."
    again = upload(fresh, "other.txt", data)
    assert again.status_code == 200
    check(again.json(), contract.FILE_UPLOADED)
    assert (again.json()["is_duplicate"], again.json()["document_id"]) == (True, body["document_id"])
    assert again.json()["chunk_count"] == 1


@pytest.mark.parametrize("metadata", ["{", "[" * 100_000, '{"a": NaN}', '{"a": 1e999}'], ids=range(4))
def test_metadata_that_cannot_be_sent_back_is_ignored(fresh: httpx.Client, metadata: str) -> None:
    body = upload(fresh, "a.md", b"words", metadata=metadata).json()
    assert "metadata" not in fresh.get(f"{ROOT}/{body['document_id']}").json()


def test_the_same_text_again_takes_the_place_of_the_first(fresh: httpx.Client) -> None:
    first = fresh.post(ROOT, json={"content": "Gulls eat chips."}).json()
    wait_for(fresh, first["track_id"])
    second = fresh.post(ROOT, json={"content": "Gulls eat chips.", "track_id": "mine"}).json()
    assert (second["track_id"], second["document_id"] == first["document_id"]) == ("mine", False)
    wait_for(fresh, "mine")
    assert fresh.get(f"{ROOT}/{first['document_id']}").status_code == 404
    assert [d["title"] for d in fresh.get(ROOT, headers=SCOPED).json()["documents"]] == ["Untitled"]


def test_the_same_text_while_it_is_being_read_is_a_duplicate(
    fresh: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Ingestion, "read", lambda ingestion, document_id: None)
    first = fresh.post(ROOT, json={"content": "Gulls eat chips."}).json()
    again = fresh.post(ROOT, json={"content": "Gulls eat chips."})
    assert again.status_code == 200
    check(again.json(), contract.UPLOADED_TWICE)
    assert again.json()["duplicate_of"] == first["document_id"]
    assert again.json()["status"] == "duplicate_processing"
    track = fresh.get(f"{ROOT}/track/{first['track_id']}").json()
    assert (track["is_complete"], track["documents"][0]["status"]) == (False, "pending")


def test_a_document_that_cannot_be_read_says_so_in_its_record(
    fresh: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(document_id: str) -> None:
        raise ValueError("no\nroom")

    monkeypatch.setattr(fresh.server.store.records, "process", broken)
    track = wait_for(fresh, fresh.post(ROOT, json={"content": "words"}).json()["track_id"])
    assert track["status_summary"]["failed"] == 1
    assert (track["documents"][0]["status"], track["documents"][0]["error_message"]) == ("failed", "no room")
    batch = fresh.post(f"{ROOT}/upload/batch", files=[("files", ("a.md", b"other"))]).json()
    assert batch["results"][0]["error"] == "no room"


def test_a_batch_tells_what_became_of_each_file(fresh: httpx.Client) -> None:
    files = [("a.md", b"# A\n\nalpha"), ("b.md", b"# A\n\nalpha"), ("c.exe", b"x"), ("d.txt", b"\xff\xfe")]
    response = fresh.post(f"{ROOT}/upload/batch", files=[("files", file) for file in files])
    assert response.status_code == 202
    body = response.json()
    check(body, contract.BATCH)
    assert (body["total_files"], body["processed"], body["duplicates"], body["failed"]) == (4, 1, 1, 2)
    assert [result["status"] for result in body["results"]] == ["processed", "duplicate", "failed", "failed"]
    assert fresh.post("/api/v1/query", json={"query": "alpha"}).json()["sources"]
    assert fresh.post(f"{ROOT}/upload/batch", files=[("file", ("e.md", b"epsilon"))]).json()["processed"] == 1


def test_lists_are_paged_filtered_and_counted(fresh: httpx.Client) -> None:
    files = [("files", (f"note-{number}.md", f"# N{number}\n\nwords {number}".encode())) for number in range(5)]
    fresh.post(f"{ROOT}/upload/batch", files=files)
    whole = fresh.get(ROOT, headers=SCOPED).json()
    check(whole, contract.DOCUMENTS)
    assert [d["title"] for d in whole["documents"]] == [f"note-{n}.md" for n in (4, 3, 2, 1, 0)]
    assert whole["status_counts"]["completed"] == whole["total"] == 5
    page = fresh.get(ROOT, headers=SCOPED, params={"page": 2, "page_size": 2}).json()
    assert [d["title"] for d in page["documents"]] == ["note-2.md", "note-1.md"]
    assert (page["page"], page["page_size"], page["total_pages"], page["has_more"]) == (2, 2, 3, True)
    assert page["status_counts"]["completed"] == 5

    def titles(**params: str) -> list[str]:
        return [d["title"] for d in fresh.get(ROOT, headers=SCOPED, params=params).json()["documents"]]

    assert titles(document_pattern="NOTE-1, note-3") == ["note-3.md", "note-1.md"]
    assert titles(date_to="2000-01-01") == []
    assert len(titles(date_from="2000-01-01")) == 5
    assert titles(status="failed") == []
    assert len(titles(page_size="100000", page="0")) == 5
    assert fresh.get(ROOT, headers=SCOPED, params={"page": "x"}).status_code == 400


@pytest.mark.parametrize("missing", ["X-Tenant-ID", "X-Workspace-ID"])
def test_a_list_without_tenant_and_workspace_is_empty(client: httpx.Client, missing: str) -> None:
    headers = {name: value for name, value in SCOPED.items() if name != missing}
    body = client.get(ROOT, headers=headers).json()
    check(body, contract.DOCUMENTS)
    assert (body["documents"], body["total"], body["total_pages"]) == ([], 0, 0)
    assert client.get(ROOT, headers=SCOPED).json()["total"] > 0


def test_an_unknown_track_is_complete_and_empty(client: httpx.Client) -> None:
    track = client.get(f"{ROOT}/track/nope").json()
    check(track, contract.TRACK)
    assert (track["total_count"], track["is_complete"], track["created_at"]) == (0, True, None)


def test_a_pdf_is_read_by_the_same_route_page_by_page(fresh: httpx.Client) -> None:
    pytest.importorskip("pypdf")
    body = upload(fresh, "plan.pdf", pdf("Racks stand in Lyon.", "The beacon rests in crate seven.")).json()
    wait_for(fresh, body["track_id"])
    found = fresh.post("/api/v1/query", json={"query": "Where does the beacon rest?"}).json()
    check(found, contract.QUERY)
    assert "crate seven" in found["answer"]
    assert (found["sources"][0]["page_start"], found["sources"][0]["page_end"]) == (2, 2)
    assert fresh.get(f"{ROOT}/{body['document_id']}").json()["mime_type"] == "application/pdf"


def test_a_pdf_on_the_disk_is_a_document_too(tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    (tmp_path / "plan.pdf").write_bytes(pdf("The beacon rests in crate seven."))
    with LocalServer(tmp_path) as server:
        body = httpx.post(f"{server.url}/api/v1/query", json={"query": "beacon"}, trust_env=False).json()
    assert body["sources"][0]["file_path"] == "plan.pdf"


def test_without_pypdf_a_pdf_is_refused_with_the_command_to_type(
    fresh: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    response = upload(fresh, "plan.pdf", pdf("words"))
    check(response.json(), contract.PROBLEM)
    assert (response.status_code, response.json()["code"]) == (501, "NOT_IMPLEMENTED")
    assert 'pip install "edgequake[pdf]"' in response.json()["message"]


def test_a_web_page_is_read_as_its_text(fresh: httpx.Client) -> None:
    page = b"<html><head><title>x</title><style>p{}</style></head><body><h1>Gulls</h1><p>They <b>eat</b> chips.</p>"
    body = upload(fresh, "gulls.html", page + b"<script>var chips</script></body></html>").json()
    document = fresh.get(f"{ROOT}/{body['document_id']}").json()
    assert document["content"] == "# Gulls\n\nThey eat chips.\n"


BAD_FILES = [
    ("a.exe", b"x", "extension .exe is not accepted"),
    ("noname", b"x", "has no file extension"),
    ("a.md", b"caf\xe9", "not UTF-8 text"),
    ("a.txt", b"a\0b", "binary, not text"),
    ("a.md", b" \n", "the file is empty"),
    ("a.pdf", b"no pdf at all", "PDF"),
]


@pytest.mark.parametrize(("name", "data", "words"), BAD_FILES)
def test_files_that_are_no_documents_are_refused_and_leave_nothing(
    fresh: httpx.Client, name: str, data: bytes, words: str
) -> None:
    if name.endswith(".pdf"):
        pytest.importorskip("pypdf")
    response = upload(fresh, name, data)
    check(response.json(), contract.PROBLEM)
    assert (response.status_code, response.json()["code"]) == (400, "BAD_REQUEST")
    assert words in response.json()["message"]
    assert fresh.get(ROOT, headers=SCOPED).json()["total"] == 0


def test_uploads_that_are_no_uploads_are_refused(fresh: httpx.Client) -> None:
    for route in ("upload", "upload/batch"):
        assert fresh.post(f"{ROOT}/{route}", files={"other": ("a.md", b"x")}).status_code == 400
        assert fresh.post(f"{ROOT}/{route}", json={}).status_code == 400
        broken = {"Content-Type": "multipart/form-data; boundary=x"}
        assert fresh.post(f"{ROOT}/{route}", content=b"no part", headers=broken).status_code == 400
    blank = fresh.post(ROOT, json={"content": " \n"})
    assert (blank.status_code, blank.json()["code"]) == (422, "VALIDATION_ERROR")
    assert fresh.post(ROOT, json={"title": "x"}).status_code == 422
    assert fresh.post(ROOT, content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert fresh.post(ROOT, json={"content": "x"}, headers={"X-Workspace-ID": "x"}).status_code == 400
    for method in ("GET", "DELETE"):
        unknown = fresh.request(method, f"{ROOT}/unknown")
        check(unknown.json(), contract.PROBLEM)
        assert (unknown.status_code, unknown.json()["code"]) == (404, "NOT_FOUND")
    assert (fresh.put(ROOT).status_code, fresh.get(f"{ROOT}/upload/batch").status_code) == (405, 405)


async def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    from starlette.requests import Request

    from edgequake.local.requests import RequestError, form_of

    pieces = [{"type": "http.request", "body": b"x", "more_body": more} for more in (True, False)]

    async def receive() -> dict:
        return pieces.pop(0)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", b"1000")]}
    with pytest.raises(RequestError, match="larger than 0 MiB") as caught:
        await form_of(Request(scope, receive), 999)
    assert (caught.value.status, pieces) == (413, [])


@pytest.mark.parametrize("served", [{}, {"app": None}])
async def test_a_form_that_does_not_say_how_large_it_is_is_bounded_too(
    monkeypatch: pytest.MonkeyPatch, served: dict[str, Any]
) -> None:
    """It is read to its end, but no more of it goes to the disk than a form may have."""
    from starlette.datastructures import UploadFile
    from starlette.requests import Request

    from edgequake.local.requests import RequestError, form_of

    kept: list[int] = []
    write = UploadFile.write

    async def counted(part: UploadFile, data: bytes) -> None:
        kept.append(len(data))
        await write(part, data)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    monkeypatch.setattr(UploadFile, "write", counted)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="gulls.md"\r\n\r\n'
    pieces = [head, *[b"g" * 500_000] * 6, b"\r\n--x--\r\n"]
    form_data = [(b"content-type", b"multipart/form-data; boundary=x")]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": form_data, **served}
    left = pieces.copy()
    with pytest.raises(RequestError, match="larger than 1 MiB") as caught:
        await form_of(Request(scope, receive), 2_000_000)
    assert (caught.value.status, left) == (413, [])
    assert sum(kept) <= 2_000_000
    left = pieces.copy()
    form = await form_of(Request(scope, receive), 4_000_000)
    await form.close()
    assert len(form) == 1


def test_a_text_over_the_limit_is_refused(fresh: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgequake.local.formats._MAX_BYTES", 10)
    body = io.BytesIO(json.dumps({"content": "x" * 11}).encode()).read()
    responses = [
        fresh.post(ROOT, content=body, headers={"Content-Type": "application/json"}),
        upload(fresh, "a.md", b"x" * 11),
    ]
    assert [(r.status_code, r.json()["code"]) for r in responses] == [(400, "BAD_REQUEST")] * 2

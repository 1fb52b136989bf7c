import logging
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from edgequake import EdgequakeClient, ProcessingError, ServiceUnavailableError
from edgequake.local import LocalServer, LocalServerError, Store
from edgequake.local.errors import SourceError, StoreError
from edgequake.local.ingestion import Ingestion
from edgequake.local.search import Search

IDS = {"tenant_id": "default", "workspace_id": "default", "user_id": "00000000-0000-0000-0000-000000000001"}
SCOPED = {"X-Tenant-ID": "default", "X-Workspace-ID": "default"}


def listed(server: LocalServer) -> dict[str, dict]:
    body = httpx.get(f"{server.url}/api/v1/documents", headers=SCOPED, trust_env=False).json()
    return {document["title"]: document for document in body["documents"]}


def ask(server: LocalServer, question: str) -> dict:
    return httpx.post(f"{server.url}/api/v1/query", json={"query": question}, trust_env=False).json()


def test_the_same_paths_again_add_nothing_and_changed_files_are_replaced(tmp_path: Path) -> None:
    docs, db = tmp_path / "docs", tmp_path / "kept.db"
    docs.mkdir()
    (docs / "a.md").write_text("Gulls eat chips.")
    (docs / "b.md").write_text("Herons eat fish.")
    with LocalServer(docs, db=db) as server:
        first = listed(server)
    (docs / "b.md").write_text("Herons eat frogs.")
    with LocalServer(docs, db=db) as server:
        second = listed(server)
        assert "frogs" in ask(server, "What do herons eat?")["answer"]
    assert second.keys() == first.keys() == {"a.md", "b.md"}
    assert second["a.md"] == first["a.md"]
    assert second["b.md"]["id"] == first["b.md"]["id"]


def test_the_answers_are_the_same_after_a_restart_without_the_files(folder: Path, tmp_path: Path) -> None:
    db = tmp_path / "kept.db"
    questions = ["Who operates the Orion relay?", "Where is the spare beacon?", "Who is the king of Mongolia?"]
    told = ("answer", "sources", "subgraph")
    with LocalServer(folder, db=db) as server:
        before = [[ask(server, question)[name] for name in told] for question in questions]
    with LocalServer(db=db) as server:
        after = [[ask(server, question)[name] for name in told] for question in questions]
    assert after == before


def test_a_vanished_file_stays_and_is_said_until_it_is_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    docs, db = tmp_path / "docs", tmp_path / "kept.db"
    docs.mkdir()
    (docs / "a.md").write_text("Gulls eat chips.")
    (docs / "b.md").write_text("Herons eat fish.")
    with LocalServer(docs, db=db):
        pass
    (docs / "a.md").unlink()
    with caplog.at_level(logging.WARNING, "edgequake.local"), LocalServer(docs, db=db) as server:
        warned = listed(server)["a.md"]["warning_message"]
        assert "chips" in ask(server, "What do gulls eat?")["answer"]
    assert warned == f"the file is no longer there: {docs / 'a.md'}"
    assert caplog.messages == [f"kept a document although {warned}"]
    (docs / "a.md").write_text("Gulls eat chips.")
    with LocalServer(docs, db=db) as server:
        assert "warning_message" not in listed(server)["a.md"]


KILLED = """
import os, signal, sys
from edgequake.local import indexing
from edgequake.local.store import Store
store = Store(sys.argv[1])
store.add_document("whole.md", "Gulls eat chips.")
accepted = store.records.accept("torn.md", "Herons eat fish.", source_type="markdown", size=1, content_hash="x")
store.records.begin(accepted)
indexing.names = lambda passages: os.kill(os.getpid(), signal.SIGKILL)
store.records.process(accepted)
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_a_server_killed_in_the_middle_of_an_upload_leaves_a_store_that_goes_on(tmp_path: Path) -> None:
    db = tmp_path / "kept.db"
    done = subprocess.run([sys.executable, "-c", KILLED, str(db)], timeout=300, check=False)
    assert done.returncode == -signal.SIGKILL
    with Store(db) as store:
        assert [(d.title, d.chunk_count) for d in store.documents()] == [("whole.md", 1), ("torn.md", 0)]
        assert store.search("herons") == []
        assert store.database.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with LocalServer(db=db) as server:
        while listed(server)["torn.md"]["status"] != "completed":
            pass
        assert "fish" in ask(server, "What do herons eat?")["answer"]


OLD = """
CREATE TABLE documents (id TEXT PRIMARY KEY, title TEXT NOT NULL, digest TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE VIRTUAL TABLE passage_words USING fts5(title, heading, body);
"""
FILES = {
    "older": (OLD, r"an older edgequake made it \(format 1, this one reads 6\); name another file, or delete this one"),
    "foreign": ("CREATE TABLE songs (title TEXT)", "it holds another program's tables"),
    "newer": ("PRAGMA application_id = 1162955859; PRAGMA user_version = 99; CREATE TABLE x (y)", "a newer edgequake"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_another_version_or_program_is_refused_and_left_as_it_is(tmp_path: Path, kind: str) -> None:
    script, words = FILES[kind]
    file = tmp_path / "old.db"
    connection = sqlite3.connect(file)
    connection.executescript(script)
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StoreError, match=words) as caught:
        LocalServer(db=file).start()
    assert "\n" not in str(caught.value)
    assert file.read_bytes() == before


def test_a_locked_database_is_one_clear_line(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgequake.local.schema.BUSY_SECONDS", 0.01)
    db = tmp_path / "kept.db"
    Store(db).close()
    other = sqlite3.connect(db, isolation_level=None)
    with LocalServer(db=db) as server:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as caught:
            LocalServer(folder, db=db).start()
        assert str(caught.value) == f"cannot write to {db}: database is locked"
        refused = httpx.post(f"{server.url}/api/v1/documents", json={"content": "x"}, trust_env=False)
        other.close()
        assert (refused.status_code, refused.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert refused.headers["retry-after"] == "5"
        accepted = httpx.post(f"{server.url}/api/v1/documents", json={"content": "x"}, trust_env=False)
        assert accepted.status_code == 202


def test_a_start_that_fails_leaves_nothing_half_done(folder: Path, tmp_path: Path, server: LocalServer) -> None:
    db = tmp_path / "kept.db"
    (tmp_path / "bad.md").write_bytes(b"caf\xe9")
    with pytest.raises(SourceError):
        LocalServer([folder, tmp_path / "bad.md"], db=db).start()
    with Store(db) as store:
        assert store.documents() == []
    unused = tmp_path / "unused.db"
    with pytest.raises(LocalServerError, match="cannot listen"):
        LocalServer(folder, db=unused, port=httpx.URL(server.url).port or 0).start()
    assert not unused.exists()


def test_what_another_process_deletes_in_the_middle_of_a_search_is_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = tmp_path / "kept.db"
    with Store(db) as store, Store(db) as other:
        added = store.add_document("gulls.md", "# Gulls\n\nGulls eat chips.")
        assert [hit.document_id for hit in other.search("gulls")] == [added.id]
        held = Search._held

        def delete_meanwhile(*args: Any) -> Any:
            assert other.delete(added.id)
            return held(*args)

        with monkeypatch.context() as patched:
            patched.setattr(Search, "_held", delete_meanwhile)
            hits = store.search("gulls")
        assert [hit.text for hit in hits] == ["Gulls eat chips."]
        assert store.search("gulls") == other.search("gulls") == []
        assert store.graph("gulls", hits) == ([], [])
        store.add_document("gulls.md", "Gulls are back.")  # no transaction was left open


def test_two_servers_of_one_file_read_an_upload_once(tmp_path: Path) -> None:
    db = tmp_path / "kept.db"
    with Store(db) as store, Store(db) as other:
        text = "# Gulls\n\nGulls eat chips."
        accepted = store.records.accept("gulls.md", text, source_type="markdown", size=len(text), content_hash="h")
        second = Ingestion(other)
        (waiting,) = other.records.unfinished()  # the second server starts and finds it
        Ingestion(store).read_now(accepted)
        second.read_now(waiting)
        assert [hit.text for hit in other.search("gulls")] == ["Gulls eat chips."]
        assert store.records.begin(accepted) is False
        again = store.records.accept("terns.md", "Terns.", source_type="markdown", size=6, content_hash="i")
        assert store.records.begin(again) is other.records.begin(again) is True  # both begin before either has ended
        store.records.process(again)
        with other.transaction():  # as the second one's note that it begins
            other.database.connection.execute("UPDATE documents SET status = 'processing' WHERE id = ?", (again,))
        other.records.process(again)
        assert [hit.text for hit in store.search("terns")] == ["Terns."]


ADDS = """
import sys
from edgequake.local.store import Store
with Store(sys.argv[1]) as store:
    store.add_document("herons.md", "Herons eat fish.")
"""


def test_a_server_answers_from_what_another_process_adds(tmp_path: Path) -> None:
    db = tmp_path / "kept.db"
    with LocalServer(db=db) as server:
        assert ask(server, "What do herons eat?")["sources"] == []
        subprocess.run([sys.executable, "-c", ADDS, str(db)], timeout=300, check=True)
        assert "fish" in ask(server, "What do herons eat?")["answer"]
        assert list(listed(server)) == ["herons.md"]


@pytest.mark.parametrize(
    ("pragma", "says"), [("max_page_count = 1", "disk is full"), ("query_only = ON", "readonly database")]
)
def test_a_full_disk_or_a_read_only_file_is_a_503_and_what_was_stored_is_still_found(tmp_path, pragma, says):
    (tmp_path / "gulls.md").write_text("# Gulls\n\nGulls eat chips.", "utf-8")
    with LocalServer(tmp_path / "gulls.md", db=tmp_path / "kept.db") as server:
        server.store.database.connection.execute(f"PRAGMA {pragma}")  # such a file, whoever runs the test
        with EdgequakeClient(base_url=server.url, max_retries=0, **IDS) as client:
            with pytest.raises(ServiceUnavailableError, match=f"cannot write to .*kept.db: .*{says}"):
                client.documents.upload(content="Terns dive. " * 9000, title="terns")
            with pytest.raises(ServiceUnavailableError, match=says):
                client.chat.complete("What do gulls eat? " * 500)
            assert "Gulls eat chips." in client.query.execute("What do gulls eat?").answer
    with Store(tmp_path / "kept.db") as store:
        assert [hit.text for hit in store.search("gulls")] == ["Gulls eat chips."]
        assert store.search("terns") == []


@contextmanager
def full_disk(database: Path) -> Iterator[None]:
    """A block in which no byte can be added to a database."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    writes = sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # Python would leave half a .pyc, which no program can import
    resource.setrlimit(resource.RLIMIT_FSIZE, (database.with_name(f"{database.name}-wal").stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = writes


def test_a_disk_that_is_full_when_an_upload_is_read_makes_it_fail_until_there_is_room(tmp_path: Path) -> None:
    db = tmp_path / "kept.db"
    with LocalServer(db=db) as server, EdgequakeClient(base_url=server.url, **IDS) as client:
        document = server.store.records.accept("terns", "Terns dive. " * 9000, source_type="text", track_id="terns")
        with full_disk(db):
            Ingestion(server.store).read_now(document)
        with pytest.raises(ProcessingError, match=r"cannot write to .*kept\.db: disk I/O error"):
            client.documents.wait("terns")
        assert [one.id for one in client.documents.list(status="failed")] == [document]
        assert list(client.documents.list(status="pending")) == []
        client.tasks.retry(f"insert-{document}")
        assert client.documents.wait("terns").ok
        assert "Terns dive." in client.query.execute("What do terns do?").answer

"""Passages found by what they mean, over a real server of embeddings."""

import logging
import socket
from pathlib import Path

import httpx
import pytest
from local.models import ModelServer
from tables import table

from edgequake import ConfigurationError
from edgequake.local import LocalServer, LocalServerError, OpenAICompatibleEmbedder, Store
from edgequake.local.quoting import fitting
from edgequake.local.store import Scope
from edgequake.testing import ScriptServer

TEXTS = {"car.md": "# Garage\n\nEvery automobile needs oil.", "bread.md": "# Kitchen\n\nA loaf stays in the oven."}
FILLER = {f"filler-{number}.md": f"# Topic {number}\n\nSomething else, number {number}." for number in range(12)}


@pytest.fixture(scope="module")
def models():
    with ModelServer() as running:
        yield running


@pytest.fixture
def embedder(models: ModelServer):
    made = OpenAICompatibleEmbedder(models.url, "meaning", "the-key", max_retries=0)
    yield made
    made.close()


@pytest.fixture
def store(embedder: OpenAICompatibleEmbedder):
    with Store() as store:
        for title, text in {**TEXTS, **FILLER}.items():
            store.add_document(title, text, document_id=title)
        store.embed(embedder)
        yield store


def titles(store: Store, embedder: OpenAICompatibleEmbedder, question: str, **options: object) -> list[str]:
    vector = (embedder.model, embedder.embed([question])[0])
    return [hit.title for hit in fitting(store.search(question, vector=vector, **options))]


def test_what_means_the_same_is_found_without_a_word_of_it(store: Store, embedder: OpenAICompatibleEmbedder) -> None:
    assert fitting(store.search("Which vehicle?")) == []
    assert titles(store, embedder, "Which vehicle?")[0] == "car.md"
    assert titles(store, embedder, "How do I bake?")[0] == "bread.md"
    assert titles(store, embedder, "Quantum mechanics?") == []


def test_both_rankings_count(store: Store, embedder: OpenAICompatibleEmbedder) -> None:
    assert titles(store, embedder, "vehicle number 7")[:2] in (["filler-7.md", "car.md"], ["car.md", "filler-7.md"])


def test_the_filter_holds_for_vectors_too(store: Store, embedder: OpenAICompatibleEmbedder) -> None:
    assert titles(store, embedder, "Which vehicle?", scope=Scope(ids=["bread.md"])) == []
    assert titles(store, embedder, "Which vehicle?", scope=Scope(ids=["car.md"])) == ["car.md"]


def test_only_what_has_no_vector_is_embedded_and_what_is_gone_is_forgotten(
    store: Store, embedder: OpenAICompatibleEmbedder, models: ModelServer
) -> None:
    before = len(models.requests)
    steps: list[tuple[str, int, int]] = []
    store.embed(embedder)
    store.add_document("bike.md", "# Shed\n\nTo steer is easy.", document_id="bike.md")
    store.embed(embedder, lambda *step: steps.append(step))
    assert [request["input"] for request in models.requests[before:]] == [["bike.md > Shed\nTo steer is easy."]]
    assert steps == [("embedding passages", 0, 1), ("embedding passages", 1, 1)]
    assert titles(store, embedder, "driving")[0] == "bike.md"
    store.delete("bike.md")
    assert "bike.md" not in titles(store, embedder, "driving")
    (left,) = store.database.connection.execute("SELECT count(*) FROM vectors").fetchone()
    assert left == len(TEXTS) + len(FILLER)


def test_a_server_embeds_files_and_uploads_and_keeps_the_vectors(
    tmp_path: Path, embedder: OpenAICompatibleEmbedder, models: ModelServer
) -> None:
    for title, text in {**TEXTS, **FILLER}.items():
        (tmp_path / title).write_text(text)
    db = tmp_path / "kept.db"

    def ask(server: LocalServer, question: str) -> str:
        body = {"query": question, "mode": "naive"}
        return httpx.post(f"{server.url}/api/v1/query", json=body, trust_env=False, timeout=60).json()["answer"]

    with LocalServer(tmp_path, db=db, embedder=embedder) as server:
        assert "automobile" in ask(server, "Which vehicle?")
        files = [("files", ("bike.md", b"# Shed\n\nTo steer is easy."))]
        httpx.post(f"{server.url}/api/v1/documents/upload/batch", files=files, trust_env=False, timeout=60)
        assert "steer" in ask(server, "Is driving hard?")
    before = len(models.requests)
    with LocalServer(db=db, embedder=embedder) as server:
        assert "steer" in ask(server, "Is driving hard?")
    assert [request["input"] for request in models.requests[before:]] == [["Is driving hard?"]]
    assert models.requests[-1]["authorization"] == "Bearer the-key"


def test_without_its_model_a_server_does_not_start_and_a_running_one_goes_on_by_words(
    tmp_path: Path, models: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "car.md").write_text(TEXTS["car.md"])
    missing = OpenAICompatibleEmbedder(models.url, "missing", max_retries=0)
    with pytest.raises(LocalServerError) as caught:
        LocalServer(tmp_path, embedder=missing).start()
    assert str(caught.value).startswith(f"the embedding model missing at {models.url.split('/')[2]} failed: ")
    assert "\n" not in str(caught.value)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    down = OpenAICompatibleEmbedder(f"http://127.0.0.1:{port}/v1", "meaning", max_retries=0)
    with caplog.at_level(logging.WARNING), LocalServer(embedder=down) as server:
        files = [("files", ("car.md", TEXTS["car.md"].encode()))]
        url = f"{server.url}/api/v1"
        batch = httpx.post(f"{url}/documents/upload/batch", files=files, trust_env=False, timeout=60).json()
        document = httpx.get(f"{url}/documents/{batch['results'][0]['document_id']}", trust_env=False).json()
        answer = httpx.post(f"{url}/query", json={"query": "Which oil?"}, trust_env=False, timeout=60).json()["answer"]
    assert document["status"] == "completed"
    assert document["warning_message"].startswith("found by its words alone: the embedding model meaning at ")
    assert "automobile" in answer
    assert any(message.startswith("searched by words alone: the embedding model") for message in caplog.messages)


@table("data", [[], [{"index": 0, "embedding": []}], [{"index": 0, "embedding": [1.0]}] * 2])
def test_vectors_that_are_none_are_one_clear_line(data: list[dict]) -> None:
    with ScriptServer() as script:
        script.on("POST", "/v1/embeddings").reply(json={"data": data})
        embedder = OpenAICompatibleEmbedder(f"http://127.0.0.1:{script.port}/v1/embeddings", "odd", max_retries=0)
        with pytest.raises(LocalServerError, match=rf"odd at .* gave {len(data)} vectors of .* for 1 texts"):
            embedder.embed(["a"])
        embedder.close()


def test_a_bad_address_and_a_missing_numpy_say_so_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        OpenAICompatibleEmbedder("localhost", "m")
    monkeypatch.setitem(__import__("sys").modules, "numpy", None)
    with pytest.raises(ImportError, match=r'pip install "edgequake\[embed\]"'):
        OpenAICompatibleEmbedder("http://localhost/v1", "m")

"""Every Python block of the README and the documentation runs, against a local server over these documents."""

import re
from pathlib import Path

import pytest

import edgequake

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def as_in_a_shell(monkeypatch, edgequake_server):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("EDGEQUAKE_BASE_URL", edgequake_server.url)
    monkeypatch.setenv("EDGEQUAKE_TENANT_ID", "default")
    monkeypatch.setenv("EDGEQUAKE_USER_ID", "00000000-0000-0000-0000-000000000001")


def storm(**data):
    return {"status": "success", "data": data}


@pytest.fixture
def other_services(monkeypatch, edgequake_script):
    """A Storm and a GPO server, as far as the page on adapters asks them."""
    for variable in ("STORM_API_URL", "GPO_BASE_URL"):
        monkeypatch.setenv(variable, edgequake_script.url)
    monkeypatch.setenv("STORM_API_KEY", "a-key")
    answers = {
        "/api/v2/answer": storm(message={"content": "A search engine."}, contexts=[], id="c-1"),
        "/sessions": {"session_id": "s-1", "token": "t-1"},
        "/conversations": {"conversation_id": "c-1"},
        "/chat": {"message_content": "A tax."},
    }
    for path, answer in answers.items():
        edgequake_script.on("POST", path).always().reply(json=answer)
    source = {"title": "VAT law", "relevance_score": 0.9}
    streams = {
        "/api/v2/answer/stream": [storm(message={"content": "A search"}, contexts=[1]), storm(is_final_event=True)],
        "/chat/stream": [{"content": "A tax."}, {"sources": [source], "is_complete": True}],
    }
    for path, events in streams.items():
        edgequake_script.on("POST", path).always().stream(*events)


def blocks_of(page):
    text = page.read_text("utf-8")
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start(1))
        yield compile("\n" * line + match[1], str(page), "exec")


@pytest.mark.usefixtures("as_in_a_shell", "other_services")
@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "testing.md"], ids=lambda page: page.name)
def test_the_blocks_of_a_page_run_as_they_stand(page, capsys):
    with edgequake.EdgequakeClient() as client:
        names = {"__name__": "__main__", "client": client}
        for block in blocks_of(page):
            exec(block, names)
    assert capsys.readouterr().err == ""


def test_the_tests_on_the_testing_page_pass(tmp_path, edgequake_server, edgequake_script):
    conftest, *tests = blocks_of(ROOT / "docs" / "testing.md")
    names = {}
    exec(conftest, names)
    assert "edgequake_documents" in names
    for block in tests:
        exec(block, names)
    names["test_the_answer_names_its_source"](edgequake_server)
    names["test_a_cut_stream_is_reported"](edgequake_script)

"""Every Python block of the README and the documentation runs, against a local server over `examples/notes`."""

import re

import pytest
from docs.pages import PAGES, ROOT, agrees, blocks_of, name_of
from inner import run_pytest

import edgequake

TESTING = ROOT / "docs" / "testing.md"
TRACING = ROOT / "docs" / "integrations" / "opentelemetry.md"
ELSEWHERE = (TESTING, TRACING, ROOT / "README.md", ROOT / "docs" / "tutorial.md")  # they have tests of their own


def storm(**data):
    return {"status": "success", "data": data}


@pytest.fixture
def other_services(monkeypatch, edgequake_script):
    """A Storm and a GPO server, as far as the page on adapters asks them, and a server with accounts."""
    for variable in ("STORM_API_URL", "GPO_BASE_URL", "TEAM_SERVER"):
        monkeypatch.setenv(variable, edgequake_script.url)
    monkeypatch.setenv("MIRA_PASSWORD", "a-password")
    monkeypatch.setenv("STORM_API_KEY", "a-key")
    answers = {
        "/api/v2/answer": storm(message={"content": "A search engine."}, contexts=[], id="c-1"),
        "/sessions": {"session_id": "s-1", "token": "t-1"},
        "/conversations": {"conversation_id": "c-1"},
        "/chat": {"message_content": "A tax."},
        "/api/v1/auth/login": {"access_token": "t-1", "refresh_token": "r-1", "expires_in": 3600},
        "/api/v1/auth/logout": {},
    }
    for path, answer in answers.items():
        edgequake_script.on("POST", path).always().reply(json=answer)
    me = {"user": {"user_id": "u-1", "username": "mira", "role": "admin"}}
    edgequake_script.on("GET", "/api/v1/auth/me").always().reply(json=me)
    source = {"title": "VAT law", "relevance_score": 0.9}
    streams = {
        "/api/v2/answer/stream": [storm(message={"content": "A search"}, contexts=[1]), storm(is_final_event=True)],
        "/chat/stream": [{"content": "A tax."}, {"sources": [source], "is_complete": True}],
    }
    for path, events in streams.items():
        edgequake_script.on("POST", path).always().stream(*events)


def compiled(block):
    return compile("\n" * (block.line - 1) + block.code, str(block.page), "exec")


@pytest.mark.usefixtures("as_in_a_shell", "other_services")
@pytest.mark.parametrize("page", [page for page in PAGES if page not in ELSEWHERE], ids=name_of)
def test_the_blocks_of_a_page_run_as_they_stand(page, capsys):
    with edgequake.EdgequakeClient() as client:
        names = {"__name__": "__main__", "client": client}
        for block in blocks_of(page, "python"):
            if block.why_not_run is None:
                exec(compiled(block), names)
                printed, complaint = capsys.readouterr()
                assert complaint == "", block.where
                if block.output is not None:
                    assert agrees(block.output, printed), f"{block.where} prints\n{printed}"


@pytest.mark.slow
@pytest.mark.usefixtures("as_in_a_shell")
def test_the_tests_on_the_testing_page_pass(tmp_path):
    for number, block in enumerate(blocks_of(TESTING, "python")):
        name = "conftest.py" if "@pytest.fixture" in block.code else f"test_{number}.py"
        (tmp_path / name).write_text(block.code)
    run = run_pytest(tmp_path, "edgequake")
    assert run.returncode == 0, run.stdout
    assert re.search(r"^7 passed", run.stdout, re.MULTILINE)


@pytest.mark.usefixtures("as_in_a_shell")
def test_the_blocks_of_the_page_on_opentelemetry_run_in_a_process_of_their_own(processes, monkeypatch):
    """They set what a process can set only once."""
    monkeypatch.delenv("EDGEQUAKE_OTEL")
    for block in blocks_of(TRACING, "python"):
        run = processes.run(block.code)
        assert run.stderr == "", block.where
        assert agrees(block.output, run.stdout), f"{block.where} prints\n{run.stdout}"


def test_an_output_is_compared_but_for_what_differs_each_time():
    assert agrees("after 0.25 s, 12 ms\n", "after 1.5 s, 3 ms  \n")
    assert agrees("it is …, as said", "it is 4, as said")
    assert not agrees("after 0.25 s", "after 0.25 ms")
    assert not agrees("12 chunks", "13 chunks")
    assert not agrees("", "more")

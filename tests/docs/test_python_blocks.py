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


def blocks_of(page):
    text = page.read_text("utf-8")
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start(1))
        yield compile("\n" * line + match[1], str(page), "exec")


@pytest.mark.usefixtures("as_in_a_shell")
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

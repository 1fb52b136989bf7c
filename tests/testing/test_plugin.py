"""The fixtures as a project has them that installed the package."""

from inner import run_pytest

CONFTEST = """
import pytest

@pytest.fixture(scope="session")
def edgequake_documents(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents")
    (folder / "orchard.md").write_text("# Orchard\\n\\nThe orchard grows quinces and medlars.\\n")
    return [folder]
"""
TESTS = """
import pytest

import edgequake
from edgequake.testing import CLOSE

def test_the_local_server_answers_from_the_documents(edgequake_server):
    with edgequake.EdgequakeClient(base_url=edgequake_server.url) as client:
        answer = client.query.execute("What does the orchard grow?")
    assert "quinces" in answer.answer
    assert answer.sources[0].label == "orchard.md"

def test_a_test_can_add_documents_of_its_own(edgequake_server):
    edgequake_server.store.add_document("pond.md", "# Pond\\n\\nThe pond holds tench.\\n")
    with edgequake.EdgequakeClient(base_url=edgequake_server.url) as client:
        assert "tench" in client.query.execute("What does the pond hold?").answer

def test_a_fault_comes_as_it_was_scripted(edgequake_script):
    edgequake_script.stream({"type": "token", "content": "Qui"}, CLOSE)
    with edgequake.EdgequakeClient(base_url=edgequake_script.url) as client:
        with pytest.raises(edgequake.StreamInterruptedError):
            list(client.query.stream("What?"))
"""


def test_an_installed_package_brings_its_fixtures(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    run = run_pytest(tmp_path, "edgequake", "--assert=plain")  # the plugin by the name of its entry point
    assert run.returncode == 0, run.stdout + run.stderr
    assert "3 passed" in run.stdout

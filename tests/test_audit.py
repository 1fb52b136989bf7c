"""What the audit of the dependencies says, whatever the index answers."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "scripts" / "audit.py"


@pytest.fixture
def audit():
    spec = importlib.util.spec_from_file_location("audit", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def installed(audit, monkeypatch):
    """Two packages are here, so that none of the real ones is read."""
    monkeypatch.setattr(audit, "pinned", lambda: {"a": "1", "h11": "0.16.0"})


@pytest.fixture
def index(monkeypatch):
    """What the lookup prints, as ``answers(stdout, stderr)``; the lines that it was asked about."""
    asked = []

    def answers(stdout, stderr=""):
        def run(command, **_):
            asked.extend(Path(command[command.index("--requirement") + 1]).read_text().splitlines())
            return subprocess.CompletedProcess(command, 1, stdout, stderr)

        monkeypatch.setattr(subprocess, "run", run)
        return asked

    return answers


def packages(*found):
    return json.dumps({"dependencies": list(found)})


def test_all_that_users_install_is_looked_up(audit, index):
    asked = index(packages())
    assert audit.main() == 0
    names = {line.partition("==")[0] for line in asked}
    assert {"httpx", "httpx-sse", "pydantic", "tenacity", "h11", "certifi", "starlette", "rich", "aiohttp"} <= names
    assert not {"pytest", "ruff", "edgequake"} & names


@pytest.mark.usefixtures("installed")
def test_a_weakness_fails_the_gate_and_is_named(audit, index, capsys):
    weakness = {"id": "PYSEC-2026-1", "fix_versions": ["0.17"], "aliases": [], "description": "…"}
    index(
        packages({"name": "h11", "version": "0.16.0", "vulns": [weakness]}, {"name": "a", "version": "1", "vulns": []})
    )
    assert audit.main() == 1
    out = capsys.readouterr().out
    assert "h11 0.16.0: PYSEC-2026-1, fixed in: 0.17" in out
    assert "1 known weaknesses; the index knows 2 of 2 packages" in out


@pytest.mark.usefixtures("installed")
def test_without_a_network_it_says_so_and_passes(audit, index, capsys):
    index("", "Traceback …\nConnectionError: no route")
    assert audit.main() == 0
    assert "skipped, nothing can be looked up: ConnectionError: no route" in capsys.readouterr().out


@pytest.mark.usefixtures("installed")
def test_an_index_that_knows_nothing_is_told_from_one_that_knows_of_no_weakness(audit, index, capsys):
    index(packages({"name": "h11", "skip_reason": "not found"}, {"name": "a", "version": "1", "vulns": []}))
    assert audit.main() == 0
    assert "0 known weaknesses; the index knows 1 of 2 packages" in capsys.readouterr().out

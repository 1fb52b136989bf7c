import logging
from pathlib import Path

import pytest
from forks import processes

from edgequake.local import LocalServer

__all__ = ["processes"]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture  # a page may upload documents, which another page must not find
def edgequake_server():
    with LocalServer([ROOT / "examples" / "notes"]) as server:
        yield server


@pytest.fixture
def own_logging():
    """What a block sets up, such as a handler, is gone afterwards."""
    loggers = [logging.getLogger(name) for name in (None, "edgequake", "httpcore")]
    before = [(logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger, (level, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers = handlers


@pytest.fixture
def as_in_a_shell(monkeypatch, tmp_path, edgequake_server, own_logging):
    """A folder that looks like the repository and may be written to, and a server in the environment."""
    for name in ("README.md", "docs", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDGEQUAKE_BASE_URL", edgequake_server.url)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{edgequake_server.url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("EDGEQUAKE_TENANT_ID", "default")
    monkeypatch.setenv("EDGEQUAKE_USER_ID", "00000000-0000-0000-0000-000000000001")

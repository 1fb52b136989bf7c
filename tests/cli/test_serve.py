from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from cli.commands import InterruptedOnceReady

from edgequake import EdgequakeClient

if TYPE_CHECKING:
    from pathlib import Path

    from cli.commands import Run, Start


def test_a_pipe_gets_the_bare_address_and_ctrl_c_ends_it(start: Start, documents: Path) -> None:
    process = start("serve", str(documents), "--port", "0")
    url = process.read_until(b"\n").decode().strip()
    with EdgequakeClient(base_url=url) as client:
        assert client.health().healthy
        assert "Okafor" in client.query.execute("Who operates the Orion relay?").answer
    ended = process.interrupt().end()
    assert (ended.code, ended.out, ended.err) == (130, f"{url}\n", "")


def test_a_terminal_is_told_what_is_served_and_how_to_ask(
    run: Run, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgequake.cli.serve.LocalServer", InterruptedOnceReady)
    monkeypatch.setenv("TERM", "dumb")
    ended = run("serve", str(documents), "--port", "0", terminal=True)
    assert (ended.code, ended.err) == (130, "")
    assert "serving 2 documents at http://127.0.0.1:" in ended.out
    assert "edgequake ask QUESTION --base-url http://127.0.0.1:" in ended.out


def test_a_database_keeps_the_documents(
    run: Run, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgequake.cli.serve.LocalServer", InterruptedOnceReady)
    file = str(tmp_path / "kept.db")
    run("serve", str(documents), "--port", "0", "--db", file)
    assert "2 documents" in run("serve", "--port", "0", "--db", file, terminal=True).out


def test_a_taken_port_is_one_line(run: Run, documents: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("serve", str(documents), "--port", str(port), terminal=True)
    assert ended.code == 1
    assert ended.err == f"edgequake: cannot listen on 127.0.0.1:{port}: Address already in use\n"


@pytest.mark.parametrize("args", [[], ["--port", "70000", "."]])
def test_wrong_usage_exits_with_2(run: Run, args: list[str]) -> None:
    ended = run("serve", *args)
    assert (ended.code, ended.out) == (2, "")


def test_without_its_extra_the_server_says_what_to_install(
    run: Run, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    for args in (["serve", str(documents)], ["ask", "q", "--local", str(documents)]):
        ended = run(*args)
        assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
        assert 'pip install "edgequake[server]"' in ended.err

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING

from cli.commands import InterruptedOnceReady

from edgequake import EdgequakeClient

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from cli.commands import Run, Start


def test_a_pipe_gets_the_bare_address_and_ctrl_c_ends_it(start: Start, documents: Path) -> None:
    process = start("serve", str(documents), "--port", "0", command=[sys.executable, "-m", "edgequake"])
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


def test_what_cannot_be_read_is_a_line_each_and_counted(
    run: Run, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgequake.cli.serve.LocalServer", InterruptedOnceReady)
    monkeypatch.setenv("TERM", "dumb")
    (documents / "latin.txt").write_bytes(b"caf\xe9")
    line = f"edgequake: skipped {documents / 'latin.txt'}: not UTF-8 text\n"
    ended = run("serve", str(documents), "--port", "0", terminal=True)
    assert ended.err == line
    assert "serving 2 documents" in ended.out
    assert "skipped: 1 file\n" in ended.out
    verbose = run("serve", str(documents), "--port", "0", "-v")
    assert verbose.err.count("latin.txt") == 1
    asked = run("ask", "Who operates the Orion relay?", "--local", str(documents))
    assert asked.err == line
    assert "Mira Okafor" in asked.out


def test_without_a_path_it_starts_empty_and_verbose_logs_requests(start: Start) -> None:
    process = start("serve", "--port", "0", "-v")
    url = process.read_until(b"\n").decode().strip()
    with EdgequakeClient(base_url=url) as client:
        assert "There are no documents yet." in client.query.execute("Who operates the Orion relay?").answer
    ended = process.interrupt().end()
    assert ended.code == 130
    assert "edgequake: info: POST /api/v1/query 200 after " in ended.err


def test_wrong_usage_exits_with_2(run: Run) -> None:
    ended = run("serve", "--port", "70000", ".")
    assert (ended.code, ended.out) == (2, "")


def test_without_its_extra_the_server_says_what_to_install(
    run: Run, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "uvicorn", None)
    for args in (["serve", str(documents)], ["ask", "q", "--local", str(documents)]):
        ended = run(*args)
        assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
        assert 'pip install "edgequake[server]"' in ended.err


def test_many_files_are_read_behind_a_bar(run: Run, documents: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgequake.cli.serve.LocalServer", InterruptedOnceReady)
    for number in range(30):
        (documents / f"note-{number}.md").write_text(f"Note {number}.")
    ended = run("serve", str(documents), "--port", "0", terminal=True)
    assert "32/32" in ended.err
    assert "serving" not in ended.err

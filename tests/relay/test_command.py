"""`edgequake relay`: serves in a process of its own, and writes types."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
from forks import module, processes
from relay.serving import SECONDS

from edgequake.cli import main
from edgequake.relay import RelayClient

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["processes"]

NO_RELAYS = """
number = 5

def wsgi(environ, start_response): ...

class Application: ...
"""
PROGRAM = """\
import asyncio
from collections.abc import AsyncIterator

from edgequake.relay import Relay

relay = Relay(max_message_bytes=1000)
other = 5


@relay.expose
async def count(to: int) -> AsyncIterator[int]:
    for number in range(to):
        yield number


@relay.expose
async def waits() -> AsyncIterator[int]:
    try:
        yield 1
        await asyncio.Event().wait()
    finally:
        print("closed")


@relay.expose
async def fails() -> None:
    raise KeyError("for the log")
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "counting.py").write_text(PROGRAM, "utf-8")
    (tmp_path / "no_relays.py").write_text(NO_RELAYS, "utf-8")
    (tmp_path / "broken_app.py").write_text("import nothing_of_this_name\n", "utf-8")
    (tmp_path / "refused_app.py").write_text("from edgequake.relay import Relay\nRelay().expose(lambda: 1)\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "counting", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *args: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["relay", *args])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def test_it_serves_until_interrupted(folder):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "edgequake", "relay", "counting:relay", "--port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env=os.environ,
        )  # fmt: skip
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with RelayClient(url) as client:
            assert list(client.count(3)) == [0, 1, 2]
        assert httpx.post(f"{url}/call/fails", json={}, trust_env=False).status_code == 500
        with httpx.stream("POST", f"{url}/call/waits", json={}, trust_env=False) as under_way:
            next(under_way.iter_raw())
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out) == (130, "closed\n")
    assert "for the log" in err
    assert err.count("Traceback") == 1


def test_a_terminal_is_told_more(folder, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)

    def stop(self: object) -> None:
        self.url = "http://127.0.0.1:1"
        self._on_ready()
        self._listener.close()
        raise KeyboardInterrupt

    monkeypatch.setattr("edgequake.relay.server.RelayServer.serve_until_stopped", stop)
    code, out, _ = run(capsys, "serve", "counting:relay", "--port", "0")
    assert code == 130
    assert 'serving count, waits, fails at http://127.0.0.1:1\n    in a page: import { connect } from "http' in out


def test_it_writes_types(folder, capsys):
    code, out, err = run(capsys, "types", "counting:relay")
    assert (code, err) == (0, "")
    assert "count(to: number): Promise<RelayStream<number>>;" in out
    assert run(capsys, "types", "counting:relay", "-o", "relay.d.ts") == (0, "", "")
    assert (folder / "relay.d.ts").read_text("utf-8") == out
    assert "class Client(RelayClient)" in run(capsys, "types", "counting:relay", "--python")[1]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["types", "counting:other"], 1, "counting:other is a int, not a Relay"),
        (["types", "counting:missing"], 1, "the module counting has no 'missing'"),
        (["types", "no_such_module:relay"], 1, "there is no module 'no_such_module'"),
        (["types", "broken_app:relay"], 1, "needs the module nothing_of_this_name"),
        (["types", "refused_app:relay"], 1, "refused_app cannot be imported: '<lambda>' cannot be called"),
        (["types", "counting"], 2, "is not module:name"),
        (["no_relays:number"], 1, "no_relays:number is of type int: neither a Relay nor an ASGI application"),
        (["no_relays:wsgi"], 1, "no_relays:wsgi is of type function: neither a Relay"),
        (["no_relays:Application"], 1, "no_relays:Application is of type type: neither a Relay"),
        (["counting:relay", "--host", "203.0.113.1", "--port", "0"], 1, "cannot listen on 203.0.113.1:0"),
    ],
)
def test_what_cannot_be_done_is_said(folder, capsys, args, code, said):
    ended, out, err = run(capsys, *args)
    assert (ended, out) == (code, "")
    assert said in err


def test_a_module_that_fails_shows_its_own_lines_alone(folder, capsys):
    (folder / "failing_app.py").write_text("def made():\n    return 1 / 0\n\nrelay = made()\n")
    code, out, err = run(capsys, "failing_app:relay")
    assert (code, out) == (1, "")
    assert re.findall(r"line (\d+), in (.+)", err) == [("4", "<module>"), ("2", "made")]
    assert err.endswith(
        "ZeroDivisionError: division by zero\nedgequake: failing_app cannot be imported: see the error above\n"
    )


@pytest.mark.parametrize(
    ("missing", "args"), [("uvicorn", ["counting:relay"]), ("starlette", ["types", "counting:relay"])]
)
def test_without_its_extra_it_says_what_to_install(folder, processes, missing, args):
    ended = processes.run(f"import sys; sys.modules['{missing}'] = None; {module('edgequake')}", "relay", *args)
    assert ended.returncode == 1
    assert 'pip install "edgequake[relay]"' in ended.stderr
    assert ended.stderr.count("\n") == 1

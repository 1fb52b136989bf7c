"""The command line as the shell sees it: processes, pipes, signals and a terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
from cli.commands import SECONDS
from forks import module
from ports import stopped

from edgequake import __version__
from edgequake.cli.app import app
from edgequake.testing import Hold, Repeat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.commands import Run, Start, Terminal

    from edgequake.testing import ScriptServer

STREAM = ("POST", "/api/v1/query/stream")
THINKING = {"type": "thinking", "content": "searching the graph"}
SOURCE = {"source_type": "chunk", "id": "c", "reference_id": 1, "file_path": "a.md", "start_line": 1, "end_line": 2}
CONTEXT = {"type": "context", "sources": [SOURCE]}
TOKEN = {"type": "token", "content": "Lyon"}
DONE = {"type": "done", "stats": {}}
MODULE = [sys.executable, "-m", "edgequake"]
"""Started anew, where it matters how Python begins or ends."""
BLOCKED = """
import runpy, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {missing!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Blocker())
runpy.run_module("edgequake", run_name="__main__", alter_sys=True)
"""
# Ctrl-C comes as the import of a module begins.
INTERRUPTED_IMPORT = """
import signal, sys
from edgequake.cli import main

class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, CtrlC())
main(["--version"])
"""
# Another thread takes the signal once the main thread has begun to wait: threads change only where one of them waits.
NOT_WOKEN = """
import os, signal, sys, threading
import typer
from edgequake.cli.errors import command

def press():
    with go:
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

go = threading.Lock()
go.acquire()
sys.setswitchinterval(1000)
threading.Thread(target=press, daemon=True).start()
reader, writer = os.pipe()
try:
    with command(verbose=False):
        go.release()
        os.read(reader, 1)
except typer.Exit as ended:
    os._exit(ended.exit_code)
"""


def test_the_module_runs_the_command_line_and_its_version_does_not_load_the_server(start: Start) -> None:
    ended = start("--version", command=[sys.executable, "-X", "importtime", "-m", "edgequake"]).end()
    assert (ended.code, ended.out) == (0, f"edgequake {__version__}\n")
    assert [line for line in ended.err.splitlines() if not line.startswith("import time: ")] == []
    loaded = {line.rpartition("|")[2].strip() for line in ended.err.splitlines()}
    assert loaded & {"starlette", "uvicorn", "edgequake.local", "edgequake.cli.app"} == {"edgequake.cli.app"}


def test_help_speaks_of_the_command_not_the_module(start: Start) -> None:
    ended = start("ask", "--help").end()
    assert ended.code == 0
    assert "Usage: edgequake ask" in ended.out


def test_the_overview_is_a_line_a_command_in_four_groups(run: Run) -> None:
    lines = re.sub(r"\x1b\[[\d;]*m", "", run("--help").out).splitlines()
    groups = [line.strip("╭─╮ ") for line in lines if line.startswith("╭─")]
    assert groups == ["Options", "Asking", "Documents, graph and conversations", "The server", "Serving"]
    asking = next(number for number, line in enumerate(lines) if "Asking" in line)
    names = [line.split()[1] for line in lines[asking:] if line.startswith("│")]
    assert names == [
        "ask", "chat", "batch", "upload", "documents", "graph", "conversations", "workspaces", "tasks", "health",
        "doctor", "login", "logout", "serve", "gateway", "mcp", "relay",
    ]  # fmt: skip


def test_every_command_that_asks_a_server_can_print_json() -> None:
    def commands(command: Any, name: str = "") -> Iterator[tuple[str, set[str]]]:
        for part, one in getattr(command, "commands", {}).items():
            yield from commands(one, f"{name} {part}".strip())
        if not hasattr(command, "commands"):
            yield name, {option for parameter in command.params for option in parameter.opts}

    asking = {name: options for name, options in commands(typer.main.get_command(app)) if "--base-url" in options}
    without = {name for name, options in asking.items() if "--json" not in options}
    assert without == {"chat", "gateway", "mcp"}


def test_help_flows_to_the_width_of_the_terminal_and_keeps_brackets(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    lines = [line.strip() for line in run("login", "--help").out.splitlines()]
    assert any(
        line.startswith("They do their work as that user,") and line.endswith("EDGEQUAKE_JWT.") for line in lines
    )
    assert any('pip install "edgequake[keyring]"' in line for line in lines)


def test_the_version_is_one_line(run: Run) -> None:
    ended = run("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"edgequake {__version__}\n", "")


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_a_missing_library_is_named_by_its_extra(run: Run, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    ended = run("health")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == 'edgequake: the command line needs typer and rich: pip install "edgequake[cli]"\n'


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_its_extra_the_command_line_says_what_to_install(start: Start, missing: str) -> None:
    ended = start("ask", "q", command=[sys.executable, "-c", BLOCKED.format(missing=missing)]).end()
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == 'edgequake: the command line needs typer and rich: pip install "edgequake[cli]"\n'


def test_a_dead_server_is_one_line_and_no_traceback(start: Start, edgequake_script: ScriptServer) -> None:
    with stopped(edgequake_script):
        ended = start("ask", "q", "--base-url", edgequake_script.url, "--retries", "0").end()
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("edgequake: cannot reach ")
    assert ended.err.count("\n") == 1


def test_text_is_in_the_pipe_before_the_next_comes(start: Start, edgequake_script: ScriptServer) -> None:
    hold = Hold()
    edgequake_script.on(*STREAM).stream(CONTEXT, TOKEN, hold, TOKEN, DONE)
    process = start("ask", "q", "--base-url", edgequake_script.url)
    assert process.read_until(b"Lyon") == b"Lyon"
    hold.release()
    ended = process.end()
    assert (ended.code, ended.out, ended.err) == (0, "LyonLyon\n", "")


def test_ctrl_c_before_the_first_token_is_quiet(start: Start, edgequake_script: ScriptServer) -> None:
    hold = Hold()
    edgequake_script.on(*STREAM).stream(THINKING, hold)
    process = start("ask", "q", "--base-url", edgequake_script.url)
    hold.wait_until_reached(SECONDS)
    ended = process.interrupt().end()
    assert (ended.code, ended.out, ended.err) == (130, "", "")


def test_ctrl_c_in_mid_stream_keeps_the_text_and_is_quiet(start: Start, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).stream(TOKEN, Hold())
    process = start("ask", "q", "--base-url", edgequake_script.url, command=MODULE)
    process.read_until(b"Lyon")
    ended = process.interrupt().end()
    assert (ended.code, ended.out, ended.err) == (130, "Lyon\n", "")
    edgequake_script.wait_for_disconnect(SECONDS)


def test_ctrl_c_is_noticed_by_a_wait_that_it_does_not_wake(start: Start) -> None:
    ended = start(code=NOT_WOKEN).end()
    assert (ended.code, ended.out, ended.err) == (130, "", "")


def test_a_reader_that_leaves_ends_the_command_quietly(start: Start, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).stream(Repeat({"type": "token", "content": "line\n"}))
    process = start("ask", "q", "--base-url", edgequake_script.url)
    process.read_until(b"line\n")
    assert process.popen.stdout is not None
    process.popen.stdout.close()
    edgequake_script.wait_for_disconnect(SECONDS)
    process.popen.wait(SECONDS)
    assert process.popen.stderr is not None
    assert (process.popen.returncode, process.popen.stderr.read()) == (141, b"")


def test_whoever_closes_the_output_gets_the_exit_code(start: Start, edgequake_script: ScriptServer) -> None:
    edgequake_script.always().reply(json={"status": "healthy"})
    command = ["sh", "-c", 'exec "$0" -m edgequake "$@" <&- >&-', sys.executable]
    ended = start("health", "--base-url", edgequake_script.url, command=command).end()
    assert (ended.code, ended.err, len(edgequake_script.requests)) == (0, "", 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no file that is always full")
@pytest.mark.parametrize("option", ["--help", "--version"])
def test_an_output_that_is_full_is_one_line(start: Start, option: str) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = start(option, stdout=full.fileno(), stderr=subprocess.PIPE).end()
    assert (ended.code, ended.err) == (1, "edgequake: No space left on device\n")


def test_a_character_that_the_output_cannot_show_does_not_stop_it(start: Start, edgequake_script: ScriptServer) -> None:
    ascii_alone = "import sys; sys.stdout.reconfigure(encoding='ascii', errors='strict'); "
    edgequake_script.on(*STREAM).stream({"type": "token", "content": "caf\u00e9 \u65e5"}, DONE)
    ended = start("ask", "q", "--base-url", edgequake_script.url, code=ascii_alone + module("edgequake")).end()
    assert (ended.code, ended.out, ended.err) == (0, "caf? ?\n", "")


def test_ctrl_c_on_the_way_to_the_command_is_quiet(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("edgequake.cli.app.app", interrupted)
    assert run("health").code == 130


@pytest.mark.parametrize("module", ["typer", "edgequake.cli.app"])
def test_ctrl_c_while_the_command_line_is_being_imported_is_quiet(start: Start, module: str) -> None:
    ended = start(command=[sys.executable, "-c", INTERRUPTED_IMPORT.format(module=module)]).end()
    assert (ended.code, ended.out, ended.err) == (130, "", "")


def test_a_terminal_shows_a_spinner_then_the_answer_then_sources_and_timing(
    start: Start, edgequake_script: ScriptServer, terminal: Terminal
) -> None:
    before, amid = Hold(), Hold()
    edgequake_script.on(*STREAM).stream(THINKING, before, CONTEXT, TOKEN, amid, *[TOKEN] * 2, DONE)
    options = ["--all-sources", "-v", "--base-url", edgequake_script.url]
    process = start("ask", "q", *options, stdout=terminal.theirs)
    assert b"Lyon" not in terminal.read_until(b"searching the graph")
    before.release()
    assert b"Sources" not in terminal.read_until(b"Lyon")
    amid.release()
    assert process.popen.wait(SECONDS) == 0
    _, text = terminal.read_rest().split(b"Lyon", 1)
    assert (
        text.index(b"LyonLyon\r\n") < text.index(b"Sources") < text.index(b"a.md") < text.index(b"first chunk after ")
    )


def test_ctrl_c_on_a_terminal_leaves_the_cursor_shown_at_the_beginning_of_a_line(
    start: Start, edgequake_script: ScriptServer, terminal: Terminal
) -> None:
    edgequake_script.on(*STREAM).stream(THINKING, TOKEN, Hold())
    process = start("ask", "q", "--base-url", edgequake_script.url, stdout=terminal.theirs)
    terminal.read_until(b"Lyon")
    process.interrupt()
    assert process.popen.wait(SECONDS) == 130
    seen = terminal.read_rest()
    assert seen.endswith(b"Lyon\r\n")
    assert seen.rfind(b"\x1b[?25h") > seen.rfind(b"\x1b[?25l") >= 0


def test_words_are_wrapped_to_the_terminal(start: Start, edgequake_script: ScriptServer, terminal: Terminal) -> None:
    words = [{"type": "token", "content": f" wo{n:02}rd"} for n in range(30)]
    edgequake_script.on(*STREAM).stream(*words, DONE)
    process = start("ask", "q", "--base-url", edgequake_script.url, stdout=terminal.theirs)
    assert process.popen.wait(SECONDS) == 0
    text = terminal.read_rest().partition(b"wo00rd")[2]
    assert b" wo07rd\r\nwo08rd " in text

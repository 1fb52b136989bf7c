"""The command line in this process and in processes of its own, past the settings of whoever runs the tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest
import typer.main
from cli.commands import Ended, Input, Output, Process, Terminal
from forks import module, processes

from edgequake.cli import main
from edgequake.testing.plugin import edgequake_script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.commands import Run, Start
    from forks import Interpreter, Program

__all__ = ["edgequake_script", "processes"]


@pytest.fixture(autouse=True, scope="session")
def _commands_made_once() -> Iterator[None]:
    """Typer makes all commands anew for each run, which took half the time of the tests in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.upper().startswith(("EDGEQUAKE_", "TTY_")) or name.upper().endswith(("_PROXY", "_COLOR")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    monkeypatch.setenv("PYTHONUTF8", "1")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))  # not whose history the chat would go on with


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process."""

    def run(*args: str, terminal: bool = False, stdin: str = "") -> Ended:
        out, err = Output(terminal=terminal), Output(terminal=terminal)
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setattr(sys, "stdin", Input(stdin, terminal=terminal))
            with pytest.raises(SystemExit) as ended:
                main(args)
        return Ended(ended.value.code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def start(tmp_path: Path, processes: Interpreter) -> Iterator[Start]:
    """Starts a command in a process of its own: ``edgequake`` or other code, or a command of the shell."""
    with contextlib.ExitStack() as stack:

        def start(
            *args: str,
            code: str = module("edgequake"),
            command: list[str] | None = None,
            stdin: int = subprocess.DEVNULL,
            stdout: int = subprocess.PIPE,
            stderr: int | None = None,
        ) -> Process:
            stderr = stderr or (subprocess.PIPE if stdout == subprocess.PIPE else stdout)
            streams = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
            if command is None:
                popen = processes.start(code, *args, cwd=tmp_path, **streams)
            else:
                popen = subprocess.Popen([*command, *args], cwd=tmp_path, **streams)
            stack.callback(_stop, popen)
            return Process(popen)

        with _interruptible():
            yield start


def _stop(popen: subprocess.Popen[bytes] | Program) -> None:
    with popen:
        popen.kill()


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Processes started meanwhile heed SIGINT, also where the tests themselves run with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    monkeypatch.delenv("COLUMNS")
    monkeypatch.delenv("LINES")
    terminal = Terminal()
    yield terminal
    terminal.close()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder with two documents."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "relay.md").write_text("# Orion\n\nThe Orion relay is operated from Lyon by Mira Okafor.\n")
    (folder / "beacon.txt").write_text("The spare beacon is kept in Paris, in crate 7.\n")
    return folder

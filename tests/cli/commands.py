"""Commands that were run: in this process, or in one of their own."""

from __future__ import annotations

import io
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 30
"""How long any wait may take before it counts as a failure."""


@dataclass(frozen=True)
class Ended:
    code: object
    out: str
    err: str


class Output(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


class Run(Protocol):
    def __call__(self, *args: str, terminal: bool = False, stdin: str = "") -> Ended: ...


class Process:
    """``python -m edgequake`` in a process of its own."""

    def __init__(self, args: tuple[str, ...], command: list[str] | None, stdout: int, cwd: Path) -> None:
        self.popen = subprocess.Popen(
            [*(command or [sys.executable, "-m", "edgequake"]), *args],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE if stdout == subprocess.PIPE else stdout,
            cwd=cwd,
        )
        self.seen = b""

    def read_until(self, end: bytes) -> bytes:
        """Stdout up to and with ``end``."""
        assert self.popen.stdout is not None
        descriptor = self.popen.stdout.fileno()
        while end not in self.seen:
            ready, _, _ = select.select([descriptor], [], [], SECONDS)
            assert ready, f"nothing more came after {self.seen!r}"
            data = os.read(descriptor, 65536)
            assert data, f"the output ended after {self.seen!r}"
            self.seen += data
        return self.seen

    def interrupt(self) -> Process:
        """Ctrl-C, once."""
        self.popen.send_signal(signal.SIGINT)
        return self

    def end(self) -> Ended:
        """How it ended, with all of its output."""
        out, err = self.popen.communicate(timeout=SECONDS)
        return Ended(self.popen.returncode, (self.seen + (out or b"")).decode(), (err or b"").decode())


class Start(Protocol):
    def __call__(self, *args: str, command: list[str] | None = None, stdout: int = subprocess.PIPE) -> Process: ...

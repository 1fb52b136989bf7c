"""Commands that were run: in this process, or in one of their own."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import select
import signal
import struct
import subprocess
import termios
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from edgequake.local import LocalServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from forks import Program

SECONDS = 60
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


class Input(io.StringIO):
    def __init__(self, text: str, *, terminal: bool) -> None:
        super().__init__(text)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


class Run(Protocol):
    def __call__(self, *args: str, terminal: bool = False, stdin: str = "") -> Ended: ...


class Process:
    """A command in a process of its own."""

    def __init__(self, popen: subprocess.Popen[bytes] | Program) -> None:
        self.popen = popen
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
    def __call__(
        self,
        *args: str,
        code: str = ...,
        command: list[str] | None = None,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.PIPE,
        stderr: int | None = None,
    ) -> Process: ...


class Terminal:
    """A pseudo-terminal of 60 columns."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        self.seen = b""
        self._expected = 0

    def type(self, text: bytes) -> None:
        """Types ``text``."""
        os.write(self.ours, text)

    def expect(self, end: bytes) -> bytes:
        """What came since the last time, up to and with ``end``."""
        while (found := self.seen.find(end, self._expected)) < 0:
            assert self._read(), f"the output ended after {self.seen!r}"
        begin, self._expected = self._expected, found + len(end)
        return self.seen[begin : self._expected]

    def read_until(self, end: bytes) -> bytes:
        while end not in self.seen:
            assert self._read(), f"the output ended after {self.seen!r}"
        return self.seen

    def read_rest(self) -> bytes:
        """All that was written; the command has ended."""
        os.close(self.theirs)
        self.theirs = -1
        while self._read():
            pass
        return self.seen

    def _read(self) -> bytes:
        ready, _, _ = select.select([self.ours], [], [], SECONDS)
        assert ready, f"nothing more came after {self.seen!r}"
        try:
            data = os.read(self.ours, 65536)
        except OSError:  # Linux's way to say that the other side is closed
            data = b""
        self.seen += data
        return data

    def close(self) -> None:
        for descriptor in (self.ours, self.theirs):
            if descriptor >= 0:
                os.close(descriptor)


class InterruptedOnceReady(LocalServer):
    """Serves until it is ready; then Ctrl-C comes."""

    def serve(self, on_ready: Callable[[LocalServer], None] | None = None) -> None:
        with self:
            assert on_ready is not None
            on_ready(self)

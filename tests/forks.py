"""Programs in processes of their own that begin with the package imported.

The imports take most of the time of a short program. So one interpreter makes them once, and forks for each program:
that has a process, standard streams, signals and an exit code of its own, and ends as every interpreter ends. Programs
that test how the interpreter or an import begins are started anew, by ``subprocess``.

What was imported is hidden from the garbage collector. So where a test asks what Python says of things that are left
open at the end of a program, the program begins with ``FAITHFUL``.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shlex
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

FAITHFUL = "import atexit, gc; atexit.register(gc.unfreeze); "
STRICT = "import warnings; warnings.simplefilter('error'); "
"""A program that begins with it fails by any warning."""
SECONDS = 300
"""How long a program may take before it counts as a failure."""

# Between the interpreter and the program is a process that waits for the program, and reports how it ended.
SERVE = """
import gc, json, os, signal, socket, sys

def serve(requests):
    while True:
        request, descriptors, _, _ = socket.recv_fds(requests, 1 << 20, 4)
        if request and os.fork() == 0:
            break
        for descriptor in descriptors:
            os.close(descriptor)
        try:
            while os.waitpid(-1, os.WNOHANG if request else 0)[0]:
                pass
        except ChildProcessError:
            pass
        if not request:
            os._exit(0)
    requests.close()
    *streams, report = descriptors
    if program := os.fork():
        for descriptor in streams:
            os.close(descriptor)
        os.write(report, b"%d\\n" % program)
        os.write(report, b"%d\\n" % os.waitstatus_to_exitcode(os.waitpid(program, 0)[1]))
        os._exit(0)
    os.close(report)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        new = open(number, old.mode, encoding=old.encoding, errors=old.errors, closefd=False)
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)
    sys.stderr.reconfigure(line_buffering=True)
    code, sys.argv[1:], folder, environment = json.loads(request)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    names = vars(sys.modules["__main__"])
    for name in [name for name in names if not name.startswith("__")]:
        del names[name]
    return compile(code, "<string>", "exec")

requests = socket.socket(fileno=int(sys.argv.pop()))
exec(sys.argv.pop(), {})
signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the programs
gc.collect()
gc.freeze()  # else a program that ends, which collects, copies every page of what was imported
exec(serve(requests))
"""


@dataclass(frozen=True)
class Ended:
    """What a program printed, what it complained of, and its exit code."""

    stdout: str
    stderr: str
    returncode: int


# As a command of a shell: it hands its own streams over, and ends as the program does.
COMMAND = """
import json, os, socket, sys
requests, code, *args = sys.argv[1:]
report, told = os.pipe()
with socket.socket(fileno=int(requests)) as requests:
    request = json.dumps([code, args, os.getcwd(), dict(os.environ)]).encode()
    socket.send_fds(requests, [request], [0, 1, 2, told])
os.close(told)
with open(report) as lines:
    _, ended = map(int, lines)
sys.exit(ended)
"""


class Program:
    """A program that was started: of :class:`subprocess.Popen`, what the tests need."""

    def __init__(self, report: IO[bytes], stdin: IO[bytes] | None, stdout: IO[bytes] | None, stderr: IO[bytes] | None):
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.returncode: int | None = None
        self._report = report
        self.pid = int(report.readline())

    def wait(self, timeout: float = SECONDS) -> int:
        """The exit code, once it has ended."""
        if not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return self.returncode

    def _has_ended(self, timeout: float) -> bool:
        if self.returncode is None:
            with selectors.DefaultSelector() as reports:
                reports.register(self._report, selectors.EVENT_READ)
                if reports.select(timeout):
                    self.returncode = int(self._report.readline())
        return self.returncode is not None

    def send_signal(self, number: int) -> None:
        if not self._has_ended(0):
            with contextlib.suppress(ProcessLookupError):  # it has ended this moment
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = SECONDS) -> tuple[bytes, bytes]:
        """All that it prints from here on, and its errors, once it has ended."""
        read = {stream: b"" for stream in (self.stdout, self.stderr) if stream is not None}
        with selectors.DefaultSelector() as streams:
            for stream in read:
                streams.register(stream, selectors.EVENT_READ)
            while streams.get_map():
                ready = streams.select(timeout)
                if not ready:
                    raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
                for key, _ in ready:
                    piece = key.fileobj.read1()
                    read[key.fileobj] += piece
                    if not piece:
                        streams.unregister(key.fileobj)
        self.wait(timeout)
        return read.get(self.stdout, b""), read.get(self.stderr, b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.wait()
        for stream in (self.stdin, self.stdout, self.stderr, self._report):
            if stream is not None:
                stream.close()


class Interpreter:
    """An interpreter that has run ``first``, and forks for each program."""

    def __init__(self, first: str, *options: str) -> None:
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, *options, "-c", SERVE, first, str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)

    def start(
        self,
        code: str,
        *args: str,
        cwd: str | Path = ".",
        env: dict[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
        stdout: int = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
    ) -> Program:
        """Runs code as ``python -c`` does; variables that Python reads as it begins have no effect."""
        request = json.dumps([code, args, os.path.abspath(cwd), dict(os.environ if env is None else env)]).encode()
        with contextlib.ExitStack() as theirs:
            reading, ours = zip(
                *(_ends(theirs, kind, own) for kind, own in ((stdin, "wb"), (stdout, "rb"), (stderr, "rb"))),
                strict=True,
            )
            report, told = _ends(theirs, subprocess.PIPE, "rb")
            socket.send_fds(self._requests, [request], [*reading, report])
        return Program(told, *ours)

    def run(self, code: str, *args: str, given: str = "", **settings: str | Path | dict[str, str]) -> Ended:
        """Runs code to its end; it reads ``given``."""
        with self.start(code, *args, stdin=subprocess.PIPE, **settings) as program:
            with contextlib.suppress(BrokenPipeError):
                program.stdin.write(given.encode())
                program.stdin.close()
            out, err = program.communicate()
            return Ended(out.decode(), err.decode(), program.returncode)

    def write_command(self, path: Path, code: str) -> int:
        """Writes a command that runs code; gives the file descriptor that a shell must inherit for it."""
        descriptor = self._requests.fileno()
        words = [sys.executable, "-I", "-S", "-c", COMMAND, str(descriptor), code]
        path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        path.chmod(0o755)
        return descriptor

    def close(self) -> None:
        """Waits for it to end, which it does once its programs have."""
        self._requests.close()
        self._process.wait(SECONDS)


def _ends(theirs: contextlib.ExitStack, kind: int, mode: str) -> tuple[int, IO[bytes] | None]:
    """The program's end of a stream, which closes with ``theirs``, and ours if it is a pipe."""
    if kind == subprocess.PIPE:
        end, own = os.pipe() if mode == "wb" else os.pipe()[::-1]
        theirs.callback(os.close, end)
        return end, open(own, mode)
    if kind == subprocess.DEVNULL:
        end = os.open(os.devnull, os.O_RDWR)
        theirs.callback(os.close, end)
        return end, None
    return kind, None


def module(name: str) -> str:
    """What ``python -m NAME`` runs."""
    return f"import runpy; runpy.run_module({name!r}, run_name='__main__', alter_sys=True)"


def file(path: str | Path) -> str:
    """What ``python PATH`` runs, but for the folder of the file, which is not among those of imports."""
    return f"import runpy; runpy.run_path({str(path)!r}, run_name='__main__')"


@contextlib.contextmanager
def interpreter(first: str, *options: str) -> Iterator[Interpreter]:
    """An interpreter that ends with the block."""
    running = Interpreter(first, *options)
    try:
        yield running
    finally:
        running.close()


# Typer makes all commands anew for each run.
IMPORTS = """
import functools, httpcore, prompt_toolkit, typer.main
import edgequake._async.client, edgequake._sync.client, edgequake.cli.app
typer.main.get_command = functools.cache(typer.main.get_command)
typer.main.get_command(edgequake.cli.app.app)
"""
_shared: list[Interpreter] = []


@pytest.fixture(scope="session")
def processes() -> Iterator[Interpreter]:
    """The interpreter that all tests share which run programs and commands; it has imported both clients and Typer."""
    if not _shared:  # each folder of tests that names this fixture has one of its own
        _shared.append(Interpreter(IMPORTS, "-X", "utf8"))
    yield _shared[0]
    _shared[0].close()

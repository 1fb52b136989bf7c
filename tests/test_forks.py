"""A program that was forked reads, prints and ends as one that was started anew."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from forks import FAITHFUL, interpreter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forks import Interpreter

PROGRAMS = {
    "reads and prints": "import sys; print(sys.argv[1:], input(), sys.stdin.read()); print('e', file=sys.stderr)",
    "exits": "import sys; print('said'); sys.exit(3)",
    "raises": "1 / 0",
    "is interrupted": "import signal; signal.raise_signal(signal.SIGINT)",
    "is killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "fails at its end": "import atexit; atexit.register(lambda: 1 / 0)",
    "cannot print": "import os; os.dup2(os.open('/dev/null', os.O_RDONLY), 1); print('lost')",
    "leaves a socket open": "import socket; left = socket.socket()",
    "leaves a loop and a task": "import asyncio; loop = asyncio.new_event_loop(); loop.create_task(asyncio.sleep(9))",
}

OPTIONS = ("-E", "-X", "dev", "-W", "error")


@pytest.fixture(scope="module")
def processes() -> Iterator[Interpreter]:
    with interpreter("import asyncio, logging", *OPTIONS) as one:
        yield one


def faults(said: str) -> set[str]:
    """The kinds of errors and warnings that were told."""
    return set(re.findall(r"^(?:\w*Error|\w*Warning|KeyboardInterrupt|Task was destroyed.*|e$)", said, re.MULTILINE))


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=list(PROGRAMS))
def test_a_forked_program_is_like_one_that_was_started_anew(processes: Interpreter, program: str) -> None:
    command = [sys.executable, *OPTIONS, "-c", program, "one", "two words"]
    anew = subprocess.run(command, input="a\nb", capture_output=True, text=True, timeout=300, check=False)
    forked = processes.run(FAITHFUL + program, "one", "two words", given="a\nb")
    assert (forked.stdout, forked.returncode) == (anew.stdout, anew.returncode)
    assert faults(forked.stderr) == faults(anew.stderr)
    assert bool(anew.stderr) == bool(forked.stderr)

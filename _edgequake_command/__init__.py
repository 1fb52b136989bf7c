"""The program ``edgequake``: where Ctrl-C comes while the package is still being imported, it ends as quietly as later.

It is a package of its own, for importing any module of ``edgequake`` imports the whole of it first.
"""

import os
import signal
from types import FrameType
from typing import NoReturn

__all__ = ["main"]

_INTERRUPTED = 130


def main() -> NoReturn:
    """Runs the command line, and exits with its code."""
    quiet = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not in a program that ignores Ctrl-C
    if quiet:
        signal.signal(signal.SIGINT, _leave)
    from edgequake.cli import main as command_line  # what Ctrl-C may interrupt

    if quiet:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    command_line()


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    os._exit(_INTERRUPTED)  # an exception would show where the import was

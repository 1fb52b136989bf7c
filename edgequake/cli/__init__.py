"""The command line: ``edgequake --help`` lists its commands.

Needs ``pip install "edgequake[cli]"``; without it :func:`main` says so.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_MISSING = 'the command line needs typer and rich: pip install "edgequake[cli]"'


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Runs the command that ``args`` (else ``sys.argv``) asks for, and exits with its code.

    0: it went well. 1: it failed, for the reason on stderr. 2: it was not used rightly. 130: Ctrl-C.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # whoever started this has closed it
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - to the end of the process
    try:
        try:
            import rich  # noqa: F401 - an extra
            import typer  # noqa: F401 - an extra
        except ModuleNotFoundError as error:
            if error.name not in ("rich", "typer"):
                raise
            print(f"edgequake: {_MISSING}", file=sys.stderr)  # noqa: T201
            sys.exit(1)
        from edgequake.cli.app import app  # needs the extra

        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a character still gets the rest
        app(args, prog_name="edgequake")
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:  # the help cannot be written
        from edgequake.cli.errors import give_up_output, say

        give_up_output()
        say(str(error))
        sys.exit(1)
    sys.exit(0)

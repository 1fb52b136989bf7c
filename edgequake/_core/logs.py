"""The loggers of this package: silent in a program that has not set up logging, but for what a server has to say."""

from __future__ import annotations

import logging
import sys
from typing import Any

__all__ = ["about", "logger", "server_logger"]


class _Silence(logging.NullHandler):
    """Without it, Python prints warnings where logging is not set up."""


class _LastResort(logging.Handler):
    """Prints to stderr what no other handler sees."""

    def emit(self, record: logging.LogRecord) -> None:
        if not _is_handled(logging.getLogger(record.name)):
            sys.stderr.write(f"{self.format(record)}\n")


logger = logging.getLogger("edgequake")
"""Retries and fallbacks, as warnings."""
logger.addHandler(_Silence())


def about(route: str, error: object = None, attempt: int | None = None) -> dict[str, Any]:
    """What a record's ``extra`` says of a call: its route, the server's id of the request, and which try it was."""
    return {"route": route, "request_id": getattr(error, "request_id", None), "attempt": attempt}


def server_logger(name: str) -> logging.Logger:
    """The logger of a server, below ``edgequake``: its warnings and errors are printed if nobody has set up logging.

    Whoever calls a server is in another process: nobody else would see the exception of a page's function.
    """
    one = logging.getLogger(f"edgequake.{name}")
    if not one.handlers:
        one.addHandler(_LastResort(logging.WARNING))
    return one


def _is_handled(one: logging.Logger | None) -> bool:
    """Whether a handler of the caller's gets what this logger gets."""
    while one is not None:
        if not all(isinstance(handler, _Silence | _LastResort) for handler in one.handlers):
            return True
        one = one.parent if one.propagate else None
    return False

"""Waits of synchronous reads that end on time.

httpx's read timeout begins anew with every read, so that a server that sends a byte now and then is waited for
without end. A deadline bounds all reads until it is lifted: the sockets of the default client ask for it each time.
Asynchronous code has cancel scopes for this.
"""

from __future__ import annotations

import math
import threading
from time import monotonic

__all__ = ["bounded", "within"]


class _Current(threading.local):
    deadline = math.inf


_current = _Current()


class within:  # noqa: N801 - reads as a statement: `with within(5.0):`
    """Every socket read and write of this thread, inside the block, ends within ``seconds`` from now in all."""

    __slots__ = ("_before", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._before = _current.deadline
        _current.deadline = min(self._before, monotonic() + self._seconds)

    def __exit__(self, *_: object) -> None:
        _current.deadline = self._before


def bounded(timeout: float | None, late: type[Exception]) -> float | None:
    """The timeout of one socket operation: its own, or what is left of the deadline, whichever is shorter.

    Raises ``late`` when nothing is left.
    """
    if _current.deadline == math.inf:
        return timeout
    left = _current.deadline - monotonic()
    if left <= 0:
        raise late("the deadline has passed")
    return left if timeout is None else min(left, timeout)

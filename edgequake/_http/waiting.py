"""Waits that end on time, or when another thread or task says so.

httpx's read timeout begins anew with every read, so that a server that sends a byte now and then is waited for
without end. A deadline bounds all reads until it is lifted: the sockets of the default client ask for it each time.
Asynchronous code has cancel scopes for all this: its twins begin with ``async_``.
"""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

__all__ = [
    "AsyncAttempt",
    "Attempt",
    "async_interruptible",
    "async_sleep",
    "async_within",
    "bounded",
    "done_with_socket",
    "interruptible",
    "shut_down",
    "sleep",
    "within",
]

T = TypeVar("T")
AsyncAttempt: TypeAlias = Callable[[], Awaitable[T]]
Attempt: TypeAlias = Callable[[], T]


class _Current(threading.local):
    deadline = math.inf
    wait: interruptible | None = None


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


class interruptible:  # noqa: N801 - beside `within`
    """A block that another thread can end: its socket is shut down, its sleep cut short, its error swallowed.

    A connection that is being made is waited for until its own timeout.
    """

    def __init__(self) -> None:
        self._interrupted = False
        self._alarm: threading.Event | None = None  # of a sleep
        self._socket: object = None

    def __enter__(self) -> None:
        self._before, _current.wait = _current.wait, self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        _current.wait = self._before
        return self._interrupted and isinstance(error, Exception)

    def close(self) -> None:
        """Ends the block, from any thread."""
        self._interrupted = True
        if self._alarm is not None:
            self._alarm.set()
        shut_down(self._socket)

    def sleep(self, seconds: float) -> None:
        """Waits so many seconds, or until the block is ended."""
        self._alarm = threading.Event()
        if not self._interrupted:  # it may have been just before there was an alarm
            self._alarm.wait(seconds)

    def uses(self, sock: object) -> None:
        """The block is about to wait for ``sock``."""
        self._socket = sock
        if self._interrupted:
            shut_down(sock)


def done_with_socket() -> None:
    """The block has no more to do with its socket: another call may use it from now on."""
    if _current.wait is not None:
        _current.wait.uses(None)


def sleep(seconds: float) -> None:
    """Waits so many seconds, or until the block is ended in which it waits."""
    if _current.wait is None:
        time.sleep(seconds)
    else:
        _current.wait.sleep(seconds)


def shut_down(sock: object) -> None:
    """Wakes whoever waits for ``sock``, if it is a socket; its owner then closes it."""
    if isinstance(sock, socket.socket):
        with suppress(OSError):  # it may have just ended by itself
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # an SSLSocket's own would say goodbye first


def bounded(timeout: float | None, late: type[Exception], sock: object = None) -> float | None:
    """The timeout of one socket operation: its own, or what is left of the deadline, whichever is shorter.

    Raises ``late`` when nothing is left.
    """
    if _current.wait is not None:
        _current.wait.uses(sock)
    if _current.deadline == math.inf:
        return timeout
    left = _current.deadline - monotonic()
    if left <= 0:
        raise late("the deadline has passed")
    return left if timeout is None else min(left, timeout)


def async_within(seconds: float) -> AbstractContextManager[object]:
    """Everything awaited inside the block ends within ``seconds``; raises the builtin ``TimeoutError`` if it does not.

    The asynchronous twin of :class:`within`, for asyncio and trio.
    """
    from anyio import fail_after  # loaded by httpx's first async request

    return fail_after(seconds)


async def async_sleep(seconds: float) -> None:
    """Waits so many seconds. The asynchronous twin of ``sleep``, for asyncio and trio."""
    from anyio import sleep as anyio_sleep

    await anyio_sleep(seconds)


class async_interruptible:  # noqa: N801 - the twin of `interruptible`
    """A block that another task can end, without an error of its own. The asynchronous twin of ``interruptible``."""

    def __init__(self) -> None:
        from anyio import CancelScope

        self._scope = CancelScope()

    def __enter__(self) -> None:
        self._scope.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return bool(self._scope.__exit__(kind, error, traceback))

    async def aclose(self) -> None:
        """Ends the block."""
        self._scope.cancel()

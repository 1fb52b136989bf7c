"""The waits of a call: each ends on time, or when another thread or task says so.

A :class:`Deadline` enforces what the call's :class:`CallClock` decides, and raises the error of the stage that ended.
The sockets of the default clients ask it before every read and write. Those of a client of the caller's own do not:
there httpx's timeouts end single reads, and :func:`in_time` ends the rest. Twins for asyncio and trio begin with
``Async`` or ``async_``.
"""

from __future__ import annotations

import builtins
import math
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from edgequake._core.observing import UNOBSERVED
from edgequake.exceptions import StreamError

if TYPE_CHECKING:
    import asyncio
    from collections.abc import AsyncIterator, Coroutine, Iterator
    from contextlib import AbstractContextManager
    from contextvars import Token
    from types import TracebackType

    from anyio import CancelScope

    from edgequake._core.clock import CallClock
    from edgequake._core.observing import Observation
    from edgequake.exceptions import TimeoutError, TimeoutStage

__all__ = [
    "AsksDeadline",
    "AsyncAttempt",
    "AsyncDeadline",
    "AsyncReadAnswer",
    "Attempt",
    "Deadline",
    "ReadAnswer",
    "async_in_thread",
    "async_in_time",
    "async_sleep",
    "async_to_its_end",
    "current_deadline",
    "in_background",
    "in_thread",
    "in_time",
    "shielded",
    "shut_down",
    "sleep",
    "to_its_end",
]

T = TypeVar("T")
AsyncAttempt: TypeAlias = Callable[[], Awaitable[T]]
Attempt: TypeAlias = Callable[[], T]
AsyncReadAnswer: TypeAlias = Callable[..., Awaitable[T]]
"""A function of a call, its answer and its deadline."""
ReadAnswer: TypeAlias = Callable[..., T]

_NEARLY = 0.9  # of a read timeout: with this much left, httpx ends the read nearly on time


class _Waits:
    """What the deadlines of both worlds share: the clock of one call, who watches it, and whether it is closed."""

    def __init__(self, clock: CallClock, observation: Observation = UNOBSERVED) -> None:
        self.clock = clock
        self.observation = observation
        self.closed = False
        self.ran_out = False
        """Whether nothing came in the last read of an answer until its wait was over."""
        self._inside: Token[_Waits | None] | None = None

    @property
    def waiting(self) -> bool:
        """Whether the call is being opened: some thread or task is inside its block."""
        return self._inside is not None

    def left(self) -> float | None:
        """Seconds until the wait must end, None for no limit. Raises its :class:`TimeoutError` if it is over."""
        seconds = self.clock.ends - monotonic()
        if seconds <= 0:
            raise self.clock.timed_out()
        return None if seconds == math.inf else seconds

    def begin(self, stage: TimeoutStage) -> float | None:
        """A wait of this stage begins; as :meth:`left`."""
        self.clock.wait_for(stage, monotonic())
        return self.left()

    def still_sending(self) -> None:
        """A piece of the request has been sent: the wait for its answer begins anew."""
        self.clock.wait_for_answer(monotonic())

    def over(self) -> TimeoutError:
        """The error of a wait that has ended."""
        return self.clock.timed_out()

    def wake(self) -> None:
        """Ends the read that a task waits in; a thread cannot be woken alone where many share a connection."""


class AsksDeadline:
    """A connection whose reads and writes end by the deadline of the call that uses it."""

    def done(self) -> None:
        """The call has no more to do with the connection: another may use it from now on."""


class Deadline(_Waits):
    """The waits of one call, in a thread.

    As a context manager it is a block that :meth:`close` ends from another thread: its socket is shut down, its sleep
    is cut short, and the error that comes of it is swallowed. A connection that is being made is waited for until its
    own timeout.
    """

    def __init__(self, clock: CallClock, observation: Observation = UNOBSERVED) -> None:
        super().__init__(clock, observation)
        self.reads_alone = False
        """Whether no other call reads from the connection that this one waits for: it is one of HTTP/1.1."""
        self.reads_among_others = False
        """Whether the call is reading its answer from a connection of HTTP/2."""
        self._alarm: threading.Event | None = None  # ends a sleep
        self._socket: object = None
        # Without it, close() could shut down a socket that another call has begun to use meanwhile.
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._inside = _current.set(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        with self._lock:
            inside, self._inside = self._inside, None
        if inside is not None:
            _current.reset(inside)
        return self.closed and isinstance(error, Exception)

    def close(self) -> None:
        """Ends the block, from any thread."""
        self.closed = True
        if self._alarm is not None:
            self._alarm.set()
        with self._lock:
            if self._inside is not None:
                shut_down(self._socket)

    def sleep(self, seconds: float) -> None:
        """Waits so many seconds, or until the block is ended."""
        self._alarm = threading.Event()
        if not self.closed:  # it may have been just before there was an alarm
            self._alarm.wait(seconds)

    def uses(self, sock: object) -> None:
        """The call waits for this socket from now on; None: for none, since another call may use the last one now."""
        with self._lock:
            self._socket = sock
            if self.closed and self._inside is not None:
                shut_down(sock)

    def until_answer(self, *, own_sockets: bool) -> AbstractContextManager[object]:
        """A block that ends when the wait for the answer must, as far as anything can end it.

        ``own_sockets``: they ask the deadline themselves. Other sockets know httpx's timeouts alone.
        """
        self.clock.wait_for_answer(monotonic())
        return nullcontext()


class AsyncDeadline(_Waits):
    """The waits of one call, in a task of asyncio or trio: the twin of :class:`Deadline`.

    As a context manager it is a block that :meth:`aclose` ends from another task.
    """

    def __init__(self, clock: CallClock, observation: Observation = UNOBSERVED) -> None:
        super().__init__(clock, observation)
        self._scope: CancelScope | None = None
        self._until_answer: CancelScope | None = None  # of sockets that do not ask
        self.reading: CancelScope | None = None
        """The read that a task waits in, over a connection that many share."""

    def __enter__(self) -> None:
        from anyio import CancelScope  # loaded by httpx's first async request

        self._scope = CancelScope()
        if self.closed:
            self._scope.cancel()
        self._scope.__enter__()
        self._inside = _current.set(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        if self._inside is not None:
            _current.reset(self._inside)
        scope, self._inside, self._scope = self._scope, None, None
        return scope is not None and bool(scope.__exit__(kind, error, traceback))

    async def aclose(self) -> None:
        """Ends the block."""
        self.closed = True
        if self._scope is not None:
            self._scope.cancel()

    async def sleep(self, seconds: float) -> None:
        """Waits so many seconds, or until the block is ended."""
        await async_sleep(seconds)

    def until_answer(self, *, own_sockets: bool) -> AbstractContextManager[object]:
        """A block that raises the builtin ``TimeoutError`` when the wait for the answer must end.

        ``own_sockets``: they ask the deadline themselves, and nothing more is needed.
        """
        self.clock.wait_for_answer(monotonic())
        return nullcontext() if own_sockets else self._ending()

    @contextmanager
    def _ending(self) -> Iterator[None]:
        from anyio import fail_after

        with fail_after(self.left()) as scope:
            self._until_answer = scope
            try:
                yield
            finally:
                self._until_answer = None

    def still_sending(self) -> None:
        """A piece of the request has been sent: the wait for its answer begins anew."""
        super().still_sending()
        if self._until_answer is not None:
            from anyio import current_time

            self._until_answer.deadline = current_time() + self.clock.ends - monotonic()

    def wake(self) -> None:
        """Ends the read that a task waits in."""
        if self.reading is not None:
            self.reading.cancel()


_background: set[Any] = set()  # tasks: the loop itself would let them be collected before they are done
_current: ContextVar[_Waits | None] = ContextVar("deadline", default=None)


def current_deadline() -> _Waits | None:
    """The deadline of the call that this thread or task is opening, if it has one."""
    return _current.get()


class ReadEnded(BaseException):
    """The wait of one answer ended in a read from a connection of HTTP/2: for any other, httpcore ends all answers."""


def in_time(body: Iterator[bytes], deadline: Deadline, read_timeout: float, *, shared: bool = False) -> Iterator[bytes]:
    """``body``, read from sockets that do not ask the deadline; each read ends by httpx's ``read_timeout`` seconds.

    ``shared``: the connection has other answers too, whose reads go on.
    """
    while True:
        deadline.left()
        deadline.reads_among_others, deadline.ran_out = shared, False
        asked = _current.set(deadline) if deadline.reads_alone or shared else None
        try:
            data = next(body)
        except StopIteration:
            return
        except ReadEnded:
            deadline.ran_out = True
            raise deadline.over() from None
        finally:
            deadline.reads_among_others = False
            if asked is not None:
                _current.reset(asked)
        yield data


class async_in_time:  # noqa: N801 - the twin of `in_time`
    """``body``, read from sockets that do not ask the deadline, which ends each read.

    A read that httpx's own ``read_timeout`` ends nearly on time has no cancel scope, which would take as long as the
    read itself; unless the connection is ``shared`` with other answers, whose reads go on.
    """

    def __init__(
        self, body: AsyncIterator[bytes], deadline: AsyncDeadline, read_timeout: float, *, shared: bool = False
    ) -> None:
        self._body = body
        self._deadline = deadline
        self._read_timeout = read_timeout
        self._shared = shared

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        from anyio import fail_after

        left = self._deadline.left()
        if self._shared:
            return await self._next_among_others(left)
        if left is None or left >= self._read_timeout * _NEARLY:
            return await anext(self._body)
        with fail_after(left):
            return await anext(self._body)

    async def _next_among_others(self, left: float | None) -> bytes:
        from anyio import fail_after

        deadline = self._deadline
        deadline.ran_out = False
        try:
            with fail_after(left) as deadline.reading:
                return await anext(self._body)
        except builtins.TimeoutError:
            deadline.ran_out = True
            raise
        finally:
            deadline.reading = None
        raise StreamError("another task ended the read")


def in_thread(function: Callable[..., T], *args: Any) -> T:
    """What ``function`` returns. Its twin runs it in a worker thread; this one has no loop that would stand still."""
    return function(*args)


async def async_in_thread(function: Callable[..., T], *args: Any) -> T:
    """What ``function`` returns, run in a worker thread: it may wait for a disk."""
    from anyio.to_thread import run_sync

    return await run_sync(function, *args)


def sleep(seconds: float) -> None:
    """Waits so many seconds."""
    time.sleep(seconds)


async def async_sleep(seconds: float) -> None:
    """Waits so many seconds. The asynchronous twin of ``sleep``, for asyncio and trio."""
    from anyio import sleep as anyio_sleep

    await anyio_sleep(seconds)


async def shielded(closing: Coroutine[Any, Any, None]) -> None:
    """Awaits ``closing``, which goes on to its end if the task is cancelled meanwhile."""
    try:
        task = in_background(closing)
    except RuntimeError:  # trio
        from anyio import CancelScope

        with CancelScope(shield=True):
            await closing
        return
    from asyncio import shield

    await shield(task)


def in_background(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """A task of asyncio's running loop. Raises ``RuntimeError`` if none is running, as on trio."""
    import asyncio  # a synchronous program has no need of it

    task = asyncio.get_running_loop().create_task(work)
    _background.add(task)
    task.add_done_callback(_background.discard)
    return task


def to_its_end(function: Callable[..., None], *args: Any) -> None:
    """Calls ``function``. Only tasks can be cancelled in the middle of it: see its twin."""
    function(*args)


async def async_to_its_end(function: Callable[..., Coroutine[Any, Any, None]], *args: Any) -> None:
    """Awaits ``function``, as :func:`shielded` does."""
    await shielded(function(*args))


def shut_down(sock: object) -> None:
    """Wakes whoever waits for ``sock``, if it is a socket; its owner then closes it."""
    if isinstance(sock, socket.socket):
        # An SSLSocket's own shutdown() would take TLS away from the thread that reads.
        with suppress(OSError):  # it may have just ended by itself
            socket.socket.shutdown(sock, socket.SHUT_RDWR)

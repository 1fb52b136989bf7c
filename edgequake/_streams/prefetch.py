"""Reads ahead of a slow consumer, up to a limit: in a thread for synchronous streams, in a task for asynchronous ones.

When as many items wait as may, nothing more is read: the server's socket fills up, and holds the server back.
"""

from __future__ import annotations

import threading
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from anyio import CancelScope, Event

__all__ = ["Ahead", "AsyncAhead"]

T = TypeVar("T")

_tasks: set[Any] = set()  # kept until they are done


class Ahead(Generic[T]):
    """At most ``n`` items of ``source``, read in a thread that begins with the first :meth:`get`.

    With an ``n`` of 0 nothing is read ahead: each item is made when a :meth:`get` asks for it.
    """

    def __init__(self, source: Iterator[T], n: int) -> None:
        self._source: Iterator[T] | None = source
        self._n = n
        self._asked = False
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._failure: BaseException | None = None
        self._ended = False
        self.begun = False
        self.closed = False

    @property
    def waiting(self) -> bool:
        """Whether there may be more to get."""
        return not self.closed and (bool(self._items) or not self._ended)

    def get(self, seconds: float | None = None) -> T | None:
        """The next item; None when none has come within ``seconds``.

        Raises ``StopIteration`` after the last one or once it is closed, and whatever ``source`` raised.
        """
        with self._changed:
            if not self.begun:
                self.begun = True
                # Daemonic: a thread that waits for a server must not keep the program from ending.
                threading.Thread(
                    target=copy_context().run, args=(self._read,), name="edgequake-prefetch", daemon=True
                ).start()
            if not self._items:
                self._asked = True
                self._changed.notify_all()
            self._changed.wait_for(lambda: self._items or self._ended or self.closed, seconds)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return item
            if not self._ended and not self.closed:
                return None
        if self._failure is not None and not self.closed:
            raise self._failure
        raise StopIteration

    def close(self) -> None:
        """Drops what has been read, and lets the thread end. It does not wait for that: the thread may be in a read."""
        with self._changed:
            self.closed = True
            self._items.clear()
            if not self.begun:
                self._source = None
            self._changed.notify_all()

    def _read(self) -> None:
        source, self._source = self._source, None
        try:
            for item in source or ():
                with self._changed:
                    if self.closed:
                        break
                    self._items.append(item)
                    self._asked = False
                    self._changed.notify_all()
                    self._changed.wait_for(lambda: len(self._items) < self._n or self._asked or self.closed)
                    if self.closed:
                        break
        except BaseException as error:  # whoever gets the items gets it
            self._failure = error
        source = None  # a generator that is not at its end closes here, in the thread that ran it
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class AsyncAhead(Generic[T]):
    """At most ``n`` items of ``source``, read in a task that begins with the first :meth:`get`; asyncio and trio."""

    def __init__(self, source: AsyncIterator[T], n: int) -> None:
        self._source = source
        self._n = n
        self._items: deque[T] = deque()
        self._failure: Exception | None = None
        self._ended = False
        self._arrived: Event | None = None
        self._taken: Event | None = None
        self._over: Event | None = None
        self._scope: CancelScope | None = None
        self.begun = False
        self.closed = False

    @property
    def waiting(self) -> bool:
        """Whether there may be more to get."""
        return not self.closed and (bool(self._items) or not self._ended)

    async def get(self, seconds: float | None = None) -> T | None:
        """The next item; None when none has come within ``seconds``.

        Raises ``StopAsyncIteration`` after the last one or once it is closed, and whatever ``source`` raised.
        """
        from anyio import Event, move_on_after  # loaded by httpx's first async request

        if not self.begun:
            self.begun = True
            self._over = Event()
            _spawn(self._read)
        while not (self._items or self._ended or self.closed):
            self._arrived = Event()
            with move_on_after(seconds) as waiting:
                await self._arrived.wait()
            if waiting.cancelled_caught:
                return None
        if self._items:
            item = self._items.popleft()
            _set(self._taken)
            return item
        if self._failure is not None and not self.closed:
            raise self._failure
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Drops what has been read, and ends the task, which releases the connection."""
        from anyio import CancelScope

        self.closed = True
        self._items.clear()
        _set(self._arrived)
        _set(self._taken)
        if self._scope is not None:
            self._scope.cancel()
        if self._over is not None:
            with CancelScope(shield=True):
                await self._over.wait()

    async def _read(self) -> None:
        from anyio import CancelScope, Event

        try:
            with CancelScope() as self._scope:
                while not self.closed:
                    self._items.append(await anext(self._source))
                    _set(self._arrived)
                    while len(self._items) >= self._n and not self.closed:
                        self._taken = Event()
                        await self._taken.wait()
        except StopAsyncIteration:
            pass
        except Exception as error:  # whoever gets the items gets it
            self._failure = error
        finally:
            self._scope = None
            try:
                with CancelScope(shield=True):
                    await getattr(self._source, "aclose", _nothing)()  # in the task that ran it
            finally:
                self._ended = True
                _set(self._arrived)
                _set(self._over)


def _set(event: Event | None) -> None:
    if event is not None:
        event.set()


async def _nothing() -> None:
    """Closes a source that cannot be closed."""


def _spawn(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Runs ``work`` beside the caller, which ends it."""
    import asyncio  # a synchronous program has no need of it

    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        from trio.lowlevel import spawn_system_task

        spawn_system_task(work, context=copy_context())
        return
    task = loop.create_task(work())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)

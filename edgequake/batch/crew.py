"""Runs the workers of a batch, in tasks or in threads, at the pace that the server can take."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from anyio import CancelScope, Event, create_task_group, to_thread
from anyio import sleep as async_sleep

if TYPE_CHECKING:
    from edgequake.batch.pace import Pace

__all__ = ["AsyncCrew", "AsyncWork", "Crew", "Work", "async_blocking", "blocking"]

T = TypeVar("T")
AsyncWork: TypeAlias = Callable[[T], Awaitable[Mapping[str, Any]]]
Work: TypeAlias = Callable[[T], Mapping[str, Any]]


async def async_blocking(function: Callable[..., T], *args: Any) -> T:
    """What ``function`` returns, called in a thread; a task that is cancelled meanwhile ends after it."""
    results: list[T] = []
    with CancelScope(shield=True):
        results.append(await to_thread.run_sync(function, *args))
    return results[0]


def blocking(function: Callable[..., T], *args: Any) -> T:
    """What ``function`` returns."""
    return function(*args)


class AsyncCrew:
    """Workers in tasks. The first that fails ends the others."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._waiting: list[Event] = []
        self._failure: BaseException | None = None

    async def run(self, worker: Callable[[], Awaitable[None]], number: int) -> None:
        """Runs ``number`` workers until all have ended; raises what the first that failed raised."""

        async def guarded() -> None:
            try:
                await worker()
            except Exception as error:
                self._failure = self._failure or error
                group.cancel_scope.cancel()

        async with create_task_group() as group:
            for _ in range(number):
                group.start_soon(guarded)
        if self._failure is not None:
            raise self._failure

    async def begin(self) -> int:
        """Waits until the pace lets one more item begin; what this returns is for :meth:`end`."""
        while not self._pace.admits():
            event = Event()
            self._waiting.append(event)
            await event.wait()
        begun = self._pace.begin()
        await self.sleep(self._pace.pause(monotonic()))
        return begun

    def end(self, begun: int, error: BaseException | None) -> None:
        """One item has ended; no task can be cancelled here, between an answer and its line in the journal."""
        self._pace.end(begun, error, monotonic())
        while self._waiting:
            self._waiting.pop().set()

    async def sleep(self, seconds: float) -> None:
        """Waits so many seconds."""
        if seconds > 0:
            await async_sleep(seconds)


class _Stopped(BaseException):
    """The crew is to end."""


class Crew:
    """Workers in threads. The first that fails ends the others once they have done the item that they are at."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._running = 0
        self._failure: BaseException | None = None

    def run(self, worker: Callable[[], None], number: int) -> None:
        """Runs ``number`` workers until all have ended; raises what the first that failed raised.

        Ctrl-C lets them end the items that they are at; a second one leaves at once.
        """

        def guarded() -> None:
            try:
                worker()
            except _Stopped:
                pass
            except BaseException as error:
                self._failure = self._failure or error
                self._stop()
            finally:
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()

        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(guarded,), daemon=True) for _ in range(number)
        ]
        try:
            for thread in threads:
                self._start(thread)
            self._wait_for_all()
        except BaseException:
            self._stop()
            self._wait_for_all()
            raise
        if self._failure is not None:
            raise self._failure

    def begin(self) -> int:
        """Waits until the pace lets one more item begin; what this returns is for :meth:`end`."""
        with self._changed:
            self._changed.wait_for(lambda: self._pace.admits() or self._stopping.is_set())
            begun = self._pace.begin()
            pause = self._pace.pause(monotonic())
        self.sleep(pause)
        return begun

    def end(self, begun: int, error: BaseException | None) -> None:
        """One item has ended."""
        with self._changed:
            self._pace.end(begun, error, monotonic())
            self._changed.notify_all()

    def sleep(self, seconds: float) -> None:
        """Waits so many seconds, or until the crew is to end."""
        if self._stopping.wait(max(0.0, seconds)):
            raise _Stopped

    def _start(self, thread: threading.Thread) -> None:
        with self._changed:
            self._running += 1
        try:
            thread.start()
        except RuntimeError:  # the system allows no more
            with self._changed:
                self._running -= 1
            raise

    def _stop(self) -> None:
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()

    def _wait_for_all(self) -> None:
        # Not by Thread.join: after a Ctrl-C in it, Python 3.11 and 3.12 take a thread that runs for one that has ended.
        with self._changed:
            while self._running:
                self._changed.wait(1.0)  # without a limit, Ctrl-C is not noticed on Windows

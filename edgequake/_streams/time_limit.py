"""Ends work whose time is over, also if that swallows its cancellation."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["DeadlineExceededError", "TimeLimit"]

T = TypeVar("T")


class DeadlineExceededError(TimeoutError):
    """The time allowed is over; told apart by its class from a TimeoutError of the code that was waited for."""


class TimeLimit:
    """A block whose steps are cancelled when the time is over; what runs between two steps is not.

    ``asyncio.timeout`` over a loop would also cancel the consumer, of which a generator does not hear. One for each
    item costs several times as much as the rest.

    :param ends: a time of the running loop's clock; None: there is no limit.
    """

    def __init__(self, ends: float | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._ends = ends
        self._timer = None if ends is None else self._loop.call_at(ends, self._cancel)
        self._task: asyncio.Task[object] | None = None  # while a step is under way
        self._cancelled = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    async def during(self, step: Callable[[], Awaitable[T]]) -> T:
        """What ``step`` returns. Raises DeadlineExceededError if the time is over before it returns.

        A cancellation from elsewhere comes out as such.
        """
        if self._ends is None:
            return await step()
        if self._cancelled or self._loop.time() >= self._ends:
            raise DeadlineExceededError
        task = self._task = asyncio.current_task()
        assert task is not None
        cancellations = task.cancelling()
        try:
            result = await step()
        except BaseException as error:
            if self._cancelled:
                by_others = task.uncancel() > cancellations
                stopped = isinstance(error, asyncio.CancelledError) and not by_others
                if stopped or isinstance(error, StopAsyncIteration):  # a generator may end when it is told to stop
                    raise DeadlineExceededError from None
            raise
        finally:
            self._task = None
        if self._cancelled:  # it went on when it was told to stop
            task.uncancel()
            raise DeadlineExceededError
        return result

    def check(self) -> None:
        """Raises DeadlineExceededError inside a step that is cancelled: what it waited for may have gone on."""
        if self._cancelled:
            raise DeadlineExceededError

    def _cancel(self) -> None:
        if self._task is not None:
            self._cancelled = True
            self._task.cancel()

"""A stream of any kind as what a store keeps."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from edgequake._streams.bridge import DeadlineExceededError
from edgequake.relay.errors import RelayError, safe_error
from edgequake.relay.sources import close_stream, items_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from edgequake.relay.sources import AnyStream

__all__ = ["StreamItems"]


class StreamItems:
    """A stream's items as JSON, and its error as a RelayError; `deadline` is a time of the running loop's clock.

    Closing it closes the stream, also if no item was asked for.
    """

    def __init__(
        self,
        stream: AnyStream,
        as_json: Callable[[Any], bytes],
        *,
        details: bool,
        during: str,
        deadline: float | None = None,
        too_late: Callable[[], RelayError] | None = None,
    ) -> None:
        self._stream = stream
        self._as_json = as_json
        self._details = details
        self._during = during
        self._deadline = deadline
        self._too_late = too_late
        self._items = self._made()

    async def __anext__(self) -> bytes:
        return await anext(self._items)

    async def aclose(self) -> None:
        """Closes the stream."""
        await self._items.aclose()
        await close_stream(self._stream)

    async def _made(self) -> AsyncGenerator[bytes, None]:
        clock = _Clock(self._deadline)
        try:
            async with aclosing(items_of(self._stream)) as items:
                while True:
                    try:
                        item = await clock.during(items)
                    except StopAsyncIteration:
                        return
                    yield self._as_json(item)
        except Exception as error:
            if isinstance(error, DeadlineExceededError) and self._too_late is not None:
                raise self._too_late() from None
            raise safe_error(error, details=self._details, during=self._during) from None
        finally:
            clock.close()


class _Clock:
    """Cancels the making of an item when the time is over, and nothing between two items.

    `asyncio.timeout` over the whole loop would cancel the store's task there too: no generator hears of that. One for
    each item costs several times as much as the rest.
    """

    def __init__(self, deadline: float | None) -> None:
        self._over = False
        self._making: asyncio.Task[Any] | None = None
        self._timer = None if deadline is None else asyncio.get_running_loop().call_at(deadline, self._end)

    async def during(self, items: AsyncGenerator[Any, None]) -> Any:
        """The next item. Raises DeadlineExceededError when the time is over, StopAsyncIteration behind the last one."""
        if self._timer is None:
            return await anext(items)
        if self._over:
            raise DeadlineExceededError
        making = self._making = asyncio.current_task()
        assert making is not None
        try:
            item = await anext(items)
        except BaseException as error:
            if self._over:
                others = making.uncancel()  # who have cancelled it as well
                stopped = isinstance(error, asyncio.CancelledError) and not others
                if stopped or isinstance(error, StopAsyncIteration):  # a generator may end when it is told to stop
                    raise DeadlineExceededError from None
            raise
        finally:
            self._making = None
        if self._over:  # the generator went on when it was told to stop
            making.uncancel()
            raise DeadlineExceededError
        return item

    def close(self) -> None:
        """Lets go of the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _end(self) -> None:
        self._over = True
        if self._making is not None:
            self._making.cancel()

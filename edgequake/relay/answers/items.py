"""A stream of any kind as what a store keeps."""

from __future__ import annotations

from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from edgequake._streams.time_limit import DeadlineExceededError, TimeLimit
from edgequake.relay.errors import RelayError, safe_error
from edgequake.relay.sources import close_stream, items_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from types import AsyncGeneratorType

    from edgequake.relay.sources import AnyStream

__all__ = ["StreamItems"]


class StreamItems:
    """A stream's items as JSON, and its error as a RelayError; ``deadline`` is a time of the running loop's clock.

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
        self._items = cast("AsyncGeneratorType[bytes, None]", self._made())

    async def __anext__(self) -> bytes:
        return await anext(self._items)

    async def aclose(self) -> None:
        """Closes the stream; if a task is making an item at that moment, this is left to that task."""
        if not self._items.ag_running:
            await self._items.aclose()
            await close_stream(self._stream)

    async def _made(self) -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(items_of(self._stream)) as items:
                with TimeLimit(self._deadline) as limit:
                    while True:
                        try:
                            item = await limit.during(partial(anext, items))
                        except StopAsyncIteration:
                            return
                        yield self._as_json(item)
        except Exception as error:
            if isinstance(error, DeadlineExceededError) and self._too_late is not None:
                raise self._too_late() from None
            raise safe_error(error, details=self._details, during=self._during) from None

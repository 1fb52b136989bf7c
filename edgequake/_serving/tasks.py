"""Work that goes on only while its client is there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, MutableMapping

__all__ = ["LeftError", "Turn", "disconnected", "until_first", "while_listened"]

T = TypeVar("T")

_ITEMS_A_TURN: Final = 16


class LeftError(Exception):
    """The client has left: there is nobody to answer."""


class Turn:
    """Lets other tasks have theirs now and then: neither making an item nor sending it need ever wait."""

    __slots__ = ("_items",)

    def __init__(self) -> None:
        self._items = 0

    async def pass_on(self) -> None:
        """An item has been sent."""
        self._items += 1
        if self._items % _ITEMS_A_TURN == 0:
            await asyncio.sleep(0)


async def until_first(work: Coroutine[Any, Any, T], *others: Coroutine[Any, Any, None]) -> asyncio.Task[T]:
    """Runs all of them until one ends, and cancels the rest; each has ended when this returns the task of ``work``."""
    working = asyncio.ensure_future(work)
    tasks: list[asyncio.Task[Any]] = [working, *map(asyncio.ensure_future, others)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return working


async def while_listened(work: Coroutine[Any, Any, T], gone: Coroutine[Any, Any, None]) -> T:
    """What ``work`` returns. If ``gone`` returns first, ``work`` is cancelled and :class:`LeftError` is raised.

    Both have ended when this returns.
    """
    working = await until_first(work, gone)
    if working.cancelled():
        raise LeftError
    return working.result()


async def disconnected(receive: Callable[[], Awaitable[MutableMapping[str, Any]]]) -> None:
    """Returns when the client of an HTTP request (ASGI) has left."""
    while (await receive())["type"] != "http.disconnect":
        pass

"""Answers that a test makes item by item, and readers that note what they got."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from relay.answers.servers import SECONDS
from relay.serving import poll

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake.relay.answers.log import Feed
    from edgequake.relay.errors import RelayError


async def until(happened: Callable[[], bool]) -> None:
    """Returns when it has happened."""
    async with asyncio.timeout(SECONDS):
        await poll(happened)


class Source:
    """The numbers from 1, as far as the test lets them come."""

    def __init__(self, upto: int = 0, *, error: RelayError | None = None, stubborn: bool = False) -> None:
        self.made = 0
        self.closed = False
        self._upto = upto
        self._ended = False
        self._error = error
        self._stubborn = stubborn
        self._changed = asyncio.Event()

    def let(self, upto: int) -> None:
        """So many may be made in all."""
        self._upto = upto
        self._changed.set()

    def end(self, error: RelayError | None = None) -> None:
        """No more are to come."""
        self._ended, self._error = True, error
        self._changed.set()

    def __aiter__(self) -> Source:
        return self

    async def __anext__(self) -> bytes:
        while self.made >= self._upto:
            if self._ended:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            self._changed.clear()
            try:
                await self._changed.wait()
            except asyncio.CancelledError:
                if not self._stubborn:
                    raise
                self._upto += 1
        self.made += 1
        return b"%d" % self.made

    async def aclose(self) -> None:
        self.closed = True


def whole(upto: int) -> Source:
    """An answer that comes at once."""
    source = Source(upto)
    source.end()
    return source


class Reader:
    """Reads an answer in a task of its own."""

    def __init__(self, feed: Feed | None, after: int = 0) -> None:
        assert feed is not None
        self.items: list[int] = []
        self.end: dict[str, Any] | None = None
        self._after = after
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._read(feed))
        self._task.add_done_callback(_note)

    async def _read(self, feed: Feed) -> None:
        after = self._after
        with feed:
            while self.end is None:
                items, end = await feed.read(after)
                after += len(items)
                self.items += map(json.loads, items)
                self.end = None if end is None else json.loads(end)
                self._changed.set()

    async def has(self, count: int) -> None:
        """Returns when it has got so many."""
        async with asyncio.timeout(SECONDS):
            while len(self.items) < count:
                self._changed.clear()
                await self._changed.wait()

    async def over(self) -> tuple[list[int], str]:
        """What it got in all, and how it ended: `done`, or the code of an error."""
        async with asyncio.timeout(SECONDS):
            await self._task
        assert self.end is not None
        return self.items, self.end.get("code", self.end["type"])

    async def leave(self) -> None:
        """Reads no more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def upto(count: int) -> list[int]:
    """What a reader got who got each item once, in order."""
    return list(range(1, count + 1))


def _note(task: asyncio.Task[None]) -> None:
    """Looks at how a reader ended: if its test does not, asyncio would log that in the midst of another test."""
    if not task.cancelled():
        task.exception()

"""Copies what this process makes to Redis, behind the readers here: none of them waits for it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from edgequake.relay.answers import scripts
from edgequake.relay.answers.link import FAILURES
from edgequake.relay.answers.memory import STOPPED
from edgequake.relay.errors import RelayError
from edgequake.relay.wire import error_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake.relay.answers.link import Link, Step
    from edgequake.relay.answers.memory import Answer

__all__ = ["PRODUCER_LOST", "Copier", "Copy"]

PRODUCER_LOST: Final = RelayError("producer_lost", "the server that made this answer is gone")

_AHEAD: Final = 1000
"""Items that may wait to be copied before the generator is held back."""
_ITEMS: Final = 500
_BYTES: Final = 256 << 10
_ANSWERS: Final = 200
_LONGEST_WAIT: Final = 1.0


class Copy:
    """How much of an answer has reached Redis."""

    def __init__(self, answer: Answer, token: str) -> None:
        self.answer = answer
        self.token = token
        """Proves to Redis that it is still this process that makes the answer."""
        self.number = 0
        """Items that are there."""
        self.read_elsewhere_at = float("-inf")
        """When another process last had a reader."""
        self.end_sent = False
        self.renew_at = float("inf")
        self.give_up_at = float("inf")
        self.room = asyncio.Event()

    @property
    def ahead(self) -> int:
        """Items that are not there yet."""
        return self.answer.log.count - self.number


class Copier:
    """One task that sends what all answers of this process have brought since the last round trip, in one more."""

    def __init__(self, link: Link, worker: str, *, lease: float, keep: float, copied: Callable[[Answer], None]) -> None:
        self._link = link
        self._worker = worker
        self._lease = lease
        self._keep = keep
        self._copied = copied
        self._copies: dict[str, Copy] = {}
        self._fresh: set[str] = set()
        self._news = asyncio.Event()
        self._nothing_left = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def expect(self, copy: Copy) -> None:
        """The answer will be copied: its generator is held back already."""
        self._copies[copy.answer.name] = copy

    def drop(self, copy: Copy) -> None:
        """It will not be after all."""
        if self._copies.get(copy.answer.name) is copy:
            del self._copies[copy.answer.name]
        copy.room.set()
        self._copied(copy.answer)

    def begin(self, copy: Copy) -> None:
        """From now on the answer is copied."""
        name = copy.answer.name

        def changed() -> None:
            self._fresh.add(name)
            self._news.set()

        self._copies[name] = copy
        copy.room.set()
        copy.renew_at = asyncio.get_running_loop().time() + self._lease / 3
        copy.answer.log.changed = changed
        changed()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def of(self, answer: Answer) -> Copy | None:
        """How the copy of an answer stands; None when it has none."""
        return self._copies.get(answer.name)

    async def room(self, answer: Answer) -> None:
        """Returns when no more than a thousand items wait, or the server cannot be used: readers here go on then."""
        while (copy := self._copies.get(answer.name)) is not None and copy.ahead >= _AHEAD and self._link.works:
            copy.room.clear()
            await copy.room.wait()

    async def aclose(self, seconds: float) -> None:
        """Copies what is left, for so long at most, and ends."""
        if self._copies and self._link.works:
            self._fresh.update(self._copies)
            self._news.set()
            self._nothing_left.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._nothing_left.wait()
        self._closing = True  # redis-py may swallow a cancellation
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while not self._closing:
            await self._something_to_do()
            now = loop.time()
            due = [copy for name, copy in self._copies.items() if name in self._fresh or copy.renew_at <= now]
            self._fresh.clear()
            try:
                for start in range(0, len(due), _ANSWERS):
                    await self._send(due[start : start + _ANSWERS])
                failures = 0
            except FAILURES:
                failures += 1
                self._failed(due)
                await asyncio.sleep(min(_LONGEST_WAIT, 0.05 * 2.0**failures))

    async def _something_to_do(self) -> None:
        """Returns when there is news, or a lease to renew."""
        renew_at = min((copy.renew_at for copy in self._copies.values()), default=None)
        self._news.clear()
        if self._fresh:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout_at(renew_at):
                await self._news.wait()

    async def _send(self, copies: list[Copy]) -> None:
        replies = await self._link.run_all([self._step(copy) for copy in copies], self._link.copying)
        now = asyncio.get_running_loop().time()
        for copy, (state, number, *more) in zip(copies, replies, strict=True):
            if self._copies.get(copy.answer.name) is not copy:
                continue
            copy.renew_at = now + self._lease / 3
            match state:
                case b"ok":
                    self._arrived(copy, number, more, now)
                case b"gap":
                    copy.number = number
                case b"gone":
                    await self._begin_again(copy)
                case b"ended":
                    self._over(copy, more[-1])
                case _:  # fenced: another process has begun one of the same key, when Redis had lost this one
                    self._over(copy, error_data(PRODUCER_LOST))
            if copy.ahead and copy.answer.name in self._copies:
                self._fresh.add(copy.answer.name)
            copy.room.set()

    def _step(self, copy: Copy) -> Step:
        log = copy.answer.log
        items: list[bytes] = []
        size = 0
        for item in log.part(copy.number, copy.number + _ITEMS):
            if items and size + len(item) > _BYTES:
                break
            items.append(item)
            size += len(item)
        end = log.end if log.end is not None and copy.number + len(items) == log.count else b""
        copy.end_sent = end != b""
        fixed = [copy.token, log.epoch, copy.number + 1, int(self._lease * 1000), int(self._keep * 1000), end]
        return scripts.APPEND, self._link.keys(copy.answer.name), [*fixed, *items]

    def _arrived(self, copy: Copy, number: int, more: list[Any], now: float) -> None:
        stop, quiet = more
        copy.number = number
        if quiet >= 0:
            copy.read_elsewhere_at = now - quiet / 1000
        if copy.end_sent:
            self._over(copy)
        elif stop:
            copy.answer.end(STOPPED)

    async def _begin_again(self, copy: Copy) -> None:
        """Redis has come back without the answer: it is written again, under the same epoch."""
        answer = copy.answer
        keys, times = self._link.keys(answer.name), [int(self._lease * 1000), int(self._keep * 1000)]
        args = [copy.token, self._worker, answer.log.epoch, *times]
        await self._link.run_all([(scripts.BEGIN, keys, args)], self._link.copying)
        copy.number = 0
        self._fresh.add(answer.name)

    def _over(self, copy: Copy, end: bytes | None = None) -> None:
        """Nothing more is copied; ``end`` is what Redis says how the answer ended."""
        answer = copy.answer
        answer.log.changed = None
        if end is not None:
            answer.adopt(end)
        self._copies.pop(answer.name, None)
        self._fresh.discard(answer.name)
        copy.room.set()
        if not self._copies:
            self._nothing_left.set()
        self._copied(answer)

    def _failed(self, due: list[Copy]) -> None:
        now = asyncio.get_running_loop().time()
        for copy in list(self._copies.values()):
            copy.room.set()
            if copy.answer.log.end is not None:
                copy.give_up_at = min(copy.give_up_at, now + self._keep)
                if copy.give_up_at <= now:
                    self._over(copy)
        self._fresh.update(copy.answer.name for copy in due if copy.answer.name in self._copies)

"""Answers that other processes make, read from Redis once for all readers here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from edgequake.relay.answers import scripts
from edgequake.relay.answers.copier import PRODUCER_LOST
from edgequake.relay.answers.link import FAILURES
from edgequake.relay.answers.log import Feed, Log
from edgequake.relay.errors import RelayError
from edgequake.relay.wire import error_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edgequake.relay.answers.link import Link

__all__ = ["Mirrors", "unreachable"]

_LOST: Final = error_data(PRODUCER_LOST)
_STREAM_LOST: Final = error_data(RelayError("stream_lost", "the rest of this answer cannot be read any more"))
_AT_ONCE: Final = 500
_LONGEST_WAIT: Final = 1.0
_STAYS: Final = 5.0
"""Seconds that an answer stays here after its last reader: the next often comes at once."""


def unreachable() -> RelayError:
    """The error of whoever needs Redis and cannot reach it."""
    return RelayError("store_unreachable", "where answers are kept cannot be reached: try again")


class _Mirror:
    """An answer of another process, as far as it has been read; where to read on is its log's length."""

    def __init__(self, name: str, epoch: int, now: float) -> None:
        self.name = name
        self.log = Log(epoch)
        self.heard_at = now
        self.missing_since: float | None = None
        """Since when Redis has not known it, or could not be asked."""
        self.going: asyncio.TimerHandle | None = None

    def take(self, entries: Iterable[tuple[bytes, dict[bytes, bytes]]]) -> None:
        """Adds entries of the stream; what does not follow ends the answer, for a hole cannot be filled."""
        for name, fields in entries:
            epoch, _, number = name.decode().partition("-")
            if int(epoch) != self.log.epoch or int(number) != self.log.count + 1:
                self.log.finish(_STREAM_LOST)
            elif (end := fields.get(b"e")) is not None:
                self.log.finish(end)
            else:
                self.log.append(fields[b"d"])


class Mirrors:
    """Two tasks: one waits for news of all mirrored answers at once, one looks after those that are quiet.

    ``told`` is called with what other processes tell this one.
    """

    def __init__(
        self, link: Link, worker: str, *, lease: float, keep: float, block: float, told: Callable[[str], None]
    ) -> None:
        self._link = link
        self._worker = worker
        self._lease = lease
        self._keep = keep
        self._block = int(block * 1000)
        self._told = told
        self._mirrors: dict[str, _Mirror] = {}
        self._opening: dict[str, asyncio.Task[_Mirror | None]] = {}
        self._told_until: bytes | str = "0-0"
        self._more = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._unheard = False
        self._waking: asyncio.Task[None] | None = None
        self._closing = False

    def listen(self) -> None:
        """Begins to wait for news."""
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._look_after())]

    async def open(self, name: str) -> Feed | None:
        """A reader's view of an answer; None when there is none. Raises RelayError when Redis cannot be asked."""
        mirror = self._mirrors.get(name)
        if mirror is None:
            opening = self._opening.get(name)
            if opening is None:  # fifty who come at once need one
                opening = self._opening[name] = asyncio.create_task(self._made(name))
                opening.add_done_callback(lambda _: self._opening.pop(name))
            mirror = await asyncio.shield(opening)
        if mirror is None:
            return None
        found = mirror
        return Feed(found.log, lambda: self._left(found))

    async def aclose(self) -> None:
        """Ends; readers get no more from here."""
        self._closing = True  # redis-py may swallow a cancellation
        tasks = [*self._tasks, *self._opening.values(), *([self._waking] if self._waking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for mirror in self._mirrors.values():
            mirror.log.cut()
            if mirror.going is not None:
                mirror.going.cancel()
        self._mirrors.clear()

    async def _made(self, name: str) -> _Mirror | None:
        try:
            found = await self._link.run(*self._look(name, read=True))
            if not found:
                return None
            mirror = _Mirror(name, int(found[0]), asyncio.get_running_loop().time())
            mirror.take(await self._link.entries(name))
        except FAILURES as error:
            raise unreachable() from error
        self._mirrors[name] = mirror
        if mirror.log.end is None:
            self._more.set()
            self.listen()
            self._unheard = True
            if self._waking is None:
                self._waking = asyncio.create_task(self._wake())
        self._left(mirror)  # whoever asked for it may have gone meanwhile
        return mirror

    async def _wake(self) -> None:
        """Has the task that waits for news wait for those of new answers too: once for all that come meanwhile."""
        try:
            while self._unheard:
                self._unheard = False
                await self._link.wake(self._worker, "", self._keep)
        except FAILURES:
            return  # the wait has failed as well, and begins anew with all of them
        finally:
            self._waking = None

    def _left(self, mirror: _Mirror) -> None:
        if mirror.log.readers == 0 and self._mirrors.get(mirror.name) is mirror:
            if mirror.going is not None:
                mirror.going.cancel()
            mirror.going = asyncio.get_running_loop().call_later(_STAYS, self._forget, mirror)

    def _forget(self, mirror: _Mirror) -> None:
        mirror.going = None
        if mirror.log.readers == 0 and self._mirrors.get(mirror.name) is mirror:
            del self._mirrors[mirror.name]

    @property
    def _running(self) -> list[_Mirror]:
        return [mirror for mirror in self._mirrors.values() if mirror.log.end is None]

    async def _read(self) -> None:
        """Waits for news, with one command for all."""
        loop = asyncio.get_running_loop()
        failures = 0
        while not self._closing:
            running = {self._link.keys(it.name)[0].encode(): it for it in self._running}
            after = {key: f"{it.log.epoch}-{it.log.count}" for key, it in running.items()}
            mine = self._link.worker_key(self._worker).encode()
            try:
                news = await self._link.news({mine: self._told_until, **after}, self._block, _AT_ONCE)
                failures = 0
            except FAILURES:
                failures += 1
                await asyncio.sleep(min(_LONGEST_WAIT, 0.05 * 2.0**failures))
                continue
            for key, entries in news:
                if key == mine:
                    for self._told_until, fields in entries:
                        self._told(fields[b"c"].decode())
                elif (mirror := running[key]).log.end is None:
                    mirror.take(entries)
                    mirror.heard_at, mirror.missing_since = loop.time(), None

    async def _look_after(self) -> None:
        """Asks about each answer that has been quiet for a third of the lease: a busy one hides no dead one."""
        loop = asyncio.get_running_loop()
        quiet = self._lease / 3
        while not self._closing:
            running = self._running
            if not running:
                self._more.clear()
                await self._more.wait()
                continue
            now = loop.time()
            await asyncio.sleep(min(mirror.heard_at for mirror in running) + quiet - now)
            now = loop.time()
            due = [mirror for mirror in self._running if mirror.heard_at + quiet <= now]
            try:
                looks = [self._look(mirror.name, read=mirror.log.readers > 0) for mirror in due]
                found, patience = await self._link.run_all(looks), self._lease * 4 / 3
            except FAILURES:
                found, patience = [None] * len(due), self._keep
            for mirror, there in zip(due, found, strict=True):
                mirror.heard_at = now
                if there:
                    mirror.missing_since = None
                    continue
                mirror.missing_since = mirror.missing_since or now
                if now - mirror.missing_since >= patience:
                    mirror.log.finish(_STREAM_LOST)

    def _look(self, name: str, *, read: bool) -> tuple[str, tuple[str, str, str], list[Any]]:
        return scripts.LOOK, self._link.keys(name), [int(self._keep * 1000), _LOST, int(read)]

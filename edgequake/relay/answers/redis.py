"""Answers kept in Redis or Valkey: they survive reloads, restarts and the choice of another worker."""

from __future__ import annotations

import asyncio
import secrets
from typing import Final

from edgequake.exceptions import ConfigurationError
from edgequake.relay.answers import scripts
from edgequake.relay.answers.copier import Copier, Copy
from edgequake.relay.answers.link import FAILURES, Link
from edgequake.relay.answers.log import Feed, private_name
from edgequake.relay.answers.memory import MAX_ANSWER_BYTES, STOPPED, Answer, Items, MemoryStore, Started, checked_key
from edgequake.relay.answers.mirrors import Mirrors, unreachable

__all__ = ["RedisStore"]

_BEGIN_SECONDS: Final = 2.0
"""How long an answer waits for Redis before it begins without being kept."""
_LAST_SECONDS: Final = 2.0
_STOP: Final = "stop "


class RedisStore(MemoryStore):
    """Keeps answers in Redis (6.2 or newer) or Valkey, so that every worker can read them. Needs the extra ``redis``.

    The worker that makes an answer serves its own readers from memory and copies the answer to Redis. If that worker
    dies, readers on other workers get the error ``producer_lost`` within 4/3 of ``lease``. If Redis fails, readers on
    the worker that makes the answer still get all of it, and new answers cannot be resumed until Redis is back.

    :param url: the address, such as ``redis://:password@host:6379/0``. Use ``rediss://`` for TLS and ``unix://`` for a
        socket.
    :param lease: seconds without a sign of life after which a worker counts as dead.
    :param keep: seconds for which an answer can still be read after its end.
    :param linger: seconds without a reader on any worker after which an unfinished answer is stopped. It is never
        shorter than ``lease``. None lets every answer finish.
    :param max_answer_bytes: the largest answer in bytes. A larger one ends with the error ``answer_too_large``. Default
        4 MiB.
    :param prefix: how the keys in Redis begin. It stands in braces there.
    :raises ConfigurationError: a setting cannot work. Nothing is sent to Redis before the first answer.
    """

    def __init__(
        self,
        url: str,
        *,
        lease: float = 10.0,
        keep: float = 600.0,
        linger: float | None = None,
        max_answer_bytes: int = MAX_ANSWER_BYTES,
        prefix: str = "eq",
    ) -> None:
        if not lease > 0:
            raise ConfigurationError(f"lease must be more than 0 seconds, not {lease!r}")
        if not prefix or set(prefix) & set("{}"):
            raise ConfigurationError(f"prefix must be a text without braces, not {prefix!r}")
        super().__init__(
            keep=keep, linger=None if linger is None else max(linger, lease), max_answer_bytes=max_answer_bytes
        )
        self._url = url
        self._prefix = prefix
        self._lease = lease
        self._connect()

    def __repr__(self) -> str:
        return f"RedisStore({str(self._link)!r}, lease={self._lease:g}, keep={self._keep:g}, linger={self._linger!r})"

    async def start(self, items: Items, *, owner: str = "", key: str | None = None) -> Started:
        """Begins an answer, or joins the one that this owner already has under ``key``. See ``AnswerStore``.

        If Redis does not reply within two seconds, the answer begins anyway. Its key is then empty: it cannot be
        resumed.
        """
        self._here()
        given = key is not None
        key, name = checked_key(owner, key)
        if (there := self._answers.get(name)) is not None:
            await items.aclose()
            return Started(key, self._feed(there))
        # Nobody else can have a key that was made here: that answer begins before Redis has said so.
        answer = None if given else self._begin(name, items)
        if self._closing or self._link.left_alone:
            return self._unkept(answer or self._begin(name, items))
        token = secrets.token_hex(16)
        copy = None if answer is None else Copy(answer, token)
        if copy is not None:
            self._copier.expect(copy)
        try:
            ours, epoch = await self._claimed(name, token)
        except FAILURES:
            self._link.late(_BEGIN_SECONDS)
            self._release(name, token, copy)
            return self._unkept(answer or self._begin(name, items))
        except BaseException:  # whoever asked has left
            self._release(name, token, copy)
            if answer is None:
                await items.aclose()
            else:
                answer.end(STOPPED)
            raise
        if not ours:
            await items.aclose()
            if (feed := await self._mirrors.open(name)) is None:
                raise unreachable()
            return Started(key, feed)
        copy = copy or Copy(self._begin(name, items), token)
        copy.answer.log.epoch = epoch
        self._copier.begin(copy)
        self._mirrors.listen()
        return Started(key, self._feed(copy.answer))

    async def open(self, key: str, *, owner: str = "") -> Feed | None:
        """A reader's view of an answer, whichever worker makes it. None if this owner has no answer with that key.

        :raises RelayError: Redis cannot be reached.
        """
        here = await super().open(key, owner=owner)
        return here or await self._mirrors.open(private_name(owner, key))

    async def stop(self, key: str, *, owner: str = "") -> bool:
        """Stops an answer, whichever worker makes it. False if this owner has no answer with that key.

        :raises RelayError: Redis cannot be reached.
        """
        if await super().stop(key, owner=owner):
            return True
        name = private_name(owner, key)
        try:
            found = await self._link.run(scripts.STOP, self._link.keys(name)[:2], [])
            if found and found[0]:
                await self._link.wake(found[0].decode(), _STOP + name, self._keep)
        except FAILURES as error:
            raise unreachable() from error
        return bool(found)

    async def _claimed(self, name: str, token: str) -> tuple[bool, int]:
        """Whether the answer is ours to make, and when it began."""
        times = [int(self._lease * 1000), int(self._keep * 1000)]
        async with asyncio.timeout(_BEGIN_SECONDS):
            ours, epoch = await self._link.run(scripts.BEGIN, self._link.keys(name), [token, self._worker, "", *times])
        return bool(ours), int(epoch)

    def _release(self, name: str, token: str, copy: Copy | None) -> None:
        """The answer is not kept. Its claim may have come to Redis all the same: nobody is to wait for that answer."""
        self._link.send(scripts.RELEASE, self._link.keys(name), [token])
        if copy is not None:
            self._copier.drop(copy)

    async def _room(self, answer: Answer) -> None:
        await self._copier.room(answer)

    async def _flush(self) -> None:
        await self._copier.aclose(_LAST_SECONDS)
        await self._mirrors.aclose()
        await self._link.aclose()

    def _connect(self) -> None:
        self._worker = secrets.token_hex(8)
        block = min(max(self._lease / 3, 0.1), 5.0)
        self._link = Link(self._url, self._prefix, block)
        lease, keep = self._lease, self._keep
        self._copier = Copier(self._link, self._worker, lease=lease, keep=keep, copied=self._copied)
        self._mirrors = Mirrors(self._link, self._worker, lease=lease, keep=keep, block=block, told=self._told)

    def _unread(self, answer: Answer) -> None:
        """Nobody reads it here; others may elsewhere."""
        copy, linger = self._copier.of(answer), self._linger
        if copy is not None and linger is not None:
            seconds = copy.read_elsewhere_at + linger - asyncio.get_running_loop().time()
            if seconds > 0:
                self._watch(answer, seconds)
                return
        super()._unread(answer)

    def _told(self, command: str) -> None:
        """What another worker has said to this one."""
        if command.startswith(_STOP) and (answer := self._answers.get(command.removeprefix(_STOP))) is not None:
            answer.end(STOPPED)

    def _ended(self, answer: Answer) -> None:
        if self._copier.of(answer) is None:
            self._forget(answer)

    def _copied(self, answer: Answer) -> None:
        """It is copied no more: Redis has all of it, for readers who come now, or none of it."""
        if answer.task is None:
            self._forget(answer)

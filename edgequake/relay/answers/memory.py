"""Answers kept in the memory of this process: they survive a reload of the page, not a restart of the server."""

from __future__ import annotations

import asyncio
import secrets
import time
from contextlib import aclosing
from typing import Final, NamedTuple, Protocol

from edgequake._serving.tasks import Turn
from edgequake.exceptions import ConfigurationError
from edgequake.relay.answers.log import Feed, Log, private_name
from edgequake.relay.errors import RelayError, safe_error
from edgequake.relay.wire import DONE, error_data

__all__ = ["Answer", "AnswerStore", "Items", "MemoryStore", "Started"]

MAX_ANSWER_BYTES: Final = 4 << 20
_LAST_SECONDS: Final = 2.0

STOPPED: Final = RelayError("stopped", "this answer was stopped")
_UNREAD: Final = RelayError("stopped", "this answer was stopped: nobody read it")
_INTERRUPTED: Final = RelayError("interrupted", "the server stopped before this answer was whole")


class Items(Protocol):
    """The items of an answer as JSON."""

    async def __anext__(self) -> bytes:
        """The next one; a failure is a RelayError."""
        ...

    async def aclose(self) -> None:
        """Ends the stream behind them, also if none was asked for."""


class Started(NamedTuple):
    """An answer that has begun, or that was under way already."""

    key: str
    """Under which it can be resumed; empty when it cannot be."""
    feed: Feed


class AnswerStore(Protocol):
    """The protocol of a store of answers. ``MemoryStore`` and ``RedisStore`` have it, and you can write your own."""

    async def start(self, items: Items, *, owner: str = "", key: str | None = None) -> Started:
        """Begins an answer and returns. A separate task reads ``items`` to the end.

        If ``key`` is given and this owner already has an answer with that key, the reader joins it and ``items`` are
        closed.
        """
        ...

    async def open(self, key: str, *, owner: str = "") -> Feed | None:
        """A reader's view of an answer. None if this owner has no answer with that key."""
        ...

    async def stop(self, key: str, *, owner: str = "") -> bool:
        """Stops an answer, in whichever process it runs. False if this owner has no answer with that key."""
        ...

    async def aclose(self, grace: float = 0) -> None:
        """Waits up to ``grace`` seconds for the answers of this process, then ends the rest as ``interrupted``."""
        ...


class Answer:
    """An answer that this process makes."""

    def __init__(self, name: str, log: Log) -> None:
        self.name = name
        self.log = log
        self.task: asyncio.Task[None] | None = None
        self.begun = False
        self.forgetting: asyncio.TimerHandle | None = None
        self.unread: asyncio.TimerHandle | None = None

    def end(self, error: RelayError) -> None:
        """Ends it now, whatever its generator does."""
        self.adopt(error_data(error))

    def adopt(self, end: bytes) -> None:
        """Ends it now, with an end that is written already."""
        self.log.finish(end)
        if self.task is not None and self.begun:  # a task that is cancelled before it begins closes nothing
            self.task.cancel()


class MemoryStore:
    """Keeps answers in the memory of this process. They survive a reload of the page, but not a restart of the server.

    :param keep: seconds for which an answer can still be read after its end.
    :param linger: seconds without a reader after which an unfinished answer is stopped. None lets every answer finish.
    :param max_answer_bytes: the largest answer in bytes. A larger one ends with the error ``answer_too_large``. Default
        4 MiB.
    :raises ConfigurationError: a setting cannot work.
    """

    def __init__(
        self, *, keep: float = 600.0, linger: float | None = None, max_answer_bytes: int = MAX_ANSWER_BYTES
    ) -> None:
        if not keep > 0 or not max_answer_bytes > 0:
            raise ConfigurationError("keep and max_answer_bytes must be more than 0")
        if linger is not None and not linger >= 0:
            raise ConfigurationError(f"linger must be 0 seconds or more, or None, not {linger!r}")
        self._keep = keep
        self._linger = linger
        self._max_bytes = max_answer_bytes
        self._answers: dict[str, Answer] = {}
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(keep={self._keep:g}, linger={self._linger!r})"

    async def start(self, items: Items, *, owner: str = "", key: str | None = None) -> Started:
        """Begins an answer, or joins the one that this owner already has under ``key``. See ``AnswerStore``."""
        self._here()
        key, name = checked_key(owner, key)
        if (there := self._answers.get(name)) is not None:
            await items.aclose()
            return Started(key, self._feed(there))
        answer = self._begin(name, items)
        answer.log.epoch = _now()
        return self._unkept(answer) if self._closing else Started(key, self._feed(answer))

    async def open(self, key: str, *, owner: str = "") -> Feed | None:
        """A reader's view of an answer. None if this owner has no answer with that key."""
        self._here()
        answer = self._answers.get(private_name(owner, key))
        return None if answer is None else self._feed(answer)

    async def stop(self, key: str, *, owner: str = "") -> bool:
        """Stops an answer. False if this owner has no answer with that key."""
        self._here()
        answer = self._answers.get(private_name(owner, key))
        if answer is not None:
            answer.end(STOPPED)
        return answer is not None

    async def aclose(self, grace: float = 0) -> None:
        """Waits up to ``grace`` seconds for running answers, ends the rest as ``interrupted``, and forgets all of them.

        You can use the store again afterwards, also in another event loop.
        """
        self._here()
        self._closing = True
        tasks = [answer.task for answer in self._answers.values() if answer.task is not None]
        if tasks and grace > 0:
            await asyncio.wait(tasks, timeout=grace)
        for answer in list(self._answers.values()):
            answer.end(_INTERRUPTED)
        if tasks:
            await asyncio.wait(tasks, timeout=_LAST_SECONDS)
        await self._flush()
        for answer in list(self._answers.values()):
            self._forget(answer)
        self._reset()

    def _here(self) -> None:
        """Begins anew in another event loop: what belonged to the last one ended with it."""
        loop = asyncio.get_running_loop()
        if self._loop is not None and self._loop is not loop:
            self._reset()
        self._loop = loop

    def _reset(self) -> None:
        self._loop, self._closing = None, False
        self._answers = {}
        self._connect()

    def _begin(self, name: str, items: Items) -> Answer:
        """Makes an answer from now on, in a task of its own."""
        answer = self._answers[name] = Answer(name, Log())
        answer.task = asyncio.create_task(self._make(answer, items))
        self._left(answer)
        return answer

    async def _make(self, answer: Answer, items: Items) -> None:
        log, turn, answer.begun = answer.log, Turn(), True
        try:
            async with aclosing(items):
                while log.end is None:  # it may be ended while its generator goes on
                    try:
                        item = await anext(items)
                    except StopAsyncIteration:
                        log.finish(DONE)
                        break
                    if log.size + len(item) > self._max_bytes:
                        too_large = RelayError("answer_too_large", f"an answer of more than {self._max_bytes} bytes")
                        log.finish(error_data(too_large))
                        break
                    log.append(item)
                    await self._room(answer)
                    await turn.pass_on()
        except Exception as error:
            log.finish(error_data(safe_error(error, details=False, during="a relayed stream")))
        finally:
            log.finish(error_data(_INTERRUPTED))  # cancelled by nobody of ours: the loop is ending
            answer.task = None
            self._ended(answer)

    async def _room(self, answer: Answer) -> None:
        """Returns when another item may be made."""

    async def _flush(self) -> None:
        """Returns when all that was made is kept."""

    def _connect(self) -> None:
        """Makes what belongs to an event loop."""

    def _feed(self, answer: Answer) -> Feed:
        return Feed(answer.log, lambda: self._left(answer))

    def _unkept(self, answer: Answer) -> Started:
        """An answer that cannot be resumed: it ends when its reader leaves."""
        answer.log.epoch = answer.log.epoch or _now()
        return Started("", Feed(answer.log, lambda: answer.end(_UNREAD)))

    def _left(self, answer: Answer) -> None:
        """A reader has left, or there was none yet."""
        if self._linger is not None and answer.log.readers == 0 and answer.log.end is None:
            self._watch(answer, self._linger)

    def _watch(self, answer: Answer, seconds: float) -> None:
        if answer.unread is not None:
            answer.unread.cancel()
        answer.unread = asyncio.get_running_loop().call_later(seconds, self._unread, answer)

    def _unread(self, answer: Answer) -> None:
        answer.unread = None
        if answer.log.readers == 0:
            answer.end(_UNREAD)

    def _ended(self, answer: Answer) -> None:
        if answer.unread is not None:
            answer.unread.cancel()
        answer.log.compact()
        if self._answers.get(answer.name) is answer and not self._closing:
            answer.forgetting = asyncio.get_running_loop().call_later(self._keep, self._forget, answer)

    def _forget(self, answer: Answer) -> None:
        if answer.forgetting is not None:
            answer.forgetting.cancel()
        if self._answers.get(answer.name) is answer:
            del self._answers[answer.name]


def _now() -> int:
    return int(time.time() * 1000)


def checked_key(owner: str, key: str | None) -> tuple[str, str]:
    """The key of an answer, made here unless given, and under what it is kept. Raises ConfigurationError."""
    if key is None:
        key = secrets.token_urlsafe(16)
    elif not isinstance(key, str) or not 1 <= len(key) <= 200 or key in (".", ".."):
        raise ConfigurationError("key must be a text of 1 to 200 characters, and something else than dots")
    elif not owner:
        raise ConfigurationError("a key of your own needs an owner: give the relay an identity hook")
    return key, private_name(owner, key)

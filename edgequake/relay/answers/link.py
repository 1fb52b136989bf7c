"""The connections to Redis or Valkey: scripts, keys, and whether the server is there."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as LostError
from redis.exceptions import NoScriptError, RedisError

from edgequake.exceptions import ConfigurationError
from edgequake.relay.answers import scripts
from edgequake.relay.errors import logger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["FAILURES", "Entry", "Link", "Step"]

FAILURES: Final = (RedisError, OSError, asyncio.TimeoutError)
"""How a server that cannot be used shows itself."""

Step: TypeAlias = "tuple[str, Sequence[str], Sequence[Any]]"
"""A script, its keys and its arguments."""
Entry: TypeAlias = tuple[bytes, dict[bytes, bytes]]
"""An entry of a stream: its id, and its fields."""

_CONNECT_SECONDS: Final = 2.0
_ANSWER_SECONDS: Final = 5.0
_LEFT_ALONE: Final = 1.0
"""Seconds after a failure in which a new answer does not wait for the server."""
_POOL: Final = 4
_AT_ONCE: Final = 200
_SCRIPTS: Final = (scripts.BEGIN, scripts.RELEASE, scripts.APPEND, scripts.LOOK, scripts.STOP, scripts.WAKE)


class Link:
    """Runs scripts. One connection copies, one waits for news, a few do the rest; none tries anything again by itself.

    redis-py's own retries would hide an outage for a minute.
    """

    def __init__(self, url: str, prefix: str, block: float) -> None:
        self._url = url
        self._prefix = prefix
        self._pools: list[BlockingConnectionPool] = []
        self._shas = {script: hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest() for script in _SCRIPTS}
        self._queue: list[tuple[Step, asyncio.Future[Any]]] = []
        self._sending: asyncio.Task[None] | None = None
        self._cancelled = False  # the event loop ends
        self._loaded = False
        self._failed_at = self._answered_at = float("-inf")
        self.works = True
        """Whether the server answered the last time it was asked."""
        try:
            self.pool = self._client(_POOL)
            self.copying = self._client(1)
            self.waiting = self._client(1, block)
        except (ValueError, RedisError) as error:
            raise ConfigurationError(f"the address of the store cannot be used: {error}") from error

    def __str__(self) -> str:
        parts = urlsplit(self._url)  # without its password
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def keys(self, name: str) -> tuple[str, str, str]:
        """The stream, the hash and the lease of an answer: one slot of a cluster."""
        return f"{{{self._prefix}}}:{name}:s", f"{{{self._prefix}}}:{name}:m", f"{{{self._prefix}}}:{name}:l"

    def worker_key(self, worker: str) -> str:
        """The stream that tells a worker what to do."""
        return f"{{{self._prefix}}}:w:{worker}"

    @property
    def left_alone(self) -> bool:
        """Whether the server failed a moment ago: whoever can do without it does not ask."""
        return not self.works and asyncio.get_running_loop().time() < self._failed_at + _LEFT_ALONE

    async def run(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """What one script returns. All that are asked for at once go in one round trip.

        A task of its own asks for them: redis-py may swallow a cancellation, and whoever waits would stay.
        """
        return await self._asked_for(script, keys, args)

    def send(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> None:
        """Runs a script after all that were asked for before; nobody waits for it, and it may fail."""
        if self._cancelled:  # a task that begins now would be left behind by the event loop
            return
        self._asked_for(script, keys, args).add_done_callback(lambda reply: reply.cancelled() or reply.exception())

    def _asked_for(self, script: str, keys: Sequence[str], args: Sequence[Any]) -> asyncio.Future[Any]:
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append(((script, keys, args), reply))
        if self._sending is None:
            self._sending = asyncio.create_task(self._send())
        return reply

    async def _send(self) -> None:
        try:
            while self._queue:
                asked, self._queue = self._queue[:_AT_ONCE], self._queue[_AT_ONCE:]
                try:
                    replies: Sequence[Any] = await self._run_twice([step for step, _ in asked])
                except FAILURES as error:
                    replies = [error] * len(asked)
                for (_, future), reply in zip(asked, replies, strict=True):
                    if future.done():  # whoever asked has left
                        continue
                    if isinstance(reply, BaseException):
                        future.set_exception(reply)
                    else:
                        future.set_result(reply)
        except asyncio.CancelledError:
            self._cancelled = True
            raise
        finally:
            self._sending = None

    async def _run_twice(self, steps: Sequence[Step]) -> list[Any]:
        """A connection that was closed while nobody used it is made anew, once."""
        try:
            return await self.run_all(steps)
        except LostError:
            return await self.run_all(steps)

    async def run_all(self, steps: Sequence[Step], client: Redis | None = None) -> list[Any]:
        """What each of the scripts returns, in one round trip."""
        client = client or self.pool
        try:
            if not self._loaded:  # asking for a script that is not there would cost some servers the connection
                for script in _SCRIPTS:
                    await client.script_load(script)
                self._loaded = True
            pipeline = client.pipeline(transaction=False)
            for script, keys, args in steps:
                pipeline.execute_command("EVALSHA", self._shas[script], len(keys), *keys, *args)
            replies = await pipeline.execute(raise_on_error=False)
            for reply in replies:
                if isinstance(reply, Exception):
                    raise reply
        except NoScriptError:  # the server was restarted
            self._loaded = False
            return await self.run_all(steps, client)
        except FAILURES as error:
            self.failed(error)
            raise
        self.answered()
        return list(replies)

    async def wake(self, worker: str, word: str, keep: float) -> None:
        """Tells a worker something, and has it look at what it waits for."""
        await self.run(scripts.WAKE, [self.worker_key(worker)], [word, int(keep * 1000)])

    async def entries(self, name: str) -> list[Entry]:
        """All entries of an answer's stream."""
        return cast("list[Entry]", await self._asked(self.pool, "XRANGE", self.keys(name)[0], "-", "+"))

    async def news(self, after: Mapping[bytes, bytes | str], block: int, count: int) -> list[tuple[bytes, list[Entry]]]:
        """What has come behind these entries, of each stream; waits for some, so many milliseconds at most."""
        words = ["COUNT", count, "BLOCK", block, "STREAMS", *after.keys(), *after.values()]
        reply = await self._asked(self.waiting, "XREAD", *words)
        if isinstance(reply, dict):  # protocol 3
            return [(key, entries) for key, lists in reply.items() for entries in lists]
        return [(key, entries) for key, entries in reply or ()]

    async def _asked(self, client: Redis, *words: Any) -> Any:
        try:
            reply = await client.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py has it so
        except FAILURES as error:
            self.failed(error)
            raise
        self.answered()
        return reply

    def late(self, seconds: float) -> None:
        """An answer did not come within so many seconds: it may be this process that has too much to do."""
        if asyncio.get_running_loop().time() - self._answered_at > seconds:
            self.failed(TimeoutError(f"no answer within {seconds:g} s"))

    def failed(self, error: BaseException) -> None:
        """The server cannot be used: said once."""
        self._failed_at = asyncio.get_running_loop().time()
        self._loaded = False
        if self.works:
            self.works = False
            words = str(error) or type(error).__name__
            logger.warning("%s cannot be used, so answers that begin now cannot be resumed: %s", self, words)

    def answered(self) -> None:
        """The server can be used."""
        self._answered_at = asyncio.get_running_loop().time()
        if not self.works:
            self.works = True
            logger.warning("%s can be used again", self)

    async def aclose(self) -> None:
        """Closes the connections, when what is under way is done."""
        if self._sending is not None:
            await self._sending
        for pool in self._pools:
            await pool.aclose()

    def _client(self, connections: int, block: float = 0.0) -> Redis:
        pool = BlockingConnectionPool.from_url(
            self._url,
            max_connections=connections,
            timeout=_ANSWER_SECONDS,
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_ANSWER_SECONDS + block,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 0),
        )
        self._pools.append(pool)
        return Redis(connection_pool=pool)

"""Comments that break the silences of an event stream, so that no proxy takes it for dead and closes it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, Self

from edgequake._streams.prefetch import Ahead

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator

__all__ = ["KEEP_ALIVE", "KEEP_ALIVE_SECONDS", "KeepAlive", "kept_alive", "kept_alive_blocking"]

KEEP_ALIVE: Final = b": keep-alive\n\n"
KEEP_ALIVE_SECONDS: Final = 15.0


class KeepAlive:
    """Writes a comment after each ``seconds`` in which nothing else was written; None: never. A context manager."""

    def __init__(self, seconds: float | None, write: Callable[[bytes], Awaitable[None]]) -> None:
        self._seconds = seconds
        self._write = write
        self._last = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def start(self) -> None:
        """The stream has begun: silences count from now on."""
        self.wrote()
        if self._seconds is not None:
            self._task = asyncio.create_task(self._comment(self._seconds))

    def wrote(self) -> None:
        """Something was written: the silence begins anew."""
        self._last = asyncio.get_running_loop().time()

    def stop(self) -> None:
        """Nothing more may be written: a comment behind the end would be an error."""
        if self._task is not None:
            self._task.cancel()

    async def _comment(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        while True:
            quiet = loop.time() - self._last
            if quiet < seconds:
                await asyncio.sleep(seconds - quiet)
            else:
                await self._write(KEEP_ALIVE)
                self.wrote()


async def kept_alive(
    events: AsyncGenerator[bytes, None], seconds: float, close: Callable[[], Awaitable[None]]
) -> AsyncGenerator[bytes, None]:
    """``events``, with a comment in each silence of ``seconds``, for a framework that iterates what it sends.

    ``close`` is awaited at the end, whatever happens: ``events`` may never have been started.
    One task reads all of them, on demand: a generator may hold a timeout over its yields, and that is bound to a task.
    """
    wanted = asyncio.Event()
    made: asyncio.Queue[bytes | None] = asyncio.Queue()

    async def read() -> None:
        try:
            async with aclosing(events):
                await wanted.wait()
                async for event in events:
                    wanted.clear()
                    made.put_nowait(event)
                    await wanted.wait()
        finally:
            made.put_nowait(None)

    async def comment(data: bytes) -> None:
        await wanted.wait()  # nobody takes a comment while the client does not read
        made.put_nowait(data)

    reader = asyncio.create_task(read())
    try:
        async with KeepAlive(seconds, comment) as silence:
            silence.start()
            while True:
                if made.empty():
                    wanted.set()
                event = await made.get()
                if event is None:
                    break
                yield event
                silence.wrote()
        await reader
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        await close()


def kept_alive_blocking(
    events: Generator[bytes, None, None], seconds: float, interrupt: Callable[[], None]
) -> Generator[bytes, None, None]:
    """The same for blocking code, by a thread; ``interrupt`` ends a read that the thread waits in."""
    reader = Ahead(events, 0)
    del events  # the thread closes it as soon as nothing else holds it
    try:
        while True:
            try:
                event = reader.get(seconds)
            except StopIteration:
                return
            yield KEEP_ALIVE if event is None else event
    finally:
        interrupt()
        reader.close()

"""A relay on a real socket, and what is left in its process."""

import asyncio
import json
import os
import socket
import subprocess
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, Self

from clocks import put_forward

from edgequake.relay.server import RelayServer

SECONDS = 60
"""How long any wait may take before it counts as a failure."""

BLOB = "x" * 65536
ENOUGH = 10_000
"""So many blobs no buffer holds: who makes fewer was held back."""


async def poll(happened: Callable[[], bool]) -> None:
    """Returns when it has happened. There is no event for it, so this looks in each round of the loop.

    In between, a process that waits for the processor gets it.
    """
    while not happened():
        os.sched_yield()
        await asyncio.sleep(0)


class Served:
    """An ASGI application, served by a thread of its own."""

    def __init__(self, app: Any, **options: Any) -> None:
        self._ready = threading.Event()
        self._server = RelayServer(app, on_ready=self._started, **options)
        self._thread = threading.Thread(target=self._server.serve_until_stopped)
        self.url = self._server.url
        self.ws = self.url.replace("http", "ws", 1)

    def _started(self, url: str) -> None:
        self.loop = asyncio.get_running_loop()
        self.idle = len(asyncio.all_tasks())
        self._ready.set()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()

    @property
    def connections(self) -> int:
        """How many sockets are open."""
        return len(self._server.server_state.connections)

    def sockets(self) -> list[socket.socket]:
        """The open ones, on this side."""
        transports = [connection.transport for connection in self._server.server_state.connections]
        return [transport.get_extra_info("socket") for transport in transports]

    def wait_until_idle(self) -> None:
        """Returns when no task but the server's own is left."""
        asyncio.run_coroutine_threadsafe(self._idle(), self.loop).result(SECONDS)

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Returns when the server's loop has come round and it has happened."""
        asyncio.run_coroutine_threadsafe(poll(happened), self.loop).result(SECONDS)

    def wait_until_held(self, count: Callable[[], int]) -> None:
        """Returns when a count has stood still for a thousand rounds of the server's loop."""
        asyncio.run_coroutine_threadsafe(self._held(count), self.loop).result(SECONDS)

    def pass_time(self, seconds: float) -> None:
        """The clock of the server's loop goes forward at once: nobody has to wait for a timeout, nor to be quick."""
        self.loop.call_soon_threadsafe(put_forward, self.loop, seconds)

    @staticmethod
    async def _held(count: Callable[[], int]) -> None:
        before, rounds = count(), 0
        while rounds < 1000:
            await asyncio.sleep(0)
            rounds = rounds + 1 if count() == before else 0
            before = count()

    async def _idle(self) -> None:
        await poll(lambda: len(asyncio.all_tasks()) <= self.idle + 1)


class Open:
    """Counts what is open: generators, upstream streams."""

    def __init__(self) -> None:
        self.now = 0
        self.ever = 0
        self.made = 0
        self._changed = threading.Condition()

    def __enter__(self) -> Self:
        self._add(1)
        return self

    def __exit__(self, *_: object) -> None:
        self._add(-1)

    def _add(self, step: int) -> None:
        with self._changed:
            self.now += step
            self.ever += max(step, 0)
            self._changed.notify_all()

    def count(self) -> int:
        """Another item was made; how many there are."""
        with self._changed:
            self.made += 1
            self._changed.notify_all()
            return self.made

    def wait_for(self, now: int) -> None:
        """Returns when so many are open."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.now == now, SECONDS), self.now

    def wait_for_made(self, made: int) -> None:
        """Returns when so many items, or more, have been made."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.made >= made, SECONDS), self.made

    async def endless(self) -> AsyncGenerator[int, None]:
        """Numbers, as fast as they are taken."""
        with self:
            while True:
                yield self.count()

    async def blobs(self) -> AsyncIterator[str]:
        """Long items, as fast as they are taken: they soon fill what lies between two programs."""
        async with aclosing(self.endless()) as numbers:
            async for _ in numbers:
                yield BLOB

    async def stubborn(self) -> AsyncIterator[int]:
        """An item, and then one each time that it is cancelled."""
        with self:
            while True:
                yield self.count()
                with suppress(asyncio.CancelledError):
                    await asyncio.Event().wait()

    async def stuck(self) -> AsyncIterator[str]:
        """One item, and then nothing more until it is closed."""
        with self:
            yield "so"
            await asyncio.Event().wait()


def events_in(body: bytes) -> list[tuple[str, Any]]:
    """The events of a response, each its name and its data."""
    found = []
    for block in body.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line and line[0] != ":")
        if "data" in fields:
            found.append((fields.get("event", "message"), json.loads(fields["data"])))
    return found


def run_node(node: str, program: Path) -> list[Any]:
    """What a JavaScript program prints, a JSON value on each line."""
    ended = subprocess.run([node, str(program)], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.split("\n") if line]

"""A proxy that cuts its connections, as tunnels, phones and restarts do."""

from __future__ import annotations

import asyncio
import random
import threading
from contextlib import suppress
from typing import Self

from relay.serving import SECONDS


class CuttingProxy:
    """Passes on what a server of this machine says, and resets each connection after some bytes of it.

    `after` gives how many, for each connection in turn; None lets one be.
    """

    def __init__(self, url: str, *, seed: int = 0) -> None:
        self._target = int(url.rpartition(":")[2].partition("/")[0])
        self._random = random.Random(seed)
        self._loop = asyncio.new_event_loop()
        self._passing: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.connections = 0
        self.url = ""

    def after(self) -> int:
        """How many bytes the next connection may say."""
        return self._random.randint(300, 900)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(SECONDS)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._end = asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        async with server:
            await self._end.wait()
            server.close()
            for task in self._passing:
                task.cancel()
            await asyncio.gather(*self._passing, return_exceptions=True)

    def _accept(self, browser: asyncio.StreamReader, to_browser: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._pass(browser, to_browser))
        self._passing.add(task)
        task.add_done_callback(self._passing.discard)

    async def _pass(self, browser: asyncio.StreamReader, to_browser: asyncio.StreamWriter) -> None:
        self.connections += 1
        server, to_server = await asyncio.open_connection("127.0.0.1", self._target)

        async def up() -> None:
            while data := await browser.read(65536):
                to_server.write(data)

        asking = asyncio.create_task(up())
        left = self.after()
        try:
            while left > 0 and (data := await server.read(left)):
                to_browser.write(data)
                left -= len(data)
        finally:
            asking.cancel()
            with suppress(OSError):
                await asyncio.gather(asking, return_exceptions=True)
            to_server.close()
            to_browser.transport.abort() if left <= 0 else to_browser.close()

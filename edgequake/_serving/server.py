"""Uvicorn, set up to be embedded."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

__all__ = ["Server"]

_LOG = "uvicorn.error"
_SECONDS_FOR_LAST_WORDS = 1


class Server(uvicorn.Server):
    """Serves an ASGI application on a socket that listens, until Ctrl-C, SIGTERM or ``should_exit``; then closes it.

    ``on_ready`` is called when connections are accepted, ``on_stop`` when the server begins to stop. Streams that do
    not end by themselves are cut a second later. With ``quiet`` nothing that uvicorn logs is shown; else all but what
    it says of those. ``settings`` are those of ``uvicorn.Config``.
    """

    def __init__(
        self,
        app: Any,
        listener: socket.socket,
        *,
        on_ready: Callable[[], None] = lambda: None,
        on_stop: Callable[[], None] = lambda: None,
        quiet: bool = False,
        **settings: Any,
    ) -> None:
        self._listener = listener
        self._on_ready = on_ready
        self._on_stop = on_stop
        self._quiet = quiet
        self._failure: Exception | None = None
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_SECONDS_FOR_LAST_WORDS,
                **settings,
            )
        )

    def serve_until_stopped(self) -> None:
        """Serve in this thread."""
        with self._listener, _muted(self._quiet):
            asyncio.run(self.serve(sockets=[self._listener]))

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve in this task. Raises what ``on_ready`` raised, when the server has stopped for it."""
        await super().serve(sockets)
        if self._failure is not None:
            raise self._failure

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        try:
            self._on_ready()
        except Exception as error:
            self._failure = error
            # Not at once: uvicorn would leave the application's lifespan to be cancelled, and log how that ends.
            asyncio.get_running_loop().call_soon(setattr, self, "should_exit", True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and end what is still streaming; that it is cut is no error to report."""
        self._on_stop()
        with _muted(True):
            await super().shutdown(sockets)


@contextmanager
def _muted(on: bool) -> Iterator[None]:
    """Drops what uvicorn logs in this thread, and leaves every other server's log alone."""
    log, thread = logging.getLogger(_LOG), threading.get_ident()

    def of_another(record: logging.LogRecord) -> bool:
        return record.thread != thread

    if on:
        log.addFilter(of_another)
    try:
        yield
    finally:
        log.removeFilter(of_another)

"""Uvicorn, set up to be embedded."""

import asyncio
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp


def config(app: ASGIApp, seconds_for_streams: int) -> uvicorn.Config:
    """A quiet configuration; streams that do not end by themselves are cut after `seconds_for_streams`."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=seconds_for_streams,
    )


class AnnouncingServer(uvicorn.Server):
    """Calls `on_ready` when it accepts connections, and sets `closing` when it begins to stop."""

    def __init__(self, settings: uvicorn.Config, on_ready: Callable[[], None], closing: asyncio.Event) -> None:
        super().__init__(settings)
        self._on_ready = on_ready
        self._closing = closing

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting connections and let those that are open come to an end."""
        self._closing.set()
        await super().shutdown(sockets)

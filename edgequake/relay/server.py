"""Uvicorn over a relay, for `edgequake relay`."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any

import uvicorn

from edgequake._serving import address_of, listen

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

__all__ = ["RelayServer"]

_SECONDS_FOR_LAST_WORDS = 1


class RelayServer(uvicorn.Server):
    """Serves an ASGI application on `host` and `port` (0: any free one) until Ctrl-C, SIGTERM or `should_exit`.

    `on_ready` is called with the address once connections are accepted. The server refuses WebSocket messages of more
    than `max_message_bytes` before they are whole. Raises ConfigurationError when it cannot listen there.
    """

    def __init__(
        self,
        app: Any,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        max_message_bytes: int = 1 << 20,
        on_ready: Callable[[str], None] = lambda url: None,
    ) -> None:
        self._listener = listen(host, port)
        self.url = address_of(host, self._listener)
        self._on_ready = on_ready
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                ws_max_size=max_message_bytes,
                ws_per_message_deflate=False,  # a token is too short to gain by it
                timeout_graceful_shutdown=_SECONDS_FOR_LAST_WORDS,
            )
        )

    def serve_until_stopped(self) -> None:
        """Serve in this thread."""
        with self._listener:
            asyncio.run(self.serve(sockets=[self._listener]))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept connections."""
        await super().startup(sockets)
        self._on_ready(self.url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and end what is still streaming; that it is cut is no error to report."""
        log = logging.getLogger("uvicorn.error")
        mute = _Mute(threading.get_ident())
        log.addFilter(mute)
        try:
            await super().shutdown(sockets)
        finally:
            log.removeFilter(mute)


class _Mute(logging.Filter):
    """Drops what one thread logs."""

    def __init__(self, thread: int) -> None:
        super().__init__()
        self._thread = thread

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is of another thread."""
        return record.thread != self._thread

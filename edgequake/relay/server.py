"""Uvicorn over a relay, for ``edgequake relay``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgequake._serving.guard import Guard
from edgequake._serving.server import Server
from edgequake._serving.sockets import address_of, listen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["RelayServer"]


class RelayServer(Server):
    """Serves an ASGI application on ``host`` and ``port`` (0: any free one) until Ctrl-C, SIGTERM or ``should_exit``.

    ``on_ready`` is called with the address once connections are accepted. The server refuses WebSocket messages of more
    than ``max_message_bytes`` before they are whole, and requests that call it by a name that is neither this machine's
    nor one of ``allow_hosts``. Raises ConfigurationError when it cannot listen there.
    """

    def __init__(
        self,
        app: Any,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        max_message_bytes: int = 1 << 20,
        allow_hosts: Sequence[str] = (),
        on_ready: Callable[[str], None] = lambda url: None,
    ) -> None:
        # Which pages may call is for the application to say: a relay has its `origins`.
        guarded = Guard(app, host=host, allow_hosts=allow_hosts, origins=["*"])
        listener = listen(host, port)
        self.url = address_of(host, listener)
        super().__init__(
            guarded,
            listener,
            on_ready=lambda: on_ready(self.url),
            ws_max_size=max_message_bytes,
            ws_per_message_deflate=False,  # a token is too short to gain by it
        )

"""Ports where nobody answers, and which no server of another test can be given meanwhile."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Server(Protocol):
    url: str

    def stop(self) -> None: ...


@contextmanager
def refusing(port: int = 0) -> Iterator[int]:
    """A port where connections are refused until something listens; any free one by default."""
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", port))
        yield reserved.getsockname()[1]


@contextmanager
def stopped(server: _Server) -> Iterator[None]:
    """Ends a server, whose port refuses connections within the block."""
    port = urlsplit(server.url).port
    assert port is not None
    server.stop()
    with refusing(port):
        yield

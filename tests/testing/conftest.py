from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest

from edgequake.testing.plugin import edgequake_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgequake.testing import ScriptServer

__all__ = ["edgequake_script"]


class Wire:
    """A plain client connection whose every wait is bounded."""

    def __init__(self, server: ScriptServer, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(10)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", server.port))

    def ask(self, method: str = "GET", path: str = "/", head: str = "", body: bytes = b"") -> Wire:
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{head}{length}\r\n".encode() + body)
        return self

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read_until(self, end: bytes) -> bytes:
        got = b""
        while not got.endswith(end):
            data = self.socket.recv(1)
            assert data, f"the connection ended after {got!r}"
            got += data
        return got

    def read_rest(self) -> bytes:
        return b"".join(iter(lambda: self.socket.recv(65536), b""))

    def head(self) -> bytes:
        return self.read_until(b"\r\n\r\n")

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def wire(edgequake_script: ScriptServer) -> Iterator[Callable[..., Wire]]:
    with contextlib.ExitStack() as stack:

        def connect(receive_buffer: int | None = None) -> Wire:
            connection = Wire(edgequake_script, receive_buffer)
            stack.callback(connection.close)
            return connection

        yield connect

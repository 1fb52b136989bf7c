"""A Redis to keep answers in: `fakeredis` over TCP, and a real server where one is installed."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from contextlib import suppress
from random import SystemRandom
from typing import TYPE_CHECKING, Any, Self

import redis
from fakeredis import TcpFakeServer

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 60
REAL = shutil.which("redis-server") or shutil.which("valkey-server")


def free_port() -> int:
    """A port that nobody has. It lies below those that the system gives away, so that it is still free when it is used.

    Not of the seeded numbers: these are the same in all workers.
    """
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


class RedisServer:
    """Listens on one port of this machine while it runs; comes back empty. `kind` is `fake` or `real`."""

    def __init__(self, kind: str, folder: Path, *options: str, tls: bool = False) -> None:
        self.kind = kind
        self._folder = folder
        self._options = options
        self._tls = tls
        self.port = free_port()
        self.url = f"{'rediss' if tls else 'redis'}://127.0.0.1:{self.port}/0"
        self._server: Any = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Returns when it answers."""
        if self.kind == "fake":
            self._server = _Fake(("127.0.0.1", self.port), server_type="redis")
            # It looks so often whether it is to end.
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        else:
            assert REAL is not None
            ports = ["--port", "0", "--tls-port"] if self._tls else ["--port"]
            fixed = ["--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
            self._server = subprocess.Popen(
                [REAL, *ports, str(self.port), *fixed, *self._options],
                cwd=self._folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            said = b""
            while b"eady to accept connections" not in (line := self._server.stdout.readline()):
                said += line
                assert line, said.decode()
            threading.Thread(target=self._server.stdout.read, daemon=True).start()

    def kill(self) -> None:
        """Ends it at once, with all that it holds."""
        server, self._server = self._server, None
        if server is None:
            return
        if self.kind == "fake":
            server.end()
        else:
            server.kill()
            server.wait()
            server.stdout.close()

    def client(self) -> redis.Redis:
        """A client of one's own, to look inside."""
        return redis.Redis.from_url(self.url)


class _Fake(TcpFakeServer):
    """Closes its connections when it ends, as a process does."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def end(self) -> None:
        self.shutdown()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for client in list(
            self.clients.values()
        ):  # who waits for an item hears nothing of that, and would be waited for
            waiting = client.get_socket()
            with waiting._db.condition:
                waiting._unblock_reason = b"timeout"
                waiting._db.condition.notify_all()
        self.server_close()

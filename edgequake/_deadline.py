"""Waits of synchronous reads that end on time.

httpx's read timeout begins anew with every read, so that a server that sends a byte now and then is waited for
without end. A deadline bounds all reads until it is lifted: the sockets of the default client ask for it each time.
Asynchronous code has cancel scopes for this.
"""

from __future__ import annotations

import math
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    import httpx

__all__ = ["install_deadlines", "within"]


class _Current(threading.local):
    deadline = math.inf


_current = _Current()


class within:  # noqa: N801 - reads as a statement: `with within(5.0):`
    """Every socket read and write of this thread, inside the block, ends within ``seconds`` from now in all."""

    __slots__ = ("_before", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._before = _current.deadline
        _current.deadline = min(self._before, monotonic() + self._seconds)

    def __exit__(self, *_: object) -> None:
        _current.deadline = self._before


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    """The timeout of one socket operation: its own, or what is left of the deadline, whichever is shorter."""
    if _current.deadline == math.inf:
        return timeout
    left = _current.deadline - monotonic()
    if left <= 0:
        raise late("the deadline has passed")
    return left if timeout is None else min(left, timeout)


def install_deadlines(client: httpx.Client) -> None:
    """Makes the sockets that ``client`` opens from now on keep to the deadline of :class:`within`.

    httpcore's pools take a network backend, but httpx has no argument to pass one on; hence the private names. Where
    they are missing, waits end by httpx's own timeouts, and the stream's clocks are checked after each read.
    """
    for transport in [client._transport, *client._mounts.values()]:
        pool = getattr(transport, "_pool", None)
        if pool is not None and hasattr(pool, "_network_backend"):
            pool._network_backend = _DeadlineBackend(pool._network_backend)


class _DeadlineBackend(httpcore.NetworkBackend):
    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        timeout = _left(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(self._backend.connect_tcp(host, port, timeout, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        timeout = _left(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(self._backend.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _DeadlineStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = _left(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

"""Sockets of the default clients: they join HTTP's chunks, and the synchronous ones keep to a deadline.

Imported with the first client, not with the package: httpx too loads httpcore no sooner.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import httpcore

from edgequake._http.rechunk import Rechunker
from edgequake._http.waiting import bounded

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    import httpx

__all__ = ["use_own_sockets"]


def use_own_sockets(client: httpx.Client | httpx.AsyncClient) -> None:
    """Makes the sockets that ``client`` opens from now on those of this module.

    httpcore's pools take a network backend, but httpx has no argument to pass one on; hence the private names. Where
    they are missing, waits end by httpx's own timeouts, the stream's clocks are checked after each read, and h11 takes
    its time.
    """
    for transport in [client._transport, *client._mounts.values()]:
        pool: Any = getattr(transport, "_pool", None)
        if not hasattr(pool, "_network_backend"):
            continue
        if isinstance(pool, httpcore.AsyncConnectionPool):
            pool._network_backend = _AsyncBackend(pool._network_backend)
        elif hasattr(pool, "_optional_thread_lock"):
            pool._network_backend = _Backend(pool._network_backend)
            # The garbage collector may close a stream while this very thread holds the lock.
            pool._optional_thread_lock._lock = threading.RLock()


class _Backend(httpcore.NetworkBackend):
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
        timeout = bounded(timeout, httpcore.ConnectTimeout)
        return _Stream(self._backend.connect_tcp(host, port, timeout, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        timeout = bounded(timeout, httpcore.ConnectTimeout)
        return _Stream(self._backend.connect_unix_socket(path, timeout, socket_options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._socket = stream.get_extra_info("socket")
        self._rechunker = Rechunker()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while data := self._stream.read(max_bytes, bounded(timeout, httpcore.ReadTimeout, self._socket)):
            if joined := self._rechunker.feed(data):
                return joined
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._rechunker.wrote(buffer)
        self._stream.write(buffer, bounded(timeout, httpcore.WriteTimeout, self._socket))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        timeout = bounded(timeout, httpcore.ConnectTimeout, self._socket)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._backend.connect_tcp(host, port, timeout, local_address, socket_options))

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._backend.connect_unix_socket(path, timeout, socket_options))

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._rechunker = Rechunker()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while data := await self._stream.read(max_bytes, timeout):
            if joined := self._rechunker.feed(data):
                return joined
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._rechunker.wrote(buffer)
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

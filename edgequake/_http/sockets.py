"""Sockets of the default clients: they ask the call's deadline how long they may wait, and join HTTP's chunks.

Imported with the first client, not with the package: httpx too loads httpcore no sooner.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpcore

from edgequake._http.rechunk import Rechunker
from edgequake._http.waiting import AsksDeadline, Deadline, current_deadline

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    import httpx

    from edgequake.exceptions import TimeoutStage

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


@contextmanager
def _stage(stage: TimeoutStage, timeout: float | None) -> Iterator[float | None]:
    """How long the operation in the block may take; one that takes longer raises the error of the stage that ended.

    ``timeout`` is httpx's, for a request that is not a call's and has no deadline.
    """
    deadline = current_deadline()
    if deadline is None:
        yield timeout
        return
    try:
        yield deadline.begin(stage)
    except httpcore.TimeoutException:
        raise deadline.over() from None


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
        with _stage("connect", timeout) as seconds:
            return _Stream(self._backend.connect_tcp(host, port, seconds, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        with _stage("connect", timeout) as seconds:
            return _Stream(self._backend.connect_unix_socket(path, seconds, socket_options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Stream(httpcore.NetworkStream, AsksDeadline):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._rechunker = Rechunker()
        self._deadline = current_deadline()
        self._uses_socket()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        deadline = self._deadline
        try:
            while data := self._stream.read(max_bytes, timeout if deadline is None else deadline.left()):
                if joined := self._rechunker.feed(data):
                    return joined
        except httpcore.TimeoutException:
            if deadline is None:
                raise
            raise deadline.over() from None
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._rechunker.wrote(buffer)
        if not buffer:
            return
        if self._deadline is not (deadline := current_deadline()):  # a connection that is used again
            self._deadline = deadline
            self._uses_socket()
        with _stage("response", timeout) as seconds:
            self._stream.write(buffer, seconds)

    def _uses_socket(self) -> None:
        if isinstance(self._deadline, Deadline):
            self._deadline.uses(self._stream.get_extra_info("socket"))

    def done(self) -> None:
        deadline, self._deadline = self._deadline, None
        if isinstance(deadline, Deadline):
            deadline.uses(None)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with _stage("connect", timeout) as seconds:
            return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds))

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
        with _stage("connect", timeout) as seconds:
            return _AsyncStream(await self._backend.connect_tcp(host, port, seconds, local_address, socket_options))

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        with _stage("connect", timeout) as seconds:
            return _AsyncStream(await self._backend.connect_unix_socket(path, seconds, socket_options))

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class _AsyncStream(httpcore.AsyncNetworkStream, AsksDeadline):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._rechunker = Rechunker()
        self._deadline = current_deadline()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        deadline = self._deadline
        try:
            while data := await self._stream.read(max_bytes, timeout if deadline is None else deadline.left()):
                if joined := self._rechunker.feed(data):
                    return joined
        except httpcore.TimeoutException:
            if deadline is None:
                raise
            raise deadline.over() from None
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._rechunker.wrote(buffer)
        self._deadline = current_deadline()
        if buffer:
            with _stage("response", timeout) as seconds:
                await self._stream.write(buffer, seconds)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        with _stage("connect", timeout) as seconds:
            return _AsyncStream(await self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

"""Sockets of the default clients: they ask the call's deadline how long they may wait, and join HTTP's chunks.

Imported with the first client, not with the package: httpx too loads httpcore no sooner.
"""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import httpcore

from edgequake._http.errors import (
    ENDED_HANDSHAKE,
    SPEAKS_PLAIN_HTTP,
    SPEAKS_TLS,
    ended_handshake,
    reason,
    speaks_plain_http,
)
from edgequake._http.rechunk import Rechunker
from edgequake._http.waiting import AsksDeadline, Deadline, current_deadline
from edgequake.exceptions import TimeoutError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

    from edgequake._http.environment import EnvironmentProxy
    from edgequake.exceptions import TimeoutStage

__all__ = ["KEEP_ALIVE", "KEPT_SECONDS", "AsyncBackend", "Backend"]


def _keep_alive() -> list[tuple[int, int, int]]:
    """The options of a socket that asks after a silent peer: a stream that waits would not see that it is gone."""
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    idle = "TCP_KEEPIDLE" if hasattr(socket, "TCP_KEEPIDLE") else "TCP_KEEPALIVE"  # of macOS
    for name, value in ((idle, 60), ("TCP_KEEPINTVL", 60), ("TCP_KEEPCNT", 5)):
        if (option := getattr(socket, name, None)) is not None:
            options.append((socket.IPPROTO_TCP, option, value))
    return options


KEEP_ALIVE = _keep_alive()
KEPT_SECONDS = 30.0
"""How long a connection is kept that no request uses."""


@contextmanager
def _stage(stage: TimeoutStage, timeout: float | None, hint: str = "") -> Iterator[float | None]:
    """How long the operation in the block may take; one that takes longer raises the error of the stage that ended.

    ``timeout`` is httpx's, for a request that is not a call's and has no deadline; ``hint`` is added to the error.
    """
    deadline = current_deadline()
    if deadline is None:
        yield timeout
        return
    try:
        yield deadline.begin(stage)
    except httpcore.TimeoutException:
        error = deadline.over()
        raise TimeoutError(f"{error.message}{hint}", stage=error.stage) from None


@contextmanager
def _connecting(proxy: EnvironmentProxy | None, timeout: float | None) -> Iterator[float | None]:
    """As :func:`_stage`, while a connection to a server is made, or to ``proxy``, which the errors then name."""
    try:
        with _stage("connect", timeout, "" if proxy is None else f"; the way leads through {proxy}") as seconds:
            yield seconds
    except httpcore.ConnectError as error:
        if proxy is None:
            raise
        raise httpcore.ConnectError(f"{proxy} cannot be reached: {reason(error)}") from error


@contextmanager
def _handshake(proxy: EnvironmentProxy | None, timeout: float | None) -> Iterator[float | None]:
    """As :func:`_stage`, for the TLS handshake with a server, or with ``proxy``."""
    peer = proxy or "the server"
    hint = f"; the TLS handshake was not answered: if {peer} speaks plain http, use http://"
    try:
        with _stage("connect", timeout, hint) as seconds:
            yield seconds
    except httpcore.ConnectError as error:
        if speaks_plain_http(error):
            words = f"{peer} {SPEAKS_PLAIN_HTTP}"
        elif ended_handshake(error):
            words = f"{peer} {ENDED_HANDSHAKE}"
        elif proxy is not None:
            words = f"{proxy}: {error}"
        else:
            raise
        raise httpcore.ConnectError(words) from error


def _begun(data: bytes) -> bool:
    """False: a connection that has brought ``data`` is not new any more. Raises if that is TLS where none is spoken."""
    if data.startswith(b"\x15\x03"):  # an alert
        raise httpcore.RemoteProtocolError(SPEAKS_TLS)
    return False


def _tls_proxy(proxy: EnvironmentProxy | None) -> EnvironmentProxy | None:
    """``proxy``, if the first TLS handshake of a connection is with it, and not with the server behind it."""
    return proxy if proxy is not None and proxy.proxy.url.scheme == "https" else None


class Backend(httpcore.NetworkBackend):
    """Makes the connections of a synchronous client."""

    def __init__(self, proxy: EnvironmentProxy | None = None) -> None:
        self._proxy = proxy
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to a server or a proxy."""
        options = [*KEEP_ALIVE, *(socket_options or ())]
        with _connecting(self._proxy, timeout) as seconds:
            stream = self._backend.connect_tcp(host, port, seconds, local_address, options)
        return _Stream(stream, self._proxy)


class _Stream(httpcore.NetworkStream, AsksDeadline):
    _owns_socket = False

    def __init__(self, stream: httpcore.NetworkStream, proxy: EnvironmentProxy | None = None) -> None:
        self._stream = stream
        self._owns_socket = True
        self._proxy = _tls_proxy(proxy)
        self._is_new = True
        self._rechunker = Rechunker()
        self._unsent: bytes | None = None
        self._deadline = current_deadline()
        self._uses_socket()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._unsent is not None:
            self._send(b"", timeout)
        deadline = self._deadline
        try:
            while data := self._stream.read(max_bytes, timeout if deadline is None else deadline.left()):
                if self._is_new:
                    self._is_new = _begun(data)
                if joined := self._rechunker.feed(data):
                    return joined
        except httpcore.TimeoutException:
            if deadline is None:
                raise
            raise deadline.over() from None
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # The head of a request waits for its body, so that both go out in one packet.
        if self._rechunker.wrote(buffer):
            self._unsent = buffer
            self._deadline = current_deadline()
            self._uses_socket()
        else:
            self._send(buffer, timeout)

    def _send(self, buffer: bytes, timeout: float | None) -> None:
        buffer, self._unsent = (self._unsent or b"") + buffer, None
        if buffer:
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

    def __del__(self) -> None:
        # httpcore forgets the socket of a SOCKS proxy that refuses, and of a connection that Ctrl-C meets half made.
        if self._owns_socket:
            self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        with _handshake(self._proxy, timeout) as seconds:
            secured = self._stream.start_tls(ssl_context, server_hostname, seconds)
            self._owns_socket = False  # the other reads through it
            return _Stream(secured)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Makes the connections of an asynchronous client, on asyncio or trio."""

    def __init__(self, proxy: EnvironmentProxy | None = None) -> None:
        self._proxy = proxy
        self._backend: httpcore.AsyncNetworkBackend = cast("Any", httpcore.AnyIOBackend)()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to a server or a proxy."""
        options = [*KEEP_ALIVE, *(socket_options or ())]
        with _connecting(self._proxy, timeout) as seconds:
            stream = await self._backend.connect_tcp(host, port, seconds, local_address, options)
        return _AsyncStream(stream, self._proxy)


class _AsyncStream(httpcore.AsyncNetworkStream, AsksDeadline):
    def __init__(self, stream: httpcore.AsyncNetworkStream, proxy: EnvironmentProxy | None = None) -> None:
        self._stream = stream
        self._proxy = _tls_proxy(proxy)
        self._is_new = True
        self._rechunker = Rechunker()
        self._unsent: bytes | None = None
        self._deadline = current_deadline()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._unsent is not None:
            await self._send(b"", timeout)
        deadline = self._deadline
        try:
            while data := await self._stream.read(max_bytes, timeout if deadline is None else deadline.left()):
                if self._is_new:
                    self._is_new = _begun(data)
                if joined := self._rechunker.feed(data):
                    return joined
        except httpcore.TimeoutException:
            if deadline is None:
                raise
            raise deadline.over() from None
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # The head of a request waits for its body, so that both go out in one packet.
        if self._rechunker.wrote(buffer):
            self._unsent = buffer
            self._deadline = current_deadline()
        else:
            await self._send(buffer, timeout)

    async def _send(self, buffer: bytes, timeout: float | None) -> None:
        buffer, self._unsent = (self._unsent or b"") + buffer, None
        if buffer:
            with _stage("response", timeout) as seconds:
                await self._stream.write(buffer, seconds)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        with _handshake(self._proxy, timeout) as seconds:
            return _AsyncStream(await self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

"""The transports of the default clients: httpcore's pools over sockets of this package.

Imported with the first client, not with the package: httpx too loads httpcore no sooner.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from edgequake._http.sockets import KEPT_SECONDS, AsyncBackend, Backend
from edgequake._http.waiting import shielded

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractContextManager

    from edgequake._http.environment import EnvironmentProxy

__all__ = ["AsyncTransport", "Transport"]


class Transport(httpx.BaseTransport):
    """Sends with a pool of connections, directly or through a proxy."""

    def __init__(self, tls: Callable[[], ssl.SSLContext], proxy: EnvironmentProxy | None = None) -> None:
        self._options = _Options(tls, proxy)
        self._proxy = proxy
        self._pools: dict[bool, httpcore.ConnectionPool] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body unread. Raises httpcore's errors, and a deadline's."""
        try:
            with _inside_pool.block(), _named(self._proxy):
                answer = self._pool(request).handle_request(_as_httpcore(request))
            extensions = _extensions(answer, request, self._proxy)
            body = _Body(answer.stream)
        except KeyboardInterrupt:
            self._forget_pools()
            raise
        finally:
            _inside_pool.close_unclosed()
        return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=extensions)

    def _pool(self, request: httpx.Request) -> httpcore.ConnectionPool:
        secure = self._options.secure(request)
        if secure not in self._pools:
            pool = httpcore.ConnectionPool(**self._options.of_pool(secure=secure), network_backend=Backend(self._proxy))
            self._pools.setdefault(secure, pool)  # another thread's, if that was sooner
        return self._pools[secure]

    def _forget_pools(self) -> None:
        """Makes new pools from now on; streams under way keep their connections.

        Ctrl-C may have come in the two steps in which httpcore lets go of a lock: a pool would wait for it for ever.
        """
        forgotten, self._pools = self._pools, {}
        for pool in forgotten.values():
            for connection in pool.connections:
                if connection.is_idle():
                    connection.close()

    def close(self) -> None:
        """Closes all connections."""
        if _inside_pool.is_entered:  # it is the garbage collector that calls, or the body of an upload
            _inside_pool.unclosed.append(self.close)
            return
        with _inside_pool.block():
            for pool in list(self._pools.values()):  # another thread may send meanwhile
                pool.close()
        _inside_pool.close_unclosed()


class _InsidePool(threading.local):
    """Whether this thread is in a block in which it may hold the lock of a pool.

    The garbage collector can end a stream at any moment. In such a block it would wait for ever for a lock that its own
    thread holds: the stream is closed after the block.
    """

    def __init__(self) -> None:
        self._entered = threading.Lock()  # Ctrl-C cannot come in between its acquiring and the block
        self.unclosed: list[Callable[[], object]] = []

    @property
    def is_entered(self) -> bool:
        return self._entered.locked()

    def block(self) -> AbstractContextManager[object]:
        """The block; one inside another leaves the state to that."""
        return _NOTHING if self._entered.locked() else self._entered

    def close_unclosed(self) -> None:
        """Closes, after a block, what came in it."""
        while self.unclosed and not self._entered.locked():
            self.unclosed.pop()()


_NOTHING = nullcontext()
_inside_pool = _InsidePool()
# The garbage collector must not find httpcore's own iterators, which would close themselves: they are kept here until
# their body is closed.
_iterators: dict[int, Iterator[bytes]] = {}


class _Body(httpx.SyncByteStream):
    _closed = True
    _process = -1

    def __init__(self, stream: Any) -> None:
        self._httpcore_stream = stream
        self._closed = False
        self._process = os.getpid()

    def __del__(self) -> None:
        # Where Ctrl-C comes at a bad moment, nobody closes the answer; and a pool never forgets a request by itself.
        if not self._closed and self._process == os.getpid():  # and not forked from it
            self.close()

    def __iter__(self) -> Iterator[bytes]:
        if self._closed:
            raise httpx.StreamClosed
        iterator = _iterators[id(self)] = iter(self._httpcore_stream)
        while True:
            with _inside_pool.block():
                data = next(iterator, None)
            if _inside_pool.unclosed:
                _inside_pool.close_unclosed()
            if data is None:
                return
            yield data

    def close(self) -> None:
        if _inside_pool.is_entered:  # it is the garbage collector that calls
            _inside_pool.unclosed.append(self.close)
            return
        with _inside_pool.block():
            self._httpcore_stream.close()
            self._closed = True
            _iterators.pop(id(self), None)
        _inside_pool.close_unclosed()


class AsyncTransport(httpx.AsyncBaseTransport):
    """As :class:`Transport`, for asyncio and trio."""

    def __init__(self, tls: Callable[[], ssl.SSLContext], proxy: EnvironmentProxy | None = None) -> None:
        self._options = _Options(tls, proxy)
        self._proxy = proxy
        self._pools: dict[bool, httpcore.AsyncConnectionPool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body unread. Raises httpcore's errors, and a deadline's."""
        pool = self._pool(request)
        try:
            with _named(self._proxy):
                answer = await pool.handle_async_request(_as_httpcore(request))
        except BaseException:
            await self._close_orphans(pool)
            raise
        extensions = _extensions(answer, request, self._proxy)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_AsyncBody(answer.stream), extensions=extensions
        )

    def _pool(self, request: httpx.Request) -> httpcore.AsyncConnectionPool:
        secure = self._options.secure(request)
        if secure not in self._pools:
            options = self._options.of_pool(secure=secure)
            self._pools[secure] = httpcore.AsyncConnectionPool(**options, network_backend=AsyncBackend(self._proxy))
        return self._pools[secure]

    @staticmethod
    async def _close_orphans(pool: httpcore.AsyncConnectionPool) -> None:
        """Closes connections of requests that were cancelled before they were sent.

        httpcore would neither use them again nor close them. It has no public name for the requests that it serves:
        where this one is missing, nothing is closed.
        """
        requests = getattr(pool, "_requests", None)
        if requests is None:
            return
        used = [request.connection for request in requests]
        for connection in pool.connections:
            idle = connection.is_idle() or connection.has_expired() or connection.is_closed()
            if not idle and connection not in used:
                await shielded(connection.aclose())

    async def aclose(self) -> None:
        """Closes all connections."""
        for pool in self._pools.values():
            await pool.aclose()


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._httpcore_stream = stream

    def __aiter__(self) -> AsyncIterator[bytes]:
        iterator: AsyncIterator[bytes] = aiter(self._httpcore_stream)
        return iterator

    async def aclose(self) -> None:
        await self._httpcore_stream.aclose()


class _Options:
    """How the pools of a transport are made: one for requests over TLS, one for others.

    Most programs need one of them; reading the certificates for the other would delay their first word by 20 ms.
    """

    def __init__(self, tls: Callable[[], ssl.SSLContext], proxy: EnvironmentProxy | None) -> None:
        self._tls = tls
        self._proxy = None if proxy is None else proxy.proxy

    def secure(self, request: httpx.Request) -> bool:
        """Whether the server or the proxy is reached over TLS."""
        return request.url.scheme == "https" or (self._proxy is not None and self._proxy.url.scheme == "https")

    def of_pool(self, *, secure: bool) -> dict[str, Any]:
        """The arguments of a pool. Raises :class:`ConfigurationError` for certificates that cannot be read."""
        tls = self._tls() if secure else None
        return {
            "ssl_context": tls,
            "proxy": None if self._proxy is None else _proxy(self._proxy, tls),
            # As many streams at once as the caller likes: a pool that queues would count waiting as time to connect.
            "max_connections": None,
            "max_keepalive_connections": 100,
            "keepalive_expiry": KEPT_SECONDS,
        }


def _proxy(proxy: httpx.Proxy, tls: ssl.SSLContext | None) -> httpcore.Proxy:
    return httpcore.Proxy(
        _url(proxy.url),
        auth=proxy.raw_auth,
        headers=proxy.headers.raw,
        ssl_context=tls if proxy.url.scheme == "https" else None,
    )


@contextmanager
def _named(proxy: EnvironmentProxy | None) -> Iterator[None]:
    """A block in which a proxy may refuse: its error says that it was the proxy."""
    try:
        yield
    except httpcore.ProxyError as error:
        raise httpcore.ConnectError(f"{proxy} refused the connection: {error}") from error


def _extensions(answer: httpcore.Response, request: httpx.Request, proxy: EnvironmentProxy | None) -> Any:
    """What is known of an answer; ``proxy`` names the one that may have given it itself, in place of the server."""
    if proxy is None or request.url.scheme != "http" or proxy.proxy.url.scheme.startswith("socks"):
        return answer.extensions
    return {**answer.extensions, "proxy": str(proxy)}


def _as_httpcore(request: httpx.Request) -> httpcore.Request:
    return httpcore.Request(
        request.method,
        _url(request.url),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def _url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)

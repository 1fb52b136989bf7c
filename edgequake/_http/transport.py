"""The transports of the default clients: httpcore's pools over sockets of this package.

Imported with the first client, not with the package: httpx too loads httpcore no sooner.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from edgequake._http.sockets import KEPT_SECONDS, AsyncBackend, Backend
from edgequake._http.waiting import shielded

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import TracebackType

    from edgequake._http.environment import EnvironmentProxy

__all__ = ["AsyncTransport", "Transport"]


class Transport(httpx.BaseTransport):
    """Sends with a pool of connections, directly or through a proxy."""

    def __init__(self, tls: ssl.SSLContext, proxy: EnvironmentProxy | None = None) -> None:
        self._proxy = proxy
        self._pool = httpcore.ConnectionPool(**_options(tls, proxy), network_backend=Backend(proxy))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body unread. Raises httpcore's errors, and a deadline's."""
        with _inside_pool, _named(self._proxy):
            answer = self._pool.handle_request(_as_httpcore(request))
        extensions = _extensions(answer, request, self._proxy)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=extensions)

    def close(self) -> None:
        """Closes all connections."""
        with _inside_pool:
            self._pool.close()


class _InsidePool(threading.local):
    """A block in which this thread may hold the lock of a pool.

    The garbage collector can end a stream at any moment. In this block it would wait for ever for a lock that its own
    thread holds: such a stream is closed when the block ends.
    """

    def __init__(self) -> None:
        self.is_entered = False
        self.unclosed: list[Callable[[], object]] = []

    def __enter__(self) -> None:
        self.is_entered = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.is_entered = False
        while self.unclosed:
            self.unclosed.pop()()


_inside_pool = _InsidePool()
# The garbage collector must not find httpcore's own iterators, which would close themselves: they are kept here until
# their body is closed.
_iterators: dict[int, Iterator[bytes]] = {}


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._httpcore_stream = stream
        self._closed = False

    def __iter__(self) -> Iterator[bytes]:
        if self._closed:
            raise httpx.StreamClosed
        iterator = _iterators[id(self)] = iter(self._httpcore_stream)
        while True:
            with _inside_pool:
                data = next(iterator, None)
            if data is None:
                return
            yield data

    def close(self) -> None:
        if _inside_pool.is_entered:  # it is the garbage collector that calls
            _inside_pool.unclosed.append(self.close)
            return
        with _inside_pool:
            self._closed = True
            self._httpcore_stream.close()
            _iterators.pop(id(self), None)


class AsyncTransport(httpx.AsyncBaseTransport):
    """As :class:`Transport`, for asyncio and trio."""

    def __init__(self, tls: ssl.SSLContext, proxy: EnvironmentProxy | None = None) -> None:
        self._proxy = proxy
        self._pool = httpcore.AsyncConnectionPool(**_options(tls, proxy), network_backend=AsyncBackend(proxy))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body unread. Raises httpcore's errors, and a deadline's."""
        try:
            with _named(self._proxy):
                answer = await self._pool.handle_async_request(_as_httpcore(request))
        except BaseException:
            await self._close_orphans()
            raise
        extensions = _extensions(answer, request, self._proxy)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_AsyncBody(answer.stream), extensions=extensions
        )

    async def _close_orphans(self) -> None:
        """Closes connections of requests that were cancelled before they were sent.

        httpcore would neither use them again nor close them. It has no public name for the requests that it serves:
        where this one is missing, nothing is closed.
        """
        requests = getattr(self._pool, "_requests", None)
        if requests is None:
            return
        used = [request.connection for request in requests]
        for connection in self._pool.connections:
            idle = connection.is_idle() or connection.has_expired() or connection.is_closed()
            if not idle and connection not in used:
                await shielded(connection.aclose())

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._pool.aclose()


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._httpcore_stream = stream

    def __aiter__(self) -> AsyncIterator[bytes]:
        iterator: AsyncIterator[bytes] = aiter(self._httpcore_stream)
        return iterator

    async def aclose(self) -> None:
        await self._httpcore_stream.aclose()


def _options(tls: ssl.SSLContext, proxy: EnvironmentProxy | None) -> dict[str, Any]:
    """The arguments of a pool."""
    return {
        "ssl_context": tls,
        "proxy": None if proxy is None else _proxy(proxy.proxy, tls),
        # As many streams at once as the caller likes: a pool that queues would count waiting as time to connect.
        "max_connections": None,
        "max_keepalive_connections": 100,
        "keepalive_expiry": KEPT_SECONDS,
    }


def _proxy(proxy: httpx.Proxy, tls: ssl.SSLContext) -> httpcore.Proxy:
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

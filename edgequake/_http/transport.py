"""The transports of the default clients: httpcore's pools over sockets of this package, and the environment's proxies.

Imported with the first client, not with the package: httpx too loads httpcore no sooner.
"""

from __future__ import annotations

import threading
from importlib.util import find_spec
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.request import getproxies

import httpcore
import httpx

from edgequake._http.sockets import KEPT_SECONDS, AsyncBackend, Backend
from edgequake._http.waiting import shielded
from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterator
    from types import TracebackType

__all__ = ["AsyncTransport", "Transport", "environment_mounts"]

TransportT = TypeVar("TransportT")


class Transport(httpx.BaseTransport):
    """Sends with a pool of connections, directly or through a proxy."""

    def __init__(self, tls: ssl.SSLContext, proxy: str | None = None) -> None:
        self._pool = httpcore.ConnectionPool(**_options(tls, proxy), network_backend=Backend())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body unread. Raises httpcore's errors, and a deadline's."""
        with _inside_pool:
            answer = self._pool.handle_request(_as_httpcore(request))
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

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

    def __init__(self, tls: ssl.SSLContext, proxy: str | None = None) -> None:
        self._pool = httpcore.AsyncConnectionPool(**_options(tls, proxy), network_backend=AsyncBackend())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body unread. Raises httpcore's errors, and a deadline's."""
        try:
            answer = await self._pool.handle_async_request(_as_httpcore(request))
        except BaseException:
            await self._close_orphans()
            raise
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_AsyncBody(answer.stream), extensions=answer.extensions
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


def _options(tls: ssl.SSLContext, proxy: str | None) -> dict[str, Any]:
    """The arguments of a pool."""
    return {
        "ssl_context": tls,
        "proxy": None if proxy is None else _proxy(proxy),
        # As many streams at once as the caller likes: a pool that queues would count waiting as time to connect.
        "max_connections": None,
        "max_keepalive_connections": 100,
        "keepalive_expiry": KEPT_SECONDS,
    }


def _proxy(address: str) -> httpcore.Proxy:
    try:
        proxy = httpx.Proxy(address)
    except (ValueError, httpx.InvalidURL):  # its message may hold a password
        raise ConfigurationError(
            "a proxy of the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY) must be an address such as "
            "http://proxy:3128 or socks5://proxy:1080"
        ) from None
    if proxy.url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise ConfigurationError("a SOCKS proxy of the environment needs one more package: pip install 'httpx[socks]'")
    return httpcore.Proxy(_url(proxy.url), auth=proxy.raw_auth, headers=proxy.headers.raw)


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


def environment_mounts(make: Callable[[str], TransportT]) -> dict[str, TransportT | None]:
    """For httpx's ``mounts``: a transport for each proxy of the environment, none for the hosts of ``NO_PROXY``.

    ``*`` in ``NO_PROXY`` switches them all off. ``example.com`` there means that host and those below it,
    ``.example.com`` those below it alone; addresses and ``localhost`` mean themselves.
    """
    found = getproxies()
    direct = [host.strip() for host in found.get("no", "").split(",") if host.strip()]
    if "*" in direct:
        return {}
    mounts: dict[str, TransportT | None] = {}
    for scheme in ("http", "https", "all"):
        if address := found.get(scheme):
            mounts[f"{scheme}://"] = make(address if "://" in address else f"http://{address}")
    return mounts | {_pattern(host): None for host in direct}


def _pattern(host: str) -> str:
    """A host of ``NO_PROXY`` as httpx's ``mounts`` write it."""
    if "://" in host:
        return host
    try:
        address = ip_address(host.partition("/")[0])
    except ValueError:
        return f"all://{host}" if host.lower() == "localhost" else f"all://*{host}"
    return f"all://[{host}]" if address.version == 6 else f"all://{host}"

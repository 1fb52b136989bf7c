"""The HTTP clients that send: the default ones, aiohttp's, and those of the caller's own."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import httpx

from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from aiohttp import ClientSession

__all__ = [
    "AsyncHTTPClient",
    "HTTPClient",
    "aiohttp_client",
    "async_client",
    "async_owner_key",
    "async_usable",
    "client",
    "direct_client",
    "owner_key",
    "usable",
]

AsyncHTTPClient: TypeAlias = httpx.AsyncClient
HTTPClient: TypeAlias = httpx.Client

ClientT = TypeVar("ClientT", httpx.Client, httpx.AsyncClient)


def usable(given: HTTPClient | None) -> HTTPClient | None:
    """``given``, if a synchronous client can send with it; else :class:`ConfigurationError`."""
    if given is None or _is_client(given, "Client"):
        return given
    raise ConfigurationError(f"http_client must be an httpx.Client, not {type(given).__name__}")


def async_usable(given: AsyncHTTPClient | None) -> AsyncHTTPClient | None:
    """``given``, if an async client can send with it; else :class:`ConfigurationError`."""
    if given is None or _is_client(given, "AsyncClient"):
        return given
    raise ConfigurationError(f"http_client must be an httpx.AsyncClient, not {type(given).__name__}")


def _is_client(given: object, name: str) -> bool:
    """True if ``given`` is httpx's client class of this name, or that of its successor, httpx2."""
    kinds = [getattr(sys.modules[module], name) for module in ("httpx", "httpx2") if module in sys.modules]
    return isinstance(given, tuple(kinds))


def client(owner: object, env: Mapping[str, str] | None = None) -> HTTPClient:
    """A client of httpx with this SDK's defaults, closed when ``owner`` is gone, or the program ends.

    ``env`` is read for proxies and certificates in place of the process's environment.
    """
    from edgequake._http.environment import environment_mounts, environment_tls
    from edgequake._http.transport import Transport  # loads httpcore

    tls = partial(environment_tls, env)
    mounts = environment_mounts(lambda proxy: Transport(tls, proxy), env)
    made = httpx.Client(transport=Transport(tls), mounts=mounts)
    weakref.finalize(owner, _close, made)
    return _trimmed(made)


def direct_client() -> HTTPClient:
    """A client of httpx that ignores the environment's proxies: for a server in this process. The caller closes it."""
    return httpx.Client(trust_env=False)


def _close(made: HTTPClient) -> None:
    """Closes a client whose owner is gone; at the program's end not from under a daemon thread, which ends with it."""
    if threading.main_thread().is_alive() or not any(thread.daemon for thread in threading.enumerate()):
        made.close()


def async_client(owner: object, env: Mapping[str, str] | None = None) -> AsyncHTTPClient:
    """An async client of httpx with this SDK's defaults. Only its own loop can close it, whatever ``owner`` does."""
    from edgequake._http.environment import environment_tls
    from edgequake._http.transport import AsyncTransport

    tls = partial(environment_tls, env)
    return _over(AsyncTransport(tls), tls, env)


def aiohttp_client(owner: object, env: Mapping[str, str] | None = None) -> AsyncHTTPClient:
    """As :func:`async_client`, but aiohttp reads the bytes; those that come through a proxy, httpx."""
    from httpx_aiohttp import AiohttpTransport

    from edgequake._http.environment import environment_tls

    tls = environment_tls(env)
    return _over(AiohttpTransport(verify=tls, client=lambda: _session(tls)), lambda: tls, env)


def _over(
    transport: httpx.AsyncBaseTransport, tls: Callable[[], ssl.SSLContext], env: Mapping[str, str] | None
) -> AsyncHTTPClient:
    from edgequake._http.environment import environment_mounts
    from edgequake._http.transport import AsyncTransport

    mounts = environment_mounts(lambda proxy: AsyncTransport(tls, proxy), env)
    return _trimmed(httpx.AsyncClient(transport=transport, mounts=mounts))


def _session(tls: ssl.SSLContext) -> ClientSession:
    """A session of aiohttp's for the event loop that is running."""
    import socket

    from aiohttp import ClientSession, DummyCookieJar, TCPConnector

    from edgequake._http.sockets import KEEP_ALIVE, KEPT_SECONDS

    def connection(address: tuple[Any, ...]) -> socket.socket:
        made = socket.socket(*address[:3])
        for option in KEEP_ALIVE:
            made.setsockopt(*option)
        return made

    connector = TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS, ssl=tls, socket_factory=connection)
    made = ClientSession(connector=connector, cookie_jar=DummyCookieJar(), trust_env=False)
    made._retry_connection = False  # else aiohttp would send a request again by itself
    return made


def _trimmed(made: ClientT) -> ClientT:
    """``made`` without the headers that each request has of its own."""
    for name in ("Accept", "User-Agent"):
        del made.headers[name]
    return made


class _Process:
    """What the connections of a synchronous client belong to."""


_process = _Process()


def owner_key() -> object:
    """What the connections of a synchronous client belong to: the process, and not one forked from it."""
    return _process


def _forked() -> None:
    global _process  # noqa: PLW0603 - there is one
    _process = _Process()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def async_owner_key() -> object:
    """What the connections of an async client belong to: the running event loop."""
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        from trio.lowlevel import current_trio_token  # httpx runs on asyncio and trio alone

        return current_trio_token()

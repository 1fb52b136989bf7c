"""HTTP clients beside httpx's own: httpx2's, and httpx over aiohttp. They speak httpx's interface, but for errors."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    import ssl

__all__ = ["as_httpx_error", "is_client", "over_aiohttp"]


def is_client(given: object, name: str) -> bool:
    """True if ``given`` is httpx's client class of this name, or that of its successor, httpx2."""
    kinds = [getattr(sys.modules[module], name) for module in ("httpx", "httpx2") if module in sys.modules]
    return isinstance(given, tuple(kinds))


def over_aiohttp(tls: ssl.SSLContext, keepalive: float | None) -> httpx.AsyncClient:
    """A client of httpx whose bytes are read by aiohttp, for the event loop that is running."""
    from aiohttp import ClientSession, DummyCookieJar, TCPConnector
    from httpx_aiohttp import AiohttpTransport

    def session() -> ClientSession:
        connector = TCPConnector(limit=0, keepalive_timeout=keepalive, ssl=tls)
        made = ClientSession(connector=connector, cookie_jar=DummyCookieJar(), trust_env=True)
        made._retry_connection = False  # whether a request is sent again is for the client to say
        return made

    return httpx.AsyncClient(transport=AiohttpTransport(verify=tls, client=session))


def as_httpx_error(error: Exception) -> Exception:
    """The error of httpx that says what ``error`` does, if that is one of another client; else ``error`` itself."""
    for one in (error, error.__cause__):
        home = type(one).__module__.partition(".")[0]
        if home == "aiohttp":
            return _of_aiohttp(one)
        if home == "httpx2":
            return _of_httpx2(one)
    return error


def _of_aiohttp(error: Any) -> Exception:
    # httpx-aiohttp takes a connection that was lost for one that was never made: the request may have been processed.
    import aiohttp

    text = getattr(error, "message", "") or str(error) or type(error).__name__
    match error:
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout(text)
        case aiohttp.ServerTimeoutError():
            return httpx.ReadTimeout(text)
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError(text)
        case aiohttp.ClientHttpProxyError():
            return httpx.ProxyError(text)
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return httpx.UnsupportedProtocol(text)
    return httpx.ReadError(text)


def _of_httpx2(error: Any) -> Exception:
    text = str(error) or type(error).__name__
    for kind in type(error).__mro__:
        twin = getattr(httpx, kind.__name__, None)
        if isinstance(twin, type) and issubclass(twin, httpx.TransportError | httpx.DecodingError | httpx.InvalidURL):
            return twin(text)
        if isinstance(twin, type) and issubclass(twin, httpx.HTTPStatusError):
            return twin(text, request=error.request, response=error.response)
    return httpx.StreamError(text)

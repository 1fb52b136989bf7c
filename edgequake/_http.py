"""The only door to httpx: default clients, the bytes of an answer, and the translation of every error."""

from __future__ import annotations

import builtins
import inspect
import math
import os
import threading
import weakref
from collections.abc import Awaitable, Callable
from functools import cache, lru_cache
from traceback import walk_tb
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx

from edgequake._core.clock import timed_out
from edgequake._core.errors import api_error
from edgequake._core.sse import EventData
from edgequake._deadline import interruptible, sleep, within
from edgequake._transports import as_httpx_error, is_client, over_aiohttp
from edgequake.exceptions import (
    ConfigurationError,
    EdgeQuakeError,
    NetworkError,
    ResponseError,
    StreamError,
    StreamInterruptedError,
)

if TYPE_CHECKING:
    import ssl
    from contextlib import AbstractContextManager
    from types import FrameType, TracebackType

    from httpx_sse import ServerSentEvent

    from edgequake._core.config import Timeout
    from edgequake.exceptions import TimeoutStage

__all__ = [
    "AsyncAttempt",
    "AsyncHTTPClient",
    "Attempt",
    "HTTPClient",
    "Request",
    "Response",
    "address",
    "aiohttp_client",
    "as_cause",
    "async_client",
    "async_home",
    "async_interruptible",
    "async_result",
    "async_sleep",
    "async_usable",
    "async_within",
    "client",
    "home",
    "interruptible",
    "redirect_target",
    "result",
    "server_sent_event",
    "set_read_timeout",
    "sleep",
    "timeout_extension",
    "translated",
    "usable",
    "within",
]

AsyncHTTPClient: TypeAlias = httpx.AsyncClient
HTTPClient: TypeAlias = httpx.Client
Request: TypeAlias = httpx.Request
Response: TypeAlias = httpx.Response

T = TypeVar("T")
ClientT = TypeVar("ClientT", httpx.Client, httpx.AsyncClient)
AsyncAttempt: TypeAlias = Callable[[], Awaitable[T]]
Attempt: TypeAlias = Callable[[], T]

# As many streams at once as the caller likes: a pool that queues would count waiting as time to connect.
_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30.0)
_TRANSPORTS = ("httpx", "httpx2", "httpcore", "httpcore2", "httpx_aiohttp", "aiohttp")


def usable(given: HTTPClient | None) -> HTTPClient | None:
    """``given``, if a synchronous client can send with it; else :class:`ConfigurationError`."""
    if given is None or is_client(given, "Client"):
        return given
    raise ConfigurationError(f"http_client must be an httpx.Client, not {type(given).__name__}")


def async_usable(given: AsyncHTTPClient | None) -> AsyncHTTPClient | None:
    """``given``, if an async client can send with it; else :class:`ConfigurationError`."""
    if given is None or is_client(given, "AsyncClient"):
        return given
    raise ConfigurationError(f"http_client must be an httpx.AsyncClient, not {type(given).__name__}")


def client(owner: object) -> HTTPClient:
    """A client of httpx with this SDK's defaults, closed when ``owner`` is gone, or the program ends."""
    made = _lean(httpx.Client(limits=_LIMITS, verify=_tls(*_certificates())))
    weakref.finalize(owner, _close, made)
    return made


def _close(made: HTTPClient) -> None:
    """Closes a client whose owner is gone; at the program's end not from under a daemon thread, which ends with it."""
    if threading.main_thread().is_alive() or not any(thread.daemon for thread in threading.enumerate()):
        made.close()


def async_client(owner: object) -> AsyncHTTPClient:
    """An async client of httpx with this SDK's defaults. Only its own loop can close it, whatever ``owner`` does."""
    return _lean(httpx.AsyncClient(limits=_LIMITS, verify=_tls(*_certificates())))


def aiohttp_client(owner: object) -> AsyncHTTPClient:
    """As :func:`async_client`, but aiohttp reads the bytes."""
    return _lean(over_aiohttp(_tls(*_certificates()), _LIMITS.keepalive_expiry))


def _lean(made: ClientT) -> ClientT:
    """``made``, without what it would do for every call in vain, or for every chunk."""
    from edgequake._sockets import use_own_sockets  # loads httpcore, as httpx's first client has done anyway

    use_own_sockets(made)
    for name in ("Accept", "User-Agent"):  # each request has its own
        del made.headers[name]
    made.cookies.__class__ = _Cookies
    return made


class _Cookies(httpx.Cookies):
    """Cookies that are looked for where there are some: httpx makes objects of urllib to find that there are none."""

    def extract_cookies(self, response: Response) -> None:
        """Keeps the cookies that ``response`` sets."""
        if "set-cookie" in response.headers:
            super().extract_cookies(response)


@cache
def _tls(*_: str | None) -> ssl.SSLContext:
    """The settings that verify servers, made once: reading the certificates takes longer than the rest of a client."""
    return httpx.create_ssl_context()


def _certificates() -> tuple[str | None, str | None]:
    """Where the environment says that the certificates are."""
    return os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")


class _Process:
    """Stands for the one home of a synchronous client's connections."""


_process = _Process()


def home() -> object:
    """What the connections of a synchronous client belong to: the process, and not one forked from it."""
    return _process


def _forked() -> None:
    global _process  # noqa: PLW0603 - there is one
    _process = _Process()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def async_home() -> object:
    """What the connections of an async client belong to: the running event loop."""
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        from trio.lowlevel import current_trio_token  # httpx runs on asyncio and trio alone

        return current_trio_token()


def timeout_extension(timeout: Timeout) -> dict[str, float | None]:
    """``timeout`` as httpx's request extension, until the answer begins."""
    return {
        "connect": timeout.connect,
        "pool": timeout.connect,
        "write": timeout.response,
        "read": timeout.response,
    }


def async_within(seconds: float) -> AbstractContextManager[object]:
    """Everything awaited inside the block ends within ``seconds``; raises the builtin ``TimeoutError`` if it does not.

    The asynchronous twin of :class:`within`, for asyncio and trio.
    """
    from anyio import fail_after  # loaded by httpx's first async request

    return fail_after(seconds)


async def async_sleep(seconds: float) -> None:
    """Waits so many seconds. The asynchronous twin of ``sleep``, for asyncio and trio."""
    from anyio import sleep as anyio_sleep

    await anyio_sleep(seconds)


class async_interruptible:  # noqa: N801 - the twin of `interruptible`
    """A block that another task can end, without an error of its own. The asynchronous twin of ``interruptible``."""

    def __init__(self) -> None:
        from anyio import CancelScope

        self._scope = CancelScope()

    def __enter__(self) -> None:
        self._scope.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        return bool(self._scope.__exit__(kind, error, traceback))

    async def aclose(self) -> None:
        """Ends the block."""
        self._scope.cancel()


def set_read_timeout(response: Response, seconds: float) -> float:
    """Sets how long each read of the body may take, before the first; how long, or infinity if that cannot be set."""
    timeouts = response.request.extensions.get("timeout")
    if not isinstance(timeouts, dict) or "network_stream" not in response.extensions:  # it is not httpcore that reads
        return math.inf
    timeouts["read"] = None if seconds == math.inf else seconds
    return seconds


def address(client: HTTPClient | AsyncHTTPClient, url: str) -> httpx.URL | str:
    """``url`` as ``client`` takes it; the last ones need not be parsed again, but for a query, which may hold a key."""
    if "?" in url:
        return url
    url_class: Callable[[str], httpx.URL] = type(client.base_url)
    return _address(url_class, url)


@lru_cache(maxsize=128)
def _address(url_class: Callable[[str], httpx.URL], url: str) -> httpx.URL:
    return url_class(url)


def redirect_target(response: Response) -> str | None:
    """Where a redirect leads, if it is safe to follow: the same origin, and nothing of the request lost."""
    location = response.headers.get("location")
    if not location or response.status_code not in (301, 302, 303, 307, 308):
        return None
    if response.request.method not in ("GET", "HEAD") and response.status_code not in (307, 308):
        return None
    url = str(response.request.url)
    try:
        target = urljoin(url, location)
    except ValueError:  # not an address at all
        return None
    return target if _origin(target) == _origin(url) else None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", None, None
    return parts.scheme, parts.hostname, port


def server_sent_event(data: bytes) -> ServerSentEvent:
    """An event as httpx-sse's users know it."""
    from httpx_sse import ServerSentEvent  # only those who ask for raw events need it

    text = data.decode("utf-8", "replace")
    if isinstance(data, EventData):
        return ServerSentEvent(event=data.event, data=text, id=data.id, retry=data.retry)
    return ServerSentEvent(data=text)


async def async_result(value: Any) -> Any:
    """``value``, awaited if it needs to be."""
    return await value if inspect.isawaitable(value) else value


def result(value: Any) -> Any:
    """``value``; raises :class:`ConfigurationError` if it would have to be awaited."""
    if inspect.iscoroutine(value):
        value.close()
        raise ConfigurationError("an async function needs AsyncEdgequakeClient: give EdgequakeClient a plain one")
    return value


def as_cause(error: Exception) -> Exception:
    """``error`` as the cause of one of ours: httpx's, without the keys that its frames and its request hold.

    Reports of errors show the variables of frames, and those of the transport hold headers as they are sent.
    """
    inner: BaseException | None = error
    seen = set()
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        if any(_of_transport(frame) for frame, _ in walk_tb(inner.__traceback__)):  # others may be the caller's own
            inner.__traceback__ = None
        if "request_info" in vars(inner):  # of aiohttp
            vars(inner)["request_info"], inner.args = None, ()
        inner = inner.__cause__ or inner.__context__
    if (request := getattr(error, "_request", None)) is not None:
        for name in ("X-API-Key", "Authorization"):
            if name in request.headers:
                request.headers[name] = "[secret]"
    return as_httpx_error(error)


def _of_transport(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in _TRANSPORTS


def translated(
    error: Exception, *, stage: TimeoutStage, timeout: Timeout, streaming: bool, origin: str = "the server"
) -> EdgeQuakeError | None:
    """The error of this SDK for ``error``; None if it is none of the transport's, and should be raised as it is.

    ``stage`` is the clock that a timeout means, ``streaming`` whether the answer had begun.
    """
    error = as_httpx_error(error)
    text = str(error) or type(error).__name__
    ours: EdgeQuakeError | None = None
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            ours = timed_out("total" if stage == "total" else "connect", timeout)
        case httpx.TimeoutException() | builtins.TimeoutError():
            ours = timed_out(stage, timeout)
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError() | httpx.InvalidURL() | UnicodeError():
            ours = ConfigurationError(f"the request cannot be sent: {text}")
        case httpx.ConnectError() | httpx.ProxyError():
            ours = NetworkError(f"cannot reach {origin}: {text}")
            ours.request_sent = False
        case httpx.HTTPStatusError():  # from a hook of the caller's own client
            response = error.response
            ours = api_error(response.status_code, response.reason_phrase, response.headers, b"")
        case httpx.DecodingError():
            broken = f"the answer's compression is broken: {text}"
            ours = StreamError(broken) if streaming else ResponseError(broken)
        case httpx.HTTPError() | OSError() if streaming:
            ours = StreamInterruptedError(f"the connection broke in mid-stream: {text}")
        case httpx.HTTPError() | OSError():
            ours = NetworkError(f"the connection to {origin} was lost before it answered: {text}")
        case httpx.StreamError() | httpx.CookieConflict():
            ours = StreamError(f"the answer cannot be read: {text}")
    return ours

"""Every error of an HTTP library as one of this SDK's, without the keys that it holds."""

from __future__ import annotations

import builtins
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

import httpx

from edgequake._core.errors import api_error
from edgequake._http.requests import shown_address
from edgequake.exceptions import (
    ConfigurationError,
    EdgeQuakeError,
    NetworkError,
    ResponseError,
    StreamError,
    StreamInterruptedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from edgequake._core.clock import CallClock

__all__ = ["as_cause", "as_httpx_error", "translated"]

_TRANSPORTS = ("httpx", "httpx2", "httpcore", "httpcore2", "httpx_aiohttp", "aiohttp")


def translated(
    error: Exception,
    clock: CallClock,
    *,
    streaming: bool,
    origin: str = "the server",
    secret_headers: Iterable[str] = (),
) -> Exception:
    """The error of this SDK for one of the transport's, with that as its cause; any other error as it is.

    ``streaming`` says whether the answer had begun; ``clock``, which stage a timeout ended. No frame and no request
    that the error holds shows a key, or a value of ``secret_headers``.
    """
    if isinstance(error, EdgeQuakeError):  # of a deadline, from inside the transport
        return as_cause(error)
    if (ours := _ours(error, clock, streaming, origin)) is None:
        return error
    ours.__cause__ = as_cause(error, secret_headers)
    return ours


def _ours(error: Exception, clock: CallClock, streaming: bool, origin: str) -> EdgeQuakeError | None:
    error = as_httpx_error(error)
    text = str(error) or type(error).__name__
    ours: EdgeQuakeError | None = None
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout():
            ours = clock.timed_out("connect")
        case httpx.TimeoutException() if not streaming:
            ours = clock.timed_out("response")
        case httpx.TimeoutException() | builtins.TimeoutError():
            ours = clock.timed_out()
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError() | httpx.InvalidURL() | UnicodeError():
            ours = ConfigurationError(f"the request cannot be sent: {text}")
        case httpx.ConnectError() | httpx.ProxyError():
            ours = NetworkError(f"cannot reach {origin}: {text}")
            ours.request_sent = False
        case httpx.HTTPStatusError():  # from a hook of the caller's own client
            response = error.response
            ours = api_error(
                response.status_code,
                response.reason_phrase,
                response.headers,
                b"",
                method=error.request.method,
                url=shown_address(error.request),
            )
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


def as_cause(error: Exception, secret_headers: Iterable[str] = ()) -> Exception:
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
    if (request := _request_of(error)) is not None:
        for name in ("X-API-Key", "Authorization", *secret_headers):
            if name in request.headers:
                request.headers[name] = "[secret]"
    return as_httpx_error(error)


def _request_of(error: Any) -> Any:
    """The request that an error of httpx holds, if it is one and holds one."""
    try:
        return error.request
    except (AttributeError, RuntimeError):
        return None


def _of_transport(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in _TRANSPORTS


def as_httpx_error(error: Exception) -> Exception:
    """The error of httpx that says what ``error`` does, if that is one of another client; else ``error`` itself."""
    if _library_of(error) in ("httpx2", "httpcore"):
        return _of_twin(error)
    for one in (error, error.__cause__):
        if _library_of(one) == "aiohttp":
            return _of_aiohttp(one)
    return error


def _library_of(error: object) -> str:
    return type(error).__module__.partition(".")[0]


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


def _of_twin(error: Any) -> Exception:
    text = str(error) or type(error).__name__
    for kind in type(error).__mro__:
        twin = getattr(httpx, kind.__name__, None)
        if isinstance(twin, type) and issubclass(twin, httpx.TransportError | httpx.DecodingError | httpx.InvalidURL):
            return twin(text)
        if isinstance(twin, type) and issubclass(twin, httpx.HTTPStatusError):
            return twin(text, request=error.request, response=error.response)
    return httpx.StreamError(text)

"""Every error of an HTTP library as one of this SDK's, without the keys that it holds."""

from __future__ import annotations

import builtins
import os
import re
from contextlib import contextmanager
from time import monotonic
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
    from collections.abc import Iterable, Iterator
    from types import FrameType

    from edgequake._core.clock import CallClock

__all__ = [
    "ENDED_HANDSHAKE",
    "SPEAKS_PLAIN_HTTP",
    "SPEAKS_TLS",
    "as_cause",
    "as_httpx_error",
    "ended_handshake",
    "proxy_advice",
    "reading",
    "reason",
    "speaks_plain_http",
    "translated",
]

SPEAKS_PLAIN_HTTP = "speaks plain http: use http://"
ENDED_HANDSHAKE = "ended the TLS handshake; if it speaks plain http, use http://"
SPEAKS_TLS = "the server speaks TLS: use https://"
_ALERT = re.compile(r"\\+x15\\+x03")  # of TLS, as HTTP libraries quote it
_NO_ANSWER = re.compile("disconnected|illegal request line|reset by peer")
_SAYS_NOTHING = ("All connection attempts failed", "Cannot connect to host", "Connect call failed")
# What OpenSSL makes of an answer in plain text, by its version.
_NOT_TLS = re.compile("WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE")
_SLACK = 0.1  # seconds by which a read may end before its wait does
_TRANSPORTS = ("httpx", "httpx2", "httpcore", "httpcore2", "httpx_aiohttp", "aiohttp")
# Where an unforeseen error is a fault of the connection. One of httpx itself tells of a client that was made wrongly.
_CARRIERS = ("anyio", "h11", "h2", "hpack", "hyperframe", *_TRANSPORTS[2:])
_NOT_THE_CALLERS = ("asyncio", "contextlib", "edgequake", "ssl", *_TRANSPORTS[:2], *_CARRIERS)


def translated(
    error: Exception,
    clock: CallClock,
    *,
    streaming: bool,
    origin: str = "the server",
    secret_headers: Iterable[str] = (),
) -> BaseException:
    """The error of this SDK for one of the transport's, with that as its cause; any other error as it is.

    Where the transport failed while it made way for a cancellation or Ctrl-C, it is that.

    ``streaming`` says whether the answer had begun; ``clock``, which stage a timeout ended. No frame and no request
    that the error holds shows a key, or a value of ``secret_headers``.
    """
    if isinstance(error, EdgeQuakeError):  # of a deadline, from inside the transport
        return as_cause(error)
    if (ours := _ours(error, clock, streaming, origin)) is None:
        if (carrier := _carrier_at_fault(error)) is None:
            return error
        interruption = _interruption_behind(error)
        if interruption is not None and clock.ends > monotonic():  # else the wait's own end was the interruption
            return interruption
        fault = httpx.ReadError(f"{carrier} failed: {reason(error)}")
        ours = _ours(fault, clock, streaming, origin) if interruption is None else clock.timed_out()
        assert ours is not None
    ours.__cause__ = as_cause(error, secret_headers)
    return ours


def _ours(error: Exception, clock: CallClock, streaming: bool, origin: str) -> EdgeQuakeError | None:
    text = reason(error)
    of_another = _of_another(error, clock, streaming)
    error = as_httpx_error(error)
    ours: EdgeQuakeError | None = None
    if isinstance(error, httpx.ReadTimeout) and of_another:
        text = "another answer on this HTTP/2 connection timed out, which ends all of them"
        error = httpx.ReadError(text)
    match error:
        case httpx.ConnectTimeout() | httpx.PoolTimeout() | httpx.ConnectError() | httpx.ProxyError():
            ours = _unreached(error, clock, origin, text)
        case httpx.TimeoutException() if not streaming:
            ours = clock.timed_out("response")
        case httpx.TimeoutException() | builtins.TimeoutError():
            ours = clock.timed_out()
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError() | httpx.InvalidURL() | UnicodeError():
            ours = ConfigurationError(f"the request cannot be sent: {text}")
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
            ours = NetworkError(
                f"the connection to {origin} was lost before it answered: {text.rstrip('.')}{_tls_hint(origin, text)}"
            )
        case httpx.StreamError() | httpx.CookieConflict():
            ours = StreamError(f"the answer cannot be read: {text}")
    return ours


def _carrier_at_fault(error: Exception) -> str | None:
    """The library below httpx that raised ``error``, unless it did so in a hook or a transport of the caller's."""
    if (library := _library_of(error)) in _CARRIERS:
        return library
    libraries = [_library_at(frame) for frame, _ in walk_tb(error.__traceback__)]
    if libraries and libraries[-1] in _CARRIERS and all(library in _NOT_THE_CALLERS for library in libraries):
        return libraries[-1]
    return None


def _interruption_behind(error: Exception) -> BaseException | None:
    """The cancellation, or Ctrl-C, in whose place a library raised ``error``.

    Raised instead, ``error`` would be answered with another try, and the task would go on.
    """
    for inner in _chain(error):
        if not isinstance(inner, Exception):
            caught_in = next(walk_tb(inner.__traceback__), (None, 0))[0]
            replaced = caught_in is not None and _library_at(caught_in) in (*_TRANSPORTS, *_CARRIERS)
            return inner if replaced else None  # else the caller caught it, and then made this call
        if isinstance(as_httpx_error(inner), httpx.TimeoutException | builtins.TimeoutError):
            break  # a cancellation behind it was the library's own
    return None


def _of_another(error: Exception, clock: CallClock, streaming: bool) -> bool:
    """True if it was the wait of another answer that ended: httpcore then ends all that share its connection."""
    now = monotonic()
    early = 0.0 if streaming else clock.at_most("connect", now)  # the wait for an answer has time to connect too
    frames = walk_tb(getattr(error.__cause__, "__traceback__", None))
    return clock.ends - now > early + _SLACK and any(_module(frame).endswith(".http2") for frame, _ in frames)


def _unreached(error: Exception, clock: CallClock, origin: str, text: str) -> EdgeQuakeError:
    """The error of a server that could not be reached."""
    if isinstance(error, httpx.TimeoutException):
        late = clock.timed_out("connect")
        if origin.startswith("https://") and isinstance(error, httpx.ConnectTimeout):
            late.message += "; if the server speaks plain http, use http://"
        return late
    if isinstance(error, httpx.ProxyError):
        text = f"the proxy refused the connection: {text}"
    elif _NOT_TLS.search(text):
        return ConfigurationError(f"cannot reach {origin}: the server {SPEAKS_PLAIN_HTTP}")
    elif text.endswith(SPEAKS_PLAIN_HTTP):
        return ConfigurationError(f"cannot reach {origin}: {text}")
    elif origin.startswith("https://") and ("UNEXPECTED_EOF" in text or text.startswith(_SAYS_NOTHING)):
        text = f"the server {ENDED_HANDSHAKE}"
    elif "self-signed" in text or "self signed" in text or "local issuer" in text:
        text += "; if you trust it, set SSL_CERT_FILE to the certificate of the authority that signed it"
    ours = NetworkError(f"cannot reach {origin}: {text}")
    ours.request_sent = False
    return ours


def reason(error: BaseException) -> str:
    """What an error of a connection says, or one behind it where it says nothing of its own; without numbers."""
    words, behind = _words(error), error
    while not words and (inner := behind.__cause__ or behind.__context__) is not None:
        behind = inner
        several = behind.exceptions if isinstance(behind, BaseExceptionGroup) else (behind,)
        words = " or ".join(filter(None, dict.fromkeys(map(_words, several))))
    return words or str(error) or type(error).__name__


def _words(error: BaseException) -> str:
    """What ``error`` says; empty for words that say no more than that nothing could be reached."""
    error = getattr(error, "os_error", error)  # of aiohttp's
    text = re.sub(r"^\[Errno -?\d+\] ", "", str(error))
    if not text.startswith(_SAYS_NOTHING) and text != "None":
        return text
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else ""


def speaks_plain_http(error: Exception) -> bool:
    """True if what answered a TLS handshake is no TLS."""
    return _NOT_TLS.search(str(error)) is not None


def ended_handshake(error: Exception) -> bool:
    """True if the connection was closed in the TLS handshake."""
    return str(error) == "" or "UNEXPECTED_EOF" in str(error)


def _tls_hint(origin: str, text: str) -> str:
    """What to say of a server that did not answer plain http."""
    if not origin.startswith("http://") or SPEAKS_TLS in text:
        return ""
    if _ALERT.search(text):
        return f"; {SPEAKS_TLS}"
    return "; if the server speaks TLS, use https://" if _NO_ANSWER.search(text) else ""


@contextmanager
def reading(response: httpx.Response) -> Iterator[None]:
    """The block reads ``response``: a :class:`ResponseError` of it names the request, its status and its id."""
    try:
        yield
    except ResponseError as error:
        error.status_code, error.request_id = response.status_code, response.headers.get("x-request-id")
        error.message = f"{response.request.method} {shown_address(response.request)}: {error.message}"
        raise


def proxy_advice(response: httpx.Response, body: bytes) -> str:
    """What to say of an error status that may be a proxy's and not the server's; empty if nothing hints at one."""
    proxy = response.extensions.get("proxy", "")
    if response.status_code == 407:
        return f"{proxy or 'the proxy'} wants a user and a password: http://user:password@…"
    return f"{proxy} may have answered in the server's place" if proxy and not body.lstrip().startswith(b"{") else ""


def as_cause(error: Exception, secret_headers: Iterable[str] = ()) -> Exception:
    """``error`` as the cause of one of ours: httpx's, without the keys that its frames and its request hold.

    Reports of errors show the variables of frames, and those of the transport hold headers as they are sent.
    """
    for inner in _chain(error):
        if any(_of_transport(frame) for frame, _ in walk_tb(inner.__traceback__)):  # other frames may be the caller's
            inner.__traceback__ = None
        if "request_info" in vars(inner):  # of aiohttp
            vars(inner)["request_info"], inner.args = None, ()
    if (request := _request_of(error)) is not None:
        for name in ("X-API-Key", "Authorization", *secret_headers):
            if name in request.headers:
                request.headers[name] = "[secret]"
    return as_httpx_error(error)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """``error``, and those behind it."""
    inner: BaseException | None = error
    seen = set()
    while inner is not None and id(inner) not in seen:
        seen.add(id(inner))
        yield inner
        inner = inner.__cause__ or inner.__context__


def _request_of(error: Any) -> Any:
    """The request that an error of httpx holds, if it is one and holds one."""
    try:
        return error.request
    except (AttributeError, RuntimeError):
        return None


def _of_transport(frame: FrameType) -> bool:
    return _library_at(frame) in _TRANSPORTS


def _library_at(frame: FrameType) -> str:
    return _module(frame).partition(".")[0]


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))


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

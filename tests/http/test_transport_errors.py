"""Every exception of httpx is translated, before an answer has begun and in the middle of one."""

from __future__ import annotations

import builtins
import inspect
import socket
import ssl

import httpx
import pytest
from tables import table

from edgequake import Timeout
from edgequake._core.clock import CallClock
from edgequake._http.errors import translated
from edgequake.exceptions import (
    APIError,
    ConfigurationError,
    EdgeQuakeError,
    NetworkError,
    ResponseError,
    ServerError,
    StreamError,
    StreamInterruptedError,
    TimeoutError,
)

TIMEOUT = Timeout(5, total=60)
ROOTS = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict)
CLASSES = {name: value for name, value in vars(httpx).items() if inspect.isclass(value) and issubclass(value, ROOTS)}
REQUEST = httpx.Request("GET", "http://localhost")


def example(cls, message="x"):
    if cls is httpx.HTTPStatusError:
        return cls(message, request=REQUEST, response=httpx.Response(500))
    if issubclass(cls, httpx.StreamError) and cls is not httpx.StreamError:
        return cls()
    return cls(message)


def ours(error, *, streaming, stage="response", timeout=TIMEOUT):
    clock = CallClock(timeout, 100.0, "GET /a")
    clock.wait_for(stage, 100.0)
    return translated(error, clock, streaming=streaming, origin="http://h")


def test_all_exceptions_of_httpx_are_walked():
    exported = {name for name, value in vars(httpx).items() if inspect.isclass(value) and issubclass(value, Exception)}
    assert exported == CLASSES.keys()
    assert len(exported) > 25


@table("cls", CLASSES.values())
def test_an_exception_of_httpx_becomes_one_of_ours(cls):
    before, amid = (ours(example(cls), streaming=streaming) for streaming in (False, True))
    for error in (before, amid):
        assert isinstance(error, EdgeQuakeError)
        assert str(error)
    if not isinstance(amid, APIError | TimeoutError | ConfigurationError | StreamError):
        assert isinstance(amid, StreamInterruptedError) or not amid.request_sent


# exception: (before the answer, in mid-stream)
WANTED = {
    httpx.ConnectError: (NetworkError, NetworkError),
    httpx.ProxyError: (NetworkError, NetworkError),
    httpx.ReadError: (NetworkError, StreamInterruptedError),
    httpx.WriteError: (NetworkError, StreamInterruptedError),
    httpx.CloseError: (NetworkError, StreamInterruptedError),
    httpx.RemoteProtocolError: (NetworkError, StreamInterruptedError),
    httpx.LocalProtocolError: (ConfigurationError, ConfigurationError),
    httpx.UnsupportedProtocol: (ConfigurationError, ConfigurationError),
    httpx.InvalidURL: (ConfigurationError, ConfigurationError),
    httpx.DecodingError: (ResponseError, StreamError),
    httpx.HTTPStatusError: (ServerError, ServerError),
    httpx.ConnectTimeout: (TimeoutError, TimeoutError),
    httpx.PoolTimeout: (TimeoutError, TimeoutError),
    httpx.ReadTimeout: (TimeoutError, TimeoutError),
    httpx.WriteTimeout: (TimeoutError, TimeoutError),
    httpx.StreamClosed: (StreamError, StreamError),
    httpx.CookieConflict: (StreamError, StreamError),
}


@table(("cls", "wanted"), WANTED.items())
def test_an_exception_becomes_the_one_that_says_what_happened(cls, wanted):
    assert (type(ours(example(cls), streaming=False)), type(ours(example(cls), streaming=True))) == wanted


@table(
    ("error", "before", "amid"),
    [
        (ConnectionResetError("x"), NetworkError, StreamInterruptedError),
        (ssl.SSLError("x"), NetworkError, StreamInterruptedError),
        (socket.gaierror("x"), NetworkError, StreamInterruptedError),
        (OSError("x"), NetworkError, StreamInterruptedError),
        (builtins.TimeoutError("x"), TimeoutError, TimeoutError),
        (UnicodeError("label too long"), ConfigurationError, ConfigurationError),
    ],
)
def test_what_comes_through_from_below_is_translated_too(error, before, amid):
    assert (type(ours(error, streaming=False)), type(ours(error, streaming=True))) == (before, amid)


@table("error", [ValueError("x"), RuntimeError("x"), KeyError("x"), AssertionError()])
def test_an_error_of_the_callers_own_code_is_left_as_it_is(error):
    assert ours(error, streaming=False) is error
    assert ours(error, streaming=True) is error


@pytest.mark.parametrize("cls", [httpx.ConnectError, httpx.ProxyError])
def test_a_request_that_found_no_server_was_not_sent(cls):
    assert ours(example(cls), streaming=False).request_sent is False


@table("cls", [httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError])
def test_a_request_that_was_lost_may_have_been_sent(cls):
    assert ours(example(cls), streaming=False).request_sent is True


@table("stage", ["response", "first_chunk", "chunk"])
def test_a_timeout_says_the_clock_that_ran(stage):
    assert ours(example(httpx.ReadTimeout), streaming=True, stage=stage).stage == stage
    assert ours(builtins.TimeoutError(), streaming=True, stage=stage).stage == stage
    assert ours(example(httpx.ConnectTimeout), streaming=False, stage=stage).stage == "connect"
    assert ours(example(httpx.PoolTimeout), streaming=False, stage=stage).stage == "connect"
    assert ours(example(httpx.WriteTimeout), streaming=False, stage=stage).stage == "response"


@table("error", [httpx.ConnectTimeout("x"), httpx.ReadTimeout("x"), builtins.TimeoutError()])
@table("streaming", [True, False])
def test_a_timeout_that_the_total_cut_short_says_so(error, streaming):
    assert ours(error, streaming=streaming, timeout=Timeout(5, total=3)).stage == "total"


def test_the_message_says_where_and_why():
    assert str(ours(example(httpx.ConnectError, "refused"), streaming=False)) == "cannot reach http://h: refused"
    assert str(ours(example(httpx.ReadError, ""), streaming=True)) == "the connection broke in mid-stream: ReadError"

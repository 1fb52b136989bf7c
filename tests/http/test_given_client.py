"""How the sockets of a client of the caller's own learn of a call's deadline."""

from __future__ import annotations

import gc
import io
import weakref
from time import monotonic
from typing import Any

import pytest

from edgequake._core.clock import CallClock
from edgequake._http.given_client import request_extensions
from edgequake._http.waiting import Deadline
from edgequake.exceptions import TimeoutError
from edgequake.settings import Timeout


class Stream:
    """As httpcore's."""

    def __init__(self) -> None:
        self.seconds: list[float | None] = []

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self.seconds.append(timeout)
        return b"x" * max_bytes

    def get_extra_info(self, name: str) -> None:
        pass


def deadline(*, began: float) -> Deadline:
    return Deadline(CallClock(Timeout(response=3600.0), monotonic() - began, "GET /a"))


def connected(stream: Any, of: Deadline) -> Any:
    """Tells what httpcore tells of a connection, and of the answer that is read from it."""
    trace = request_extensions(of, own_sockets=False)["trace"]
    trace("connection.connect_tcp.complete", {"return_value": stream})
    with of:
        trace("http11.receive_response_headers.started", {})
    return stream


def test_a_read_ends_by_the_deadline_of_the_call_that_reads():
    call = deadline(began=0)
    stream = connected(Stream(), call)
    with call:
        assert stream.read(2, 7200.0) == b"xx"
    assert stream.read(1, 7200.0) == b"x"  # of nobody's call
    in_a_call, in_none = stream.seconds
    assert in_a_call <= 3600.0
    assert in_none == 7200.0
    late = deadline(began=3700)
    connected(stream, late)
    with pytest.raises(TimeoutError, match="did not begin to answer"), late:
        stream.read(1, 7200.0)


def test_streams_of_a_connection_that_many_calls_share_keep_the_timeouts_of_httpx():
    call = deadline(began=0)
    stream = Stream()
    trace = request_extensions(call, own_sockets=False)["trace"]
    trace("connection.connect_tcp.complete", {"return_value": stream})
    with call:
        trace("http2.receive_response_headers.started", {})
        stream.read(1, 7200.0)
    assert stream.seconds == [7200.0]


def test_a_stream_that_cannot_change_its_class_keeps_the_timeouts_of_httpx():
    stream = connected(io.BytesIO(b"xy"), deadline(began=0))
    assert stream.read(1) == b"x"


def test_a_connection_is_freed_as_soon_as_nobody_holds_it():
    gc.disable()
    try:
        stream = connected(Stream(), deadline(began=0))
        freed = weakref.ref(stream)
        del stream
        assert freed() is None
    finally:
        gc.enable()

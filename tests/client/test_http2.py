"""Streams over HTTP/2, which comes with an HTTP client of the caller's own: many share a connection."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from client.http2 import Http2Server

from edgequake import EdgequakeClient, StreamInterruptedError, Timeout, TimeoutError


@pytest.fixture
def http2_server():
    with Http2Server() as running:
        yield running


def test_a_server_is_told_that_a_stream_was_left(caller, http2_server):
    mine = (httpx.AsyncClient if caller.is_async else httpx.Client)(http1=False, http2=True)
    caller.closes(mine)
    client = caller.client(base_url=http2_server.url, http_client=mine)
    left, kept = client.query.stream("busy"), client.query.stream("another")
    assert [str(caller.next(stream)) for stream in (left, kept)] == ["Edge", "Edge"]
    caller.close(left)
    assert caller.until(lambda: http2_server.reset.wait(20))
    assert str(caller.next(client.query.stream("a third"))) == "Edge"
    assert http2_server.connections == 1


def test_a_silent_stream_beside_an_active_one_keeps_its_timeout(soon):
    with (
        ThreadPoolExecutor(2) as pool,
        httpx.Client(http1=False, http2=True) as mine,
        Http2Server() as server,
    ):
        client = EdgequakeClient(base_url=server.url, http_client=mine, max_retries=0)
        active = client.query.stream("busy")
        next(active)
        reading = pool.submit(list, active)
        error = pool.submit(list, client.query.stream("silent", timeout=Timeout(20, chunk=soon))).exception(30)
        assert isinstance(error, TimeoutError)
        assert (error.stage, error.partial_text) == ("chunk", "Edge")
        assert reading.running()
        assert server.connections == 1
    assert type(reading.exception()) is StreamInterruptedError

"""Streams over HTTP/2, which comes with an HTTP client of the caller's own: many share a connection."""

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest
from client.conftest import AsyncCaller, TrioCaller
from client.http2 import Http2Server
from h2.connection import H2Connection

from edgequake import AsyncEdgequakeClient, EdgequakeClient, StreamError, StreamInterruptedError, Timeout, TimeoutError


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
    assert caller.until(lambda: http2_server.reset.wait(60))
    assert str(caller.next(client.query.stream("a third"))) == "Edge"
    assert http2_server.connections == 1


async def test_a_server_is_told_of_a_stream_that_the_garbage_collector_finds(http2_server):
    async with httpx.AsyncClient(http1=False, http2=True) as mine:
        client = AsyncEdgequakeClient(base_url=http2_server.url, http_client=mine)
        stream = client.query.stream("busy")
        await stream.__aenter__()
        del stream
        gc.collect()
        assert await asyncio.to_thread(http2_server.reset.wait, 60)


_widen = H2Connection.increment_flow_control_window


def _of_streams_alone(connection, increment, stream_id=None):
    """httpcore makes the window of a connection so large that it takes many megabytes to fill it."""
    if stream_id is not None:
        _widen(connection, increment, stream_id)


def test_many_streams_that_are_left_take_nothing_from_the_next(caller, http2_server, monkeypatch):
    """What came of them and was not read must not count against what the server may still send."""
    monkeypatch.setattr(H2Connection, "increment_flow_control_window", _of_streams_alone)
    mine = (httpx.AsyncClient if caller.is_async else httpx.Client)(http1=False, http2=True)
    caller.closes(mine)
    client = caller.client(base_url=http2_server.url, http_client=mine, timeout=60)
    for _ in range(30):  # each brings about 9 KB, of 64 KB that all may bring
        stream = client.query.stream("long")
        assert str(caller.next(stream)) == "Edge"
        caller.close(stream)
    assert str(caller.next(client.query.stream("another"))) == "Edge"
    assert http2_server.connections == 1


@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")  # of trio, for streams left in the middle
@pytest.mark.parametrize("closes", ["stream", "client"])
@pytest.mark.parametrize("caller", [AsyncCaller, TrioCaller], ids=["asyncio", "trio"], indirect=True)
def test_a_task_that_waits_is_told_and_the_server_too(caller, http2_server, closes):
    mine = httpx.AsyncClient(http1=False, http2=True)
    caller.closes(mine)
    patient = {"base_url": http2_server.url, "http_client": mine, "timeout": 60}
    client, another = caller.client(**patient), caller.client(**patient)
    beside = another.query.stream("beside")
    assert str(caller.next(beside)) == "Edge"
    stream = client.query.stream("silent")

    async def main():
        begun = anyio.Event()

        async def read():
            async for _ in stream:
                begun.set()  # and then it waits

        async def close():
            await begun.wait()
            await (stream if closes == "stream" else client).aclose()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(close)
            with pytest.raises(StreamError, match="this stream was closed before its end"):
                await read()

    caller.drive(main)
    assert caller.until(lambda: http2_server.reset.wait(60))
    third = another.query.stream("a third")
    assert str(caller.next(third)) == "Edge"
    assert http2_server.connections == 1
    for left in (beside, third):
        caller.close(left)


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
        error = pool.submit(list, client.query.stream("silent", timeout=Timeout(60, chunk=soon))).exception(120)
        assert isinstance(error, TimeoutError)
        assert (error.stage, error.partial_text) == ("chunk", "Edge")
        assert reading.running()
        assert server.connections == 1
    assert type(reading.exception()) is StreamInterruptedError


def test_the_end_of_one_wait_leaves_the_other_streams(caller, http2_server, soon):
    mine = (httpx.AsyncClient if caller.is_async else httpx.Client)(http1=False, http2=True)
    caller.closes(mine)
    client = caller.client(base_url=http2_server.url, http_client=mine, timeout=60)
    patient, hasty = client.query.stream("patient"), client.query.stream("hasty", timeout=Timeout(60, chunk=soon))
    assert [str(caller.next(stream)) for stream in (patient, hasty)] == ["Edge", "Edge"]
    ended = caller.fails(hasty)
    assert (type(ended), ended.stage) == (TimeoutError, "chunk")
    assert str(caller.next(patient)) == "Edge"
    assert http2_server.connections == 1
    assert str(caller.next(client.query.stream("another"))) == "Edge"
    assert http2_server.connections == 2  # the first may be dead


def test_a_connection_that_does_not_answer_is_not_used_again(caller, http2_server, soon):
    mine = (httpx.AsyncClient if caller.is_async else httpx.Client)(http1=False, http2=True)
    caller.closes(mine)
    client = caller.client(base_url=http2_server.url, http_client=mine, timeout=60, max_retries=0)
    beside = client.query.stream("beside")
    assert str(caller.next(beside)) == "Edge"
    ended = caller.fails(client.query.stream("dead", timeout=Timeout(60, response=soon)))
    assert (type(ended), ended.stage) == (TimeoutError, "response")
    lost = caller.fails(beside)
    assert type(lost) is StreamInterruptedError  # and no timeout: its own wait is longer
    assert "another answer on this HTTP/2 connection timed out" in lost.message
    assert str(caller.next(client.query.stream("a third"))) == "Edge"
    assert http2_server.connections == 2

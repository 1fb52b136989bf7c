"""A stream, or a client, that another thread or task closes: whoever waits is told at once, wherever it waits."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
import trio
from client.wires import STREAM, token

from edgequake import AsyncEdgequakeClient, ConfigurationError, EdgequakeClient, RetryPolicy, StreamError
from edgequake.testing import Hold

QUERY = "/api/v1/query"
CLOSED_STREAM = "this stream was closed before its end"
CLOSED_CLIENT = "this client is closed"
PATIENT = {"timeout": 300, "retry": RetryPolicy(initial_delay=300, max_delay=300)}

WAITS = {
    "for the answer to begin": lambda route, hold: route.raw(hold),
    "for the rest of the headers": lambda route, hold: route.raw(b"HTTP/1.1 200 OK\r\nX-One: 1\r\n", hold),
    "for the first chunk": lambda route, hold: route.stream(hold),
    "for the first chunk, with keep-alives": lambda route, hold: route.stream(b": 1\n\n", hold),
    "for the next chunk": lambda route, hold: route.stream(token("Edge"), hold),
    "for another try": lambda route, hold: route.reply(status=503).stream(token("not asked for"), hold),
}
PARTS = {"for the next chunk": "Edge"}


@contextmanager
def about_to_sleep():
    """An event that is set when a client has said that it will try again."""
    said = threading.Event()

    class Handler(logging.Handler):
        def emit(self, record):
            if "retry 1 of" in record.getMessage():
                said.set()

    handler, logger = Handler(), logging.getLogger("edgequake")
    logger.addHandler(handler)
    try:
        yield said
    finally:
        logger.removeHandler(handler)


def wait_until_it_waits(where, hold, sleeping, begun):
    """Returns when the client waits for what ``where`` says."""
    if where == "for another try":
        assert sleeping.wait(60)
    else:
        hold.wait_until_reached()
    assert where != "for the next chunk" or begun.wait(60)


@pytest.mark.parametrize("closes", ["stream", "client"])
@pytest.mark.parametrize("where", WAITS)
def test_a_thread_that_waits_is_told(server, where, closes):
    hold = Hold()
    WAITS[where](server.on("POST", STREAM), hold)
    with (
        EdgequakeClient(base_url=server.url, **PATIENT) as client,
        about_to_sleep() as sleeping,
        ThreadPoolExecutor(1) as pool,
    ):
        stream = client.query.stream("q")
        begun = threading.Event()
        reading = pool.submit(lambda: [begun.set() for _ in stream])
        wait_until_it_waits(where, hold, sleeping, begun)
        (stream if closes == "stream" else client).close()
        with pytest.raises(StreamError, match=CLOSED_STREAM) as caught:
            reading.result(60)
    assert caught.value.partial_text == PARTS.get(where, "")
    assert len(server.requests) == 1
    server.wait_until_closed()


@pytest.mark.parametrize("where", ["for the answer to begin", "for the rest of the headers"])
def test_a_thread_that_waits_in_a_client_of_its_own_is_told(server, where):
    hold = Hold()
    WAITS[where](server.on("POST", STREAM), hold)
    with httpx.Client() as mine, ThreadPoolExecutor(1) as pool:
        stream = EdgequakeClient(base_url=server.url, http_client=mine, **PATIENT).query.stream("q")
        reading = pool.submit(list, stream)
        hold.wait_until_reached()
        stream.close()
        with pytest.raises(StreamError, match=CLOSED_STREAM):
            reading.result(5)
    server.wait_until_closed()


@pytest.mark.parametrize("closes", ["stream", "client"])
@pytest.mark.parametrize("where", WAITS)
@pytest.mark.parametrize("runs", ["asyncio", "trio"])
def test_a_task_that_waits_is_told(server, where, closes, runs):
    hold = Hold()
    WAITS[where](server.on("POST", STREAM), hold)
    caught, begun = [], threading.Event()

    async def read(stream):
        try:
            async for _ in stream:
                begun.set()
        except StreamError as error:
            caught.append(error)

    async def close(client, stream, sleeping, in_thread):
        await in_thread(wait_until_it_waits, where, hold, sleeping, begun)
        await (stream if closes == "stream" else client).aclose()

    async def on_asyncio():
        async with AsyncEdgequakeClient(base_url=server.url, **PATIENT) as client:
            stream = client.query.stream("q")
            await asyncio.gather(read(stream), close(client, stream, sleeping, asyncio.to_thread))

    async def on_trio():
        async with AsyncEdgequakeClient(base_url=server.url, **PATIENT) as client, trio.open_nursery() as nursery:
            stream = client.query.stream("q")
            nursery.start_soon(read, stream)
            nursery.start_soon(close, client, stream, sleeping, trio.to_thread.run_sync)

    with about_to_sleep() as sleeping:
        if runs == "asyncio":
            asyncio.run(asyncio.wait_for(on_asyncio(), 60))
        else:
            trio.run(on_trio)
    assert CLOSED_STREAM in str(caught[0])
    assert caught[0].partial_text == PARTS.get(where, "")
    assert len(server.requests) == 1
    server.wait_until_closed()


@pytest.mark.parametrize("where", ["for the answer to begin", "for the body", "for another try"])
def test_a_thread_whose_call_waits_is_told_that_the_client_was_closed(server, where):
    hold = Hold()
    route = server.on("POST", QUERY)
    if where == "for another try":
        route.reply(status=503)
    elif where == "for the body":
        route.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", hold)
    else:
        route.raw(hold)
    client = EdgequakeClient(base_url=server.url, **PATIENT)
    with about_to_sleep() as sleeping, ThreadPoolExecutor(1) as pool:
        calling = pool.submit(client.query.execute, "q")
        assert sleeping.wait(60) if where == "for another try" else hold.wait_until_reached() is None
        client.close()
        with pytest.raises(ConfigurationError, match=CLOSED_CLIENT):
            calling.result(60)
    assert len(server.requests) == 1
    server.wait_until_closed()


def test_a_task_whose_call_waits_is_told_that_the_client_was_closed(server):
    hold = Hold()
    server.on("POST", QUERY).raw(hold)

    async def main():
        client = AsyncEdgequakeClient(base_url=server.url, **PATIENT)
        calling = asyncio.ensure_future(client.query.execute("q"))
        await asyncio.to_thread(hold.wait_until_reached)
        await client.aclose()
        with pytest.raises(ConfigurationError, match=CLOSED_CLIENT):
            await asyncio.wait_for(calling, 60)

    asyncio.run(main())
    assert len(server.requests) == 1
    server.wait_until_closed()


def test_closing_a_client_closes_its_open_streams_and_no_others(server):
    hold = Hold()
    server.on("POST", STREAM).always().stream(token("Edge"), hold)
    with EdgequakeClient(base_url=server.url) as other:
        client = EdgequakeClient(base_url=server.url)
        mine, theirs = client.query.stream("q"), other.query.stream("q")
        assert [str(next(mine)), str(next(theirs))] == ["Edge", "Edge"]
        client.close()
        with pytest.raises(StreamError, match=CLOSED_STREAM) as caught:
            next(mine)
        assert caught.value.partial_text == "Edge"
        hold.release()
        with pytest.raises(StreamError, match="without its final event"):
            next(theirs)


def test_a_task_that_is_cancelled_while_it_waits_is_cancelled(server):
    hold = Hold()
    server.on("POST", STREAM).raw(hold)

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url, **PATIENT) as client:
            task = asyncio.ensure_future(client.query.stream("q").final())
            await asyncio.to_thread(hold.wait_until_reached)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    server.wait_until_closed()


def test_a_stream_that_waits_for_its_fallback_is_told(server):
    hold = Hold()
    server.on("POST", STREAM).reply(status=404)
    server.on("GET", "/query/stream").reply(status=500)
    server.on("POST", QUERY).raw(hold)
    with EdgequakeClient(base_url=server.url, **PATIENT) as client, ThreadPoolExecutor(1) as pool:
        stream = client.query.stream("q", fallback=True)
        reading = pool.submit(list, stream)
        hold.wait_until_reached()
        stream.close()
        with pytest.raises(StreamError, match=CLOSED_STREAM):
            reading.result(60)
        with pytest.raises(StreamError, match=CLOSED_STREAM):
            stream.final()


def test_a_stream_whose_opening_is_cancelled_is_closed_and_counted(server):
    server.on("POST", STREAM).raw(Hold())

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client:
            stream = client.query.stream("q")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2), stream:
                    pass
            assert client.stats.total_streams == 1
            with pytest.raises(StreamError, match=CLOSED_STREAM):
                await stream.final()

    asyncio.run(main())
    server.wait_until_closed()

"""Whoever leaves a stream gives its connection back, however they leave."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from client.conftest import every_client
from client.wires import CHAT_STREAM, DONE, ERROR_EVENT, QUERY_WIRES, STREAM, chat, token, v2, wire_bytes

from edgequake import AsyncEdgequakeClient, ConfigurationError, EdgequakeClient, StreamError
from edgequake.testing import KEEP_ALIVE, Hold, Repeat

CLOSED = "this stream was closed before its end"


@pytest.fixture
def endless(server):
    """The route of a stream that never ends by itself."""
    server.on("POST", STREAM).always().stream(token("x"), Repeat(token("y")))
    return server


@pytest.fixture
def silent(server):
    """The route of a stream that says two things and then no more."""
    server.on("POST", STREAM).always().stream(token("Edge"), token("Quake"), Hold())
    return server


def gone(caller, server, n=1):
    """The server has seen the client leave in the middle of its answer, and no connection is left."""
    left = caller.until(lambda: server.wait_for_disconnect(n=n))
    caller.until(server.wait_until_closed)
    assert len(left) == n


async def first_of(stream):
    async for chunk in stream:
        return chunk
    return None


@every_client
def test_break_releases_the_connection(caller, endless):
    client = caller.client()
    if caller.is_async:
        assert str(caller.run(first_of(client.query.stream("q")))) == "x"
    else:
        for chunk in client.query.stream("q"):
            assert str(chunk) == "x"
            break
    gone(caller, endless)


def test_break_releases_the_connection_of_every_view(caller, endless):
    client = caller.client()
    for n, view in enumerate(("text_stream", "events"), 1):
        stream = client.query.stream("q")
        items = stream.text_stream if view == "text_stream" else stream.events()
        del stream
        if caller.is_async:
            caller.run(first_of(items))
        else:
            next(items)
        del items
        gc.collect()
        gone(caller, endless, n)


@every_client
def test_an_exception_in_the_loop_releases_the_connection(caller, endless):
    client = caller.client()

    def looped():
        for chunk in client.query.stream("q"):
            raise LookupError(str(chunk))

    async def looped_async():
        async for chunk in client.query.stream("q"):
            raise LookupError(str(chunk))

    with pytest.raises(LookupError, match="x"):
        caller.run(looped_async() if caller.is_async else looped())
    gone(caller, endless)


@every_client
def test_the_end_of_with_releases_the_connection(caller, endless):
    stream = caller.open(caller.client().query.stream("q"))
    assert stream.response.status_code == 200
    caller.leave(stream)
    gone(caller, endless)
    assert stream.response.is_closed


@every_client
def test_an_exception_in_with_releases_the_connection(caller, endless):
    stream = caller.open(caller.client().query.stream("q"))
    assert not caller.leave(stream, LookupError())  # and is not swallowed
    gone(caller, endless)


@pytest.mark.parametrize("read", [0, 1], ids=["opened", "begun"])
def test_close_releases_the_connection(caller, endless, read):
    stream = caller.open(caller.client().query.stream("q"))
    for _ in range(read):
        caller.next(stream)
    caller.close(stream)
    gone(caller, endless)


@pytest.mark.parametrize("opened", [True, False], ids=["opened", "begun"])
def test_garbage_collection_releases_the_connection(caller, endless, opened):
    client = caller.client()
    stream = client.query.stream("q")
    if opened:
        caller.open(stream)
    else:
        caller.next(stream)
    if caller.is_async:  # the loop must be running to close what the collector found

        async def collected():
            nonlocal stream
            del stream
            gc.collect()

        caller.run(collected())
    else:
        del stream  # the last reference: no collector is needed
    gone(caller, endless)


def test_a_stream_that_was_never_begun_sends_nothing(caller, endless):
    client = caller.client()
    stream = client.query.stream("q")
    caller.close(stream)
    with pytest.raises(StreamError, match=CLOSED):
        caller.final(stream)
    with pytest.raises(StreamError, match=CLOSED):
        caller.open(stream)
    del stream
    client.query.stream("q")  # dropped at once
    gc.collect()
    assert endless.requests == []


def test_a_finished_stream_leaves_its_connection_to_the_next(caller, server):
    client = caller.client()
    for wire in QUERY_WIRES.values():
        for framing in ("chunked", "length"):
            server.on("POST", STREAM).stream(*wire("a"), framing=framing)
            assert caller.text(client.query.stream("q")) == "a"
    server.on("POST", CHAT_STREAM).stream(*chat("a"), encoding="gzip")
    assert caller.text(client.chat.stream("q")) == "a"
    assert {request.connection for request in server.requests} == {1}
    assert (len(server.requests), server.open_connections) == (11, 1)


def test_a_stream_that_failed_by_an_error_event_drops_only_its_own_connection(caller, server):
    hold = Hold()
    server.on("POST", STREAM).stream(token("a"), hold, DONE).stream(ERROR_EVENT, Hold())
    client = caller.client()
    first = client.query.stream("q")
    caller.next(first)
    caller.fails(client.query.stream("q"))
    caller.until(server.wait_for_disconnect)
    hold.release()
    assert caller.text(first) == ""
    assert server.open_connections == 1


@every_client
def test_closing_twice_is_fine(caller, endless):
    stream = caller.open(caller.client().query.stream("q"))
    for _ in range(3):
        caller.close(stream)
    caller.leave(stream)
    gone(caller, endless)


def test_iterating_after_close_raises_what_is_missing(caller, silent):
    stream = caller.client().query.stream("q")
    assert str(caller.next(stream)) == "Edge"
    caller.close(stream)
    for read in (caller.collect, caller.next, caller.final, caller.open):
        with pytest.raises(StreamError, match=CLOSED) as caught:
            read(stream)
        assert caught.value.partial_text == stream.text
        assert stream.text.startswith("Edge")
    for view in (stream.text_stream, stream.events()):
        with pytest.raises(StreamError, match=CLOSED):
            caller.collect(view)
    assert stream.failure is None


def test_a_finished_stream_may_be_closed_and_still_tells_its_answer(caller, server):
    server.on("POST", STREAM).stream(*v2("a", "b"))
    stream = caller.client().query.stream("q")
    assert caller.text(stream) == "ab"
    caller.close(stream)
    assert caller.final(stream).answer == "ab"
    for read in (
        lambda: caller.collect(stream),
        lambda: caller.collect(stream.text_stream),
        lambda: caller.collect(stream.words()),
        lambda: caller.collect(stream.events()),
        stream.batched,
        lambda: stream.on(chunk=print),
    ):
        with pytest.raises(StreamError, match="has been read to its end: text and final"):
            read()
    assert caller.final(stream).answer == "ab"


def test_a_loop_that_was_left_can_be_gone_on_with(caller, server):
    server.on("POST", STREAM).stream(*map(token, "abc"), DONE)
    stream = caller.client().query.stream("q")
    assert str(caller.next(stream)) == "a"
    if caller.is_async:
        assert str(caller.run(first_of(stream))) == "b"
    else:
        assert str(next(iter(stream))) == "b"
    assert caller.final(stream).answer == "abc"


def test_closing_the_client_ends_its_streams_and_calls(caller, silent):
    client = caller.client()
    stream = client.query.stream("q")
    caller.next(stream)
    caller.next(stream)
    caller.close(client)
    gone(caller, silent)
    error = caller.fails(stream)
    assert isinstance(error, StreamError)
    assert (CLOSED in str(error), error.partial_text) == (True, "EdgeQuake")
    for use in (client.query.stream("q"), client.chat.stream("q")):
        error = caller.fails(use)
        assert isinstance(error, ConfigurationError)
        assert "is closed" in str(error)
    with pytest.raises(ConfigurationError, match="is closed"):
        caller.run(client.query.execute("q"))
    with pytest.raises(ConfigurationError, match="is closed"):
        caller.run(client.with_options(timeout=1).health())
    caller.close(client)


def test_a_client_is_a_context_manager(caller, silent):
    client = caller.client()
    assert caller.open(client) is client
    stream = client.query.stream("q")
    caller.next(stream)
    caller.leave(client)
    gone(caller, silent)
    with pytest.raises(ConfigurationError, match="is closed"):
        caller.run(client.health())


def test_a_client_that_was_never_used_closes_too(caller, server):
    client = caller.client()
    caller.close(client)
    assert server.connections == 0


@pytest.mark.parametrize("behind", [Hold(), Repeat(KEEP_ALIVE)], ids=["silence", "keep-alives"])
@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_closing_from_another_thread_wakes_the_reader(server, behind, encoding):
    server.on("POST", STREAM).stream(token("Edge"), behind, encoding=encoding)
    with EdgequakeClient(base_url=server.url) as client:
        stream = client.query.stream("q")
        assert str(next(stream)) == "Edge"
        failures = []

        def read():
            try:
                next(stream)
            except StreamError as error:
                failures.append(error)

        reader = threading.Thread(target=read)
        reader.start()
        if isinstance(behind, Hold):
            behind.wait_until_reached()
        while not stream._reader._reading and reader.is_alive():
            pass  # until it waits for the server
        stream.close()
        reader.join(60)
        assert not reader.is_alive()
        server.wait_until_closed()
    (error,) = failures
    assert (str(error), error.partial_text) == (CLOSED, "Edge")


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_closing_from_another_task_wakes_the_reader(server, encoding):
    server.on("POST", STREAM).stream(token("Edge"), Hold(), encoding=encoding)

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client:
            stream = client.query.stream("q")
            assert str(await anext(stream)) == "Edge"
            reader = asyncio.create_task(anext(stream))
            await asyncio.sleep(0)
            await stream.aclose()
            with pytest.raises(StreamError, match=CLOSED) as caught:
                await reader
            await asyncio.to_thread(server.wait_until_closed)
            return caught.value

    assert asyncio.run(main()).partial_text == "Edge"


@pytest.mark.parametrize("steps", [[], [token("Edge")]], ids=["before the first chunk", "in mid-stream"])
def test_cancelling_the_task_releases_the_connection(server, steps):
    hold = Hold()
    server.on("POST", STREAM).stream(*steps, hold)

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client:

            async def read():
                async for _ in client.query.stream("q"):
                    pass

            reader = asyncio.create_task(read())
            await asyncio.to_thread(hold.wait_until_reached)
            reader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reader
            await asyncio.to_thread(server.wait_until_closed)

    asyncio.run(main())
    assert len(server.disconnects) == 1


def test_cancelling_before_the_answer_begins_releases_the_connection(server):
    hold = Hold()
    server.on("POST", STREAM).raw(hold)

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client:
            reader = asyncio.create_task(anext(client.query.stream("q")))
            await asyncio.to_thread(hold.wait_until_reached)
            reader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reader
            await asyncio.to_thread(server.wait_until_closed)

    asyncio.run(main())


def test_a_timeout_of_ones_own_round_a_stream_is_raised_as_it_is(server):
    server.on("POST", STREAM).stream(token("Edge"), Hold())

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client:
            stream = client.query.stream("q")

            async def read_for_a_while():
                async with asyncio.timeout(0.1):
                    async for _ in stream:
                        pass

            with pytest.raises(TimeoutError) as caught:
                await read_for_a_while()
            assert type(caught.value) is TimeoutError
            await asyncio.to_thread(server.wait_until_closed)
            with pytest.raises(StreamError, match=CLOSED):
                await stream.final()

    asyncio.run(main())


def test_closing_inside_the_loop_ends_it_with_what_is_missing(caller, silent):
    stream = caller.client().query.stream("q")

    def looped():
        for _ in stream:
            stream.close()

    async def looped_async():
        async for _ in stream:
            await stream.aclose()

    with pytest.raises(StreamError, match=CLOSED) as caught:
        caller.run(looped_async() if caller.is_async else looped())
    assert caught.value.partial_text.startswith("Edge")
    gone(caller, silent)


def test_closing_a_stream_of_another_transport_from_another_thread_does_no_harm():
    """There is no socket to wake the reader by; it sees the close when its read returns."""
    reading, closed = threading.Event(), threading.Event()

    def body():
        yield wire_bytes([token("Edge")])
        reading.set()
        closed.wait(60)
        yield wire_bytes([token("Quake")])

    def answer(request):
        return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=body())

    with httpx.Client(transport=httpx.MockTransport(answer)) as transport:
        stream = EdgequakeClient(http_client=transport).query.stream("q")
        assert str(next(stream)) == "Edge"
        with ThreadPoolExecutor(1) as thread:
            rest = thread.submit(list, stream)
            reading.wait(60)
            stream.close()
            closed.set()
            with pytest.raises(StreamError, match=CLOSED):
                rest.result()

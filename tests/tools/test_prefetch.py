"""stream.prefetch(): read ahead, up to a limit, and not a moment longer than the stream."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest
import trio
from client.wires import DONE, PIECES, QUERY, QUERY_WIRES, STREAM, TEXT, token, v2

from edgequake import AsyncEdgequakeClient, ConfigurationError, EdgequakeClient, StreamError, StreamInterruptedError
from edgequake.testing import CUT, Hold, Repeat


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "edgequake-prefetch"]


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    yield
    for thread in readers():
        thread.join(60)
    assert readers() == []


@pytest.mark.parametrize("n", [1, 2, 1000])
@pytest.mark.parametrize("wire", QUERY_WIRES)
def test_the_chunks_are_the_same(caller, server, wire, n):
    server.on("POST", STREAM).always().stream(*QUERY_WIRES[wire](*PIECES), cut=5)
    client = caller.client()
    stream = client.query.stream("q")
    assert stream.prefetch(n) is stream
    chunks = caller.collect(stream)
    assert chunks == caller.collect(client.query.stream("q"))
    assert caller.final(stream).answer == TEXT


def test_chunks_are_read_while_the_caller_works(caller, server):
    hold = Hold()
    server.on("POST", STREAM).stream(token("a"), token("b"), hold, token("c"), DONE)
    stream = caller.client().query.stream("q").prefetch(8)
    assert str(caller.next(stream)) == "a"
    hold.release()
    read_all(caller, stream, 4)
    assert stream.text == "abc"
    assert caller.text(stream) == "bc"


def read_all(caller, stream, chunks):
    """Waits until so many chunks have been read, though the caller has not asked for them."""

    async def wait():
        while stream.timing.chunks < chunks:  # noqa: ASYNC110 - the stream tells nobody what it has read
            await asyncio.sleep(0)

    if caller.is_async:
        caller.run(asyncio.wait_for(wait(), 60))
    else:
        met = threading.Event()
        while stream.timing.chunks < chunks and not met.wait(0.001):
            pass


@pytest.mark.parametrize("n", [1, 8])
def test_a_slow_consumer_holds_the_server_back(caller, server, n):
    """At most ``n`` chunks are read ahead, and the server cannot go on once the sockets are full."""
    server.on("POST", STREAM).stream(Repeat(token("x" * 4096)))
    stream = caller.client().query.stream("q").prefetch(n)
    for taken in range(1, 4):
        caller.next(stream)
        caller.until(server.wait_until_blocked)
        assert stream.timing.chunks <= taken + n
    sent = server.bytes_sent
    caller.next(stream)
    caller.until(server.wait_until_blocked)
    assert server.bytes_sent - sent < 1 << 20
    caller.close(stream)
    caller.until(server.wait_for_disconnect)


def test_chunks_before_a_failure_come_before_it(caller, server):
    server.on("POST", STREAM).stream(*map(token, "abc"), CUT)
    stream = caller.client().query.stream("q").prefetch(100)
    assert str(caller.next(stream)) == "a"
    read_all(caller, stream, 3)
    seen = [str(caller.next(stream)) for _ in range(2)]
    error = caller.fails(stream)
    assert (seen, type(error), error.partial_text) == (["b", "c"], StreamInterruptedError, "abc")
    for again in (caller.collect, caller.final):
        with pytest.raises(StreamInterruptedError):
            again(stream)


def test_a_refusal_is_raised_as_without(caller, server):
    server.on("POST", STREAM).reply(status=404, json={"code": "NOT_FOUND", "message": "no such workspace"})
    assert "no such workspace" in str(caller.fails(caller.client().query.stream("q").prefetch(4)))


def test_the_fallback_works_ahead_too(caller, server):
    server.on("POST", STREAM).stream(CUT)
    server.on("POST", QUERY).reply(json={"answer": "whole"})
    assert caller.text(caller.client().query.stream("q", fallback=True).prefetch(4)) == "whole"


@pytest.mark.parametrize("full", [True, False], ids=["full", "waiting for the server"])
def test_closing_ends_it_at_once(caller, server, full):
    server.on("POST", STREAM).stream(token("a"), token("b"), Repeat(token("c")) if full else Hold())
    stream = caller.client().query.stream("q").prefetch(1 if full else 100)
    caller.next(stream)
    caller.close(stream)
    caller.close(stream)
    caller.until(server.wait_for_disconnect)
    caller.until(server.wait_until_closed)
    for again in (caller.collect, caller.next, caller.final):
        with pytest.raises(StreamError, match="closed before its end"):
            again(stream)


def test_closing_a_stream_whose_rest_was_read_ahead_takes_the_part_for_a_part(caller, server):
    server.on("POST", STREAM).stream(*v2("a", "b"))
    stream = caller.client().query.stream("q").prefetch(100)
    caller.next(stream)
    read_all(caller, stream, 5)
    caller.close(stream)
    with pytest.raises(StreamError, match="closed before its end"):
        caller.collect(stream)


def test_closing_while_another_thread_waits_for_a_chunk_wakes_it(server):
    server.on("POST", STREAM).stream(token("a"), Hold())
    with EdgequakeClient(base_url=server.url) as client:
        stream = client.query.stream("q").prefetch(2)
        next(stream)
        ended = []

        def wait():
            try:
                next(stream)
            except StreamError as error:
                ended.append(str(error))

        waiter = threading.Thread(target=wait)
        waiter.start()
        stream.close()
        waiter.join(60)
        assert ended == ["this stream was closed before its end"]


def test_closing_before_the_server_answers_does_not_wait_for_it(server):
    server.on("POST", STREAM).raw(Hold())
    with EdgequakeClient(base_url=server.url) as client:
        client.query.stream("never begun").prefetch(2).close()
        stream = client.query.stream("q").prefetch(2)
        ended = []

        def read():
            try:
                next(stream)
            except StreamError as error:
                ended.append(str(error))

        reading = threading.Thread(target=read)
        reading.start()
        server.wait_for_requests(1)
        stream.close()
        reading.join(60)
        assert ended == ["this stream was closed before its end"]
        server.stop()  # what the thread that reads ahead waits for


def test_leaving_the_loop_ends_it(caller, server):
    server.on("POST", STREAM).always().stream(token("x"), Repeat(token("y")))
    client = caller.client()

    async def leave():
        async for _ in client.query.stream("q").prefetch(4):
            break
        gc.collect()

    def leave_sync():
        for _ in client.query.stream("q").prefetch(4):
            break

    caller.run(leave() if caller.is_async else leave_sync())
    caller.until(server.wait_for_disconnect)
    caller.until(server.wait_until_closed)


def test_the_end_of_with_ends_it(caller, server):
    server.on("POST", STREAM).stream(token("x"), Repeat(token("y")))
    stream = caller.open(caller.client().query.stream("q"))
    caller.next(stream.prefetch(4))
    caller.leave(stream)
    caller.until(server.wait_for_disconnect)
    caller.until(server.wait_until_closed)


def test_cancelling_the_consumer_ends_it(server):
    server.on("POST", STREAM).stream(token("x"), Hold())

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client:
            begun = asyncio.Event()

            async def read():
                async for _ in client.query.stream("q").prefetch(4):
                    begun.set()

            reading = asyncio.create_task(read())
            await begun.wait()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            await asyncio.to_thread(server.wait_for_disconnect)
            await asyncio.to_thread(server.wait_until_closed)
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_a_program_that_ends_in_the_middle_leaves_nothing_behind(server):
    server.on("POST", STREAM).stream(token("x"), Repeat(token("y")))

    async def main():
        client = AsyncEdgequakeClient(base_url=server.url)
        stream = client.query.stream("q").prefetch(4)
        assert str(await anext(stream)) == "x"

    asyncio.run(main())
    server.wait_for_disconnect()


@pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")  # trio's word on any loop that is left
@pytest.mark.parametrize("left", [False, True])
def test_it_works_on_trio(server, left):
    server.on("POST", STREAM).stream(*v2(*PIECES), *[Hold()] * left)
    server.on("POST", STREAM).stream(*v2(*PIECES))

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client:
            async with client.query.stream("q").prefetch(4) as stream:
                text = ""
                async for chunk in stream:
                    text += str(chunk)
                    if left and chunk.type == "done":
                        break
            assert text == TEXT
            if left:
                await trio.to_thread.run_sync(server.wait_for_disconnect)
            async with client.query.stream("q") as stream:
                assert "".join([text async for text in stream.batched(max_wait=0.01)]) == TEXT

    trio.run(main)


def test_callbacks_run_where_the_caller_iterates(server):
    server.on("POST", STREAM).always().stream(*v2("a", "b"))
    here = threading.current_thread()
    seen = []
    with EdgequakeClient(base_url=server.url) as client:
        for read in (lambda stream: list(stream.prefetch(2)), lambda stream: list(stream.batched())):
            stream = client.query.stream("q").on(chunk=lambda _: seen.append(threading.current_thread()))
            read(stream)
    assert set(seen) == {here}
    assert len(seen) == 10


def test_raw_events_come_ahead_too(caller, server):
    server.on("POST", STREAM).always().stream(*v2("a"))
    client = caller.client()
    ahead = caller.collect(client.query.stream("q").prefetch(8).events())
    assert [event.data for event in ahead] == [
        event.data for event in caller.collect(client.query.stream("q").events())
    ]


@pytest.mark.parametrize("n", [0, -1, True, 1.5, "4"])
def test_a_limit_that_is_none_is_refused(server, n):
    refused = pytest.raises(ConfigurationError, match="n must be a positive whole number")
    with EdgequakeClient(base_url=server.url) as client, refused:
        client.query.stream("q").prefetch(n)


def test_a_stream_that_is_read_ahead_already_is_not_read_further_ahead(caller, server):
    server.on("POST", STREAM).stream(*v2("a"))
    stream = caller.client().query.stream("q").prefetch(1).prefetch(2)
    caller.next(stream)
    with pytest.raises(ConfigurationError, match="read ahead already"):
        stream.prefetch(3)
    assert caller.text(stream) == "a"


def test_many_streams_that_are_closed_in_all_moments(server):
    """Nothing hangs, and nothing but our error comes, however the closing and the reading meet."""
    server.on("POST", STREAM).always().stream(token("a"), Repeat(token("b"), 50), DONE)
    with EdgequakeClient(base_url=server.url) as client:
        for n in range(60):
            stream = client.query.stream("q").prefetch(1 + n % 7)
            for _ in range(n):
                if next(stream, None) is None:
                    break
            stream.close()
            with pytest.raises(StreamError) if n < 53 else pytest.raises(StopIteration):
                next(stream)
        server.wait_until_idle()

"""A stream that is closed once more touches no connection: it serves another stream by then."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from client.test_closed_elsewhere import about_to_sleep
from client.wires import DONE, STREAM, token, v2, wire_bytes

from edgequake import AsyncEdgequakeClient, EdgequakeClient, NotFoundError, RetryPolicy, StreamError
from edgequake.testing import Hold

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunks(events):
    bodies = [wire_bytes([event]) for event in events]
    return b"".join(b"%x\r\n%b\r\n" % (len(body), body) for body in bodies)


def test_closing_a_stream_again_leaves_the_next_one_whole(caller, server):
    hold, end = Hold(), b"0\r\n\r\n"
    server.on("POST", STREAM).raw(HEAD + chunks(v2("ab")) + end)
    server.on("POST", STREAM).raw(HEAD + chunks(v2("c", "d")[:-1]), hold, chunks(v2("e")[-1:]) + end)
    client = caller.client()
    first, second = client.query.stream("1"), client.query.stream("2")
    assert caller.text(first) == "ab"
    assert caller.next(second)["type"] is not None
    caller.close(first)
    hold.release()
    assert caller.final(second).answer == "cd"
    assert server.connections == 1


def test_a_stream_closed_while_it_waits_for_another_try_leaves_others_whole(server):
    hold = Hold()
    server.on("POST", STREAM).reply(status=503, text="busy").stream(token("c"), hold, token("d"), DONE)
    patient = RetryPolicy(initial_delay=300, max_delay=300)
    with EdgequakeClient(base_url=server.url, retry=patient) as client, ThreadPoolExecutor(1) as pool:
        first, second = client.query.stream("1"), client.query.stream("2")
        with about_to_sleep() as sleeping:
            waiting = pool.submit(list, first)
            assert sleeping.wait(60)
        assert str(next(second)) == "c"
        first.close()
        with pytest.raises(StreamError, match="closed before its end"):
            waiting.result(60)
        hold.release()
        assert second.final().answer == "cd"
        assert server.connections == 1


def test_a_stream_that_could_not_be_opened_says_so_again_and_asks_nothing_more(caller, server):
    server.always().reply(status=404, json={"code": "NOT_FOUND", "message": "no such workspace"})
    stream = caller.client().query.stream("q")
    with pytest.raises(NotFoundError) as caught:
        caller.open(stream)
    requests = len(server.requests)
    assert stream.failure is caught.value
    assert caller.fails(stream) is caught.value
    assert len(server.requests) == requests


async def test_a_stream_is_not_read_while_another_task_opens_it(server):
    server.on("POST", STREAM).raw(Hold())
    async with AsyncEdgequakeClient(base_url=server.url) as client:
        stream = client.query.stream("q")
        opening = asyncio.create_task(stream.__aenter__())
        await asyncio.to_thread(server.wait_for_requests, 1)
        with pytest.raises(StreamError, match=r"^this stream is being opened by another thread or task$"):
            await anext(stream)
        with pytest.raises(StreamError, match=r"^this stream was closed before its end$"):
            await opening


def test_a_failure_leaves_the_traceback_of_what_was_handled_before(caller, server):
    server.on("POST", STREAM).drop()
    client = caller.client(max_retries=0)
    handled = None
    try:
        raise LookupError("of the caller")
    except LookupError as error:
        caller.fails(client.query.stream("q"))
        handled = error
    assert handled.__traceback__ is not None

"""`sse_lines`: events for any framework, from any stream, sync and async."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from flask import Flask, Response
from relay.serving import SECONDS, Open, events_in
from tables import table

from edgequake import (
    AsyncEdgequakeClient,
    ConfigurationError,
    EdgequakeClient,
    EventType,
    NetworkError,
    NotFoundError,
    StreamEvent,
    StreamInterruptedError,
    TimeoutError,
    UnauthorizedError,
)
from edgequake.relay import SSE_HEADERS, RelayError, sse_lines
from edgequake.testing import Hold

KEEP_ALIVE = b": keep-alive\n\n"
DONE = ("done", {"type": "done"})


async def astream(*items: Any, error: Exception | None = None) -> AsyncIterator[Any]:
    for item in items:
        yield item
    if error is not None:
        raise error


def stream(*items: Any, error: Exception | None = None) -> Iterator[Any]:
    yield from items
    if error is not None:
        raise error


async def of_async(source: Any, **options: Any) -> bytes:
    return b"".join([event async for event in sse_lines(source, **options)])


def of_sync(source: Any, **options: Any) -> bytes:
    return b"".join(sse_lines(source, **options))


@pytest.fixture(params=["sync", "async", "sync without comments", "async without comments"])
def events(request):
    options = {"keep_alive": None} if "without" in request.param else {}

    def events(*items: Any, error: Exception | None = None, **more: Any) -> list[tuple[str, Any]]:
        if request.param.startswith("async"):
            return events_in(asyncio.run(of_async(astream(*items, error=error), **options, **more)))
        return events_in(of_sync(stream(*items, error=error), **options, **more))

    return events


def test_items_of_any_kind_go_out_as_json(events):
    items = ["a\nb", 1, {"c": [None, "\u2028ü"]}, StreamEvent(EventType.CHUNK, "x", 0.5)]
    assert events(*items) == [
        ("message", "a\nb"), ("message", 1), ("message", {"c": [None, "\u2028ü"]}),
        ("message", {"type": "chunk", "data": "x", "latency": 0.5}), DONE,
    ]  # fmt: skip


def test_an_empty_stream_is_whole(events):
    assert events() == [DONE]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuntimeError("s3cret"), "internal_error"),
        (NetworkError("s3cret"), "upstream_unreachable"),
        (StreamInterruptedError("s3cret"), "upstream_error"),
        (TimeoutError("s3cret", stage="chunk"), "upstream_timeout"),
        (UnauthorizedError("s3cret", status_code=401), "upstream_unauthorized"),
        (NotFoundError("s3cret", status_code=404), "upstream_not_found"),
    ],
)
def test_an_error_is_the_last_event_with_a_safe_message(events, error, code, caplog):
    first, last = events("x", error=error)
    assert first == ("message", "x")
    assert (last[0], last[1]["code"], "s3cret" in str(last)) == ("error", code, False)
    assert "s3cret" in caplog.text


def test_the_words_of_an_error_are_told_when_asked_for(events):
    assert events(error=RuntimeError("the reason"), details=True)[0][1]["message"] == "RuntimeError: the reason"


def test_a_relay_error_goes_out_as_it_is(events):
    error = RelayError("quota", "no more today", {"until": "tomorrow"})
    assert events(error=error) == [
        ("error", {"type": "error", "code": "quota", "message": "no more today", "data": {"until": "tomorrow"}})
    ]


def test_an_item_that_json_cannot_hold_is_an_error(events):
    assert events(object())[0][1]["code"] == "internal_error"


@table("thing", ["text", b"bytes", {"a": 1}, None, 5])
def test_what_is_no_stream_is_refused(thing):
    with pytest.raises(ConfigurationError, match="iterable"):
        sse_lines(thing)


def test_a_coroutine_is_refused_with_advice():
    async def forgot() -> None: ...

    with pytest.raises(ConfigurationError, match="await"):
        sse_lines(forgot())  # that is the point


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_silence_of_no_length_is_refused(seconds):
    with pytest.raises(ConfigurationError, match="keep_alive"):
        sse_lines([], keep_alive=seconds)


# -- silences ---------------------------------------------------------------------------------------------------------


def test_a_comment_breaks_each_silence_of_a_blocking_stream():
    go = threading.Event()

    def waits() -> Iterator[int]:
        yield 1
        assert go.wait(SECONDS)
        yield 2

    events = sse_lines(waits(), keep_alive=0.01)
    assert events_in(next(event for event in events if event != KEEP_ALIVE)) == [("message", 1)]
    assert [next(events), next(events)] == [KEEP_ALIVE, KEEP_ALIVE]
    go.set()
    assert events_in(b"".join(events)) == [("message", 2), DONE]


async def test_a_comment_breaks_each_silence_of_an_async_stream():
    go = asyncio.Event()

    async def waits() -> AsyncIterator[int]:
        yield 1
        await go.wait()
        yield 2

    events = sse_lines(waits(), keep_alive=0.01)
    while (event := await anext(events)) == KEEP_ALIVE:  # the machine stalled before the first item
        pass
    assert events_in(event) == [("message", 1)]
    assert [await anext(events), await anext(events)] == [KEEP_ALIVE, KEEP_ALIVE]
    go.set()
    assert events_in(b"".join([event async for event in events])) == [("message", 2), DONE]


async def test_a_generator_may_hold_a_timeout_over_its_yields():
    async def bounded() -> AsyncIterator[int]:
        async with asyncio.timeout(SECONDS):
            for number in range(3):
                yield number

    assert len(events_in(await of_async(bounded()))) == 4


# -- leaving ----------------------------------------------------------------------------------------------------------


def test_nothing_runs_ahead_of_the_reader():
    source = Open()

    def endless() -> Iterator[int]:
        with source:
            while True:
                yield source.count()

    events = sse_lines(endless())
    next(events), next(events)
    assert source.made == 2
    events.close()  # every framework's way to end it
    source.wait_for(0)


async def test_nothing_runs_ahead_of_an_async_reader():
    source = Open()
    events = sse_lines(source.endless())
    assert [await anext(events), await anext(events)]
    for _ in range(100):
        await asyncio.sleep(0)
    assert source.made == 2
    await events.aclose()
    assert source.now == 0


async def test_an_async_stream_is_closed_when_its_reader_is_cancelled():
    source = Open()
    reading = asyncio.create_task(of_async(source.stuck()))
    await asyncio.to_thread(source.wait_for, 1)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert source.now == 0


def test_a_reader_that_leaves_in_a_silence_closes_the_stream_of_a_client_at_once(edgequake_script, caplog):
    hold = Hold()
    edgequake_script.stream({"type": "token", "content": "half"}, hold)
    with EdgequakeClient(base_url=edgequake_script.url) as client:
        events = sse_lines(client.query.stream("q"), keep_alive=0.01)
        assert b"half" in next(event for event in events if event != KEEP_ALIVE)
        assert next(events) == KEEP_ALIVE
        events.close()
        edgequake_script.wait_for_disconnect()
    assert caplog.text == ""


async def test_an_async_reader_that_leaves_in_a_silence_closes_the_stream_of_a_client(edgequake_script):
    hold = Hold()
    edgequake_script.stream({"type": "token", "content": "half"}, hold)
    async with AsyncEdgequakeClient(base_url=edgequake_script.url) as client:
        events = sse_lines(client.query.stream("q"), keep_alive=0.01)
        while b"half" not in await anext(events):
            pass
        assert await anext(events) == KEEP_ALIVE
        await events.aclose()
        await asyncio.to_thread(edgequake_script.wait_for_disconnect)


# -- frameworks -------------------------------------------------------------------------------------------------------


def test_a_route_of_flask_is_one_line(local_server):
    app = Flask(__name__)

    @app.route("/ask")
    def ask() -> Response:
        return Response(sse_lines(client.query.stream("Who operates the Orion relay?")), headers=SSE_HEADERS)

    with EdgequakeClient(base_url=local_server.url) as client:
        answer = app.test_client().get("/ask")
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        events = events_in(answer.get_data())
    assert events[-1] == DONE
    assert "Mira Okafor" in "".join(data.get("chunk", "") for _, data in events)
    assert any(data.get("sources") for _, data in events)


def test_a_bare_wsgi_server_gets_bytes():
    assert all(isinstance(event, bytes) for event in sse_lines(stream(1)))


def test_a_client_of_this_sdk_reads_what_sse_lines_sends(edgequake_script):
    tokens = [{"type": "token", "content": text} for text in ("Edge", "Quake")]
    edgequake_script.stream(b"".join(sse_lines([*tokens, {"type": "done", "stats": {"total_time_ms": 5}}])))
    with EdgequakeClient(base_url=edgequake_script.url) as client, client.query.stream("q") as answer:
        assert answer.final().answer == "EdgeQuake"
        assert answer.stats.total_time_ms == 5
    edgequake_script.stream(b"".join(sse_lines(stream(error=RelayError("quota", "no more")))))
    with EdgequakeClient(base_url=edgequake_script.url) as client, pytest.raises(Exception, match="no more"):
        list(client.query.stream("q"))

"""The Python clients of a relay, sync and async."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import httpx
import pytest
from pydantic import BaseModel
from tables import table

from edgequake import (
    APIError,
    ConfigurationError,
    NetworkError,
    NotFoundError,
    ResponseError,
    StreamError,
    StreamInterruptedError,
    StreamTruncatedError,
    TimeoutError,
)
from edgequake.relay import AsyncRelayClient, RelayClient, RelayError, RelayStream
from edgequake.testing import CLOSE, RESET, Hold


class Place(BaseModel):
    x: int
    y: float


class Both:
    """One way to use either client: everything a call gives, in a list."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, url: str, name: str, *args: Any, returns: Any = None, **options: Any) -> Any:
        if self.kind == "async":
            return asyncio.run(self.asynchronous(url, name, args, returns, options))
        with RelayClient(url, **options) as client:
            found = client.call(name, args, returns=returns)
            return list(found) if isinstance(found, RelayStream) else found

    @staticmethod
    async def asynchronous(url: str, name: str, args: Any, returns: Any, options: Any) -> Any:
        async with AsyncRelayClient(url, **options) as client:
            found = await client.call(name, args, returns=returns)
            return [item async for item in found] if hasattr(found, "__aiter__") else found


@pytest.fixture(params=["sync", "async"])
def call(request):
    return Both(request.param)


async def test_the_page_on_streaming_runs_with_the_async_client(served):
    async with AsyncRelayClient(served.url) as client:
        stream = await client.ai_response("hello you")
        assert [chunk async for chunk in stream] == ["hello ", "you "]


def test_the_sync_client_reads_the_same(served):
    with RelayClient(served.url) as client:
        assert list(client.ai_response("hello you")) == ["hello ", "you "]
        assert client.move({"x": 1}, by=3) == {"x": 4, "y": 0.0, "label": None}
        assert "RelayClient('http" in repr(client)


def test_results_and_items_are_checked_against_a_type(served, call):
    assert call(served.url, "move", {"x": 1}, returns=Place) == Place(x=2, y=0)
    assert call(served.url, "numbers", 3, returns=float) == [0.0, 1.0, 2.0]
    with pytest.raises(ResponseError):
        call(served.url, "echo", "text", returns=Place)
    with pytest.raises(StreamError):
        call(served.url, "ai_response", "text", returns=Place)


@pytest.mark.parametrize(
    ("name", "code"), [("nope", "not_found"), ("move", "invalid_arguments"), ("refuses", "out_of_stock")]
)
def test_the_errors_of_a_relay_are_raised(served, call, name, code):
    with pytest.raises(RelayError) as caught:
        call(served.url, name)
    assert caught.value.code == code
    assert code in str(caught.value)


def test_a_stream_is_read_once_and_by_one_reader(app, served):
    with RelayClient(served.url) as client:
        stream = client.numbers(3)
        assert list(stream) == [0, 1, 2]
        assert "read to its end" in repr(stream)
        with pytest.raises(StreamError, match="read to its end: ask again"):
            list(stream)
        with client.stuck() as stream:
            assert next(stream) == "so"
        with pytest.raises(StreamError, match="closed before its end"):
            list(stream)


def test_a_stream_that_failed_fails_again(edgequake_script):
    error = b'event: error\ndata: {"code": "sold_out", "message": "no more"}\n\n'
    edgequake_script.on("POST", "/call/f").stream(b"data: 1\n\n", error)
    with RelayClient(edgequake_script.url) as client:
        stream = client.f()
        for _ in range(2):  # the part before it never passes for the whole
            with pytest.raises(RelayError, match="no more"):
                list(stream)


def test_a_record_of_each_call_says_how_it_ended(served, call):
    records = []
    call(served.url, "numbers", 3, on_call=records.append)
    call(served.url, "move", {"x": 1}, on_call=records.append)
    with pytest.raises(RelayError):
        call(served.url, "nope", on_call=records.append)
    assert [(record.route, record.outcome, record.timing.chunks) for record in records] == [
        ("POST /call/numbers", "completed", 3),
        ("POST /call/move", "completed", 0),
        ("POST /call/nope", "failed", 0),
    ]
    assert records[2].error.code == "not_found"


async def test_two_tasks_that_read_one_stream_are_told(app, served):
    async with AsyncRelayClient(served.url) as client, await client.stuck() as stream:
        assert await anext(stream) == "so"
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)  # the first waits for an item now
        with pytest.raises(StreamError, match="read by another thread or task"):
            await anext(stream)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first


def test_leaving_the_loop_ends_the_call(app, served):
    with RelayClient(served.url) as client:
        for number in client.endless():
            if number % 10 == 0:
                break
        app.open.wait_for(0)
        with client.stuck() as stream:
            assert next(stream) == "so"
            app.open.wait_for(1)
        app.open.wait_for(0)
        stream = client.stuck()
        app.open.wait_for(1)
        del stream
        gc.collect()
        app.open.wait_for(0)


async def test_leaving_the_loop_ends_the_call_of_the_async_client(app, served):
    async with AsyncRelayClient(served.url) as client:
        async for number in await client.endless():
            if number % 10 == 0:
                break
        await asyncio.to_thread(app.open.wait_for, 0)
        async with await client.stuck() as stream:
            assert await anext(stream) == "so"
            await asyncio.to_thread(app.open.wait_for, 1)
        await asyncio.to_thread(app.open.wait_for, 0)
        stream = await client.stuck()
        del stream
        gc.collect()
        await asyncio.to_thread(app.open.wait_for, 0)


async def test_cancelling_the_reader_ends_the_call(app, served):
    async with AsyncRelayClient(served.url) as client:

        async def read() -> None:
            async for _ in await client.stuck():
                pass

        reading = asyncio.create_task(read())
        await asyncio.to_thread(app.open.wait_for, 1)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await asyncio.to_thread(app.open.wait_for, 0)


ITEMS = b"".join(b"data: %d\n\n" % n for n in range(100)) + b"event: done\ndata: {}\n\n"


def test_a_stream_that_is_closed_gives_no_more_items(edgequake_script):
    edgequake_script.stream(ITEMS)
    seen = []

    def read(stream) -> None:
        for item in stream:
            seen.append(item)
            if item == 2:
                stream.close()

    with RelayClient(edgequake_script.url) as client, pytest.raises(StreamError, match="closed before its end"):
        read(client.f())
    assert seen == [0, 1, 2]


async def test_an_async_stream_that_is_closed_gives_no_more_items(edgequake_script):
    edgequake_script.stream(ITEMS)
    seen = []

    async def read(stream) -> None:
        async for item in stream:
            seen.append(item)
            if item == 2:
                await stream.aclose()

    async with AsyncRelayClient(edgequake_script.url) as client:
        stream = await client.f()
        with pytest.raises(StreamError, match="closed before its end"):
            await read(stream)
    assert seen == [0, 1, 2]


def test_a_connection_is_used_again(edgequake_script):
    for _ in range(2):
        edgequake_script.stream(b'id: 1\ndata: "x"\n\nevent: done\ndata: {}\n\n')
    with RelayClient(edgequake_script.url) as client:
        assert list(client.f()) == list(client.f()) == ["x"]
    assert edgequake_script.connections == 1


def test_a_stream_that_is_cut_is_not_taken_for_whole(edgequake_script, call):
    edgequake_script.stream(b"data: 1\n\n")
    with pytest.raises(StreamTruncatedError):
        call(edgequake_script.url, "f")
    edgequake_script.stream(b"data: 1\n\n", RESET)
    with pytest.raises(StreamInterruptedError):
        call(edgequake_script.url, "f")
    edgequake_script.stream(b"data: 1\n\nevent: done\ndata: {}\n\n", CLOSE)
    assert call(edgequake_script.url, "f") == [1]


@pytest.mark.parametrize("data", [b"{", b"\xff"])
def test_bad_data_is_an_error(edgequake_script, call, data):
    edgequake_script.stream(b"data: " + data + b"\n\n")
    with pytest.raises(StreamError):
        call(edgequake_script.url, "f")


def test_an_error_event_that_cannot_be_read_is_an_error(edgequake_script, call):
    edgequake_script.stream(b"event: error\ndata: 5\n\n")
    with pytest.raises(StreamError, match="cannot be read"):
        call(edgequake_script.url, "f")


def test_what_a_proxy_answers_is_an_api_error(edgequake_script, call):
    edgequake_script.reply(status=404, text="<h1>nginx</h1>", content_type="text/html")
    with pytest.raises(NotFoundError):
        call(edgequake_script.url, "f")
    edgequake_script.reply(status=502, json=["?"])
    with pytest.raises(APIError):
        call(edgequake_script.url, "f")
    edgequake_script.reply(json={"other": 1})
    with pytest.raises(ResponseError, match="no result"):
        call(edgequake_script.url, "f")
    edgequake_script.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", RESET)
    with pytest.raises(NetworkError):
        call(edgequake_script.url, "f")


def test_a_silence_ends_in_a_timeout(edgequake_script, call):
    edgequake_script.stream(b"data: 1\n\n", Hold())
    with pytest.raises(TimeoutError):
        call(edgequake_script.url, "f", timeout=0.1)


def test_an_address_where_nothing_is(call):
    with pytest.raises(NetworkError, match="cannot reach"):
        call("http://127.0.0.1:1", "f", max_retries=0)


@table("url", ["localhost:8000", "ws://x", "http://", "http://x?y=1"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(ConfigurationError, match="url"):
        RelayClient(url)


def test_arguments_that_json_cannot_hold_are_refused_before_anything_is_sent(served, call):
    with pytest.raises(ConfigurationError, match="arguments"):
        call(served.url, "echo", object())


def test_an_answer_above_the_limit_is_refused(edgequake_script, call):
    edgequake_script.reply(json={"result": "x" * 2000})
    with pytest.raises(ResponseError, match="more than 1000 bytes"):
        call(edgequake_script.url, "f", max_event_bytes=1000)
    edgequake_script.stream(b'data: "' + b"x" * 2000 + b'"\n\n')
    with pytest.raises(StreamError, match="more than 1000 bytes"):
        call(edgequake_script.url, "f", max_event_bytes=1000)


def test_a_call_is_sent_again_only_if_the_function_certainly_did_not_run(edgequake_script, call):
    edgequake_script.reply(status=503, json={"error": "starting"}, headers={"Retry-After": "0"})
    edgequake_script.reply(json={"result": 5})
    assert call(edgequake_script.url, "f") == 5
    edgequake_script.raw(b"", RESET)
    with pytest.raises(NetworkError):
        call(edgequake_script.url, "f")
    assert len(edgequake_script.requests) == 3


def test_your_own_http_client_stays_open(served):
    with httpx.Client(trust_env=False) as mine:
        with RelayClient(served.url, http_client=mine, auth="me", headers={"X-A": "b"}) as client:
            assert client.echo(1) == 1
        assert not mine.is_closed
    with pytest.raises(ConfigurationError, match="http_client"):
        RelayClient(served.url, http_client=httpx.AsyncClient())  # that is the point


def test_private_names_are_no_functions(served):
    with RelayClient(served.url) as client, pytest.raises(AttributeError):
        _ = client._nothing

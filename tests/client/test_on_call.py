"""``on_call=`` gets one record of each call, however it ends, and nothing that it does can break the call."""

from __future__ import annotations

import asyncio
import gc
import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from client.conftest import every_client
from client.wires import CHAT_STREAM, CONTEXT, QUERY, SOURCE, STATS, STREAM, TEXT, chat, openai, token, v2
from tables import table

from edgequake import (
    AsyncEdgequakeClient,
    CallRecord,
    ConfigurationError,
    EdgequakeClient,
    RateLimitedError,
    ServerError,
    StreamError,
    StreamTruncatedError,
    UnauthorizedError,
)
from edgequake._core.calls import any_request
from edgequake._core.observing import UNOBSERVED, observed
from edgequake.adapters.storm import StormClient
from edgequake.testing import CUT, Hold

USER = "00000000-0000-0000-0000-000000000001"
WHOLE = {"answer": TEXT, "mode": "mix", "sources": [SOURCE], "stats": STATS}


@pytest.fixture
def records():
    return []


@every_client
def test_a_whole_stream_is_one_record(caller, server, records):
    server.on("POST", STREAM).stream(*v2("Know", "ledge"), headers={"x-request-id": "r-1"})
    before = datetime.now(UTC)
    caller.collect(caller.client(on_call=records.append).query.stream("q", mode="mix"))
    (record,) = records
    assert isinstance(record, CallRecord)
    assert (record.route, record.outcome, record.error) == (f"POST {STREAM}", "completed", None)
    assert (record.streamed, record.retries, record.fell_back) == (True, 0, False)
    assert (record.status, record.request_id) == (200, "r-1")
    assert (record.mode, record.model, record.sources, record.tokens) == ("hybrid", "gemma3", 1, 7)
    assert before <= record.started_at <= datetime.now(UTC)
    timing = record.timing
    assert timing.chunks == 5
    assert 0 < timing.time_to_first_byte <= timing.time_to_first_chunk <= timing.total
    assert timedelta(seconds=timing.total) <= datetime.now(UTC) - before


def test_a_chat_says_what_its_server_says(caller, server, records):
    client = caller.client(on_call=records.append, tenant_id="default", user_id=USER)
    server.on("POST", CHAT_STREAM).stream(*chat("a")).stream(*openai("a"))
    for _ in range(2):
        caller.collect(client.chat.stream("q"))
    assert [(one.model, one.tokens, one.finish_reason) for one in records] == [
        ("gemma3", 7, None),
        (None, None, "stop"),
    ]


def test_a_plain_call_is_one_record_over_its_tries(caller, server, records):
    server.on("POST", QUERY).reply(status=503).reply(json=WHOLE, headers={"x-request-id": "r-2"})
    caller.call(lambda client: client.query.execute("q", mode="local"), on_call=records.append)
    (record,) = records
    assert (record.route, record.outcome, record.streamed, record.retries) == (f"POST {QUERY}", "completed", False, 1)
    assert (record.status, record.request_id, record.mode, record.sources) == (200, "r-2", "mix", 1)
    assert record.timing.chunks == 0
    assert 0 < record.timing.time_to_first_byte <= record.timing.total


def test_a_route_has_the_names_of_ids(caller, server, records):
    server.on("GET", "/api/v1/documents/d-1").reply(json={"id": "d-1"}).reply(json={"id": "d-1"})
    client = caller.client(on_call=records.append)
    caller.run(client.documents.get("d-1"))
    caller.run(client.request("GET", "/api/v1/documents/d-1?full=1", cast_to=dict))
    assert [record.route for record in records] == [
        "GET /api/v1/documents/{document_id}",
        "GET /api/v1/documents/d-1",
    ]
    assert {record.sources for record in records} == {None}


def test_a_refusal_is_a_failure(caller, server, records):
    server.on("POST", QUERY).reply(status=401)
    server.on("POST", STREAM).reply(status=429, headers={"retry-after": "3600"})
    client = caller.client(on_call=records.append)
    with pytest.raises(UnauthorizedError) as caught:
        caller.run(client.query.execute("q", provider="p", model="m"))
    caller.fails(client.query.stream("q", mode="naive"))
    plain, stream = records
    assert (plain.outcome, plain.status, plain.model) == ("failed", 401, "m")
    assert plain.error is caught.value
    assert (stream.outcome, stream.status, stream.mode) == ("failed", 429, "naive")
    assert isinstance(stream.error, RateLimitedError)


@every_client
def test_a_stream_that_is_cut_has_failed_and_one_that_is_left_has_not(caller, server, records):
    server.on("POST", STREAM).stream(CONTEXT, token("a"), CUT).stream(token("a")).stream(token("a"), Hold())
    client = caller.client(on_call=records.append, max_retries=0)
    errors = [caller.fails(client.query.stream("q")) for _ in range(2)]
    left = caller.open(client.query.stream("q"))
    caller.next(left)
    caller.leave(left)
    caller.close(left)
    assert [record.outcome for record in records] == ["failed", "failed", "left"]
    assert [record.error for record in records] == [*errors, None]
    assert isinstance(errors[1], StreamTruncatedError)
    assert [record.timing.chunks for record in records] == [2, 1, 1]


@pytest.mark.parametrize("opened", [False, True], ids=["leaving the loop", "never read"])
def test_a_stream_that_is_dropped_is_left(server, records, opened):
    server.on("POST", STREAM).stream(token("a"), Hold())
    with EdgequakeClient(base_url=server.url, on_call=records.append) as client:
        stream = client.query.stream("q")
        if opened:
            stream.__enter__()
        else:
            next(stream)
        del stream
        gc.collect()
        (record,) = records
    assert (record.outcome, record.streamed, record.status) == ("left", True, 200)
    assert record.timing.total > 0


def test_a_call_is_told_of_by_the_process_that_began_it(server, records, monkeypatch):
    server.on("POST", STREAM).stream(token("a"), Hold())
    with EdgequakeClient(base_url=server.url, on_call=records.append) as client:
        stream = client.query.stream("q")
        next(stream)
        with monkeypatch.context() as forked:
            forked.setattr("edgequake._core.observing.os.getpid", lambda: -1)
            stream.close()
    assert records == []


def test_a_stream_that_is_open_when_the_program_ends_makes_no_noise(server):
    server.on("POST", STREAM).stream(token("a"), Hold())
    program = (
        "from edgequake import EdgequakeClient\n"
        f"client = EdgequakeClient(base_url={server.url!r}, on_call=print)\n"
        "stream = client.query.stream('q')\n"
        "next(stream)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_stream_that_was_opened_and_closed_has_times(caller, server, records):
    server.on("POST", STREAM).stream(Hold())
    stream = caller.open(caller.client(on_call=records.append).query.stream("q"))
    caller.close(stream)
    assert records[0].timing.total >= records[0].timing.time_to_first_byte > 0


def test_a_fallback_is_part_of_its_stream(caller, server, records):
    server.on("POST", STREAM).reply(status=500)
    server.on("POST", QUERY).reply(status=503).reply(json=WHOLE)
    caller.collect(caller.client(on_call=records.append).query.stream("q", fallback=True))
    (record,) = records
    assert (record.route, record.outcome, record.fell_back) == (f"POST {STREAM}", "completed", True)
    assert (record.retries, record.status, record.mode, record.sources) == (1, 200, "mix", 1)


def test_a_call_that_is_cancelled_is_left(server, records):
    server.on("POST", QUERY).stream(Hold())

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url, on_call=records.append) as client:
            task = asyncio.create_task(client.query.execute("q"))
            await asyncio.to_thread(server.wait_for_requests, 1)
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(main())
    assert [(record.outcome, record.error, record.streamed) for record in records] == [("left", None, False)]


def test_what_on_call_raises_is_logged(caller, server, caplog):
    server.on("POST", STREAM).stream(*v2("a"))
    server.on("POST", QUERY).reply(json=WHOLE)

    def broken(record):
        raise KeyError("no such figure")

    client = caller.client(on_call=broken)
    with caplog.at_level(logging.ERROR, logger="edgequake"):
        assert caller.text(client.query.stream("q")) == "a"
        assert caller.run(client.query.execute("q")).answer == TEXT
    assert [record.getMessage() for record in caplog.records] == [
        f"on_call failed for POST {STREAM}",
        f"on_call failed for POST {QUERY}",
    ]
    assert "no such figure" in caplog.text


def test_a_copy_of_a_client_may_have_another_function_or_none(server, records):
    health = server.on("GET", "/health")
    for _ in range(4):
        health.reply(json={"status": "ok"})
    others = []
    with EdgequakeClient(base_url=server.url, on_call=records.append) as client:
        client.health()
        client.with_options(on_call=others.append).health()
        client.with_options(on_call=None).health()
        client.with_options(max_retries=0).health()
    assert (len(records), len(others)) == (2, 1)


def test_clients_of_other_services_have_it_too(server, records):
    server.on("POST", "/api/v2/answer").reply(status=500)
    client = StormClient(base_url=server.url, api_key="k", on_call=records.append)
    with client, pytest.raises(ServerError):
        client.answer("q")
    assert [record.route for record in records] == ["POST /api/v2/answer"]


def test_a_tool_that_fails_ends_the_stream_with_its_error(server, records, tmp_path):
    server.on("POST", STREAM).stream(*v2("a"))
    with EdgequakeClient(base_url=server.url, on_call=records.append) as client, (tmp_path / "t").open("w") as file:
        stream = client.query.stream("q").tee(file)
        file.close()
        with pytest.raises(StreamError):
            list(stream)
    assert records[0].outcome == "failed"


async def coroutine(record):
    pass


class Asynchronous:
    async def __call__(self, record):
        pass


@table("given", [7, "print", coroutine, Asynchronous()])
def test_anything_but_a_plain_function_is_refused(given):
    with pytest.raises(ConfigurationError, match="on_call must be a plain function"):
        EdgequakeClient(env={}, on_call=given)
    with EdgequakeClient(env={}) as client, pytest.raises(ConfigurationError, match="on_call must be a plain function"):
        client.with_options(on_call=given)


def test_nothing_is_made_for_a_call_that_nobody_watches():
    with EdgequakeClient(env={}) as client:
        assert observed(any_request("GET", "/health", dict), client._config) is UNOBSERVED

"""One table of faults for every service: each client raises the same errors, loses nothing and leaks nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import traceback

import pytest
from adapters.services import SECRET, STORM
from ports import stopped

from edgequake import (
    BadRequestError,
    ConflictError,
    EdgeQuakeError,
    ForbiddenError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    RetryPolicy,
    ServerError,
    ServiceUnavailableError,
    StreamError,
    StreamInterruptedError,
    StreamTruncatedError,
    TimeoutError,
    UnauthorizedError,
    ValidationError,
)
from edgequake.testing import CLOSE, CUT, HALF_CLOSE, KEEP_ALIVE, RESET, Cut, Hold, Repeat

PIECES = ["Knowledge", " graphs", "\n\n", " é 漢 🦊 \u2028", '{"a": 1}', "."]
TEXT = "".join(PIECES)


AFTER = ["reset", "cut", "close", "half", "garbage"]


def begun(service):
    return [service.token("Edge"), service.token("Quake")]


def check(error, kind, partial="EdgeQuake", chunks=2):
    assert type(error) is kind
    assert isinstance(error, EdgeQuakeError)
    assert (error.partial_text, error.chunks_received) == (partial, chunks)


@pytest.mark.parametrize("cut", [None, 1, 7])
@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_the_text_is_whole_and_the_connection_is_used_again(caller, server, service, route, cut, encoding, monkeypatch):
    monkeypatch.setattr("edgequake.adapters._events.END_WITHIN", 60)
    route.always().stream(*service.steps(*PIECES), cut=cut, encoding=encoding)
    client = caller.client()
    for _ in range(2):
        stream = service.stream(client)
        assert caller.text(stream) == stream.text == service.text_of(caller.final(stream)) == TEXT
    assert server.connections == 1


def test_keep_alives_and_line_ends_of_all_kinds_are_no_chunks(caller, service, route):
    steps = b"".join(map(service.event_bytes, service.steps("a", "b")))
    route.stream(KEEP_ALIVE, steps.replace(b"\n", b"\r\n"), KEEP_ALIVE)
    assert [str(chunk) for chunk in caller.collect(service.stream(caller.client()))] == ["a", "b", ""]


def test_unknown_fields_and_kinds_of_events_break_nothing(caller, service, route):
    route.stream(*service.strange, service.token("a"), *service.strange, service.final)
    assert caller.text(service.stream(caller.client(max_retries=0))) == "a"


def test_sources_are_those_of_every_stream(caller, service, route):
    route.stream(service.sources, *service.steps("a"))
    seen = []
    stream = service.stream(caller.client()).on(sources=seen.extend)
    caller.run(stream.run())
    ((source,), (ours,)) = seen, stream.sources
    assert (ours.label, ours.score) == ("a.pdf", 0.5)
    assert source is not None


def test_a_whole_answer(caller, server, service):
    server.on("POST", service.whole_path).reply(json=service.whole)
    assert service.text_of(caller.call(service.ask)) == "whole"


def test_a_stream_that_comes_as_one_json_is_the_answer(caller, service, route):
    route.reply(json=service.whole)
    stream = service.stream(caller.client())
    assert caller.text(stream) == "whole"
    assert service.text_of(caller.final(stream)) == "whole"


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_clean_end_without_the_final_event_is_a_truncated_answer(caller, server, service, route, framing):
    route.stream(*begun(service), framing=framing)
    check(caller.fails(service.stream(caller.client())), StreamTruncatedError)
    caller.until(server.wait_until_idle)


@pytest.mark.parametrize("rest", [b"data: {", b"data: 1\n", b"dat"])
def test_an_end_in_mid_event_is_a_truncated_answer(caller, service, route, rest):
    route.stream(*begun(service), rest)
    check(caller.fails(service.stream(caller.client())), StreamTruncatedError)


@pytest.mark.parametrize("end", [CLOSE, HALF_CLOSE, CUT, Cut("x" * 99)], ids=["close", "half", "cut", "text"])
def test_a_body_that_ends_too_soon_is_an_interrupted_stream(caller, server, service, route, end):
    route.stream(*begun(service), end)
    check(caller.fails(service.stream(caller.client())), StreamInterruptedError)
    caller.until(server.wait_until_closed)


def test_a_reset_is_an_interrupted_stream(caller, server, service, route):
    hold = Hold()
    route.stream(*begun(service), hold, RESET)
    stream = service.stream(caller.client())
    for _ in range(2):
        caller.next(stream)
    hold.release()
    error = caller.fails(stream)
    check(error, StreamInterruptedError)
    assert isinstance(error, ConnectionError)
    caller.until(server.wait_until_closed)


@pytest.mark.parametrize("after", [[RESET], [CUT], [CLOSE], [b"data: half"], ["garbage"]], ids=AFTER)
def test_a_failure_after_the_final_event_takes_nothing_away(caller, service, route, after):
    hold = Hold()
    route.stream(*service.steps("a"), hold, *after)
    stream = service.stream(caller.client())
    assert [str(caller.next(stream)) for _ in range(2)] == ["a", ""]
    hold.release()
    assert caller.collect(stream) == []
    assert service.text_of(caller.final(stream)) == "a"


@pytest.mark.parametrize("rest", [[Hold()], [Repeat(KEEP_ALIVE)]], ids=["silence", "keep-alives"])
def test_a_service_that_never_ends_the_response_is_left_after_its_final_event(
    caller, server, service, route, rest, monkeypatch
):
    monkeypatch.setattr("edgequake.adapters._events.END_WITHIN", 0.05)
    route.stream(*service.steps("a"), *rest)
    stream = service.stream(caller.client())
    assert caller.text(stream) == "a"
    assert service.text_of(caller.final(stream)) == "a"
    caller.until(server.wait_for_disconnect)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, UnauthorizedError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (409, ConflictError),
        (422, ValidationError),
        (429, RateLimitedError),
        (500, ServerError),
        (503, ServiceUnavailableError),
    ],
)
@pytest.mark.parametrize("streamed", [True, False], ids=["stream", "whole"])
def test_an_error_status_is_the_same_error_in_the_services_words(caller, server, service, status, kind, streamed):
    path = service.path if streamed else service.whole_path
    refusal = {"status": "error", "error": {"code": "NO_BUCKET", "message": "no such bucket"}}
    server.on("POST", path).reply(status=status, json=refusal)
    client = caller.client(max_retries=0)
    if streamed:
        error = caller.fails(service.stream(client))
    else:
        with pytest.raises(EdgeQuakeError) as caught:
            caller.run(service.ask(client))
        error = caught.value
    assert type(error) is kind
    assert (error.message, error.code, error.status_code) == ("no such bucket", "NO_BUCKET", status)
    caller.until(server.wait_until_idle)


def test_a_server_that_turns_the_request_away_is_asked_again(caller, server, service, route):
    route.reply(status=503).reply(status=429, headers={"Retry-After": "0"}).stream(*service.steps("a"))
    assert caller.text(service.stream(caller.client())) == "a"
    assert len(server.requests) == 3


@pytest.mark.parametrize("lost", ["drop", "close_without_answer"])
def test_a_request_whose_fate_is_unknown_is_sent_again_only_if_that_does_no_harm(caller, server, service, route, lost):
    getattr(route, lost)().stream(*service.steps("a"))
    stream = service.stream(caller.client())
    if service.replayable:
        assert caller.text(stream) == "a"
    else:
        assert type(caller.fails(stream)) is NetworkError
    assert len(server.requests) == 1 + service.replayable


def test_nothing_is_tried_again_after_the_first_chunk(caller, server, service, route):
    route.stream(service.token("a"), CUT)
    caller.fails(service.stream(caller.client()))
    assert len(server.requests) == 1


def test_a_page_instead_of_a_stream_is_a_stream_error(caller, service, route):
    route.reply(text="<html>please log in</html>", content_type="text/html")
    error = caller.fails(service.stream(caller.client()))
    check(error, StreamError, "", 0)
    assert "please log in" in str(error)


def test_an_event_that_is_too_large_is_a_stream_error(caller, server, service, route):
    route.stream(service.token("a"), service.token("x" * 5000), Hold())
    check(caller.fails(service.stream(caller.client(max_event_bytes=4096))), StreamError, "a", 1)
    caller.until(server.wait_for_disconnect)


def test_a_server_that_cannot_be_reached(caller, server, service):
    with stopped(server):
        error = caller.fails(service.stream(caller.client(retry=RetryPolicy(max_retries=1, initial_delay=0))))
    assert (type(error), error.request_sent) == (NetworkError, False)


def test_silence_before_the_first_chunk(caller, server, service, route, soon):
    route.stream(KEEP_ALIVE, Hold())
    client = caller.client(**service.patience(first_chunk=soon, chunk=soon))
    error = caller.fails(service.stream(client))
    check(error, TimeoutError, "", 0)
    assert error.stage == "first_chunk"
    caller.until(server.wait_for_disconnect)


def test_silence_between_two_chunks(caller, server, service, route, soon):
    route.stream(service.token("Edge"), service.token("Quake"), KEEP_ALIVE, Hold())
    patience = service.patience(first_chunk=soon, chunk=soon)
    error = caller.fails(service.stream(caller.client(**patience)))
    check(error, TimeoutError)
    assert error.stage == "chunk"
    caller.until(server.wait_for_disconnect)


def test_keep_alives_are_no_progress(caller, service, route, soon):
    route.stream(service.token("a"), Repeat(KEEP_ALIVE))
    error = caller.fails(service.stream(caller.client(**service.patience(first_chunk=20, chunk=soon))))
    assert type(error) is TimeoutError


@pytest.mark.parametrize("how", ["close", "leave", "loop", "garbage", "prefetch"])
def test_whoever_leaves_gives_the_connection_back(caller, server, service, route, how):
    route.stream(service.token("a"), Repeat(service.token("b")))
    client = caller.client()

    def loop():
        for _ in service.stream(client):
            break

    async def loop_async():
        async for _ in service.stream(client):
            break
        gc.collect()

    if how == "loop":
        caller.run(loop_async() if caller.is_async else loop())
    elif how == "garbage":
        caller.run(dropped_async(service, client) if caller.is_async else dropped(service, client))
    else:
        stream = caller.open(service.stream(client))
        if how == "prefetch":
            stream.prefetch(2)
        caller.next(stream)
        caller.leave(stream) if how == "leave" else caller.close(stream)
        with pytest.raises(StreamError, match="closed before its end"):
            caller.final(stream)
    caller.until(server.wait_for_disconnect)
    caller.until(server.wait_until_closed)


def dropped(service, client):
    next(service.stream(client))
    gc.collect()


async def dropped_async(service, client):
    await anext(service.stream(client))
    gc.collect()


def test_cancelling_gives_the_connection_back(server, service, route):
    route.stream(service.token("a"), Hold())

    async def main():
        async with service.async_class(base_url=server.url) as client:
            begun = asyncio.Event()

            async def read():
                async for _ in service.stream(client):
                    begun.set()

            reading = asyncio.create_task(read())
            await begun.wait()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            await asyncio.to_thread(server.wait_until_closed)

    asyncio.run(main())


def test_a_consumer_that_is_slow_holds_the_server_back(caller, server, service, route):
    route.stream(Repeat(service.token("x" * 4096)))
    stream = service.stream(caller.client()).prefetch(3)
    for taken in range(1, 3):
        caller.next(stream)
        caller.until(server.wait_until_blocked)
        assert stream.timing.chunks <= taken + 3
    caller.close(stream)
    caller.until(server.wait_for_disconnect)


@pytest.mark.parametrize("tool", ["words", "lines", "sentences", "batched"])
def test_every_tool_works_on_every_stream(caller, service, route, tool, tmp_path):
    route.stream(*service.steps(*PIECES), cut=5)
    stream = service.stream(caller.client()).tee(tmp_path / "text.txt").tee(tmp_path / "chunks.jsonl")
    assert "".join(caller.collect(getattr(stream, tool)())) == TEXT
    assert (tmp_path / "text.txt").read_bytes().decode() == TEXT
    assert len((tmp_path / "chunks.jsonl").read_text("utf-8").split("\n")) == len(PIECES) + 2


def test_streams_are_counted(caller, service, route):
    route.stream(*service.steps("a")).stream(service.token("a"), CUT)
    client = caller.client()
    caller.collect(service.stream(client))
    caller.fails(service.stream(client))
    stats = client.stats
    assert (stats.total_streams, stats.completed_streams, stats.total_errors, stats.total_chunks) == (2, 1, 1, 3)


@pytest.mark.parametrize(
    "play",
    [
        lambda route, service: route.stream(*service.steps("a")),
        lambda route, service: route.drop(),
        lambda route, service: route.raw(b"garbage\r\n\r\n"),
        lambda route, service: route.reply(status=401, json={"error": "unauthorized", "message": "no"}),
        lambda route, service: route.reply(text="<html>", content_type="text/html"),
        lambda route, service: route.stream(service.token("a"), CUT),
        lambda route, service: route.stream(service.token("a"), Hold()),
        lambda route, service: route.stream(b"data: \xff\xfe\n\n" * 9),
    ],
    ids=["whole", "drop", "garbage", "401", "page", "cut", "silence", "bytes"],
)
def test_no_key_shows(caller, server, service, route, caplog, play):
    caplog.set_level(logging.DEBUG)
    play(server.on("POST", service.path).always(), service)
    client = caller.client(**service.secret, **service.patience(first_chunk=0.2, chunk=0.2), max_retries=0)
    stream = service.stream(client)
    with contextlib.suppress(EdgeQuakeError):
        caller.collect(stream)
    link = stream.failure
    while link is not None:
        assert SECRET not in f"{link} {link!r} {link.args} {vars(link)}"
        request = getattr(link, "_request", None)
        assert request is None or SECRET not in str(list(request.headers.items()))
        link = link.__cause__ or link.__context__
    if stream.failure is not None:
        assert SECRET not in "".join(traceback.format_exception(stream.failure))
    assert SECRET not in f"{client!r} {vars(client)} {stream!r} {stream.failure!r}"
    assert SECRET not in caplog.text
    assert SECRET in str(server.requests[0].headers)


def test_another_services_keys_are_not_sent(server, monkeypatch):
    monkeypatch.setenv("EDGEQUAKE_API_KEY", SECRET)
    monkeypatch.setenv("EDGEQUAKE_TENANT_ID", SECRET)
    server.on("POST", STORM.path).stream(*STORM.steps("a"))
    with STORM.sync_class(base_url=server.url) as client:
        list(STORM.stream(client))
    assert SECRET not in str(server.requests[0].headers)

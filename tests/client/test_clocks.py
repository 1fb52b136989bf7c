"""Every wait ends: each clock of a stream raises by its own name, and none cuts a stream that goes on."""

from __future__ import annotations

import pytest
from client.conftest import every_client
from client.wires import CHAT_STREAM, DONE, QUERY, STREAM, TITLE, chat, token, wire_bytes

from edgequake import EdgequakeClient, RetryPolicy, Timeout, TimeoutError
from edgequake.testing import KEEP_ALIVE, Hold, Repeat

LONG = 30.0
ONCE = RetryPolicy(max_retries=0)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def check(caller, server, error, stage, soon, *, partial="", chunks=0):
    assert type(error) is TimeoutError
    assert (error.stage, error.partial_text, error.chunks_received) == (stage, partial, chunks)
    assert f"{soon:g} s" in str(error)
    assert len(caller.until(lambda: server.wait_for_requests(1))) == 1
    caller.until(server.wait_until_idle)
    caller.until(server.wait_until_closed)


def client(caller, **clocks):
    return caller.client(timeout=Timeout(LONG, **clocks), retry=ONCE)


def test_silence_before_the_answer_begins(caller, server, soon):
    server.on("POST", STREAM).raw(Hold())
    stream = client(caller, response=soon).query.stream("q")
    check(caller, server, caller.fails(stream), "response", soon)
    assert stream.response is None


def test_silence_before_a_plain_answer_begins(caller, server, soon):
    server.on("POST", QUERY).raw(Hold())
    with pytest.raises(TimeoutError) as caught:
        caller.run(client(caller, response=soon).query.execute("q"))
    check(caller, server, caught.value, "response", soon)


def test_silence_in_the_body_of_a_plain_answer(caller, server, soon):
    server.on("POST", QUERY).stream(b'{"answer":', Hold(), content_type="application/json")
    with pytest.raises(TimeoutError) as caught:
        caller.run(client(caller, response=soon).query.execute("q"))
    check(caller, server, caught.value, "response", soon)
    assert "the server began its answer and did not end it within" in str(caught.value)


def test_silence_in_the_middle_of_a_download(caller, server, soon):
    server.on("GET", "/api/v1/documents/pdf/a/download").stream(b"%PDF", Hold())
    with pytest.raises(TimeoutError) as caught:
        caller.run(client(caller, response=soon).documents.pdf.download("a"))
    check(caller, server, caught.value, "response", soon)
    assert "the server began its answer and sent no more of it for" in str(caught.value)


def test_a_plain_body_that_comes_drop_by_drop_without_end(caller, server, briefly):
    server.on("POST", QUERY).stream(Repeat(b" "), content_type="application/json")
    with pytest.raises(TimeoutError) as caught:
        caller.run(client(caller, response=briefly).query.execute("q"))
    check(caller, server, caught.value, "response", briefly)


@pytest.mark.parametrize("steps", [[], [KEEP_ALIVE], [b"data: half an ev"], [b"\n\n"]], ids=["", "ping", "half", "nl"])
def test_silence_before_the_first_chunk(caller, server, soon, steps):
    server.on("POST", STREAM).stream(*steps, Hold())
    error = caller.fails(client(caller, first_chunk=soon).query.stream("q"))
    check(caller, server, error, "first_chunk", soon)


@pytest.mark.parametrize("steps", [[], [KEEP_ALIVE], [b"data: half an ev"]], ids=["", "ping", "half"])
def test_silence_between_two_chunks(caller, server, soon, steps):
    server.on("POST", STREAM).stream(token("Edge"), token("Quake"), *steps, Hold())
    error = caller.fails(client(caller, chunk=soon).query.stream("q"))
    check(caller, server, error, "chunk", soon, partial="EdgeQuake", chunks=2)


def test_silence_behind_endless_keep_alives_before_the_first_chunk(caller, server, briefly):
    server.on("POST", STREAM).stream(Repeat(KEEP_ALIVE))
    error = caller.fails(client(caller, first_chunk=briefly).query.stream("q"))
    check(caller, server, error, "first_chunk", briefly)


def test_silence_behind_endless_keep_alives_between_two_chunks(caller, server, briefly):
    server.on("POST", STREAM).stream(token("Edge"), Repeat(KEEP_ALIVE))
    error = caller.fails(client(caller, chunk=briefly).query.stream("q"))
    check(caller, server, error, "chunk", briefly, partial="Edge", chunks=1)


def test_endless_empty_events_are_no_progress(caller, server, briefly):
    server.on("POST", STREAM).stream(token("Edge"), Repeat(b"data:\n\nevent: x\n\n"))
    error = caller.fails(client(caller, chunk=briefly).query.stream("q"))
    check(caller, server, error, "chunk", briefly, partial="Edge", chunks=1)


def test_compressed_keep_alives_are_no_progress(caller, server, briefly):
    server.on("POST", STREAM).stream(token("Edge"), Repeat(KEEP_ALIVE), encoding="gzip")
    error = caller.fails(client(caller, chunk=briefly).query.stream("q"))
    check(caller, server, error, "chunk", briefly, partial="Edge", chunks=1)


def test_headers_that_come_drop_by_drop_without_end(caller, server, soon):
    server.on("POST", STREAM).raw(b"HTTP/1.1 200 OK\r\nX-Slow: ", Repeat(b"x", 50), Hold())
    error = caller.fails(client(caller, connect=soon / 2, response=soon).query.stream("q"))
    check(caller, server, error, "response", soon)


@pytest.mark.parametrize("clocks", [{}, {"first_chunk": LONG}, {"chunk": LONG}])
def test_total_ends_an_endless_stream(caller, server, soon, clocks):
    server.on("POST", STREAM).stream(Repeat(token("x")))
    stream = client(caller, total=soon, **clocks).query.stream("q")
    error = caller.fails(stream)
    assert error.stage == "total"
    assert error.partial_text == stream.text
    assert set(stream.text) == {"x"}
    caller.until(server.wait_until_closed)


@pytest.mark.parametrize(
    "steps",
    [[HEAD[:20], Hold()], [HEAD, Hold()], [HEAD, b"2a\r\n", Hold()]],
    ids=["headers", "first chunk", "half a chunk"],
)
def test_total_ends_a_silence_wherever_it_is(caller, server, soon, steps):
    server.on("POST", STREAM).raw(*steps)
    error = caller.fails(client(caller, total=soon).query.stream("q"))
    check(caller, server, error, "total", soon)


def test_total_covers_the_retries(caller, server, soon):
    server.on("POST", STREAM).always().drop()
    failing = caller.client(timeout=Timeout(LONG, total=soon), retry=RetryPolicy(10**6, initial_delay=0))
    error = caller.fails(failing.query.stream("q"))
    assert type(error).__name__ in ("NetworkError", "TimeoutError")
    assert 1 <= len(server.requests) < 10**6


def test_a_wait_for_a_retry_that_total_would_cut_is_not_begun(caller, server):
    server.on("POST", STREAM).reply(status=503, headers={"Retry-After": "20"})
    error = caller.fails(caller.client(timeout=Timeout(LONG, total=5)).query.stream("q"))
    assert (type(error).__name__, error.retry_after) == ("ServiceUnavailableError", 20)
    assert len(server.requests) == 1


def test_total_is_asked_at_each_new_chunk_of_a_stream_in_hand(caller, server, soon):
    server.on("POST", STREAM).stream(token("Edge"), Hold())
    with_total = client(caller, total=soon)
    stream = with_total.query.stream("q")
    assert str(caller.next(stream)) == "Edge"
    check(caller, server, caller.fails(stream), "total", soon, partial="Edge", chunks=1)


def test_a_slow_stream_whose_chunks_keep_coming_is_never_cut(caller, server, pace):
    """The waits add up to more than any clock; not one of them does."""
    holds = [Hold() for _ in range(4)]
    steps = [step for hold in holds for step in (token("x"), KEEP_ALIVE, b"data:\n\n", hold)]
    server.on("POST", STREAM).stream(*steps, DONE)
    stream = client(caller, first_chunk=0.8 * pace, chunk=0.8 * pace).query.stream("q")
    for hold in holds:
        assert str(caller.next(stream)) == "x"
        caller.later(0.25 * pace, hold.release).start()
    assert caller.text(stream) == ""
    assert stream.text == "xxxx"


def test_an_event_that_brings_no_chunk_beside_one_that_does_is_still_progress(caller, server, soon):
    """One read holds a token and an empty event after it."""
    hold = Hold()
    server.on("POST", STREAM).stream(b'data: {"type":"token","content":"x"}\n\ndata:\n\n', hold, DONE)
    stream = client(caller, first_chunk=soon).query.stream("q")
    assert str(caller.next(stream)) == "x"
    caller.later(2 * soon, hold.release).start()
    assert caller.text(stream) == ""


def test_the_time_a_slow_reader_takes_is_not_the_servers(caller, server, soon):
    first, second = Hold(), Hold()
    server.on("POST", STREAM).stream(token("a"), first, token("b"), second, DONE)
    stream = client(caller, first_chunk=LONG, chunk=soon).query.stream("q")
    assert str(caller.next(stream)) == "a"
    first.release()
    caller.until(second.wait_until_reached)
    caller.until(caller.later(2 * soon, second.release).run)  # the reader is busy elsewhere
    assert caller.text(stream) == "b"


def test_silence_after_done_is_no_failure(caller, server, soon):
    server.on("POST", CHAT_STREAM).stream(*chat("Hello"), Hold())
    stream = client(caller, chunk=soon).chat.stream("q")
    assert caller.collect(stream)[-1] == TITLE
    assert caller.final(stream).content == "Hello"
    caller.until(server.wait_until_closed)


def test_a_timeout_of_one_call_goes_before_the_clients(caller, server, soon):
    server.on("POST", STREAM).stream(Hold())
    slow = client(caller)
    check(caller, server, caller.fails(slow.query.stream("q", timeout=soon)), "first_chunk", soon)


def test_without_limits_a_stream_may_take_as_long_as_it_likes(caller, server):
    server.on("POST", STREAM).stream(token("a"), DONE)
    assert caller.text(caller.client(timeout=None).query.stream("q")) == "a"


def test_a_first_chunk_that_may_take_longer_than_the_others(caller, server, soon):
    hold = Hold()
    server.on("POST", STREAM).stream(hold, wire_bytes([token("a"), DONE]))
    stream = client(caller, first_chunk=None, chunk=soon).query.stream("q")
    caller.later(2 * soon, hold.release).start()
    assert caller.text(stream) == "a"


@every_client
def test_a_connection_that_is_not_accepted_in_time(caller, unanswering, soon):
    waiting = caller.client(base_url=unanswering, timeout=Timeout(LONG, connect=soon), retry=ONCE)
    error = caller.fails(waiting.query.stream("q"))
    assert (type(error), error.stage) == (TimeoutError, "connect")


def test_a_deadline_holds_on_a_connection_that_is_used_again():
    """The deadline of one call says nothing about the next."""
    from edgequake.testing import ScriptServer

    with ScriptServer() as server, EdgequakeClient(base_url=server.url, retry=ONCE) as one:
        server.always().reply(json={"answer": "a"})
        for _ in range(3):
            assert one.query.execute("q", timeout=Timeout(LONG, total=LONG)).answer == "a"
        assert server.connections == 1

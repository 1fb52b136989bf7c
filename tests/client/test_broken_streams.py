"""A stream that goes wrong raises, by name, with the text so far; nothing that came is lost in silence."""

from __future__ import annotations

import logging

import pytest
from client.conftest import every_client
from client.wires import (
    CHAT_STREAM,
    CHAT_WIRES,
    DONE,
    ERROR_EVENT,
    QUERY_WIRES,
    STREAM,
    TITLE,
    chat,
    guide,
    openai,
    token,
    v2,
)

from edgequake import (
    EdgeQuakeError,
    NetworkError,
    ResponseError,
    StreamError,
    StreamInterruptedError,
    StreamTruncatedError,
    Timeout,
    TimeoutError,
)
from edgequake.testing import CLOSE, CUT, HALF_CLOSE, KEEP_ALIVE, RESET, Cut, Hold

BEGUN = [token("Edge"), token("Quake")]
WITH_AN_END = {name: wire for name, wire in QUERY_WIRES.items() if name != "v1"}


def check(caller, server, error, kind, *, partial="EdgeQuake", chunks=2, requests=1):
    """The error is of this very class, tells what had come, and the connection is gone or free."""
    assert type(error) is kind
    assert isinstance(error, EdgeQuakeError)
    assert (error.partial_text, error.chunks_received) == (partial, chunks)
    assert len(server.requests) == requests
    caller.until(server.wait_until_idle)


@pytest.mark.parametrize(
    ("event", "message", "code"),
    [
        (ERROR_EVENT, "the model went away", "STREAM_ERROR"),
        ({"type": "error"}, "the server reported an error", None),
        ({"type": "error", "message": {"why": "x"}, "code": 7}, '{"why":"x"}', "7"),
        ({"error": {"message": "overloaded", "code": "busy"}}, "overloaded", "busy"),
        ({"error": "in words"}, "in words", None),
        ({"type": "error", "error": "in words"}, "in words", None),
    ],
)
def test_an_error_event_raises_in_the_servers_words(caller, server, event, message, code):
    server.on("POST", STREAM).stream(*BEGUN, event, token("never shown"), DONE)
    stream = caller.client().query.stream("q")
    error = caller.fails(stream)
    check(caller, server, error, StreamError)
    assert (error.message, error.code) == (message, code)
    assert stream.text == "EdgeQuake"


def test_an_error_event_as_the_first_event_is_not_tried_again(caller, server):
    server.on("POST", STREAM).stream(ERROR_EVENT)
    check(caller, server, caller.fails(caller.client().query.stream("q")), StreamError, partial="", chunks=0)


def test_an_error_in_a_chat_raises_too(caller, server):
    server.on("POST", CHAT_STREAM).stream(*chat("Hel", "lo")[:4], ERROR_EVENT)
    error = caller.fails(caller.client().chat.stream("q"))
    check(caller, server, error, StreamError, partial="Hello", chunks=4)


def test_an_error_on_openais_wire_raises_too(caller, server):
    server.on("POST", CHAT_STREAM).stream(*openai("Hello")[:2], {"error": {"message": "quota", "code": "429"}})
    error = caller.fails(caller.client().chat.stream("q"))
    check(caller, server, error, StreamError, partial="Hello", chunks=2)
    assert error.message == "quota"


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("wire", WITH_AN_END)
def test_a_clean_end_without_the_final_event_is_a_truncated_answer(caller, server, wire, framing):
    steps = [step for step in WITH_AN_END[wire]("Edge", "Quake") if not is_end(step)]
    server.on("POST", STREAM).stream(*steps, framing=framing)
    error = caller.fails(caller.client().query.stream("q"))
    check(caller, server, error, StreamTruncatedError, chunks=len(steps))
    assert isinstance(error, StreamError)


def is_end(step):
    """Whether this step of any wire says that the answer is whole."""
    if not isinstance(step, dict):
        return step == "[DONE]"
    return step.get("type") == "done" or bool((step.get("choices") or [{}])[0].get("finish_reason"))


def test_raw_text_has_no_final_event_and_ends_with_the_response(caller, server):
    server.on("POST", STREAM).stream("Edge", "Quake")
    assert caller.text(caller.client().query.stream("q")) == "EdgeQuake"


@pytest.mark.parametrize("last", ["Error: the model went away", "Error: the model\nwent away"])
def test_the_last_token_of_raw_text_that_says_error_is_an_error(caller, server, last):
    server.on("POST", STREAM).stream("Edge", "Quake", last)
    error = caller.fails(caller.client().query.stream("q", stream_format="v1"))
    check(caller, server, error, StreamError)
    assert error.message == last.removeprefix("Error: ")


def test_an_error_word_in_the_middle_of_raw_text_is_text(caller, server):
    server.on("POST", STREAM).stream("a ", "Error: 404", " is a status")
    assert caller.text(caller.client().query.stream("q")) == "a Error: 404 is a status"


def test_an_empty_stream_is_a_truncated_answer(caller, server):
    server.on("POST", STREAM).stream()
    error = caller.fails(caller.client().query.stream("q"))
    check(caller, server, error, StreamTruncatedError, partial="", chunks=0)
    assert "without sending anything" in str(error)


def test_an_answer_without_content_is_a_truncated_answer(caller, server):
    server.on("POST", STREAM).reply(status=204)
    error = caller.fails(caller.client().query.stream("q"))
    check(caller, server, error, StreamTruncatedError, partial="", chunks=0)


@pytest.mark.parametrize("rest", [b'data: {"type":"token","con', b"data: x\n", b"dat"])
def test_an_event_that_no_blank_line_ends_is_a_truncated_answer(caller, server, rest):
    for wire in ([*BEGUN], ["Edge", "Quake"]):
        server.on("POST", STREAM).stream(*wire, rest)
        error = caller.fails(caller.client().query.stream("q"))
        assert type(error) is StreamTruncatedError
        assert (error.partial_text, error.chunks_received) == ("EdgeQuake", 2)


def test_a_comment_that_is_cut_takes_nothing_from_raw_text(caller, server):
    server.on("POST", STREAM).stream("whole", b": keep-al")
    assert caller.text(caller.client().query.stream("q")) == "whole"


@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize("wire", QUERY_WIRES)
def test_a_reset_in_mid_stream_is_an_interrupted_stream(caller, server, wire, framing):
    hold = Hold()
    steps = QUERY_WIRES[wire]("Edge", "Quake")
    server.on("POST", STREAM).stream(*steps[:2], hold, RESET, framing=framing)
    stream = caller.client().query.stream("q")
    seen = [caller.next(stream) for _ in range(2)]
    hold.release()
    error = caller.fails(stream)
    check(caller, server, error, StreamInterruptedError, partial="".join(map(str, seen)))
    assert isinstance(error, NetworkError)
    assert isinstance(error, ConnectionError)
    caller.until(server.wait_until_closed)


@pytest.mark.parametrize("wire", QUERY_WIRES)
@pytest.mark.parametrize("end", [CLOSE, HALF_CLOSE, CUT, Cut("Quake, and more")], ids=["close", "half", "cut", "text"])
def test_a_body_that_ends_before_its_framing_says_is_an_interrupted_stream(caller, server, wire, end):
    steps = [step for step in QUERY_WIRES[wire]("Edge", "Quake") if not is_end(step)]
    server.on("POST", STREAM).stream(*steps, end)
    error = caller.fails(caller.client().query.stream("q"))
    check(caller, server, error, StreamInterruptedError, chunks=len(steps))
    caller.until(server.wait_until_closed)


@every_client
def test_a_chunk_size_that_is_no_number_is_an_interrupted_stream(caller, server, soon):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    event = b'data: {"type":"token","content":"Edge"}\n\n'
    hold = Hold()
    server.on("POST", STREAM).raw(head + b"%x\r\n%b\r\n" % (len(event), event), hold, b"zzz\r\n", CLOSE)
    stream = caller.client(timeout=Timeout(20, chunk=soon)).query.stream("q")
    assert str(caller.next(stream)) == "Edge"
    hold.release()
    error = caller.fails(stream)
    if caller.over_aiohttp:  # it says nothing of this, so that only the clock ends the stream
        assert (type(error), error.partial_text) == (TimeoutError, "Edge")
        return
    check(caller, server, error, StreamInterruptedError, partial="Edge", chunks=1)


def test_broken_compression_is_a_stream_error(caller, server):
    server.on("POST", STREAM).stream(b"this is not gzip", headers={"Content-Encoding": "gzip"})
    check(caller, server, caller.fails(caller.client().query.stream("q")), StreamError, partial="", chunks=0)
    server.on("POST", "/api/v1/query").reply(text="nor this", headers={"Content-Encoding": "gzip"})
    with pytest.raises(ResponseError, match="compression"):
        caller.call(lambda client: client.query.execute("q"))


@pytest.mark.parametrize("to", [None, "a.pdf"])
def test_a_download_of_broken_compression_is_named(caller, server, tmp_path, to):
    path = "/api/v1/documents/pdf/a/download"
    server.on("GET", path).reply(text="no gzip", headers={"Content-Encoding": "gzip", "X-Request-Id": "r-1"})
    with pytest.raises(ResponseError) as caught:
        caller.call(lambda client: client.documents.pdf.download("a", to=to and tmp_path / to))
    assert str(caught.value).startswith(f"GET {server.url}{path}: ")
    assert (caught.value.status_code, caught.value.request_id) == (200, "r-1")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "token", "content": 42},
        {"type": "token"},
        {"type": "context", "sources": "many"},
        {"type": "done", "stats": []},
        {"choices": 3},
        {"choices": [3]},
        {"choices": [{"delta": "x"}]},
        {"choices": [{"delta": {"content": 7}}]},
        "not json",
        "[1, 2]",
    ],
    ids=str,
)
def test_an_event_of_the_wrong_shape_is_a_stream_error_that_shows_it(caller, server, bad):
    server.on("POST", STREAM).stream(*BEGUN, bad, DONE)
    error = caller.fails(caller.client().query.stream("q"))
    check(caller, server, error, StreamError)


@pytest.mark.parametrize("wire", [v2, guide, openai])
@pytest.mark.parametrize(
    "after",
    [[RESET], [CLOSE], [CUT], [ERROR_EVENT], ["garbage"], [b"data: half"], [b"\xff\xfe\n\n", KEEP_ALIVE, RESET]],
    ids=["reset", "close", "cut", "error", "garbage", "half", "mixed"],
)
def test_a_failure_after_the_final_event_takes_nothing_away(caller, server, wire, after):
    hold = Hold()
    steps = wire("Edge", "Quake")
    server.on("POST", STREAM).stream(*steps, hold, *after)
    stream = caller.client().query.stream("q")
    text = "".join(str(caller.next(stream)) for _ in steps)
    hold.release()
    assert caller.collect(stream) == []
    assert text == "EdgeQuake"
    assert caller.final(stream).answer == "EdgeQuake"
    assert stream.failure is None
    caller.until(server.wait_until_idle)


def test_a_failure_after_the_final_event_is_logged(caller, server, caplog):
    caplog.set_level(logging.INFO, logger="edgequake")
    server.on("POST", STREAM).stream(*v2("a"), ERROR_EVENT)
    assert caller.text(caller.client().query.stream("q")) == "a"
    (record,) = [record for record in caplog.records if record.name == "edgequake"]
    assert record.getMessage() == (
        f"POST {STREAM} failed after its end, which takes nothing from the answer: the model went away (STREAM_ERROR)"
    )
    assert (record.levelname, record.route) == ("INFO", f"POST {STREAM}")


@pytest.mark.parametrize("wire", CHAT_WIRES)
def test_a_chat_that_is_reset_after_its_end_is_whole(caller, server, wire):
    hold = Hold()
    steps = CHAT_WIRES[wire]("Hello")
    server.on("POST", CHAT_STREAM).stream(*steps, hold, RESET)
    stream = caller.client().chat.stream("q")
    for _ in steps:
        caller.next(stream)
    hold.release()
    answer = caller.final(stream)
    assert answer.content == "Hello"
    assert answer.title == (TITLE["title"] if wire == "chat" else None)


def test_a_failure_is_raised_again_by_whatever_is_asked_of_the_stream(caller, server):
    server.on("POST", STREAM).stream(*BEGUN, ERROR_EVENT)
    stream = caller.client().query.stream("q")
    error = caller.fails(stream)
    assert caller.fails(stream) is error
    with pytest.raises(StreamError) as caught:
        caller.final(stream)
    assert caught.value is error
    with pytest.raises(StreamError):
        caller.next(stream)
    assert stream.failure is error
    assert len(server.requests) == 1


def test_final_raises_the_failure_that_it_meets(caller, server):
    server.on("POST", STREAM).stream(*BEGUN, ERROR_EVENT)
    stream = caller.client().query.stream("q")
    with pytest.raises(StreamError, match="went away") as caught:
        caller.final(stream)
    assert caught.value.partial_text == "EdgeQuake"


def test_an_open_stream_that_fails_leaves_its_client_usable(caller, server):
    server.on("POST", STREAM).stream(*BEGUN, RESET).stream(*v2("whole"))
    client = caller.client()
    caller.fails(client.query.stream("q"))
    assert caller.text(client.query.stream("q")) == "whole"

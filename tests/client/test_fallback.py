"""A stream that fails can go on with the whole answer; other kinds of answers are taken for what they are."""

from __future__ import annotations

import logging

import httpx
import pytest
from client.wires import (
    CHAT,
    CHAT_STREAM,
    CONTEXT,
    DONE,
    ERROR_EVENT,
    GUIDE,
    QUERY,
    SOURCE,
    STATS,
    STREAM,
    TEXT,
    guide,
    openai,
    token,
    v2,
)

from edgequake import (
    APIError,
    ConfigurationError,
    NetworkError,
    ResponseError,
    ServerError,
    StreamError,
    StreamTruncatedError,
    Timeout,
    TimeoutError,
    UnauthorizedError,
)
from edgequake.testing import CUT, RESET, Hold

WHOLE = {"answer": TEXT, "mode": "mix", "sources": [SOURCE], "stats": STATS}


@pytest.fixture
def warnings(caplog):
    caplog.set_level(logging.WARNING, logger="edgequake")
    return lambda: [record.getMessage() for record in caplog.records]


NO_TEXT = {
    "500": lambda route: route.reply(status=500, text="boom"),
    "401": lambda route: route.reply(status=401),
    "reset": lambda route: route.drop(),
    "silence": lambda route: route.stream(Hold()),
    "error event": lambda route: route.stream(CONTEXT, ERROR_EVENT),
    "empty": lambda route: route.stream(),
    "cut": lambda route: route.stream(CONTEXT, CUT),
    "page": lambda route: route.reply(text="<html>", content_type="text/html"),
    "bad json": lambda route: route.reply(text="{", content_type="application/json"),
    "bad event": lambda route: route.stream({"type": "done", "stats": 7}),
}


@pytest.mark.parametrize("failure", NO_TEXT)
@pytest.mark.parametrize("opened", [False, True], ids=["iterated", "opened"])
@pytest.mark.filterwarnings("ignore::edgequake.IgnoredOptionWarning")
def test_a_stream_that_fails_before_any_text_goes_on_with_the_whole_answer(caller, server, caplog, failure, opened):
    caplog.set_level(logging.WARNING, logger="edgequake")
    NO_TEXT[failure](server.on("POST", STREAM))
    server.on("POST", QUERY).reply(json=WHOLE)
    client = caller.client(timeout=Timeout(20, first_chunk=0.1), max_retries=0)
    stream = client.query.stream("q", fallback=True, mode="hybrid", top_k=3)
    chunks = caller.collect(caller.open(stream) if opened else stream)
    assert "".join(map(str, chunks)) == TEXT
    assert [chunk.type for chunk in chunks][-3:] == ["context", "token", "done"]
    answer = caller.final(stream)
    assert (answer.answer, answer.mode, answer.stats.tokens_used) == (TEXT, "mix", 7)
    assert [source.file_path for source in answer.sources] == ["graphs.md"]
    assert stream.failure is None
    assert server.requests[-1].json == {"query": "q", "mode": "hybrid", "max_results": 3}
    assert len(server.requests) == 2
    warning = caplog.records[0]
    assert warning.route == f"POST {STREAM}"
    assert warning.getMessage().startswith(f"POST {STREAM} failed: ")
    assert warning.getMessage().endswith("; asking for the whole answer")


@pytest.mark.parametrize(
    "rest", [[ERROR_EVENT], [RESET], [CUT], [], [Hold()]], ids=["error", "reset", "cut", "end", "silence"]
)
def test_a_stream_that_fails_after_some_text_does_not_begin_again(caller, server, rest):
    hold = Hold()
    server.on("POST", STREAM).stream(token("Edge"), hold, *rest)
    client = caller.client(timeout=Timeout(20, chunk=0.1))
    stream = client.query.stream("q", fallback=True)
    assert str(caller.next(stream)) == "Edge"
    hold.release()
    error = caller.fails(stream)
    assert error.partial_text == "Edge"
    assert [request.path for request in server.requests] == [STREAM]


def test_where_the_whole_answer_fails_too_its_error_is_raised(caller, server):
    server.on("POST", STREAM).reply(status=500, text="first")
    server.on("POST", QUERY).reply(status=401, text="second")
    stream = caller.client().query.stream("q", fallback=True)
    error = caller.fails(stream)
    assert isinstance(error, UnauthorizedError)
    assert isinstance(error.__cause__, ServerError)
    assert stream.failure is error


def test_the_log_of_a_fallback_says_why_and_the_servers_id_of_the_request(caller, server, caplog):
    caplog.set_level(logging.WARNING, logger="edgequake")
    server.on("POST", STREAM).reply(status=500, text="boom", headers={"x-request-id": "r-1"})
    server.on("POST", QUERY).reply(json=WHOLE)
    assert caller.text(caller.client().query.stream("q", fallback=True)) == TEXT
    (record,) = caplog.records
    assert "boom (500)" in record.getMessage()
    assert record.request_id == "r-1"


@pytest.mark.parametrize("opened", [False, True], ids=["iterated", "opened"])
def test_a_failed_stream_has_released_its_connection_before_the_whole_answer_is_asked_for(caller, server, opened):
    """There is only one connection: a stream that kept it would wait for itself."""
    server.on("POST", STREAM).stream(CONTEXT, ERROR_EVENT, Hold())
    server.on("POST", QUERY).reply(json=WHOLE)
    limits = httpx.Limits(max_connections=1)
    mine = (httpx.AsyncClient if caller.is_async else httpx.Client)(limits=limits)
    caller.closes(mine)
    client = caller.client(http_client=mine, timeout=Timeout(20, connect=1), max_retries=0)
    stream = client.query.stream("q", fallback=True)
    assert caller.text(caller.open(stream) if opened else stream) == TEXT
    assert len(server.requests) == 2


@pytest.mark.parametrize("fallback", [False, True])
def test_opening_a_stream_twice_sends_one_request(caller, server, fallback):
    server.on("POST", STREAM).stream(*v2("a")).reply(status=500)
    server.on("POST", QUERY).reply(json={"answer": "a"})
    client = caller.client()
    for n in range(1, 3 if fallback else 2):
        stream = caller.open(client.query.stream("q", fallback=fallback))
        caller.open(stream)
        assert caller.text(caller.open(stream)) == "a"
        caller.open(stream)
        assert len(server.requests) == 2 * n - 1


def test_opening_raises_where_the_whole_answer_fails_too(caller, server):
    server.always().reply(status=500, text="boom")
    stream = caller.client().query.stream("q", fallback=True)
    for _ in range(2):
        with pytest.raises(ServerError) as caught:
            caller.open(stream)
        assert caught.value is stream.failure
    assert len(server.requests) == 2


def test_a_closed_stream_does_not_fall_back(caller, server):
    server.on("POST", STREAM).stream(CONTEXT, Hold())
    stream = caller.client().query.stream("q", fallback=True)
    caller.next(stream)
    caller.close(stream)
    assert isinstance(caller.fails(stream), StreamError)
    assert len(server.requests) == 1


def test_a_closed_client_does_not_fall_back(caller, server):
    client = caller.client()
    caller.close(client)
    assert isinstance(caller.fails(client.query.stream("q", fallback=True)), ConfigurationError)


# -- ask --------------------------------------------------------------------------------------------------------------


def asked(caller, client, **options):
    pieces = []
    answer = caller.run(client.query.ask("q", on_text=pieces.append, **options))
    return answer, pieces


def test_ask_shows_the_text_as_it_comes_and_returns_the_answer(caller, server):
    server.on("POST", STREAM).stream(*v2("Edge", "Quake"), headers={"X-Request-Id": "r-1"})
    answer, pieces = asked(caller, caller.client(), mode="local")
    assert pieces == ["Edge", "Quake"]
    assert (answer.answer, answer["answer"], str(answer)) == ("EdgeQuake",) * 3
    assert answer.sources[0].id == "doc-chunk-1"
    assert server.requests[0].json["mode"] == "local"
    assert len(server.requests) == 1


def test_ask_without_on_text_returns_the_answer(caller, server):
    server.on("POST", STREAM).stream(*v2("Edge", "Quake"))
    assert caller.call(lambda client: client.query.ask("q")).answer == "EdgeQuake"


@pytest.mark.parametrize("failure", NO_TEXT)
def test_ask_falls_back_when_the_stream_fails_before_any_text(caller, server, warnings, failure):
    NO_TEXT[failure](server.on("POST", STREAM))
    server.on("POST", QUERY).reply(json=WHOLE)
    client = caller.client(timeout=Timeout(20, first_chunk=0.1), max_retries=0)
    answer, pieces = asked(caller, client)
    assert (answer.answer, pieces) == (TEXT, [TEXT])
    assert "asking for the whole answer" in warnings()[0]


@pytest.mark.parametrize(
    ("whole", "shown"),
    [
        ("EdgeQuake is", ["Edge", "Quake", " is"]),
        ("EdgeQuake", ["Edge", "Quake"]),
        ("Other words", ["Edge", "Quake", "\nOther words"]),
        ("", ["Edge", "Quake"]),
    ],
)
@pytest.mark.parametrize("rest", [[ERROR_EVENT], [CUT], []], ids=["error", "cut", "end"])
def test_ask_falls_back_in_mid_text_and_shows_the_rest(caller, server, whole, shown, rest):
    server.on("POST", STREAM).stream(token("Edge"), token("Quake"), *rest)
    server.on("POST", QUERY).reply(json={"answer": whole})
    answer, pieces = asked(caller, caller.client())
    assert (answer.answer, pieces) == (whole, shown)


def test_ask_raises_what_the_whole_answer_raises(caller, server):
    server.always().reply(status=500, text="boom")
    with pytest.raises(ServerError):
        asked(caller, caller.client())
    assert [request.path for request in server.requests] == [STREAM, QUERY]


def test_what_on_text_raises_ends_the_call_and_releases_the_connection(caller, server):
    server.on("POST", STREAM).stream(token("Edge"), Hold())

    def refuse(text):
        raise LookupError(text)

    with pytest.raises(LookupError, match="Edge") as caught:
        caller.call(lambda client: client.query.ask("q", on_text=refuse))
    assert caught.value.__cause__ is None
    caller.until(server.wait_for_disconnect)
    assert len(server.requests) == 1


def test_on_text_may_be_a_coroutine_function_on_the_async_client(caller, server):
    server.on("POST", STREAM).stream(token("a"), ERROR_EVENT)
    server.on("POST", QUERY).reply(json={"answer": "ab"})
    pieces = []

    async def show(text):
        pieces.append(text)

    if not caller.is_async:
        with pytest.raises(ConfigurationError, match="an async function needs AsyncEdgequakeClient"):
            caller.call(lambda client: client.query.ask("q", on_text=show))
        return
    caller.call(lambda client: client.query.ask("q", on_text=show))
    assert pieces == ["a", "b"]


# -- answers of another kind ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "application/x+json"])
def test_a_query_answered_in_json_comes_as_chunks(caller, server, content_type):
    server.on("POST", STREAM).reply(json=WHOLE, content_type=content_type, headers={"x-request-id": "r-1"})
    stream = caller.client().query.stream("q")
    chunks = caller.collect(stream)
    assert [chunk.type for chunk in chunks] == ["context", "token", "done"]
    assert chunks[1]["chunk"] == TEXT
    answer = caller.final(stream)
    assert (answer.answer, answer.mode, stream.request_id) == (TEXT, "mix", "r-1")
    assert stream.sources[0].id == "doc-chunk-1"
    assert 0 < stream.timing.time_to_first_byte <= stream.timing.time_to_first_chunk <= stream.timing.total


@pytest.mark.parametrize(
    "body",
    [
        {"content": TEXT, "conversation_id": "c-1", "tokens_used": 7},
        {"choices": [{"message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}]},
    ],
    ids=["native", "openai"],
)
def test_a_chat_answered_in_json_comes_as_chunks(caller, server, body):
    server.on("POST", CHAT_STREAM).reply(json=body)
    stream = caller.client().chat.stream("q")
    deltas = [chunk.get("choices", [{}])[0].get("delta", {}).get("content") for chunk in caller.collect(stream)]
    assert [delta for delta in deltas if delta] == [TEXT]
    assert stream.conversation_id == body.get("conversation_id")
    assert caller.final(stream).content == TEXT


def test_a_json_answer_of_raw_text_was_asked_for_still_counts(caller, server):
    server.on("POST", STREAM).reply(json=WHOLE)
    assert caller.text(caller.client().query.stream("q", stream_format="v1")) == TEXT


@pytest.mark.parametrize("text", ["{", "[]", '{"error": "no"}', '"text"', '{"answer": 3'])
def test_json_that_is_no_answer_is_a_response_error(caller, server, text):
    server.on("POST", STREAM).reply(text=text, content_type="application/json", headers={"x-request-id": "r-1"})
    stream = caller.client().query.stream("q")
    error = caller.fails(stream)
    assert type(error) is ResponseError
    assert (error.body, error.status_code, error.request_id) == (text, 200, "r-1")
    assert len(server.requests) == 1
    with pytest.raises(ResponseError):
        caller.final(stream)


@pytest.mark.parametrize("content_type", ["text/html", "text/plain; charset=utf-8", "application/octet-stream"])
def test_a_page_instead_of_a_stream_is_a_stream_error_that_shows_it(caller, server, content_type):
    server.on("POST", STREAM).reply(text="<html>Welcome to nginx!" + "x" * 1000, content_type=content_type)
    error = caller.fails(caller.client().query.stream("q"))
    assert type(error) is StreamError
    assert "Welcome to nginx!" in str(error)
    assert content_type in str(error)
    assert len(str(error)) < 400


def test_a_page_in_another_encoding_is_shown_as_far_as_it_can_be_read(caller, server):
    server.on("POST", STREAM).stream(b"Caf\xe9", content_type="text/html; charset=latin-1")
    assert "Caf\ufffd" in str(caller.fails(caller.client().query.stream("q")))


@pytest.mark.parametrize("more", [0, 1])
def test_an_answer_may_be_as_large_as_its_bound_and_no_larger(caller, server, more):
    body = b'{"answer": "Relay"}'
    server.on("POST", QUERY).reply(body=body, content_type="application/json")
    client = caller.client(max_event_bytes=len(body) - more)
    if not more:
        assert caller.run(client.query.execute("q")).answer == "Relay"
        return
    with pytest.raises(ResponseError, match=f"more than {len(body) - 1} bytes; max_event_bytes sets the limit"):
        caller.run(client.query.execute("q"))


def test_a_page_without_end_does_not_hold_the_stream(caller, server):
    from edgequake.testing import Repeat

    server.on("POST", STREAM).stream(Repeat(b"<p>more</p>" * 100), content_type="text/html")
    assert type(caller.fails(caller.client().query.stream("q"))) is StreamError
    caller.until(server.wait_until_closed)


def test_a_stream_without_a_content_type_is_read(caller, server):
    server.on("POST", STREAM).stream(*v2("a"), content_type="")
    assert caller.text(caller.client().query.stream("q")) == "a"


@pytest.mark.parametrize("content_type", ["text/event-stream;charset=utf-8", "TEXT/EVENT-STREAM"])
def test_the_content_type_may_have_parameters_and_any_case(caller, server, content_type):
    server.on("POST", STREAM).stream(*v2("é"), content_type=content_type)
    assert caller.text(caller.client().query.stream("q")) == "é"


def test_a_charset_that_is_wrong_is_not_obeyed(caller, server):
    server.on("POST", STREAM).stream(*v2("é"), content_type="text/event-stream; charset=latin-1")
    assert caller.text(caller.client().query.stream("q")) == "é"


# -- the guide's route ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("refusal", [{"status": 404}, {"status": 405}, {"status": 404, "text": "not found"}])
@pytest.mark.filterwarnings("ignore::edgequake.IgnoredOptionWarning")
def test_the_guides_route_is_found_and_remembered(caller, server, refusal):
    server.on("POST", STREAM).reply(**refusal)
    server.on("GET", GUIDE).always().stream(*guide("a"))
    client = caller.client()
    copy = client.with_options(timeout=5)
    for asking in (client, client, copy):
        assert caller.text(asking.query.stream("q & a", mode="hybrid", top_k=10, rerank=False)) == "a"
    assert [request.method for request in server.requests] == ["POST", "GET", "GET", "GET"]
    assert server.requests[-1].query == {"query": "q & a", "mode": "hybrid", "top_k": "10", "enable_rerank": "false"}
    assert {request.headers["Accept"] for request in server.requests} == {"text/event-stream"}
    assert server.requests[-1].body == b""
    another = caller.client()
    server.on("POST", STREAM).stream(*v2("b"))
    assert caller.text(another.query.stream("q")) == "b"


def test_the_guides_route_may_speak_raw_text(caller, server):
    server.on("POST", STREAM).reply(status=404)
    server.on("GET", GUIDE).stream("Edge", "Quake")
    assert caller.text(caller.client().query.stream("q")) == "EdgeQuake"


def test_a_plain_call_has_no_other_route(caller, server):
    server.on("POST", CHAT).reply(status=404)
    with pytest.raises(APIError):
        caller.call(lambda client: client.chat.complete("q"))
    assert len(server.requests) == 1


def test_the_guides_route_that_stays_silent_ends_too(caller, server):
    server.on("POST", STREAM).reply(status=404)
    server.on("GET", GUIDE).stream(Hold())
    error = caller.fails(caller.client(timeout=Timeout(20, first_chunk=0.1)).query.stream("q"))
    assert type(error) is TimeoutError


def test_a_truncated_stream_of_openais_wire_without_a_finish_reason(caller, server):
    server.on("POST", CHAT_STREAM).stream(*openai("a")[:2])
    assert type(caller.fails(caller.client().chat.stream("q"))) is StreamTruncatedError


def test_of_two_missing_routes_the_first_is_named_and_any_other_refusal_is_raised(caller, server):
    server.on("POST", STREAM).always().reply(status=404)
    server.on("GET", GUIDE).reply(status=404).reply(status=403)
    client = caller.client()
    error = caller.fails(client.query.stream("q"))
    assert (error.status_code, f"POST {server.url}{STREAM}" in str(error)) == (404, True)
    assert caller.fails(client.query.stream("q")).status_code == 403
    assert [request.method for request in server.requests] == ["POST", "GET", "POST", "GET"]


def test_a_network_error_of_the_guides_route_is_raised(caller, server):
    server.on("POST", STREAM).reply(status=404)
    server.on("GET", GUIDE).drop()
    assert type(caller.fails(caller.client(max_retries=0).query.stream("q"))) is NetworkError


def test_done_alone_is_an_empty_answer(caller, server):
    server.on("POST", STREAM).stream(DONE)
    assert caller.final(caller.client().query.stream("q")).answer == ""

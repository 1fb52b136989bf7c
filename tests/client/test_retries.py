"""What is tried again, how often, and what never is."""

from __future__ import annotations

import contextlib
import logging

import pytest
from client.wires import CHAT, CHAT_STREAM, DONE, GUIDE, QUERY, STREAM, chat, token, v1, v2

from edgequake import APIError, NetworkError, RetryPolicy, ServerError, StreamError, StreamTruncatedError, Timeout
from edgequake.testing import CLOSE, CUT, RESET, Hold, ScriptServer


@pytest.fixture
def logged(caplog):
    """The messages of the SDK's log."""
    caplog.set_level(logging.INFO, logger="edgequake")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "edgequake"]


def rate_limited(route):
    route.reply(status=429, headers={"Retry-After": "0"}, json={"error": "rate_limit_exceeded", "message": "slow"})


def unavailable(route):
    route.reply(status=503, json={"code": "SERVICE_UNAVAILABLE", "message": "busy"})


TURNED_AWAY = {"429": rate_limited, "503": unavailable}
PASSING = TURNED_AWAY | {
    "502": lambda route: route.reply(status=502, text="bad gateway"),
    "504": lambda route: route.reply(status=504),
    "408": lambda route: route.reply(status=408),
    "reset": lambda route: route.drop(),
    "close": lambda route: route.close_without_answer(),
    "half a head": lambda route: route.raw(b"HTTP/1.1 200 O", CLOSE),
}
QUERIES = {
    "stream": (
        STREAM,
        lambda caller, client: caller.text(client.query.stream("q")),
        lambda route: route.stream(*v2("a")),
    ),
    "execute": (
        QUERY,
        lambda caller, client: caller.run(client.query.execute("q")).answer,
        lambda route: route.reply(json={"answer": "a"}),
    ),
    "opened": (
        STREAM,
        lambda caller, client: caller.text(caller.open(client.query.stream("q"))),
        lambda route: route.stream(*v2("a")),
    ),
}
CHATS = {
    "stream": (
        CHAT_STREAM,
        lambda caller, client: caller.text(client.chat.stream("q")),
        lambda route: route.stream(*chat("a")),
    ),
    "complete": (
        CHAT,
        lambda caller, client: caller.run(client.chat.complete("q")).content,
        lambda route: route.reply(json={"content": "a"}),
    ),
}


@pytest.mark.parametrize("failure", PASSING)
@pytest.mark.parametrize("method", QUERIES)
def test_a_query_that_failed_in_passing_is_asked_again(caller, server, logged, method, failure):
    path, ask, answer = QUERIES[method]
    route = server.on("POST", path)
    PASSING[failure](route)
    answer(route)
    assert ask(caller, caller.client()) == "a"
    assert len(server.requests) == 2
    assert server.requests[0].body == server.requests[1].body
    (line,) = logged()
    assert line.startswith(f"POST {path} failed: ")
    assert line.endswith("; retry 1 of 3 in 0.00 s")


@pytest.mark.parametrize("steps", [[RESET], [CLOSE], [b": keep-alive\n\n", RESET], [b"data: half", CUT]])
def test_a_query_stream_that_broke_before_its_first_chunk_is_asked_again(caller, server, logged, steps):
    server.on("POST", STREAM).stream(*steps)
    server.on("POST", STREAM).stream(*v2("a"))
    stream = caller.client().query.stream("q")
    assert caller.text(stream) == "a"
    assert len(server.requests) == 2
    assert len(logged()) == 1
    assert stream.failure is None


def test_an_opened_query_stream_that_broke_before_its_first_chunk_is_asked_again(caller, server):
    hold = Hold()
    server.on("POST", STREAM).stream(hold, RESET).stream(*v2("a"))
    stream = caller.open(caller.client().query.stream("q"))
    hold.release()
    assert caller.text(stream) == "a"
    assert len(server.requests) == 2


def test_a_json_answer_that_broke_off_is_asked_for_again(caller, server):
    server.on("POST", STREAM).stream(b'{"answer":', CUT, content_type="application/json").stream(*v2("a"))
    assert caller.text(caller.client().query.stream("q")) == "a"
    assert len(server.requests) == 2


@pytest.mark.parametrize("steps", [[token("a"), RESET], [token("a"), CUT], [*v2("a")[:2], RESET], [*v1("a"), CUT]])
def test_a_stream_that_broke_after_its_first_chunk_is_never_asked_again(caller, server, logged, steps):
    hold = Hold()
    server.on("POST", STREAM).stream(*steps[:-1], hold, steps[-1])
    stream = caller.client().query.stream("q")
    caller.next(stream)
    hold.release()
    assert isinstance(caller.fails(stream), NetworkError)
    assert len(server.requests) == 1
    assert logged() == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500, 501])
@pytest.mark.parametrize("method", QUERIES)
def test_a_refusal_is_not_asked_again(caller, server, logged, method, status):
    path, ask, _ = QUERIES[method]
    server.on("POST", path).reply(status=status, json={"code": "X", "message": "no"})
    with pytest.raises(APIError) as caught:
        ask(caller, caller.client())
    assert caught.value.status_code == status
    assert len(server.requests) == 1
    assert logged() == []


def test_a_failure_that_the_server_calls_final_is_not_asked_again(caller, server):
    server.on("POST", STREAM).reply(status=502, json={"code": "LLM_ERROR", "details": {"retryable": False}})
    assert isinstance(caller.fails(caller.client().query.stream("q")), ServerError)
    assert len(server.requests) == 1


def test_a_clean_end_is_not_asked_again(caller, server):
    server.on("POST", STREAM).stream()
    assert isinstance(caller.fails(caller.client().query.stream("q")), StreamTruncatedError)
    assert len(server.requests) == 1


def test_a_wait_that_is_longer_than_the_cap_is_not_begun(caller, server):
    server.on("POST", STREAM).reply(status=429, headers={"Retry-After": "3600"}, text="slow down")
    error = caller.fails(caller.client().query.stream("q"))
    assert (error.retry_after, len(server.requests)) == (3600, 1)


@pytest.mark.parametrize("most", [0, 1, 3])
@pytest.mark.parametrize("method", QUERIES)
def test_retries_stop_at_the_limit(caller, server, logged, method, most):
    path, ask, _ = QUERIES[method]
    server.on("POST", path).always().drop()
    with pytest.raises(NetworkError):
        ask(caller, caller.client(retry=RetryPolicy(most, initial_delay=0)))
    assert len(server.requests) == most + 1
    assert [line.rpartition("; ")[2] for line in logged()] == [
        f"retry {n + 1} of {most} in 0.00 s" for n in range(most)
    ]


def test_opening_and_reading_share_one_count_of_retries(caller, server):
    hold = Hold()
    server.on("POST", STREAM).drop().drop().stream(hold, RESET).drop().stream(*v2("never"))
    stream = caller.open(caller.client().query.stream("q"))
    hold.release()
    assert isinstance(caller.fails(stream), NetworkError)
    assert len(server.requests) == 4


@pytest.mark.parametrize("failure", TURNED_AWAY)
@pytest.mark.parametrize("method", CHATS)
def test_a_chat_that_was_turned_away_is_sent_again(caller, server, logged, method, failure):
    path, ask, answer = CHATS[method]
    route = server.on("POST", path)
    TURNED_AWAY[failure](route)
    answer(route)
    assert ask(caller, caller.client()) == "a"
    assert len(server.requests) == 2
    assert len(logged()) == 1


@pytest.mark.parametrize("failure", [name for name in PASSING if name not in TURNED_AWAY])
@pytest.mark.parametrize("method", CHATS)
def test_a_chat_that_may_have_been_stored_is_not_sent_again(caller, server, logged, method, failure):
    path, ask, _ = CHATS[method]
    PASSING[failure](server.on("POST", path))
    with pytest.raises((APIError, NetworkError)):
        ask(caller, caller.client())
    assert len(server.requests) == 1
    assert logged() == []


@pytest.mark.parametrize("steps", [[RESET], [Hold()], [b": keep-alive\n\n", CUT]], ids=["reset", "silence", "cut"])
def test_a_chat_stream_that_broke_before_its_first_chunk_is_not_sent_again(caller, server, steps):
    server.on("POST", CHAT_STREAM).stream(*steps)
    error = caller.fails(caller.client(timeout=Timeout(20, first_chunk=0.1)).chat.stream("q"))
    assert isinstance(error, OSError)
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", CHATS)
def test_a_chat_that_did_not_reach_the_server_is_sent_again(caller, closed_port, method, monkeypatch):
    """The first two connections are refused; then the server is up."""
    path, ask, answer = CHATS[method]
    waits = []

    def watch(record):
        waits.append(record)
        if len(waits) == 2:
            late.start()
        return True

    late = ScriptServer(closed_port)
    try:
        answer(late.on("POST", path))
        monkeypatch.setattr(logging.getLogger("edgequake"), "filters", [watch])
        client = caller.client(base_url=late.url)
        assert ask(caller, client) == "a"
        assert (len(late.requests), len(waits)) == (1, 2)
    finally:
        late.stop()


def test_a_connection_that_the_server_closed_while_idle_is_replaced_unnoticed(caller, server, logged):
    server.on("POST", CHAT_STREAM).stream(*chat("one"), CLOSE).stream(*chat("two"))
    client = caller.client()
    assert caller.text(client.chat.stream("q")) == "one"
    caller.until(server.wait_until_closed)
    assert caller.text(client.chat.stream("q")) == "two"
    assert server.connections == 2


@pytest.mark.parametrize(
    ("method", "idempotent", "requests"),
    [("GET", None, 2), ("GET", False, 1), ("POST", None, 1), ("POST", True, 2), ("DELETE", None, 1), ("get", None, 2)],
)
def test_a_request_of_ones_own_is_sent_again_if_it_may_be(caller, server, method, idempotent, requests):
    server.drop().reply(json={"a": 1})
    client = caller.client()
    try:
        answer = caller.run(client.request(method, "/x", cast_to=dict, idempotent=idempotent))
    except NetworkError:
        answer = None
    assert len(server.requests) == requests
    assert answer == ({"a": 1} if requests == 2 else None)


def test_where_the_older_route_breaks_it_is_tried_again(caller, server):
    server.on("POST", STREAM).always().reply(status=405)
    server.on("GET", GUIDE).drop().stream(token("a"), DONE)
    assert caller.text(caller.client().query.stream("q")) == "a"
    assert [request.method for request in server.requests] == ["POST", "GET", "POST", "GET"]


def test_the_fallback_is_tried_again_too(caller, server):
    server.on("POST", STREAM).reply(status=500)
    server.on("POST", QUERY).drop().reply(json={"answer": "a"})
    assert caller.text(caller.client().query.stream("q", fallback=True)) == "a"
    assert len(server.requests) == 3


def test_a_stream_that_was_closed_during_the_wait_for_a_retry_sends_no_more(caller, server, monkeypatch):
    server.on("POST", CHAT_STREAM).reply(status=503).stream(*chat("never"))
    stream = caller.client().chat.stream("q")

    def close(record):
        closing = stream.close() if not caller.is_async else stream.aclose()
        with contextlib.suppress(StopIteration):
            closing and closing.send(None)
        return True

    monkeypatch.setattr(logging.getLogger("edgequake"), "filters", [close])
    with pytest.raises(StreamError, match="closed before its end"):
        caller.collect(stream)
    assert len(server.requests) == 1

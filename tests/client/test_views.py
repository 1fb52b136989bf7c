"""What a stream and a client show: events, text, timing, sources, ids, options, and any other endpoint."""

from __future__ import annotations

import pytest
from client.wires import (
    CHAT,
    CHAT_STREAM,
    CONTEXT,
    DONE,
    ERROR_EVENT,
    QUERY,
    SOURCE,
    STATS,
    STREAM,
    USER,
    chat,
    guide,
    openai,
    token,
    v1,
    v2,
    v3,
)
from httpx_sse import ServerSentEvent

from edgequake import (
    APIError,
    AsyncEdgequakeClient,
    ConfigurationError,
    HealthResponse,
    ResponseError,
    StreamError,
    StreamTruncatedError,
    Timeout,
    TimeoutError,
)
from edgequake.models import Source
from edgequake.testing import KEEP_ALIVE, Hold

# -- events -----------------------------------------------------------------------------------------------------------


def test_events_are_what_the_server_sent(caller, server):
    body = b'id: 7\nevent: token\nretry: 250\ndata: {"type":"token","content":"a"}\n\n'
    server.on("POST", STREAM).stream(KEEP_ALIVE, body, token("b"), {"type": "new"}, DONE)
    stream = caller.client().query.stream("q")
    events = caller.collect(stream.events())
    assert all(type(event) is ServerSentEvent for event in events)
    assert [event.json()["type"] for event in events] == ["token", "token", "new", "done"]
    first, second, *_ = events
    assert (first.id, first.event, first.retry) == ("7", "token", 250)
    assert (second.id, second.event, second.retry) == ("7", "message", None)
    assert stream.text == "ab"
    assert caller.final(stream).answer == "ab"


def test_events_of_raw_text_are_all_shown_and_in_order(caller, server):
    server.on("POST", STREAM).stream("one", "Error: two", "three")
    stream = caller.client().query.stream("q", stream_format="v1")
    assert [event.data for event in caller.collect(stream.events())] == ["one", "Error: two", "three"]
    assert stream.text == "oneError: twothree"


def test_an_error_event_is_shown_before_it_is_raised(caller, server):
    server.on("POST", STREAM).stream(token("a"), ERROR_EVENT, Hold())
    events = caller.client().query.stream("q").events()
    assert caller.next(events).json() == token("a")
    assert caller.next(events).json() == ERROR_EVENT
    with pytest.raises(StreamError, match="went away") as caught:
        caller.next(events)
    assert caught.value.partial_text == "a"


@pytest.mark.parametrize("bad", [[b"data: {\n\n"], [{"type": "done", "stats": 1}]])
def test_a_bad_event_is_shown_before_it_is_raised(caller, server, bad):
    server.on("POST", STREAM).stream(token("a"), *bad)
    events = caller.client().query.stream("q").events()
    caller.next(events)
    caller.next(events)
    with pytest.raises(StreamError):
        caller.next(events)


def test_events_end_with_the_failure_that_ended_the_stream(caller, server):
    server.on("POST", STREAM).stream(token("a"), KEEP_ALIVE)
    stream = caller.client().query.stream("q")
    events = stream.events()
    assert caller.next(events).json() == token("a")
    error = caller.fails(events)
    assert type(error) is StreamTruncatedError
    assert stream.failure is error


def test_events_of_a_json_answer(caller, server):
    server.on("POST", STREAM).reply(json={"answer": "a"})
    events = caller.collect(caller.client().query.stream("q").events())
    assert [event.json()["type"] for event in events] == ["context", "token", "done"]


def test_events_go_on_where_the_chunks_were_left(caller, server):
    server.on("POST", STREAM).stream(token("a"), token("b"), DONE)
    stream = caller.client().query.stream("q")
    assert str(caller.next(stream)) == "a"
    assert [event.json()["type"] for event in caller.collect(stream.events())][-1] == "done"


# -- text, timing, response -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", [v1, v2, v3, guide, openai])
def test_the_text_stream_gives_plain_strings_and_no_empty_ones(caller, server, wire):
    server.on("POST", STREAM).stream(*wire("a", "", "b"))
    stream = caller.client().query.stream("q")
    texts = caller.collect(stream.text_stream)
    assert texts == ["a", "b"]
    assert {type(text) for text in texts} == {str}


def test_timing_grows_as_the_stream_goes_on(caller, server):
    server.on("POST", STREAM).stream(token("a"), token("b"), token("c"), DONE)
    stream = caller.client().query.stream("q")
    before = stream.timing
    assert (before.time_to_first_byte, before.time_to_first_chunk, before.chunks) == (None, None, 0)
    assert before.chunks_per_second is None
    caller.open(stream)
    opened = stream.timing
    assert opened.time_to_first_byte >= 0
    assert (opened.time_to_first_chunk, opened.chunks) == (None, 0)
    caller.next(stream)
    assert stream.timing.chunks >= 1
    caller.collect(stream)
    after = stream.timing
    assert 0 <= opened.time_to_first_byte == after.time_to_first_byte <= after.time_to_first_chunk <= after.total
    assert after.chunks == 4
    assert after.chunks_per_second > 0


def test_response_and_request_id_are_there_as_soon_as_the_answer_begins(caller, server):
    hold = Hold()
    server.on("POST", STREAM).stream(hold, token("a"), DONE, headers={"x-request-id": "r-1", "X-Other": "o"})
    stream = caller.client().query.stream("q")
    assert (stream.response, stream.request_id) == (None, None)
    caller.open(stream)
    assert (stream.response.status_code, stream.response.headers["x-other"]) == (200, "o")
    assert stream.request_id == "r-1"
    hold.release()
    assert caller.text(stream) == "a"
    assert stream.request_id == "r-1"


def test_sources_and_stats_are_those_seen_so_far(caller, server):
    hold = Hold()
    server.on("POST", STREAM).stream(CONTEXT, hold, token("a"), DONE)
    stream = caller.client().query.stream("q")
    assert (stream.sources, stream.stats.tokens_used) == ([], None)
    context = caller.next(stream)
    assert context.sources == stream.sources == [Source(**SOURCE)]
    assert (context.query_mode, context.retrieval_time_ms) == ("hybrid", 12)
    hold.release()
    answer = caller.final(stream)
    assert stream.stats.tokens_used == STATS["tokens_used"]
    assert (answer.stats.llm_model, answer.mode, answer["mode"]) == ("gemma3", "hybrid", "hybrid")


def test_final_folds_a_bundle(caller, server):
    server.on("POST", STREAM).stream(*v3("a"))
    answer = caller.final(caller.client().query.stream("q", stream_format="v3"))
    assert answer.bundle.subgraph.entities[0].name == "Graph"
    assert answer.subgraph == answer.bundle.subgraph


def test_final_folds_a_chat(caller, server):
    server.on("POST", CHAT_STREAM).stream(*chat("Hello"))
    stream = caller.client().chat.stream("q")
    assert (stream.conversation_id, stream.title) == (None, None)
    answer = caller.final(stream)
    assert (answer.content, answer.answer, answer.conversation_id) == ("Hello", "Hello", "c-1")
    assert (answer.user_message_id, answer.assistant_message_id, answer.tokens_used) == ("m-1", "m-2", 7)
    assert (answer.mode, answer.llm_model, answer.title) == ("hybrid", "gemma3", "On graphs")


def test_final_folds_openais_wire(caller, server):
    server.on("POST", CHAT_STREAM).stream(*openai("Hello"))
    answer = caller.final(caller.client().chat.stream("q"))
    assert (answer.content, answer.finish_reason, answer.usage) == ("Hello", "stop", {"total_tokens": 9})


def test_awaiting_a_stream_opens_it(caller, server):
    if not caller.is_async:
        pytest.skip("needs the async client")
    server.on("POST", STREAM).stream(*v2("a"))
    stream = caller.client().query.stream("q")
    assert caller.run(stream) is stream
    assert stream.response.status_code == 200
    assert caller.text(stream) == "a"
    assert len(server.requests) == 1


def test_awaiting_a_stream_raises_what_opening_raises(caller, server):
    if not caller.is_async:
        pytest.skip("needs the async client")
    server.on("POST", STREAM).reply(status=422, text="no")
    with pytest.raises(APIError):
        caller.run(caller.client().query.stream("q"))


# -- calls ------------------------------------------------------------------------------------------------------------


def test_execute_returns_the_whole_answer(caller, server):
    body = {"answer": "a", "mode": "mix", "sources": [SOURCE], "stats": STATS, "new_field": 1, "reranked": None}
    server.on("POST", QUERY).reply(json=body, headers={"x-request-id": "r-1"})
    answer = caller.call(lambda client: client.query.execute("q", mode="mix", top_k=3, rerank=True, model="edgequake"))
    assert (answer.answer, answer["answer"], answer.request_id, answer["new_field"]) == ("a", "a", "r-1", 1)
    assert answer.sources[0].label == "graphs.md"
    assert server.requests[0].json == {"query": "q", "mode": "mix", "max_results": 3, "enable_rerank": True}


def test_chat_is_answered_whole_under_both_names(caller, server):
    server.on("POST", CHAT).always().reply(json={"content": "a", "conversation_id": "c-1"})
    client = caller.client(tenant_id="default", user_id=USER)
    for method in (client.chat.complete, client.chat.completions):
        answer = caller.run(method("q", conversation_id="c-1"))
        assert (answer.content, answer.conversation_id) == ("a", "c-1")
    first, second = server.requests
    assert first.json == second.json
    assert (first.json["message"], first.json["stream"], first.json["conversation_id"]) == ("q", False, "c-1")


def test_a_chat_tells_the_server_the_earlier_turns(caller, server):
    server.on("POST", CHAT_STREAM).stream(*chat("a"))
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "One."},
        {"role": "user", "content": "Two?"},
    ]
    caller.collect(caller.client().chat.stream(model="edgequake", messages=messages))
    body = server.requests[0].json
    assert (body["message"], body["messages"], body["stream"]) == ("Two?", messages, True)
    assert body["system_prompt"].startswith("Be brief.")
    assert "user: One?\nassistant: One." in body["system_prompt"]
    assert "model" not in body


def test_extra_body_and_headers_of_one_call(caller, server):
    server.on("POST", STREAM).stream(*v2("a"))
    caller.collect(caller.client().query.stream("q", extra_body={"new": None}, headers={"X-Mine": "1"}))
    (request,) = server.requests
    assert request.json == {"query": "q", "stream_format": "v2", "new": None}
    assert request.headers["X-Mine"] == "1"


def test_health_is_typed_whatever_the_server_adds(caller, server):
    server.on("GET", "/health").reply(json={"status": "degraded", "version": "1.2", "new": {"a": 1}})
    health = caller.call(lambda client: client.health())
    assert isinstance(health, HealthResponse)
    assert (health.status, health.version, health.healthy, health["new"]) == ("degraded", "1.2", False, {"a": 1})


def test_any_request_is_cast_to_what_is_asked_for(caller, server):
    server.always().reply(json={"status": "ok"})
    client = caller.client()
    for kind, wanted in [(dict, {"status": "ok"}), (bytes, b'{"status":"ok"}'), (str, '{"status":"ok"}')]:
        assert caller.run(client.request("GET", "/x", cast_to=kind)) == wanted
    assert caller.run(client.request("DELETE", "/x", cast_to=type(None))) is None
    assert caller.run(client.request("GET", "/x", cast_to=HealthResponse)).status == "ok"
    assert caller.run(client.request("GET", "/x", cast_to=dict[str, str])) == {"status": "ok"}
    with pytest.raises(ResponseError, match="not a list"):
        caller.run(client.request("GET", "/x", cast_to=list[int]))


def test_any_request_sends_what_it_is_given(caller, server):
    server.reply(json={})
    client = caller.client(headers={"X-A": "client"})
    caller.run(
        client.request(
            "post", "/api/v1/x", cast_to=dict, body={"n": 1}, params={"page": 2, "q": "a b"}, headers={"X-A": "call"}
        )
    )
    (request,) = server.requests
    assert (request.method, request.path, request.query) == ("POST", "/api/v1/x", {"page": "2", "q": "a b"})
    assert (request.json, request.headers["x-a"]) == ({"n": 1}, "call")
    assert request.headers["Content-Type"] == "application/json"


def test_any_request_may_have_a_timeout_of_its_own(caller, server):
    server.on("GET", "/x").raw(Hold())
    with pytest.raises(TimeoutError):
        caller.call(lambda client: client.request("GET", "/x", cast_to=dict, timeout=0.1), max_retries=0)


def test_an_answer_that_is_not_what_was_promised_is_a_response_error(caller, server):
    server.on("POST", QUERY).reply(text="<html>hi</html>", content_type="text/html").reply(json={"answer": None})
    server.on("POST", QUERY).reply(json={"answer": "long" * 99})
    client = caller.client(max_event_bytes=99)
    for words in ("is not JSON", "is not a QueryResponse: answer", "more than 99 bytes"):
        with pytest.raises(ResponseError, match=f"^POST {server.url}{QUERY}: the server.* {words}"):
            caller.run(client.query.execute("q"))


def test_a_base_url_may_have_a_path(caller, server):
    server.on("POST", "/proxy/eq" + QUERY).reply(json={"answer": "a"})
    assert caller.call(lambda client: client.query.execute("q"), base_url=server.url + "/proxy/eq/").answer == "a"


def test_the_repr_of_a_stream_shows_its_state(caller, server):
    server.on("POST", STREAM).stream(*v2("a", "b")).stream(*v2("a", "b")).stream(token("a"), ERROR_EVENT)
    client = caller.client()
    name = type(client.query.stream("q")).__name__
    states = []
    first, left, broken = (client.query.stream("q") for _ in range(3))
    states.append(repr(first))
    caller.open(first)
    states.append(repr(first))
    caller.next(first)
    states.append(repr(first))
    caller.final(first)
    states.append(repr(first))
    caller.next(left)
    caller.close(left)
    states.append(repr(left))
    caller.fails(broken)
    states.append(repr(broken))
    assert states == [
        f"<{name} POST {STREAM}: {state}>"
        for state in (
            "not begun",
            "open, 0 chunks so far",
            "open, 1 chunk so far",
            "read to its end, 5 chunks",
            "closed before its end, after 1 chunk",
            "failed after 1 chunk: StreamError",
        )
    ]


async def test_async_clients_and_streams_have_close_too(server):
    server.on("POST", STREAM).stream(*v2("a"))
    client = AsyncEdgequakeClient(base_url=server.url)
    stream = client.query.stream("q")
    await anext(stream)
    await stream.close()
    assert "closed before its end" in repr(stream)
    await client.close()
    with pytest.raises(ConfigurationError, match="this client is closed"):
        await client.health()


# -- with_options -----------------------------------------------------------------------------------------------------


def test_a_copy_shares_the_pool_and_closing_it_closes_nothing(caller, server):
    server.always().reply(json={"answer": "a"})
    client = caller.client(headers={"X-A": "1"}, workspace_id="default")
    copy = client.with_options(headers={"X-B": "2"}, workspace_id=USER, user_id=USER)
    assert type(copy) is type(client)
    for asking in (client, copy):
        caller.run(asking.query.execute("q"))
    caller.close(copy)
    caller.leave(caller.open(copy))
    for asking in (client, copy):
        caller.run(asking.query.execute("q"))
    assert {request.connection for request in server.requests} == {1}
    first, second = server.requests[:2]
    assert (first.headers["X-A"], first.headers["X-Workspace-ID"]) == ("1", "default")
    assert (second.headers["X-A"], second.headers["X-B"]) == ("1", "2")
    assert (second.headers["X-Workspace-ID"], second.headers["X-User-ID"]) == (USER, USER)
    assert "X-B" not in server.requests[2].headers


def test_a_copy_may_have_other_limits(caller, server):
    server.on("POST", STREAM).stream(Hold()).drop().drop()
    client = caller.client(timeout=20)
    error = caller.fails(client.with_options(timeout=Timeout(20, first_chunk=0.1)).query.stream("q"))
    assert error.stage == "first_chunk"
    caller.fails(client.with_options(max_retries=1).query.stream("q"))
    assert len(server.requests) == 3


# -- the lifecycle ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", [v1, v2, v3, guide])
def test_the_lifecycle_is_the_same_on_every_wire(caller, server, wire):
    server.on("POST", STREAM).stream(*wire("a", "b"))
    events = caller.collect(caller.client().query.stream_events("q", mode="hybrid"))
    names = ["retrieval_start", "retrieval_done", "generation_start", "chunk", "chunk", "generation_done"]
    assert [event.type for event in events] == names
    assert [event.latency for event in events] == sorted(event.latency for event in events)
    assert "".join(map(str, events)) == "ab"
    assert server.requests[0].json["mode"] == "hybrid"


def test_events_taken_up_again_lose_none(caller, server):
    hold = Hold()
    server.on("POST", STREAM).stream(token("a"), hold, token("b"), hold, b"data:\n\n", token("c"), DONE)
    stream = caller.client().query.stream("q")
    events = stream.events()
    seen = [caller.next(events)]
    again = stream.events()
    hold.release()
    seen.append(caller.next(again))
    caller.close(events)
    hold.release()
    seen += caller.collect(again)
    assert [event.data and event.json().get("content") for event in seen] == ["a", "b", "", "c", None]


def test_events_of_a_stream_read_ahead_are_all_there(caller, server):
    server.on("POST", STREAM).stream(*map(token, "abcdef"), DONE)
    stream = caller.client().query.stream("q").prefetch(3)
    assert str(caller.next(stream)) == "a"
    caller.until(server.wait_until_idle)
    assert [event.json().get("content") for event in caller.collect(stream.events())] == [*"bcdef", None]


def test_events_of_a_fallback_are_all_there(caller, server):
    server.on("POST", STREAM).stream({"type": "context", "sources": []}, b'data: {"type":"error","message":"no"}\n\n')
    server.on("POST", "/api/v1/query").reply(json={"answer": "whole"})
    events = caller.collect(caller.client().query.stream("q", fallback=True).events())
    assert [event.json()["type"] for event in events] == ["context", "error", "context", "token", "done"]
    assert events[-2].json()["content"] == "whole"

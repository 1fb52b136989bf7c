"""`query.stream_events()`: a remote stream as the lifecycle that `edgequake.rag` has."""

import asyncio

import pytest

from edgequake import AsyncEdgequakeClient, ConfigurationError, EdgequakeClient, EventType
from edgequake.testing import RESET, Hold, ScriptServer

STREAM = "/api/v1/query/stream"
CONTEXT = {"type": "context", "sources": [{"source_type": "chunk", "id": "c-0", "score": 0.5, "snippet": "An edge."}]}
TOKENS = [{"type": "token", "content": text} for text in ("Edges ", "join\n", "nodes")]
DONE = {"type": "done", "stats": {"sources_retrieved": 1, "total_time_ms": 12, "query_mode": "mix"}}


@pytest.fixture
def server():
    with ScriptServer() as server:
        yield server


@pytest.fixture(params=["sync", "async"])
def events_of(request, server):
    """The events of one question, from either client."""

    def collect(query="What?", **options):
        if request.param == "sync":
            with EdgequakeClient(base_url=server.url, max_retries=0) as client:
                return list(client.query.stream_events(query, **options))

        async def main():
            async with AsyncEdgequakeClient(base_url=server.url, max_retries=0) as client:
                return [event async for event in client.query.stream_events(query, **options)]

        return asyncio.run(main())

    return collect


def test_a_whole_answer_goes_through_every_stage_in_order(server, events_of):
    server.on("POST", STREAM).stream({"type": "thinking", "content": "…"}, CONTEXT, *TOKENS, DONE)
    events = events_of()
    assert [event.type for event in events] == [
        EventType.RETRIEVAL_START,
        EventType.RETRIEVAL_DONE,
        EventType.GENERATION_START,
        *[EventType.CHUNK] * 3,
        EventType.GENERATION_DONE,
    ]
    assert events[0].data == {"query": "What?"}
    assert events[0].latency == 0.0
    assert events[1].data["num_docs"] == 1
    assert events[1].data["docs"][0]["snippet"] == "An edge."
    assert events[2].data == {"prompt_chars": None}
    assert "".join(map(str, events)) == "Edges join\nnodes"
    assert events[-1].data["stats"]["total_time_ms"] == 12
    assert [event.latency for event in events] == sorted(event.latency for event in events)


def test_an_answer_without_context_still_ends_its_retrieval(server, events_of):
    server.on("POST", STREAM).stream("Edges", " join", content_type="text/event-stream")
    assert [event.type for event in events_of()] == [
        EventType.RETRIEVAL_START,
        EventType.RETRIEVAL_DONE,
        EventType.GENERATION_START,
        EventType.CHUNK,
        EventType.CHUNK,
        EventType.GENERATION_DONE,
    ]


def test_an_answer_without_text_is_whole_too(server, events_of):
    server.on("POST", STREAM).stream(DONE)
    kinds = [event.type for event in events_of()]
    assert kinds[1] is EventType.RETRIEVAL_DONE
    assert kinds[-1] is EventType.GENERATION_DONE


@pytest.mark.parametrize(
    ("steps", "stage", "text"),
    [
        ([{"type": "error", "message": "no index", "code": "QUERY_FAILED"}], "retrieval", "no index"),
        ([CONTEXT, TOKENS[0], {"type": "error", "message": "no model", "code": "X"}], "generation", "no model"),
        ([CONTEXT, TOKENS[0]], "generation", "final event"),
    ],
)
def test_a_failure_is_the_last_event_and_names_its_stage(server, events_of, steps, stage, text):
    server.on("POST", STREAM).stream(*steps)
    *_, last = events_of()
    assert last.type is EventType.ERROR
    assert last.data["stage"] == stage
    assert text in last.data["msg"]


def test_a_reset_is_an_error_event_too(server, events_of):
    server.on("POST", STREAM).stream(RESET)
    *_, last = events_of()
    assert (last.type, last.data["stage"]) == (EventType.ERROR, "retrieval")


def test_an_empty_question_is_refused_before_anything_is_sent(server):
    with EdgequakeClient(base_url=server.url) as client, pytest.raises(ConfigurationError):
        client.query.stream_events(" ")
    assert server.requests == []


def test_leaving_the_events_gives_the_connection_back(server):
    hold = Hold()
    server.on("POST", STREAM).stream(CONTEXT, hold)
    with EdgequakeClient(base_url=server.url) as client:
        for event in client.query.stream_events("What?"):
            if event.type is EventType.GENERATION_START:
                break
        server.wait_for_disconnect()

"""A query's chunks as the events of its lifecycle."""

from __future__ import annotations

from core.streams import TEXT, decoded_stream, one
from tables import table

from edgequake import EventType, StreamEvent
from edgequake._core.lifecycle import Lifecycle
from edgequake.exceptions import StreamError
from edgequake.models import QueryStats

WHOLE = ["retrieval_start", "retrieval_done", "generation_start", *["chunk"] * 10, "generation_done"]


def lived(chunks, stats=None):
    lifecycle = Lifecycle("q")
    events = [lifecycle.started()]
    for n, chunk in enumerate(chunks, 1):
        events += lifecycle.chunk(chunk, float(n))
    return [*events, *lifecycle.ended(stats or QueryStats(), 99.123456)]


@table("name", ["query_v1", "query_v2", "query_v2_older", "query_v3", "guide", "untyped", "openai"])
def test_every_format_lives_through_the_same_events(name):
    events = lived(decoded_stream(name, kind="query").chunks)
    assert [event.type for event in events] == WHOLE
    assert "".join(map(str, events)) == "".join(event.data for event in events if event.is_chunk) == TEXT


def test_retrieval_is_done_with_the_context_and_brings_its_sources():
    events = lived(decoded_stream("query_v2").chunks)
    assert events[0] == StreamEvent(EventType.RETRIEVAL_START, {"query": "q"}, 0.0)
    assert (events[1].data["num_docs"], events[1].latency) == (3, 2.0)
    assert [doc["id"] for doc in events[1].data["docs"]][1:] == ["TIDE_MILL", "TIDE_MILL->ESTUARY"]
    assert "entity_type" not in events[1].data["docs"][0]
    assert events[2] == StreamEvent(EventType.GENERATION_START, {"prompt_chars": None}, 2.0)


def test_without_a_context_retrieval_is_done_with_the_first_text():
    events = lived([one({"type": "thinking", "content": "x"}), one("tide")])
    assert events[1] == StreamEvent(EventType.RETRIEVAL_DONE, {"num_docs": 0, "docs": []}, 2.0)


def test_an_answer_without_any_text_has_its_other_events():
    assert [event.type for event in lived([])] == [
        "retrieval_start", "retrieval_done", "generation_start", "generation_done",
    ]  # fmt: skip


def test_a_second_context_is_no_second_retrieval():
    context = one({"type": "context", "sources": [{"id": "m"}]})
    assert [event.type for event in lived([context, context])].count("retrieval_done") == 1


def test_the_last_event_has_the_latency_and_the_stats():
    assert lived([], QueryStats(tokens_used=3))[-1] == StreamEvent(
        EventType.GENERATION_DONE,
        {
            "total_latency": 99.1235,
            "stats": {
                "tokens_used": 3, "answer_cache_hit": False, "keyword_cache_hit": False, "context_empty": False,
                "context_truncated": False,
            },
        },
        99.1235,
    )  # fmt: skip


def test_a_failure_says_how_far_the_answer_had_come():
    lifecycle, error = Lifecycle("q"), StreamError("no pond", code="DRY")
    assert lifecycle.failed(error, 1.0) == StreamEvent(
        EventType.ERROR, {"msg": "no pond (DRY)", "stage": "retrieval"}, 1.0
    )
    lifecycle.chunk(one("tide"), 2.0)
    assert lifecycle.failed(error, 3.0).data["stage"] == "generation"
    assert str(lifecycle.failed(error, 3.0)) == "no pond (DRY)"

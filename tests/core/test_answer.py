"""Chunks fold into the answer that the whole call would have returned."""

from __future__ import annotations

from core.streams import FINAL_TEXT, TEXT, decoded, decoded_stream
from tables import table

from edgequake._core.answer import COMPACT_AT, AnswerState, chat_response, query_response
from edgequake.chunks import Chunk
from edgequake.models import QueryStats, Source


def query(*events):
    return query_response(decoded(*events).answer)


def chat(*events):
    return chat_response(decoded(*events, kind="chat").answer)


TOKEN = {"type": "token", "content": "a"}
NEAR, FAR = {"id": "near", "score": 0.9}, {"id": "far", "score": 0.1}


def ids(sources):
    return [source.id for source in sources]


def test_before_anything_comes_there_is_an_empty_answer():
    answer = AnswerState()
    assert (answer.text, answer.answer, answer.chunks_received, answer.sources) == ("", "", 0, [])
    assert answer.stats == QueryStats()
    assert query_response(answer).answer == chat_response(answer).content == ""


def test_the_final_text_takes_the_place_of_the_streamed_text_in_the_answer_alone():
    state = decoded(TOKEN, {"type": "done", "answer": "A."}).answer
    assert (state.text, state.answer, state.final_text) == ("a", "A.", "A.")


def test_an_empty_or_missing_final_text_takes_nothing_from_what_was_streamed():
    assert query(TOKEN, {"type": "done", "answer": ""}).answer == "a"
    assert query(TOKEN, {"type": "done", "answer": None}).answer == "a"
    assert query(TOKEN, {"type": "done"}).answer == "a"
    assert query(TOKEN, {"type": "done", "answer": "A."}, {"type": "done"}).answer == "A."


def test_the_text_of_a_final_event_is_part_of_the_answer():
    assert query(TOKEN, {"chunk": "b", "done": True}).answer == "ab"


def test_sources_come_with_the_context():
    state = decoded({"type": "context", "sources": [NEAR, FAR]}).answer
    assert ids(state.sources) == ["near", "far"]
    assert all(isinstance(source, Source) for source in state.sources)


def test_a_later_context_takes_the_place_of_the_first():
    assert ids(query({"type": "context", "sources": [NEAR]}, {"type": "context", "sources": [FAR]}).sources) == ["far"]


def test_sources_come_one_by_one_on_the_guides_wire():
    events = [{"type": "source", "source": "tide.md"}, TOKEN, {"type": "source", "source": FAR}]
    first, second = query(*events).sources
    assert (first.id, first.file_path, first.label) == ("tide.md", "tide.md", "tide.md")
    assert second.id == "far"


def test_sources_may_come_with_the_end():
    assert ids(query(TOKEN, {"type": "done", "sources": [NEAR, FAR]}).sources) == ["near", "far"]


def test_sources_of_an_unknown_event_are_left_alone():
    assert query({"type": "weather", "sources": [NEAR], "stats": {"tokens_used": 5}, "answer": "x"}).sources == []


@table("parts", [COMPACT_AT - 1, COMPACT_AT, COMPACT_AT + 1, 3 * COMPACT_AT + 7])
def test_joined_parts_keep_the_text_and_the_count(parts):
    state = AnswerState()
    for n in range(parts):
        state.add_text(f"{n},")
        if len(state.parts) >= COMPACT_AT:
            state.compact()
    assert len(state.parts) < COMPACT_AT
    assert state.text == state.answer == "".join(f"{n}," for n in range(parts))
    assert state.chunks_received == parts


def test_joining_nothing_changes_nothing():
    state = AnswerState()
    state.compact()
    assert (state.text, state.chunks_received) == ("", 0)


def test_chunks_without_text_are_counted():
    assert decoded({"type": "thinking"}, TOKEN, {"type": "x"}, {"type": "done"}).answer.chunks_received == 4


def test_openais_end_and_usage_are_kept():
    state = decoded_stream("openai").answer
    assert state.finish_reason == "stop"
    assert state.usage == {"prompt_tokens": 9, "completion_tokens": 10, "total_tokens": 19}
    message = chat_response(state)
    assert (message.finish_reason, message.usage) == (state.finish_reason, state.usage)


def test_an_end_and_usage_beside_text_are_kept():
    event = {"choices": [{"delta": {"content": "a"}, "finish_reason": "length"}], "usage": {"total_tokens": 1}}
    message = chat(event, {"choices": [], "usage": None})
    assert (message.content, message.finish_reason, message.usage) == ("a", "length", {"total_tokens": 1})


# -- what final() returns ---------------------------------------------------------------------------------------------


def test_a_query_brings_all_that_the_whole_answer_has():
    answer = query_response(decoded_stream("query_v2").answer)
    assert (answer.answer, answer.mode) == (FINAL_TEXT, "mix")
    assert ids(answer.sources) == ["0b5f0a52-6c1e-4c55-9a34-2f6f3f1f7a10-chunk-2", "TIDE_MILL", "TIDE_MILL->ESTUARY"]
    assert answer.sources[0].rerank_score == 0.88
    assert (answer.stats.total_time_ms, answer.stats.tokens_used, answer.stats.ux_ttft_ms) == (894, 17, 120)
    assert (answer.stats.llm_provider, answer.stats.llm_model) == ("ollama", "mill-7b")
    assert answer.subgraph.entities[0].name == "TIDE_MILL"
    assert answer.subgraph.relationships[0].target == "ESTUARY"
    assert answer.bundle is None


def test_a_bundle_brings_its_own_graph():
    answer = query_response(decoded_stream("query_v3").answer)
    assert answer.bundle.chunks[0].token_count == 19
    assert answer.subgraph is answer.bundle.subgraph
    assert answer.subgraph.entities[0].id == "TIDE_MILL"


def test_an_older_server_brings_the_streamed_text_and_the_mode_of_its_stats():
    answer = query_response(decoded_stream("query_v2_older").answer)
    assert (answer.answer, answer.mode, answer.stats.llm_model) == (TEXT, "mix", None)
    assert query(TOKEN, {"type": "done", "stats": {"query_mode": "local"}}).mode == "local"
    assert (
        query({"type": "context", "query_mode": "hybrid"}, {"type": "done", "stats": {"query_mode": "x"}}).mode
        == "hybrid"
    )


def test_the_model_in_the_stats_counts_before_that_of_the_event():
    done = {"type": "done", "stats": {"llm_model": "inner"}, "llm_model": "outer", "llm_provider": "p"}
    answer = query(done)
    assert (answer.stats.llm_model, answer.stats.llm_provider) == ("inner", "p")


def test_folding_twice_gives_the_same_answer_and_leaves_the_stats_alone():
    state = decoded({"type": "done", "stats": {}, "llm_model": "m"}).answer
    assert query_response(state) == query_response(state)
    assert state.stats.llm_model is None


def test_stats_stay_when_a_later_end_has_none():
    assert query({"type": "done", "stats": {"tokens_used": 5}}, "[DONE]").stats.tokens_used == 5


def test_a_chat_brings_all_that_the_whole_message_has():
    message = chat_response(decoded_stream("chat").answer)
    assert (message.content, message.answer, message.mode) == (FINAL_TEXT, FINAL_TEXT, "mix")
    assert message.conversation_id == "4d3f6d6a-54b1-4a53-8d05-b9c7c5a7e201"
    assert message.user_message_id == "9a53a1f7-65c2-4b1d-8f2c-7f1d25b0c302"
    assert message.assistant_message_id == "2e7c3b0c-1f5d-4b3a-9a0f-3d2f6a4b5c03"
    assert (message.tokens_used, message.duration_ms) == (17, 901)
    assert (message.llm_provider, message.llm_model) == ("ollama", "mill-7b")
    assert message.title == "How the tide mill works"
    assert len(message.sources) == 3
    assert message.subgraph.entities[0].name == "TIDE_MILL"
    assert "query_mode" not in message


def test_null_fields_do_not_take_back_what_was_seen():
    message = chat(
        {"type": "conversation", "conversation_id": "c", "user_message_id": None},
        {"type": "done", "conversation_id": None, "tokens_used": 0},
        {"type": "title_update", "title": "Mills", "conversation_id": None},
    )
    assert (message.conversation_id, message.user_message_id, message.tokens_used) == ("c", None, 0)
    assert message.title == "Mills"


def test_the_conversation_may_be_said_at_the_end():
    assert chat({"type": "done", "conversation_id": "c"}).conversation_id == "c"
    assert query({"type": "conversation", "conversation_id": "c"}).conversation_id == "c"


def test_a_chunk_made_by_hand_is_folded_by_its_text():
    state = AnswerState()
    state.add(Chunk({"type": "token", "content": "a"}))
    state.add(Chunk({"chunk": "b"}))
    state.add(Chunk())
    assert (state.text, state.chunks_received) == ("ab", 3)

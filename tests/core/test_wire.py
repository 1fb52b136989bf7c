"""Every wire format gives the same text, and nothing but StreamError for what cannot be read."""

from __future__ import annotations

import json
import math
from itertools import product

import pytest
from core.streams import (
    FINAL_TEXT,
    TEXT,
    WHOLE_STREAMS,
    Decoded,
    decoded,
    decoded_stream,
    one,
    recorded,
)
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from edgequake._core.answer import chat_response, query_response
from edgequake._core.sse import EventData, SSEParser
from edgequake._core.wire import WireDecoder, events_of_answer
from edgequake.chunks import ChatChunk, ChunkFields, ChunkType, QueryChunk
from edgequake.exceptions import StreamError, StreamTruncatedError
from edgequake.models import ChatResponse, QueryResponse

KINDS = ["query", "chat"]


def choices(text):
    return [{"index": 0, "delta": {"content": text}, "finish_reason": None}]


# -- whole streams ----------------------------------------------------------------------------------------------------


@table("kind", KINDS)
@table("name", WHOLE_STREAMS)
def test_every_format_gives_the_same_text(name, kind):
    stream = decoded_stream(name, kind=kind)
    assert stream.text == stream.answer.text == TEXT
    assert stream.answer.chunks_received == len(stream.chunks)


@table("name", [name for name in WHOLE_STREAMS if name != "query_v1"])
def test_a_format_with_a_final_event_is_finished_by_it(name):
    assert decoded_stream(name).decoder.finished


TYPES = {
    "chat": ["conversation", "thinking", "context", "stage", *["token"] * 10, "done", "title_update"],
    "guide": [*["token"] * 10, "source", "source", "done"],
    "openai": ["", *["token"] * 10, "", "", "done"],
    "query_v1": ["token"] * 10,
    "query_v2": ["thinking", "context", *["token"] * 10, "done"],
    "query_v2_older": ["context", *["token"] * 10, "done"],
    "query_v3": ["thinking", "context", *["token"] * 10, "done"],
    "untyped": [*["token"] * 10, "done"],
}


@table("name", WHOLE_STREAMS)
def test_each_event_becomes_a_chunk_of_its_type(name):
    assert decoded_stream(name).types == TYPES[name]


def test_a_query_brings_query_chunks_and_a_chat_chat_chunks():
    assert {type(chunk) for chunk in decoded_stream("query_v2").chunks} == {QueryChunk}
    assert {type(chunk) for chunk in decoded_stream("chat").chunks} == {ChatChunk}


@table("name", WHOLE_STREAMS)
def test_raw_is_the_data_as_the_server_sent_it(name):
    sent = [data.decode() for data in SSEParser(1 << 20).feed(recorded(name))]
    assert [chunk.raw for chunk in decoded_stream(name).chunks] == sent


@table("name", WHOLE_STREAMS)
def test_every_field_of_the_wire_is_kept(name):
    stream = decoded_stream(name)
    for chunk in stream.chunks:
        if chunk.raw.startswith("{"):
            sent = json.loads(chunk.raw)
            assert {key: chunk[key] for key in sent if key != "choices"} == {
                key: value for key, value in sent.items() if key != "choices"
            }


# -- one event --------------------------------------------------------------------------------------------------------

# name: (event, chunk of a query, chunk of a chat where it is another)
EVENTS = {
    "guide token": (
        {"chunk": "Tide", "type": "token"},
        {"chunk": "Tide", "type": "token"},
        {"chunk": "Tide", "type": "token", "choices": choices("Tide")},
    ),
    "v2 token": (
        {"type": "token", "content": "Tide"},
        {"type": "token", "content": "Tide", "chunk": "Tide"},
        {"type": "token", "content": "Tide", "chunk": "Tide", "choices": choices("Tide")},
    ),
    "v2 token with an empty text": (
        {"type": "token", "content": ""},
        {"type": "token", "content": "", "chunk": ""},
        {"type": "token", "content": "", "chunk": "", "choices": choices("")},
    ),
    "token with a null content beside its chunk": (
        {"type": "token", "content": None, "chunk": "a"},
        {"type": "token", "content": None, "chunk": "a"},
        {"type": "token", "content": None, "chunk": "a", "choices": choices("a")},
    ),
    "older untyped token": (
        {"chunk": "Tide", "done": False},
        {"chunk": "Tide", "done": False, "type": "token"},
        {"chunk": "Tide", "done": False, "type": "token", "choices": choices("Tide")},
    ),
    "older untyped end": ({"chunk": "", "done": True}, {"chunk": "", "done": True, "type": "done"}, None),
    "untyped end without text": ({"chunk": None, "done": True}, {"chunk": "", "done": True, "type": "done"}, None),
    "untyped end with text": ({"chunk": ".", "done": True}, {"chunk": ".", "done": True, "type": "done"}, None),
    "untyped event without text": ({"done": False}, {"done": False, "type": ""}, None),
    "null type": ({"type": None, "done": True}, {"type": "done", "done": True}, None),
    "thinking": (
        {"type": "thinking", "content": "looked"},
        {"type": "thinking", "content": "looked"},
        None,
    ),
    "unknown type": ({"type": "weather", "wind": 7}, {"type": "weather", "wind": 7}, None),
    "unknown type with text": ({"type": "aside", "chunk": "hm"}, {"type": "aside", "chunk": "hm"}, None),
    "unknown type with content": ({"type": "aside", "content": "hm"}, {"type": "aside", "content": "hm"}, None),
    "unknown fields": (
        {"type": "token", "content": "a", "logprob": -0.5},
        {"type": "token", "content": "a", "logprob": -0.5, "chunk": "a"},
        {"type": "token", "content": "a", "logprob": -0.5, "chunk": "a", "choices": choices("a")},
    ),
    "null error beside text": (
        {"error": None, "chunk": "a"},
        {"error": None, "chunk": "a", "type": "token"},
        {"error": None, "chunk": "a", "type": "token", "choices": choices("a")},
    ),
    "OpenAI text": (
        {"choices": [{"index": 0, "delta": {"content": "a"}}]},
        {"choices": [{"index": 0, "delta": {"content": "a"}}], "type": "token", "chunk": "a"},
        None,
    ),
    "OpenAI role": (
        {"choices": [{"delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"delta": {"role": "assistant", "content": ""}}], "type": ""},
        None,
    ),
    "OpenAI null content": (
        {"choices": [{"delta": {"content": None}}]},
        {"choices": [{"delta": {"content": None}}], "type": ""},
        None,
    ),
    "OpenAI without choices": (
        {"choices": [], "usage": {"total_tokens": 3}},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": None}], "usage": {"total_tokens": 3}, "type": ""},
        None,
    ),
    "OpenAI null choices": (
        {"choices": None},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": None}], "type": ""},
        None,
    ),
    "OpenAI null delta": (
        {"choices": [{"delta": None, "finish_reason": "stop"}]},
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "type": ""},
        None,
    ),
    "OpenAI completion": (
        {"choices": [{"text": "a"}]},
        {"choices": [{"text": "a", "delta": {"content": "a"}}], "type": "token", "chunk": "a"},
        None,
    ),
    "OpenAI text beside an end": (
        {"choices": [{"delta": {"content": "."}, "finish_reason": "stop"}]},
        {"choices": [{"delta": {"content": "."}, "finish_reason": "stop"}], "type": "token", "chunk": "."},
        None,
    ),
    "OpenAI with a type of its own": (
        {"type": "delta", "choices": [{"delta": {"content": "a"}}]},
        {"type": "delta", "choices": [{"delta": {"content": "a"}}], "chunk": "a"},
        None,
    ),
    "OpenAI with two choices": (
        {"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}]},
        {"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}], "type": "token", "chunk": "a"},
        None,
    ),
    "token that also has choices": (
        {"type": "token", "content": "a", "choices": [{"delta": {"content": "a"}}]},
        {"type": "token", "content": "a", "chunk": "a", "choices": [{"delta": {"content": "a"}}]},
        None,
    ),
    "token that has empty choices": (
        {"type": "token", "content": "a", "choices": []},
        {"type": "token", "content": "a", "chunk": "a", "choices": choices("a")},
        None,
    ),
    "token that has choices without text": (
        {"type": "token", "choices": [{"delta": {}, "finish_reason": "stop"}]},
        {"type": "token", "choices": [{"delta": {}, "finish_reason": "stop"}]},
        None,
    ),
}


@table(("event", "query", "chat"), EVENTS.values())
def test_an_event_becomes_its_chunk(event, query, chat):
    assert one(event, "query") == query
    assert one(event, "chat") == (query if chat is None else chat)


@table("event", [event for event, *_ in EVENTS.values()])
def test_what_a_chunk_shows_is_what_is_folded(event):
    for kind in KINDS:
        stream = decoded({"type": "x"}, event, kind=kind)
        assert stream.answer.text == stream.chunks[-1].text == stream.chunks[-1].get("chunk", "")
        assert stream.answer.chunks_received == 2


# -- what kind of stream it is ----------------------------------------------------------------------------------------

PLAIN = [
    "42",
    "true",
    "null",
    '"q"',
    "{",
    "{}",
    "[1]",
    "[DONE",
    " ",
    "\n",
    " is",
    "is ",
    "1.50",
    "NaN",
    "'",
]


@table("text", PLAIN)
def test_a_first_event_that_is_no_event_of_json_makes_a_stream_of_text(text):
    stream = decoded(text, "[DONE]", '{"type": "token", "content": "a"}', "42")
    assert stream.text == text + '[DONE]{"type": "token", "content": "a"}42'
    assert stream.types == ["token"] * 4
    stream.decoder.end(unfinished=False)


def test_text_has_the_fields_of_a_token():
    for text in PLAIN:
        assert one(text) == {"type": "token", "content": text, "chunk": text}
        assert one(text, "chat")["choices"] == choices(text)


@table("text", ['{"type": "token"}', '{"chunk": 1}', '{"choices": 2}', '{"error": "x"}', '{"done": true}'])
def test_a_text_that_looks_like_an_event_is_text_where_v1_was_asked_for(text):
    stream = decoded(text, "[DONE]", text_only=True)
    assert stream.text == text + "[DONE]"
    stream.decoder.end(unfinished=False)


@table("event", [{"type": "x"}, {"chunk": "a"}, {"choices": []}, {"done": False}, {"error": None}])
def test_a_first_event_of_json_makes_a_stream_of_json(event):
    with pytest.raises(StreamError, match="not a JSON object"):
        decoded(event, "plain")


def test_events_without_data_do_not_decide():
    assert decoded("", "", {"type": "token", "content": "a"}, "").types == ["token"]
    assert decoded("", "a", "", "b").text == "ab"


def test_the_sentinel_ends_a_stream_and_text_after_it_is_kept():
    stream = decoded("[DONE]")
    assert stream.chunks == [{"type": "done"}]
    assert stream.decoder.finished
    assert [chunk.text for chunk in decoded("[DONE]", "plain", " text").chunks] == ["", "plain", " text"]


@pytest.mark.parametrize("first", [{"request_id": "1"}, {"content": "no type"}])
def test_an_object_of_another_kind_begins_a_stream_of_json_too(first):
    stream = decoded(first, {"type": "token", "content": "a"}, {"type": "done"})
    assert [chunk.text for chunk in stream.chunks] == ["", "a", ""]
    assert stream.chunks[0] == {**first, "type": ""}


def test_an_event_named_error_is_one_whatever_its_fields():
    data = EventData(b'{"message": "out of memory"}')
    data.event, data.id, data.retry = "error", "", None
    with pytest.raises(StreamError, match="out of memory"):
        decoded(data)


@table("data", ["42", "true", '"q"', "[1]", "null", "{", "plain", " "])
def test_data_that_is_no_object_in_a_stream_of_json_is_refused_and_shown(data):
    with pytest.raises(StreamError) as caught:
        decoded({"type": "x"}, data)
    assert str(caught.value).endswith(f"it is not a JSON object: {data!r}")


def test_only_the_beginning_of_bad_data_is_shown():
    with pytest.raises(StreamError) as caught:
        decoded({"type": "x"}, "x" * 5000)
    assert len(str(caught.value)) < 300


def test_an_object_without_known_fields_is_kept_once_the_stream_is_of_json():
    assert decoded({"type": "x"}, {"wind": 7}).chunks[1] == {"wind": 7, "type": ""}


# -- raw text ---------------------------------------------------------------------------------------------------------


@table(
    "tokens",
    [
        ["The", " tide ", " ", "\n", "\n\n", "  a", "\t", "\u2028", "\u0085", "\x0b", "{", "}"],
        ["Error:", " none"],
        ["no Error: here"],
        ["Error: is a word", " here"],
        ["a", "Error: is", "Error: twice", " too"],
    ],
)
@table("options", [{}, {"text_only": True}])
def test_raw_text_is_kept_as_it_stands(tokens, options):
    stream = decoded(*tokens, **options)
    stream.decoder.end(unfinished=False)
    assert stream.text == stream.answer.text == "".join(tokens)


@table("before", [[], ["The", " mill"], ["Error: said", " he"], ["Error: is a word"]])
def test_a_last_text_that_begins_like_an_error_is_one(before):
    stream = decoded(*before, "Error: the pond ran dry")
    assert stream.text == "".join(before)
    assert stream.decoder.held_text == "Error: the pond ran dry"
    with pytest.raises(StreamError) as caught:
        stream.decoder.end(unfinished=False)
    assert str(caught.value) == "the pond ran dry"
    assert caught.value.code is None
    assert not isinstance(caught.value, StreamTruncatedError)


@table("words", ["", "  ", "\n"])
def test_an_error_of_raw_text_that_says_nothing_still_has_words(words):
    with pytest.raises(StreamError, match=r"^the server reported an error$"):
        decoded("The mill", f"Error: {words}").decoder.end(unfinished=False)


def test_text_that_no_chunk_has_brought_is_held_until_one_does():
    stream = decoded("The ", "Error: said")
    assert (stream.text, stream.decoder.held_text) == ("The ", "Error: said")
    stream.decoder.decode(b" he")
    assert (stream.answer.text, stream.decoder.held_text) == ("The Error: said he", "")


@table("value", [b"1,", b"[]", b"{}"])
def test_an_event_of_more_values_than_memory_is_for_is_refused(value):
    few, many = (b'{"type":"x","n":["' + b" " * 300_000 + b'",' + value * n for n in (1000, 500_001))
    with pytest.raises(StreamError, match="more than 500000 values"):
        decoded(many)
    with pytest.raises(StreamError, match="cannot be read"):  # it is cut off, but not too large
        decoded('{"type":"token","content":"a"}', few)


def test_the_recorded_failure_of_raw_text_keeps_the_text_before_it():
    with pytest.raises(StreamError, match=r"^the mill pond ran dry$"):
        decoded_stream("query_v1_failed")
    assert Decoded(SSEParser(1 << 20).feed(recorded("query_v1_failed"))).text == TEXT


def test_raw_text_that_is_not_utf_8_is_shown_with_replacement_characters():
    assert decoded(b"mill \xff\xfe", b"\xf0\x9f").text == "mill \ufffd\ufffd\ufffd"


# -- the end ----------------------------------------------------------------------------------------------------------


@table(
    "event",
    [
        {"type": "done"}, {"chunk": "", "done": True}, {"done": True}, "[DONE]",
        {"choices": [{"delta": {}, "finish_reason": "length"}]},
        {"choices": [{"delta": {"content": "."}, "finish_reason": "stop"}]},
        {"type": "done", "choices": []}, {"choices": [], "done": True},
        {"type": "token", "content": ".", "choices": [{"delta": {}, "finish_reason": "stop"}]},
    ],
)  # fmt: skip
@table("unfinished", [True, False])
def test_after_a_final_event_the_stream_may_end_in_any_way(event, unfinished):
    stream = decoded({"type": "token", "content": "a"}, event)
    assert stream.decoder.finished
    stream.decoder.end(unfinished=unfinished)


@table(
    "event",
    [
        {"type": "token", "content": "a"}, {"type": "context", "sources": []}, {"chunk": "a", "done": False},
        {"choices": [{"delta": {"content": "a"}, "finish_reason": None}]}, {"choices": []}, {"type": "DONE"},
        {"type": "title_update", "title": "x"}, {"type": "x", "done": True}, {"done": "yes"},
    ],
)  # fmt: skip
def test_a_stream_that_ends_without_a_final_event_is_truncated(event):
    stream = decoded(event)
    assert not stream.decoder.finished
    with pytest.raises(StreamTruncatedError, match="without its final event"):
        stream.decoder.end(unfinished=False)


def test_a_stream_that_ends_in_the_middle_of_an_event_is_truncated():
    for events in (["plain"], [{"type": "x"}], []):
        with pytest.raises(StreamTruncatedError, match="middle of an event"):
            decoded(*events).decoder.end(unfinished=True)


def test_a_stream_without_any_event_is_truncated():
    with pytest.raises(StreamTruncatedError, match="without sending anything"):
        decoded().decoder.end(unfinished=False)
    with pytest.raises(StreamTruncatedError, match="without sending anything"):
        decoded("").decoder.end(unfinished=False)


def test_events_after_the_final_one_are_seen_and_do_not_take_the_end_back():
    stream = decoded({"type": "done"}, {"type": "title_update", "title": "Mills"}, {"type": "x"}, kind="chat")
    assert stream.types == ["done", "title_update", "x"]
    assert stream.decoder.finished
    assert stream.chunks[1].title == "Mills"


# -- error events -----------------------------------------------------------------------------------------------------

ERRORS = {
    "of the contract": ({"type": "error", "message": "no pond", "code": "QUERY_FAILED"}, "no pond", "QUERY_FAILED"),
    "without a code": ({"type": "error", "message": "no pond"}, "no pond", None),
    "without a word": ({"type": "error"}, "the server reported an error", None),
    "with nulls": ({"type": "error", "message": None, "code": None}, "the server reported an error", None),
    "with an empty message": ({"type": "error", "message": "", "error": "no pond"}, "no pond", None),
    "with a number for a code": ({"type": "error", "message": "no pond", "code": 502}, "no pond", "502"),
    "with an object for a message": ({"type": "error", "message": {"why": ["x"]}}, '{"why":["x"]}', None),
    "as a word": ({"error": "no pond"}, "no pond", None),
    "typed as a word": ({"type": "error", "error": "no pond"}, "no pond", None),
    "as an object": ({"error": {"message": "no pond", "code": "dry"}}, "no pond", "dry"),
    "as an object with a number": ({"error": {"message": 5, "code": 429}}, "5", "429"),
    "as an object beside a code": ({"error": {"message": "no pond"}, "code": "DRY"}, "no pond", "DRY"),
    "as an object without a word": ({"error": {"why": 1}}, "the server reported an error", None),
    "as a list": ({"error": ["x"]}, "the server reported an error", None),
    "as true": ({"error": True}, "the server reported an error", None),
    "OpenAI's": ({"error": {"message": "no pond"}, "choices": []}, "no pond", None),
    "OpenAI's beside text": ({"error": {"message": "no"}, "choices": [{"delta": {"content": "a"}}]}, "no", None),
    "typed beside choices": ({"type": "error", "message": "no pond", "choices": []}, "no pond", None),
    "beside a chunk that is wrong": ({"type": "error", "message": "no pond", "sources": 5}, "no pond", None),
    "with a lone surrogate": ('{"type": "error", "message": "no \\ud800"}', "no \ufffd", None),
}


@table(("event", "message", "code"), ERRORS.values())
def test_an_error_event_is_raised_in_the_words_of_the_server(event, message, code):
    for kind, before in product(KINDS, ([], [{"type": "token", "content": "a"}])):
        with pytest.raises(StreamError) as caught:
            decoded(*before, event, kind=kind)
        assert (caught.value.message, caught.value.code) == (message, code), (kind, before)
        assert not isinstance(caught.value, StreamTruncatedError)


def test_the_recorded_failure_of_a_chat_says_what_the_server_said():
    with pytest.raises(StreamError, match=r"^the miller left \(CONVERSATION_GONE\)$"):
        decoded_stream("chat_failed")


# -- wrong types ------------------------------------------------------------------------------------------------------


@table(
    "event",
    [
        {"type": "token"}, {"type": "token", "content": None}, {"type": "token", "content": 5},
        {"type": "token", "content": ["a"]}, {"type": "token", "content": {"text": "a"}}, {"chunk": 5},
        {"chunk": ["a"]}, {"type": "token", "content": 5, "chunk": "a"}, {"type": "token", "chunk": 5},
        {"type": "x", "chunk": {}},
        {"type": "done", "chunk": 1}, {"type": 5}, {"type": ["token"]}, {"type": {}}, {"type": True},
        {"choices": "a"}, {"choices": 5}, {"choices": {"delta": {}}}, {"choices": ["a"]}, {"choices": [None]},
        {"choices": [{"delta": "a"}]}, {"choices": [{"delta": ["a"]}]}, {"choices": [{"delta": {"content": 5}}]},
        {"choices": [{"delta": {"content": ["a"]}}]}, {"choices": [{"text": 5}]}, {"choices": [], "chunk": 5},
        {"choices": [], "type": "token", "content": 5}, {"type": "token", "content": "a", "choices": "b"},
        {"type": "token", "content": "a", "choices": [1]},
        {"type": "done", "stats": 5}, {"type": "done", "stats": {"tokens_used": "many"}},
        {"type": "context", "sources": {}}, {"type": "context", "sources": [1]},
        {"type": "context", "sources": [{"score": "high"}]}, {"type": "context", "retrieval_time_ms": "x"},
        {"type": "context", "sources": [], "subgraph": {"entities": [{}]}}, {"type": "context", "bundle": "x"},
        {"type": "source", "source": ["x"]}, {"type": "source", "source": 5},
        {"type": "conversation", "conversation_id": []},
        {"type": "title_update", "title": {}}, {"type": "thinking", "content": {}}, {"type": "done", "answer": []},
        {"type": "done", "choices": [], "stats": 5},
    ],
)  # fmt: skip
def test_a_wrong_type_on_the_wire_is_a_stream_error_at_once(event):
    for kind in KINDS:
        with pytest.raises(StreamError):
            decoded({"type": "x"}, event, kind=kind)


def test_a_wrong_type_is_named_without_its_value():
    with pytest.raises(StreamError) as caught:
        decoded({"type": "context", "sources": [{"id": "a"}, {"score": "secret"}]})
    assert str(caught.value) == (
        "the server sent a context event with sources.1.score: "
        "Input should be a valid number, unable to parse string as a number"
    )


@table("kind", ["context", "source", "done", "conversation", "title_update", "thinking"])
def test_null_means_absent(kind):
    for name in ("sources", "source", "stats", "answer", "subgraph", "bundle", "conversation_id", "title"):
        assert one({"type": kind, name: None}, "chat").text == "", name


# -- JSON that is at the edge -----------------------------------------------------------------------------------------

EDGES = {
    "a lone surrogate": (rb'{"type": "token", "content": "a\ud800b"}', "a\ufffdb"),
    "a lone low surrogate": (rb'{"type": "token", "content": "\udc00"}', "\ufffd"),
    "a pair of surrogates": (rb'{"type": "token", "content": "\ud83c\udf0a"}', "\U0001f30a"),
    "bytes that are not UTF-8": (b'{"type": "token", "content": "a\xffb"}', "a\ufffdb"),
    "a cut character": (b'{"type": "token", "content": "\xf0\x9f\x8c"}', "\ufffd"),
    "an escaped NUL": (rb'{"type": "token", "content": "a\u0000b"}', "a\0b"),
    "white space around": (b' {"type": "token", "content": "a"} ', "a"),
    "a key twice": (b'{"type": "token", "content": "a", "content": "b"}', "b"),
    "a huge integer": (b'{"type": "token", "content": "a", "n": 1' + b"0" * 400 + b"}", "a"),
    "a huge float": (b'{"type": "token", "content": "a", "n": 1e999}', "a"),
    "NaN": (b'{"type": "token", "content": "a", "n": NaN}', "a"),
    "minus infinity": (b'{"type": "token", "content": "a", "n": -Infinity}', "a"),
    "deep nesting": (b'{"type": "token", "content": "a", "n": ' + b"[" * 150 + b"]" * 150 + b"}", "a"),
    "deeper nesting": (b'{"type": "token", "content": "a", "n": ' + b"[" * 400 + b"]" * 400 + b"}", "a"),
    "a lone surrogate in a key": (rb'{"type": "token", "content": "a", "\ud800": 1}', "a"),
    "a lone surrogate in OpenAI's text": (rb'{"choices": [{"delta": {"content": "\ud800"}}]}', "\ufffd"),
    "a lone surrogate in a guide's token": (rb'{"chunk": "\ud800"}', "\ufffd"),
    "a lone surrogate beside an untyped end": (rb'{"chunk": "\ud800", "done": true}', "\ufffd"),
}  # fmt: skip


@table(("data", "text"), EDGES.values())
def test_json_at_the_edge_is_read(data, text):
    for kind, before in product(KINDS, ([], [{"type": "x"}])):
        stream = decoded(*before, data, kind=kind)
        assert stream.text == stream.answer.text == text, (kind, before)
        assert stream.chunks[-1].raw == data.decode("utf-8", "replace")
        stream.text.encode()
        if stream.chunks[-1].type == "token":
            assert kind == "query" or stream.chunks[-1]["choices"][0]["delta"]["content"] == text


def test_a_lenient_token_without_text_is_refused_as_a_strict_one_is():
    with pytest.raises(StreamError, match="its text is not a string"):
        decoded({"type": "x"}, b'{"type": "token", "note": "\xff"}')


def test_numbers_that_json_lacks_are_read():
    assert math.isnan(one(b'{"type": "x", "n": NaN}')["n"])


@table(
    "data",
    [
        b'{"type": "x", "n": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"type": "x", "n": ' + b"1" * 10_000 + b"}",
        b'{"type": "x", "n": tru}',
        b'{"type": "x"',
        b"\xff\xfe",
        b'\xef\xbb\xbf{"type": "x"}',
    ],
)
def test_json_beyond_the_edge_is_refused_once_the_stream_is_of_json(data):
    with pytest.raises(StreamError, match="not a JSON object"):
        decoded({"type": "x"}, data)


# -- anything ---------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [*ChunkFields.model_fields, "choices", "delta", "text", "done", "error", "usage", "index", "id", "x"]
)
TYPE_NAMES = st.sampled_from([*ChunkType, "new"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, JSON, max_size=6) | st.builds(
    lambda kind, fields: {"type": kind, **fields},
    TYPE_NAMES,
    st.dictionaries(NAMES.filter("type".__ne__), JSON, max_size=5),
)
EVENT_DATA = (
    OBJECTS.map(lambda value: json.dumps(value).encode())
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.binary(max_size=20)
    | st.just(b"[DONE]")
)


@given(st.lists(EVENT_DATA, max_size=6), st.sampled_from(KINDS), st.booleans())
def test_whatever_comes_is_a_chunk_or_a_stream_error(events, kind, text_only):
    stream = decoded(kind=kind, text_only=text_only)
    try:
        for data in events:
            if (chunk := stream.decoder.decode(data)) is not None:
                stream.chunks.append(chunk)
        stream.decoder.end(unfinished=False)
    except StreamError as error:
        str(error)
    for chunk in stream.chunks:
        assert isinstance(chunk.type, str)
        assert str(chunk) == chunk.text == f"{chunk}"
        assert isinstance(chunk.finish_reason, str | None)
        assert isinstance(chunk.usage, dict | None)
        assert isinstance(chunk.get("chunk", ""), str)
        repr(chunk)
        assert chunk.get("choices", [{}])[0].get("delta", {}).get("content") in (None, chunk.text)
    assert stream.answer.text == stream.text
    assert stream.answer.chunks_received == len(stream.chunks)
    assert query_response(stream.answer).answer == chat_response(stream.answer).content == stream.answer.answer


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9), min_size=1, max_size=8))
def test_any_tokens_give_the_same_text_in_every_format(tokens):
    formats = {
        "guide": [{"chunk": token, "type": "token"} for token in tokens],
        "v2": [{"type": "token", "content": token} for token in tokens],
        "untyped": [{"chunk": token, "done": False} for token in tokens],
        "openai": [{"choices": [{"delta": {"content": token}}]} for token in tokens],
        "v1": [token for token in tokens if not token.startswith("Error: ")],
    }
    for name, events in formats.items():
        stream = decoded(*events, text_only=name == "v1")
        assert stream.text == stream.answer.text == "".join(formats["v1"] if name == "v1" else tokens)


PLAIN = {"id": "1", "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}], "model": "m"}
TEXTS = ["b", "", " ", "Error: ", None, 5, ["a"]]
CHOICES = [
    *TEXTS,
    [],
    [{}],
    [{"text": "a"}],
    [{"delta": {"content": "a"}}],
    [{"delta": {"content": "a"}, "finish_reason": None}, {"delta": {"content": "b"}, "finish_reason": "stop"}],
    *([{"delta": {"content": text}, "finish_reason": None}] for text in TEXTS),
    *([{"delta": delta, "finish_reason": None}] for delta in (None, {}, [], "a")),
    *([{"delta": {"content": "a"}, "finish_reason": reason}] for reason in ("stop", "", 5)),
]
FIELDS = {
    "choices": CHOICES,
    "usage": [None, {}, {"total_tokens": 1}, 5],
    "type": ["token", "done", "new", None, 5],
    "content": TEXTS,
    "chunk": TEXTS,
    "done": [True, False],
    "error": [None, "", "bad", {"message": "bad"}],
}


def all_that_it_does(read, stream):
    try:
        chunk = read()
    except StreamError as error:
        return str(error)
    answer = stream.answer
    text = (answer.text, answer.chunks_received, answer.usage, answer.finish_reason)
    return json.dumps(chunk), chunk.raw, stream.decoder.finished, text


def check_both_ways(event, kind):
    data = json.dumps(event).encode()
    short, long = Decoded([], kind), Decoded([], kind)
    shorter = all_that_it_does(lambda: short.decoder.decode(data), short)
    assert shorter == all_that_it_does(lambda: long.decoder._event(event, data), long)


@given(st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in FIELDS.items()}), st.sampled_from(KINDS))
def test_an_event_that_is_only_text_is_read_as_any_other_event_is(event, kind):
    """The commonest events are read by a shorter way; the order of the fields is the same too."""
    if event:
        check_both_ways(event, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_stands_beside_the_text_of_openais_wire_is_taken_in(kind):
    for name, values in FIELDS.items():
        for value in values:
            check_both_ways(PLAIN | {name: value}, kind)


@pytest.mark.parametrize("event", [PLAIN, {"type": "token", "content": "a"}, {"chunk": "a", "type": "token"}])
def test_the_commonest_events_are_read_by_the_shorter_way(event, monkeypatch):
    monkeypatch.delattr(WireDecoder, "_event")
    assert one(event).text == "a"


def test_an_event_named_error_is_one_on_openais_wire_too():
    data = EventData(json.dumps(PLAIN).encode())
    data.event, data.id, data.retry = "error", "", None
    with pytest.raises(StreamError):
        decoded(data)


# -- a whole answer as a stream ---------------------------------------------------------------------------------------

SOURCES = [{"id": "m", "source_type": "entity", "score": 0.5}, {"id": "n", "score": 0.25, "snippet": "tide", "new": 1}]
SUBGRAPH = {"entities": [{"id": "MILL", "new": 1}], "relationships": [{"id": "MILL->SEA"}]}


def through_a_stream(answer, kind):
    stream = Decoded(events_of_answer(dict(answer)), kind)
    stream.decoder.end(unfinished=False)
    assert stream.text == answer.answer
    return stream


@table(
    "body",
    [
        {"answer": "The mill grinds."},
        {"answer": "", "mode": "mix", "sources": []},
        {"answer": "a\n\n b", "mode": "mix", "sources": SOURCES, "subgraph": SUBGRAPH, "conversation_id": "c",
         "stats": {"total_time_ms": 5, "llm_model": "m", "context_empty": True, "new": 1}},
        {"answer": "a", "bundle": {"subgraph": SUBGRAPH, "chunks": [{"id": "m"}]}, "subgraph": SUBGRAPH},
    ],
)  # fmt: skip
def test_a_whole_answer_comes_through_a_stream_unchanged(body):
    answer = QueryResponse.model_validate(body)
    stream = through_a_stream(answer, "query")
    assert query_response(stream.answer) == answer


@pytest.mark.parametrize(
    "body",
    [
        {"content": "The mill grinds."},
        {"content": "a", "conversation_id": "c", "user_message_id": "u", "assistant_message_id": "a", "mode": "mix",
         "sources": SOURCES, "stats": {"total_time_ms": 5}, "tokens_used": 3, "duration_ms": 7.5, "llm_provider": "p",
         "llm_model": "m", "subgraph": SUBGRAPH, "usage": {"total_tokens": 3}, "finish_reason": "stop"},
    ],
)  # fmt: skip
def test_a_whole_message_comes_through_a_stream_unchanged(body):
    message = ChatResponse.model_validate(body)
    stream = through_a_stream(message, "chat")
    assert chat_response(stream.answer) == message


def test_a_whole_answer_becomes_context_one_token_and_done():
    stream = through_a_stream(QueryResponse(answer="a"), "query")
    assert stream.types == ["context", "token", "done"]
    stream = through_a_stream(ChatResponse(content="a", conversation_id="c"), "chat")
    assert stream.types == ["conversation", "context", "token", "done"]


def test_the_final_text_of_the_server_counts_and_the_streamed_text_stays():
    for name in ("query_v2", "query_v3", "chat"):
        stream = decoded_stream(name)
        assert (stream.answer.answer, stream.answer.text) == (FINAL_TEXT, TEXT)

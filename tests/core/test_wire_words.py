"""What the decoder says, word by word, and the corners of its decisions."""

from __future__ import annotations

import re

import pytest
from core.streams import Decoded, decoded, one
from pydantic_core import from_json
from tables import table

from edgequake._core.wire import events_of_answer
from edgequake.exceptions import StreamError, StreamTruncatedError

SAID = "the server sent an event that cannot be read, "


@table(
    ("event", "why"),
    [
        ({"type": "token"}, "its text is not a string"),
        ({"type": "token", "choices": [{"text": 5}]}, "its text is not a string"),
        ({"chunk": 5}, "its text is not a string"),
        ({"type": 5}, "its type is not a string"),
        ({"choices": 5}, "its choices are not a list with a delta"),
        ("plain", "it is not a JSON object"),
    ],
)
def test_an_event_that_cannot_be_read_says_why(event, why):
    with pytest.raises(StreamError, match=f"^{re.escape(SAID + why)}: '"):
        decoded({"type": "x"}, event)


def test_bad_data_is_shown_up_to_two_hundred_bytes():
    with pytest.raises(StreamError) as caught:
        decoded({"type": "x"}, "x" * 201)
    assert str(caught.value).endswith(f": {'x' * 200!r}")


@table(
    ("events", "unfinished", "words"),
    [
        ([], False, "the server closed the stream without sending anything"),
        (["a"], True, "the server closed the stream in the middle of an event"),
        ([{"type": "x"}], False, "the server closed the stream without its final event: the answer may be cut short"),
    ],
)
def test_a_stream_that_is_cut_says_where(events, unfinished, words):
    with pytest.raises(StreamTruncatedError) as caught:
        decoded(*events).decoder.end(unfinished=unfinished)
    assert str(caught.value) == words


def test_the_error_of_raw_text_is_shown_even_if_it_is_not_utf_8():
    stream = decoded("a", b"Error: dry \xff")
    with pytest.raises(StreamError) as caught:
        stream.decoder.end(unfinished=False)
    assert str(caught.value) == "dry \ufffd"


@table("data", ["{}", b'{"a": "\xff"}', rb'{"a": "\ud800"}'])
def test_an_object_that_says_nothing_is_a_chunk_of_a_stream_of_json(data):
    assert decoded({"type": "x"}, data).types == ["x", ""]


def test_a_first_event_that_only_a_lenient_reader_takes_makes_a_stream_of_json_too():
    with pytest.raises(StreamError, match="not a JSON object"):
        decoded(rb'{"type": "token", "content": "\ud800"}', "plain")


def test_an_empty_text_of_an_untyped_event_is_a_token():
    assert one({"chunk": "", "done": False}) == {"chunk": "", "done": False, "type": "token"}


def test_an_empty_text_of_a_token_with_choices_is_a_text():
    token = one({"type": "token", "content": "", "choices": []})
    assert token["chunk"] == ""
    assert token["choices"][0]["delta"] == {"content": ""}


@pytest.mark.parametrize("error", [{"message": "no pond"}, "no pond"])
def test_an_error_beside_choices_is_raised_whatever_the_type(error):
    with pytest.raises(StreamError, match=r"^no pond$"):
        decoded({"type": "delta", "choices": [{"delta": {}}], "error": error})


def test_a_whole_answer_becomes_these_events():
    assert list(map(from_json, events_of_answer({"answer": "a", "mode": "mix"}))) == [
        {"type": "context", "sources": [], "query_mode": "mix"},
        {"type": "token", "content": "a"},
        {"type": "done", "answer": "a"},
    ]
    assert Decoded(events_of_answer({})).text == ""

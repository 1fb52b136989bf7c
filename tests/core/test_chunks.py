"""A chunk is a real dict, prints as its text, and has typed attributes over its fields."""

from __future__ import annotations

import copy
import io
import json
import pickle
import subprocess
import sys
from contextlib import redirect_stdout

import pytest
from core.streams import FINAL_TEXT, TEXT, WHOLE_STREAMS, decoded_stream, one
from pydantic import BaseModel, TypeAdapter, ValidationError
from tables import table

from edgequake import chunks
from edgequake.chunks import ChatChunk, Chunk, ChunkType, QueryChunk
from edgequake.exceptions import StreamError
from edgequake.models import ContextBundle, QueryStats, Source, Subgraph

TOKEN = {"type": "token", "content": " tide", "chunk": " tide"}
CLASSES = [Chunk, QueryChunk, ChatChunk]


# -- a dict -----------------------------------------------------------------------------------------------------------


@table("cls", CLASSES)
def test_a_chunk_is_a_dict_of_its_fields(cls):
    chunk = cls(TOKEN)
    assert isinstance(chunk, dict)
    assert chunk == TOKEN
    assert {**chunk} == dict(chunk) == dict(chunk.items()) == TOKEN
    assert (chunk["chunk"], chunk.get("type"), chunk.get("none"), "chunk" in chunk) == (" tide", "token", None, True)
    assert list(chunk) == ["type", "content", "chunk"]
    with pytest.raises(KeyError):
        chunk["none"]


def test_a_chunk_has_no_attributes_of_its_own():
    with pytest.raises(AttributeError):
        Chunk().other = 1
    assert not hasattr(Chunk(), "__dict__")
    assert not hasattr(ChatChunk(), "__dict__")


@table("cls", CLASSES)
def test_a_chunk_prints_as_its_text(cls):
    out = io.StringIO()
    with redirect_stdout(out):
        for chunk in (cls({"chunk": "The"}), cls(type="context"), cls(TOKEN)):
            print(chunk, end="", flush=True)
    assert out.getvalue() == "The tide"
    assert f"{cls(TOKEN)}" == str(cls(TOKEN)) == "%s" % cls(TOKEN) == cls(TOKEN).text  # noqa: UP031


@table("cls", CLASSES)
def test_the_repr_shows_class_and_fields(cls):
    assert repr(cls(TOKEN)) == f"{cls.__name__}({TOKEN!r})"


@table(
    ("fields", "kind", "text"),
    [
        ({}, "", ""),
        ({"type": None}, "", ""),
        ({"type": 5}, "5", ""),
        ({"chunk": "a"}, "", "a"),
        ({"type": "token", "content": "a"}, "token", "a"),
        ({"type": "token", "content": "a", "chunk": ""}, "token", ""),
        ({"type": "token", "content": "a", "chunk": None}, "token", "a"),
        ({"type": "thinking", "content": "a"}, "thinking", ""),
        ({"type": "token", "content": 5}, "token", ""),
        ({"type": "token", "chunk": ["a"]}, "token", ""),
    ],
)
def test_type_and_text_never_fail(fields, kind, text):
    chunk = Chunk(fields)
    assert (chunk.type, chunk.text, str(chunk)) == (kind, text, text)


# -- matching ---------------------------------------------------------------------------------------------------------


def described(chunk):
    match chunk:
        case ChatChunk("token", text):
            return f"chat {text}"
        case QueryChunk(type="token", text=text):
            return f"query {text}"
        case QueryChunk(type=ChunkType.DONE):
            return "done"
        case {"type": "context", "sources": [{"id": first}, *_]}:
            return f"from {first}"
        case Chunk(kind, ""):
            return kind
        case str():
            return "str"


def test_a_chunk_can_be_matched_by_class_attribute_and_key():
    assert described(ChatChunk(TOKEN)) == "chat  tide"
    assert described(QueryChunk(TOKEN)) == "query  tide"
    assert described(QueryChunk(type="done")) == "done"
    assert described(QueryChunk(type="context", sources=[{"id": "m"}])) == "from m"
    assert described(ChatChunk(type="weather")) == "weather"


def test_the_known_types_are_plain_strings():
    assert {kind.value for kind in ChunkType} == {
        "conversation", "thinking", "context", "source", "stage", "token", "done", "title_update", "error",
    }  # fmt: skip
    assert ChunkType.TOKEN == "token"
    assert f"{ChunkType.DONE}" == "done"
    assert {"token": 1}[ChunkType.TOKEN] == 1


# -- copies -----------------------------------------------------------------------------------------------------------

COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda chunk, protocol=protocol: pickle.loads(pickle.dumps(chunk, protocol))
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
}


@table("copied", COPIES.values())
@table("touched", [True, False])
def test_a_copy_is_the_same_chunk(copied, touched):
    chunk = one(b'{"type":"done","stats":{"tokens_used":3},"new":[1]}', "chat")
    if touched:
        assert chunk.stats.tokens_used == 3
    twin = copied(chunk)
    assert type(twin) is ChatChunk
    assert twin == chunk
    assert twin is not chunk
    assert twin.raw == chunk.raw == '{"type":"done","stats":{"tokens_used":3},"new":[1]}'
    assert twin.stats == chunk.stats


def test_a_copy_made_by_hand_is_the_same_chunk():
    assert pickle.loads(pickle.dumps(QueryChunk(TOKEN))) == TOKEN
    assert copy.copy(QueryChunk(TOKEN)).raw == QueryChunk(TOKEN).raw


@table("name", WHOLE_STREAMS)
def test_a_chunk_of_any_stream_is_json(name):
    for chunk in decoded_stream(name).chunks:
        assert json.loads(json.dumps(chunk)) == chunk


# -- typed attributes -------------------------------------------------------------------------------------------------


def chunk_of(name, kind):
    return next(chunk for chunk in decoded_stream(name).chunks if chunk.type == kind)


def test_a_context_has_its_sources_and_graph():
    chunk = chunk_of("query_v2", "context")
    assert [type(source) for source in chunk.sources] == [Source] * 3
    assert (chunk.sources[0].file_path, chunk.sources[0].start_line) == ("tide-mills.md", 12)
    assert (chunk.query_mode, chunk.retrieval_time_ms) == ("mix", 64)
    assert isinstance(chunk.subgraph, Subgraph)
    assert chunk.bundle is None
    assert isinstance(chunk_of("query_v3", "context").bundle, ContextBundle)


def test_a_thinking_chunk_has_its_note():
    assert chunk_of("query_v2", "thinking").thinking == "looked into 3 passages"
    assert Chunk(type="thinking").thinking == ""
    assert Chunk(TOKEN).thinking == ""


def test_a_source_chunk_has_its_source():
    chunk = one({"type": "source", "source": "tide.md"})
    assert chunk.source.file_path == "tide.md"
    assert chunk.sources == [chunk.source]
    assert one({"type": "source", "source": {"id": "m"}, "sources": []}).sources[0].id == "m"
    assert one({"type": "source"}).sources == []


def test_a_done_chunk_has_its_stats_and_answer():
    chunk = chunk_of("query_v2", "done")
    assert isinstance(chunk.stats, QueryStats)
    assert (chunk.stats.generation_time_ms, chunk.answer) == (830, FINAL_TEXT)
    assert (chunk.llm_provider, chunk.llm_model) == ("ollama", "mill-7b")


def test_a_chats_chunks_have_its_ids_and_title():
    conversation, done, title = (chunk_of("chat", kind) for kind in ("conversation", "done", "title_update"))
    assert conversation.conversation_id == title.conversation_id == "4d3f6d6a-54b1-4a53-8d05-b9c7c5a7e201"
    assert conversation.user_message_id == "9a53a1f7-65c2-4b1d-8f2c-7f1d25b0c302"
    assert done.assistant_message_id == "2e7c3b0c-1f5d-4b3a-9a0f-3d2f6a4b5c03"
    assert (done.tokens_used, done.duration_ms) == (17, 901)
    assert title.title == "How the tide mill works"
    assert chunk_of("chat", "stage").stage == "generating"


def test_an_error_chunk_has_its_message_and_code():
    chunk = Chunk(type="error", message="no pond", code="DRY")
    assert (chunk.message, chunk.code) == ("no pond", "DRY")
    assert Chunk(type="error", message=["no"], code=5).message == '["no"]'
    assert Chunk(type="error", code=5).code == "5"


@table(
    ("fields", "reason"),
    [
        ({"choices": [{"finish_reason": "stop"}]}, "stop"),
        ({"choices": [{"finish_reason": None}]}, None),
        ({"choices": [{"finish_reason": 5}]}, None),
        ({"choices": [{}]}, None),
        ({"choices": []}, None),
        ({"choices": [], "finish_reason": "stop"}, "stop"),
        ({"choices": None}, None),
        ({"choices": "stop"}, None),
        ({"choices": ["stop"]}, None),
        ({"finish_reason": "stop"}, "stop"),
        ({}, None),
    ],
)
def test_the_finish_reason_is_a_word_or_none(fields, reason):
    assert Chunk(fields).finish_reason == reason


def test_usage_is_an_object_or_none():
    assert Chunk(usage={"total_tokens": 3}).usage == {"total_tokens": 3}
    assert Chunk(usage=3).usage is None
    assert Chunk().usage is None


ATTRIBUTES = [
    "source", "query_mode", "retrieval_time_ms", "subgraph", "bundle", "stats", "answer", "llm_provider", "llm_model",
    "stage", "message", "code", "finish_reason", "usage",
]  # fmt: skip
CHAT_ATTRIBUTES = ["conversation_id", "user_message_id", "assistant_message_id", "title", "tokens_used", "duration_ms"]


@table("fields", [{}, TOKEN, {"type": "weather", "wind": 7}])
def test_an_attribute_that_the_event_does_not_have_is_none(fields):
    chunk = ChatChunk(fields)
    assert {name: getattr(chunk, name) for name in ATTRIBUTES + CHAT_ATTRIBUTES} == dict.fromkeys(
        ATTRIBUTES + CHAT_ATTRIBUTES
    )
    assert chunk.sources == []


@table("name", CHAT_ATTRIBUTES)
def test_a_query_chunk_has_no_attribute_of_a_chat(name):
    assert not hasattr(QueryChunk(), name)


def test_every_attribute_is_documented():
    for cls in CLASSES:
        for name, value in vars(cls).items():
            if not name.startswith("_"):
                assert value.__doc__, name


def test_a_field_of_the_wrong_type_is_a_stream_error_that_names_it_alone():
    chunk = Chunk(type="weather", stats={"tokens_used": "a secret number"})
    with pytest.raises(StreamError) as caught:
        _ = chunk.stats
    assert str(caught.value) == (
        "the server sent a weather event with stats.tokens_used: "
        "Input should be a valid integer, unable to parse string as an integer"
    )
    assert isinstance(caught.value.__cause__, ValidationError)
    with pytest.raises(StreamError, match="a nameless event with sources"):
        _ = Chunk(sources=5).sources


def test_fields_that_are_read_leniently():
    chunk = ChatChunk(type="done", conversation_id=7, duration_ms="1.5", tokens_used=3.0, stats={"tokens_used": "4"})
    assert (chunk.conversation_id, chunk.duration_ms, chunk.tokens_used) == ("7", 1.5, 3)
    assert chunk.stats.tokens_used == 4


def test_raw_is_what_was_sent_or_else_the_fields_as_json():
    assert one(b'{"type" : "x"}').raw == '{"type" : "x"}'
    assert one(b"tide \xff").raw == "tide \ufffd"
    assert json.loads(Chunk(TOKEN).raw) == TOKEN


# -- pydantic ---------------------------------------------------------------------------------------------------------


class Page(BaseModel):
    first: QueryChunk
    rest: list[Chunk] = []


@table("cls", CLASSES)
def test_pydantic_reads_and_writes_a_chunk(cls):
    adapter = TypeAdapter(cls)
    chunk = cls(TOKEN)
    assert adapter.validate_python(chunk) is chunk
    for read in (adapter.validate_python(TOKEN), adapter.validate_json(json.dumps(TOKEN))):
        assert type(read) is cls
        assert read == TOKEN
        assert read.text == " tide"
    assert type(adapter.dump_python(chunk)) is dict
    assert adapter.dump_python(chunk) == adapter.dump_python(chunk, mode="json") == TOKEN
    assert json.loads(adapter.dump_json(chunk)) == TOKEN


def test_pydantic_keeps_a_subclass_and_refuses_what_is_no_chunk():
    assert type(TypeAdapter(Chunk).validate_python(ChatChunk(TOKEN))) is ChatChunk
    assert type(TypeAdapter(ChatChunk).validate_python(QueryChunk(TOKEN))) is ChatChunk
    for wrong in ("text", 5, None, [("type", "token")], {5: 5}):
        with pytest.raises(ValidationError):
            TypeAdapter(Chunk).validate_python(wrong)
    with pytest.raises(ValidationError):
        TypeAdapter(Chunk).validate_json('"text"')


def test_a_chunk_can_be_a_field():
    page = Page.model_validate({"first": TOKEN, "rest": [{"type": "x", "deep": {"a": [Source(id="m")]}}]})
    assert isinstance(page.first, QueryChunk)
    assert page.model_dump()["first"] == TOKEN
    assert json.loads(page.model_dump_json())["rest"][0]["deep"]["a"][0]["id"] == "m"
    assert Page.model_validate_json(page.model_dump_json()).first == TOKEN


@table("mode", ["validation", "serialization"])
@table("cls", CLASSES)
def test_the_json_schema_describes_the_known_fields(cls, mode):
    schema = TypeAdapter(cls).json_schema(mode=mode)
    assert schema["title"] == cls.__name__
    assert schema["required"] == ["type"]
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is True
    assert {"type", "content", "chunk", "sources", "stats", "title"} <= schema["properties"].keys()
    json.dumps(schema)


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_json_schema_of_a_model_with_chunks_refers_to_them(mode):
    schema = Page.model_json_schema(mode=mode)
    assert {"first", "rest"} == schema["properties"].keys()
    assert "Source" in schema["$defs"]


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_the_json_schema_needs_no_chunk_to_have_been_read_before(mode):
    program = f"""
from pydantic import TypeAdapter
from edgequake.chunks import QueryChunk
print(TypeAdapter(QueryChunk).json_schema(mode={mode!r})["title"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    assert (done.stdout, done.stderr) == ("QueryChunk\n", "")


# -- what the streaming guide's users write ---------------------------------------------------------------------------


def as_in_basic_streaming(stream):
    out = io.StringIO()
    for chunk in stream:
        if isinstance(chunk, dict) and "chunk" in chunk:
            out.write(chunk["chunk"])
        elif isinstance(chunk, str):
            out.write(chunk)
    return out.getvalue()


def as_in_collecting(stream):
    chunks = []
    for chunk in stream:
        if isinstance(chunk, dict) and "chunk" in chunk:
            chunks.append(chunk["chunk"])
        elif isinstance(chunk, str):
            chunks.append(chunk)
    return "".join(chunks)


def as_in_hybrid_mode(stream):
    out = io.StringIO()
    with redirect_stdout(out):
        for chunk in stream:
            if isinstance(chunk, dict):
                if chunk.get("type") == "token":
                    print(chunk["chunk"], end="", flush=True)
                elif chunk.get("type") == "source":
                    assert chunk["source"]
            else:
                print(chunk, end="", flush=True)
    return out.getvalue()


def as_printed(stream):
    out = io.StringIO()
    with redirect_stdout(out):
        for chunk in stream:
            print(chunk, end="", flush=True)
    return out.getvalue()


def as_in_json_parsing(stream):
    out = io.StringIO()
    with redirect_stdout(out):
        for chunk in stream:
            parsed = json.loads(chunk) if isinstance(chunk, str) else chunk
            print(parsed.get("chunk", ""), end="", flush=True)
    return out.getvalue()


def as_in_chat(stream):
    out = io.StringIO()
    for chunk in stream:
        if isinstance(chunk, dict):
            delta = chunk.get("choices", [{}])[0].get("delta", {}).get("content")
            if delta:
                out.write(delta)
    return out.getvalue()


READERS = [as_in_basic_streaming, as_in_collecting, as_in_hybrid_mode, as_printed, as_in_json_parsing]


@table("name", WHOLE_STREAMS)
@table("kind", ["query", "chat"])
def test_code_written_to_the_guide_reads_every_format(name, kind):
    for reader in READERS:
        assert reader(decoded_stream(name, kind=kind).chunks) == TEXT, reader


@table("name", WHOLE_STREAMS)
def test_code_written_to_the_guides_chat_reads_every_format(name):
    assert as_in_chat(decoded_stream(name, kind="chat").chunks) == TEXT


def test_the_modules_names_are_sorted_and_complete():
    assert chunks.__all__ == sorted(chunks.__all__) == ["ChatChunk", "Chunk", "ChunkType", "QueryChunk"]

"""The same text, to the character, from every wire format and however the bytes are cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from client.conftest import every_client
from client.wires import (
    CHAT_STREAM,
    CHAT_WIRES,
    CONTEXT,
    DONE,
    PIECES,
    QUERY,
    QUERY_WIRES,
    STREAM,
    TEXT,
    TITLE,
    chat,
    token,
    v2,
    wire_bytes,
)

from edgequake.testing import KEEP_ALIVE, Hold, Repeat

SAMPLES = Path(__file__).parents[1] / "fixtures" / "samples"
SAMPLE_TEXT = 'Mira Okafor\'s team operates\nthe Orion relay, "Lyon".\n\n [1]'


@every_client
@pytest.mark.parametrize("wire", QUERY_WIRES)
def test_a_query_gives_the_same_text_on_every_wire(caller, server, wire):
    server.on("POST", STREAM).stream(*QUERY_WIRES[wire](*PIECES))
    stream = caller.client().query.stream("q")
    chunks = caller.collect(stream)
    assert "".join(chunk["chunk"] for chunk in chunks if "chunk" in chunk) == TEXT
    assert "".join(map(str, chunks)) == TEXT
    assert stream.text == TEXT
    assert caller.final(stream).answer == TEXT
    assert stream.timing.chunks == len(chunks)


@every_client
@pytest.mark.parametrize("wire", CHAT_WIRES)
def test_a_chat_gives_the_same_text_on_every_wire(caller, server, wire):
    server.on("POST", CHAT_STREAM).stream(*CHAT_WIRES[wire](*PIECES))
    stream = caller.client().chat.stream("q")
    chunks = caller.collect(stream)
    deltas = [chunk.get("choices", [{}])[0].get("delta", {}).get("content") for chunk in chunks]
    assert "".join(delta for delta in deltas if delta) == TEXT
    assert "".join(map(str, chunks)) == TEXT
    assert caller.final(stream).content == TEXT


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"], ids=["lf", "cr", "crlf"])
@pytest.mark.parametrize("wire", QUERY_WIRES)
def test_line_ends_and_cuts_do_not_matter(caller, server, wire, end):
    client = caller.client()
    for cut in (1, 7, None):
        server.on("POST", STREAM).stream(wire_bytes(QUERY_WIRES[wire](*PIECES), end), cut=cut)
        assert caller.text(client.query.stream("q")) == TEXT, cut


@pytest.mark.parametrize("wire", QUERY_WIRES)
def test_every_framing_brings_the_whole_answer(caller, server, wire):
    client = caller.client()
    for framing in ("chunked", "length", "close"):
        server.on("POST", STREAM).stream(*QUERY_WIRES[wire](*PIECES), framing=framing)
        assert caller.text(client.query.stream("q")) == TEXT, framing


@pytest.mark.parametrize("wire", QUERY_WIRES)
def test_a_compressed_stream_is_unpacked_as_it_comes(caller, server, wire):
    client = caller.client()
    for cut in (1, None):
        server.on("POST", STREAM).stream(*QUERY_WIRES[wire](*PIECES), encoding="gzip", cut=cut)
        assert caller.text(client.query.stream("q")) == TEXT, cut


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_chunk_is_there_before_the_next_is_sent(caller, server, encoding):
    hold = Hold()
    server.on("POST", STREAM).stream(token("first"), hold, token(" second"), DONE, encoding=encoding)
    stream = caller.client().query.stream("q")
    assert str(caller.next(stream)) == "first"
    hold.release()
    assert caller.text(stream) == " second"


@pytest.mark.parametrize("cut", [1, 3, None])
def test_a_byte_order_mark_and_comments_are_no_text(caller, server, cut):
    body = b"\xef\xbb\xbf: hello\n\n" + wire_bytes(v2(*PIECES)).replace(b"\n\n", b"\n\n" + KEEP_ALIVE)
    server.on("POST", STREAM).stream(body, cut=cut)
    assert caller.text(caller.client().query.stream("q")) == TEXT


def test_fields_other_than_data_are_no_text(caller, server):
    body = b'id: 1\nevent: message\nretry: 10\nother: x\ndata: {"type":"token",\ndata: "content":"a"}\n\n'
    server.on("POST", STREAM).stream(body, b"id\n\n", b"event: ghost\n\n", token("b"), DONE)
    assert caller.text(caller.client().query.stream("q")) == "ab"


def test_only_one_space_after_the_colon_is_taken_away(caller, server):
    server.on("POST", STREAM).stream(b"data:a\n\ndata: b\n\ndata:  c\n\ndata:\n\ndata: \n\n")
    assert caller.text(caller.client().query.stream("q", stream_format="v1")) == "ab c"


@pytest.mark.parametrize("piece", ["42", "true", "null", '"quoted"', "{", "[1]", '{"a": 1}', "[DONE] is a word", " "])
def test_raw_text_that_looks_like_json_stays_text(caller, server, piece):
    server.on("POST", STREAM).stream("so: ", piece, "\n", " end")
    assert caller.text(caller.client().query.stream("q", stream_format="v1")) == f"so: {piece}\n end"


def test_raw_text_that_is_json_from_its_first_byte_stays_text_when_v1_was_asked_for(caller, server):
    server.on("POST", STREAM).stream('{"type":"token","content":"x"}', '{"type":"done"}')
    stream = caller.client().query.stream("q", stream_format="v1")
    assert caller.text(stream) == '{"type":"token","content":"x"}{"type":"done"}'
    assert server.requests[0].json["stream_format"] == "v1"


def test_bytes_that_are_not_utf_8_become_replacement_characters(caller, server):
    server.on("POST", STREAM).stream(b'data: {"type":"token","content":"caf\xe9"}\n\n', DONE)
    assert caller.text(caller.client().query.stream("q")) == "caf\ufffd"


def test_an_event_of_a_type_unknown_to_this_version_is_a_chunk_without_text(caller, server):
    server.on("POST", STREAM).stream(token("a"), {"type": "tool_call", "name": "x", "content": "no text"}, DONE)
    chunks = caller.collect(caller.client().query.stream("q"))
    assert [chunk.type for chunk in chunks] == ["token", "tool_call", "done"]
    assert (chunks[1]["name"], chunks[1].text) == ("x", "")


def test_a_content_of_one_megabyte_arrives(caller, server):
    text = "0123456789 é" * 80_000
    server.on("POST", STREAM).stream(token(text), DONE, cut=65_536)
    assert caller.text(caller.client().query.stream("q")) == text


def test_what_comes_after_done_is_seen(caller, server):
    server.on("POST", CHAT_STREAM).stream(*chat("Hi"))
    stream = caller.client().chat.stream("q")
    assert caller.collect(stream)[-1] == TITLE
    assert (stream.title, stream.conversation_id) == ("On graphs", "c-1")


def test_the_servers_final_answer_wins_over_the_streamed_text(caller, server):
    server.on("POST", STREAM).stream(token("see [1]"), DONE | {"answer": "see [1](graphs.md)"})
    stream = caller.client().query.stream("q")
    assert caller.final(stream).answer == "see [1](graphs.md)"
    assert stream.text == "see [1]"


SAMPLE_QUERIES = ["query_v1", "query_v2", "query_v3", "query_v2_no_thinking_older_server"]
SAMPLE_CHATS = ["chat", "chat_existing_conversation_no_sources"]


@pytest.mark.parametrize("name", SAMPLE_QUERIES + SAMPLE_CHATS)
def test_recorded_streams_give_one_text(caller, server, name):
    client = caller.client()
    for cut in (1, None):
        server.stream_file(SAMPLES / f"{name}.sse", cut=cut)
        stream = client.chat.stream("q") if name in SAMPLE_CHATS else client.query.stream("q")
        recorded = caller.text(stream)
        assert recorded == (SAMPLE_TEXT if name != SAMPLE_CHATS[1] else recorded)
        assert recorded
        assert caller.final(stream).answer


@pytest.mark.parametrize("name", ["query_v1_error", "query_v2_error_first", "query_v2_error_midstream"])
def test_recorded_failures_raise(caller, server, name):
    server.stream_file(SAMPLES / f"{name}.sse")
    error = caller.fails(caller.client().query.stream("q"))
    assert type(error).__name__ == "StreamError"
    assert error.message


def test_the_limit_on_an_event_is_the_clients(caller, server):
    server.on("POST", STREAM).stream(token("a"), token("b" * 500), DONE)
    error = caller.fails(caller.client(max_event_bytes=200).query.stream("q"))
    assert (type(error).__name__, error.partial_text) == ("StreamError", "a")
    assert "200 bytes; max_event_bytes" in str(error)


def test_chunks_are_dicts_that_json_can_write(caller, server):
    server.on("POST", STREAM).stream(*v2("a"))
    for chunk in caller.collect(caller.client().query.stream("q")):
        assert isinstance(chunk, dict)
        assert json.loads(json.dumps(chunk)) == chunk


def test_a_stream_of_very_many_tokens_stays_whole(caller, server):
    server.on("POST", STREAM).stream(CONTEXT, Repeat(token("wörd "), 10_000), DONE, cut=8192)
    stream = caller.client().query.stream("q")
    assert caller.text(stream) == stream.text == "wörd " * 10_000
    assert stream.timing.chunks == 10_002


def test_each_request_says_what_it_sends_and_what_it_takes(caller, server):
    """A stream is not to be compressed: a proxy that does holds events back until a block is full."""
    server.on("POST", STREAM).stream(*v2("a"))
    server.on("POST", QUERY).reply(json={"answer": "a"})
    server.on("GET", "/health").reply(json={"status": "ok"})
    client = caller.client()
    caller.text(client.query.stream("q"))
    caller.run(client.query.execute("q"))
    caller.run(client.health())
    names = ("accept", "content-type")
    assert [tuple(request.headers.get(name) for name in names) for request in server.requests] == [
        ("text/event-stream", "application/json"),
        ("application/json", "application/json"),
        ("application/json", None),
    ]
    encodings = [request.headers["accept-encoding"] for request in server.requests]
    assert encodings[0] == "identity"
    assert "gzip" in encodings[1]

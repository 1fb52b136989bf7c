"""The bytes and faults that each step and framing puts on the wire."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING

import httpx
import pytest

from edgequake.testing import CLOSE, CUT, HALF_CLOSE, KEEP_ALIVE, RESET, Cut, Hold, Repeat

if TYPE_CHECKING:
    from pathlib import Path


def body_of(raw: bytes) -> bytes:
    return raw.partition(b"\r\n\r\n")[2]


def chunks_of(raw: bytes) -> list[bytes]:
    rest, chunks = body_of(raw), []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        chunks.append(rest[: int(size, 16)])
        rest = rest[int(size, 16) + 2 :]
    return chunks


def test_each_step_of_a_stream_is_one_chunk_and_the_body_ends_with_the_empty_one(edgequake_script, wire):
    edgequake_script.stream(b"data: a\n\n", {"type": "token", "content": "é"}, "b", KEEP_ALIVE)
    client = wire().ask()
    assert client.head() == (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    token = 'data: {"type":"token","content":"é"}\n\n'.encode()
    assert client.read_until(b"0\r\n\r\n") == (
        b"9\r\ndata: a\n\n\r\n%x\r\n%b\r\n9\r\ndata: b\n\n\r\ne\r\n: keep-alive\n\n\r\n0\r\n\r\n" % (len(token), token)
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_text_of_several_lines_is_one_event_of_several_data_lines(edgequake_script, newline):
    edgequake_script.stream(f" is{newline}{newline}it")
    assert httpx.get(edgequake_script.url).content == b"data:  is\ndata: \ndata: it\n\n"


def test_a_stream_framed_by_length_announces_the_sum_of_its_steps(edgequake_script):
    edgequake_script.stream("a", Repeat(b"xy", 3), framing="length")
    answer = httpx.get(edgequake_script.url)
    assert answer.headers["content-length"] == "15"
    assert answer.content == b"data: a\n\nxyxyxy"


def test_a_stream_framed_by_close_ends_with_the_connection(edgequake_script, wire):
    edgequake_script.stream("a", framing="close")
    client = wire().ask()
    assert b"Connection: close" in client.head()
    assert client.read_rest() == b"data: a\n\n"


def test_an_endless_stream_cannot_be_framed_by_length(edgequake_script):
    with pytest.raises(ValueError, match="endless"):
        edgequake_script.stream(Repeat(Repeat("a")), framing="length")
    edgequake_script.assert_done()


def test_a_step_of_an_unknown_kind_is_refused_when_it_is_queued(edgequake_script):
    with pytest.raises(TypeError, match="not a step of an answer: 42"):
        edgequake_script.stream(42)
    with pytest.raises(ValueError, match="empty step"):
        Repeat(b"")
    with pytest.raises(ValueError, match="at least 1"):
        edgequake_script.stream("a", cut=0)


def test_close_leaves_the_chunked_body_without_its_end(edgequake_script, wire):
    edgequake_script.stream("a", CLOSE, "never")
    assert body_of(wire().ask().read_rest()) == b"9\r\ndata: a\n\n\r\n"


def test_close_leaves_the_announced_length_unfulfilled(edgequake_script):
    edgequake_script.stream("a", CLOSE, "b", framing="length")
    with pytest.raises(httpx.RemoteProtocolError, match=r"received 9 bytes, expected 18"):
        httpx.get(edgequake_script.url)


def test_reset_reaches_the_client_as_a_connection_reset(edgequake_script, wire):
    hold = Hold()
    edgequake_script.stream("a", hold, RESET)
    client = wire().ask()
    client.read_until(b"data: a\n\n\r\n")
    hold.release()
    with pytest.raises(ConnectionResetError):
        client.read_rest()


def test_cut_sends_half_of_the_announced_chunk(edgequake_script, wire):
    edgequake_script.stream("a", Cut(b"12345678"), "never")
    assert body_of(wire().ask().read_rest()) == b"9\r\ndata: a\n\n\r\n8\r\n1234"


@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_a_cut_body_is_a_protocol_error_for_the_client(edgequake_script, framing):
    edgequake_script.stream("a", CUT, framing=framing)
    with pytest.raises(
        httpx.RemoteProtocolError, match=r"without sending complete message body|incomplete chunked read"
    ):
        httpx.get(edgequake_script.url)


def test_half_close_ends_the_body_and_keeps_the_socket_until_the_client_closes(edgequake_script, wire):
    edgequake_script.stream("a", HALF_CLOSE, framing="close")
    client = wire().ask()
    assert body_of(client.read_rest()) == b"data: a\n\n"
    edgequake_script.wait_until_idle()
    assert edgequake_script.open_connections == 1
    client.close()
    edgequake_script.wait_until_closed()
    assert edgequake_script.disconnects == []


def test_a_repeated_step_is_played_that_many_times(edgequake_script):
    edgequake_script.stream(Repeat({"n": 1}, 1000))
    assert httpx.get(edgequake_script.url).content == b'data: {"n":1}\n\n' * 1000


@pytest.mark.parametrize("size", [1, 5, 7, 1000])
def test_cut_splits_the_body_across_the_borders_of_steps(edgequake_script, wire, size):
    edgequake_script.stream("abc", "def", cut=size)
    client = wire().ask()
    *chunks, last = chunks_of(client.head() + client.read_until(b"0\r\n\r\n"))
    whole = b"data: abc\n\ndata: def\n\n"
    assert chunks == [whole[at : at + size] for at in range(0, len(whole), size)]
    assert last == b""


def test_a_cut_body_is_whole_up_to_each_hold(edgequake_script, wire):
    hold = Hold()
    edgequake_script.stream("abc", hold, "def", cut=8)
    client = wire().ask()
    client.head()
    assert client.read_until(b"c\n\n\r\n") == b"8\r\ndata: ab\r\n3\r\nc\n\n\r\n"
    hold.release()
    assert client.read_until(b"0\r\n\r\n") == b"8\r\ndata: de\r\n3\r\nf\n\n\r\n0\r\n\r\n"


def test_a_recorded_file_is_played_byte_for_byte(edgequake_script, tmp_path: Path):
    recorded = b"data: \xff\r\ndata:x\r\r\n: c\n\n" * 20
    (tmp_path / "wire.sse").write_bytes(recorded)
    edgequake_script.stream_file(tmp_path / "wire.sse", cut=3).stream_file(tmp_path / "wire.sse", "end")
    assert httpx.get(edgequake_script.url).content == recorded
    assert httpx.get(edgequake_script.url).content == recorded + b"data: end\n\n"


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_a_compressed_stream_is_the_same_text(edgequake_script, framing):
    edgequake_script.stream("a", Repeat("b", 3), framing=framing, encoding="gzip")
    answer = httpx.get(edgequake_script.url, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == b"data: a\n\n" + b"data: b\n\n" * 3


def test_every_step_of_a_compressed_stream_can_be_read_when_it_arrives(edgequake_script, wire):
    edgequake_script.stream("a", "b", encoding="gzip")
    client = wire().ask()
    first, second, tail, last = chunks_of(client.head() + client.read_until(b"\r\n0\r\n\r\n"))
    unpacker = zlib.decompressobj(wbits=31)
    assert unpacker.decompress(first) == b"data: a\n\n"
    assert unpacker.decompress(second) == b"data: b\n\n"
    assert gzip.decompress(first + second + tail) == b"data: a\n\ndata: b\n\n"
    assert last == b""


def test_a_compressed_stream_can_be_held_between_two_steps(edgequake_script):
    hold = Hold()
    edgequake_script.stream("a", hold, "b", encoding="gzip")
    with httpx.stream("GET", edgequake_script.url) as answer:
        parts = answer.iter_bytes()
        assert next(parts) == b"data: a\n\n"
        hold.release()
        assert b"".join(parts) == b"data: b\n\n"


def test_half_of_a_compressed_step_is_cut_off(edgequake_script):
    edgequake_script.stream("a", CUT, encoding="gzip")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(edgequake_script.url)


@pytest.mark.parametrize(
    ("given", "kind", "body"),
    [
        ({"json": {"é": None}}, "application/json", '{"é":null}'.encode()),
        ({"json": None}, "application/json", b"null"),
        ({"text": "ü"}, "text/plain; charset=utf-8", "ü".encode()),
        ({"body": b"\0"}, "application/octet-stream", b"\0"),
        ({"text": "<html>", "content_type": "text/html"}, "text/html", b"<html>"),
        ({"text": "x", "content_type": ""}, None, b"x"),
        (
            {"json": {}, "headers": {"content-type": "application/problem+json"}},
            "application/problem+json",
            b"{}",
        ),
        ({}, None, b""),
    ],
)
def test_a_reply_carries_its_body_with_type_and_length(edgequake_script, given, kind, body):
    edgequake_script.reply(**given)
    answer = httpx.get(edgequake_script.url)
    assert answer.headers.get("content-type") == kind
    assert answer.headers["content-length"] == str(len(body))
    assert answer.content == body


def test_status_and_headers_are_those_of_the_script(edgequake_script):
    edgequake_script.reply(status=503, headers={"Retry-After": "7"}).stream("a", status=299, headers={"X-A": "1"})
    busy, odd = httpx.get(edgequake_script.url), httpx.get(edgequake_script.url)
    assert (busy.status_code, busy.reason_phrase, busy.headers["retry-after"]) == (
        503,
        "Service Unavailable",
        "7",
    )
    assert (odd.status_code, odd.reason_phrase, odd.headers["x-a"]) == (299, "", "1")


def test_a_header_of_the_script_replaces_that_of_the_server(edgequake_script, wire):
    edgequake_script.reply(text="abc", headers={"content-length": "99", "CONTENT-TYPE": ""})
    assert wire().ask().head() == b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n"


def test_an_answer_that_has_no_body_announces_none(edgequake_script):
    edgequake_script.reply(status=204).reply(json={}).stream("a")
    with httpx.Client(base_url=edgequake_script.url) as client:
        assert "content-length" not in client.delete("/").headers
        assert client.head("/").headers["content-length"] == "2"
        assert client.head("/").content == b""
    assert edgequake_script.connections == 1


def test_dropped_requests_are_reset_without_an_answer(edgequake_script, wire):
    edgequake_script.drop()
    client = wire().ask("POST", body=b"{}")
    with pytest.raises(ConnectionResetError):
        client.read_rest()
    assert edgequake_script.requests[0].body == b"{}"


def test_a_connection_can_be_closed_without_an_answer(edgequake_script):
    edgequake_script.close_without_answer()
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        httpx.get(edgequake_script.url)


def test_raw_bytes_can_be_anything(edgequake_script):
    edgequake_script.raw(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ).raw(b"nonsense\r\n\r\n", CLOSE)
    with httpx.Client(base_url=edgequake_script.url) as client:
        assert client.get("/").text == "ok"
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/")
    assert edgequake_script.connections == 1


def test_headers_can_stop_half_way(edgequake_script, wire):
    hold = Hold()
    edgequake_script.raw(b"HTTP/1.1 200 OK\r\nContent-", hold, b"Length: 0\r\n\r\n")
    client = wire().ask()
    hold.wait_until_reached()
    assert client.read_until(b"Content-") == b"HTTP/1.1 200 OK\r\nContent-"
    hold.release()
    assert client.head() == b"Length: 0\r\n\r\n"


def test_a_json_reply_equals_what_was_queued(edgequake_script):
    value = {"answer": "ja", "list": [1, 2.5, None, {"a": "ß"}]}
    edgequake_script.reply(json=value)
    assert json.loads(httpx.get(edgequake_script.url).content) == value

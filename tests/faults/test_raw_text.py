"""Raw text (v1) has no final event: only the framing and the compression can tell that it was cut."""

from __future__ import annotations

import zlib

import pytest
from client.wires import STREAM, wire_bytes

from edgequake import EdgeQuakeError, StreamInterruptedError
from edgequake.testing import CLOSE, RESET, Hold

PIECES = [f"piece {n} " for n in range(20)]


def compressed(pieces: list[str], *, whole: bool) -> bytes:
    """Events as a proxy compresses them on the way; if not ``whole``, one whose upstream died in between."""
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(wire_bytes([piece])) + packer.flush(zlib.Z_SYNC_FLUSH) for piece in pieces]
    return b"".join(parts) + (packer.flush() if whole else b"")


def test_compressed_raw_text_that_is_whole_is_whole(caller, server):
    server.on("POST", STREAM).stream(compressed(PIECES, whole=True), headers={"Content-Encoding": "gzip"})
    assert caller.text(caller.client().query.stream("q", stream_format="v1")) == "".join(PIECES)


def test_compressed_raw_text_that_is_cut_short_is_an_error(caller, server):
    server.on("POST", STREAM).stream(compressed(PIECES[:5], whole=False), headers={"Content-Encoding": "gzip"})
    error = caller.fails(caller.client().query.stream("q", stream_format="v1"))
    assert error.partial_text == "".join(PIECES[:5])


def test_a_compressed_body_of_ones_own_request_that_is_cut_short_is_an_error(caller, server):
    server.always().stream(
        compressed(PIECES[:5], whole=False), headers={"Content-Encoding": "gzip"}, content_type="text/plain"
    )
    with pytest.raises(EdgeQuakeError):
        caller.run(caller.client().request("GET", "/x", cast_to=str))


@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_raw_text_that_breaks_off_carries_all_its_text(caller, server, end):
    hold = Hold()
    server.on("POST", STREAM).stream("Edge", "Quake", hold, end)
    stream = caller.client().query.stream("q", stream_format="v1")
    assert [str(caller.next(stream)) for _ in range(2)] == ["Edge", "Quake"]
    hold.release()
    error = caller.fails(stream)
    assert (type(error), error.partial_text) == (StreamInterruptedError, "EdgeQuake")


def test_a_text_that_begins_like_an_error_is_not_lost_with_the_connection(caller, server):
    server.on("POST", STREAM).stream("Edge", "Error: a word of the answer", CLOSE)
    error = caller.fails(caller.client().query.stream("q", stream_format="v1"))
    assert "a word of the answer" in f"{error} {error.partial_text}"


def test_text_that_looks_like_an_event_is_text_where_raw_text_was_asked_for(caller, server):
    server.on("POST", STREAM).stream(b'data: {"type": "token", "content": "a"}\n\n', b"data: b\n\n")
    text = caller.text(caller.client().query.stream("q", stream_format="v1"))
    assert text == '{"type": "token", "content": "a"}b'

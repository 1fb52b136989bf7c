"""Reads that begin and end where events do, as most do: the parser's short ways give what the long one gives."""

from __future__ import annotations

from itertools import permutations

from core.streams import Event, cuts, parsed
from tables import table

# Blocks, each a read of its own, and their events.
BLOCKS: dict[bytes, list[Event]] = {
    b"data: a\n\n": [Event(b"a")],
    b"data:b\n\n": [Event(b"b")],
    b": keep-alive\n\n": [],
    b"event: x\n\n": [],
    b"retry: 5\n\n": [],
    b"data: c\rdata: d\n\n": [Event(b"c\nd")],
    b"data: e\r\ndata: f\r\n\r\n": [Event(b"e\nf")],
    b"data: g\n\ndata: h\n\n": [Event(b"g"), Event(b"h")],
    b"data: i\n\n\ndata: j\n\n": [Event(b"i"), Event(b"j")],
    b"Data: k\n\n": [],
    b"\n\n": [],
    b"event: n\ndata: l\n\n": [Event(b"l", "n")],
}


def test_reads_of_whole_blocks_give_their_events():
    for blocks in permutations(BLOCKS, 3):
        assert parsed(*blocks) == [event for block in blocks for event in BLOCKS[block]], blocks


@table("first", BLOCKS)
def test_a_byte_order_mark_is_dropped_before_any_first_block(first):
    assert parsed(b"\xef\xbb\xbf" + first, b"data: z\n\n") == [*BLOCKS[first], Event(b"z")]


@table("odd", [b" data: b", b"\tdata: b", b"\x0bdata: b", b"Xdata: b"])
def test_a_line_that_only_looks_like_data_after_a_blank_line_is_ignored(odd):
    for reads in cuts(b"data: a\n\n" + odd + b"\n\ndata: c\n\n"):
        assert parsed(*reads) == [Event(b"a"), Event(b"c")], reads


def test_an_id_goes_on_over_reads_of_whole_events():
    reads = (b"id: 1\ndata: a\n\n", b"data: b\n\n", b"data: c\n\ndata: d\n\n", b"id\ndata: e\n\n", b"data: f\n\n")
    assert [event.id for event in parsed(*reads)] == ["1", "1", "1", "1", "", ""]


def test_a_retry_time_of_more_digits_than_any_clock_has_is_kept_short():
    (event,) = parsed(b"retry: 1234567890123456789012\ndata: a\n\n")
    assert event.retry == 123456789012345678

"""The event-stream rules of the WHATWG, and what bounds the parser."""

from __future__ import annotations

from itertools import chain, pairwise

import httpx_sse
import pytest
from core.streams import ROOMY, Event, cuts, event_of, left_unfinished, parsed, recorded
from httpx_sse._decoders import SSEDecoder
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from edgequake._core.sse import EventData, SSEParser
from edgequake.exceptions import StreamError

BOM = b"\xef\xbb\xbf"

# name: (stream, its events)
RULES: dict[str, tuple[bytes, list[Event]]] = {
    "one line is one event": (b"data: tide\n\n", [Event(b"tide")]),
    "data lines are joined by a line feed": (b"data: in\ndata: out\n\n", [Event(b"in\nout")]),
    "events follow each other": (b"data: a\n\ndata: b\n\n", [Event(b"a"), Event(b"b")]),
    "a comment is not seen": (b": keep-alive\n\n:\n\ndata: a\n\n", [Event(b"a")]),
    "a comment inside an event is not seen": (b"data: a\n: note\ndata: b\n\n", [Event(b"a\nb")]),
    "a byte order mark at the start is dropped": (BOM + b"data: a\n\n", [Event(b"a")]),
    "only one byte order mark is dropped": (BOM + BOM + b"data: a\n\ndata: b\n\n", [Event(b"b")]),
    "a byte order mark later is text": (b"data: " + BOM + b"a\n\n", [Event(BOM + b"a")]),
    "bytes that begin like a byte order mark are kept": (b"\xef\xbb: x\ndata: a\n\n", [Event(b"a")]),
    "lines end with CR": (b"data: a\rdata: b\r\rdata: c\r\r", [Event(b"a\nb"), Event(b"c")]),
    "lines end with CR LF": (b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", [Event(b"a\nb"), Event(b"c")]),
    "line ends may be mixed": (b"data: a\r\n\ndata: b\n\rdata: c\r\r\n", [Event(b"a"), Event(b"b"), Event(b"c")]),
    "CR LF is one line end": (b"data: a\r\ndata: b\r\n\r\n", [Event(b"a\nb")]),
    "only one leading space is stripped": (b"data:  two\n\n", [Event(b" two")]),
    "a space may be missing": (b"data:none\n\n", [Event(b"none")]),
    "trailing spaces stay": (b"data: a  \n\n", [Event(b"a  ")]),
    "a tab is not stripped": (b"data:\ta\n\n", [Event(b"\ta")]),
    "a value may hold colons": (b"data: a: b:c\n\n", [Event(b"a: b:c")]),
    "a field without a colon has an empty value": (b"data\n\n", [Event(b"")]),
    "an empty data line makes an event": (b"data:\n\n", [Event(b"")]),
    "an empty data line with its space makes an event": (b"data: \n\n", [Event(b"")]),
    "two empty data lines are a line feed": (b"data\ndata\n\n", [Event(b"\n")]),
    "the example of the rules: data, data data, data": (b"data\n\ndata\ndata\n\ndata:", [Event(b""), Event(b"\n")]),
    "the example of the rules: a stock": (b"data: YHOO\ndata: +2\ndata: 10\n\n", [Event(b"YHOO\n+2\n10")]),
    "the example of the rules: four blocks": (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        [Event(b"first event", id="1"), Event(b"second event"), Event(b" third event")],
    ),
    "no data is no event": (b"event: ping\nid: 7\n\ndata: a\n\n", [Event(b"a", id="7")]),
    "blank lines are no events": (b"\n\n\ndata: a\n\n\n\n\ndata: b\n\n", [Event(b"a"), Event(b"b")]),
    "a blank line at the start hides nothing": (b"\ndata: a\n\n", [Event(b"a")]),
    "an odd blank line between events hides nothing": (b"data: a\n\n\ndata: b\n\n", [Event(b"a"), Event(b"b")]),
    "a name holds for one event": (b"event: x\ndata: a\n\ndata: b\n\n", [Event(b"a", "x"), Event(b"b")]),
    "a name without data does not stay": (b"event: x\n\ndata: b\n\n", [Event(b"b")]),
    "an empty name is no name": (b"event:\ndata: a\n\n", [Event(b"a")]),
    "the last name counts": (b"event: x\nevent: y\ndata: a\n\n", [Event(b"a", "y")]),
    "an id stays": (b"id: 1\ndata: a\n\ndata: b\n\n", [Event(b"a", id="1"), Event(b"b", id="1")]),
    "an id after the data counts": (b"data: a\nid: 1\n\n", [Event(b"a", id="1")]),
    "an empty id takes it back": (b"id: 1\ndata: a\n\nid\ndata: b\n\n", [Event(b"a", id="1"), Event(b"b")]),
    "an id with NUL is ignored": (b"id: 1\nid: 2\0\ndata: a\n\n", [Event(b"a", id="1")]),
    "a retry time is kept": (b"retry: 250\ndata: a\n\ndata: b\n\n", [Event(b"a", retry=250), Event(b"b")]),
    "a retry time that is no number is ignored": (b"retry: 2.5\nretry: -1\nretry:\ndata: a\n\n", [Event(b"a")]),
    "unknown fields are ignored": (b"date: a\nDATA: a\n data: a\ndata : a\ndata: b\n\n", [Event(b"b")]),
    "a last event without a blank line is dropped": (b"data: a\n\ndata: b\n", [Event(b"a")]),
    "a last line without an end is dropped": (b"data: a\n\ndata: b", [Event(b"a")]),
    "bytes that are not UTF-8 stay bytes": (b"data: \xff\xfe\n\n", [Event(b"\xff\xfe")]),
    "a name that is not UTF-8 is shown so": (b"event: \xff\ndata:\n\n", [Event(b"", "\ufffd")]),
    "an id that is not UTF-8 is shown so": (b"id: \xff\ndata:\n\n", [Event(b"", id="\ufffd")]),
    "line ends of other alphabets are text": (
        "data: a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg\n\n".encode(),
        [Event("a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg".encode())],
    ),
    "NUL is text": (b"data: a\0b\n\n", [Event(b"a\0b")]),
    "a long character is not taken apart": ("data: 🌊\n\n".encode(), [Event("🌊".encode())]),
}  # fmt: skip


@table(("stream", "events"), RULES.values())
def test_a_stream_gives_its_events_however_it_is_cut_and_its_lines_end(stream, events):
    lines = stream.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for written in {stream, lines.replace(b"\n", b"\r"), lines.replace(b"\n", b"\r\n")}:
        for reads in cuts(written):
            assert parsed(*reads) == events, reads
    with_empty_reads = [part for n in range(len(stream)) for part in (stream[n : n + 1], b"")]
    assert parsed(*with_empty_reads) == events


def test_events_come_as_soon_as_they_are_whole():
    parser = SSEParser(ROOMY)
    counts = [
        len(list(parser.feed(read))) for read in (b"data: a\r", b"\r", b"\n", b"data: b\n\ndata", b": c\n", b"\n")
    ]
    assert counts == [0, 1, 0, 1, 0, 1]


def test_plain_events_are_plain_bytes_and_named_ones_carry_their_fields():
    plain, named = SSEParser(ROOMY).feed(b"data: a\n\nevent: e\ndata: b\n\n")
    assert type(plain) is bytes
    assert type(named) is EventData
    assert (named.event, named.id, named.retry) == ("e", "", None)
    assert event_of(named) == (b"b", "e", "", None)


@table(
    "stream",
    [
        b"data: a", b"data: a\n", b"data: a\r", b"data:", b"data", b"dat", b"d", b"data: a\n: x", b"data: a\n\ndata",
        b"event: x\nda", BOM + b"data: a",
    ],
)  # fmt: skip
def test_data_without_its_blank_line_is_unfinished(stream):
    for reads in cuts(stream):
        assert left_unfinished(*reads), reads


@table(
    "stream",
    [
        b"", b"data: a\n\n", b"data: a\r\r", b": keep-al", b"event: x\n", b"database: x", b"datab", b"id: 1", b"\n",
        BOM, b"event: x\n\n", b"data: a\n\n: bye", b"dat: a", b"data: a\r\n\r",
    ],
)  # fmt: skip
def test_a_rest_that_holds_no_data_is_not_unfinished(stream):
    for reads in cuts(stream):
        assert not left_unfinished(*reads), reads


# -- bounds -----------------------------------------------------------------------------------------------------------

FRAMINGS = {
    "one line": lambda size: b"data: " + b"x" * size + b"\n\n",
    "one line without a space": lambda size: b"data:" + b"x" * size + b"\n\n",
    "two lines": lambda size: b"data: " + b"x" * (size - 4) + b"\ndata: abc\n\n",
    "a line for each byte": lambda size: b"data:\n" * (size + 1) + b"\n",
    "after another event": lambda size: b"data: a\n\ndata: " + b"x" * size + b"\n\n",
    "with a name": lambda size: b"event: e\ndata: " + b"x" * size + b"\n\n",
    "after an id": lambda size: b"id: 1\n\ndata: " + b"x" * size + b"\n\n",
    "ended by CR LF": lambda size: b"data: " + b"x" * size + b"\r\n\r\n",
}


@table("framing", FRAMINGS.values())
def test_an_event_below_the_bound_passes_however_it_is_cut(framing):
    for reads in cuts(framing(39)):
        assert len(parsed(*reads, limit=40)[-1].data) == 39, reads


@table("framing", FRAMINGS.values())
def test_an_event_above_the_bound_is_refused_however_it_is_cut(framing):
    for reads in cuts(framing(41)):
        with pytest.raises(StreamError, match="more than 40 bytes; max_event_bytes sets the limit"):
            parsed(*reads, limit=40)


def test_the_bound_is_of_one_event_and_not_of_a_read_or_a_stream():
    assert len(parsed(b"data: 0123456789\n\n" * 100, limit=12)) == 100
    assert len(parsed(*[b"data: 0123456789\n\ndata: 0"[:18]] * 100, limit=12)) == 100


def test_the_events_before_one_that_is_too_large_still_come():
    events = iter(SSEParser(8).feed(b"data: a\n\ndata: b\n\ndata: 0123456789\n\ndata: c\n\n"))
    assert [next(events), next(events)] == [b"a", b"b"]
    with pytest.raises(StreamError):
        next(events)


def test_a_line_without_an_end_is_refused_before_it_is_held():
    parser = SSEParser(1000)
    read = b"data: " + b"x" * 10
    with pytest.raises(StreamError):
        list(chain.from_iterable(parser.feed(read) for _ in range(200)))
    assert not parser.unfinished


def test_data_lines_without_a_blank_line_are_refused_before_they_are_held():
    parser = SSEParser(1000)
    with pytest.raises(StreamError):
        list(chain.from_iterable(parser.feed(b"data: 0123456789\n") for _ in range(200)))
    assert not parser.unfinished


def test_what_is_held_is_counted_anew_for_each_event():
    parser = SSEParser(40)
    for _ in range(50):
        reads = (b"da", b"ta: 01234", b"56789\nda", b"ta: x\n", b"\n")
        assert [data for read in reads for data in parser.feed(read)] == [b"0123456789\nx"]


def test_a_stream_that_comes_byte_by_byte_is_copied_once():
    line = b"data: " + b"x" * 200_000
    parser = SSEParser(1 << 20)
    for n in range(len(line)):
        assert not list(parser.feed(line[n : n + 1]))
    assert [len(data) for read in (b"\n", b"\n") for data in parser.feed(read)] == [200_000]


class CountedBytes(bytes):
    """Bytes that count how many of them were looked through for a line end."""

    seen = 0

    def find(self, *args):
        CountedBytes.seen += len(self) - args[1]
        return super().find(*args)


def test_an_event_that_comes_in_many_reads_is_searched_once(monkeypatch):
    monkeypatch.setattr(CountedBytes, "seen", 0)
    parser = SSEParser(ROOMY)
    list(parser.feed(b"data: "))
    for _ in range(1000):
        list(parser.feed(CountedBytes(b"x" * 50)))
    assert CountedBytes.seen == 50_000


# -- any stream -------------------------------------------------------------------------------------------------------

LINE_ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])
PAYLOADS = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=12)


@st.composite
def framed(draw):
    """Payloads, and a stream that frames each in some way that the rules allow."""
    payloads = draw(st.lists(PAYLOADS, max_size=6))
    end = draw(LINE_ENDS)
    parts = [draw(st.sampled_from([b"", BOM, end]))]
    for payload in payloads:
        for line in payload.encode().split(b"\n"):
            if draw(st.booleans()):
                parts += [draw(st.sampled_from([b": note", b"other: x", b"retry: x", b"event"])), end]
            parts += [b"data: " if line[:1] == b" " or draw(st.booleans()) else b"data:", line, end]
        parts += [end] * draw(st.integers(1, 3))
    return [payload.encode() for payload in payloads], b"".join(parts)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(stream) + 1) for place in places), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


@given(framed(), st.lists(st.integers(0, 10_000), max_size=8))
def test_any_payloads_come_back_under_any_framing_and_cuts(framed_stream, places):
    payloads, stream = framed_stream
    assert [event.data for event in parsed(*cut(stream, places))] == payloads


FIELDS = st.sampled_from(b"data: a|data:b|data|data:  c|: x|event: e|event|retry: 5|retry: x|other".split(b"|"))


@given(st.lists(st.lists(FIELDS)), LINE_ENDS, st.lists(st.integers(0, 10_000), max_size=6))
def test_any_lines_give_the_events_that_another_reader_gives(blocks, end, places):
    # Each block holds data: httpx-sse makes events of names and retry times alone, which the rules do not.
    lines = [line for block in blocks for line in [*block, b"data: z", b""]]
    decoder = SSEDecoder()
    theirs = [event for line in lines if (event := decoder.decode(line.decode())) is not None]
    expected = [(event.data.encode(), event.event or "message", event.retry) for event in theirs]
    stream = b"".join(line + end for line in lines)
    assert [(event.data, event.event, event.retry) for event in parsed(*cut(stream, places))] == expected


@given(st.binary(max_size=60), st.lists(st.integers(0, 10_000), max_size=6))
def test_any_bytes_give_the_same_events_however_they_are_cut(stream, places):
    assert parsed(*cut(stream, places)) == parsed(*(stream[n : n + 1] for n in range(len(stream)))) == parsed(stream)


# Lines without data are short: a longer one may count towards the bound while it has not ended.
SHORT_LINES = st.sampled_from(b"data|data:|data: |data: 1|data:12|data: 12345678|id:1|id|event|:|x||".split(b"|"))


@given(st.lists(SHORT_LINES), LINE_ENDS, st.lists(st.integers(0, 10_000), max_size=6), st.integers(1, 12))
def test_any_stream_gives_the_same_events_or_the_same_refusal_however_it_is_cut(lines, end, places, limit):
    stream = end.join(lines)

    def outcome(reads):
        events, parser = [], SSEParser(limit)
        try:
            for data in chain.from_iterable(parser.feed(read) for read in reads):
                events.append(event_of(data))  # noqa: PERF401 - those before a refusal count too
        except StreamError:
            return events, "too large"
        return events, parser.unfinished

    whole = outcome([stream])
    assert outcome(cut(stream, places)) == whole
    assert outcome([stream[n : n + 1] for n in range(len(stream))]) == whole


@table("name", ["chat", "query_v2", "query_v3", "openai", "guide"])
def test_a_recorded_stream_gives_the_events_that_another_reader_gives(name):
    decoder = SSEDecoder()
    lines = [*recorded(name).decode().split("\n")]
    theirs = [event.data for line in lines if isinstance(event := decoder.decode(line), httpx_sse.ServerSentEvent)]
    assert [event.data.decode() for event in parsed(recorded(name))] == theirs


# -- the short ways ---------------------------------------------------------------------------------------------------


def begun(monkeypatch, limit, *without):
    """A parser that knows how its stream begins and that an id came and went, without the methods named."""
    parser = SSEParser(limit)
    assert [event_of(data).id for data in parser.feed(b"data\nid: 1\n\n")] == ["1"]
    assert list(parser.feed(b"id\n\n")) == []
    for name in without:
        monkeypatch.delattr(SSEParser, name)
    return parser


SLOWER = ["_with_line_feeds", "_pieces", "_by_line", "_end_of_event", "_field"]


def test_a_read_of_one_event_is_read_by_the_shortest_way(monkeypatch):
    parser = begun(monkeypatch, len(b"data: ab"), "_whole", *SLOWER)
    assert list(parser.feed(b"data: ab\n\n")) == [b"ab"]
    assert list(parser.feed(b"data: \n\n")) == [b""]


def test_a_read_of_many_events_is_cut_at_once(monkeypatch):
    reads = b"data: ab\n\ndata: \n\ndata: c\n\n"
    parser = begun(monkeypatch, len(reads), *SLOWER)
    assert list(parser.feed(reads)) == [b"ab", b"", b"c"]


def test_a_stream_without_a_byte_order_mark_is_read_by_the_short_way_from_its_second_read_on(monkeypatch):
    parser = SSEParser(ROOMY)
    assert list(parser.feed(b"data: a\n\n")) == [b"a"]
    monkeypatch.delattr(SSEParser, "_with_line_feeds")
    assert list(parser.feed(b"data: b\n\n")) == [b"b"]

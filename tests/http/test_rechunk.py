"""However HTTP's chunks are joined, h11 reads the same answer of them, at the same moments."""

from __future__ import annotations

from itertools import pairwise

from core.framing import HEAD, chunked, seen
from hypothesis import example, given
from hypothesis import strategies as st
from tables import table

from edgequake._http.rechunk import Rechunker

EVENT = b'data: {"type":"token","content":"a"}\n\n'
LAST = b"0\r\n\r\n"


def asked(method: bytes = b"POST") -> Rechunker:
    rechunker = Rechunker()
    rechunker.wrote(method + b" / HTTP/1.1\r\nHost: h\r\n\r\n")
    return rechunker


def fed(*reads: bytes) -> list[bytes]:
    rechunker = asked()
    return [rechunker.feed(data) for data in reads]


# -- what becomes of a read -------------------------------------------------------------------------------------------


def test_the_chunks_of_a_read_become_one():
    assert fed(HEAD, chunked(b"ab", b"c", b"defg")) == [HEAD, chunked(b"abcdefg")]


def test_chunks_that_come_with_the_head_are_joined_too():
    assert fed(HEAD + chunked(b"ab", b"c") + LAST) == [HEAD + chunked(b"abc") + LAST]


def test_what_has_come_of_a_chunk_is_passed_on_at_once():
    assert fed(HEAD, b"5\r\nab", b"c", b"de\r\n2\r", b"\nfg") == [
        HEAD, chunked(b"ab"), chunked(b"c"), chunked(b"de"), chunked(b"fg"),
    ]  # fmt: skip


@table("size", [b"3", b"fff", b"0000003"])
def test_only_the_beginning_of_a_header_waits_for_more(size):
    header, data = b"\r\n" + size + b"\r\n", b"x" * int(size, 16) + b"\r\n"
    for cut in range(len(header)):
        assert fed(HEAD, b"1\r\na" + header[:cut], header[cut:] + data) == [HEAD, chunked(b"a"), chunked(data[:-2])]


def test_a_header_in_many_reads_brings_nothing_until_there_is_data():
    assert fed(HEAD, b"1", b"0\r", b"\n", b"x" * 16, b"\r\n") == [HEAD, b"", b"", b"", chunked(b"x" * 16), b""]


@table(
    "rest",
    [
        LAST,
        b"0\r\nTrailer: 1\r\n\r\n",
        b"000\r\n\r\n",
        b"2;name=value\r\nab\r\n",
        b"10000000\r\nab",
        b"no number\r\n",
        b"-1\r\n",
        b"0x1\r\na\r\n",
        b"1_0\r\na\r\n",
        b"+1\r\na\r\n",
        b" 1\r\na\r\n",
        b"1 \r\na\r\n",
        b"1\na\n",
        b"\r\n",
    ],
)
def test_what_is_no_plain_chunk_goes_on_as_it_came_from_there(rest):
    more = chunked(b"x", b"y")
    assert fed(HEAD, chunked(b"a", b"b") + rest, more) == [HEAD, chunked(b"ab") + rest, more]


@table("rest", [b"x", b"xy", b"\rx", b"\nx", b"1\r\nb\r\n"])
def test_a_chunk_that_does_not_end_is_not_mended(rest):
    assert fed(HEAD, b"1\r\nb\r\n1\r\na" + rest) == [HEAD, b"2\r\nba" + rest]
    assert fed(HEAD, b"1\r\na", rest) == [HEAD, chunked(b"a"), b"\r\n" + rest]
    for reads in ([HEAD, b"1\r\na" + rest], [HEAD, b"1\r\na", rest]):
        assert seen(reads, joined=True)[0][-1].state == "RemoteProtocolError"


@table(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 2000\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Transfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: 1\r\n Transfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n",
        b"\r\n\r\n" + HEAD,
        b"x" * (16 * 1024 + 1) + b"\r\n\r\n" + HEAD,
    ],
)
def test_the_body_of_another_answer_goes_on_as_it_came(head):
    chunks = chunked(b"a", b"b")
    assert fed(head, chunks, HEAD, chunks) == [head, chunks, HEAD, chunks]
    assert fed(head + chunks, chunks) == [head + chunks, chunks]
    body = chunks + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    assert fed(head + body, body) == [head + body, body]


@table(
    "head",
    [
        b"HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200\r\ntransfer-encoding:chunked\r\nX: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: 1\r\nTRANSFER-ENCODING: \t Chunked \t\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n" + HEAD,
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 15_000 + b"\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_head_is_known_however_it_is_written_and_cut(head):
    body, joined = chunked(b"a", b"b"), chunked(b"ab")
    assert fed(head + body) == [head + joined]
    for cut in range(1, min(len(head), 300)):
        assert fed(head[:cut], head[cut:], body) == [head[:cut], head[cut:], joined]
    assert fed(*(head[n : n + 1] for n in range(len(head))), body)[-1] == joined


def test_what_comes_behind_an_answer_is_none_of_it():
    behind = HEAD + chunked(b"c", b"d")
    assert fed(HEAD + chunked(b"a", b"b") + LAST, behind) == [HEAD + chunked(b"ab") + LAST, behind]
    assert fed(HEAD, chunked(b"a", b"b") + LAST + behind, behind) == [HEAD, chunked(b"ab") + LAST + behind, behind]


def test_each_request_begins_anew():
    rechunker = asked()
    for _ in range(3):
        assert rechunker.feed(HEAD + chunked(b"a", b"b")) == HEAD + chunked(b"ab")
        assert rechunker.feed(b"9\r\nhalf") == chunked(b"half")
        rechunker.wrote(b"GET / HTTP/1.1\r\n\r\n")


def test_an_answer_to_a_question_for_its_head_has_no_chunks():
    rechunker = asked(b"HEAD")
    behind = b"5\r\nhello\r\n"
    assert [rechunker.feed(data) for data in (HEAD, b"5", behind)] == [HEAD, b"5", behind]
    rechunker.wrote(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n")
    rechunker.wrote(b"HEAD ")  # its body
    assert rechunker.feed(HEAD + chunked(b"a", b"b")) == HEAD + chunked(b"ab")


def test_before_any_request_everything_goes_on_as_it_comes():
    assert Rechunker().feed(HEAD + chunked(b"a", b"b")) == HEAD + chunked(b"a", b"b")


def test_a_head_without_end_is_not_kept():
    rechunker = asked()
    head = HEAD[:-2] + b"X: " + b"x" * 16 * 1024
    for n in range(0, len(head), 1000):
        assert rechunker.feed(head[n : n + 1000]) == head[n : n + 1000]
    assert not rechunker._head
    assert rechunker.feed(HEAD + chunked(b"a", b"b")) == HEAD + chunked(b"a", b"b")
    assert rechunker.feed(b"\r\n\r\n" + chunked(b"a", b"b")) == b"\r\n\r\n" + chunked(b"a", b"b")


# -- against h11 ------------------------------------------------------------------------------------------------------

HEADS = st.sampled_from([HEAD, HEAD, HEAD.lower(), b"HTTP/1.1 100 C\r\n\r\n" + HEAD, HEAD.replace(b"\r", b"")])
SIZES = ["{:x}", "{:X}", "0{:x}", "{:07x}", "{:08x}", "{:x};a=b", "{:x} ", " {:x}", "+{:x}", "{:x}_0", "0x{:x}"]
PIECES = st.lists(st.binary(min_size=1, max_size=20) | st.sampled_from([EVENT, EVENT * 9]), max_size=6)
ENDS = st.sampled_from([LAST, LAST, b"0\r\nX: y\r\n\r\n", b"00\r\n\r\n", b"", LAST + b"more"])
SLIPS = st.sampled_from([b"\r\n", b"\n", b"\r", b"0\r\n", LAST, b"1\r\na\r\n", b"g", b"", HEAD])


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """An answer in chunks; seldom one that is quite as it should be."""
    size = draw(st.just("{:x}") | st.sampled_from(SIZES))
    chunks = [size.format(len(piece)).encode() + b"\r\n" + piece + b"\r\n" for piece in draw(PIECES)]
    answer = draw(HEADS) + b"".join(chunks) + draw(ENDS)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(answer)))
        answer = answer[:at] + draw(SLIPS) + answer[at + draw(st.integers(0, 3)) :]
    return answer


@given(
    whole=st.lists(answers(), min_size=1, max_size=3),
    places=st.lists(st.integers(0, 10_000), max_size=8),
    singly=st.booleans(),
    methods=st.lists(st.sampled_from(["POST", "GET", "HEAD"]), min_size=1, max_size=3),
)
@example(whole=[HEAD + chunked(b"a", b"b") + LAST] * 3, places=[], singly=True, methods=["POST"])
@example(whole=[HEAD + b"1\r\naXX1\r\nb\r\n" + LAST], places=[], singly=False, methods=["POST"])
@example(whole=[HEAD + b"5\r\n", LAST], places=[], singly=False, methods=["HEAD", "POST"])
def test_h11_sees_the_same_answer_at_the_same_reads(whole, places, singly, methods):
    reads = []
    for answer in whole:
        cuts = range(len(answer) + 1) if singly else sorted({0, *(n % (len(answer) + 1) for n in places), len(answer)})
        reads.append([answer[a:b] for a, b in pairwise(cuts)])
    assert seen(*reads, joined=True, methods=methods) == seen(*reads, joined=False, methods=methods)


def test_the_beginning_of_a_request_is_told_from_the_rest_of_it():
    rechunker = Rechunker()
    assert [rechunker.wrote(b"POST / HTTP/1.1\r\n\r\n"), rechunker.wrote(b"body")] == [True, False]
    rechunker.feed(HEAD + chunked(b"a") + LAST)
    assert rechunker.wrote(b"GET / HTTP/1.1\r\n\r\n") is True

"""Text regrouped at words, lines and sentences, and in batches: nothing lost, whatever the cut."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import table

from edgequake._streams.regroup import Batch, Lines, Sentences, Words

GROUPS = [Words, Lines, Sentences]
TEXTS = st.text(st.sampled_from("ab .!?\n\t\r。、「」日ァ'\")1🦊é\u2028\x0b") | st.characters(), max_size=60)


def pieces(group, *texts):
    whole = [piece for text in texts for piece in group.feed(text)]
    return whole + group.flush()


def cut(text, at):
    edges = sorted({0, len(text), *(n % (len(text) + 1) for n in at)})
    return [text[a:b] for a, b in pairwise(edges)]


@pytest.mark.parametrize("group", GROUPS)
@given(text=TEXTS, at=st.lists(st.integers(0, 60)))
def test_the_pieces_are_the_text_and_the_same_however_it_was_cut(group, text, at):
    parts = pieces(group(), *cut(text, at))
    assert "".join(parts) == text
    assert "" not in parts
    assert parts == pieces(group(), text)


@given(texts=st.lists(TEXTS), most=st.integers(1, 30), group=st.sampled_from(GROUPS))
def test_batches_of_words_lose_nothing_either(texts, most, group):
    batches = pieces(Batch(most), *pieces(group(), *texts))
    assert "".join(batches) == "".join(texts)
    assert all(0 < len(batch) <= most for batch in batches)


@table(
    ("text", "expected"),
    [
        ("", []),
        ("one", ["one"]),
        ("one two\nthree ", ["one ", "two\n", "three "]),
        ("a  b\n\n c", ["a ", " b\n", "\n c"]),
        ("  lead", ["  lead"]),
        ("trail  ", ["trail ", " "]),
        ("「はい」と。次", ["「は", "い」", "と。", "次"]),
        ("mixed日本 text", ["mixed", "日", "本 ", "text"]),
        ("한국어는 띄어 쓴다", ["한국어는 ", "띄어 ", "쓴다"]),
    ],
)
def test_words(text, expected):
    assert pieces(Words(), text) == pieces(Words(), *text) == expected


@table(
    ("text", "expected"),
    [
        ("a\nb", ["a\n", "b"]),
        ("a\r\n\n", ["a\r\n", "\n"]),
        ("a\u2028b\x0bc", ["a\u2028b\x0bc"]),
        ("no end", ["no end"]),
    ],
)
def test_lines(text, expected):
    assert pieces(Lines(), text) == pieces(Lines(), *text) == expected


@table(
    ("text", "expected"),
    [
        ("One. Two! Three? Four… five", ["One. ", "Two! ", "Three? ", "Four… ", "five"]),
        ('He said "No." Then left.', ['He said "No." ', "Then left."]),
        ("Pi is 3.14, see a.b/c. Yes.", ["Pi is 3.14, see a.b/c. ", "Yes."]),
        ("Dr. J. Smith, e.g. here. End", ["Dr. J. Smith, e.g. here. ", "End"]),
        ("# Title\n1. First item.\n2. Second", ["# Title\n", "1. First item.\n", "2. Second"]),
        ("He was 12. Then 13.", ["He was 12. ", "Then 13."]),
        ("**Bold.** Next", ["**Bold.** ", "Next"]),
        ("終わり。「はい。」次…", ["終わり。", "「はい。」", "次…"]),
    ],
)
def test_sentences(text, expected):
    assert pieces(Sentences(), text) == pieces(Sentences(), *text) == expected


def test_a_piece_is_given_as_soon_as_it_is_whole():
    assert Words().feed("one ") == ["one "]
    assert Lines().feed("one\n") == ["one\n"]
    assert Sentences().feed("One. ") == ["One. "]
    assert Batch(3).feed("one") == ["one"]


def test_a_batch_holds_whole_pieces_but_for_one_that_is_longer():
    batch = Batch(5)
    assert batch.feed("abc") == []
    assert batch
    assert batch.feed("def") == ["abc"]
    assert batch.feed("0123456789x") == ["def", "01234", "56789"]
    assert batch.flush() == ["x"]
    assert not batch
    assert batch.flush() == []


@table("group", GROUPS)
@table("char", ["x", " ", "日", "。", ".", "\n"])
def test_a_long_text_without_an_end_is_looked_at_once(group, char):
    """To join what it holds, a group looks at all of it: at each character, that takes minutes for a long text."""
    group, joined = group(), 0

    def count(frame, event, function):
        nonlocal joined
        if event == "c_call" and function.__name__ == "join":
            joined += sum(map(len, frame.f_locals["self"]._held))

    sys.setprofile(count)
    try:
        whole = [piece for _ in range(1000) for piece in group.feed(char)]
    finally:
        sys.setprofile(None)
    assert len("".join(whole + group.flush())) == 1000
    assert joined <= 3000


def test_the_line_that_has_no_end_yet_can_be_seen():
    lines = Lines()
    assert lines.held == ""
    assert lines.feed("one\ntw") + lines.feed("o") == ["one\n"]
    assert lines.held == "two"

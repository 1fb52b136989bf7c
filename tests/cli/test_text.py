from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgequake.cli.text import WordWrap, one_line, printable


def wrapped(text: str, width: int = 10) -> str:
    return WordWrap(width).feed(text)


def on_screen(output: str) -> str:
    """What a terminal shows of ``output``, which may move back in a line and erase what is there."""
    lines = [""]
    for part in re.findall(r"\x1b\[\d+D\x1b\[K|\n|[^\x1b\n]+", output):
        if part == "\n":
            lines.append("")
        elif part[0] == "\x1b":
            lines[-1] = lines[-1][: -int(re.findall(r"\d+", part)[0])]
        else:
            lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def test_printable_text_holds_no_control_characters_but_newlines_and_tabs() -> None:
    everything = "".join(map(chr, range(0x110)))
    left = [char for char in printable(everything) if ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0]
    assert left == ["\t", "\n"]


def test_printable_text_shows_where_a_control_character_was() -> None:
    assert printable("a\x1b[31mb\x9b0m\x7f") == "a␛[31mb\ufffd0m␡"


def test_printable_text_keeps_a_carriage_return_from_going_back_over_the_line() -> None:
    assert printable("one\r\ntwo\rX") == "one\ntwoX"


def test_one_line_folds_all_white_space() -> None:
    assert one_line(" a\r\n b\t\x1bc\u2028d ") == "a b ␛c d"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one two three four", "one two\nthree four"),
        ("one two three", "one two\nthree"),
        ("exactly 10 more", "exactly 10\nmore"),
        ("a b\nc d\n\ne", "a b\nc d\n\ne"),
        ("a word-longer-than-the-line b", "a\nword-longer-than-the-line\nb"),
        ("日本語 日本語", "日本語\n日本語"),
        ("- one two three four", "- one two\n  three\n  four"),
        ("12. one two three", "12. one\n    two\n    three"),
        ("    indented is left as it is", "    indented is left as it is"),
        ("| a table | is left as it is |", "| a table | is left as it is |"),
        ("```sh\na long command line\n```\nwords go on here", "```sh\na long command line\n```\nwords go\non here"),
    ],
)
def test_lines_break_between_words(text: str, shown: str) -> None:
    assert wrapped(text) == shown


def test_a_word_that_turns_out_too_long_moves_to_the_next_line() -> None:
    wrap = WordWrap(10)
    assert wrap.feed("one two") == "one two"
    assert wrap.feed("-th") == "-th"
    assert wrap.feed("ree") == "\x1b[6D\x1b[K\ntwo-three"
    assert wrap.feed(" 4") == "\n4"


def test_space_at_the_end_of_a_line_is_not_written() -> None:
    assert wrapped("one   \n  two  ") == "one\n  two"


@given(st.lists(st.text(alphabet="ab12 \n-.|`\t", max_size=12)), st.integers(4, 20))
def test_however_the_text_is_cut_the_screen_shows_the_same(pieces: list[str], width: int) -> None:
    wrap = WordWrap(width)
    cut = "".join(map(wrap.feed, pieces))
    whole = WordWrap(width).feed("".join(pieces))
    assert on_screen(cut) == on_screen(whole)


@given(st.lists(st.text(alphabet="ab1.", min_size=1, max_size=12)), st.integers(4, 20))
def test_no_line_is_too_long_but_for_a_word_that_is(words: list[str], width: int) -> None:
    shown = WordWrap(width).feed(" ".join(["a", *words]))
    assert shown.split() == ["a", *words]
    assert all(len(line) <= width or " " not in line for line in shown.split("\n"))

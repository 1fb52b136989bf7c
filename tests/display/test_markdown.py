"""Markdown in blocks: each known to be whole before it is given out, and nothing of its text left out."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from tables import table

from edgequake.display.markdown import Blocks, Rendered, as_html, rendered

TEXTS = st.text(st.sampled_from("ab1.- *`~#|<>[]()\n\n\n"), max_size=60)


def blocks(*texts):
    splitter = Blocks()
    whole = [block for text in texts for block in splitter.feed(text)]
    return [*whole, *filter(None, [splitter.flush()])]


def shown(text, width=60):
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=True)
    for block in blocks(text):
        console.print(Rendered(rendered(console, block, width)))
    return console.file.getvalue()


@given(text=TEXTS, at=st.integers(0, 60))
def test_the_blocks_are_the_text_and_the_same_however_it_was_cut(text, at):
    assert "".join(blocks(text)) == text
    assert blocks(text[:at], text[at:]) == blocks(text) == blocks(*text)


@table(
    "text",
    [
        "One.\nStill one.\n\n|Two.\n\n\n|# Three\n",
        "1. a\n\n2. b\n   more\n\n   still b\n\n|after\n",
        "- a\n- b\n\n- c\n",
        "```py\na\n\n\nb\n```\n\n|after\n",
        "~~~\n```\n\nx\n~~~\n\n|after\n",
        "````\n```\n\nx\n````\n\n|after\n",
        "    indented\n\n    code\n\n|after\n",
        "```code``` in a line\n\n|after\n",
    ],
)
def test_a_block_ends_where_another_begins(text):
    assert blocks(text.replace("|", "")) == text.split("|")


def test_the_block_that_is_being_written_is_at_hand():
    splitter = Blocks()
    assert splitter.feed("One.\n\nTw") == []
    assert splitter.current == "One.\n\nTw"
    assert splitter.feed("o.\n") == ["One.\n\n"]
    assert (splitter.current, splitter.flush(), splitter.current) == ("Two.\n", "Two.\n", "")


def test_the_end_of_a_long_block_is_whole_lines_and_code_stays_code():
    splitter = Blocks()
    splitter.feed("~~~py\n" + "line\n" * 10)
    assert splitter.end(1000) == splitter.current
    assert splitter.end(12) == "~~~\nline\nline\n"
    splitter.feed("~~~\n\nafter\n")
    assert splitter.end(1000) == "after\n"
    splitter.feed("a list\n" * 10)
    assert splitter.end(16) == "a list\na list\n"
    splitter.flush()
    splitter.feed("one long line")
    assert splitter.end(4) == "line"


@table(
    "text",
    [
        "first line\nsecond line",
        "a List<int> and <b>bold</b> and &amp;",
        "[text](http://example.org/x)",
        "![a picture](http://example.org/p.png)",
        "[1]: http://example.org/one",
        "as [1] says",
        "<!-- a comment -->",
        "<div>\nblock\n</div>",
        "| name | type |\n|:--|---|\n| a | `str | None` | which |\n|  | b \\| c | d | e |",
        "one | two\n--- | ---\n1 | 2 | 3",
    ],
)
def test_nothing_of_a_text_is_left_out(text):
    words = "".join(char if char.isalnum() else " " for char in text.replace("&amp;", "and")).split()
    for face in shown(text), as_html(text):
        for word in words:
            assert word in face.replace("&amp;", "&").replace("&", "and"), word


def test_a_line_that_almost_divides_a_table_is_read_in_one_pass():
    blanks = " " * 500_000  # read anew from each of them, the line would take more than ten minutes
    assert as_html(f"a | b\n-{blanks}x").count("<p>") == 1


def test_line_breaks_stay_and_lines_are_not_filled_up():
    assert shown("one\ntwo") == "one\ntwo\n"
    assert shown("**bold** and\n\nnext") == "bold and\n\nnext\n"


def test_code_is_shown_as_it_stands():
    assert "x = 1" in shown("```python\nx = 1\n```")
    table = "a | b\n--- | ---\n1 | 2 | 3\n```\n4 | 5 | 6"  # in which the shorter fence ends nothing
    assert table.split() == shown(f"````\n{table}\n````").split()


def test_blank_text_has_no_lines():
    console = Console(file=io.StringIO())
    assert rendered(console, " \n\n", 20) == []

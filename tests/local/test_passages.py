import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgequake.local.passages import split

DOCUMENT = """\
---
title: Handbook
---
Before any heading.

# Guide

First paragraph
on two lines.

## Install ##

```sh
# not a heading
pip install x

pip check
```

Setext
------

Under it.
"""


def test_each_passage_is_exactly_the_lines_it_names() -> None:
    lines = DOCUMENT.split("\n")
    passages = split(DOCUMENT)
    for passage in passages:
        assert passage.text == "\n".join(lines[passage.start_line - 1 : passage.end_line])
    assert [(p.heading, p.start_line, p.end_line) for p in passages] == [
        ("", 4, 4),
        ("Guide", 8, 9),
        ("Guide > Install", 13, 18),
        ("Guide > Setext", 23, 23),
    ]
    assert [p.index for p in passages] == [0, 1, 2, 3]


def test_a_hash_in_a_code_block_is_no_heading() -> None:
    (passage,) = [p for p in split(DOCUMENT) if "pip install" in p.text]
    assert "# not a heading" in passage.text
    assert "pip check" in passage.text


def test_plain_text_has_no_headings() -> None:
    (passage,) = split("# a comment\n\nText.\n", markdown=False)
    assert passage.heading == ""
    assert passage.text == "# a comment\n\nText."


def test_a_heading_without_a_body_is_kept_unless_a_deeper_one_carries_it() -> None:
    passages = split("# A\n\n## B\n\ntext\n\n## Later\n")
    assert [(p.heading, p.text, p.start_line) for p in passages] == [
        ("A > B", "text", 5),
        ("A > Later", "## Later", 7),
    ]


def test_long_sections_are_cut_between_paragraphs() -> None:
    paragraphs = [f"Paragraph {n} " + "word " * 60 for n in range(10)]
    passages = split("# H\n\n" + "\n\n".join(paragraphs), max_chars=700)
    assert len(passages) == 5
    assert all(len(p.text) <= 700 and p.text.startswith("Paragraph") for p in passages)


def test_a_code_block_that_fits_is_never_cut() -> None:
    code = "```\n" + "\n\n".join(f"line {n}" for n in range(40)) + "\n```"
    text = "intro " * 160 + "\n\n" + code
    passages = split(text)
    assert any(code in p.text for p in passages)


def test_one_endless_line_is_cut_after_sentences() -> None:
    passages = split("Sentence one is here. " * 300)
    assert all(len(p.text) <= 1200 and p.text.endswith("here.") for p in passages)
    assert {(p.start_line, p.end_line) for p in passages} == {(1, 1)}


def test_a_long_code_block_is_cut_between_lines_and_never_into_blank_passages() -> None:
    text = "```\n" + "\n" * 3000 + "\n".join(f"line {n}" for n in range(400)) + "\n" * 3000 + "```"
    lines = text.split("\n")
    for passage in split(text):
        assert passage.text.strip()
        assert len(passage.text) <= 1200
        assert passage.text == "\n".join(lines[passage.start_line - 1 : passage.end_line])


@pytest.mark.parametrize("text", ["", "\n\n", "   \n\t\n", "---\n", "```", "# \n"])
def test_nothing_to_read_gives_no_broken_passage(text: str) -> None:
    assert all(p.start_line <= p.end_line for p in split(text))


def test_line_ends_of_every_kind_count_the_same() -> None:
    unix = split(DOCUMENT)
    assert split(DOCUMENT.replace("\n", "\r\n")) == unix
    assert split(DOCUMENT.replace("\n", "\r")) == unix
    assert split("\ufeff" + DOCUMENT) == unix


LINE = st.sampled_from(
    ["", "# One", "### Deep", "text here", "- item", "```", "~~~", "====", "---", "| a | b |", "x" * 90, "> q", "\t"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(LINE, max_size=30), st.integers(40, 200))
def test_no_word_of_the_body_is_lost_and_sizes_hold(lines: list[str], size: int) -> None:
    passages = split("\n".join(lines), max_chars=size)
    assert all(len(p.text) <= size for p in passages)
    assert all(1 <= p.start_line <= p.end_line <= len(lines) for p in passages)
    assert [p.start_line for p in passages] == sorted(p.start_line for p in passages)
    whole = "".join(p.text for p in passages)
    assert sum("text here" in line for line in lines) <= whole.count("text here") + _in_names(passages, lines)
    assert whole.count("x") + 90 * _in_names(passages, lines) >= 90 * lines.count("x" * 90)


def _in_names(passages: list, lines: list[str]) -> int:
    """Lines that became setext headings, or the front matter that is left out."""
    return sum(line in ("text here", "x" * 90) for line in lines if "====" in lines or "---" in lines)

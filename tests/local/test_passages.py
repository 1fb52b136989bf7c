from hypothesis import given, settings
from hypothesis import strategies as st
from tables import table

from edgequake.local.passages import MAX_CHARS, split

DOCUMENT = """\
---
title: Handbook
---
Before any heading.

# Guide

First paragraph
on two lines.

## Install ##

Run this:

```sh
# not a heading
pip install x
```

It takes a second.

| option | what it does |
|---|---|
| `--db` | keeps [documents](db.md) |

Setext
------

- one
- two
"""


def told(text: str, source_type: str = "markdown", name: str = "") -> list[tuple[str, str, int, int]]:
    return [(p.heading, p.text, p.start_line, p.end_line) for p in split(text, source_type, name)]


def test_a_passage_is_whole_and_says_where_it_stands() -> None:
    lines = DOCUMENT.split("\n")
    found = told(DOCUMENT)
    assert [(heading, start, end) for heading, _, start, end in found] == [
        ("", 4, 4),
        ("Guide", 8, 9),
        ("Guide > Install", 13, 24),
        ("Guide > Setext", 29, 30),
    ]
    for _, text, start, end in found:
        assert text == "\n".join(lines[start - 1 : end]).replace("paragraph\n", "paragraph ")
    assert [p.index for p in split(DOCUMENT)] == [0, 1, 2, 3]


def test_what_is_searched_is_prose_and_code_without_markup() -> None:
    install = split(DOCUMENT)[2]
    assert " ".join(install.words.split()) == "Run this: It takes a second. option what it does --db keeps documents"
    assert install.code == "# not a heading\npip install x\n"
    assert install.marked == ("--db",)


PARAGRAPH = "Every word of this paragraph is here to make it so long that it stands alone. " * 4


@table(
    "following",
    [
        "It draws 40 kW.",
        "They are two.",
        "This holds for all.",
        "However, not here.",
        "- a list\n- of two",
        "    code()",
    ],
)
def test_what_refers_back_stands_with_what_it_refers_to(following: str) -> None:
    lead = PARAGRAPH + "The ways are:"
    (whole,) = split(f"# Relay\n\n{lead}\n\n{following}")
    assert whole.text == f"{lead}\n\n{following}"
    assert len(split(f"# Relay\n\n{PARAGRAPH}\n\nAnother thing.")) == 2


def test_short_paragraphs_stand_together_and_never_over_a_heading() -> None:
    assert [p.text for p in split("One.\n\nTwo.\n\n# A\n\nThree.")] == ["One.\n\nTwo.", "Three."]


def test_code_goes_with_the_paragraph_before_it_and_the_output_with_the_code() -> None:
    (whole,) = split(f'{PARAGRAPH}\n\n```python\nprint(1)\n```\n\n```text title="Output"\n1\n```')
    assert whole.text.startswith("Every")
    assert whole.text.endswith("1\n```")


@table(
    "text",
    [
        "::: edgequake.Client\n    options:\n      show: true\n",
        "<div>\nmarkup\n</div>\n",
        "<!-- a note -->\n",
        "[![badge](b.svg)](b)\n",
        "| | ms |\n|---|---|\n| us | 1.5 |\n| them | 2.25 |\n",
        "- [One](#one)\n- [Two](#two)\n",
        "[link]: http://example.org\n",
        "---\na: b\n---\n",
        "# Only a heading\n",
        "* * *\n",
        *("", "\n\n", "   \n\t\n", "---\n", "```", "# \n"),
    ],
)
def test_what_says_nothing_is_no_passage(text: str) -> None:
    assert split(text) == []


def test_notes_and_tabs_are_read_as_what_stands_inside_them() -> None:
    text = (
        '!!! note "Mind"\n    Keep it.\n\n    - a\n=== "One"\n    ??? tip\n        Deep.\n\nAfter.\n\n```\n!!! no\n```'
    )
    (whole,) = split(text)
    assert whole.text == "Keep it.\n\n- a\n\nDeep.\n\nAfter.\n\n```\n!!! no\n```"
    assert (whole.start_line, whole.end_line) == (2, 13)


def test_a_long_list_is_cut_between_its_items_and_a_table_between_its_rows_under_its_head() -> None:
    items = [f"- item {n} {'word ' * 30}".rstrip() for n in range(20)]
    found = told("\n".join(items))
    assert len(found) > 2
    assert "\n".join(text for _, text, *_ in found) == "\n".join(items)
    rows = [f"| option {n} | {'word ' * 20}|" for n in range(20)]
    tables = told("| name | what |\n|---|---|\n" + "\n".join(rows))
    assert len(tables) > 2
    assert all(text.startswith("| name | what |\n|---|---|\n| option") for _, text, *_ in tables)
    assert [row for _, text, *_ in tables for row in text.split("\n")[2:]] == rows
    assert tables[1][2] == 3 + len(tables[0][1].split("\n")[2:])


def test_long_code_is_cut_between_lines_and_stays_code() -> None:
    code = [f"line_{n}()" for n in range(400)]
    found = told("Do this:\n\n~~~python\n" + "\n".join(code) + "\n~~~")
    first, *others = found
    assert first[1].startswith("Do this:\n\n```python\nline_0()")
    assert all(text.startswith("```python\n") and text.endswith("\n```") for _, text, *_ in others)
    assert [line for _, text, *_ in found for line in text.split("\n") if line.startswith("line_")] == code
    assert others[0][2] == 4 + first[1].count("line_")


def test_one_endless_line_is_cut_after_sentences_and_a_word_without_end_anywhere() -> None:
    found = told("Sentence one is here. " * 300)
    assert all(len(text) <= MAX_CHARS and text.endswith("here.") for _, text, *_ in found)
    assert {place[2:] for place in found} == {(1, 1)}
    assert "".join(text.replace("\n", "") for _, text, *_ in told("x" * 5000)) == "x" * 5000


def test_plain_text_has_no_headings() -> None:
    assert told("# a comment\n\n\nText.\n", "text", "a.txt") == [("", "# a comment\n\nText.", 1, 4)]


def test_the_titles_of_restructured_text_are_headings() -> None:
    text = "=====\nTitle\n=====\n\nWords.\n\nPart\n----\nMore\nwords.\n\n.. image:: a.png\n   :alt: b\n\nNext\n====\n\n"
    text += "End."
    assert told(text, "text", "a.RST") == [
        ("Title", "Words.", 5, 5),
        ("Title > Part", "More\nwords.", 9, 10),
        ("Next", "End.", 18, 18),
    ]


def test_a_table_of_restructured_text_stands_as_it_is_drawn() -> None:
    grid = "=====  =====\nModel  Litre\n=====  =====\nH1     20\n=====  ====="
    (passage,) = split(f"Pumps\n=====\n\nTwo models:\n\n{grid}", "text", "pumps.rst")
    assert passage.text == f"Two models:\n\n```\n{grid}\n```"
    assert (passage.words, passage.code, passage.end_line) == ("Two models:", grid, 10)


def test_a_program_is_quoted_as_code_under_what_it_defines() -> None:
    text = '"""A module."""\n\nclass Cat:\n    """Meows."""\n\n    def meow(self) -> str:\n        return "```"\n'
    assert told(text, "file", "cat.py") == [
        ("", '```python\n"""A module."""\n```', 1, 1),
        ("Cat", '```python\nclass Cat:\n    """Meows."""\n```', 3, 4),
        ("Cat > meow", '````python\n    def meow(self) -> str:\n        return "```"\n````', 6, 7),
    ]


@table("separator", [",", ";", "\t"])
def test_separated_values_are_a_table_and_broken_ones_a_text(separator: str) -> None:
    rows = [["model", "price"], ["H1", "129"], ["H2", "1,5 kg; old"]]
    text = "\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)
    (passage,) = split(text, "file", "prices.csv")
    assert passage.text == "| model | price |\n|---|---|\n| H1 | 129 |\n| H2 | 1,5 kg; old |"
    broken = split(f'model{separator}price\nH1{separator}"' + "far too long\n" * 20_000, "file", "prices.csv")
    assert len(broken) > 100


def test_no_passage_reaches_over_two_pages() -> None:
    found = split("One.\n\nTwo.\fThree.\nFour.", "pdf", "a.pdf")
    assert [(p.index, p.page, p.text, p.start_line) for p in found] == [
        (0, 1, "One.\n\nTwo.", 1),
        (1, 2, "Three.\nFour.", 4),
    ]


def test_line_ends_of_every_kind_count_the_same() -> None:
    unix = split(DOCUMENT)
    assert split(DOCUMENT.replace("\n", "\r\n")) == unix
    assert split(DOCUMENT.replace("\n", "\r")) == unix
    assert split("\ufeff" + DOCUMENT) == unix


LINES = [
    "",
    "# One",
    "### Deep",
    "text here",
    "- item",
    "```",
    "~~~",
    "====",
    "---",
    "| a | b |",
    "x" * 90,
    "> q",
    "\t",
]
LINES += ["!!! note", "    inside", ":::", "::: a.b", '=== "t"', "<b>", "1. x", "[a](#b)", "It is."]
LINE = st.sampled_from(LINES)


@settings(max_examples=150)
@given(st.lists(LINE, max_size=30), st.sampled_from(["markdown", "text", "file", "pdf"]))
def test_no_document_breaks_the_reading(lines: list[str], source_type: str) -> None:
    passages = split("\n".join(lines), source_type, {"text": "a.rst", "file": "a.py"}.get(source_type, ""))
    assert all(p.text.strip() and len(p.text) <= MAX_CHARS for p in passages)
    assert all(1 <= p.start_line <= p.end_line <= max(1, len(lines)) for p in passages)
    assert [p.start_line for p in passages] == sorted(p.start_line for p in passages)
    if source_type == "file":
        shown = "".join(p.text for p in passages)
        assert all(line.strip() in shown for line in lines)


@settings(max_examples=150)
@given(st.text("ab|`*_[]()!#-\n >~:.<&;\\é漢", max_size=120))
def test_no_markdown_breaks_the_reading(text: str) -> None:
    for passage in split(text):
        assert passage.text.strip()
        assert (passage.words + passage.code).strip()

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgequake.local.answerer import MAX_SENTENCES, NOTHING_FOUND, answer, words
from edgequake.local.store import Store
from edgequake.local.units import readable, sentences, units

GUIDE = """\
# Tern

[![build](https://ci/x.svg)](https://ci)

Tern is a **bird tracker** for [coasts](https://example.org). It reads `tag_id` values.

## Install

Install it with pip:

```sh
    pip install tern
```

## Formats

The supported formats are:

- CSV
- GeoJSON
- *Parquet*

## Limits

| what | value | note |
|------|-------|------|
| tags | 500 | per `station` |
| stations | 20 | |

The upload limit is 50 MB. Uploads over the limit are refused, e.g. by the gateway. The limit for uploads is 50 MB.
"""


@pytest.fixture
def ask():
    with Store() as store:
        store.add_document("tern.md", GUIDE)
        store.add_document("gulls.md", "# Gulls\n\nGulls eat chips. Nobody tracks gulls with Tern.")
        yield lambda question, context="": answer(question, store.search(f"{question} {context}"), context=context)


def test_the_sentence_that_answers_is_quoted_with_its_source(ask) -> None:
    found = ask("What do gulls eat?")
    assert found.text.startswith("Gulls eat chips. [1]")
    assert found.sources[0].title == "gulls.md"


def test_a_definition_is_preferred_when_one_is_asked_for(ask) -> None:
    assert ask("What is Tern?").text.startswith("Tern is a bird tracker for coasts. [1]")


def test_a_sentence_that_begins_with_a_pronoun_brings_the_one_it_refers_to(ask) -> None:
    text = ask("Which values are read, by tag_id?").text
    assert text == "Tern is a bird tracker for coasts. [1] It reads tag_id values. [1]"


def test_code_goes_with_the_sentence_that_leads_to_it(ask) -> None:
    assert "Install it with pip:\npip install tern\n[1]" in ask("How do I install tern?").text


def test_a_short_list_goes_with_its_lead(ask) -> None:
    text = ask("Which formats are supported?").text
    assert text.startswith("The supported formats are: CSV; GeoJSON; Parquet. [1]")


def test_a_table_row_is_read_with_its_columns(ask) -> None:
    assert "what: tags; value: 500; note: per station. [" in ask("How many tags per station?").text


def test_the_same_thing_is_not_said_twice(ask) -> None:
    assert ask("What is the upload limit?").text.count("50 MB") == 1


@pytest.mark.parametrize("question", ["Who is the king of Mongolia?", "", "?!", "quantum chromodynamics"])
def test_no_answer_is_said_to_be_none(ask, question: str) -> None:
    found = ask(question)
    assert (found.text, found.sources) == (NOTHING_FOUND, ())


@pytest.mark.parametrize("question", ["What is Tern?", "tern upload limit", "gulls and tags", "formats", "tag_id"])
def test_every_mark_cites_a_source_that_holds_the_quote(ask, question: str) -> None:
    found = ask(question)
    marks = re.findall(r"(?:^|\n| )\[(\d+)\]", found.text)
    assert 1 <= len(marks) <= MAX_SENTENCES
    assert all(1 <= int(mark) <= len(found.sources) for mark in marks)
    for quote, mark in re.findall(r"([^\n]+?)\.? \[(\d+)\]", found.text):
        first_word = re.findall(r"\w+", quote)[0]
        assert first_word in found.sources[int(mark) - 1].text


def test_a_follow_up_is_answered_in_the_light_of_the_question_before(ask) -> None:
    assert "50 MB" in ask("And the limit?", "What about uploads to Tern?").text


def test_the_answer_does_not_depend_on_what_was_asked_before(ask) -> None:
    first = ask("What is Tern?")
    ask("What do gulls eat?")
    assert ask("What is Tern?") == first


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text("ab \n\t知識。[1]"))
def test_the_words_of_a_text_joined_are_the_text(text: str) -> None:
    assert "".join(words(text)) == text
    assert all(words(text))


def test_words_keep_the_space_before_them() -> None:
    assert words('One  "two"\n\nthree [1]') == ["One", '  "two"', "\n\nthree", " [1]"]
    assert words("知識です。") == ["知", "識", "で", "す", "。"]


def test_markdown_becomes_readable_and_code_stays_as_it_is() -> None:
    line = "**Use** `a_b*c*` or [x_y](http://u/v_w), *not* <b>that</b> &amp; \\*this\\* snake_case_name ![i](j)"
    assert readable(line) == "Use a_b*c* or x_y, not that & *this* snake_case_name i"


def test_abbreviations_and_initials_end_no_sentence() -> None:
    text = 'Dr. Smith met J. Doe, e.g. on Monday. He said "Go." Then 3.5 km more! 終わり。次です。'
    assert sentences(text) == [
        "Dr. Smith met J. Doe, e.g. on Monday.",
        'He said "Go."',
        "Then 3.5 km more! 終わり。",
        "次です。",
    ]


def test_long_sentences_are_cut_to_what_can_be_quoted() -> None:
    assert all(len(u.text) <= 430 for u in units("clause of some length; " * 200 + "x" * 5000))


@settings(max_examples=200, deadline=None)
@given(st.text("ab|`*_[]()!#-\n >~:.<&;\\", max_size=80))
def test_no_markdown_breaks_the_reading(text: str) -> None:
    for unit in units(text):
        assert unit.text.strip()

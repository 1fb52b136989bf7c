import re
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgequake.local.quoting import INTRODUCTION, MOST, NOTHING_FOUND, fitting, pieces, quotes
from edgequake.local.store import Hit, Store

GUIDE = """\
# Tern

Tern is a **bird tracker** for [coasts](https://example.org).

It reads `tag_id` values.

## Install

Install it with pip:

```sh
pip install tern
```

## Limits

The upload limit is 50 MB. Uploads over the limit are refused, e.g. by the gateway.
"""
GULLS = "# Gulls\n\nGulls eat chips. Nobody tracks gulls with Tern.\n\n## Nests\n\nGulls nest in May.\n"


@pytest.fixture
def store():
    with Store() as store:
        store.add_document("tern.md", GUIDE)
        store.add_document("birds/gulls.md", GULLS)
        yield store


class Quotes(NamedTuple):
    text: str
    sources: tuple[Hit, ...]


def ask(store: Store, question: str) -> Quotes:
    hits = store.search(question)
    return Quotes(quotes(hits, store.headings(MOST)), tuple(fitting(hits)))


def test_the_answer_is_whole_passages_under_where_they_stand(store: Store) -> None:
    found = ask(store, "How do I install tern?")
    assert found.text.startswith(
        f"{INTRODUCTION}\n\n[1] **Tern \u203a Install** (tern.md:9)\n\n"
        "Install it with pip:\n\n```sh\npip install tern\n```"
    )
    assert found.sources[0].heading == "Tern > Install"


def test_a_sentence_that_refers_back_comes_with_what_it_refers_to(store: Store) -> None:
    text = ask(store, "Which values are read, by tag_id?").text
    assert "Tern is a **bird tracker** for [coasts](https://example.org).\n\nIt reads `tag_id` values." in text


QUESTIONS = [
    "What is Tern?",
    "tern upload limit",
    "gulls and tags",
    "formats of limits",
    "tag_id",
    "Where do gulls nest?",
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_mark_names_the_source_whose_whole_text_follows_it(store: Store, question: str) -> None:
    found = ask(store, question)
    _, *quoted = re.split(r"\n\n(?=\[\d\] \*\*)", found.text)
    assert 1 <= len(quoted) <= MOST
    for number, (quote, hit) in enumerate(zip(quoted, found.sources, strict=False), 1):
        head, _, text = quote.partition("\n\n")
        assert head.startswith(f"[{number}] **")
        assert head.endswith(f"({hit.title}:{hit.start_line})")
        assert text == hit.excerpt == hit.text


def test_one_section_does_not_take_the_place_of_others(store: Store) -> None:
    long = " ".join(["Herons wade slowly through cold water in the evening."] * 6)
    store.add_document("herons.md", f"# Herons\n\n{long}\n\n{long}\n\n{long}\n\n## Food\n\nHerons eat fish.")
    headings = [hit.heading for hit in ask(store, "herons").sources]
    assert headings[:2] == ["Herons", "Herons > Food"]
    assert headings.count("Herons") == 3


def test_a_question_that_fits_nothing_names_the_nearest_headings(store: Store) -> None:
    for question in ("Who is the king of Mongolia?", "", "?!", "quantum chromodynamics"):
        assert ask(store, question) == Quotes(f"{NOTHING_FOUND} The nearest headings are: Tern; Gulls.", ())
    near = ask(store, "How do Mongolian princes refuse taxes, mortgages, candles and trombones?")
    assert near.sources == ()
    assert near.text == f"{NOTHING_FOUND} The nearest headings are: Tern \u203a Limits; Tern; Gulls."
    assert quotes([]) == f"{NOTHING_FOUND} There are no documents yet."


def test_a_word_in_the_text_alone_is_not_enough_and_one_in_a_heading_is(store: Store) -> None:
    assert ask(store, "Which orchestra plays near the gateway on Sunday evenings?").sources == ()
    assert ask(store, "Which orchestra plays among nests on Sunday evenings?").sources[0].heading == "Gulls > Nests"


def test_a_common_word_in_passing_is_no_answer_unless_it_is_looked_up(store: Store) -> None:
    store.add_document(
        "ports.md", "# Ports\n\nTern takes a free port.\n\n## Berths\n\nGulls leave when a berth is free."
    )
    found = ask(store, "Is it free?")
    assert found.sources == ()
    assert found.text.startswith(f"{NOTHING_FOUND} The nearest headings are: Ports")
    assert len(ask(store, "free").sources) == 2
    assert len(ask(store, "Is the berth free?").sources) == 1


def test_a_question_of_everything_gets_how_the_documents_begin(store: Store) -> None:
    store.add_document("README.md", "# Coast\n\nTools for coasts.\n\n## More\n\nRead on.")
    assert [hit.title for hit in ask(store, "What is this?").sources] == ["README.md", "tern.md", "birds/gulls.md"]


def test_of_a_section_the_first_of_passages_that_fit_as_well_is_shown(store: Store) -> None:
    before, after = "Herons fish in the morning. " * 8, "Herons fish in the evening. " * 8
    store.add_document("herons.md", f"# Herons\n\n## Fish\n\n{before}\n\n{after}")
    hits = store.search("How do herons fish?")
    assert [hit.chunk_index for hit in fitting([*hits][::-1])] == [0, 1]


ERRORS = """\
# Faults

The display shows a code:

| code | meaning | what to do |
|---|---|---|
| E1 | no water | open the tap |
| E2 | filter clogged | clean the filter |
| E3 | motor hot | wait |
"""
LOG = "\n".join(f"09:{n:02} relay {'lost its beacon' if n == 7 else 'is quiet'}" for n in range(12))


def test_of_a_table_the_rows_that_fit_are_shown_under_its_head() -> None:
    with Store() as store:
        store.add_document("faults.md", ERRORS)
        (hit,) = ask(store, "What does E2 mean?").sources
        head = "The display shows a code:\n\n| code | meaning | what to do |\n|---|---|---|"
        assert hit.excerpt == f"{head}\n| E2 | filter clogged | clean the filter |"
        assert "| E3 |" in hit.text
        (whole,) = ask(store, "Which faults does the display show?").sources
        assert whole.excerpt == whole.text


def test_what_two_rows_say_does_not_add_up() -> None:
    with Store() as store:
        store.add_document("faults.md", ERRORS)
        store.add_document("care.md", "# Care\n\nClean the hot motor with a cloth.")
        best, *_ = ask(store, "How do I clean the hot motor?").sources
        assert best.title == "care.md"
        (faults,) = [hit for hit in store.search("How do I clean the hot motor?") if hit.title == "faults.md"]
        assert faults.covered < best.covered == 1


def test_of_a_log_the_lines_that_fit_are_shown_and_comma_separated_values_are_a_table() -> None:
    with Store() as store:
        store.add_document("relay.log", LOG, source_type="file")
        store.add_document("prices.csv", 'model,price\n\nH1,129\n"H2, \n blue|red",189\n', source_type="file")
        assert ask(store, "When was the beacon lost?").sources[0].excerpt == "```log\n09:07 relay lost its beacon\n```"
        (hit,) = ask(store, "What is the price of H2?").sources
        assert hit.excerpt == "| model | price |\n|---|---|\n| H2, blue/red | 189 |"
        assert (hit.start_line, hit.end_line) == (1, 5)


def test_the_page_of_a_pdf_is_named() -> None:
    with Store() as store:
        store.add_document("plan.pdf", "Racks stand in Lyon.\fThe beacon rests in crate seven.", source_type="pdf")
        assert "[1] **plan.pdf** (plan.pdf, page 2)" in ask(store, "Where does the beacon rest?").text


@settings(max_examples=200)
@given(st.text() | st.text("ab \n\t知識。[1]"))
def test_the_pieces_of_a_text_joined_are_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert all(pieces(text))


def test_pieces_keep_the_space_before_them() -> None:
    assert pieces('One  "two"\n\nthree [1]') == ["One", '  "two"', "\n\nthree", " [1]"]
    assert pieces("知識です。") == ["知", "識", "で", "す", "。"]

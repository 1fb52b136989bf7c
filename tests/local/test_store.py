import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgequake.local.errors import StoreError
from edgequake.local.store import Scope, Store


@pytest.fixture
def store():
    with Store() as store:
        store.add_document("apples.md", "# Apples\n\nApples ripen in autumn.\n\n## Storing\n\nKeep them cool.")
        store.add_document("boats.md", "# Boats\n\nA boat floats. Its `max_speed` is 7 knots.")
        store.add_document("Überblick.txt", "Café Zürich öffnet um acht.\n\n知識グラフは便利です。", markdown=False)
        yield store


def test_the_best_passage_comes_first(store: Store) -> None:
    assert store.search("When do apples ripen?")[0].title == "apples.md"
    assert store.search("how to store apples")[0].heading == "Apples > Storing"
    assert store.search("floating boats")[0].title == "boats.md"


def test_a_hit_tells_where_it_stands(store: Store) -> None:
    hit = store.search("ripen")[0]
    assert (hit.start_line, hit.end_line, hit.chunk_index) == (3, 3, 0)
    assert hit.id == f"{hit.document_id}-chunk-0"
    assert 0 < hit.score <= 1


def test_identifiers_accents_and_scripts_without_spaces_are_found(store: Store) -> None:
    assert store.search("max_speed")[0].title == "boats.md"
    assert store.search("cafe zurich")[0].title == "Überblick.txt"
    assert store.search("グラフ")[0].title == "Überblick.txt"
    assert store.search("知識とは")[0].title == "Überblick.txt"


def test_stop_words_count_only_when_nothing_else_is_asked(store: Store) -> None:
    assert store.search("the a is of boat")[0].title == "boats.md"
    assert [hit.title for hit in store.search("is it", 2)] == ["apples.md", "boats.md"]


HOSTILE = ['"', '""', "'", "(", "AND", "a OR", "NOT NOT", "NEAR(a b, 2)", "boat*", "^boat", "heading:boat", "{a b}:x"]
HOSTILE += ["-", "--;", "boat; DROP TABLE passages", "\\", "\0", "🦆", "a" * 9000, "{", "}", "+", "%", "_", "", " \n"]


@pytest.mark.parametrize("query", HOSTILE)
def test_no_question_breaks_the_search(store: Store, query: str) -> None:
    store.search(query)
    assert store.search("boat")


def test_no_text_at_all_breaks_the_search() -> None:
    with Store() as store:

        @settings(max_examples=150)
        @given(st.text())
        def search(text: str) -> None:
            document = store.add_document("d", text)
            store.search(text)
            assert store.delete(document.id)

        search()
        assert store.documents() == []


@pytest.mark.parametrize("query", ["", "  ", "?!", '"', "🦆", "xylophone"])
def test_words_that_are_nowhere_find_nothing(store: Store, query: str) -> None:
    assert store.search(query) == []


def test_limit_and_scope_are_kept(store: Store) -> None:
    apples, boats, _ = store.documents()
    everything = "apples boat keep cool"
    assert len(store.search(everything, 1)) == 1
    assert store.search(everything, 0) == []
    assert {h.title for h in store.search(everything, scope=Scope(ids=[boats.id]))} == {"boats.md"}
    assert {h.title for h in store.search(everything, scope=Scope(pattern="APPL, nothing"))} == {"apples.md"}
    assert store.search(everything, scope=Scope(ids=["unknown"])) == []
    assert store.search(everything, scope=Scope(pattern="100%")) == []
    both = Scope(ids=[boats.id], pattern="apples")
    assert {h.title for h in store.search(everything, scope=both)} == {"apples.md", "boats.md"}
    assert store.search(everything, scope=Scope(date_to="2000-01-01")) == []
    assert store.search(everything, scope=Scope(date_from=apples.created_at[:10])) != []
    assert store.search(everything, scope=Scope(pattern=" , ", ids=())) == store.search(everything)


def test_a_document_of_the_same_id_is_replaced_and_an_equal_one_left_alone() -> None:
    with Store() as store:
        first = store.add_document("d", "old words here", document_id="x")
        assert store.add_document("d", "old words here", document_id="x") == first
        store.add_document("d", "fresh text", document_id="x")
        assert store.search("old") == []
        assert store.search("fresh")[0].document_id == "x"
        assert [d.chunk_count for d in store.documents()] == [1]


def test_a_file_keeps_the_documents(tmp_path: Path) -> None:
    file = tmp_path / "store.db"
    with Store(file) as store:
        added = store.add_document("d.md", "Persistent words.")
        assert not store.in_memory
    with Store(file) as store:
        assert store.documents() == [added]
        assert store.search("persistent")[0].document_id == added.id


def test_a_path_that_cannot_be_a_store_says_so(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database, this is just a text that is long enough\n" * 20)
    for path in (tmp_path / "text.db", tmp_path / "missing" / "x.db", tmp_path):
        with pytest.raises(StoreError) as caught:
            Store(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_threads_may_add_and_search_together() -> None:
    with Store() as store:

        def work(number: int) -> int:
            store.add_document(f"{number}.md", f"common word{number}")
            return len(store.search(f"word{number}"))

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(work, range(40))) == [1] * 40
        assert len(store.documents()) == 40


def test_closing_twice_is_harmless_and_a_closed_store_refuses() -> None:
    store = Store()
    store.close()
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        store.search("word")
    assert threading.active_count() >= 1

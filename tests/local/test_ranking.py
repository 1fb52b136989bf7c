import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgequake.local.ranking import MAX_COUNTED, Ranking

WORDS = ["rare", "seldom", "often", "common", "other"]
TEXTS = st.lists(st.lists(st.sampled_from([*WORDS, *["common"] * 6, *["often"] * 3]), max_size=8), max_size=60)


class Index:
    """A full-text index of texts, and what SQLite's own ORDER BY finds in it."""

    def __init__(self, texts: list[str]) -> None:
        self.statements: list[str] = []
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute("CREATE VIRTUAL TABLE found USING fts5(body)")
        self.connection.executemany("INSERT INTO found VALUES (?)", [(text,) for text in texts])
        self.connection.set_trace_callback(self.statements.append)
        self.total = len(texts)
        self.ranking = Ranking(
            self.connection, "found", in_scope="found.rowid IN (SELECT value FROM json_each(:inside))"
        )

    def by_sqlite(self, words: list[str], limit: int) -> list[tuple[int, float]]:
        sql = "SELECT rowid, -bm25(found) FROM found WHERE found MATCH ? ORDER BY bm25(found), rowid LIMIT ?"
        return self.connection.execute(sql, (" OR ".join(words), limit)).fetchall()


@pytest.fixture
def index() -> Iterator[Index]:
    texts = ["common " * (1 + number % 3) + "filler " * (number % 7) for number in range(400)]
    texts += [f"seldom common {'filler ' * number}" for number in range(30)]
    made = Index(texts)
    yield made
    made.connection.close()


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.lists(st.sampled_from([*WORDS, "nowhere"]), min_size=1, unique=True), st.integers(1, 12))
def test_the_best_rows_are_those_of_sqlite(texts: list[list[str]], words: list[str], limit: int) -> None:
    index = Index([" ".join(text) for text in texts])
    best = index.ranking.best(words, index.total, limit, None).scores
    theirs = dict(index.by_sqlite(words, limit))
    assert sorted(best.values(), reverse=True) == list(best.values())
    assert list(best.values()) == pytest.approx(list(theirs.values()), rel=1e-9)
    index.connection.close()


def test_a_common_word_is_scored_only_in_rows_that_can_be_among_the_best(index: Index) -> None:
    best = index.ranking.best(["common", "seldom"], index.total, 10, None)
    assert [row for row, _ in index.by_sqlite(["common", "seldom"], 10)] == list(best.scores)
    scoring = [statement for statement in index.statements if "-bm25" in statement and "ORDER" not in statement]
    assert ["+rowid IN" in statement for statement in scoring] == [False, True]


def test_words_are_counted_and_their_rows_told(index: Index) -> None:
    best = index.ranking.best(["seldom", "nowhere"], index.total, 10, None)
    assert best.having == {"seldom": 30, "nowhere": 0}
    assert list(best.holding) == ["seldom"]
    assert best.scores.keys() <= best.holding["seldom"]
    assert index.ranking.best(["nowhere"], index.total, 10, None).scores == {}
    assert index.ranking.best(["common"], index.total, 10, None).having["common"] <= MAX_COUNTED


def test_rows_outside_the_scope_are_left_out(index: Index) -> None:
    best = index.ranking.best(["common", "seldom"], index.total, 10, "[3, 401]")
    assert list(best.scores) == [401, 3]

"""The passages that fit a question, by full-text search (BM25) and how much of the question they cover."""

import json
import math
import re
from dataclasses import dataclass, replace
from sqlite3 import Connection

from edgequake.local.ranking import Ranked, Ranking
from edgequake.local.scope import Scope
from edgequake.local.terms import CJK, compounds, content_words, is_cjk, pairs

_CANDIDATES = 60
_IN_SCOPE = """
(SELECT document_id FROM passages WHERE passages.rowid = passage_words.rowid) IN (SELECT value FROM json_each(:inside))
"""
_PLACES = "SELECT rowid, chunk_index FROM passages WHERE rowid IN (SELECT value FROM json_each(?))"
_TOLD = """
SELECT p.rowid, p.document_id, d.title, p.heading, p.text, p.start_line, p.end_line, p.chunk_index, 0.0, p.page
FROM passages p JOIN documents d ON d.id = p.document_id WHERE p.rowid IN (SELECT value FROM json_each(?))
"""
# The plus keeps SQLite from one full-text search for each of the rows.
_AMONG = "SELECT rowid FROM passage_words WHERE passage_words MATCH ? AND +rowid IN (SELECT value FROM json_each(?))"
_MAX_TERMS = 40
_CJK_CHARACTER = re.compile(f"([{CJK}])")


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, the best having the highest `score` (0 to 1). `page` is a PDF's."""

    document_id: str
    title: str
    heading: str
    text: str
    start_line: int
    end_line: int
    chunk_index: int
    score: float
    page: int | None = None

    @property
    def id(self) -> str:
        """The passage's id, `<document id>-chunk-<index>`."""
        return f"{self.document_id}-chunk-{self.chunk_index}"


class Search:
    """Full-text search. The caller holds the database's lock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._ranking = Ranking(connection, "passage_words", weights=", 2.0, 4.0, 1.0", in_scope=_IN_SCOPE)

    def passages(self, query: str, limit: int, inside: str | None) -> list[Hit]:
        """The best passages, at most `limit`, of the documents whose ids `inside` lists as JSON."""
        asked = expressions(query)
        if not asked or limit < 1:
            return []
        run = self._connection.execute
        (total,) = run("SELECT count(*) FROM passages").fetchone()
        ranked = self._ranking.best([*asked, *_phrases(query)], total, _CANDIDATES, inside)
        covered = self._coverage(asked, ranked, total)
        places = dict(run(_PLACES, (json.dumps([*covered]),)).fetchall())
        highest = max(ranked.scores.values(), default=0.0) or 1.0
        scores = {row: _score(covered[row], rank / highest, places[row]) for row, rank in ranked.scores.items()}
        best = sorted(scores, key=lambda row: -scores[row])[:limit]
        hits = {row[0]: Hit(*row[1:]) for row in run(_TOLD, (json.dumps(best),))}
        return [replace(hits[row], score=scores[row]) for row in best]

    def inside(self, scope: Scope | None) -> str | None:
        """The ids of the documents in scope as a JSON list, or None for all."""
        if scope is None:
            return None
        rows = self._connection.execute("SELECT id, title, created_at FROM documents")
        return json.dumps([row[0] for row in rows if scope.admits(*row)])

    def _coverage(self, asked: list[str], ranked: Ranked, total: int) -> dict[int, float]:
        """For each row, how much of the query it holds (0 to 1): rare words weigh more, headings a little."""
        covered = dict.fromkeys(ranked.scores, 0.0)
        among = json.dumps([*covered])
        whole = 0.0
        for expression in asked:
            weight = math.log(1 + total / (ranked.having[expression] + 0.5))
            whole += weight
            if holding := ranked.holding.get(expression):
                for row in covered.keys() & holding:
                    covered[row] += weight * 0.8
                for (row,) in self._connection.execute(_AMONG, (f"{{title heading}} : {expression}", among)):
                    covered[row] += weight * 0.2
        return {row: value / whole for row, value in covered.items()}


def expressions(query: str) -> list[str]:
    """One full-text expression per meaningful word; quoting makes a word of anything."""
    found: dict[str, None] = {}
    for word in content_words(query):
        for part in pairs(word) if is_cjk(word) else [word]:
            found[_quoted(part)] = None
    return list(found)[:_MAX_TERMS]


def spaced(text: str) -> str:
    """The text as it is indexed: CJK characters apart, so that each is a word of its own."""
    return _CJK_CHARACTER.sub(r" \1 ", text)


def _score(covered: float, rank: float, chunk_index: int) -> float:
    """How well a passage fits, 0 to 1; among equals a document's opening comes first."""
    return round(0.55 * covered + 0.35 * rank + 0.1 / (1 + chunk_index), 6)


def _phrases(query: str) -> list[str]:
    return [_quoted(name) for name in compounds(query)][:_MAX_TERMS]


def _quoted(words: str) -> str:
    return '"' + spaced(words).strip().replace('"', '""') + '"'

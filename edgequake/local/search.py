"""The passages that fit a question, by full-text search (BM25) and how much of the question they cover."""

import json
import math
import re
from dataclasses import dataclass
from sqlite3 import Connection

from edgequake.local.scope import Scope
from edgequake.local.terms import CJK, compounds, content_words, is_cjk, pairs

_CANDIDATES = 60
# The best rows first, and only then what stands in them.
_RANKED = f"""
WITH best AS (
    SELECT rowid AS place, bm25(passage_words, 2.0, 4.0, 1.0) AS rank FROM passage_words
    WHERE passage_words MATCH :words AND (:inside IS NULL OR
        (SELECT document_id FROM passages WHERE passages.rowid = passage_words.rowid)
        IN (SELECT value FROM json_each(:inside)))
    ORDER BY 2, 1 LIMIT {_CANDIDATES})
SELECT p.rowid, p.document_id, d.title, p.heading, p.text, p.start_line, p.end_line, p.chunk_index, p.page, best.rank
FROM best JOIN passages p ON p.rowid = best.place JOIN documents d ON d.id = p.document_id
ORDER BY best.rank, best.place
"""  # noqa: S608 - a constant
_COUNTED = "SELECT count(*) FROM (SELECT 1 FROM passage_words WHERE passage_words MATCH ? LIMIT ?)"
# The plus keeps SQLite from one full-text search for each of the rows.
_AMONG = "SELECT rowid FROM passage_words WHERE passage_words MATCH ? AND +rowid IN (SELECT value FROM json_each(?))"
_MAX_COUNTED = 5000  # a word in more passages than that is no rarer for it
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

    def passages(self, query: str, limit: int, inside: str | None) -> list[Hit]:
        """The best passages, at most `limit`, of the documents whose ids `inside` lists as JSON."""
        asked = expressions(query)
        if not asked or limit < 1:
            return []
        every = " OR ".join(dict.fromkeys([*asked, *_phrases(query)]))
        rows = self._connection.execute(_RANKED, {"words": every, "inside": inside}).fetchall()
        covered = self._coverage(asked, [row[0] for row in rows])
        best = min((row[9] for row in rows), default=0.0) or -1.0
        hits = [
            Hit(
                document_id=document_id,
                title=title,
                heading=heading,
                text=text,
                start_line=start_line,
                end_line=end_line,
                chunk_index=index,
                score=_score(covered[rowid], rank / best, index),
                page=page,
            )
            for rowid, document_id, title, heading, text, start_line, end_line, index, page, rank in rows
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    def inside(self, scope: Scope | None) -> str | None:
        """The ids of the documents in scope as a JSON list, or None for all."""
        if scope is None:
            return None
        rows = self._connection.execute("SELECT id, title, created_at FROM documents")
        return json.dumps([row[0] for row in rows if scope.admits(*row)])

    def _coverage(self, asked: list[str], rowids: list[int]) -> dict[int, float]:
        """For each row, how much of the query it holds (0 to 1): rare words weigh more, headings a little."""
        count = self._connection.execute
        (total,) = count("SELECT count(*) FROM passages").fetchone()
        covered = dict.fromkeys(rowids, 0.0)
        among = json.dumps(rowids)
        whole = 0.0
        for expression in asked:
            (having,) = count(_COUNTED, (expression, _MAX_COUNTED)).fetchone()
            weight = math.log(1 + total / (having + 0.5))
            whole += weight
            for column, share in (("{title heading body}", 0.8), ("{title heading}", 0.2)):
                for (rowid,) in count(_AMONG, (f"{column} : {expression}", among)):
                    covered[rowid] += weight * share
        return {rowid: value / whole for rowid, value in covered.items()}


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

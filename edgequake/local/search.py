"""The passages that fit a question, by SQLite's full-text search (BM25)."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from sqlite3 import Connection
from typing import Final

from edgequake.local.embeddings import Near
from edgequake.local.scope import Scope
from edgequake.local.words import compounds, terms

FUSED: Final = 30
"""How many passages of each ranking are joined."""

# How much a word counts in the document's title and file name, in the headings, in the prose and in code.
_WEIGHTS = "2.0, 3.0, 1.0, 0.5"
# How much more a document's first passage counts than its later ones.
_FRONT = 0.2
_FOUND = f"""
SELECT w.rowid, -bm25(passage_words, {_WEIGHTS}) * (1 + {_FRONT} / (1 + p.chunk_index)) AS score
FROM passage_words w JOIN passages p ON p.rowid = w.rowid
WHERE passage_words MATCH :words AND p.workspace_id = :workspace
AND (:inside IS NULL OR p.document_id IN (SELECT value FROM json_each(:inside)))
ORDER BY score DESC, w.rowid LIMIT :limit
"""  # noqa: S608 - constants
_TOLD = """
SELECT p.rowid, p.document_id, d.title, p.heading, p.text, p.start_line, p.end_line, p.chunk_index, 0.0, p.page
FROM passages p JOIN documents d ON d.id = p.document_id WHERE p.rowid IN (SELECT value FROM json_each(?))
"""
_ONE = """
SELECT p.rowid, p.document_id, d.title, p.heading, p.text, p.start_line, p.end_line, p.chunk_index, 1.0, p.page
FROM passages p JOIN documents d ON d.id = p.document_id
WHERE p.document_id = :document AND p.chunk_index = :index AND p.workspace_id = :workspace
"""
HAVING = "SELECT count(*) FROM (SELECT 1 FROM passage_words WHERE passage_words MATCH ? LIMIT 5000)"
# The plus keeps SQLite from one full-text search for each of the rows.
_AMONG = "SELECT rowid FROM passage_words WHERE passage_words MATCH ? AND +rowid IN (SELECT value FROM json_each(?))"
_HEADINGS = """
SELECT d.title, p.heading FROM passages p JOIN documents d ON d.id = p.document_id
WHERE p.workspace_id = :workspace AND (:inside IS NULL OR p.document_id IN (SELECT value FROM json_each(:inside)))
GROUP BY p.document_id ORDER BY p.rowid LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, the best first.

    `score` (0 to 1) is how well it fits beside the best, which has the share of the question that the best ones hold.
    `covered` is that share for this one (0 to 1), rare words counting more, and `named` says whether a word of the
    question stands in its headings, its document's title or file name. `meant` says that its vector stands out as near
    the question's. `page` is a PDF's.
    """

    document_id: str
    title: str
    heading: str
    text: str
    start_line: int
    end_line: int
    chunk_index: int
    score: float
    page: int | None = None
    covered: float = 0.0
    named: bool = False
    meant: bool = False

    @property
    def id(self) -> str:
        """The passage's id, `<document id>-chunk-<index>`."""
        return f"{self.document_id}-chunk-{self.chunk_index}"


class Search:
    """Full-text search. The caller holds the database's lock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def passages(
        self, query: str, limit: int, workspace: str, inside: str | None, near: Sequence[Near] = ()
    ) -> list[Hit]:
        """The best passages of a workspace, at most `limit`, or of the documents whose ids `inside` lists as JSON.

        With passages `near` the question by their vectors, the order is that of 1 / (60 + place), summed over both.
        """
        asked = terms(query)
        words = " OR ".join([*asked, *compounds(query)])
        where = {"words": words, "workspace": workspace, "inside": inside, "limit": FUSED if near else limit}
        ranked = dict(self._connection.execute(_FOUND, where).fetchall()) if asked and limit > 0 else {}
        places = Counter[int]() if near else ranked
        for ranking in (ranked, [one.row for one in near]) if near else ():
            places.update({row: 1 / (60 + place) for place, row in enumerate(ranking, 1)})
        best = sorted(places, key=lambda row: -places[row])[:limit]
        if not best:
            return []
        return self._told(best, asked, ranked, {one.row: one.cosine for one in near if one.stands_out})

    def _told(
        self, best: Sequence[int], asked: Sequence[str], ranked: Mapping[int, float], meant: Mapping[int, float]
    ) -> list[Hit]:
        run, rows = self._connection.execute, json.dumps(best)
        covered = self._covered(asked, rows)
        named = {row for (row,) in run(_AMONG, (f"{{title heading}} : ({' OR '.join(asked)})", rows))} if asked else ()
        unit = max(covered.values()) / max(ranked.values(), default=1.0)
        hits = {row[0]: Hit(*row[1:]) for row in run(_TOLD, (rows,))}
        return [
            replace(
                hits[row],
                score=round(max(ranked.get(row, 0.0) * unit, meant.get(row, 0.0)), 6),
                covered=covered[row],
                named=row in named,
                meant=row in meant,
            )
            for row in best
        ]

    def passage(self, chunk_id: str, workspace: str) -> Hit | None:
        """The passage of this id; None when there is none."""
        document_id, _, index = chunk_id.rpartition("-chunk-")
        where = {"document": document_id, "index": index, "workspace": workspace}
        row = self._connection.execute(_ONE, where).fetchone()
        return None if row is None else Hit(*row[1:])

    def headings(self, workspace: str, inside: str | None, limit: int) -> list[str]:
        """What the documents are about: the first heading of each, or its title."""
        found = self._connection.execute(_HEADINGS, {"workspace": workspace, "inside": inside, "limit": limit})
        return [heading or title for title, heading in found]

    def inside(self, workspace: str, scope: Scope | None) -> str | None:
        """The ids of the documents in scope as a JSON list, or None for all of the workspace."""
        if scope is None:
            return None
        rows = self._connection.execute(
            "SELECT id, title, created_at FROM documents WHERE workspace_id = ?", (workspace,)
        )
        return json.dumps([row[0] for row in rows if scope.admits(*row)])

    def _covered(self, asked: Sequence[str], rows: str) -> dict[int, float]:
        """For each row, how much of what is asked it holds (0 to 1): rare words weigh more."""
        run = self._connection.execute
        (total,) = run("SELECT count(*) FROM passages").fetchone()
        covered = dict.fromkeys(json.loads(rows), 0.0)
        whole = 0.0
        for expression in asked:
            (having,) = run(HAVING, (expression,)).fetchone()
            weight = math.log(1 + total / (having + 0.5))
            whole += weight
            for (row,) in run(_AMONG, (expression, rows)):
                covered[row] += weight
        return {row: value / (whole or 1.0) for row, value in covered.items()}

"""The passages that fit a question, by SQLite's full-text search (BM25)."""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from edgequake.local.embeddings import Near
from edgequake.local.excerpts import Held, excerpt_of
from edgequake.local.schema import Database
from edgequake.local.scope import FOUND_IN
from edgequake.local.words import base, compounds, terms, words

FUSED: Final = 30
"""How many passages of each ranking are joined."""

# How much a word counts in the document's title and file name, in the headings, in the prose and in code.
_WEIGHTS = "2.0, 3.0, 1.0, 0.5"
# How much more a document's first passage counts than its later ones.
_FRONT = 0.2
_FOUND = f"""
SELECT w.rowid, -bm25(passage_words, {_WEIGHTS}) * (1 + {_FRONT} / (1 + p.chunk_index)) AS score
FROM passage_words w JOIN passages p ON p.rowid = w.rowid
WHERE passage_words MATCH :words AND {FOUND_IN}
ORDER BY score DESC, w.rowid LIMIT :limit
"""  # noqa: S608 - constants
_PASSAGES = """
SELECT p.rowid, p.document_id, d.title, p.heading, p.text, p.start_line, p.end_line, p.chunk_index, 1.0, p.page
FROM passages p JOIN documents d ON d.id = p.document_id
"""
_THESE = f"{_PASSAGES} WHERE p.rowid IN (SELECT value FROM json_each(?))"  # noqa: S608 - a constant
_ONE = f"{_PASSAGES} WHERE p.document_id = :document AND p.chunk_index = :index AND p.workspace_id = :workspace"
# How documents begin, those first that tell what all the others are about.
_BEGINNINGS = f"""
{_PASSAGES} WHERE p.chunk_index = 0 AND {FOUND_IN}
ORDER BY d.title LIKE 'readme%' OR d.title LIKE 'index.%' DESC, d.source_type = 'markdown' DESC, p.rowid LIMIT :limit
"""
HAVING = "SELECT count(*) FROM (SELECT 1 FROM passage_words WHERE passage_words MATCH ? LIMIT 5000)"
_BEGIN, _END = "\x02", "\x03"
_TITLE, _HEADING, _BODY, _CODE = (f"highlight(passage_words, {n}, '{_BEGIN}', '{_END}')" for n in range(4))
# The plus keeps SQLite from one full-text search for each of the rows.
_MARKED = f"""
SELECT rowid, {_TITLE} || {_HEADING}, {_BODY} || {_CODE} FROM passage_words
WHERE passage_words MATCH ? AND +rowid IN (SELECT value FROM json_each(?))
"""  # noqa: S608 - constants
_MARK = re.compile(f"{_BEGIN}(.*?){_END}", re.DOTALL)
_FEW = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, the best first.

    ``score`` (0 to 1) is how well it fits beside the best, which has the share of the question that the best ones hold.
    ``covered`` is that share for this one (0 to 1), rare words counting more, and ``named`` says whether a word of the
    question stands in its headings, its document's title or file name. ``in_passing`` says that it has one common word
    of the question, once. ``meant`` says that its vector stands out as near the question's. ``excerpt`` is the text,
    without the rows of a table that do not fit. ``page`` is a PDF's.
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
    covered: float = 1.0
    named: bool = False
    in_passing: bool = False
    meant: bool = False
    excerpt: str = ""

    @property
    def id(self) -> str:
        """The passage's id, ``<document id>-chunk-<index>``."""
        return f"{self.document_id}-chunk-{self.chunk_index}"


class Search:
    """Full-text search. The caller holds the database's lock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connection

    def passages(self, query: str, limit: int, where: Mapping[str, Any], near: Sequence[Near] = ()) -> list[Hit]:
        """The best passages, at most ``limit``, ``where`` being the values of ``found_in``.

        With passages ``near`` the question by their vectors, the order is that of 1 / (60 + place), summed over both. A
        question of stop words alone ("What is this?") gets the beginnings of the first documents.
        """
        asked = terms(query)
        if not asked and not near and words(query):
            return [replace(hit, excerpt=hit.text) for hit in self.beginnings(where, min(limit, _FEW))]
        wanted = {"words": " OR ".join([*asked, *compounds(query)]), "limit": FUSED if near else limit}
        found = self._connection.execute(_FOUND, {**where, **wanted}) if asked else ()
        ranked: dict[int, float] = dict(found)
        places = Counter[int]() if near else Counter(ranked)
        for ranking in (ranked, [one.row for one in near]) if near else ():
            places.update({row: 1 / (60 + place) for place, row in enumerate(ranking, 1)})
        best = {row: places[row] for row in sorted(places, key=lambda row: -places[row])[:limit]}
        return self._told(best, query, ranked, {one.row: one.cosine for one in near if one.stands_out})

    def _told(
        self, places: Mapping[int, float], query: str, ranked: Mapping[int, float], meant: Mapping[int, float]
    ) -> list[Hit]:
        rows = json.dumps([*places])
        passages = {row: Hit(*told) for row, *told in self._connection.execute(_THESE, (rows,))}
        held, whole = self._held(query, rows)
        excerpts = {row: excerpt_of(hit.text, held[row]) for row, hit in passages.items()}
        unit = max((kept for _, kept in excerpts.values()), default=0.0) / whole / max(ranked.values(), default=1.0)
        hits: list[tuple[float, Hit]] = []
        for row, place in places.items():
            excerpt, kept = excerpts[row]
            share = kept / (sum(one.weight for one in held[row]) or 1.0)
            hit = replace(
                passages[row],
                score=round(max(ranked.get(row, 0.0) * unit * share, meant.get(row, 0.0)), 6),
                covered=kept / whole,
                named=any(one.named for one in held[row]),
                in_passing=len(held[row]) == 1 and held[row][0].in_passing,
                meant=row in meant,
                excerpt=excerpt,
            )
            hits.append((place * share if held[row] else place, hit))
        return [hit for _, hit in sorted(hits, key=lambda scored: -scored[0])]

    def _held(self, query: str, rows: str) -> tuple[dict[int, list[Held]], float]:
        """What each of these rows holds of a question, and how much the whole question counts: rare words more."""
        run = self._connection.execute
        (total,) = run("SELECT count(*) FROM passages").fetchone()
        said = words(query)
        own = {*map(base, said)} if len(said) > 1 else ()  # a word alone is looked up wherever it stands
        held: dict[int, list[Held]] = {row: [] for row in json.loads(rows)}
        whole = 0.0
        for expression in terms(query):
            (having,) = run(HAVING, (expression,)).fetchone()
            weight = math.log(1 + total / (having + 0.5))
            whole += weight
            for row, above, text in run(_MARKED, (expression, rows)):
                named, marks = _BEGIN in above, _MARK.findall(text)
                # A word of the question's own, no name and no term that it stands for.
                plain = len(marks) == 1 and marks[0].islower() and base(marks[0]) in own
                held[row].append(Held(weight, tuple(map(str.lower, marks)), named, plain and having > 1 and not named))
        return held, whole or 1.0

    def passage(self, chunk_id: str, workspace: str) -> Hit | None:
        """The passage of this id; None when there is none."""
        document_id, _, index = chunk_id.rpartition("-chunk-")
        where = {"document": document_id, "index": index, "workspace": workspace}
        row = self._connection.execute(_ONE, where).fetchone()
        return None if row is None else Hit(*row[1:])

    def beginnings(self, where: Mapping[str, Any], limit: int) -> list[Hit]:
        """How the first documents begin."""
        return [Hit(*told) for _, *told in self._connection.execute(_BEGINNINGS, {**where, "limit": limit})]

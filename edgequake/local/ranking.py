"""The best rows of a full-text index by BM25, without scoring those that cannot be among them.

BM25 is a sum over the words. So the words are taken one by one, the rarest first; as soon as all that are left could
not lift a new row among the best, they are scored in the rows that are known already (MaxScore). The result is
SQLite's own, to the last row.
"""

import json
import math
from collections.abc import Iterable, KeysView, Mapping
from dataclasses import dataclass
from heapq import nlargest
from sqlite3 import Connection

MAX_COUNTED = 5000  # a word in more rows than that is no rarer for it
_MOST = 2.2  # FTS5's bm25 gives a word no more than this times its rarity, however often it stands in a row


@dataclass(frozen=True, slots=True)
class Ranked:
    """The best rows with their scores, the best first; for each word in how many rows it stands, and in which of these.

    `having` counts to MAX_COUNTED. A word that is nowhere is missing in `holding`.
    """

    scores: dict[int, float]
    having: dict[str, int]
    holding: dict[str, KeysView[int]]


class Ranking:
    """A full-text index that is asked for its best rows. The caller holds the database's lock."""

    def __init__(self, connection: Connection, table: str, *, weights: str = "", in_scope: str) -> None:
        """`weights` are those of the columns, `in_scope` is the condition for a row of the documents in :inside."""
        self._connection = connection
        self._counted = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {table} MATCH ? LIMIT {MAX_COUNTED})"  # noqa: S608
        self._scored = (
            f"SELECT rowid, -bm25({table}{weights}) FROM {table}"  # noqa: S608
            f" WHERE {table} MATCH :words AND (:inside IS NULL OR {in_scope})"
        )
        # The plus keeps SQLite from one full-text search for each of the rows.
        self._scored_among = f"{self._scored} AND +rowid IN (SELECT value FROM json_each(:among))"  # noqa: S608

    def best(self, expressions: Iterable[str], total: int, limit: int, inside: str | None) -> Ranked:
        """The best of `total` rows for full-text expressions of one word or phrase each, at most `limit`."""
        run = self._connection.execute
        having: dict[str, int] = {}
        for words in expressions:
            (having[words],) = run(self._counted, (words,)).fetchone()
        rarest = sorted((words for words in having if having[words]), key=lambda words: having[words])
        most = [_MOST * _rarity(having[words], total) for words in rarest]
        scores: dict[int, float] = {}
        holding: dict[str, KeysView[int]] = {}
        for number, words in enumerate(rarest):
            sql, asked = self._scored, {"words": words, "inside": inside}
            left = sum(most[number:])
            least = _last(limit, scores)
            if least > left:
                scores = {row: score for row, score in scores.items() if score + left >= least}
                sql, asked["among"] = self._scored_among, json.dumps([*scores])
            found = dict(run(sql, asked).fetchall())
            for row, score in found.items():
                scores[row] = scores.get(row, 0.0) + score
            holding[words] = found.keys()
        least = _last(limit, scores)
        ties = [(row, score) for row, score in scores.items() if score >= least]
        best = sorted(ties, key=lambda item: (-item[1], item[0]))[:limit]
        return Ranked(dict(best), having, holding)


def _last(limit: int, scores: Mapping[int, float]) -> float:
    """The lowest of so many best scores, 0 when there are not so many."""
    return nlargest(limit, scores.values())[-1] if len(scores) >= limit else 0.0


def _rarity(having: int, total: int) -> float:
    """What FTS5's bm25 takes for a word's rarity, or a little more."""
    return max(1e-6, math.log((total - having + 0.5) / (having + 0.5)))

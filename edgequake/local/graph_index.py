"""The entities and relationships of all documents: stored, found for a question and told with their places."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from sqlite3 import Connection

from edgequake.local.graph import RELATION, Entity, Graph
from edgequake.local.passages import HEADING_SEPARATOR
from edgequake.local.terms import content_stems, stem, words
from edgequake.local.units import units

LIMIT = 5
_CANDIDATES = 60
_MAX_CHUNKS = 10
_BEST_PASSAGES = 3
_LEAST_KNOWN = 0.5
_BESIDE = 0.5
_IN_SCOPE = "(:inside IS NULL OR p.document_id IN (SELECT value FROM json_each(:inside)))"
_FOUND = f"""
SELECT e.rowid, e.name FROM entity_words w JOIN entities e ON e.rowid = w.rowid
WHERE entity_words MATCH :words AND (:inside IS NULL OR EXISTS (
    SELECT 1 FROM mentions m JOIN passages p ON p.rowid = m.passage WHERE m.entity = e.rowid AND {_IN_SCOPE}))
ORDER BY bm25(entity_words), e.rowid LIMIT {_CANDIDATES}
"""  # noqa: S608 - constants
_BESIDE_THEM = """
SELECT e.rowid, e.name FROM passages p JOIN mentions m ON m.passage = p.rowid JOIN entities e ON e.rowid = m.entity
WHERE p.document_id = ? AND p.chunk_index = ? ORDER BY e.rowid
"""
_PLACES = f"""
SELECT p.document_id, p.chunk_index, d.title, p.text, p.heading
FROM mentions m JOIN passages p ON p.rowid = m.passage JOIN documents d ON d.id = p.document_id
WHERE m.entity = :entity AND {_IN_SCOPE} ORDER BY p.rowid LIMIT {_MAX_CHUNKS}
"""  # noqa: S608
_RELATED = """
SELECT r.source, r.target, sum(r.weight) AS weight, min(r.passage)
FROM relationships r WHERE (r.source = :entity OR r.target = :entity)
AND (:inside IS NULL OR r.document_id IN (SELECT value FROM json_each(:inside)))
GROUP BY r.source, r.target ORDER BY weight DESC, r.source, r.target LIMIT 20
"""


@dataclass(frozen=True, slots=True)
class FoundEntity:
    """An entity that fits a question (`score` 0 to 1), and the passages that mention it, the first of all first."""

    id: str
    name: str
    entity_type: str
    description: str
    score: float
    degree: int
    chunk_ids: tuple[str, ...]
    document_id: str
    title: str


@dataclass(frozen=True, slots=True)
class FoundRelationship:
    """Two related entities, at least one of which fits the question, and the first passage with both."""

    source: str
    target: str
    description: str
    score: float
    chunk_id: str
    document_id: str
    title: str
    relation_type: str = RELATION

    @property
    def id(self) -> str:
        """The relationship's id, `SOURCE->TARGET`."""
        return f"{self.source}->{self.target}"


class GraphIndex:
    """The graph's tables. The caller holds the database's lock, and a transaction to change them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert(self, document_id: str, graph: Graph, rowids: Mapping[int, int]) -> None:
        """Store a document's graph; `rowids` are those of its passages, by their index."""
        run = self._connection.execute
        numbers: dict[str, int] = {}
        for entity in graph.entities:
            row = run("SELECT rowid FROM entities WHERE id = ?", (entity.id,)).fetchone()
            numbers[entity.id] = row[0] if row else self._new(entity)
        self._connection.executemany(
            "INSERT OR IGNORE INTO mentions VALUES (?, ?)",
            [(numbers[entity.id], rowids[index]) for entity in graph.entities for index in entity.passages],
        )
        self._connection.executemany(
            "INSERT OR IGNORE INTO relationships VALUES (?, ?, ?, ?, ?)",
            [
                (*self._ends(numbers[r.source], numbers[r.target]), document_id, rowids[r.passage], r.weight)
                for r in graph.relationships
                if r.source != r.target
            ],
        )

    def remove(self, document_id: str) -> None:
        """Forget what only this document says, while its passages are still there."""
        run = self._connection.execute
        run("DELETE FROM relationships WHERE document_id = ?", (document_id,))
        own = "SELECT rowid FROM passages WHERE document_id = ?"
        touched = run(f"SELECT DISTINCT entity FROM mentions WHERE passage IN ({own})", (document_id,)).fetchall()  # noqa: S608
        run(f"DELETE FROM mentions WHERE passage IN ({own})", (document_id,))  # noqa: S608
        for entity in touched:
            if run("SELECT 1 FROM mentions WHERE entity = ? LIMIT 1", entity).fetchone() is None:
                run("DELETE FROM entity_words WHERE rowid = ?", entity)
                run("DELETE FROM entities WHERE rowid = ?", entity)

    def find(
        self, question: str, expressions: Iterable[str], best: Sequence[tuple[str, int, float]], inside: str | None
    ) -> dict[int, float]:
        """The entities that fit a question, by row, with their scores, the best first.

        `expressions` are the question's words for full-text search, `best` the passages found for it as
        (document id, chunk index, score), `inside` the ids of the documents in scope as JSON.
        """
        asked = frozenset(content_stems(question))
        scores: dict[int, float] = {}
        found = {"words": " OR ".join(expressions), "inside": inside}
        for rowid, name in self._connection.execute(_FOUND, found):
            known = _known(name, asked)
            if known >= _LEAST_KNOWN:
                scores[rowid] = round(known, 6)
        for rank, (document_id, index, score) in enumerate(best[:_BEST_PASSAGES], 1):
            for rowid, _ in self._connection.execute(_BESIDE_THEM, (document_id, index)):
                scores.setdefault(rowid, round(_BESIDE * score / rank, 6))
        return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))

    def entities(self, scores: Mapping[int, float], inside: str | None, limit: int = LIMIT) -> list[FoundEntity]:
        """The best of what `find` found."""
        found: list[FoundEntity] = []
        for rowid, score in list(scores.items())[:limit]:
            row = self._connection.execute("SELECT id, name, entity_type FROM entities WHERE rowid = ?", (rowid,))
            entity_id, name, entity_type = row.fetchone()
            places = self._connection.execute(_PLACES, {"entity": rowid, "inside": inside}).fetchall()
            if not places:
                continue
            chunk_ids = tuple(f"{place[0]}-chunk-{place[1]}" for place in places)
            document_id, _, title, text, heading = places[0]
            told = _sentence(text, (name,)) or heading.rsplit(HEADING_SEPARATOR, 1)[-1] or name
            degree = self._degree(rowid)
            found.append(FoundEntity(entity_id, name, entity_type, told, score, degree, chunk_ids, document_id, title))
        return found

    def relationships(
        self, scores: Mapping[int, float], inside: str | None, limit: int = LIMIT
    ) -> list[FoundRelationship]:
        """The relationships of the best of what `find` found, those between two of them first."""
        rows: dict[tuple[int, int], tuple[float, int, int]] = {}
        for entity in list(scores)[: 2 * limit]:
            for source, target, weight, passage in self._connection.execute(
                _RELATED, {"entity": entity, "inside": inside}
            ):
                score = (scores.get(source, 0.0) + scores.get(target, 0.0)) / 2
                rows[source, target] = (score, weight, passage)
        ranked = sorted(rows.items(), key=lambda item: (-item[1][0], -item[1][1], item[0]))
        return [self._told(ends, score, passage) for ends, (score, _, passage) in ranked[:limit]]

    def _new(self, entity: Entity) -> int:
        told = (entity.id, entity.name, entity.entity_type)
        cursor = self._connection.execute("INSERT INTO entities (id, name, entity_type) VALUES (?, ?, ?)", told)
        assert cursor.lastrowid is not None
        spelled = f"{entity.name} {entity.id.replace('_', ' ')}"
        self._connection.execute("INSERT INTO entity_words (rowid, name) VALUES (?, ?)", (cursor.lastrowid, spelled))
        return cursor.lastrowid

    def _told(self, ends: tuple[int, int], score: float, passage: int) -> FoundRelationship:
        run = self._connection.execute
        (source, one), (target, other) = (
            run("SELECT id, name FROM entities WHERE rowid = ?", (end,)).fetchone() for end in ends
        )
        document_id, index, title, text = run(
            "SELECT p.document_id, p.chunk_index, d.title, p.text FROM passages p"
            " JOIN documents d ON d.id = p.document_id WHERE p.rowid = ?",
            (passage,),
        ).fetchone()
        told = _sentence(text, (one, other)) or f"{one} and {other} are mentioned together in {title}."
        chunk_id = f"{document_id}-chunk-{index}"
        return FoundRelationship(source, target, told, round(score, 6), chunk_id, document_id, title)

    def _degree(self, entity: int) -> int:
        (degree,) = self._connection.execute(
            "SELECT count(*) FROM (SELECT target FROM relationships WHERE source = :entity"
            " UNION SELECT source FROM relationships WHERE target = :entity)",
            {"entity": entity},
        ).fetchone()
        return int(degree)

    def _ends(self, source: int, target: int) -> tuple[int, int]:
        """The ends in the one order in which a pair is stored, whichever document says so."""
        return (source, target) if source < target else (target, source)


def _known(name: str, asked: frozenset[str]) -> float:
    """How much of a name stands in the question."""
    own = {stem(word) for word in words(name)}
    return len(own & asked) / (len(own) or 1)


def _sentence(text: str, names: Sequence[str]) -> str:
    """The first sentence with all the names, "" when there is none."""
    wanted = [_spelled(name) for name in names]
    for paragraph in text.split("\n\n"):
        if not all(name in _spelled(paragraph) for name in wanted):
            continue
        for unit in units(paragraph):
            spelled = _spelled(unit.text)
            if not unit.code and all(name in spelled for name in wanted):
                return unit.text
    return ""


@lru_cache(maxsize=1024)
def _spelled(text: str) -> str:
    return f" {' '.join(words(text))} "

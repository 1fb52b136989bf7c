"""The entities of all documents: stored by name, and found beside an answer with the passages that mention them."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from sqlite3 import Connection
from typing import Self

from edgequake.local.graph import RELATION, TYPES, keys_in
from edgequake.local.search import HAVING, Hit
from edgequake.local.words import phrase

_MAX_CHUNKS = 10
_SENTENCE_END = re.compile(r"(?<=[.!?\u3002])\s+|\n")
KNOWN = """
SELECT rowid, id, name, entity_type, key FROM entities
WHERE workspace_id = ? AND key IN (SELECT value FROM json_each(?))
"""
_MENTIONS = f"""
SELECT p.document_id, p.chunk_index FROM passage_words w JOIN passages p ON p.rowid = w.rowid
WHERE passage_words MATCH :phrase AND p.workspace_id = :workspace
AND (:inside IS NULL OR p.document_id IN (SELECT value FROM json_each(:inside))) LIMIT {_MAX_CHUNKS}
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class FoundEntity:
    """An entity beside an answer (`score` 0 to 1).

    `key` is what all spellings of its name have in common. It stands in the answer's passages `places` and is mentioned
    in those of the ids `mentions`. `degree` counts the entities that the answer's passages mention together with it.
    """

    id: str
    name: str
    entity_type: str
    key: str
    places: tuple[Hit, ...]
    mentions: tuple[str, ...]
    score: float
    degree: int = 0

    @property
    def description(self) -> str:
        """What the first of its places says of it."""
        return first_sentence(self.places[0].text, (self.key,)) or self.places[0].text

    @property
    def chunk_ids(self) -> tuple[str, ...]:
        """The ids of passages that mention it, those of the answer first."""
        return tuple(dict.fromkeys([*(hit.id for hit in self.places), *self.mentions]))[:_MAX_CHUNKS]

    def beside(self, other: Self) -> bool:
        """Whether a passage of the answer mentions both."""
        return not overlap(self.key, other.key) and not {*self.places}.isdisjoint(other.places)


@dataclass(frozen=True, slots=True)
class FoundRelationship:
    """Two entities that a passage of the answer mentions together, and what it says of them."""

    source: str
    target: str
    description: str
    score: float
    place: Hit
    relation_type: str = RELATION

    @property
    def id(self) -> str:
        """The relationship's id, `SOURCE->TARGET`."""
        return f"{self.source}->{self.target}"


class GraphIndex:
    """The graph's tables. The caller holds the database's lock, and a transaction to change them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def beside(
        self, question: str, hits: Sequence[Hit], workspace: str, inside: str | None, limits: tuple[int, int]
    ) -> tuple[list[FoundEntity], list[FoundRelationship]]:
        """The entities and relationships to show beside an answer made of these passages, the best first.

        `limits` says how many of each. An entity stands in one of the passages; those named in the question come first,
        then those that set these passages apart from others. Of relationships, those come first that a sentence tells.
        """
        found = self._found(question, hits, workspace, inside) if any(limits) else []
        shown = [replace(one, degree=sum(map(one.beside, found))) for one in found[: limits[0]]]
        pairs = [
            (one, other, hit)
            for one, other in combinations(found, 2)
            for hit in one.places[:1]
            if hit in other.places and not overlap(one.key, other.key)
        ]
        told = [(*pair, first_sentence(pair[2].text, (pair[0].key, pair[1].key))) for pair in pairs]
        told.sort(key=lambda pair: (not pair[3], -(pair[0].score + pair[1].score)))
        return shown, [_relationship(*pair) for pair in told[: limits[1]]]

    def _found(self, question: str, hits: Sequence[Hit], workspace: str, inside: str | None) -> list[FoundEntity]:
        run = self._connection.execute
        (total,) = run("SELECT count(*) FROM passages").fetchone()
        asked = frozenset(keys_in(question))
        said = [frozenset(keys_in(f"{hit.heading}\n{hit.text}")) for hit in hits]
        keys = json.dumps([*frozenset[str]().union(*said)])
        found: list[FoundEntity] = []
        for _, entity_id, name, entity_type, key in run(KNOWN, (workspace, keys)).fetchall():
            places = tuple(hit for hit, inside_it in zip(hits, said, strict=True) if key in inside_it)
            where = {"phrase": phrase(name), "workspace": workspace, "inside": inside}
            mentions = tuple(f"{document}-chunk-{index}" for document, index in run(_MENTIONS, where))
            (having,) = run(HAVING, (where["phrase"],)).fetchone()
            rarity = math.log(1 + total / (having + 0.5)) / math.log(1 + 2 * total)
            trust = 1 - 0.1 * TYPES.index(entity_type)
            score = 1.0 if key in asked else min(0.99, 0.5 * rarity * trust + 0.1 * len(places))
            found.append(FoundEntity(entity_id, name, entity_type, key, places, mentions, round(score, 6)))
        found.sort(key=lambda entity: (-entity.score, -len(entity.key), entity.key))
        return [entity for n, entity in enumerate(found) if not any(_part_of(entity.key, o.key) for o in found[:n])]


def _relationship(one: FoundEntity, other: FoundEntity, hit: Hit, told: str) -> FoundRelationship:
    source, target = sorted((one.id, other.id))
    score = round((one.score + other.score) / 2, 6)
    return FoundRelationship(source, target, told or hit.text, score, hit)


def first_sentence(text: str, keys: Sequence[str]) -> str:
    """The first sentence of a passage that mentions all of these; "" when none does."""
    for sentence in _SENTENCE_END.split(text):
        said = frozenset(keys_in(sentence))
        if said.issuperset(keys):
            return sentence.strip()
    return ""


def _part_of(key: str, other: str) -> bool:
    return f" {key} " in f" {other} "


def overlap(one: str, other: str) -> bool:
    """Whether one name is a part of the other."""
    return _part_of(one, other) or _part_of(other, one)

"""The entities of all documents: which there are, which passages mention them, and how they are related.

Only names are stored, and which documents mark them. An entity's mentions are looked up in the full-text index, and two
entities are related when a passage mentions both.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from sqlite3 import Connection
from typing import Any, Final, Self

from edgequake.local.graph import RELATION, TYPES, keys_in
from edgequake.local.scope import FOUND_IN, Scope, found_in
from edgequake.local.search import HAVING, Hit
from edgequake.local.words import phrase, words

MAX_NODES: Final = 500
SOME_NODES: Final = 200
"""How many entities relationships are listed between."""

_MAX_CHUNKS = 10
_MAX_MENTIONS = 2000
_MAX_READ = 200
_SENTENCE_END = re.compile(r"(?<=[.!?\u3002])\s+|\n")
_KNOWN = """
SELECT id, name, entity_type, key FROM entities WHERE workspace_id = ? AND key IN (SELECT value FROM json_each(?))
"""
_MATCHING = """
WHERE e.workspace_id = :workspace AND (:type IS NULL OR e.entity_type = :type COLLATE NOCASE)
AND (:search IS NULL OR instr(lower(e.name), lower(:search)) > 0) AND (:id IS NULL OR e.id = :id)
"""
_LISTED = f"""
SELECT e.id, e.name, e.entity_type, e.key, count(*), min(d.created_at), max(d.updated_at)
FROM entities e JOIN marks m ON m.entity = e.rowid JOIN documents d ON d.id = m.document_id {_MATCHING} GROUP BY e.rowid
"""  # noqa: S608 - a constant
_COUNTED = f"SELECT count(*) FROM entities e {_MATCHING}"  # noqa: S608 - a constant
_MENTIONS = f"""
SELECT p.rowid, p.document_id, p.chunk_index FROM passage_words w JOIN passages p ON p.rowid = w.rowid
WHERE passage_words MATCH :words AND {FOUND_IN} LIMIT :limit
"""  # noqa: S608 - constants
_PASSAGE = "SELECT document_id, chunk_index, heading, text FROM passages WHERE rowid = ?"


@dataclass(frozen=True, slots=True)
class Entity:
    """Something that documents speak of. ``key`` is what all spellings of its name have in common."""

    id: str
    name: str
    entity_type: str
    key: str


@dataclass(frozen=True, slots=True)
class FoundEntity(Entity):
    """An entity beside an answer (``score`` 0 to 1).

    It stands in the answer's passages ``places`` and is mentioned in those of the ids ``mentions``. ``degree`` counts
    the entities that the answer's passages mention together with it.
    """

    places: tuple[Hit, ...]
    mentions: tuple[str, ...]
    score: float
    degree: int = 0

    @property
    def description(self) -> str:
        """What the first of its places says of it."""
        return _first_sentence(self.places[0].text, (self.key,)) or self.places[0].text

    @property
    def chunk_ids(self) -> tuple[str, ...]:
        """The ids of passages that mention it, those of the answer first."""
        return tuple(dict.fromkeys([*(hit.id for hit in self.places), *self.mentions]))[:_MAX_CHUNKS]

    def beside(self, other: Self) -> bool:
        """Whether a passage of the answer mentions both."""
        return not _overlap(self.key, other.key) and not {*self.places}.isdisjoint(other.places)


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
        """The relationship's id, ``SOURCE->TARGET``."""
        return f"{self.source}->{self.target}"


@dataclass(frozen=True, slots=True)
class Node(Entity):
    """An entity of the whole graph: how many documents mark it, and the rows of the passages that mention it.

    It is as old as the first of these documents, and was changed when one of them was.
    """

    documents: int
    created_at: str
    updated_at: str
    mentions: frozenset[int] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Edge:
    """Two related entities, in the order of their ids, and the passages that mention both, the first of all first."""

    source: Node
    target: Node
    passages: tuple[int, ...]

    @property
    def id(self) -> str:
        """``SOURCE->TARGET``."""
        return f"{self.source.id}->{self.target.id}"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the graph, and how many entities the whole has."""

    nodes: Sequence[Node]
    edges: Sequence[Edge]
    total: int

    def degrees(self) -> Mapping[str, dict[str, int]]:
        """For each entity how many of the others here it is related to."""
        going, coming = Counter(e.source.id for e in self.edges), Counter(e.target.id for e in self.edges)
        return {
            node.id: {"in": coming[node.id], "out": going[node.id], "total": coming[node.id] + going[node.id]}
            for node in self.nodes
        }


class GraphReader:
    """Reads the graph of a workspace. The caller holds the database's lock."""

    def __init__(self, connection: Connection, workspace: str) -> None:
        self._connection = connection
        self._workspace = workspace

    def beside(
        self, question: str, hits: Sequence[Hit], scope: Scope | None, limits: tuple[int, int]
    ) -> tuple[list[FoundEntity], list[FoundRelationship]]:
        """The entities and relationships to show beside an answer made of these passages, the best first.

        ``limits`` says how many of each. An entity stands in one of the passages; those named in the question come
        first, then those that set these passages apart from others. Of relationships, those come first that a sentence
        tells.
        """
        found = self._found(question, hits, scope) if any(limits) else []
        shown = [replace(one, degree=sum(map(one.beside, found))) for one in found[: limits[0]]]
        pairs = [
            (one, other, hit, _first_sentence(hit.text, (one.key, other.key)))
            for one, other in combinations(found, 2)
            for hit in one.places[:1]
            if hit in other.places and not _overlap(one.key, other.key)
        ]
        pairs.sort(key=lambda pair: (not pair[3], -(pair[0].score + pair[1].score)))
        return shown, [_relationship(*pair) for pair in pairs[: limits[1]]]

    def page(
        self,
        first: int,
        limit: int,
        *,
        entity_type: str | None = None,
        search: str | None = None,
        by_name: bool = False,
    ) -> tuple[list[Node], int]:
        """The entities from ``first`` on, those first that most documents mark, and how many there are."""
        asked = {"workspace": self._workspace, "type": entity_type, "search": search, "id": None}
        order = "e.name COLLATE NOCASE" if by_name else "count(*) DESC, sum(m.count) DESC, e.key"
        rows = f"{_LISTED} ORDER BY {order} LIMIT :limit OFFSET :first"
        found = self._connection.execute(rows, {**asked, "limit": limit, "first": first}).fetchall()
        (total,) = self._connection.execute(_COUNTED, asked).fetchone()
        return [Node(*row) for row in found], total

    def node(self, name: str) -> Node | None:
        """The entity of this id or name, with its mentions; None when there is none."""
        wanted = "_".join(words(name)).upper()
        where = {"workspace": self._workspace, "type": None, "search": None, "id": wanted}
        row = self._connection.execute(_LISTED, where).fetchone()
        return self.mentioned([Node(*row)])[0] if row else None

    def mentioned(self, nodes: Iterable[Node]) -> list[Node]:
        """The same entities with the passages that mention them."""
        return [
            replace(node, mentions=frozenset(row for row, *_ in self._mentions(node.name, _MAX_MENTIONS)))
            for node in nodes
        ]

    def whole(self, most: int, entity_type: str | None = None) -> Part:
        """The entities that most documents mark, and how they are related."""
        nodes, total = self.page(0, most, entity_type=entity_type)
        nodes = self.mentioned(nodes)
        return Part(nodes, related(nodes), total)

    def around(self, start: Sequence[Node], depth: int, most: int) -> Part:
        """The entities that are at most so many relationships away from one of these, which come first."""
        _, total = self.page(0, 0)
        found = {node.id: node for node in start}
        edge = [*start]
        for _ in range(depth):
            edge = [node for node in self._beside(edge) if node.id not in found][: max(0, most - len(found))]
            found.update({node.id: node for node in edge})
        nodes = list(found.values())
        return Part(nodes, related(nodes), total)

    def degree(self, node: Node) -> dict[str, int]:
        """How many entities of the whole graph one is related to."""
        return self.around([node], 1, MAX_NODES).degrees()[node.id]

    def told(self, row: int, nodes: Sequence[Node]) -> tuple[str, str]:
        """(document id, what a passage says of these entities): a sentence with all of them, else all of it."""
        document_id, _, heading, text = self._connection.execute(_PASSAGE, (row,)).fetchone()
        return document_id, _first_sentence(text, [node.key for node in nodes]) or text or heading

    def said_of(self, node: Node) -> tuple[str, str]:
        """(document id, what the first passage that mentions an entity says of it)."""
        return self.told(min(node.mentions), [node]) if node.mentions else ("", node.name)

    def chunk(self, row: int) -> str:
        """The id of a passage."""
        document_id, index, *_ = self._connection.execute(_PASSAGE, (row,)).fetchone()
        return f"{document_id}-chunk-{index}"

    def _mentions(self, name: str, limit: int, scope: Scope | None = None) -> list[Any]:
        """(row, document id, index) of the passages that have a name, the first of all first."""
        where = {**found_in(self._workspace, scope), "words": phrase(name), "limit": limit}
        return self._connection.execute(_MENTIONS, where).fetchall()

    def _known(self, keys: Iterable[str]) -> list[Entity]:
        """The entities that have one of these keys."""
        return [Entity(*row) for row in self._connection.execute(_KNOWN, (self._workspace, json.dumps([*keys])))]

    def _found(self, question: str, hits: Sequence[Hit], scope: Scope | None) -> list[FoundEntity]:
        (total,) = self._connection.execute("SELECT count(*) FROM passages").fetchone()
        asked = frozenset(keys_in(question))
        said = [frozenset(keys_in(f"{hit.heading}\n{hit.text}")) for hit in hits]
        found: list[FoundEntity] = []
        for one in self._known(frozenset[str]().union(*said)):
            places = tuple(hit for hit, keys in zip(hits, said, strict=True) if one.key in keys)
            mentions = self._mentions(one.name, _MAX_CHUNKS, scope)
            chunks = tuple(f"{document}-chunk-{index}" for _, document, index in mentions)
            (having,) = self._connection.execute(HAVING, (phrase(one.name),)).fetchone()
            rarity = math.log(1 + total / (having + 0.5)) / math.log(1 + 2 * total)
            trust = 1 - 0.1 * TYPES.index(one.entity_type)
            score = 1.0 if one.key in asked else min(0.99, 0.5 * rarity * trust + 0.1 * len(places))
            found.append(FoundEntity(one.id, one.name, one.entity_type, one.key, places, chunks, round(score, 6)))
        found.sort(key=lambda entity: (-entity.score, -len(entity.key), entity.key))
        return [entity for n, entity in enumerate(found) if not any(_part_of(entity.key, o.key) for o in found[:n])]

    def _beside(self, nodes: Sequence[Node]) -> list[Node]:
        """The entities that stand with any of these in a passage, the most frequent first."""
        keys: Counter[str] = Counter()
        for row in sorted(frozenset[int]().union(*(node.mentions for node in nodes)))[:_MAX_READ]:
            _, _, heading, text = self._connection.execute(_PASSAGE, (row,)).fetchone()
            keys.update({*keys_in(f"{heading}\n{text}")})
        ranked = sorted(self._known(keys), key=lambda one: (-keys[one.key], one.key))
        return [node for one in ranked if (node := self.node(one.name)) is not None]


def related(nodes: Sequence[Node]) -> list[Edge]:
    """How entities are related: the more passages mention both, the earlier."""
    edges = [
        Edge(one, other, tuple(sorted(both)))
        for one, other in combinations(sorted(nodes, key=lambda node: node.id), 2)
        if (both := one.mentions & other.mentions) and not _overlap(one.key, other.key)
    ]
    return sorted(edges, key=lambda edge: (-len(edge.passages), edge.source.id, edge.target.id))


def _relationship(one: FoundEntity, other: FoundEntity, hit: Hit, told: str) -> FoundRelationship:
    source, target = sorted((one.id, other.id))
    score = round((one.score + other.score) / 2, 6)
    return FoundRelationship(source, target, told or hit.text, score, hit)


def _first_sentence(text: str, keys: Iterable[str]) -> str:
    """The first sentence of a passage that mentions all of these; "" when none does."""
    sentences = (one.strip() for one in _SENTENCE_END.split(text) if frozenset(keys_in(one)).issuperset(keys))
    return next(sentences, "")


def _part_of(key: str, other: str) -> bool:
    return f" {key} " in f" {other} "


def _overlap(one: str, other: str) -> bool:
    """Whether one name is a part of the other."""
    return _part_of(one, other) or _part_of(other, one)

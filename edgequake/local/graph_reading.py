"""The graph as a whole: which entities there are, which passages mention them, and which stand together.

Nothing of this is stored. An entity's mentions are looked up in the full-text index, and two entities are related when
they have mentions in common.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from sqlite3 import Connection
from typing import Final

from edgequake.local.graph import keys_in
from edgequake.local.graph_index import KNOWN, first_sentence, overlap
from edgequake.local.words import phrase, words

MAX_NODES: Final = 500
SOME_NODES: Final = 200
"""How many entities relationships are listed between."""

_MAX_MENTIONS = 2000
_MAX_READ = 200
_LISTED = """
SELECT e.rowid, e.id, e.name, e.entity_type, e.key, count(*), sum(m.count), min(d.created_at), max(d.updated_at)
FROM entities e JOIN marks m ON m.entity = e.rowid JOIN documents d ON d.id = m.document_id
WHERE e.workspace_id = :workspace AND (:type IS NULL OR e.entity_type = :type COLLATE NOCASE)
AND (:search IS NULL OR instr(lower(e.name), lower(:search)) > 0) AND (:id IS NULL OR e.id = :id)
GROUP BY e.rowid ORDER BY {order} LIMIT :limit OFFSET :first
"""
_COUNTED = """
SELECT count(*) FROM entities e WHERE e.workspace_id = :workspace
AND (:type IS NULL OR e.entity_type = :type COLLATE NOCASE)
AND (:search IS NULL OR instr(lower(e.name), lower(:search)) > 0)
"""
_MENTIONS = f"""
SELECT w.rowid FROM passage_words w JOIN passages p ON p.rowid = w.rowid
WHERE passage_words MATCH ? AND p.workspace_id = ? LIMIT {_MAX_MENTIONS}
"""  # noqa: S608 - constants
_PASSAGE = "SELECT document_id, chunk_index, heading, text FROM passages WHERE rowid = ?"


@dataclass(frozen=True, slots=True)
class Node:
    """An entity: how many documents mark it, when the first was added, and the rows of the passages that mention it."""

    rowid: int
    id: str
    name: str
    entity_type: str
    key: str
    documents: int
    marks: int
    created_at: str
    updated_at: str
    mentions: frozenset[int] = field(default_factory=frozenset, repr=False)


@dataclass(frozen=True, slots=True)
class Edge:
    """Two related entities, in the order of their ids, and the passages that mention both, the first of all first."""

    source: Node
    target: Node
    passages: tuple[int, ...]

    @property
    def id(self) -> str:
        """`SOURCE->TARGET`."""
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

    def page(
        self,
        first: int,
        limit: int,
        *,
        entity_type: str | None = None,
        search: str | None = None,
        by_name: bool = False,
    ) -> tuple[list[Node], int]:
        """The entities from `first` on, those first that most documents mark, and how many there are."""
        told = {"workspace": self._workspace, "type": entity_type, "search": search}
        order = "e.name COLLATE NOCASE" if by_name else "count(*) DESC, sum(m.count) DESC, e.key"
        rows = self._connection.execute(
            _LISTED.format(order=order), {**told, "id": None, "limit": limit, "first": first}
        )
        (total,) = self._connection.execute(_COUNTED, told).fetchone()
        return [Node(*row) for row in rows.fetchall()], total

    def node(self, name: str) -> Node | None:
        """The entity of this id or name, with its mentions; None when there is none."""
        wanted = "_".join(words(name)).upper()
        where = {"workspace": self._workspace, "type": None, "search": None, "id": wanted, "limit": 1, "first": 0}
        row = self._connection.execute(_LISTED.format(order="1"), where).fetchone()
        return self.mentioned([Node(*row)])[0] if row else None

    def mentioned(self, nodes: Iterable[Node]) -> list[Node]:
        """The same entities with the passages that mention them."""
        found = []
        for node in nodes:
            rows = self._connection.execute(_MENTIONS, (phrase(node.name), self._workspace))
            known = (node.rowid, node.id, node.name, node.entity_type, node.key, node.documents, node.marks)
            found.append(Node(*known, node.created_at, node.updated_at, frozenset(row[0] for row in rows)))
        return found

    def whole(self, most: int, entity_type: str | None = None) -> Part:
        """The entities that most documents mark, and how they are related."""
        nodes, total = self.page(0, most, entity_type=entity_type)
        nodes = self.mentioned(nodes)
        return Part(nodes, related(nodes), total)

    def around(self, start: Node, depth: int, most: int) -> Part:
        """The entities that are at most so many relationships away from one, itself first."""
        _, total = self.page(0, 0)
        found = {start.id: start}
        edge = [start]
        for _ in range(depth):
            edge = [node for node in self._beside(edge) if node.id not in found][: max(0, most - len(found))]
            found.update({node.id: node for node in edge})
        nodes = list(found.values())
        return Part(nodes, related(nodes), total)

    def told(self, row: int, nodes: Sequence[Node]) -> tuple[str, str]:
        """(document id, what a passage says of these entities): a sentence with all of them, else all of it."""
        document_id, _, heading, text = self._connection.execute(_PASSAGE, (row,)).fetchone()
        return document_id, first_sentence(text, [node.key for node in nodes]) or text or heading

    def chunk(self, row: int) -> str:
        """The id of a passage."""
        document_id, index, *_ = self._connection.execute(_PASSAGE, (row,)).fetchone()
        return f"{document_id}-chunk-{index}"

    def _beside(self, nodes: Sequence[Node]) -> list[Node]:
        """The entities that stand with any of these in a passage, the most frequent first."""
        keys: Counter[str] = Counter()
        for row in sorted(frozenset[int]().union(*(node.mentions for node in nodes)))[:_MAX_READ]:
            _, _, heading, text = self._connection.execute(_PASSAGE, (row,)).fetchone()
            keys.update({*keys_in(f"{heading}\n{text}")})
        known = self._connection.execute(KNOWN, (self._workspace, json.dumps([*keys]))).fetchall()
        ranked = sorted(known, key=lambda row: (-keys[row[4]], row[4]))
        return [node for row in ranked if (node := self.node(row[2])) is not None]


def related(nodes: Sequence[Node]) -> list[Edge]:
    """How entities are related: the more passages mention both, the earlier."""
    edges = [
        Edge(one, other, tuple(sorted(both)))
        for one, other in combinations(sorted(nodes, key=lambda node: node.id), 2)
        if (both := one.mentions & other.mentions) and not overlap(one.key, other.key)
    ]
    return sorted(edges, key=lambda edge: (-len(edge.passages), edge.source.id, edge.target.id))


def said_of(graph: GraphReader, node: Node) -> tuple[str, str]:
    """(document id, what the first passage that mentions an entity says of it)."""
    return graph.told(min(node.mentions), [node]) if node.mentions else ("", node.name)

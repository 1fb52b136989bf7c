"""The documents and their passages, in SQLite with full-text search."""

import hashlib
import json
import math
import os
import re
import sqlite3
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from edgequake.local.errors import StoreError
from edgequake.local.passages import HEADING_SEPARATOR, Passage, clean, split
from edgequake.local.terms import CJK, compounds, content_words, is_cjk, pairs

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, digest TEXT NOT NULL, created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS passages (
    rowid INTEGER PRIMARY KEY, document_id TEXT NOT NULL REFERENCES documents(id),
    chunk_index INTEGER NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL,
    start_line INTEGER NOT NULL, end_line INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS passages_of_document ON passages(document_id);
CREATE VIRTUAL TABLE IF NOT EXISTS passage_words USING fts5(
    title, heading, body, tokenize = 'porter unicode61 remove_diacritics 2');
"""
_RANKED = """
SELECT p.rowid, p.document_id, d.title, p.heading, p.text, p.start_line, p.end_line, p.chunk_index,
       bm25(passage_words, 2.0, 4.0, 1.0)
FROM passage_words JOIN passages p ON p.rowid = passage_words.rowid JOIN documents d ON d.id = p.document_id
WHERE passage_words MATCH ? AND (? IS NULL OR p.document_id IN (SELECT value FROM json_each(?)))
ORDER BY 9, p.rowid LIMIT ?
"""
_CANDIDATES = 60
_MAX_TERMS = 40
_CJK_CHARACTER = re.compile(f"([{CJK}])")


@dataclass(frozen=True, slots=True)
class Scope:
    """Which documents may be searched: (ids or title pattern) and dates, all optional.

    `pattern` holds title parts separated by commas, any of which may match, in any case. Dates are ISO,
    compared with the time a document was added, both ends included.
    """

    ids: Sequence[str] = ()
    pattern: str = ""
    date_from: str = ""
    date_to: str = ""

    def admits(self, document_id: str, title: str, created_at: str) -> bool:
        """Whether a document lies inside."""
        if self.date_from and created_at[: len(self.date_from)] < self.date_from:
            return False
        if self.date_to and created_at[: len(self.date_to)] > self.date_to:
            return False
        parts = [part.strip().casefold() for part in self.pattern.split(",") if part.strip()]
        if not self.ids and not parts:
            return True
        return document_id in self.ids or any(part in title.casefold() for part in parts)


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document. `created_at` is an RFC 3339 time in UTC."""

    id: str
    title: str
    created_at: str
    passages: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, the best having the highest `score` (0 to 1)."""

    document_id: str
    title: str
    heading: str
    text: str
    start_line: int
    end_line: int
    chunk_index: int
    score: float

    @property
    def id(self) -> str:
        """The passage's id, `<document id>-chunk-<index>`."""
        return f"{self.document_id}-chunk-{self.chunk_index}"


class Store:
    """Documents to search, in memory or in a file that lasts.

    Safe to share between threads. Raises StoreError when the file cannot be opened or is something else.
    """

    def __init__(self, path: str | os.PathLike[str] = ":memory:") -> None:
        self.path = os.fspath(path)
        self.in_memory = self.path == ":memory:"
        self._lock = threading.RLock()
        try:
            self._connection = sqlite3.connect(self.path, check_same_thread=False)
        except sqlite3.Error as error:
            raise StoreError(f"cannot open {self.path}: {error}") from error
        try:
            if not self.in_memory:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            self._connection.close()
            raise StoreError(f"cannot use {self.path} as a document store: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file; closing twice is harmless."""
        with self._lock:
            self._connection.close()

    def add_document(self, title: str, text: str, *, document_id: str | None = None, markdown: bool = True) -> Document:
        """The document as it is stored now. One of the same id is replaced, and left alone when equal."""
        document_id = document_id or str(uuid.uuid4())
        digest = hashlib.sha256(f"{title}\0{markdown}\0{text}".encode()).hexdigest()
        with self._lock:
            row = self._connection.execute(
                "SELECT created_at FROM documents WHERE id = ? AND digest = ?", (document_id, digest)
            ).fetchone()
            created_at = row[0] if row else datetime.now(UTC).isoformat()
            if row is None:
                with self._connection:
                    self._remove(document_id)
                    self._connection.execute(
                        "INSERT INTO documents VALUES (?, ?, ?, ?)", (document_id, title, digest, created_at)
                    )
                    self._insert_passages(document_id, title, text, markdown)
            (passages,) = self._connection.execute(
                "SELECT count(*) FROM passages WHERE document_id = ?", (document_id,)
            ).fetchone()
        return Document(document_id, title, created_at, passages)

    def documents(self) -> list[Document]:
        """All documents, in the order they were added."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT d.id, d.title, d.created_at, count(p.rowid) FROM documents d"
                " LEFT JOIN passages p ON p.document_id = d.id GROUP BY d.id ORDER BY d.rowid"
            ).fetchall()
        return [Document(*row) for row in rows]

    def search(self, query: str, limit: int = 8, *, scope: Scope | None = None) -> list[Hit]:
        """The passages that fit the query best, at most `limit`, the best first.

        The query is plain words: nothing in it is taken as search syntax, and stop words are left out while
        other words remain. No word at all finds nothing.
        """
        expressions = _expressions(query)
        if not expressions or limit < 1:
            return []
        with self._lock:
            inside = self._inside(scope)
            every = " OR ".join(dict.fromkeys([*expressions, *_phrases(query)]))
            rows = self._connection.execute(_RANKED, (every, inside, inside, _CANDIDATES)).fetchall()
            covered = self._coverage(expressions, [row[0] for row in rows])
        best = min((row[8] for row in rows), default=0.0) or -1.0
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
            )
            for rowid, document_id, title, heading, text, start_line, end_line, index, rank in rows
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]

    def _coverage(self, expressions: list[str], rowids: list[int]) -> dict[int, float]:
        """For each row, how much of the query it holds (0 to 1): rare words weigh more, headings a little."""
        count = self._connection.execute
        (total,) = count("SELECT count(*) FROM passages").fetchone()
        covered = dict.fromkeys(rowids, 0.0)
        among = json.dumps(rowids)
        whole = 0.0
        for expression in expressions:
            (having,) = count(
                "SELECT count(*) FROM passage_words WHERE passage_words MATCH ?", (expression,)
            ).fetchone()
            weight = math.log(1 + total / (having + 0.5))
            whole += weight
            for column, share in (("{title heading body}", 0.8), ("{title heading}", 0.2)):
                for (rowid,) in count(
                    "SELECT rowid FROM passage_words WHERE passage_words MATCH ?"
                    " AND rowid IN (SELECT value FROM json_each(?))",
                    (f"{column} : {expression}", among),
                ):
                    covered[rowid] += weight * share
        return {rowid: value / whole for rowid, value in covered.items()}

    def _inside(self, scope: Scope | None) -> str | None:
        """The ids of the documents in scope as a JSON list, or None for all."""
        if scope is None:
            return None
        rows = self._connection.execute("SELECT id, title, created_at FROM documents")
        return json.dumps([row[0] for row in rows if scope.admits(*row)])

    def _remove(self, document_id: str) -> None:
        self._connection.execute(
            "DELETE FROM passage_words WHERE rowid IN (SELECT rowid FROM passages WHERE document_id = ?)",
            (document_id,),
        )
        self._connection.execute("DELETE FROM passages WHERE document_id = ?", (document_id,))
        self._connection.execute("DELETE FROM documents WHERE id = ?", (document_id,))

    def _insert_passages(self, document_id: str, title: str, text: str, markdown: bool) -> None:
        passages = split(clean(text), markdown=markdown)
        name = _common_heading(passages)
        for passage in passages:
            heading = passage.heading[len(name) :]
            cursor = self._connection.execute(
                "INSERT INTO passages (document_id, chunk_index, heading, text, start_line, end_line)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *(document_id, passage.index, passage.heading, passage.text),
                    *(passage.start_line, passage.end_line),
                ),
            )
            self._connection.execute(
                "INSERT INTO passage_words (rowid, title, heading, body) VALUES (?, ?, ?, ?)",
                (cursor.lastrowid, _spaced(f"{title} {name}"), _spaced(heading), _spaced(passage.text)),
            )


def _common_heading(passages: list[Passage]) -> str:
    """The heading that stands over every passage: the document's name, which tells none from another."""
    names = {passage.heading.split(HEADING_SEPARATOR)[0] for passage in passages if passage.heading}
    return names.pop() if len(names) == 1 else ""


def _score(covered: float, rank: float, chunk_index: int) -> float:
    """How well a passage fits, 0 to 1; among equals a document's opening comes first."""
    return round(0.55 * covered + 0.35 * rank + 0.1 / (1 + chunk_index), 6)


def _spaced(text: str) -> str:
    """The text as it is indexed: CJK characters apart, so that each is a word of its own."""
    return _CJK_CHARACTER.sub(r" \1 ", text)


def _expressions(query: str) -> list[str]:
    """One full-text expression per meaningful word; quoting makes a word of anything."""
    found: dict[str, None] = {}
    for word in content_words(query):
        for part in pairs(word) if is_cjk(word) else [word]:
            found[_quoted(part)] = None
    return list(found)[:_MAX_TERMS]


def _phrases(query: str) -> list[str]:
    return [_quoted(name) for name in compounds(query)][:_MAX_TERMS]


def _quoted(words: str) -> str:
    return '"' + _spaced(words).strip().replace('"', '""') + '"'

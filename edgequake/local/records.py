"""The documents as the server lists them: their state, origin and figures."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgequake.local.formats import mime_type
from edgequake.local.schema import Database
from edgequake.local.scope import Scope

_SUMMARY_CHARS = 200
_COLUMNS = f"""
SELECT d.id, d.title, d.status, d.created_at, d.updated_at, d.content_hash, d.size, length(d.content),
       substr(d.content, 1, {_SUMMARY_CHARS}), d.source_type, d.file_name, d.track_id, d.metadata,
       d.error_message, d.warning_message,
       (SELECT count(*) FROM passages p WHERE p.document_id = d.id),
       (SELECT count(*) FROM marks m WHERE m.document_id = d.id)
FROM documents d
"""  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known of a document but its text. Times are RFC 3339 in UTC, `size` is bytes."""

    id: str
    title: str
    status: str
    created_at: str
    updated_at: str
    content_hash: str
    size: int
    content_length: int
    content_summary: str
    source_type: str
    file_name: str | None
    track_id: str | None
    metadata: str | None
    error_message: str | None
    warning_message: str | None
    chunk_count: int
    entity_count: int

    @property
    def metadata_value(self) -> Any:
        """What the client sent along with the document, None when nothing."""
        return None if self.metadata is None else json.loads(self.metadata)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, how many documents the whole list has, and how many of them in each state."""

    records: list[Record]
    total: int
    statuses: Counter[str]


class Records:
    """The documents' records. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, document_id: str, workspace: str | None = None) -> Record | None:
        """The document's record, None for an unknown id or another workspace's document."""
        with self._database.lock:
            row = self._database.connection.execute(
                f"{_COLUMNS} WHERE d.id = ?1 AND (?2 IS NULL OR d.workspace_id = ?2)", (document_id, workspace)
            ).fetchone()
        return None if row is None else Record(*row)

    def content(self, document_id: str) -> str | None:
        """The document's text, None for an unknown id."""
        with self._database.lock:
            row = self._database.connection.execute(
                "SELECT content FROM documents WHERE id = ?", (document_id,)
            ).fetchone()
        return None if row is None else str(row[0])

    def original(self, record: Record) -> bytes | None:
        """The bytes that were uploaded; None for a PDF or web page that was loaded from a path, whose text is kept."""
        with self._database.lock:
            row = self._database.connection.execute(
                "SELECT data FROM originals WHERE document_id = ?", (record.id,)
            ).fetchone()
        if row is None and mime_type(record.file_name or record.title) in ("application/pdf", "text/html"):
            return None
        return (self.content(record.id) or "").encode("utf-8", "surrogatepass") if row is None else bytes(row[0])

    def ids(self, workspace: str) -> list[str]:
        """The ids of a workspace's documents."""
        with self._database.lock:
            rows = self._database.connection.execute("SELECT id FROM documents WHERE workspace_id = ?", (workspace,))
            return [str(row[0]) for row in rows.fetchall()]

    def page(
        self,
        workspace: str,
        scope: Scope,
        status: str | None = None,
        *,
        first: int = 0,
        size: int = 0,
        source_type: str | None = None,
    ) -> Page:
        """A workspace's documents from `first` on (from 0), the newest before older ones."""
        with self._database.snapshot():
            rows = self._database.connection.execute(
                "SELECT id, title, created_at, status FROM documents WHERE workspace_id = ?1"
                " AND (?2 IS NULL OR source_type = ?2) ORDER BY created_at DESC, rowid DESC",
                (workspace, source_type),
            ).fetchall()
            inside = [(row[0], row[3]) for row in rows if scope.admits(*row[:3]) and status in (None, row[3])]
            records = self._in_order([found for found, _ in inside[first : first + size]])
        return Page(records, len(inside), Counter(state for _, state in inside))

    def tracked(self, track_id: str, workspace: str) -> list[Record]:
        """The documents of a workspace that came under this track id, the oldest first."""
        with self._database.lock:
            rows = self._database.connection.execute(
                f"{_COLUMNS} WHERE d.track_id = ? AND d.workspace_id = ? ORDER BY d.created_at, d.rowid",
                (track_id, workspace),
            ).fetchall()
        return [Record(*row) for row in rows]

    def with_content(self, content_hash: str, workspace: str) -> list[Record]:
        """A workspace's uploaded documents with this content, the newest first; loaded files are left out."""
        with self._database.lock:
            rows = self._database.connection.execute(
                f"{_COLUMNS} WHERE d.content_hash = ? AND d.workspace_id = ? AND d.origin IS NULL"
                " ORDER BY d.created_at DESC, d.rowid DESC",
                (content_hash, workspace),
            ).fetchall()
        return [Record(*row) for row in rows]

    def unfinished(self) -> list[str]:
        """The ids of the documents that wait to be read or were being read when the server ended."""
        with self._database.lock:
            rows = self._database.connection.execute(
                "SELECT id FROM documents WHERE status IN ('pending', 'processing') ORDER BY rowid"
            ).fetchall()
        return [str(row[0]) for row in rows]

    def _in_order(self, ids: Sequence[str]) -> list[Record]:
        rows = self._database.connection.execute(
            f"{_COLUMNS} WHERE d.id IN (SELECT value FROM json_each(?))",  # noqa: S608
            (json.dumps(ids),),
        ).fetchall()
        records = {row[0]: Record(*row) for row in rows}
        return [records[document_id] for document_id in ids]

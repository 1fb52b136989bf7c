"""The documents as the server lists them: their state, origin and figures."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from edgequake.local.formats import mime_type
from edgequake.local.schema import Database
from edgequake.local.scope import INSIDE, Scope

_SUMMARY_CHARS = 200
_RECORD = f"""
SELECT d.id, d.title, d.status, d.created_at, d.updated_at, d.content_hash, d.size,
       length(d.content) AS content_length, substr(d.content, 1, {_SUMMARY_CHARS}) AS content_summary, d.source_type,
       d.file_name, d.track_id, d.metadata, d.error_message, d.warning_message,
       (SELECT count(*) FROM passages p WHERE p.document_id = d.id) AS chunk_count,
       (SELECT count(*) FROM marks m WHERE m.document_id = d.id) AS entity_count
FROM documents d
"""  # noqa: S608 - a constant
_LISTED = f"""
FROM documents d WHERE d.workspace_id = :workspace AND (:source_type IS NULL OR d.source_type = :source_type)
AND (:status IS NULL OR d.status = :status) AND {INSIDE}
"""


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

    @property
    def name(self) -> str:
        """The file's name, else the title."""
        return self.file_name or self.title

    @property
    def processed_at(self) -> str | None:
        """When it was read; None while it was not."""
        return self.updated_at if self.status == "completed" else None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and how many documents the whole list has in each state."""

    records: list[Record]
    statuses: Counter[str]

    @property
    def total(self) -> int:
        """How many documents the whole list has."""
        return self.statuses.total()


class Records:
    """The documents' records. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, document_id: str, workspace: str | None = None) -> Record | None:
        """The document's record, None for an unknown id or another workspace's document."""
        found = self._read("WHERE d.id = ?1 AND (?2 IS NULL OR d.workspace_id = ?2)", document_id, workspace)
        return found[0] if found else None

    def content(self, document_id: str) -> str | None:
        """The document's text, None for an unknown id."""
        found = self._database.column("SELECT content FROM documents WHERE id = ?", (document_id,))
        return found[0] if found else None

    def original(self, record: Record) -> bytes | None:
        """The bytes that were uploaded; None for a PDF or web page that was loaded from a path, whose text is kept."""
        for data in self._database.column("SELECT data FROM originals WHERE document_id = ?", (record.id,)):
            return bytes(data)
        if mime_type(record.name) in ("application/pdf", "text/html"):
            return None
        return (self.content(record.id) or "").encode("utf-8", "surrogatepass")

    def ids(self, workspace: str) -> list[str]:
        """The ids of a workspace's documents."""
        return self._database.column("SELECT id FROM documents WHERE workspace_id = ?", (workspace,))

    def page(
        self,
        workspace: str,
        scope: Scope | None = None,
        status: str | None = None,
        *,
        first: int = 0,
        size: int = 0,
        source_type: str | None = None,
    ) -> Page:
        """A workspace's documents from `first` on (from 0), the newest before older ones."""
        of = {"workspace": workspace, "status": status, "source_type": source_type, "first": first, "size": size}
        of |= (scope or Scope()).values
        rows = f"SELECT d.rowid {_LISTED} ORDER BY d.created_at DESC, d.rowid DESC LIMIT :size OFFSET :first"
        with self._database.snapshot():
            found = json.dumps(self._database.column(rows, of))
            counted = self._database.rows(f"SELECT d.status, count(*) AS count {_LISTED} GROUP BY d.status", of)
            inside = "WHERE d.rowid IN (SELECT value FROM json_each(?)) ORDER BY d.created_at DESC, d.rowid DESC"
            return Page(self._read(inside, found), Counter({row["status"]: row["count"] for row in counted}))

    def tracked(self, track_id: str, workspace: str) -> list[Record]:
        """The documents of a workspace that came under this track id, the oldest first."""
        oldest = "WHERE d.track_id = ? AND d.workspace_id = ? ORDER BY d.created_at, d.rowid"
        return self._read(oldest, track_id, workspace)

    def with_content(self, content_hash: str, workspace: str) -> list[Record]:
        """A workspace's uploaded documents with this content, the newest first; loaded files are left out."""
        equal = "WHERE d.content_hash = ? AND d.workspace_id = ? AND d.origin IS NULL"
        return self._read(f"{equal} ORDER BY d.created_at DESC, d.rowid DESC", content_hash, workspace)

    def unfinished(self) -> list[str]:
        """The ids of the documents that wait to be read or were being read when the server ended."""
        return self._database.column(
            "SELECT id FROM documents WHERE status IN ('pending', 'processing') ORDER BY rowid"
        )

    def _read(self, where: str, *values: Any) -> list[Record]:
        return [Record(**row) for row in self._database.rows(f"{_RECORD} {where}", values)]

"""The documents as the server lists them, from their arrival until they are removed."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from edgequake.local.errors import StoreError
from edgequake.local.formats import mime_type
from edgequake.local.indexing import index
from edgequake.local.schema import Database, now
from edgequake.local.scope import DEFAULT_WORKSPACE, INSIDE, Scope

_SUMMARY_CHARS = 200
_STATE = "CASE WHEN d.id IN (SELECT id FROM temp.unwritten) THEN 'failed' ELSE d.status END"
_RECORD = f"""
SELECT d.id, d.title, {_STATE} AS status, d.created_at, d.updated_at, d.content_hash, d.size,
       length(d.content) AS content_length, substr(d.content, 1, {_SUMMARY_CHARS}) AS content_summary, d.source_type,
       d.file_name, d.track_id, d.metadata,
       coalesce((SELECT u.error FROM temp.unwritten u WHERE u.id = d.id), d.error_message) AS error_message,
       d.warning_message,
       (SELECT count(*) FROM passages p WHERE p.document_id = d.id) AS chunk_count,
       (SELECT count(*) FROM marks m WHERE m.document_id = d.id) AS entity_count
FROM documents d
"""  # noqa: S608 - a constant
_LISTED = f"""
FROM documents d WHERE d.workspace_id = :workspace AND (:source_type IS NULL OR d.source_type = :source_type)
AND (:status IS NULL OR {_STATE} = :status) AND {INSIDE}
"""
_EQUAL = """
SELECT 1 FROM documents WHERE id = ? AND title = ? AND source_type = ? AND content = ? AND status = 'completed'
"""
_WAITING = """
SELECT title, content, source_type, content_hash, workspace_id FROM documents
WHERE id = ? AND status IN ('pending', 'processing')
"""
_REPLACED = """
DELETE FROM documents WHERE content_hash = :content_hash AND id != :id AND origin IS NULL AND status = 'completed'
AND workspace_id = :workspace_id
"""
_MOVE = """
UPDATE documents SET status = :state, error_message = NULL, updated_at = :now
WHERE id = :id AND status IN (SELECT value FROM json_each(:before))
"""
_ONLY_IN = """
SELECT count(*) FROM marks m WHERE document_id = ?1
AND NOT EXISTS (SELECT 1 FROM marks o WHERE o.entity = m.entity AND o.document_id != ?1)
"""


@dataclass(frozen=True, slots=True)
class Record:
    """All that is known of a document but its text. Times are RFC 3339 in UTC, ``size`` is bytes."""

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
    """The documents' records. Safe to share between threads.

    An upload is ``pending``, ``processing``, then ``completed`` or ``failed``; one that waits can be ``cancelled``.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, document_id: str, workspace: str | None = None) -> Record | None:
        """The document's record, None for an unknown id or another workspace's document."""
        wanted = "WHERE d.id = ?1 AND (?2 IS NULL OR d.workspace_id = ?2)"
        return next(iter(self._read(wanted, document_id, workspace)), None)

    def content(self, document_id: str) -> str | None:
        """The document's text, None for an unknown id."""
        return next(iter(self._database.column("SELECT content FROM documents WHERE id = ?", (document_id,))), None)

    def original(self, record: Record) -> bytes | None:
        """The bytes that were uploaded; None for a PDF or web page that was loaded from a path, whose text is kept."""
        for data in self._database.column("SELECT data FROM originals WHERE document_id = ?", (record.id,)):
            return bytes(data)
        if mime_type(record.name) in ("application/pdf", "text/html"):
            return None
        return (self.content(record.id) or "").encode()

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
        """A workspace's documents from ``first`` on (from 0), the newest before older ones."""
        of = {"workspace": workspace, "status": status, "source_type": source_type, "first": first, "size": size}
        of |= (scope or Scope()).values
        rows = f"SELECT d.rowid {_LISTED} ORDER BY d.created_at DESC, d.rowid DESC LIMIT :size OFFSET :first"
        with self._database.snapshot():
            found = json.dumps(self._database.column(rows, of))
            counted = self._database.rows(f"SELECT {_STATE} AS status, count(*) AS count {_LISTED} GROUP BY 1", of)
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

    def all(self) -> list[Record]:
        """All documents, in the order in which they were added."""
        return self._read("ORDER BY d.rowid")

    def loaded(self) -> list[dict[str, Any]]:
        """The id, origin and warning of each document that was read from a path."""
        return self._database.rows("SELECT id, origin, warning_message FROM documents WHERE origin IS NOT NULL")

    def unfinished(self) -> list[str]:
        """The ids of the documents that wait to be read or were being read when the server ended."""
        return self._database.column(
            "SELECT id FROM documents WHERE status IN ('pending', 'processing') ORDER BY rowid"
        )

    def entities_only_in(self, document_id: str) -> int:
        """How many entities no other document marks."""
        (count,) = self._database.column(_ONLY_IN, (document_id,))
        return int(count)

    def add(self, document_id: str, title: str, text: str, source_type: str, workspace: str, **columns: Any) -> Record:
        """A document that is stored and read, in place of one with this id; an equal one is left as it is."""
        with self._database.transaction() as connection:
            if not self._database.column(_EQUAL, (document_id, title, source_type, text)):
                self.remove(document_id)
                state = {"id": document_id, "status": "completed"}
                self._insert(title, text, source_type=source_type, workspace_id=workspace, **state, **columns)
                index(connection, document_id, title, text, source_type=source_type, workspace=workspace)
            return self._read("WHERE d.id = ?", document_id)[0]

    def accept(
        self,
        title: str,
        text: str,
        *,
        source_type: str,
        original: bytes | None = None,
        workspace: str = DEFAULT_WORKSPACE,
        **columns: Any,
    ) -> str:
        """The id of a document that is stored but not read yet: it is ``pending`` until ``process``.

        ``original`` are the bytes that were sent, when they are not the text in UTF-8. Among the other ``columns``,
        ``content_hash`` is their SHA-256, ``size`` their number, and ``metadata`` JSON text.
        """
        with self._database.transaction() as connection:
            state = {"source_type": source_type, "status": "pending", "workspace_id": workspace}
            document_id = self._insert(title, text, **state, **columns)
            if original is not None:
                connection.execute("INSERT INTO originals VALUES (?, ?)", (document_id, original))
        return document_id

    def begin(self, document_id: str) -> bool:
        """Whether an accepted document is to be read now: it was not cancelled, deleted or read meanwhile."""
        return self._move(document_id, "processing", "pending", "processing")

    def cancel(self, document_id: str) -> bool:
        """Whether an accepted document waited and is cancelled now."""
        return self._move(document_id, "cancelled", "pending")

    def retry(self, document_id: str) -> bool:
        """Whether a document that failed or was cancelled waits again."""
        before = ["failed", "cancelled"]
        if self._database.column("SELECT id FROM temp.unwritten WHERE id = ?", (document_id,)):
            before += ["pending", "processing"]  # what the file may still say of it
        return self._move(document_id, "pending", *before)

    def process(self, document_id: str) -> None:
        """Read a document that was accepted, so that it is found; one that was deleted meanwhile is left alone.

        It takes the place of uploads with the same content. Raises what reading raises; nothing of the
        document is found then. Two servers of one file may both come to read it: it is found once.
        """
        with self._database.transaction() as connection:
            for row in self._database.rows(_WAITING, (document_id,)):
                connection.execute(_REPLACED, {**row, "id": document_id})
                kind, workspace = row["source_type"], row["workspace_id"]
                index(connection, document_id, row["title"], row["content"], source_type=kind, workspace=workspace)
                self._database.update("documents", document_id, status="completed")

    def fail(self, document_id: str, error: str) -> None:
        """Note that a document could not be read, and why.

        Where the file is full or read-only, this server remembers it until the document is read again; after its end,
        the next server reads the document.
        """
        try:
            self._database.update("documents", document_id, status="failed", error_message=error)
        except StoreError:
            with self._database.lock:
                values = (document_id, error)
                self._database.connection.execute("INSERT OR REPLACE INTO temp.unwritten VALUES (?, ?)", values)

    def warn(self, document_id: str, warning: str | None) -> None:
        """Note a warning about a document. None removes it."""
        self._database.write("UPDATE documents SET warning_message = ? WHERE id = ?", (warning, document_id))

    def remove(self, document_id: str) -> bool:
        """Whether there was such a document; it is gone, with what was read of it."""
        return self._database.write("DELETE FROM documents WHERE id = ?", (document_id,)) > 0

    def _insert(self, title: str, text: str, **columns: Any) -> str:
        """The id of a new row. Its hash and size are the text's in UTF-8 unless ``columns`` says another."""
        data = text.encode()
        told = {"content_hash": hashlib.sha256(data).hexdigest(), "size": len(data)}
        told |= {name: value for name, value in columns.items() if value is not None}
        return self._database.insert("documents", title=title, content=text, **told)

    def _move(self, document_id: str, state: str, *before: str) -> bool:
        """Whether a document was in one of these states; it is in the new one now."""
        with self._database.transaction() as connection:
            moved = {"id": document_id, "state": state, "now": now(), "before": json.dumps(before)}
            has_moved = connection.execute(_MOVE, moved).rowcount > 0
            connection.execute("DELETE FROM temp.unwritten WHERE id = ?", (document_id,))
            return has_moved

    def _read(self, where: str, *values: Any) -> list[Record]:
        return [Record(**row) for row in self._database.rows(f"{_RECORD} {where}", values)]

"""Uploads from their arrival until they are read."""

import uuid

from edgequake.local.document_index import DocumentIndex
from edgequake.local.schema import Database, now
from edgequake.local.scope import DEFAULT_WORKSPACE


class Inbox:
    """The documents that were uploaded. Safe to share between threads.

    One is `pending`, `processing`, then `completed` or `failed`; one that waits can be `cancelled`.
    """

    def __init__(self, database: Database, index: DocumentIndex) -> None:
        self._database = database
        self._index = index

    def accept(
        self,
        title: str,
        text: str,
        *,
        source_type: str,
        size: int,
        content_hash: str,
        file_name: str | None = None,
        track_id: str | None = None,
        metadata: str | None = None,
        original: bytes | None = None,
        workspace: str = DEFAULT_WORKSPACE,
    ) -> str:
        """The id of a document that is stored but not read yet: it is `pending` until `process`.

        `content_hash` is the SHA-256 of the bytes that were sent, `metadata` JSON text, `original` those bytes when
        they are not the text in UTF-8.
        """
        document_id = str(uuid.uuid4())
        with self._database.transaction():
            self._index.insert(
                document_id,
                title,
                text,
                source_type=source_type,
                status="pending",
                created_at=now(),
                size=size,
                content_hash=content_hash,
                file_name=file_name,
                track_id=track_id,
                metadata=metadata,
                workspace_id=workspace,
            )
            if original is not None:
                self._database.connection.execute("INSERT INTO originals VALUES (?, ?)", (document_id, original))
        return document_id

    def begin(self, document_id: str) -> bool:
        """Whether an accepted document is to be read now: it was not cancelled, deleted or read meanwhile."""
        with self._database.transaction():
            return self._index.move(document_id, ("pending", "processing"), "processing")

    def cancel(self, document_id: str) -> bool:
        """Whether an accepted document waited and is cancelled now."""
        with self._database.transaction():
            return self._index.move(document_id, ("pending",), "cancelled")

    def retry(self, document_id: str) -> bool:
        """Whether a document that failed or was cancelled waits again."""
        with self._database.transaction():
            return self._index.move(document_id, ("failed", "cancelled"), "pending")

    def process(self, document_id: str) -> None:
        """Read a document that was accepted, so that it is found; one that was deleted meanwhile is left alone.

        It takes the place of uploads with the same content. Raises what reading raises; nothing of the
        document is found then. Two servers of one file may both come to read it: it is found once.
        """
        with self._database.transaction():
            row = self._database.connection.execute(
                "SELECT title, content, source_type, content_hash, workspace_id FROM documents WHERE id = ?"
                " AND status IN ('pending', 'processing')",
                (document_id,),
            ).fetchone()
            if row is None:
                return
            title, text, kind, content_hash, workspace = row
            for (other,) in self._database.connection.execute(
                "SELECT id FROM documents WHERE content_hash = ? AND id != ? AND origin IS NULL"
                " AND status = 'completed' AND workspace_id = ?",
                (content_hash, document_id, workspace),
            ).fetchall():
                self._index.remove(other)
            self._index.forget(document_id)
            self._index.index(document_id, title, text, kind, workspace)
            self._index.set(document_id, status="completed")

    def fail(self, document_id: str, error: str) -> None:
        """Note that a document could not be read, and why."""
        with self._database.transaction():
            self._index.set(document_id, status="failed", error_message=error)

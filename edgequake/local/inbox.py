"""Uploads from their arrival until they are read."""

from typing import Any

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
        original: bytes | None = None,
        workspace: str = DEFAULT_WORKSPACE,
        **columns: Any,
    ) -> str:
        """The id of a document that is stored but not read yet: it is `pending` until `process`.

        `original` are the bytes that were sent, when they are not the text in UTF-8. Among the other `columns`,
        `content_hash` is their SHA-256, `size` their number, and `metadata` JSON text.
        """
        with self._database.transaction() as connection:
            state = {"status": "pending", "workspace_id": workspace}
            document_id = self._index.insert(title, text, source_type, **state, **columns)
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
        return self._move(document_id, "pending", "failed", "cancelled")

    def process(self, document_id: str) -> None:
        """Read a document that was accepted, so that it is found; one that was deleted meanwhile is left alone.

        It takes the place of uploads with the same content. Raises what reading raises; nothing of the
        document is found then. Two servers of one file may both come to read it: it is found once.
        """
        with self._database.transaction():
            row = self._database.row(
                "SELECT title, content, source_type, content_hash, workspace_id FROM documents WHERE id = ?"
                " AND status IN ('pending', 'processing')",
                (document_id,),
            )
            if row is None:
                return
            workspace = row["workspace_id"]
            for other in self._database.column(
                "SELECT id FROM documents WHERE content_hash = ? AND id != ? AND origin IS NULL"
                " AND status = 'completed' AND workspace_id = ?",
                (row["content_hash"], document_id, workspace),
            ):
                self._index.remove(other)
            self._index.forget(document_id)
            self._index.index(document_id, row["title"], row["content"], row["source_type"], workspace)
            self._database.update("documents", document_id, status="completed")

    def fail(self, document_id: str, error: str) -> None:
        """Note that a document could not be read, and why."""
        self._database.update("documents", document_id, status="failed", error_message=error)

    def _move(self, document_id: str, state: str, *before: str) -> bool:
        """Whether a document was in one of these states; it is in the new one now."""
        places = ", ".join("?" * len(before))
        with self._database.transaction() as connection:
            cursor = connection.execute(
                "UPDATE documents SET status = ?, error_message = NULL, updated_at = ?"  # noqa: S608
                f" WHERE id = ? AND status IN ({places})",
                (state, now(), document_id, *before),
            )
            return cursor.rowcount > 0

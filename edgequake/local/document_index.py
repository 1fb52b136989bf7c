"""The rows of documents, and of what is read of them: passages, words, entities, vectors."""

import hashlib
from collections.abc import Sequence
from sqlite3 import Connection

from edgequake.local.embeddings import VectorIndex
from edgequake.local.graph_index import GraphIndex
from edgequake.local.passages import HEADING_SEPARATOR, Passage, split
from edgequake.local.schema import now
from edgequake.local.words import spaced


class DocumentIndex:
    """All tables of documents. The caller holds a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.graph = GraphIndex(connection)
        self.vectors = VectorIndex(connection)

    def remove(self, document_id: str) -> bool:
        """Whether there was such a document; it is gone, with what was read of it."""
        self.forget(document_id)
        self._connection.execute("DELETE FROM originals WHERE document_id = ?", (document_id,))
        return self._connection.execute("DELETE FROM documents WHERE id = ?", (document_id,)).rowcount > 0

    def forget(self, document_id: str) -> None:
        """Remove what was read of a document."""
        self.graph.remove(document_id)
        self.vectors.remove(document_id)
        self._connection.execute(
            "DELETE FROM passage_words WHERE rowid IN (SELECT rowid FROM passages WHERE document_id = ?)",
            (document_id,),
        )
        self._connection.execute("DELETE FROM passages WHERE document_id = ?", (document_id,))

    def insert(
        self,
        document_id: str,
        title: str,
        text: str,
        *,
        source_type: str,
        created_at: str,
        size: int | None,
        **others: str | None,
    ) -> None:
        """A new row. `others` are columns as they stand."""
        data = text.encode("utf-8", "surrogatepass")
        columns: dict[str, object] = {
            "id": document_id,
            "title": title,
            "digest": digest_of(title, source_type, text),
            "created_at": created_at,
            "updated_at": created_at,
            "content": text,
            "content_hash": hashlib.sha256(data).hexdigest(),
            "source_type": source_type,
            "size": len(data) if size is None else size,
            **others,
        }
        names, places = ", ".join(columns), ", ".join("?" * len(columns))
        self._connection.execute(f"INSERT INTO documents ({names}) VALUES ({places})", [*columns.values()])  # noqa: S608

    def index(self, document_id: str, title: str, text: str, source_type: str, workspace: str) -> None:
        """Read a document: its passages and its part of the graph are found from now on."""
        passages = split(text, source_type, title)
        subject = _subject(passages)
        for passage in passages:
            cursor = self._connection.execute(
                "INSERT INTO passages (workspace_id, document_id, chunk_index, start_line, end_line, page, heading,"
                " text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(workspace, document_id, passage.index, passage.start_line, passage.end_line, passage.page),
                    *(passage.heading, passage.text),
                ),
            )
            self._connection.execute(
                "INSERT INTO passage_words (rowid, title, heading, body, code) VALUES (?, ?, ?, ?, ?)",
                (
                    *(cursor.lastrowid, spaced(f"{title} {subject}"), spaced(passage.heading[len(subject) :])),
                    *(spaced(passage.words), spaced(passage.code)),
                ),
            )
        self.graph.insert(document_id, workspace, passages)

    def move(self, document_id: str, before: Sequence[str], status: str) -> bool:
        """Whether a document was in one of these states; it is in the new one now."""
        places = ", ".join("?" * len(before))
        cursor = self._connection.execute(
            "UPDATE documents SET status = ?, error_message = NULL, updated_at = ?"  # noqa: S608
            f" WHERE id = ? AND status IN ({places})",
            (status, now(), document_id, *before),
        )
        return cursor.rowcount > 0

    def set(self, document_id: str, **columns: str | None) -> None:
        """Change columns of a document."""
        names = "".join(f"{name} = ?, " for name in columns)
        self._connection.execute(
            f"UPDATE documents SET {names} updated_at = ? WHERE id = ?",  # noqa: S608
            (*columns.values(), now(), document_id),
        )


def digest_of(title: str, source_type: str, text: str) -> str:
    """What changes when a document does."""
    return hashlib.sha256(f"{title}\0{source_type}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _subject(passages: list[Passage]) -> str:
    """The heading that stands over every passage: the document's name, which tells none from another."""
    names = {passage.heading.split(HEADING_SEPARATOR)[0] for passage in passages if passage.heading}
    return names.pop() if len(names) == 1 else ""

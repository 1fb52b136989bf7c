"""The rows of documents, and of what is read of them: passages, words, entities, vectors."""

import hashlib

from edgequake.local.embeddings import VectorIndex
from edgequake.local.graph_index import GraphIndex
from edgequake.local.passages import HEADING_SEPARATOR, Passage, split
from edgequake.local.schema import Database
from edgequake.local.words import spaced

_ADD_PASSAGE = """
INSERT INTO passages (workspace_id, document_id, chunk_index, start_line, end_line, page, heading, text)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_WORDS = "INSERT INTO passage_words (rowid, title, heading, body, code) VALUES (?, ?, ?, ?, ?)"


class DocumentIndex:
    """All tables of documents. The caller holds a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connection
        self.graph = GraphIndex(database.connection)
        self.vectors = VectorIndex(database.connection)

    def remove(self, document_id: str) -> bool:
        """Whether there was such a document; it is gone, with what was read of it."""
        return self._connection.execute("DELETE FROM documents WHERE id = ?", (document_id,)).rowcount > 0

    def forget(self, document_id: str) -> None:
        """Remove what was read of a document."""
        for table in ("passages", "marks"):
            self._connection.execute(f"DELETE FROM {table} WHERE document_id = ?", (document_id,))  # noqa: S608 - as named

    def insert(self, title: str, text: str, source_type: str, **columns: object) -> str:
        """The id of a new row. Its hash and size are the text's in UTF-8 unless `columns` says another."""
        data = text.encode("utf-8", "surrogatepass")
        told = {"content_hash": hashlib.sha256(data).hexdigest(), "size": len(data)}
        told |= {name: value for name, value in columns.items() if value is not None}
        return self._database.insert("documents", title=title, content=text, source_type=source_type, **told)

    def index(self, document_id: str, title: str, text: str, source_type: str, workspace: str) -> None:
        """Read a document: its passages and its part of the graph are found from now on."""
        passages = split(text, source_type, title)
        subject = _subject(passages)
        run = self._connection.execute
        for one in passages:
            place = (workspace, document_id, one.index, one.start_line, one.end_line, one.page)
            row = run(_ADD_PASSAGE, (*place, one.heading, one.text)).lastrowid
            above = (spaced(f"{title} {subject}"), spaced(one.heading[len(subject) :]))
            run(_ADD_WORDS, (row, *above, spaced(one.words), spaced(one.code)))
        self.graph.insert(document_id, workspace, passages)


def _subject(passages: list[Passage]) -> str:
    """The heading that stands over every passage: the document's name, which tells none from another."""
    names = {passage.heading.split(HEADING_SEPARATOR)[0] for passage in passages if passage.heading}
    return names.pop() if len(names) == 1 else ""

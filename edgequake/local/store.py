"""The documents, their passages and their graph, in SQLite with full-text search."""

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from edgequake.local.document_index import DocumentIndex
from edgequake.local.embeddings import OpenAICompatibleEmbedder, embed_missing
from edgequake.local.graph_index import FoundEntity, FoundRelationship
from edgequake.local.graph_reading import GraphReader
from edgequake.local.inbox import Inbox
from edgequake.local.records import Records
from edgequake.local.schema import Database
from edgequake.local.scope import DEFAULT_WORKSPACE, Scope
from edgequake.local.search import FUSED, Hit, Search

__all__ = ["Document", "Hit", "Progress", "Scope", "Store"]

_DOCUMENTS = """
SELECT d.id, d.title, d.created_at, (SELECT count(*) FROM passages p WHERE p.document_id = d.id) AS passages
FROM documents d
"""
_EQUAL = """
SELECT 1 FROM documents WHERE id = ? AND title = ? AND source_type = ? AND content = ? AND status = 'completed'
"""
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document. `created_at` is an RFC 3339 time in UTC."""

    id: str
    title: str
    created_at: str
    passages: int


class Store:
    """Documents that can be searched, in memory or in a file. Several threads can use it.

    :param path: a SQLite file. Default: in memory.
    :raises StoreError: the file cannot be opened, is something else, or was made by another version.
    """

    def __init__(self, path: str | os.PathLike[str] = ":memory:") -> None:
        self.path = os.fspath(path)
        self.in_memory = self.path == ":memory:"
        self.database = Database(self.path)
        self.records = Records(self.database)
        self._search = Search(self.database)
        self._index = DocumentIndex(self.database)
        self.inbox = Inbox(self.database, self._index)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file. You can call it twice."""
        self.database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Stores all documents that are added in the `with` block. If the block raises, none of them is stored."""
        with self.database.transaction():
            yield

    def add_document(
        self,
        title: str,
        text: str,
        *,
        document_id: str | None = None,
        markdown: bool = True,
        source_type: str | None = None,
        origin: str | None = None,
        size: int | None = None,
        workspace: str = DEFAULT_WORKSPACE,
    ) -> Document:
        """Stores a document, and returns it. A document with the same id is replaced.

        :param document_id: an id of your own. Default: a new one.
        :param markdown: whether the text is Markdown. If not, it is plain text.
        :param source_type: "markdown", "text", "file" (data) or "pdf" (pages separated by form feeds). Default: as
            `markdown` says.
        :param origin: the path that the text was read from.
        :param size: the size of that file in bytes.
        """
        kind = source_type or ("markdown" if markdown else "text")
        document_id = document_id or str(uuid.uuid4())
        with self.database.lock:
            if not self.database.column(_EQUAL, (document_id, title, kind, text)):
                with self.database.transaction():
                    self._index.remove(document_id)
                    told = {"status": "completed", "size": size, "origin": origin, "workspace_id": workspace}
                    self._index.insert(title, text, kind, id=document_id, **told)
                    self._index.index(document_id, title, text, kind, workspace)
            (row,) = self.database.rows(f"{_DOCUMENTS} WHERE d.id = ?", (document_id,))
        return Document(**row)

    def warn(self, document_id: str, warning: str | None) -> None:
        """Stores a warning about a document, for lists of documents. None removes it."""
        with self.database.transaction() as connection:
            connection.execute("UPDATE documents SET warning_message = ? WHERE id = ?", (warning, document_id))

    def delete(self, document_id: str) -> bool:
        """Removes a document. Returns whether it existed."""
        with self.database.transaction():
            return self._index.remove(document_id)

    def documents(self) -> list[Document]:
        """All documents, in the order in which they were added."""
        return [Document(**row) for row in self.database.rows(f"{_DOCUMENTS} ORDER BY d.rowid")]

    def origins(self) -> list[dict[str, Any]]:
        """The id, origin and warning of each document that was read from a path."""
        return self.database.rows(
            "SELECT id, origin, warning_message FROM documents WHERE origin IS NOT NULL ORDER BY rowid"
        )

    def search(
        self,
        query: str,
        limit: int = 8,
        *,
        scope: Scope | None = None,
        workspace: str = DEFAULT_WORKSPACE,
        vector: tuple[str, bytes] | None = None,
    ) -> list[Hit]:
        """The passages that fit the query best, the best first.

        The query is plain words, without any search syntax. Stop words are ignored if there are other words. An empty
        query finds nothing.

        :param limit: how many passages at most.
        :param scope: the documents to search. Default: all of the workspace.
        :param vector: the name of an embedding model and the query's vector. Passages near it are then found too, and
            both rankings are joined (reciprocal rank fusion).
        """
        with self.database.snapshot():
            inside = self._search.inside(workspace, scope)
            near = self._index.vectors.near(*vector, workspace, inside, FUSED) if vector else ()
            return self._search.passages(query, limit, workspace, inside, near)

    def passage(self, chunk_id: str, workspace: str = DEFAULT_WORKSPACE) -> Hit | None:
        """The passage with this id, `<document id>-chunk-<index>`. None if there is none."""
        with self.database.snapshot():
            return self._search.passage(chunk_id, workspace)

    def headings(self, limit: int, *, scope: Scope | None = None, workspace: str = DEFAULT_WORKSPACE) -> list[str]:
        """What the first documents are about: the first heading of each, or its title."""
        with self.database.snapshot():
            found = self._search.beginnings(workspace, self._search.inside(workspace, scope), limit)
        return [hit.heading or hit.title for hit in found]

    def graph(
        self,
        query: str,
        hits: Sequence[Hit],
        most_entities: int = 3,
        most_relationships: int = 2,
        *,
        scope: Scope | None = None,
        workspace: str = DEFAULT_WORKSPACE,
    ) -> tuple[list[FoundEntity], list[FoundRelationship]]:
        """The entities and relationships to show beside an answer from these passages."""
        with self.database.snapshot():
            inside = self._search.inside(workspace, scope)
            return self._index.graph.beside(query, hits, workspace, inside, (most_entities, most_relationships))

    def entities_only_in(self, document_id: str) -> int:
        """How many entities are marked in this document and in no other."""
        with self.database.snapshot():
            return self._index.graph.only_in(document_id)

    @contextmanager
    def reading_graph(self, workspace: str = DEFAULT_WORKSPACE) -> Iterator[GraphReader]:
        """The whole graph of a workspace, as it is at one moment."""
        with self.database.snapshot():
            yield GraphReader(self.database.connection, workspace)

    def embed(self, embedder: OpenAICompatibleEmbedder, progress: Progress | None = None) -> None:
        """Computes a vector for each passage that has none of this model.

        :raises EmbeddingError: the model fails. Vectors that were stored before stay.
        """
        embed_missing(self.database, self._index.vectors, embedder, progress)

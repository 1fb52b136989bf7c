"""The documents, their passages and their graph, in SQLite with full-text search."""

import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Self

from edgequake.local.embeddings import OpenAICompatibleEmbedder, VectorIndex
from edgequake.local.graph_reading import FoundEntity, FoundRelationship, GraphReader
from edgequake.local.records import Record, Records
from edgequake.local.schema import Database
from edgequake.local.scope import DEFAULT_WORKSPACE, Scope, found_in
from edgequake.local.search import FUSED, Hit, Search

__all__ = ["Hit", "Progress", "Record", "Scope", "Store"]

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


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
        self._vectors = VectorIndex(self.database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file. You can call it twice."""
        self.database.close()

    def transaction(self) -> AbstractContextManager[object]:
        """Stores all documents that are added in the ``with`` block. If the block raises, none of them is stored."""
        return self.database.transaction()

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
    ) -> Record:
        """Stores a document, and returns it. A document with the same id is replaced.

        :param document_id: an id of your own. Default: a new one.
        :param markdown: whether the text is Markdown. If not, it is plain text.
        :param source_type: "markdown", "text", "file" (data) or "pdf" (pages separated by form feeds). Default: as
            ``markdown`` says.
        :param origin: the path that the text was read from.
        :param size: the size of that file in bytes.
        """
        kind = source_type or ("markdown" if markdown else "text")
        more = {"origin": origin, "size": size}
        return self.records.add(document_id or str(uuid.uuid4()), title, text, kind, workspace, **more)

    def delete(self, document_id: str) -> bool:
        """Removes a document. Returns whether it existed."""
        return self.records.remove(document_id)

    def documents(self) -> list[Record]:
        """All documents, in the order in which they were added."""
        return self.records.all()

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
            where = found_in(workspace, scope)
            near = self._vectors.near(*vector, where, FUSED) if vector else ()
            return self._search.passages(query, limit, where, near)

    def passage(self, chunk_id: str, workspace: str = DEFAULT_WORKSPACE) -> Hit | None:
        """The passage with this id, ``<document id>-chunk-<index>``. None if there is none."""
        with self.database.snapshot():
            return self._search.passage(chunk_id, workspace)

    def headings(self, limit: int, *, scope: Scope | None = None, workspace: str = DEFAULT_WORKSPACE) -> list[str]:
        """What the first documents are about: the first heading of each, or its title."""
        with self.database.snapshot():
            found = self._search.beginnings(found_in(workspace, scope), limit)
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
            graph = GraphReader(self.database.connection, workspace)
            return graph.beside(query, hits, scope, (most_entities, most_relationships))

    @contextmanager
    def reading_graph(self, workspace: str = DEFAULT_WORKSPACE) -> Iterator[GraphReader]:
        """The whole graph of a workspace, as it is at one moment."""
        with self.database.snapshot():
            yield GraphReader(self.database.connection, workspace)

    def embed(self, embedder: OpenAICompatibleEmbedder, progress: Progress | None = None) -> None:
        """Computes a vector for each passage that has none of this model.

        :raises EmbeddingError: the model fails. Vectors that were stored before stay.
        """
        self._vectors.fill(embedder, progress)

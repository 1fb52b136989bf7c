"""Vectors of passages beside full-text search, from any server with OpenAI's /v1/embeddings."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from edgequake.adapters import Answer, Model, ServiceClient, parse_as, post
from edgequake.exceptions import EdgeQuakeError
from edgequake.local.errors import EmbeddingError
from edgequake.local.scope import FOUND_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy import float32
    from numpy.typing import NDArray

    from edgequake.local.schema import Database

_PATH = "/embeddings"
_MAX_CHARS = 4000
_AT_ONCE = 64
_FOUND = """
SELECT v.passage, v.vector FROM vectors v JOIN passages p ON p.rowid = v.passage
WHERE v.model = ? AND p.workspace_id = ?
"""
_STAMP = "SELECT count(*), max(number) FROM vectors WHERE model = ?"  # numbers are never used again
_MISSING = """
SELECT p.rowid FROM passages p
WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.passage = p.rowid AND v.model = ?)
"""
_TEXTS = """
SELECT p.rowid, d.title || ' > ' || p.heading || char(10) || p.text AS text FROM passages p
JOIN documents d ON d.id = p.document_id WHERE p.rowid IN (SELECT value FROM json_each(?))
"""
# Of a passage that is gone meanwhile, none.
_STORE = "INSERT OR REPLACE INTO vectors (model, vector, passage) SELECT ?, ?, rowid FROM passages WHERE rowid = ?"
_ALLOWED = f"SELECT p.rowid FROM passages p WHERE {FOUND_IN}"  # noqa: S608 - a constant


class _Vector(Model):
    index: int
    embedding: list[float]


class _Vectors(Answer):
    data: list[_Vector]


class OpenAICompatibleEmbedder:
    """Computes vectors of texts with a model behind OpenAI's ``/v1/embeddings``: Ollama, vLLM, LM Studio, OpenAI.

    ::

        LocalServer("docs", embedder=OpenAICompatibleEmbedder("http://localhost:11434/v1", "nomic-embed-text"))

    It needs numpy: ``pip install "edgequake[embed]"``.

    :param base_url: the address with the version, such as ``http://localhost:11434/v1``.
    :param model: the name of the model.
    :param api_key: a key. It is sent as a bearer token.
    :param timeout: seconds for each wait.
    :param max_retries: how often a request may be sent again.
    :raises ConfigurationError: a setting cannot work.
    :raises ImportError: numpy is not installed.
    """

    def __init__(
        self, base_url: str, model: str, api_key: str | None = None, *, timeout: float = 60.0, max_retries: int = 2
    ) -> None:
        try:
            import numpy  # noqa: F401 - an extra, needed to compare what comes
        except ImportError as error:
            raise ImportError('embeddings need numpy: pip install "edgequake[embed]"') from error
        self.model = model
        self.provider = urlsplit(base_url).netloc
        headers = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
        address = base_url.removesuffix("/").removesuffix(_PATH)
        self._client = ServiceClient(address, headers=headers, timeout=timeout, max_retries=max_retries)

    def embed(self, texts: Sequence[str]) -> list[bytes]:
        """A vector of length 1 for each text, as 32-bit floats.

        :raises EmbeddingError: the model cannot be reached, or refuses. The message is one line.
        """
        import numpy

        body = {"model": self.model, "input": [text[:_MAX_CHARS] for text in texts]}
        try:
            answer = self._client.call(post(_PATH, body, parse_as(_Vectors), replayable=True))
        except EdgeQuakeError as error:
            words = " ".join(str(error).split())
            raise EmbeddingError(f"the embedding model {self.model} at {self.provider} failed: {words}") from error
        rows = [vector.embedding for vector in sorted(answer.data, key=lambda vector: vector.index)]
        sizes = {len(row) for row in rows}
        if len(rows) != len(texts) or len(sizes) != 1 or sizes == {0}:
            raise EmbeddingError(
                f"the embedding model {self.model} at {self.provider} gave {len(rows)} vectors of {sorted(sizes)}"
                f" numbers for {len(texts)} texts"
            )
        made = numpy.array(rows, dtype=numpy.float32)
        lengths = numpy.linalg.norm(made, axis=1, keepdims=True)
        return [row.tobytes() for row in made / numpy.where(lengths == 0, 1, lengths)]

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


@dataclass(frozen=True, slots=True)
class Near:
    """A passage whose vector is near the question's: its row, the cosine, and whether that stands out."""

    row: int
    cosine: float
    stands_out: bool


class VectorIndex:
    """The table of vectors."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection = database.connection
        self._cached: dict[tuple[str, str], tuple[Any, list[int], NDArray[float32]]] = {}

    def fill(self, embedder: OpenAICompatibleEmbedder, progress: Callable[[str, int, int], None] | None) -> None:
        """Give each passage that has none of this model a vector, in place of another model's.

        Raises EmbeddingError; what was embedded before stays.
        """
        missing = self._database.column(_MISSING, (embedder.model,))
        for done in range(0, len(missing), _AT_ONCE):
            if progress is not None:
                progress("embedding passages", done, len(missing))
            texts = self._database.rows(_TEXTS, (json.dumps(missing[done : done + _AT_ONCE]),))
            found = embedder.embed([row["text"] for row in texts]) if texts else []
            with self._database.transaction():
                rows = [(embedder.model, vector, row["rowid"]) for row, vector in zip(texts, found, strict=True)]
                self._connection.executemany(_STORE, rows)
        if progress is not None:
            progress("embedding passages", len(missing), len(missing))

    def near(self, model: str, vector: bytes, where: Mapping[str, Any], limit: int) -> list[Near]:
        """The passages with the nearest vectors, the nearest first, ``where`` being the values of ``found_in``.

        The caller holds the database's lock. One stands out whose cosine lies further above the mean than chance would
        put the highest of so many.
        """
        import numpy

        rows, matrix = self._matrix(model, where["workspace"])
        asked = numpy.frombuffer(vector, dtype=numpy.float32)
        if not rows or matrix.shape[1] != len(asked):
            return []
        cosines = matrix @ asked
        spread = float(cosines.std()) or 1.0
        mean = float(cosines.mean())
        bar = mean + spread * math.sqrt(2 * math.log(len(rows) + 1))
        if not where["anywhere"]:
            allowed = {row for (row,) in self._connection.execute(_ALLOWED, where)}
            cosines = numpy.where([row in allowed for row in rows], cosines, -2)
        # What is no nearer than most has no place in a ranking: in a small collection that would be all of it.
        best = [int(place) for place in numpy.argsort(-cosines, kind="stable")[:limit] if cosines[place] > mean]
        return [Near(rows[place], float(cosines[place]), float(cosines[place]) > bar) for place in best]

    def _matrix(self, model: str, workspace: str) -> tuple[list[int], NDArray[float32]]:
        """All vectors of a workspace, read anew when there are others, also by another process."""
        import numpy

        stamp = self._connection.execute(_STAMP, (model,)).fetchone()
        known = self._cached.get((model, workspace))
        if known is None or known[0] != stamp:
            found = self._connection.execute(_FOUND, (model, workspace)).fetchall()
            size = len(found[0][1]) // 4 if found else 0
            found = [row for row in found if len(row[1]) == size * 4]
            matrix = numpy.frombuffer(b"".join(row[1] for row in found), dtype=numpy.float32).reshape(len(found), size)
            known = self._cached[model, workspace] = (stamp, [row[0] for row in found], matrix)
        return known[1], known[2]

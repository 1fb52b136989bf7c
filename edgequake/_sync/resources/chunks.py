# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Passages of documents: ``client.chunks``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake.models.chunks import Chunk, ChunkLineage

if TYPE_CHECKING:
    from edgequake.models.ids import ChunkId
    from edgequake.models.options import RequestOptions

__all__ = ["Chunks"]


class Chunks(Resource):
    """Passages of documents, which the server calls chunks: ``client.chunks``."""

    def get(self, chunk_id: ChunkId, **options: Unpack[RequestOptions]) -> Chunk:
        """A passage with its text and the entities found in it (``GET /api/v1/chunks/{chunk_id}``).

        :param chunk_id: an id such as the ``id`` of a source of an answer.
        :raises NotFoundError: no passage has this id.
        """
        return self._send("GET /api/v1/chunks/{chunk_id}", Chunk, options, chunk_id=chunk_id)

    def lineage(self, chunk_id: ChunkId, **options: Unpack[RequestOptions]) -> ChunkLineage:
        """The document and place that a passage comes from (``GET /api/v1/chunks/{chunk_id}/lineage``).

        :raises NotFoundError: no passage has this id.
        """
        return self._send("GET /api/v1/chunks/{chunk_id}/lineage", ChunkLineage, options, chunk_id=chunk_id)

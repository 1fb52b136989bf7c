"""How far documents are, and what to do with those that failed: a part of ``client.documents``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake._core.needs import Needs
from edgequake.models.documents import (
    ChunkRetry,
    ChunkRetryOptions,
    DocumentCancel,
    FailedChunks,
    IngestionProgress,
    Reprocess,
    ReprocessOptions,
    StuckRecovery,
    StuckRecoveryOptions,
    TrackStatus,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edgequake.models.ids import DocumentId, TrackId
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["TRACK", "AsyncProcessing"]

TRACK = Needs("documents.track", "TW", "answers with no documents, and says that all are complete")
_PROGRESS = Needs("documents.progress", "TW", "answers that there is no such upload")
_PROGRESS_MANY = Needs("documents.progress_many", "TW", "answers with an empty list")


class AsyncProcessing(AsyncResource):
    """Progress of documents, and second tries for those that failed."""

    async def track(self, track_id: TrackId, **options: Unpack[RequestOptions]) -> TrackStatus:
        """The documents of one upload and their progress (``GET /api/v1/documents/track/{track_id}``).

        An unknown id is no error. The answer then has no documents, and ``is_complete`` is true. Needs ``tenant_id``
        and ``workspace_id``.

        :param track_id: the ``track_id`` of the upload, or the upload itself.
        """
        route = "GET /api/v1/documents/track/{track_id}"
        return await self._send(route, TrackStatus, options, needs=TRACK, track_id=track_id)

    async def progress(self, track_id: TrackId, **options: Unpack[RequestOptions]) -> IngestionProgress:
        """The progress of one upload, by stages and percent (``GET /api/v1/ingestion/{track_id}/progress``).

        Needs ``tenant_id`` and ``workspace_id``, and server 0.32 or newer.

        :param track_id: the ``track_id`` of the upload, or the upload itself.
        :raises NotFoundError: the id is unknown, or the server is older.
        """
        route = "GET /api/v1/ingestion/{track_id}/progress"
        return await self._send(route, IngestionProgress, options, needs=_PROGRESS, track_id=track_id)

    async def progress_many(
        self, track_ids: Iterable[TrackId], **options: Unpack[BodyOptions]
    ) -> list[IngestionProgress]:
        """The progress of several uploads (``POST /api/v1/ingestion/progress``).

        Unknown ids are left out. Needs ``tenant_id`` and ``workspace_id``, and server 0.32 or newer.

        :param track_ids: the ``track_id`` of each upload, or the uploads themselves.
        """
        route = "POST /api/v1/ingestion/progress"
        return await self._send(
            route,
            list[IngestionProgress],
            options,
            needs=_PROGRESS_MANY,
            replayable=True,
            track_ids=track_ids,
        )

    async def failed_chunks(self, document_id: DocumentId, **options: Unpack[RequestOptions]) -> FailedChunks:
        """The passages that could not be processed (``GET /api/v1/documents/{document_id}/failed-chunks``).

        :raises NotFoundError: there is no such document.
        """
        route = "GET /api/v1/documents/{document_id}/failed-chunks"
        return await self._send(route, FailedChunks, options, document_id=document_id)

    async def retry_chunks(self, document_id: DocumentId, **options: Unpack[ChunkRetryOptions]) -> ChunkRetry:
        """Processes failed passages again (``POST /api/v1/documents/{document_id}/retry-chunks``).

        :raises NotFoundError: there is no such document.
        :raises ServerError: 501 from a server that cannot do it.
        """
        route = "POST /api/v1/documents/{document_id}/retry-chunks"
        return await self._send(route, ChunkRetry, options, ChunkRetryOptions, document_id=document_id)

    async def reprocess(self, **options: Unpack[ReprocessOptions]) -> Reprocess:
        """Processes failed documents again: all, or those that you name (``POST /api/v1/documents/reprocess``)."""
        return await self._send("POST /api/v1/documents/reprocess", Reprocess, options, ReprocessOptions)

    async def recover_stuck(self, **options: Unpack[StuckRecoveryOptions]) -> StuckRecovery:
        """Processes documents again whose processing has stopped midway (``POST /api/v1/documents/recover-stuck``)."""
        route = "POST /api/v1/documents/recover-stuck"
        return await self._send(route, StuckRecovery, options, StuckRecoveryOptions)

    async def cancel(self, document_id: DocumentId, **options: Unpack[BodyOptions]) -> DocumentCancel:
        """Stops the processing of a document (``POST /api/v1/documents/{document_id}/cancel``).

        :raises NotFoundError: there is no such document.
        :raises ConflictError: its processing has already ended.
        """
        route = "POST /api/v1/documents/{document_id}/cancel"
        return await self._send(route, DocumentCancel, options, replayable=True, document_id=document_id)

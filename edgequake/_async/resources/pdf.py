"""PDFs, before they are documents: ``client.documents.pdf``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack, overload

from edgequake._async.event_stream import AsyncPdfProgressStream, AsyncReading
from edgequake._async.resources.resource import AsyncResource
from edgequake._core.events import PdfProgressDecoder, events_of_progress
from edgequake._core.needs import Needs
from edgequake._core.uploads import PDF_LIMIT
from edgequake.models.pdf import (
    PdfBatchOptions,
    PdfBatchUpload,
    PdfContent,
    PdfDocument,
    PdfListOptions,
    PdfOperation,
    PdfPage,
    PdfProgress,
    PdfStatus,
    PdfUploadOptions,
    Upload,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from edgequake._async.pager import AsyncPager
    from edgequake.models.ids import PdfId, TrackId
    from edgequake.models.options import BodyOptions, FileInput, RequestOptions

__all__ = ["AsyncPdf"]

_UPLOAD = Needs("documents.pdf.upload", "W", "refuses the upload")
_UPLOAD_BATCH = Needs("documents.pdf.upload_batch", "W", "refuses the upload")


class AsyncPdf(AsyncResource):
    """PDFs of the workspace and their conversion to documents: ``client.documents.pdf``."""

    async def upload(self, file: FileInput, **options: Unpack[PdfUploadOptions]) -> Upload:
        """Uploads a PDF. The server converts and processes it afterwards (``POST /api/v1/documents/pdf``).

        ::

            upload = await client.documents.pdf.upload("site-plan.pdf")

        The file is read while it is sent and is never held in memory. A vision model reads the pages only with
        ``enable_vision=True``. The server's own default is true, which costs money, so the SDK sends false. If the
        server already has the PDF, you get no error: ``is_duplicate`` is true. Needs ``workspace_id``.

        :param file: a path, bytes (with ``filename=``), or an open binary file, at most 100 MiB.
        :raises ConfigurationError: the file cannot be read or is too large. Nothing has been sent.
        """
        return await self._upload(
            "POST /api/v1/documents/pdf",
            Upload,
            _without_vision(options),
            PdfUploadOptions,
            limit=PDF_LIMIT,
            file=file,
            needs=_UPLOAD,
            replayable=not options.get("force_reindex"),
        )

    async def upload_batch(
        self, files: Iterable[FileInput | tuple[str, FileInput]], **options: Unpack[PdfBatchOptions]
    ) -> PdfBatchUpload:
        """Uploads several PDFs with one request (``POST /api/v1/documents/pdf/batch``). Needs ``workspace_id``.

        If the server rejects one of the files, you get no error: its row in ``results`` says so.

        :param files: each as for :meth:`upload`, or a tuple of its name and the file.
        :raises ConfigurationError: a file cannot be read or is too large. Nothing has been sent.
        """
        route = "POST /api/v1/documents/pdf/batch"
        options = _without_vision(options)
        return await self._upload(
            route, PdfBatchUpload, options, PdfBatchOptions, limit=PDF_LIMIT, files=files, needs=_UPLOAD_BATCH
        )

    def list(self, **options: Unpack[PdfListOptions]) -> AsyncPager[PdfDocument, PdfPage]:
        """The PDFs of the workspace, fetched page by page while you iterate (``GET /api/v1/documents/pdf``)."""
        return self._pages("GET /api/v1/documents/pdf", PdfPage, options, PdfListOptions)

    async def get(self, pdf_id: PdfId, **options: Unpack[RequestOptions]) -> PdfStatus:
        """The state of a PDF and of its document (``GET /api/v1/documents/pdf/{pdf_id}``).

        The file's name is in ``metadata["filename"]``.

        :raises NotFoundError: no PDF has this id.
        """
        return await self._send("GET /api/v1/documents/pdf/{pdf_id}", PdfStatus, options, pdf_id=pdf_id)

    async def content(self, pdf_id: PdfId, **options: Unpack[RequestOptions]) -> PdfContent:
        """A PDF's text as Markdown (``GET /api/v1/documents/pdf/{pdf_id}/content``).

        :raises NotFoundError: no PDF has this id.
        """
        return await self._send("GET /api/v1/documents/pdf/{pdf_id}/content", PdfContent, options, pdf_id=pdf_id)

    @overload
    async def download(self, pdf_id: PdfId, *, to: None = None, **options: Unpack[RequestOptions]) -> bytes: ...
    @overload
    async def download(
        self, pdf_id: PdfId, *, to: str | os.PathLike[str], **options: Unpack[RequestOptions]
    ) -> Path: ...
    async def download(
        self, pdf_id: PdfId, *, to: str | os.PathLike[str] | None = None, **options: Unpack[RequestOptions]
    ) -> bytes | Path:
        """The PDF itself (``GET /api/v1/documents/pdf/{pdf_id}/download``).

        :param to: a path. The content is then written to this file piece by piece, and the path is returned. Until the
            download is complete, the file has another name.
        :raises NotFoundError: no PDF has this id.
        """
        return await self._download("GET /api/v1/documents/pdf/{pdf_id}/download", bytes, options, to=to, pdf_id=pdf_id)

    async def retry(self, pdf_id: PdfId, **options: Unpack[BodyOptions]) -> PdfOperation:
        """Converts a PDF again after a failure (``POST /api/v1/documents/pdf/{pdf_id}/retry``).

        :raises NotFoundError: no PDF has this id.
        :raises ConflictError: its conversion has not failed.
        """
        route = "POST /api/v1/documents/pdf/{pdf_id}/retry"
        return await self._send(route, PdfOperation, options, pdf_id=pdf_id)

    async def cancel(self, pdf_id: PdfId, **options: Unpack[RequestOptions]) -> PdfOperation:
        """Stops the conversion of a PDF (``DELETE /api/v1/documents/pdf/{pdf_id}/cancel``).

        :raises NotFoundError: no PDF has this id.
        :raises ConflictError: it has been converted already.
        """
        return await self._send("DELETE /api/v1/documents/pdf/{pdf_id}/cancel", PdfOperation, options, pdf_id=pdf_id)

    async def delete(self, pdf_id: PdfId, **options: Unpack[RequestOptions]) -> None:
        """Removes a PDF (``DELETE /api/v1/documents/pdf/{pdf_id}``).

        :raises NotFoundError: no PDF has this id.
        """
        route = "DELETE /api/v1/documents/pdf/{pdf_id}"
        return await self._send(route, type(None), options, replayable=True, pdf_id=pdf_id)

    async def progress(self, track_id: TrackId, **options: Unpack[RequestOptions]) -> PdfProgress:
        """The progress of a PDF's conversion, by phases (``GET /api/v1/documents/pdf/progress/{track_id}``).

        :param track_id: the ``track_id`` of the upload, or the upload itself.
        :raises NotFoundError: the conversion has not begun, or has ended. :meth:`get` says which.
        """
        return await self._send(
            "GET /api/v1/documents/pdf/progress/{track_id}", PdfProgress, options, track_id=track_id
        )

    def stream_progress(self, track_id: TrackId, **options: Unpack[RequestOptions]) -> AsyncPdfProgressStream:
        """The progress of a PDF's conversion as a stream (``GET /api/v1/documents/pdf/progress/stream/{track_id}``).

        Nothing is sent before you iterate the stream or enter its ``with`` block. The last event is one of three:
        ``complete``, ``error`` (the conversion failed; the stream itself raises nothing) or ``timeout`` (the server
        does not know; call :meth:`get`). A server can be silent for some time: ``timeout=`` sets how long you wait.

        :param track_id: the ``track_id`` of the upload, or the upload itself.
        """
        route = "GET /api/v1/documents/pdf/progress/stream/{track_id}"
        call = self._call(route, PdfProgress, options, None, {"track_id": track_id})
        call = replace(call, decoder=PdfProgressDecoder, events_of=events_of_progress)
        return AsyncPdfProgressStream(AsyncReading(self._session, call))


def _without_vision(options: Any) -> Any:
    """``options`` with ``enable_vision`` said: a server that is not told uses it."""
    given: Mapping[str, Any] = options
    return {**given, "enable_vision": bool(given.get("enable_vision"))}

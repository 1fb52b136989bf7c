"""What belongs to a document: its files, pages, figures and origins. A part of ``client.documents``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack, overload

from edgequake._async.resources.resource import AsyncResource
from edgequake.models._model import Raw
from edgequake.models.documents import DocumentLineage, LineageExportOptions

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from edgequake.models.ids import DocumentId
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["AsyncDocumentParts"]


class AsyncDocumentParts(AsyncResource):
    """What belongs to a document: its files, pages, figures and origins."""

    @overload
    async def download(
        self, document_id: DocumentId, *, to: None = None, **options: Unpack[RequestOptions]
    ) -> bytes: ...
    @overload
    async def download(
        self, document_id: DocumentId, *, to: str | os.PathLike[str], **options: Unpack[RequestOptions]
    ) -> Path: ...
    async def download(
        self,
        document_id: DocumentId,
        *,
        to: str | os.PathLike[str] | None = None,
        **options: Unpack[RequestOptions],
    ) -> bytes | Path:
        """The file that was uploaded (``GET /api/v1/documents/{document_id}/download/original``).

        :param to: a path. The content is then written to this file piece by piece, and the path is returned. Until the
            download is complete, the file has another name.
        :raises NotFoundError: there is no such document, or no file of it.
        """
        route = "GET /api/v1/documents/{document_id}/download/original"
        return await self._download(route, bytes, options, to=to, document_id=document_id)

    @overload
    async def markdown(self, document_id: DocumentId, *, to: None = None, **options: Unpack[RequestOptions]) -> str: ...
    @overload
    async def markdown(
        self, document_id: DocumentId, *, to: str | os.PathLike[str], **options: Unpack[RequestOptions]
    ) -> Path: ...
    async def markdown(
        self,
        document_id: DocumentId,
        *,
        to: str | os.PathLike[str] | None = None,
        **options: Unpack[RequestOptions],
    ) -> str | Path:
        """The document as Markdown (``GET /api/v1/documents/{document_id}/download/markdown``).

        :param to: a path. The content is then written to this file, and the path is returned.
        :raises NotFoundError: there is no such document.
        """
        route = "GET /api/v1/documents/{document_id}/download/markdown"
        return await self._download(route, str, options, to=to, document_id=document_id)

    async def lineage(self, document_id: DocumentId, **options: Unpack[RequestOptions]) -> DocumentLineage:
        """The entities of a document and the passages they come from (``GET /api/v1/documents/{document_id}/lineage``).

        :raises NotFoundError: there is no such document.
        """
        route = "GET /api/v1/documents/{document_id}/lineage"
        return await self._send(route, DocumentLineage, options, document_id=document_id)

    async def metadata(self, document_id: DocumentId, **options: Unpack[RequestOptions]) -> Raw:
        """Everything that the server stores about a document (``GET /api/v1/documents/{document_id}/metadata``).

        The fields depend on how the document was added.

        :raises NotFoundError: there is no such document.
        """
        route = "GET /api/v1/documents/{document_id}/metadata"
        return await self._send(route, Raw, options, document_id=document_id)

    @overload
    async def export_lineage(
        self, document_id: DocumentId, *, to: None = None, **options: Unpack[LineageExportOptions]
    ) -> bytes: ...
    @overload
    async def export_lineage(
        self, document_id: DocumentId, *, to: str | os.PathLike[str], **options: Unpack[LineageExportOptions]
    ) -> Path: ...
    async def export_lineage(
        self,
        document_id: DocumentId,
        *,
        to: str | os.PathLike[str] | None = None,
        **options: Unpack[LineageExportOptions],
    ) -> bytes | Path:
        """The document's lineage as JSON or CSV (``GET /api/v1/documents/{document_id}/lineage/export``).

        :param to: a path. The content is then written to this file, and the path is returned.
        :raises NotFoundError: there is no such document.
        """
        route = "GET /api/v1/documents/{document_id}/lineage/export"
        return await self._download(route, bytes, options, LineageExportOptions, to=to, document_id=document_id)

    async def assets(self, document_id: DocumentId, **options: Unpack[RequestOptions]) -> Raw:
        """The figures of a document (``GET /api/v1/documents/{document_id}/assets``).

        :raises NotFoundError: there is no such document.
        """
        return await self._send("GET /api/v1/documents/{document_id}/assets", Raw, options, document_id=document_id)

    @overload
    async def asset(
        self, document_id: DocumentId, asset_id: str, *, to: None = None, **options: Unpack[RequestOptions]
    ) -> bytes: ...
    @overload
    async def asset(
        self, document_id: DocumentId, asset_id: str, *, to: str | os.PathLike[str], **options: Unpack[RequestOptions]
    ) -> Path: ...
    async def asset(
        self,
        document_id: DocumentId,
        asset_id: str,
        *,
        to: str | os.PathLike[str] | None = None,
        **options: Unpack[RequestOptions],
    ) -> bytes | Path:
        """One figure of a document (``GET /api/v1/documents/{document_id}/assets/{asset_id}``).

        :param asset_id: its id in :meth:`assets`.
        :param to: a path. The content is then written to this file, and the path is returned.
        :raises NotFoundError: there is no such document or figure.
        """
        route = "GET /api/v1/documents/{document_id}/assets/{asset_id}"
        return await self._download(route, bytes, options, to=to, document_id=document_id, asset_id=asset_id)


class AsyncDocumentPages(AsyncResource):
    """The pages of a document that was a PDF."""

    async def pages(self, document_id: DocumentId, **options: Unpack[RequestOptions]) -> Raw:
        """The pages of a document (``GET /api/v1/documents/{document_id}/pages``).

        :raises NotFoundError: there is no such document.
        """
        return await self._send("GET /api/v1/documents/{document_id}/pages", Raw, options, document_id=document_id)

    async def pages_health(self, document_id: DocumentId, **options: Unpack[RequestOptions]) -> Raw:
        """How many pages the server could read (``GET /api/v1/documents/{document_id}/pages/health``).

        :raises NotFoundError: there is no such document.
        """
        route = "GET /api/v1/documents/{document_id}/pages/health"
        return await self._send(route, Raw, options, document_id=document_id)

    async def page_layout(self, document_id: DocumentId, page_number: int, **options: Unpack[RequestOptions]) -> Raw:
        """The blocks of a page and their places (``GET /api/v1/documents/{document_id}/pages/{page_number}/layout``).

        :param page_number: the page, counted from 1.
        :raises NotFoundError: there is no such document or page.
        """
        route = "GET /api/v1/documents/{document_id}/pages/{page_number}/layout"
        return await self._send(route, Raw, options, document_id=document_id, page_number=page_number)

    async def reprocess_pages(
        self, document_id: DocumentId, body: Mapping[str, Any], **options: Unpack[BodyOptions]
    ) -> Raw:
        """Reads pages again (``POST /api/v1/documents/{document_id}/pages/reprocess``).

        :param body: the fields of the request, sent unchanged.
        :raises NotFoundError: there is no such document.
        :raises ConflictError: the document is being processed.
        """
        route = "POST /api/v1/documents/{document_id}/pages/reprocess"
        return await self._send(route, Raw, options, body=body, document_id=document_id)

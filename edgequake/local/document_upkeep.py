"""The routes that find, describe and delete documents beyond the list of them."""

import asyncio
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.bodies import IdsBody
from edgequake.local.document_routes import DocumentRoutes, is_scoped
from edgequake.local.engine import Engine
from edgequake.local.formats import mime_type
from edgequake.local.requests import BodyError, RequestError, body_of, clamped
from edgequake.local.scope import Scope

_ROOT = "/api/v1/documents"
_CONFIRMATION = "delete-all-documents"
_MOST_IDS = 500
_MOST_FOUND = 50


class DocumentUpkeep:
    """More of `/api/v1/documents`."""

    def __init__(self, engine: Engine, documents: DocumentRoutes) -> None:
        self._engine = engine
        self._store = engine.store
        self._documents = documents

    def routes(self) -> list[Route]:
        """Where they are; they come before `/documents/{id}`."""
        one = f"{_ROOT}/{{id}}"
        return [
            Route(_ROOT, self.delete_all, methods=["DELETE"]),
            Route(f"{_ROOT}/search", self.search),
            Route(f"{_ROOT}/batch-delete", self.delete_many, methods=["POST"]),
            Route(f"{one}/deletion-impact", self.impact),
            Route(f"{one}/failed-chunks", self.failed_chunks),
            Route(f"{one}/download/markdown", self.markdown),
            Route(f"{one}/download/original", self.original),
            Route(f"{_ROOT}/pdf/{{id}}/download", self.original),
            Route(f"{one}/metadata", self.metadata),
        ]

    def search(self, request: Request) -> Response:
        """The documents with a text in their titles."""
        asked = request.query_params
        if "q" not in asked:
            raise BodyError(400, "Failed to deserialize query string: missing field `q`")
        size = clamped(asked, "page_size", 20, _MOST_FOUND)
        items: list[dict[str, Any]] = []
        total = 0
        if is_scoped(request.headers):
            workspace = self._engine.workspace(request)
            status = None if asked.get("status") == "all" else asked.get("status", "completed")
            scope = Scope(pattern=asked["q"].replace(",", " "))
            found = self._store.records.page(workspace, scope, status, size=size)
            total = found.total
            items = [
                {"id": record.id, "title": record.title, "status": record.status, "created_at": record.created_at}
                for record in found.records
            ]
        return JSONResponse({"items": items, "total": total, "has_more": total > len(items)})

    def delete_all(self, request: Request) -> Response:
        """202: all documents of the workspace are deleted in the background."""
        workspace = self._engine.workspace(request)
        if request.headers.get("x-edgequake-confirm") != _CONFIRMATION:
            raise RequestError(403, "FORBIDDEN", f"Forbidden: X-EdgeQuake-Confirm must be {_CONFIRMATION}")
        ids = self._store.records.ids(workspace)
        task = self._engine.ingestion.delete(ids, workspace, "wipe")
        counts = ("total_chunks_deleted", "total_entities_removed", "total_relationships_removed", "total_pdfs_deleted")
        told = {"accepted": True, "wipe_track_id": task, "deleted_count": len(ids)}
        more = {"planned_delete_count": len(ids), "skipped_count": 0, "skipped_documents": []}
        return JSONResponse({**told, **dict.fromkeys(counts, 0), **more}, 202)

    async def delete_many(self, request: Request) -> Response:
        """202: these documents are deleted in the background; what is not there is passed over."""
        workspace = await asyncio.to_thread(self._engine.workspace, request)
        body = await body_of(IdsBody, request)
        if not 1 <= len(body.document_ids) <= _MOST_IDS:
            raise RequestError(400, "BAD_REQUEST", f"Bad request: give 1 to {_MOST_IDS} document_ids")
        there = set(await asyncio.to_thread(self._store.records.ids, workspace)).intersection(body.document_ids)
        task = self._engine.ingestion.delete(there, workspace, "batch_deletion")
        told = {"accepted": True, "batch_track_id": task, "planned_delete_count": len(there)}
        return JSONResponse(told, 202)

    def impact(self, request: Request) -> Response:
        """What would go with a document."""
        record, _ = self._documents.record(request)
        alone = self._store.entities_only_in(record.id)
        return JSONResponse(
            {
                "document_id": record.id,
                "chunks_to_delete": record.chunk_count,
                "entities_to_remove": alone,
                "entities_to_update": record.entity_count - alone,
                "relationships_to_remove": 0,
                "relationships_to_update": 0,
                "preview_only": True,
            }
        )

    def failed_chunks(self, request: Request) -> Response:
        """None: here a document is read as a whole, or fails as a whole."""
        record, _ = self._documents.record(request)
        told = {"total_chunks": record.chunk_count, "successful_chunks": record.chunk_count}
        return JSONResponse({"document_id": record.id, "failed_chunks": [], **told})

    def markdown(self, request: Request) -> Response:
        """A document's text."""
        record, _ = self._documents.record(request)
        content = self._store.records.content(record.id)
        data = (content or "").encode("utf-8", "surrogatepass")
        return _download(data, f"{record.title}.md", "text/markdown; charset=utf-8")

    def original(self, request: Request) -> Response:
        """The file that was uploaded."""
        record, _ = self._documents.record(request)
        data = self._store.records.original(record)
        if data is None:
            words = f"Not found: the file of document {record.id} stays where it was loaded from; its text is here"
            raise RequestError(404, "NOT_FOUND", words)
        name = record.file_name or record.title
        return _download(data, name, mime_type(name))

    def metadata(self, request: Request) -> Response:
        """What is known of a document, and what was sent along with it."""
        record, _ = self._documents.record(request)
        given = record.metadata_value
        return JSONResponse(
            {
                **(given if isinstance(given, dict) else {}),
                "id": record.id,
                "title": record.title,
                "document_type": record.source_type,
                "status": record.status,
                "created_at": record.created_at,
                "chunk_count": record.chunk_count,
            }
        )


def _download(data: bytes, name: str, content_type: str) -> Response:
    """A file that a browser saves and never opens: a web page among the documents could else read all the others."""
    disposition = f"attachment; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"
    headers = {"content-disposition": disposition, "x-content-type-options": "nosniff", "content-type": content_type}
    return Response(data, headers=headers)

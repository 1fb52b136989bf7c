"""The routes that find, describe and delete documents.

A deleted document that was loaded from a path comes back when that path is loaded again.
"""

from collections import Counter
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from edgequake.local.formats import mime_type
from edgequake.local.records import Page, Record
from edgequake.local.requests import RequestError, clamped, existing, identity, page_of, pages_of, required
from edgequake.local.routing import Asked, Routes, route
from edgequake.local.scope import Scope
from edgequake.local.wire import fields

_STATES = ("pending", "processing", "completed", "partial_failure", "failed", "cancelled", "unknown")
_STAGES = {"pending": ("queued", 0.0), "processing": ("indexing", 0.5)}
_SUMMARY = (
    *("file_name", "content_summary", "content_length", "entity_count", "status", "error_message", "warning_message"),
    *("track_id", "created_at", "updated_at", "source_type"),
)
_CONFIRMATION = "delete-all-documents"
_MOST_IDS = 500
_MOST_FOUND = 50


class DocumentRoutes(Routes):
    """``/api/v1/documents``."""

    @route("GET /api/v1/documents")
    def page(self, asked: Asked) -> object:
        """One page of the documents; an empty one without a tenant and a workspace."""
        query, (page, size) = asked.query, page_of(asked.query)
        dates = {name: query.get(name, "") for name in ("date_from", "date_to")}
        scope = Scope(pattern=query.get("document_pattern", ""), **dates)
        found = self._page(asked, scope, query.get("status"), (page - 1) * size, size)
        pages = pages_of(page, size, found.total)
        return {
            "documents": [summary(record) for record in found.records],
            **pages,
            "has_more": page < pages["total_pages"],
            "status_counts": {state: found.statuses[state] for state in _STATES},
        }

    @route("DELETE /api/v1/documents", 202)
    def delete_all(self, asked: Asked) -> object:
        """All documents of the workspace are deleted in the background."""
        workspace = asked.workspace
        if asked.headers.get("x-edgequake-confirm") != _CONFIRMATION:
            raise RequestError(403, f"X-EdgeQuake-Confirm must be {_CONFIRMATION}")
        ids = self.store.records.ids(workspace)
        task = self.engine.ingestion.delete(ids, workspace, "wipe")
        counts = ("total_chunks_deleted", "total_entities_removed", "total_relationships_removed", "total_pdfs_deleted")
        told = {"accepted": True, "wipe_track_id": task, "deleted_count": len(ids)}
        more = {"planned_delete_count": len(ids), "skipped_count": 0, "skipped_documents": []}
        return {**told, **dict.fromkeys(counts, 0), **more}

    @route("GET /api/v1/documents/search")
    def search(self, asked: Asked) -> object:
        """The documents with a text in their titles."""
        title, size = required(asked.query, "q"), clamped(asked.query, "page_size", 20, _MOST_FOUND)
        status = None if asked.query.get("status") == "all" else asked.query.get("status", "completed")
        found = self._page(asked, Scope(pattern=title.replace(",", " ")), status, 0, size)
        items = [fields(record, "id", "title", "status", "created_at") for record in found.records]
        return {"items": items, "total": found.total, "has_more": found.total > len(items)}

    @route("POST /api/v1/documents/batch-delete", 202)
    def delete_many(self, asked: Asked, document_ids: list[str]) -> object:
        """These documents are deleted in the background; what is not there is passed over."""
        if not 1 <= len(document_ids) <= _MOST_IDS:
            raise RequestError(400, f"give 1 to {_MOST_IDS} document_ids")
        there = set(self.store.records.ids(asked.workspace)).intersection(document_ids)
        task = self.engine.ingestion.delete(there, asked.workspace, "batch_deletion")
        return {"accepted": True, "batch_track_id": task, "planned_delete_count": len(there)}

    @route("GET /api/v1/documents/track/{id}")
    def track(self, asked: Asked) -> object:
        """The documents that came under a track id: none for an unknown one."""
        records = self.store.records.tracked(asked["id"], asked.workspace)
        statuses = Counter(record.status for record in records)
        waiting = statuses["pending"] + statuses["processing"]
        done = f"{len(records) - waiting} of {len(records)} documents done"
        return {
            "track_id": asked["id"],
            "created_at": records[0].created_at if records else None,
            "documents": [summary(record) for record in records],
            "total_count": len(records),
            "status_summary": {state: statuses[state] for state in _STATES},
            "is_complete": waiting == 0,
            "latest_message": done if records else "batch finished",
        }

    @route("GET /api/v1/documents/{id}/deletion-impact")
    def impact(self, asked: Asked) -> object:
        """What would go with a document."""
        record = self.record(asked)
        alone = self.store.records.entities_only_in(record.id)
        return {
            "document_id": record.id,
            "chunks_to_delete": record.chunk_count,
            "entities_to_remove": alone,
            "entities_to_update": record.entity_count - alone,
            "relationships_to_remove": 0,
            "relationships_to_update": 0,
            "preview_only": True,
        }

    @route("GET /api/v1/documents/{id}/failed-chunks")
    def failed_chunks(self, asked: Asked) -> object:
        """None: here a document is read as a whole, or fails as a whole."""
        record = self.record(asked)
        told = {"total_chunks": record.chunk_count, "successful_chunks": record.chunk_count}
        return {"document_id": record.id, "failed_chunks": [], **told}

    @route("GET /api/v1/documents/{id}/download/markdown")
    def markdown(self, asked: Asked) -> Response:
        """A document's text."""
        record = self.record(asked)
        data = (self.store.records.content(record.id) or "").encode()
        return _download(data, f"{record.title}.md", "text/markdown; charset=utf-8")

    @route("GET /api/v1/documents/{id}/download/original")
    def original(self, asked: Asked) -> Response:
        """The file that was uploaded."""
        record = self.record(asked)
        missing = f"{record.id}: it stays where it was loaded from; its text is here"
        data = existing(self.store.records.original(record), "the file of document", missing)
        return _download(data, record.name, mime_type(record.name))

    @route("GET /api/v1/documents/pdf/{id}/download")
    def original_pdf(self, asked: Asked) -> Response:
        """The same."""
        return self.original(asked)

    @route("GET /api/v1/documents/{id}/metadata")
    def metadata(self, asked: Asked) -> object:
        """What is known of a document, and what was sent along with it."""
        record = self.record(asked)
        given = record.metadata_value if isinstance(record.metadata_value, dict) else {}
        told = fields(record, "id", "title", "status", "created_at", "chunk_count")
        return {**given, **told, "document_type": record.source_type}

    @route("DELETE /api/v1/documents/{id}", 202)
    def delete(self, asked: Asked) -> object:
        """The document is deleted in the background, after what was accepted before."""
        record = self.record(asked)
        task = self.engine.ingestion.delete([record.id], asked.workspace)
        counts = ("chunks_deleted", "entities_affected", "relationships_affected", "embeddings_deleted")
        told = {"document_id": record.id, "deleted": False, "accepted": True, "track_id": task}
        return {**told, **dict.fromkeys(counts, 0), "partial_failure": False}

    @route("GET /api/v1/documents/{id}")
    def get(self, asked: Asked) -> object:
        """A document with its text."""
        record = self.record(asked)
        found = {
            **summary(record),
            **fields(record, "content_hash", "processed_at"),
            "content": self.store.records.content(record.id),
            "file_size": record.size,
            "mime_type": mime_type(record.name),
            "tenant_id": self.engine.directory.get("workspace", asked.workspace)["tenant_id"],
            "workspace_id": asked.workspace,
            "metadata": record.metadata_value,
        }
        return {name: value for name, value in found.items() if value is not None}

    def _page(self, asked: Asked, scope: Scope, status: str | None, first: int, size: int) -> Page:
        """A page of the documents; an empty one where a tenant or a workspace is not named, as the server has it."""
        named = ("x-tenant-id", "x-workspace-id")
        if any(identity(name, asked.headers.get(name)) is None for name in named):
            return Page([], Counter())
        return self.store.records.page(asked.workspace, scope, status, first=first, size=size)


def summary(record: Record) -> dict[str, Any]:
    """The DocumentSummary of a document."""
    stage, progress = _STAGES.get(record.status, (record.status, 1.0))
    given = {name: value for name, value in fields(record, *_SUMMARY).items() if value is not None}
    return {**fields(record, "id", "title", "chunk_count"), **given, "current_stage": stage, "stage_progress": progress}


def _download(data: bytes, name: str, content_type: str) -> Response:
    """A file that a browser saves and never opens: a web page among the documents could else read all the others."""
    disposition = f"attachment; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'), safe='')}"
    headers = {"content-disposition": disposition, "x-content-type-options": "nosniff", "content-type": content_type}
    return Response(data, headers=headers)

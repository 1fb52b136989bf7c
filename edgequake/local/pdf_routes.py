"""The routes for PDFs. A PDF's id is its document's."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from edgequake.local.records import Record
from edgequake.local.requests import RequestError, existing, page_of, pages_of
from edgequake.local.routing import Asked, Routes, route
from edgequake.local.sse import event_stream, json_event
from edgequake.local.upload_routes import Form, file_of, files_of
from edgequake.local.uploads import Receipt, Upload, name_of
from edgequake.local.wire import fields

_PHASES = ("upload", "pdf_conversion", "chunking", "embedding", "extraction", "graph_storage")
_POLL_SECONDS = 0.05


class PdfRoutes(Routes):
    """``/api/v1/documents/pdf``."""

    @route("POST /api/v1/documents/pdf")
    def add(self, asked: Asked, form: Form) -> object:
        """A PDF that was accepted, or the equal one that is there."""
        workspace = _workspace(asked)
        return _uploaded(*self._accept(file_of(form), workspace, form))

    @route("GET /api/v1/documents/pdf")
    def page(self, asked: Asked) -> object:
        """One page of the PDFs."""
        workspace, (page, size) = _workspace(asked), page_of(asked.query)
        wanted: dict[str, Any] = {"status": asked.query.get("status"), "source_type": "pdf"}
        found = self.store.records.page(workspace, **wanted, first=(page - 1) * size, size=size)
        items = [
            {**_file(record), **fields(record, "status", "created_at", "processed_at")} for record in found.records
        ]
        pages = pages_of(page, size, found.total)
        return {"items": items, "pagination": {"total_count": pages.pop("total"), **pages}}

    @route("POST /api/v1/documents/pdf/batch")
    def add_many(self, asked: Asked, form: Form) -> object:
        """What became of each PDF."""
        workspace = _workspace(asked)
        results = [self._one_of_many(part, workspace, form) for part in files_of(form)]
        states = [result["status"] for result in results]
        counts = {"accepted": states.count("processing"), "duplicates": states.count("duplicate")}
        return {"total_files": len(results), **counts, "failed": states.count("failed"), "results": results}

    @route("GET /api/v1/documents/pdf/progress/stream/{track}")
    async def progress_stream(self, asked: Asked) -> Response:
        """How far an upload is, as events, until it is read."""
        events = self._progress_events(asked["track"], await asked.in_workspace())
        return event_stream(events, self.engine.keep_alive)

    @route("GET /api/v1/documents/pdf/progress/{track}")
    def progress(self, asked: Asked) -> object:
        """How far an upload is."""
        return _progress(existing(self._tracked(asked["track"], asked.workspace), "upload", asked["track"]))

    @route("GET /api/v1/documents/pdf/{id}/content")
    def content(self, asked: Asked) -> object:
        """A PDF's text."""
        record = self.pdf(asked)
        return {
            **_file(record),
            "content_type": "application/pdf",
            "is_processed": record.status == "completed",
            "markdown_content": self.store.records.content(record.id),
        }

    @route("DELETE /api/v1/documents/pdf/{id}")
    def delete(self, asked: Asked) -> None:
        """Nothing: the PDF is gone."""
        self.store.delete(self.pdf(asked).id)

    @route("GET /api/v1/documents/pdf/{id}")
    def get(self, asked: Asked) -> object:
        """The state of a PDF."""
        record = self.pdf(asked)
        told = {"filename": record.name, "extraction_method": "text"}
        errors = {"message": record.error_message} if record.error_message else None
        ids = {"pdf_id": record.id, "document_id": record.id}
        return {**ids, "status": record.status, "metadata": told, "errors": errors}

    async def _progress_events(self, track: str, workspace: str) -> AsyncGenerator[bytes, None]:
        before: float | None = None
        while True:
            found = await asyncio.to_thread(self._tracked, track, workspace)
            if found is None:
                yield json_event({"error": f"no upload {track}"}, "timeout")
                return
            told = _progress(found)
            if told["is_complete"] or told["is_failed"]:
                yield json_event(told, "complete" if told["is_complete"] else "error")
                return
            if told["overall_percentage"] != before:
                before = told["overall_percentage"]
                yield json_event(told, "progress")
            await asyncio.sleep(_POLL_SECONDS)

    def _tracked(self, track: str, workspace: str) -> Record | None:
        records = self.store.records.tracked(track, workspace)
        return next((record for record in records if record.source_type == "pdf"), None)

    def _accept(self, part: UploadFile, workspace: str, form: FormData) -> tuple[Upload, Receipt]:
        said = {name: value for name, value in form.items() if isinstance(value, str)}
        upload, anew = self.engine.uploads.read(part, form, (".pdf",)), said.get("force_reindex") == "true"
        title, track_id = said.get("title"), said.get("track_id")
        return upload, self.engine.uploads.file(upload, workspace, title=title, track_id=track_id, anew=anew)

    def _one_of_many(self, part: UploadFile, workspace: str, form: FormData) -> dict[str, Any]:
        name = name_of(part)
        try:
            _, receipt = self._accept(part, workspace, form)
        except RequestError as error:
            return {"filename": name, "status": "failed", "error": error.message}
        if receipt.is_duplicate:
            return {"filename": name, "status": "duplicate", "pdf_id": receipt.document_id}
        return {"filename": name, "status": "processing", "pdf_id": receipt.document_id, "task_id": receipt.task_id}


def _workspace(asked: Asked) -> str:
    """The workspace, which has to be named here. RequestError 400."""
    if "x-workspace-id" not in asked.headers:
        raise RequestError(400, "X-Workspace-ID must be sent, a UUID or `default`")
    return asked.workspace


def _file(record: Record) -> dict[str, Any]:
    return {"pdf_id": record.id, "filename": record.name, "file_size_bytes": record.size}


def _uploaded(upload: Upload, receipt: Receipt) -> dict[str, Any]:
    there = receipt.is_duplicate
    return {
        "pdf_id": receipt.document_id,
        "document_id": receipt.document_id,
        "status": "duplicate" if there else "processing",
        "task_id": "" if there else receipt.task_id,
        "track_id": receipt.track_id,
        "message": "this PDF is here already" if there else "the PDF is being read",
        "estimated_time_seconds": 0 if there else 1,
        "metadata": {
            "filename": upload.name,
            "file_size_bytes": len(upload.data),
            "sha256_checksum": upload.content_hash,
            "vision_enabled": False,
        },
        **({"duplicate_of": receipt.document_id} if there else {}),
    }


def _progress(record: Record) -> dict[str, Any]:
    done, failed = record.status == "completed", record.status in ("failed", "cancelled")
    state = "complete" if done else "failed" if failed else "active"
    phases = [
        {
            "phase": phase,
            "status": "skipped" if phase == "embedding" and done else state if number > 1 else "complete",
            "current": int(done or number < 2),
            "total": 1,
            "percentage": 100.0 if done or number < 2 else 0.0,
            "message": record.error_message or "",
        }
        for number, phase in enumerate(_PHASES)
    ]
    return {
        "track_id": record.track_id or "",
        "pdf_id": record.id,
        "document_id": record.id,
        "filename": record.name,
        "phases": phases,
        "overall_percentage": 100.0 if done else 33.0,
        "is_complete": done,
        "is_failed": failed,
        "started_at": record.created_at,
        "updated_at": record.updated_at,
        "completed_at": record.processed_at,
    }

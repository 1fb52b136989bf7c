"""The routes for PDFs. A PDF's id is its document's."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from sse_starlette import ServerSentEvent
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.document_routes import DocumentRoutes, metadata_of, multipart
from edgequake.local.engine import Engine
from edgequake.local.records import Record
from edgequake.local.requests import RequestError, page_of
from edgequake.local.scope import Scope
from edgequake.local.sse import event_stream
from edgequake.local.uploads import Receipt, Upload
from edgequake.local.wire import compact

_ROOT = "/api/v1/documents/pdf"
_PHASES = ("upload", "pdf_conversion", "chunking", "embedding", "extraction", "graph_storage")
_POLL_SECONDS = 0.05


class PdfRoutes:
    """`/api/v1/documents/pdf`."""

    def __init__(self, engine: Engine, documents: DocumentRoutes, keep_alive: float) -> None:
        self._engine = engine
        self._records = engine.store.records
        self._documents = documents
        self._keep_alive = keep_alive

    def routes(self) -> list[Route]:
        """Where they are; they come before `/documents/{id}`."""
        return [
            Route(_ROOT, self.add, methods=["POST"]),
            Route(_ROOT, self.list),
            Route(f"{_ROOT}/batch", self.add_many, methods=["POST"]),
            Route(f"{_ROOT}/progress/stream/{{track}}", self.progress_stream),
            Route(f"{_ROOT}/progress/{{track}}", self.progress),
            Route(f"{_ROOT}/{{id}}/content", self.content),
            Route(f"{_ROOT}/{{id}}", self.delete, methods=["DELETE"]),
            Route(f"{_ROOT}/{{id}}", self.get),
        ]

    async def add(self, request: Request) -> Response:
        """A PDF that was accepted, or the equal one that is there."""
        workspace = await asyncio.to_thread(self._workspace, request)
        async with multipart(request) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise RequestError(400, "BAD_REQUEST", "Bad request: there is no part `file` with a file name")
            upload, receipt = await self._accept(file, workspace, form)
        return JSONResponse(_uploaded(upload, receipt))

    async def add_many(self, request: Request) -> Response:
        """What became of each PDF."""
        workspace = await asyncio.to_thread(self._workspace, request)
        results: list[dict[str, Any]] = []
        async with multipart(request) as form:
            for name, part in form.multi_items():
                if name in ("file", "files") and isinstance(part, UploadFile):
                    results.append(await self._one_of_many(part, workspace, form))
        states = [result["status"] for result in results]
        counts = {"accepted": states.count("processing"), "duplicates": states.count("duplicate")}
        return JSONResponse(
            {"total_files": len(results), **counts, "failed": states.count("failed"), "results": results}
        )

    def list(self, request: Request) -> Response:
        """One page of the PDFs."""
        workspace = self._workspace(request)
        asked = request.query_params
        page, size = page_of(asked)
        found = self._records.page(
            workspace,
            Scope(),
            asked.get("status"),
            first=(page - 1) * size,
            size=size,
            source_type="pdf",
        )
        items = [
            {
                "pdf_id": record.id,
                "filename": record.file_name or record.title,
                "file_size_bytes": record.size,
                "status": record.status,
                "created_at": record.created_at,
                "processed_at": record.updated_at if record.status == "completed" else None,
            }
            for record in found.records
        ]
        pages = {"page": page, "page_size": size, "total_count": found.total, "total_pages": -(-found.total // size)}
        return JSONResponse({"items": items, "pagination": pages})

    def get(self, request: Request) -> Response:
        """The state of a PDF."""
        record = self._documents.pdf(request)
        told = {"filename": record.file_name or record.title, "extraction_method": "text"}
        errors = {"message": record.error_message} if record.error_message else None
        return JSONResponse(
            {
                "pdf_id": record.id,
                "status": record.status,
                "document_id": record.id,
                "metadata": told,
                "errors": errors,
            }
        )

    def content(self, request: Request) -> Response:
        """A PDF's text."""
        record = self._documents.pdf(request)
        text = self._records.content(record.id)
        return JSONResponse(
            {
                "pdf_id": record.id,
                "filename": record.file_name or record.title,
                "file_size_bytes": record.size,
                "content_type": "application/pdf",
                "is_processed": record.status == "completed",
                "markdown_content": text,
            }
        )

    def delete(self, request: Request) -> Response:
        """Nothing: the PDF is gone."""
        record = self._documents.pdf(request)
        self._engine.store.delete(record.id)
        return Response(status_code=204)

    def progress(self, request: Request) -> Response:
        """How far an upload is."""
        track, workspace = request.path_params["track"], self._engine.workspace(request)
        found = self._tracked(track, workspace)
        if not found:
            raise RequestError(404, "NOT_FOUND", f"Not found: upload {track}")
        return JSONResponse(_progress(found[0]))

    def progress_stream(self, request: Request) -> Response:
        """The same as events, until it is read."""
        track, workspace = request.path_params["track"], self._engine.workspace(request)
        return event_stream(self._progress_events(track, workspace), self._keep_alive)

    async def _progress_events(self, track: str, workspace: str) -> AsyncGenerator[bytes, None]:
        before: float | None = None
        while True:
            found = await asyncio.to_thread(self._tracked, track, workspace)
            if not found:
                yield _event("timeout", {"error": f"no upload {track}"})
                return
            told = _progress(found[0])
            if told["is_complete"] or told["is_failed"]:
                yield _event("complete" if told["is_complete"] else "error", told)
                return
            if told["overall_percentage"] != before:
                before = told["overall_percentage"]
                yield _event("progress", told)
            await asyncio.sleep(_POLL_SECONDS)

    def _tracked(self, track: str, workspace: str) -> Sequence[Record]:
        return [record for record in self._records.tracked(track, workspace) if record.source_type == "pdf"]

    def _workspace(self, request: Request) -> str:
        if "x-workspace-id" not in request.headers:
            raise RequestError(400, "BAD_REQUEST", "Bad request: X-Workspace-ID must be sent, a UUID or `default`")
        return self._engine.workspace(request)

    async def _accept(self, file: UploadFile, workspace: str, form: FormData) -> tuple[Upload, Receipt]:
        if Upload(file.filename or "", b"", None).suffix != ".pdf":
            raise RequestError(400, "BAD_REQUEST", "Bad request: the file's name does not end in .pdf")
        uploads = self._documents.uploads
        said = {name: value for name, value in form.items() if isinstance(value, str)}
        data, metadata = await uploads.read(file), await metadata_of(form)
        upload = Upload(file.filename or "", data, metadata, said.get("title"))
        anew = said.get("force_reindex") == "true"
        return upload, await asyncio.to_thread(uploads.file, upload, workspace, said.get("track_id"), anew=anew)

    async def _one_of_many(self, part: UploadFile, workspace: str, form: FormData) -> dict[str, Any]:
        name = Upload(part.filename or "", b"", None).name
        try:
            _, receipt = await self._accept(part, workspace, form)
        except RequestError as error:
            return {"filename": name, "status": "failed", "error": error.message}
        if receipt.is_duplicate:
            return {"filename": name, "status": "duplicate", "pdf_id": receipt.document_id}
        return {"filename": name, "status": "processing", "pdf_id": receipt.document_id, "task_id": receipt.task_id}


def _uploaded(upload: Upload, receipt: Receipt) -> dict[str, Any]:
    told = {
        "pdf_id": receipt.document_id,
        "document_id": receipt.document_id,
        "status": "duplicate" if receipt.is_duplicate else "processing",
        "task_id": "" if receipt.is_duplicate else receipt.task_id,
        "track_id": receipt.track_id,
        "message": "this PDF is here already" if receipt.is_duplicate else "the PDF is being read",
        "estimated_time_seconds": 0 if receipt.is_duplicate else 1,
        "metadata": {
            "filename": upload.name,
            "file_size_bytes": len(upload.data),
            "sha256_checksum": hashlib.sha256(upload.data).hexdigest(),
            "vision_enabled": False,
        },
    }
    return {**told, "duplicate_of": receipt.document_id} if receipt.is_duplicate else told


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
        "filename": record.file_name or record.title,
        "phases": phases,
        "overall_percentage": 100.0 if done else 33.0,
        "is_complete": done,
        "is_failed": failed,
        "started_at": record.created_at,
        "updated_at": record.updated_at,
        "completed_at": record.updated_at if done else None,
    }


def _event(name: str, value: dict[str, Any]) -> bytes:
    return ServerSentEvent(compact(value), event=name, sep="\n").encode()

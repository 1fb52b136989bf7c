"""The routes that take, list and delete documents.

What is accepted is stored before the answer goes out, and read in the background: it is `pending`, `processing`, then
`completed` or `failed`. A deleted document that was loaded from a path comes back when that path is loaded again.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.bodies import DocumentBody
from edgequake.local.engine import Engine
from edgequake.local.formats import mime_type
from edgequake.local.records import Record
from edgequake.local.requests import RequestError, body_of, clamped, identity, number, too_large_error
from edgequake.local.scope import Scope
from edgequake.local.uploads import Receipt, Upload, Uploads

MAX_PAGE_SIZE = 100

_STATES = ("pending", "processing", "completed", "partial_failure", "failed", "cancelled", "unknown")
_STAGES = {"pending": ("queued", 0.0), "processing": ("indexing", 0.5)}
_MAX_BODY = 101 << 20
_MAX_BATCH = 256 << 20
_MAX_FILES = 100


class DocumentRoutes:
    """`/api/v1/documents`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._store = engine.store
        self._ingestion = engine.ingestion
        self.uploads = Uploads(engine.store, engine.directory, engine.ingestion)

    def routes(self) -> list[Route]:
        """Where they are."""
        root = "/api/v1/documents"
        return [
            Route(root, self.add_text, methods=["POST"]),
            Route(root, self.list),
            Route(f"{root}/upload", self.add_file, methods=["POST"]),
            Route(f"{root}/upload/batch", self.add_files, methods=["POST"]),
            Route(f"{root}/track/{{id}}", self.track),
            Route(f"{root}/{{id}}", self.delete, methods=["DELETE"]),
            Route(f"{root}/{{id}}", self.get),
        ]

    async def add_text(self, request: Request) -> Response:
        """202 for a text that was accepted, 200 for one that is being read already."""
        workspace = await asyncio.to_thread(self._engine.workspace, request)
        body = await body_of(DocumentBody, request, _MAX_BODY)
        receipt = await asyncio.to_thread(self.uploads.text, body, workspace)
        if receipt.is_duplicate:
            answer = {"document_id": receipt.document_id, "status": "duplicate_processing", "track_id": ""}
            return JSONResponse({**answer, "duplicate_of": receipt.document_id})
        return JSONResponse(_accepted(receipt), 202)

    async def add_file(self, request: Request) -> Response:
        """202 for a file that was accepted, 200 for one whose content is there already."""
        workspace = await asyncio.to_thread(self._engine.workspace, request)
        async with multipart(request) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise RequestError(400, "BAD_REQUEST", "Bad request: there is no part `file` with a file name")
            upload = Upload(file.filename or "", await self.uploads.read(file), await metadata_of(form))
        receipt = await asyncio.to_thread(self.uploads.file, upload, workspace)
        payload: dict[str, Any] = {
            "document_id": receipt.document_id,
            "filename": upload.name,
            "size": len(upload.data),
            "content_hash": upload.content_hash,
            "chunk_count": receipt.chunk_count,
            "entity_count": receipt.entity_count,
            "relationship_count": 0,  # which entities stand together is looked up when it is asked
            "is_duplicate": receipt.is_duplicate,
        }
        if receipt.is_duplicate:
            return JSONResponse({**payload, "status": "duplicate"})
        return JSONResponse({**payload, **_accepted(receipt)}, 202)

    async def add_files(self, request: Request) -> Response:
        """202 with what became of each file; all are read before the answer."""
        workspace = await asyncio.to_thread(self._engine.workspace, request)
        results: list[dict[str, Any]] = []
        async with multipart(request, _MAX_BATCH) as form:
            metadata = await metadata_of(form)
            for name, part in form.multi_items():
                if name in ("file", "files") and isinstance(part, UploadFile):
                    results.append(await self._one_of_many(part, metadata, workspace))
        if not results:
            raise RequestError(400, "BAD_REQUEST", "Bad request: there is no part `files` with a file name")
        counted = Counter(result["status"] for result in results)
        counts = {"processed": counted["processed"], "duplicates": counted["duplicate"], "failed": counted["failed"]}
        return JSONResponse({"total_files": len(results), **counts, "results": results}, 202)

    def list(self, request: Request) -> Response:
        """One page of the documents; an empty one without a tenant and a workspace."""
        asked = request.query_params
        size = clamped(asked, "page_size", 20, MAX_PAGE_SIZE)
        page = max(number(asked, "page", 1), 1)
        records: Iterable[Record] = ()
        total, statuses = 0, Counter[str]()
        if is_scoped(request.headers):
            workspace = self._engine.workspace(request)
            scope = Scope(
                pattern=asked.get("document_pattern", ""),
                date_from=asked.get("date_from", ""),
                date_to=asked.get("date_to", ""),
            )
            found = self._store.records.page(workspace, scope, asked.get("status"), first=(page - 1) * size, size=size)
            records, total, statuses = found.records, found.total, found.statuses
        pages = -(-total // size)
        return JSONResponse(
            {
                "documents": [summary(record) for record in records],
                "total": total,
                "page": page,
                "page_size": size,
                "total_pages": pages,
                "has_more": page < pages,
                "status_counts": _counts(statuses),
            }
        )

    def get(self, request: Request) -> Response:
        """A document with its text."""
        record, workspace = self.record(request)
        content = self._store.records.content(record.id)
        found = {
            **summary(record),
            "status": record.status,
            "content": content,
            "content_hash": record.content_hash,
            "file_size": record.size,
            "mime_type": mime_type(record.file_name or record.title),
            "tenant_id": self._engine.directory.workspace(workspace)["tenant_id"],
            "workspace_id": workspace,
            "processed_at": record.updated_at if record.status == "completed" else None,
            "metadata": record.metadata_value,
        }
        return JSONResponse({name: value for name, value in found.items() if value is not None})

    def track(self, request: Request) -> Response:
        """The documents that came under a track id: none for an unknown one."""
        track_id = request.path_params["id"]
        workspace = self._engine.workspace(request)
        records = self._store.records.tracked(track_id, workspace)
        statuses = Counter(record.status for record in records)
        waiting = statuses["pending"] + statuses["processing"]
        done = f"{len(records) - waiting} of {len(records)} documents done"
        return JSONResponse(
            {
                "track_id": track_id,
                "created_at": records[0].created_at if records else None,
                "documents": [summary(record) for record in records],
                "total_count": len(records),
                "status_summary": _counts(statuses),
                "is_complete": waiting == 0,
                "latest_message": done if records else "batch finished",
            }
        )

    def delete(self, request: Request) -> Response:
        """202: the document is deleted in the background, after what was accepted before."""
        record, workspace = self.record(request)
        task = self._ingestion.delete([record.id], workspace)
        return JSONResponse(
            {
                "document_id": record.id,
                "deleted": False,
                "accepted": True,
                "track_id": task,
                "chunks_deleted": 0,
                "entities_affected": 0,
                "relationships_affected": 0,
                "embeddings_deleted": 0,
                "partial_failure": False,
            },
            202,
        )

    def record(self, request: Request) -> tuple[Record, str]:
        """The document that a request is about, and its workspace. RequestError 404."""
        wanted, workspace = request.path_params["id"], self._engine.workspace(request)
        record = self._store.records.get(wanted, workspace)
        if record is None:
            raise RequestError(404, "NOT_FOUND", f"Not found: document {wanted}")
        return record, workspace

    def pdf(self, request: Request) -> Record:
        """The PDF that a request is about. RequestError 404, for other documents too."""
        record, _ = self.record(request)
        if record.source_type != "pdf":
            raise RequestError(404, "NOT_FOUND", f"Not found: PDF {record.id}")
        return record

    async def _one_of_many(self, part: UploadFile, metadata: str | None, workspace: str) -> dict[str, Any]:
        name = Upload(part.filename or "", b"", None).name
        try:
            upload = Upload(part.filename or "", await self.uploads.read(part), metadata)
            receipt = await asyncio.to_thread(self.uploads.file_now, upload, workspace)
        except RequestError as error:
            return {"filename": name, "document_id": None, "status": "failed", "error": error.message}
        status = "duplicate" if receipt.is_duplicate else "failed" if receipt.error else "processed"
        return {"filename": name, "document_id": receipt.document_id, "status": status, "error": receipt.error}


def summary(record: Record) -> dict[str, Any]:
    """The DocumentSummary of a document."""
    stage, progress = _STAGES.get(record.status, (record.status, 1.0))
    told = {
        "file_name": record.file_name,
        "content_summary": record.content_summary,
        "content_length": record.content_length,
        "entity_count": record.entity_count,
        "status": record.status,
        "error_message": record.error_message,
        "warning_message": record.warning_message,
        "track_id": record.track_id,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "source_type": record.source_type,
        "current_stage": stage,
        "stage_progress": progress,
    }
    given = {name: value for name, value in told.items() if value is not None}
    return {"id": record.id, "title": record.title, "chunk_count": record.chunk_count, **given}


def _accepted(receipt: Receipt) -> dict[str, Any]:
    return {
        "document_id": receipt.document_id,
        "status": "pending",
        "task_id": receipt.task_id,
        "track_id": receipt.track_id,
    }


def _counts(statuses: Mapping[str, int]) -> dict[str, int]:
    return {state: statuses.get(state, 0) for state in _STATES}


def is_scoped(headers: Mapping[str, str]) -> bool:
    """Whether a tenant and a workspace are named: without them the server lists nothing."""
    return all(identity(name, headers.get(name)) is not None for name in ("x-tenant-id", "x-workspace-id"))


async def _bounded(request: Request, limit: int) -> None:
    """Raises RequestError 413 for a body that says it is larger, when it has been sent: who sends reads after that."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        async for _ in request.stream():
            pass
        raise too_large_error(limit)


@asynccontextmanager
async def multipart(request: Request, limit: int = _MAX_BODY) -> AsyncIterator[FormData]:
    """The request's form. Raises RequestError: 400, 413 for one that is too large, 501 without the reader of forms."""
    await _bounded(request, limit)
    try:
        from python_multipart import exceptions  # Starlette reads forms with it
    except ImportError as error:
        words = "Not implemented: taking files needs python-multipart: pip install python-multipart"
        raise RequestError(501, "NOT_IMPLEMENTED", words) from error
    try:
        form = await request.form(max_files=_MAX_FILES)
    except exceptions.FormParserError as error:  # older versions of Starlette let it out
        raise RequestError(400, "BAD_REQUEST", f"Bad request: {error}") from error
    try:
        yield form
    finally:
        await form.close()


async def metadata_of(form: FormData) -> str | None:
    """The JSON text of the part `metadata`; unparsable is as good as none."""
    part = form.get("metadata")
    return Uploads.metadata(await part.read() if isinstance(part, UploadFile) else part)

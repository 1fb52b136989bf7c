"""The routes that take documents.

What is accepted is stored before the answer goes out, and read in the background: it is `pending`, `processing`, then
`completed` or `failed`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from edgequake.local.bodies import DocumentBody
from edgequake.local.engine import Engine
from edgequake.local.requests import RequestError, too_large_error
from edgequake.local.routing import Asked, Routes, route
from edgequake.local.uploads import Receipt, Upload, Uploads

_MAX_BODY = 101 << 20
_MAX_BATCH = 256 << 20
_MAX_FILES = 100


class UploadRoutes(Routes):
    """`POST /api/v1/documents` and its kin."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._uploads = Uploads(engine.store, engine.directory, engine.ingestion)

    @route("POST /api/v1/documents")
    def add_text(self, asked: Asked, body: DocumentBody) -> Response:
        """202 for a text that was accepted, 200 for one that is being read already."""
        receipt = self._uploads.text(body, asked.workspace)
        if receipt.is_duplicate:
            answer = {"document_id": receipt.document_id, "status": "duplicate_processing", "track_id": ""}
            return JSONResponse({**answer, "duplicate_of": receipt.document_id})
        return JSONResponse(_accepted(receipt), 202)

    @route("POST /api/v1/documents/upload")
    async def add_file(self, asked: Asked) -> Response:
        """202 for a file that was accepted, 200 for one whose content is there already."""
        workspace = await asyncio.to_thread(lambda: asked.workspace)
        async with multipart(asked.request) as form:
            file = file_of(form)
            upload = Upload(file.filename or "", await self._uploads.read(file), await metadata_of(form))
        receipt = await asyncio.to_thread(self._uploads.file, upload, workspace)
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

    @route("POST /api/v1/documents/upload/batch", 202)
    async def add_files(self, asked: Asked) -> object:
        """What became of each file; all are read before the answer."""
        workspace = await asyncio.to_thread(lambda: asked.workspace)
        async with multipart(asked.request, _MAX_BATCH) as form:
            metadata = await metadata_of(form)
            results = [await self._one_of_many(part, metadata, workspace) for part in files_of(form)]
        if not results:
            raise RequestError(400, "there is no part `files` with a file name")
        counted = Counter(result["status"] for result in results)
        counts = {"processed": counted["processed"], "duplicates": counted["duplicate"], "failed": counted["failed"]}
        return {"total_files": len(results), **counts, "results": results}

    async def _one_of_many(self, part: UploadFile, metadata: str | None, workspace: str) -> dict[str, Any]:
        name = Upload(part.filename or "", b"", None).name
        try:
            upload = Upload(part.filename or "", await self._uploads.read(part), metadata)
            receipt = await asyncio.to_thread(self._uploads.file, upload, workspace, at_once=True)
        except RequestError as error:
            return {"filename": name, "document_id": None, "status": "failed", "error": error.message}
        status = "duplicate" if receipt.is_duplicate else "failed" if receipt.error else "processed"
        return {"filename": name, "document_id": receipt.document_id, "status": status, "error": receipt.error}


def _accepted(receipt: Receipt) -> dict[str, Any]:
    told = {"task_id": receipt.task_id, "track_id": receipt.track_id}
    return {"document_id": receipt.document_id, "status": "pending", **told}


async def _bounded(request: Request, limit: int) -> None:
    """Raises RequestError 413 for a body that says it is larger, when it has been sent: who sends reads after that."""
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        async for _ in request.stream():
            pass
        raise too_large_error(limit)


@asynccontextmanager
async def multipart(request: Request, limit: int = _MAX_BODY) -> AsyncIterator[FormData]:
    """The request's form. Raises RequestError: 400, 413 for one that is too large."""
    await _bounded(request, limit)
    try:
        form = await request.form(max_files=_MAX_FILES)
    except FormParserError as error:  # older versions of Starlette let it out
        raise RequestError(400, f"{error}") from error
    try:
        yield form
    finally:
        await form.close()


def file_of(form: FormData) -> UploadFile:
    """The part `file`. Raises RequestError 400."""
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise RequestError(400, "there is no part `file` with a file name")
    return file


def files_of(form: FormData) -> list[UploadFile]:
    """The parts `file` and `files`."""
    parts = form.multi_items()
    return [part for name, part in parts if name in ("file", "files") and isinstance(part, UploadFile)]


async def metadata_of(form: FormData) -> str | None:
    """The JSON text of the part `metadata`; unparsable is as good as none."""
    part = form.get("metadata")
    return Uploads.metadata(await part.read() if isinstance(part, UploadFile) else part)

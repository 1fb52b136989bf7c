"""The routes that take documents.

What is accepted is stored before the answer goes out, and read in the background: it is ``pending``, ``processing``,
then ``completed`` or ``failed``.
"""

from collections import Counter
from typing import Annotated, Any

from starlette.datastructures import FormData, UploadFile
from starlette.responses import JSONResponse, Response

from edgequake.local.bodies import DocumentBody
from edgequake.local.requests import RequestError
from edgequake.local.routing import Asked, Routes, route
from edgequake.local.uploads import Receipt, name_of
from edgequake.local.wire import fields

Form = Annotated[FormData, 101 << 20]
ManyFiles = Annotated[FormData, 256 << 20]
"""A form with one file, or with many, and how many bytes it may have."""


class UploadRoutes(Routes):
    """``POST /api/v1/documents`` and its kin."""

    @route("POST /api/v1/documents")
    def add_text(self, asked: Asked, body: DocumentBody) -> Response:
        """202 for a text that was accepted, 200 for one that is being read already."""
        receipt = self.engine.uploads.text(body, asked.workspace)
        if receipt.is_duplicate:
            answer = {"document_id": receipt.document_id, "status": "duplicate_processing", "track_id": ""}
            return JSONResponse({**answer, "duplicate_of": receipt.document_id})
        return JSONResponse(_accepted(receipt), 202)

    @route("POST /api/v1/documents/upload")
    def add_file(self, asked: Asked, form: Form) -> Response:
        """202 for a file that was accepted, 200 for one whose content is there already."""
        workspace, upload = asked.workspace, self.engine.uploads.read(file_of(form), form)
        receipt = self.engine.uploads.file(upload, workspace)
        payload: dict[str, Any] = {
            **fields(receipt, "document_id", "chunk_count", "entity_count", "is_duplicate"),
            "filename": upload.name,
            "size": len(upload.data),
            "content_hash": upload.content_hash,
            "relationship_count": 0,  # which entities stand together is looked up when it is asked
        }
        if receipt.is_duplicate:
            return JSONResponse({**payload, "status": "duplicate"})
        return JSONResponse({**payload, **_accepted(receipt)}, 202)

    @route("POST /api/v1/documents/upload/batch", 202)
    def add_files(self, asked: Asked, form: ManyFiles) -> object:
        """What became of each file; all are read before the answer."""
        workspace = asked.workspace
        results = [self._one_of_many(part, form, workspace) for part in files_of(form)]
        if not results:
            raise RequestError(400, "there is no part `files` with a file name")
        counted = Counter(result["status"] for result in results)
        counts = {"processed": counted["processed"], "duplicates": counted["duplicate"], "failed": counted["failed"]}
        return {"total_files": len(results), **counts, "results": results}

    def _one_of_many(self, part: UploadFile, form: FormData, workspace: str) -> dict[str, Any]:
        name = name_of(part)
        try:
            receipt = self.engine.uploads.file(self.engine.uploads.read(part, form), workspace, at_once=True)
        except RequestError as error:
            return {"filename": name, "document_id": None, "status": "failed", "error": error.message}
        status = "duplicate" if receipt.is_duplicate else "failed" if receipt.error else "processed"
        return {"filename": name, "document_id": receipt.document_id, "status": status, "error": receipt.error}


def _accepted(receipt: Receipt) -> dict[str, Any]:
    return {**fields(receipt, "document_id", "task_id", "track_id"), "status": "pending"}


def file_of(form: FormData) -> UploadFile:
    """The part ``file``. Raises RequestError 400."""
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise RequestError(400, "there is no part `file` with a file name")
    return file


def files_of(form: FormData) -> list[UploadFile]:
    """The parts ``file`` and ``files``."""
    parts = form.multi_items()
    return [part for name, part in parts if name in ("file", "files") and isinstance(part, UploadFile)]

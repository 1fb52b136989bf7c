"""The routes of the work that reads documents: its tasks, cancelling and trying again."""

import asyncio
from collections import Counter
from typing import Any, Final
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.bodies import ReprocessBody
from edgequake.local.document_routes import DocumentRoutes
from edgequake.local.engine import Engine
from edgequake.local.ingestion import Deletion
from edgequake.local.records import Record
from edgequake.local.requests import RequestError, body_of, page_of
from edgequake.local.schema import now
from edgequake.local.scope import Scope

TASK: Final = "insert-"
"""What a task's id begins with; its document's id follows."""
_STATES = ("pending", "processing", "indexed", "failed", "cancelled")
_TASK_STATES = {"completed": "indexed"}


class TaskRoutes:
    """`/api/v1/tasks`, and what cancels or repeats them. Each document was, is or will be read by one task."""

    def __init__(self, engine: Engine, documents: DocumentRoutes) -> None:
        self._engine = engine
        self._inbox = engine.store.inbox
        self._records = engine.store.records
        self._documents = documents

    def routes(self) -> list[Route]:
        """Where they are; they come before `/documents/{id}`."""
        root = "/api/v1"
        return [
            Route(f"{root}/tasks", self.tasks),
            Route(f"{root}/tasks/{{id}}", self.task),
            Route(f"{root}/tasks/{{id}}/cancel", self.cancel, methods=["POST"]),
            Route(f"{root}/tasks/{{id}}/retry", self.retry, methods=["POST"]),
            Route(f"{root}/documents/{{id}}/cancel", self.cancel_document, methods=["POST"]),
            Route(f"{root}/documents/pdf/{{id}}/cancel", self.cancel_pdf, methods=["DELETE"]),
            Route(f"{root}/documents/pdf/{{id}}/retry", self.retry_pdf, methods=["POST"]),
            Route(f"{root}/documents/reprocess", self.reprocess, methods=["POST"]),
        ]

    def tasks(self, request: Request) -> Response:
        """One page of the tasks."""
        workspace, asked = self._engine.workspace(request, named=True), request.query_params
        page, size = page_of(asked)
        status = {"indexed": "completed"}.get(asked.get("status", ""), asked.get("status"))
        first = (page - 1) * size
        found = self._records.page(workspace, Scope(), status, first=first, size=size)
        tenant = self._tenant(workspace)
        counted = Counter({task_state(state): count for state, count in found.statuses.items()})
        pages = {"page": page, "page_size": size, "total": found.total, "total_pages": -(-found.total // size)}
        return JSONResponse(
            {
                "tasks": [_told(record, workspace, tenant) for record in found.records],
                "pagination": pages,
                "statistics": {state: counted[state] for state in _STATES},
            }
        )

    def task(self, request: Request) -> Response:
        """The task that reads a document, or deletes some."""
        workspace = self._engine.workspace(request)
        deletion = self._engine.ingestion.deletion(request.path_params["id"], workspace)
        if deletion is not None:
            there = self._records.ids(workspace)
            left = len(deletion.document_ids.intersection(there))
            return JSONResponse(_deleting(deletion, left, self._tenant(workspace)))
        record = self._record(request, workspace)
        return JSONResponse(_told(record, workspace, self._tenant(workspace)))

    def cancel(self, request: Request) -> Response:
        """The task, cancelled. RequestError 409 for one that has begun: a document is read in a moment."""
        workspace = self._engine.workspace(request)
        record = self._cancelled(self._there(request, workspace))
        return JSONResponse(_told(record, workspace, self._tenant(workspace)))

    def retry(self, request: Request) -> Response:
        """The task, which waits again. RequestError 409 for one that did not fail."""
        workspace = self._engine.workspace(request)
        record = self._retried(self._there(request, workspace))
        return JSONResponse(_told(record, workspace, self._tenant(workspace)))

    def cancel_document(self, request: Request) -> Response:
        """A document that will not be read."""
        record, _ = self._documents.record(request)
        if record.status != "cancelled":
            record = self._cancelled(record)
        told = {"document_id": record.id, "status": record.status, "track_id": record.track_id}
        return JSONResponse({**told, "task_cancelled": True})

    def cancel_pdf(self, request: Request) -> Response:
        """A PDF that will not be read."""
        record = self._documents.pdf(request)
        self._cancelled(record)
        return JSONResponse(_operation(record, "Cancelled"))

    def retry_pdf(self, request: Request) -> Response:
        """A PDF that is read again."""
        record = self._documents.pdf(request)
        self._retried(record)
        return JSONResponse(_operation(record, "The PDF is read again"))

    async def reprocess(self, request: Request) -> Response:
        """202: the documents that failed are read again, all or those that the body names."""
        workspace = await asyncio.to_thread(self._engine.workspace, request)
        body = await body_of(ReprocessBody, request)
        states = ("failed", "cancelled") if body.document_id else ("failed",)
        pages = [
            await asyncio.to_thread(self._records.page, workspace, Scope(), state, size=body.max_documents)
            for state in states
        ]
        found = [
            record
            for page in pages
            for record in page.records
            if body.document_id in (None, record.id) and body.track_id in (None, record.track_id)
        ]
        for record in found:
            await asyncio.to_thread(self._retried, record)
        ids = [record.id for record in found]
        told = {"track_id": f"reprocess-{uuid4().hex[:8]}", "failed_found": len(ids), "requeued": len(ids)}
        return JSONResponse({**told, "document_ids": ids, "skipped": 0, "task_id": None}, 202)

    def _tenant(self, workspace: str) -> str:
        return str(self._engine.directory.workspace(workspace)["tenant_id"])

    def _record(self, request: Request, workspace: str) -> Record:
        task = request.path_params["id"]
        record = self._records.get(task.removeprefix(TASK), workspace) if task.startswith(TASK) else None
        if record is None:
            raise RequestError(404, "NOT_FOUND", f"Not found: task {task}")
        return record

    def _there(self, request: Request, workspace: str) -> Record:
        """The document of a task to change. RequestError: 404 unknown, 409 deleted."""
        document_id = request.path_params["id"].removeprefix(TASK)
        if self._engine.ingestion.deletes(document_id, workspace):
            raise RequestError(409, "CONFLICT", f"Conflict: document {document_id} was deleted")
        return self._record(request, workspace)

    def _cancelled(self, record: Record) -> Record:
        if not self._inbox.cancel(record.id):
            raise RequestError(409, "CONFLICT", f"Conflict: document {record.id} is {record.status}, it does not wait")
        return self._again(record)

    def _retried(self, record: Record) -> Record:
        if not self._inbox.retry(record.id):
            raise RequestError(409, "CONFLICT", f"Conflict: document {record.id} is {record.status}, it did not fail")
        self._engine.ingestion.read(record.id)
        return self._again(record)

    def _again(self, record: Record) -> Record:
        return self._records.get(record.id) or record


def task_state(status: str) -> str:
    """A task's state, of its document's."""
    return _TASK_STATES.get(status, status)


def _told(record: Record, workspace: str, tenant: str) -> dict[str, Any]:
    state = task_state(record.status)
    told = _task(f"{TASK}{record.id}", (workspace, tenant), state, (record.created_at, record.updated_at))
    told["metadata"] = {"document_id": record.id, "title": record.title}
    if state in ("indexed", "failed", "cancelled"):
        told["completed_at"] = record.updated_at
    if record.error_message:
        error = {"message": record.error_message, "reason": record.error_message, "step": "reading"}
        suggestion = "Retry the task, or upload the document again."
        told["error"] = {**error, "suggestion": suggestion, "retryable": True}
        told["error_message"] = record.error_message
    return told


def _deleting(task: Deletion, left: int, tenant: str) -> dict[str, Any]:
    total = len(task.document_ids)
    percent = 100 * (total - left) // total if left else 100
    where, times = (task.workspace, tenant), (task.created_at, now())
    return _task(task.id, where, "processing" if left else "indexed", times, percent)


def _task(
    task_id: str, where: tuple[str, str], state: str, times: tuple[str, str], percent: int | None = None
) -> dict[str, Any]:
    percent = 100 * (state == "indexed") if percent is None else percent
    return {
        "track_id": task_id,
        "workspace_id": where[0],
        "tenant_id": where[1],
        "task_type": task_id.partition("-")[0],
        "status": state,
        "created_at": times[0],
        "updated_at": times[1],
        "retry_count": 0,
        "max_retries": 0,
        "progress": {"current_step": state, "total_steps": 1, "percent_complete": percent},
    }


def _operation(record: Record, message: str) -> dict[str, Any]:
    return {"success": True, "pdf_id": record.id, "task_id": f"{TASK}{record.id}", "message": message}

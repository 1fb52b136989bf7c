"""The routes of the work that reads documents: its tasks, its progress, cancelling and trying again."""

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.bodies import ReprocessBody, TracksBody
from edgequake.local.document_routes import DocumentRoutes
from edgequake.local.engine import Engine
from edgequake.local.ingestion import Deletion
from edgequake.local.records import Record
from edgequake.local.requests import RequestError, body_of, number
from edgequake.local.scope import Scope

_TASK = "insert-"
_STATES = ("pending", "processing", "indexed", "failed", "cancelled")
_TASK_STATES = {"completed": "indexed"}


class TaskRoutes:
    """`/api/v1/tasks`, `/ingestion` and `/pipeline`. Each document was read, is read or will be read by one task."""

    def __init__(self, engine: Engine, documents: DocumentRoutes) -> None:
        self._engine = engine
        self._store = engine.store
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
            Route(f"{root}/ingestion/progress", self.progress_many, methods=["POST"]),
            Route(f"{root}/ingestion/{{track}}/progress", self.progress),
            Route(f"{root}/pipeline/status", self.pipeline),
            Route(f"{root}/pipeline/activity", self.activity),
            Route(f"{root}/pipeline/queue-metrics", self.queue),
        ]

    async def tasks(self, request: Request) -> Response:
        """One page of the tasks."""
        workspace, asked = await self._workspace(request), request.query_params
        page, size = max(number(asked, "page", 1), 1), min(max(number(asked, "page_size", 20), 1), 100)
        status = {"indexed": "completed"}.get(asked.get("status", ""), asked.get("status"))
        first = (page - 1) * size
        found = await asyncio.to_thread(self._records.page, workspace, Scope(), status, first=first, size=size)
        tenant = await self._tenant(workspace)
        counted = Counter({_state(state): count for state, count in found.statuses.items()})
        pages = {"page": page, "page_size": size, "total": found.total, "total_pages": -(-found.total // size)}
        return JSONResponse(
            {
                "tasks": [_told(record, workspace, tenant) for record in found.records],
                "pagination": pages,
                "statistics": {state: counted[state] for state in _STATES},
            }
        )

    async def task(self, request: Request) -> Response:
        """The task that reads a document, or deletes some."""
        workspace = await self._engine.workspace(request)
        deletion = self._engine.ingestion.deletion(request.path_params["id"], workspace)
        if deletion is not None:
            there = await asyncio.to_thread(self._records.ids, workspace)
            left = len(deletion.document_ids.intersection(there))
            return JSONResponse(_deleting(deletion, left, await self._tenant(workspace)))
        record = await self._record(request, workspace)
        return JSONResponse(_told(record, workspace, await self._tenant(workspace)))

    async def cancel(self, request: Request) -> Response:
        """The task, cancelled. RequestError 409 for one that has begun: a document is read in a moment."""
        workspace = await self._engine.workspace(request)
        record = await self._cancelled(await self._there(request, workspace))
        return JSONResponse(_told(record, workspace, await self._tenant(workspace)))

    async def retry(self, request: Request) -> Response:
        """The task, which waits again. RequestError 409 for one that did not fail."""
        workspace = await self._engine.workspace(request)
        record = await self._retried(await self._there(request, workspace))
        return JSONResponse(_told(record, workspace, await self._tenant(workspace)))

    async def cancel_document(self, request: Request) -> Response:
        """A document that will not be read."""
        record, _ = await self._documents.record(request)
        if record.status != "cancelled":
            record = await self._cancelled(record)
        told = {"document_id": record.id, "status": record.status, "track_id": record.track_id}
        return JSONResponse({**told, "task_cancelled": True})

    async def cancel_pdf(self, request: Request) -> Response:
        """A PDF that will not be read."""
        record = await self._documents.pdf(request)
        await self._cancelled(record)
        return JSONResponse(_operation(record, "Cancelled"))

    async def retry_pdf(self, request: Request) -> Response:
        """A PDF that is read again."""
        record = await self._documents.pdf(request)
        await self._retried(record)
        return JSONResponse(_operation(record, "The PDF is read again"))

    async def reprocess(self, request: Request) -> Response:
        """202: the documents that failed are read again, all or those that the body names."""
        workspace = await self._engine.workspace(request)
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
            await self._retried(record)
        ids = [record.id for record in found]
        told = {"track_id": f"reprocess-{uuid4().hex[:8]}", "failed_found": len(ids), "requeued": len(ids)}
        return JSONResponse({**told, "document_ids": ids, "skipped": 0, "task_id": None}, 202)

    async def progress(self, request: Request) -> Response:
        """How far an upload is."""
        track, workspace = request.path_params["track"], await self._engine.workspace(request)
        found = await self._tracked(track, workspace)
        if found is None:
            raise RequestError(404, "NOT_FOUND", f"Not found: upload {track}")
        return JSONResponse(_progress(found, track))

    async def progress_many(self, request: Request) -> Response:
        """How far uploads are; unknown ones are left out."""
        workspace, body = await self._engine.workspace(request), await body_of(TracksBody, request)
        found = [(track, await self._tracked(track, workspace)) for track in dict.fromkeys(body.track_ids)]
        return JSONResponse([_progress(record, track) for track, record in found if record is not None])

    async def pipeline(self, request: Request) -> Response:
        """How many documents are being read."""
        states = await self._states(request)
        waiting = states["pending"] + states["processing"]
        return JSONResponse(
            {
                "is_busy": waiting > 0,
                "cancellation_requested": False,
                "total_documents": sum(states.values()),
                "processed_documents": sum(states.values()) - waiting,
                "current_batch": 0,
                "total_batches": 0,
                **{f"{state}_tasks": states[state] for state in ("pending", "processing", "completed", "failed")},
                "history_messages": [],
            }
        )

    async def activity(self, request: Request) -> Response:
        """The documents that are being read now."""
        workspace = await self._engine.workspace(request)
        working = [_active(record) for record in await self._in_state(workspace, "processing")]
        queued = [_active(record) for record in await self._in_state(workspace, "pending")]
        tasks = [{"id": one["track_id"], "kind": "insert", "document_id": one["document_id"]} for one in working]
        told = {"working": working, "queued": queued, "tasks": tasks, "updated_at": _now()}
        return JSONResponse({"busy": bool(working or queued), **told})

    async def queue(self, request: Request) -> Response:
        """How full the queue is; one worker reads, one document after the other."""
        states = await self._states(request)
        busy = int(states["processing"] > 0)
        figures = ("avg_wait_time_seconds", "max_wait_time_seconds", "throughput_per_minute")
        return JSONResponse(
            {
                "pending_count": states["pending"],
                "processing_count": states["processing"],
                "active_workers": busy,
                "max_workers": 1,
                "worker_utilization": 100 * busy,
                **dict.fromkeys((*figures, "estimated_queue_time_seconds"), 0.0),
                "rate_limited": False,
                "timestamp": _now(),
                "pressure": "normal",
                "pending_warn_threshold": 100,
                "pending_critical_threshold": 500,
            }
        )

    async def _workspace(self, request: Request) -> str:
        """The workspace of the query string, else of the headers."""
        asked = {f"x-{name[:-3]}-id": request.query_params[name] for name in _NAMED if name in request.query_params}
        return await asyncio.to_thread(self._engine.directory.resolve, {**request.headers, **asked})

    async def _tenant(self, workspace: str) -> str:
        return str((await asyncio.to_thread(self._engine.directory.workspace, workspace))["tenant_id"])

    async def _states(self, request: Request) -> Counter[str]:
        workspace = await self._workspace(request)
        return (await asyncio.to_thread(self._records.page, workspace, Scope())).statuses

    async def _in_state(self, workspace: str, state: str) -> list[Record]:
        return (await asyncio.to_thread(self._records.page, workspace, Scope(), state, size=100)).records

    async def _tracked(self, track: str, workspace: str) -> Record | None:
        """The document of a task, or of the id that an upload was given."""
        if track.startswith(_TASK):
            return await asyncio.to_thread(self._records.get, track.removeprefix(_TASK), workspace)
        return next(iter(await asyncio.to_thread(self._records.tracked, track, workspace)), None)

    async def _record(self, request: Request, workspace: str) -> Record:
        task = request.path_params["id"]
        record = await self._tracked(task, workspace) if task.startswith(_TASK) else None
        if record is None:
            raise RequestError(404, "NOT_FOUND", f"Not found: task {task}")
        return record

    async def _there(self, request: Request, workspace: str) -> Record:
        """The document of a task to change. RequestError: 404 unknown, 409 deleted."""
        document_id = request.path_params["id"].removeprefix(_TASK)
        if self._engine.ingestion.deletes(document_id, workspace):
            raise RequestError(409, "CONFLICT", f"Conflict: document {document_id} was deleted")
        return await self._record(request, workspace)

    async def _cancelled(self, record: Record) -> Record:
        if not await asyncio.to_thread(self._store.cancel, record.id):
            raise RequestError(409, "CONFLICT", f"Conflict: document {record.id} is {record.status}, it does not wait")
        return await self._again(record)

    async def _retried(self, record: Record) -> Record:
        if not await asyncio.to_thread(self._store.retry, record.id):
            raise RequestError(409, "CONFLICT", f"Conflict: document {record.id} is {record.status}, it did not fail")
        self._engine.ingestion.read(record.id)
        return await self._again(record)

    async def _again(self, record: Record) -> Record:
        return await asyncio.to_thread(self._records.get, record.id) or record


_NAMED = ("tenant_id", "workspace_id")


def _state(status: str) -> str:
    return _TASK_STATES.get(status, status)


def _told(record: Record, workspace: str, tenant: str) -> dict[str, Any]:
    state = _state(record.status)
    told: dict[str, Any] = {
        "track_id": f"{_TASK}{record.id}",
        "tenant_id": tenant,
        "workspace_id": workspace,
        "task_type": "insert",
        "status": state,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
        "retry_count": 0,
        "max_retries": 0,
        "progress": {"current_step": state, "total_steps": 1, "percent_complete": 100 if state == "indexed" else 0},
        "metadata": {"document_id": record.id, "title": record.title},
    }
    if state in ("indexed", "failed", "cancelled"):
        told["completed_at"] = record.updated_at
    if record.error_message:
        error = {"message": record.error_message, "reason": record.error_message, "step": "reading"}
        suggestion = "Retry the task, or upload the document again."
        told["error"] = {**error, "suggestion": suggestion, "retryable": True}
        told["error_message"] = record.error_message
    return told


def _deleting(task: Deletion, left: int, tenant: str) -> dict[str, Any]:
    state, total = "processing" if left else "indexed", len(task.document_ids)
    percent = 100 if not left else 100 * (total - left) // total
    return {
        "track_id": task.id,
        "tenant_id": tenant,
        "workspace_id": task.workspace,
        "task_type": task.id.partition("-")[0],
        "status": state,
        "created_at": task.created_at,
        "updated_at": _now(),
        "retry_count": 0,
        "max_retries": 0,
        "progress": {"current_step": state, "total_steps": 1, "percent_complete": percent},
    }


def _progress(record: Record, track: str) -> dict[str, Any]:
    state = _state(record.status)
    done = state == "indexed"
    word = {"indexed": "complete", "failed": "failed", "cancelled": "failed"}.get(state, "active")
    told = record.error_message or state
    stage = {
        "stage": "indexing",
        "status": word,
        "progress": 100.0 * done,
        "total_items": 1,
        "completed_items": int(done),
    }
    return {
        "track_id": track,
        "document_id": record.id,
        "document_name": record.title,
        "filename": record.file_name or record.title,
        "source_type": record.source_type,
        "status": record.status,
        "stage": "indexing",
        "stage_status": word,
        "message": told,
        "counts": {"current": int(done), "total": 1, "unit": "documents"},
        "progress_01": float(done),
        "progress": {
            "current_stage": "indexing",
            "completion_percentage": 100.0 * done,
            "latest_message": told,
            "stages": [stage],
        },
        "cost_usd": 0.0,
        "started_at": record.created_at,
        "updated_at": record.updated_at,
    }


def _operation(record: Record, message: str) -> dict[str, Any]:
    return {"success": True, "pdf_id": record.id, "task_id": f"{_TASK}{record.id}", "message": message}


def _active(record: Record) -> dict[str, Any]:
    told = {"document_id": record.id, "filename": record.title, "stage": record.status}
    return {**told, "track_id": f"{_TASK}{record.id}", "message": ""}


def _now() -> str:
    return datetime.now(UTC).isoformat()

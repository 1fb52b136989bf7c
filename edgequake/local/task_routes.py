"""The routes of the work that reads documents: its tasks, cancelling and trying again, and how far it is."""

from collections import Counter
from typing import Any
from uuid import uuid4

from edgequake.local.bodies import NonNegative
from edgequake.local.ingestion import TASK, Deletion
from edgequake.local.records import Record
from edgequake.local.requests import RequestError, existing, page_of, pages_of
from edgequake.local.routing import Asked, Routes, route
from edgequake.local.schema import now
from edgequake.local.wire import fields

_STATES = ("pending", "processing", "indexed", "failed", "cancelled")
_STAGE_STATES = {"indexed": "complete", "failed": "failed", "cancelled": "failed"}


class TaskRoutes(Routes):
    """``/api/v1/tasks``, and what cancels or repeats them. Each document was, is or will be read by one task."""

    @route("GET /api/v1/tasks")
    def tasks(self, asked: Asked) -> object:
        """One page of the tasks."""
        workspace, (page, size) = asked.named_workspace, page_of(asked.query)
        status = {"indexed": "completed"}.get(asked.query.get("status", ""), asked.query.get("status"))
        found = self.store.records.page(workspace, status=status, first=(page - 1) * size, size=size)
        counted = Counter({_state(state): count for state, count in found.statuses.items()})
        return {
            "tasks": [self._told(record, workspace) for record in found.records],
            "pagination": pages_of(page, size, found.total),
            "statistics": {state: counted[state] for state in _STATES},
        }

    @route("GET /api/v1/tasks/{id}")
    def task(self, asked: Asked) -> object:
        """The task that reads a document, or deletes some."""
        deletion = self.engine.ingestion.deletion(asked["id"], asked.workspace)
        if deletion is None:
            return self._told(self._record(asked), asked.workspace)
        left = len(deletion.document_ids.intersection(self.store.records.ids(asked.workspace)))
        return self._deleting(deletion, left)

    @route("POST /api/v1/tasks/{id}/cancel")
    def cancel(self, asked: Asked) -> object:
        """The task, cancelled. RequestError 409 for one that has begun: a document is read in a moment."""
        return self._told(self._cancelled(self._there(asked)), asked.workspace)

    @route("POST /api/v1/tasks/{id}/retry")
    def retry(self, asked: Asked) -> object:
        """The task, which waits again. RequestError 409 for one that did not fail."""
        return self._told(self._retried(self._there(asked)), asked.workspace)

    @route("POST /api/v1/documents/{id}/cancel")
    def cancel_document(self, asked: Asked) -> object:
        """A document that will not be read."""
        record = self.record(asked)
        if record.status != "cancelled":
            record = self._cancelled(record)
        return {"document_id": record.id, **fields(record, "status", "track_id"), "task_cancelled": True}

    @route("DELETE /api/v1/documents/pdf/{id}/cancel")
    def cancel_pdf(self, asked: Asked) -> object:
        """A PDF that will not be read."""
        return _operation(self._cancelled(self.pdf(asked)), "Cancelled")

    @route("POST /api/v1/documents/pdf/{id}/retry")
    def retry_pdf(self, asked: Asked) -> object:
        """A PDF that is read again."""
        return _operation(self._retried(self.pdf(asked)), "The PDF is read again")

    @route("POST /api/v1/documents/reprocess", 202)
    def reprocess(
        self,
        asked: Asked,
        document_id: str | None = None,
        track_id: str | None = None,
        max_documents: NonNegative = 100,
    ) -> object:
        """The documents that failed are read again, all or those that the body names."""
        found = self._named(asked, document_id, track_id)
        if found is None:
            found = self.store.records.page(asked.workspace, status="failed", size=max_documents).records
        states = ("failed", "cancelled") if document_id else ("failed",)
        wanted = [record.id for record in found if record.status in states][:max_documents]
        ids = [one for one in wanted if self.store.records.retry(one)]  # no other request was sooner
        for one in ids:
            self.engine.ingestion.read(one)
        told = {"track_id": f"reprocess-{uuid4().hex[:8]}", "failed_found": len(wanted), "requeued": len(ids)}
        return {**told, "document_ids": ids, "skipped": len(wanted) - len(ids), "task_id": None}

    def _named(self, asked: Asked, document_id: str | None, track_id: str | None) -> list[Record] | None:
        """The documents of this id and this track; None where neither is named."""
        if document_id is None:
            return None if track_id is None else self.store.records.tracked(track_id, asked.workspace)
        record = self.store.records.get(document_id, asked.workspace)
        return [record] if record is not None and track_id in (None, record.track_id) else []

    def _record(self, asked: Asked) -> Record:
        task = asked["id"]
        found = self.store.records.get(task.removeprefix(TASK), asked.workspace) if task.startswith(TASK) else None
        return existing(found, "task", task)

    def _there(self, asked: Asked) -> Record:
        """The document of a task to change. RequestError: 404 unknown, 409 deleted."""
        document_id = asked["id"].removeprefix(TASK)
        if self.engine.ingestion.deletes(document_id, asked.workspace):
            raise RequestError(409, f"document {document_id} was deleted")
        return self._record(asked)

    def _cancelled(self, record: Record) -> Record:
        if not self.store.records.cancel(record.id):
            raise RequestError(409, f"document {record.id} is {record.status}, it does not wait")
        return self.store.records.get(record.id) or record

    def _retried(self, record: Record) -> Record:
        if not self.store.records.retry(record.id):
            raise RequestError(409, f"document {record.id} is {record.status}, it did not fail")
        self.engine.ingestion.read(record.id)
        return self.store.records.get(record.id) or record

    def _told(self, record: Record, workspace: str) -> dict[str, Any]:
        state = _state(record.status)
        told = self._task(f"{TASK}{record.id}", workspace, state, record.created_at, record.updated_at)
        told["metadata"] = {"document_id": record.id, "title": record.title}
        if state in ("indexed", "failed", "cancelled"):
            told["completed_at"] = record.updated_at
        if record.error_message:
            error = {"message": record.error_message, "reason": record.error_message, "step": "reading"}
            suggestion = "Retry the task, or upload the document again."
            told["error"] = {**error, "suggestion": suggestion, "retryable": True}
            told["error_message"] = record.error_message
        return told

    def _deleting(self, task: Deletion, left: int) -> dict[str, Any]:
        told = self._task(task.id, task.workspace, "processing" if left else "indexed", task.created_at, now())
        if left:
            total = len(task.document_ids)
            told["progress"]["percent_complete"] = 100 * (total - left) // total
        return told

    def _task(self, task_id: str, workspace: str, state: str, created_at: str, updated_at: str) -> dict[str, Any]:
        return {
            "track_id": task_id,
            "workspace_id": workspace,
            "tenant_id": self.engine.directory.get("workspace", workspace)["tenant_id"],
            "task_type": task_id.partition("-")[0],
            "status": state,
            "created_at": created_at,
            "updated_at": updated_at,
            "retry_count": 0,
            "max_retries": 0,
            "progress": {"current_step": state, "total_steps": 1, "percent_complete": 100 * (state == "indexed")},
        }


class PipelineRoutes(Routes):
    """``/api/v1/pipeline`` and ``/api/v1/ingestion``. One worker reads, one document after the other."""

    @route("POST /api/v1/ingestion/progress")
    def progress_many(self, asked: Asked, track_ids: list[str]) -> object:
        """How far uploads are; unknown ones are left out."""
        return [_progress(one, track) for track in track_ids if (one := self._tracked(track, asked.workspace))]

    @route("GET /api/v1/ingestion/{track}/progress")
    def progress(self, asked: Asked) -> object:
        """How far an upload is."""
        track = asked["track"]
        return _progress(existing(self._tracked(track, asked.workspace), "upload", track), track)

    @route("GET /api/v1/pipeline/status")
    def pipeline(self, asked: Asked) -> object:
        """How many documents are being read."""
        states = self._states(asked)
        waiting = states["pending"] + states["processing"]
        return {
            "is_busy": waiting > 0,
            "cancellation_requested": False,
            "total_documents": states.total(),
            "processed_documents": states.total() - waiting,
            "current_batch": 0,
            "total_batches": 0,
            **{f"{state}_tasks": states[state] for state in ("pending", "processing", "completed", "failed")},
            "history_messages": [],
        }

    @route("GET /api/v1/pipeline/activity")
    def activity(self, asked: Asked) -> object:
        """The documents that are being read now."""
        working, queued = (
            [_active(record) for record in self.store.records.page(asked.workspace, status=state, size=100).records]
            for state in ("processing", "pending")
        )
        tasks = [{"id": one["track_id"], "kind": "insert", "document_id": one["document_id"]} for one in working]
        told = {"working": working, "queued": queued, "tasks": tasks, "updated_at": now()}
        return {"busy": bool(working or queued), **told}

    @route("GET /api/v1/pipeline/queue-metrics")
    def queue(self, asked: Asked) -> object:
        """How full the queue is."""
        states = self._states(asked)
        busy = int(states["processing"] > 0)
        seconds = ("avg_wait_time", "max_wait_time", "estimated_queue_time")
        return {
            "pending_count": states["pending"],
            "processing_count": states["processing"],
            "active_workers": busy,
            "max_workers": 1,
            "worker_utilization": 100 * busy,
            **{f"{name}_seconds": 0.0 for name in seconds},
            "throughput_per_minute": 0.0,
            "rate_limited": False,
            "timestamp": now(),
            "pressure": "normal",
            "pending_warn_threshold": 100,
            "pending_critical_threshold": 500,
        }

    def _states(self, asked: Asked) -> Counter[str]:
        return self.store.records.page(asked.named_workspace).statuses

    def _tracked(self, track: str, workspace: str) -> Record | None:
        """The document of a task, or of the id that an upload was given."""
        if track.startswith(TASK):
            return self.store.records.get(track.removeprefix(TASK), workspace)
        return next(iter(self.store.records.tracked(track, workspace)), None)


def _state(status: str) -> str:
    """A task's state, of its document's."""
    return "indexed" if status == "completed" else status


def _operation(record: Record, message: str) -> dict[str, Any]:
    return {"success": True, "pdf_id": record.id, "task_id": f"{TASK}{record.id}", "message": message}


def _progress(record: Record, track: str) -> dict[str, Any]:
    state = _state(record.status)
    done, words = state == "indexed", record.error_message or state
    stage = {"stage": "indexing", "status": _STAGE_STATES.get(state, "active"), "progress": 100.0 * done}
    return {
        "track_id": track,
        "document_id": record.id,
        "document_name": record.title,
        "filename": record.name,
        **fields(record, "source_type", "status", "updated_at"),
        "stage": "indexing",
        "stage_status": stage["status"],
        "message": words,
        "counts": {"current": int(done), "total": 1, "unit": "documents"},
        "progress_01": float(done),
        "progress": {
            "current_stage": "indexing",
            "completion_percentage": 100.0 * done,
            "latest_message": words,
            "stages": [{**stage, "total_items": 1, "completed_items": int(done)}],
        },
        "cost_usd": 0.0,
        "started_at": record.created_at,
    }


def _active(record: Record) -> dict[str, Any]:
    told = {"document_id": record.id, "filename": record.title, "stage": record.status}
    return {**told, "track_id": f"{TASK}{record.id}", "message": ""}

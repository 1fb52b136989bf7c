"""The routes that tell how far the reading of documents is."""

import asyncio
from collections import Counter
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.bodies import TracksBody
from edgequake.local.engine import Engine
from edgequake.local.records import Record
from edgequake.local.requests import RequestError, body_of
from edgequake.local.schema import now
from edgequake.local.scope import Scope
from edgequake.local.task_routes import TASK, task_state


class PipelineRoutes:
    """`/api/v1/pipeline` and `/api/v1/ingestion`. One worker reads, one document after the other."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._records = engine.store.records

    def routes(self) -> list[Route]:
        """Where they are."""
        root = "/api/v1"
        return [
            Route(f"{root}/ingestion/progress", self.progress_many, methods=["POST"]),
            Route(f"{root}/ingestion/{{track}}/progress", self.progress),
            Route(f"{root}/pipeline/status", self.pipeline),
            Route(f"{root}/pipeline/activity", self.activity),
            Route(f"{root}/pipeline/queue-metrics", self.queue),
        ]

    def progress(self, request: Request) -> Response:
        """How far an upload is."""
        track, workspace = request.path_params["track"], self._engine.workspace(request)
        found = self._tracked(track, workspace)
        if found is None:
            raise RequestError(404, "NOT_FOUND", f"Not found: upload {track}")
        return JSONResponse(_progress(found, track))

    async def progress_many(self, request: Request) -> Response:
        """How far uploads are; unknown ones are left out."""
        body = await body_of(TracksBody, request)
        workspace = await asyncio.to_thread(self._engine.workspace, request)
        found = [(track, await asyncio.to_thread(self._tracked, track, workspace)) for track in body.track_ids]
        return JSONResponse([_progress(record, track) for track, record in found if record is not None])

    def pipeline(self, request: Request) -> Response:
        """How many documents are being read."""
        states = self._states(request)
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

    def activity(self, request: Request) -> Response:
        """The documents that are being read now."""
        workspace = self._engine.workspace(request)
        working = [_active(record) for record in self._in_state(workspace, "processing")]
        queued = [_active(record) for record in self._in_state(workspace, "pending")]
        tasks = [{"id": one["track_id"], "kind": "insert", "document_id": one["document_id"]} for one in working]
        told = {"working": working, "queued": queued, "tasks": tasks, "updated_at": now()}
        return JSONResponse({"busy": bool(working or queued), **told})

    def queue(self, request: Request) -> Response:
        """How full the queue is; one worker reads, one document after the other."""
        states = self._states(request)
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
                "timestamp": now(),
                "pressure": "normal",
                "pending_warn_threshold": 100,
                "pending_critical_threshold": 500,
            }
        )

    def _states(self, request: Request) -> Counter[str]:
        workspace = self._engine.workspace(request, named=True)
        return self._records.page(workspace, Scope()).statuses

    def _in_state(self, workspace: str, state: str) -> list[Record]:
        return self._records.page(workspace, Scope(), state, size=100).records

    def _tracked(self, track: str, workspace: str) -> Record | None:
        """The document of a task, or of the id that an upload was given."""
        if track.startswith(TASK):
            return self._records.get(track.removeprefix(TASK), workspace)
        return next(iter(self._records.tracked(track, workspace)), None)


def _progress(record: Record, track: str) -> dict[str, Any]:
    state = task_state(record.status)
    done = state == "indexed"
    word = {"indexed": "complete", "failed": "failed", "cancelled": "failed"}.get(state, "active")
    told = record.error_message or state
    items = {"total_items": 1, "completed_items": int(done)}
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
            "stages": [{"stage": "indexing", "status": word, "progress": 100.0 * done, **items}],
        },
        "cost_usd": 0.0,
        "started_at": record.created_at,
        "updated_at": record.updated_at,
    }


def _active(record: Record) -> dict[str, Any]:
    told = {"document_id": record.id, "filename": record.title, "stage": record.status}
    return {**told, "track_id": f"{TASK}{record.id}", "message": ""}

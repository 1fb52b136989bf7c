"""The pipeline that processes documents."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.options import RequestOptions

__all__ = [
    "PipelineActivity",
    "PipelineCancel",
    "PipelineMessage",
    "PipelineOptions",
    "PipelineStatus",
    "PipelineTask",
    "PipelineWork",
    "QueueMetrics",
]


class PipelineOptions(RequestOptions, total=False):
    """The options of ``pipeline.status`` and ``pipeline.queue_metrics``."""

    tenant_id: str | None
    """Only the work of this tenant."""
    workspace_id: str | None
    """Only the work of this workspace."""


class PipelineMessage(Model):
    """A line of the pipeline's log."""

    timestamp: str | None = None
    """When the line was written, RFC 3339."""
    level: str | None = None
    """``info``, ``warning`` or ``error``."""
    message: str = ""
    """The words."""


class PipelineStatus(Answer):
    """What the pipeline is doing."""

    is_busy: bool | None = None
    """Whether it processes documents now."""
    job_name: str | None = None
    """What it is doing."""
    job_start: str | None = None
    """When this work began, RFC 3339."""
    total_documents: int | None = None
    """Documents of this work."""
    processed_documents: int | None = None
    """Documents that are done."""
    current_batch: int | None = None
    """The number of the batch, from 1."""
    total_batches: int | None = None
    """How many batches there are."""
    latest_message: str | None = None
    """The last line of the log."""
    history_messages: list[PipelineMessage] = Field(default_factory=list)
    """The last lines of the log."""
    cancellation_requested: bool | None = None
    """Whether the pipeline was told to stop."""
    pending_tasks: int | None = None
    """Tasks that wait."""
    processing_tasks: int | None = None
    """Tasks under way."""
    completed_tasks: int | None = None
    """Tasks that succeeded."""
    failed_tasks: int | None = None
    """Tasks that failed."""


class PipelineCancel(Answer):
    """The result of telling the pipeline to stop."""

    status: str | None = None
    """``cancellation_requested``, or that there is nothing to stop. Other values are possible."""
    message: str | None = None
    """The server's message."""


class PipelineWork(Model):
    """A document that is processed or waits."""

    document_id: str | None = None
    """The document."""
    filename: str | None = None
    """Its file name."""
    stage: str | None = None
    """The progress."""
    track_id: str | None = None
    """The upload or task that it belongs to."""
    message: str | None = None
    """What is being done."""


class PipelineTask(Model):
    """A task of the pipeline."""

    id: str | None = None
    """The task's id."""
    kind: str | None = None
    """What it does."""
    document_id: str | None = None
    """The document."""


class PipelineActivity(Answer):
    """What is being processed, document by document."""

    busy: bool | None = None
    """Whether anything is being processed."""
    working: list[PipelineWork] = Field(default_factory=list)
    """Documents that are processed now."""
    queued: list[PipelineWork] = Field(default_factory=list)
    """Documents that wait."""
    tasks: list[PipelineTask] = Field(default_factory=list)
    """The tasks."""
    updated_at: str | None = None
    """The time of this report, RFC 3339."""


class QueueMetrics(Answer):
    """How long the queue is, and how fast it moves."""

    pending_count: int | None = None
    """Tasks that wait."""
    processing_count: int | None = None
    """Tasks under way."""
    active_workers: int | None = None
    """How many workers are busy."""
    max_workers: int | None = None
    """How many workers there are."""
    worker_utilization: float | None = None
    """The part of the workers that is busy, in percent."""
    avg_wait_time_seconds: float | None = None
    """The average time that a task waits, in seconds."""
    max_wait_time_seconds: float | None = None
    """The longest time that a task waits, in seconds."""
    throughput_per_minute: float | None = None
    """How many tasks are completed per minute."""
    estimated_queue_time_seconds: float | None = None
    """How long a new task would wait, in seconds."""
    rate_limited: bool | None = None
    """Whether the rate limit of a provider delays the work."""
    timestamp: str | None = None
    """The time of these figures, RFC 3339."""
    pressure: str | None = None
    """``normal``, ``elevated`` or ``critical``. Other values are possible."""
    pending_warn_threshold: int | None = None
    """The number of waiting tasks at which the pressure is elevated."""
    pending_critical_threshold: int | None = None
    """The number of waiting tasks at which the pressure is critical."""
    operator_action: Any = None
    """What the server's operator can do about it."""

"""Tasks: the work that the server does in the background."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.options import RequestOptions
from edgequake.models.page import NumberedPage, Pagination

__all__ = ["Task", "TaskError", "TaskListOptions", "TaskPage", "TaskStatistics"]


class TaskListOptions(RequestOptions, total=False):
    """The options of ``tasks.list``."""

    status: Literal["pending", "processing", "indexed", "failed", "cancelled"] | str | None
    """Only tasks with this status."""
    task_type: str | None
    """Only tasks of this kind, such as ``insert``."""
    page: int | None
    """The page to begin with, from 1."""
    page_size: int | None
    """How many tasks in one request. Default: 100."""
    sort: str | None
    """The field to sort by, such as ``created_at``."""
    order: Literal["asc", "desc"] | str | None
    """``asc`` for the smallest value first, ``desc`` for the largest value first."""
    tenant_id: str | None
    """Only tasks of this tenant."""
    workspace_id: str | None
    """Only tasks of this workspace."""


class TaskError(Model):
    """Why a task failed."""

    message: str | None = None
    """What failed."""
    step: str | None = None
    """The step that failed."""
    reason: str | None = None
    """The reason."""
    suggestion: str | None = None
    """What can be done about it."""
    retryable: bool | None = None
    """Whether ``tasks.retry`` may succeed."""


class Task(Answer):
    """A task."""

    track_id: str
    """Its id."""
    tenant_id: str | None = None
    """The tenant."""
    workspace_id: str | None = None
    """The workspace."""
    task_type: str | None = None
    """What it does, such as ``insert``."""
    status: str
    """``pending``, ``processing``, ``indexed`` (success), ``failed``, ``cancelled``. Other values are possible."""
    created_at: str | None = None
    """When it was asked for, RFC 3339."""
    updated_at: str | None = None
    """When it was last changed, RFC 3339."""
    started_at: str | None = None
    """When it began, RFC 3339."""
    completed_at: str | None = None
    """When it ended, RFC 3339."""
    error_message: str | None = None
    """Why it failed, in one line."""
    error: TaskError | None = None
    """Why it failed, with details."""
    retry_count: int | None = None
    """The number of retries so far."""
    max_retries: int | None = None
    """The largest number of retries."""
    progress: Any = None
    """The progress. Its fields depend on ``task_type``."""
    result: Any = None
    """The result of the task."""
    metadata: Any = None
    """Additional fields that the server keeps."""
    queue_position: int | None = None
    """How many tasks are before it. Only newer servers send it."""
    eta_seconds: float | None = None
    """Seconds until it is done, by the server's estimate. Only newer servers send it."""


class TaskStatistics(Model):
    """How many tasks have each status."""

    pending: int = 0
    """Tasks that wait."""
    processing: int = 0
    """Tasks under way."""
    indexed: int = 0
    """Tasks that succeeded."""
    failed: int = 0
    """Tasks that failed."""
    cancelled: int = 0
    """Tasks that were cancelled."""


class TaskPage(NumberedPage[Task]):
    """One page of tasks."""

    rows_in: ClassVar[str] = "tasks"

    tasks: list[Task] = Field(default_factory=list)
    """The tasks of this page."""
    pagination: Pagination = Field(default_factory=Pagination)
    """The position of this page among all pages."""
    statistics: TaskStatistics = Field(default_factory=TaskStatistics)
    """How many tasks have each status."""

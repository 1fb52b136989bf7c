"""Waiting for tasks, rebuilds and deletions. See :mod:`edgequake._core.polling`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from edgequake._core.ingestion import ingested
from edgequake._core.progress import Work, said
from edgequake.exceptions import (
    ConfigurationError,
    EdgeQuakeError,
    NetworkError,
    NotFoundError,
    ProcessingError,
    TimeoutError,
)
from edgequake.models.ingestion import is_failure, is_final

if TYPE_CHECKING:
    from edgequake._core.polling import Polling, Steps
    from edgequake.models.health import Ready
    from edgequake.models.ingestion import Ingestion
    from edgequake.models.tasks import Task

__all__ = ["deleted", "rebuilt", "server_ready", "task_ended", "task_id_of"]


def task_id_of(target: Any) -> str:
    """The id of the task that does the work which ``target`` tells of.

    Raises :class:`ConfigurationError` for what has none.
    """
    if isinstance(target, str):
        found: Any = target
    else:
        names = ("task_id", "job_id", "wipe_track_id", "batch_track_id", "track_id")
        found = next((value for name in names if (value := getattr(target, name, None))), None)
    if not isinstance(found, str) or not found.strip():
        raise ConfigurationError(f"give the id of a task, or an answer that has one, to wait for; not {target!r}")
    return found


def task_ended(task_id: str, polling: Polling, *, raise_on_failure: bool = True) -> Steps[Task]:
    """The task, when it has ended. Raises :class:`ProcessingError` if it failed or was cancelled."""
    delays = polling.delays()
    while True:
        task: Task = yield from polling.ask("task", task_id)
        yield from polling.tell(task_id, task)
        if is_final(task.status):
            if is_failure(task.status) and raise_on_failure:
                raise task_failure(task)
            return task
        yield from polling.pause(next(delays))


def task_failure(task: Task) -> ProcessingError:
    """The error that tells why a task failed."""
    reason = said(task.error, "reason", "message") or task.error_message
    suggestion = said(task.error, "suggestion")
    how = "was cancelled" if task.status == "cancelled" else "failed"
    parts = [f"the {task.task_type or 'task'} {task.track_id} {how}", reason]
    return ProcessingError(
        ": ".join(part for part in parts if part) + (f". {suggestion}" if suggestion else ""),
        status=task.status,
        track_id=task.track_id,
        reason=reason,
        suggestion=suggestion,
        retryable=said(task.error, "retryable"),
        progress=task.progress,
        task=task,
    )


def server_ready(polling: Polling) -> Steps[Ready]:
    """What the server says of itself when it is ready; one that cannot be reached is not."""
    delays = polling.delays()
    while True:
        ready = yield from polling.ask("ready", "", (NetworkError, TimeoutError))
        if isinstance(ready, EdgeQuakeError):
            if isinstance(ready, TimeoutError) and ready.stage == "total":
                raise ready
        else:
            yield from polling.tell("ready", ready)
            if ready.ready:
                return cast("Ready", ready)
        yield from polling.pause(next(delays))


def deleted(deletion: Any, polling: Polling) -> Steps[None]:
    """Ends when what ``deletion`` tells of is gone."""
    document_id = getattr(deletion, "document_id", None)
    if not isinstance(deletion, str):
        if not hasattr(deletion, "accepted"):
            raise ConfigurationError(f"give the id of a task, or an answer of delete(), to wait for; not {deletion!r}")
        accepted = getattr(deletion, "accepted", False)
        if getattr(deletion, "deleted", False) or not (accepted or document_id):
            return  # an older server removes it before it answers
    if document_id is None or getattr(deletion, "track_id", None):
        yield from _task_gone(task_id_of(deletion), document_id, polling)
        return
    delays = polling.delays()
    while not (yield from _document_gone(document_id, polling)):
        yield from polling.pause(next(delays))


def _task_gone(task_id: str, document_id: str | None, polling: Polling) -> Steps[None]:
    seen = False
    delays = polling.delays()
    while True:
        task = yield from polling.ask("task", task_id, NotFoundError)
        if not isinstance(task, NotFoundError):
            seen = True
            yield from polling.tell(task_id, task)
            if is_failure(task.status):
                raise task_failure(task)
            if is_final(task.status):
                return
        elif document_id is not None:
            if (yield from _document_gone(document_id, polling)):
                return
        elif seen:
            return  # a server forgets tasks that have ended
        else:
            raise task
        yield from polling.pause(next(delays))


def _document_gone(document_id: str, polling: Polling) -> Steps[bool]:
    document = yield from polling.ask("document", document_id, NotFoundError)
    return isinstance(document, NotFoundError)


def rebuilt(rebuild: Any, polling: Polling, missing_routes: set[str]) -> Steps[Task | Ingestion | None]:
    """What a rebuild of a workspace came to: its task, or the documents that it processed again, if it has any work."""
    is_rebuild = hasattr(rebuild, "job_id")  # one that began nothing has no id
    work_id = rebuild.job_id or rebuild.track_id if is_rebuild else task_id_of(rebuild)
    amounts = [getattr(rebuild, name, None) for name in ("documents_queued", "documents_to_process")]
    if not work_id or 0 in amounts:
        return None
    task = yield from polling.ask("task", work_id, NotFoundError)
    if isinstance(task, NotFoundError):  # the documents have a track of their own
        return (yield from ingested([Work(track_id=work_id)], polling, missing_routes))
    return (yield from task_ended(work_id, polling))

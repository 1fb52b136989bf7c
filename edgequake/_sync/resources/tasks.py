# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Tasks: ``client.tasks``."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Unpack

from edgequake._sync.flows.polling import Wait
from edgequake._sync.resources.resource import Resource
from edgequake._core.polling import Polling
from edgequake._core.tasks import task_ended, task_id_of
from edgequake.models.tasks import Task, TaskListOptions, TaskPage

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake._sync.pager import Pager
    from edgequake.models.ids import HasJobId, HasTrackId, TrackId
    from edgequake.models.options import BodyOptions, RequestOptions
    from edgequake.models.uploads import Upload

__all__ = ["Tasks"]


class Tasks(Resource):
    """Background tasks of the server: ``client.tasks``.

    Every method raises the errors of :meth:`Query.execute`.
    """

    def list(self, **options: Unpack[TaskListOptions]) -> Pager[Task, TaskPage]:
        """The tasks, fetched page by page while you iterate (``GET /api/v1/tasks``)."""
        return self._pages("GET /api/v1/tasks", TaskPage, options, TaskListOptions)

    def get(self, track_id: TrackId, **options: Unpack[RequestOptions]) -> Task:
        """A task (``GET /api/v1/tasks/{track_id}``). Its status is ``indexed`` if it succeeded.

        :raises NotFoundError: no task has this id.
        """
        return self._send("GET /api/v1/tasks/{track_id}", Task, options, track_id=track_id)

    def wait(
        self,
        task: str | Upload | HasTrackId | HasJobId,
        *,
        timeout: float | None = 600,
        poll_interval: float = 1.0,
        on_progress: Callable[[Task], object] | None = None,
        raise_on_failure: bool = True,
    ) -> Task:
        """Waits until a task has ended, and returns it.

        ::

            upload = client.documents.upload_text("The relay moved to Lyon.")
            client.tasks.wait(upload, on_progress=lambda task: print(task.status))

        To wait for documents, use ``documents.wait``: a document can need several tasks. A PDF has two.

        :param task: an id, or an answer that has one: a :class:`Task`, an upload, a rebuild.
        :param timeout: seconds for the whole wait; None for no limit.
        :param poll_interval: seconds before the second request. Each later pause is 1.5 times longer, up to 5 seconds.
        :param on_progress: called with the task whenever it has changed.
        :param raise_on_failure: False returns a task that failed or was cancelled, without an error.
        :raises ProcessingError: the task failed or was cancelled.
        :raises TimeoutError: the task did not end in time. ``progress`` is the task. The server continues to work.
        :raises NotFoundError: no task has this id.
        """
        task_id = task_id_of(task)
        polling = Polling(timeout, poll_interval, monotonic)
        steps = task_ended(task_id, polling, raise_on_failure=raise_on_failure)
        wait: Wait[Task, Task] = Wait(lambda: steps, {"task": self.get}, self._session.config.timeout)
        return wait.finished(on_progress)

    def cancel(self, track_id: TrackId, **options: Unpack[BodyOptions]) -> Task:
        """Stops a task (``POST /api/v1/tasks/{track_id}/cancel``).

        :raises NotFoundError: no task has this id.
        :raises ConflictError: the task has already ended.
        """
        return self._send("POST /api/v1/tasks/{track_id}/cancel", Task, options, track_id=track_id)

    def retry(self, track_id: TrackId, **options: Unpack[BodyOptions]) -> Task:
        """Starts a failed task again (``POST /api/v1/tasks/{track_id}/retry``).

        :raises NotFoundError: no task has this id.
        :raises ConflictError: the task has not failed.
        """
        return self._send("POST /api/v1/tasks/{track_id}/retry", Task, options, track_id=track_id)

# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Tasks: ``client.tasks``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake.models.tasks import Task, TaskListOptions, TaskPage

if TYPE_CHECKING:
    from edgequake._sync.pager import Pager
    from edgequake.models.ids import TrackId
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["Tasks"]


class Tasks(Resource):
    """The work that the server does in the background: ``client.tasks``.

    Every method raises the errors of :meth:`Query.execute`.
    """

    def list(self, **options: Unpack[TaskListOptions]) -> Pager[Task, TaskPage]:
        """The tasks, page after page as they are needed (``GET /api/v1/tasks``)."""
        return self._pages("GET /api/v1/tasks", TaskPage, options, TaskListOptions)

    def get(self, track_id: TrackId, **options: Unpack[RequestOptions]) -> Task:
        """A task (``GET /api/v1/tasks/{track_id}``). Success is the status ``indexed``.

        :raises NotFoundError: there is none of this id.
        """
        return self._send("GET /api/v1/tasks/{track_id}", Task, options, track_id=track_id)

    def cancel(self, track_id: TrackId, **options: Unpack[BodyOptions]) -> Task:
        """Ends a task (``POST /api/v1/tasks/{track_id}/cancel``).

        :raises NotFoundError: there is none of this id.
        :raises ConflictError: it has ended already.
        """
        return self._send("POST /api/v1/tasks/{track_id}/cancel", Task, options, track_id=track_id)

    def retry(self, track_id: TrackId, **options: Unpack[BodyOptions]) -> Task:
        """Tries a failed task again (``POST /api/v1/tasks/{track_id}/retry``).

        :raises NotFoundError: there is none of this id.
        :raises ConflictError: it has not failed.
        """
        return self._send("POST /api/v1/tasks/{track_id}/retry", Task, options, track_id=track_id)

# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Jobs: ``client.workspaces.jobs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake._core.endpoints import if_any
from edgequake.models._model import Raw
from edgequake.models.jobs import Job, JobCatalog, JobListOptions, JobPage, NewJobOptions

if TYPE_CHECKING:
    from edgequake._sync.pager import Pager
    from edgequake.models.ids import JobId, WorkspaceId
    from edgequake.models.options import RequestOptions

__all__ = ["Jobs"]


class Jobs(Resource):
    """Background jobs of a workspace that you start by their type: ``client.workspaces.jobs``.

    ``workspace_id`` defaults to the client's own. Every method raises the errors of :meth:`Query.execute`.
    """

    def list(
        self, *, workspace_id: WorkspaceId | None = None, **options: Unpack[JobListOptions]
    ) -> Pager[Job, JobPage]:
        """The jobs, fetched page by page while you iterate (``GET /api/v2/workspaces/{workspace_id}/jobs``)."""
        route = "GET /api/v2/workspaces/{workspace_id}/jobs"
        return self._pages(route, JobPage, options, JobListOptions, workspace_id=workspace_id)

    def create(
        self, job_type: str, *, workspace_id: WorkspaceId | None = None, **options: Unpack[NewJobOptions]
    ) -> Job:
        """Starts a job (``POST /api/v2/workspaces/{workspace_id}/jobs``).

        :param job_type: a type that :meth:`catalog` lists as ``creatable_via_v2``.
        """
        route = "POST /api/v2/workspaces/{workspace_id}/jobs"
        return self._send(route, Job, options, NewJobOptions, job_type=job_type, workspace_id=workspace_id)

    def catalog(
        self, *, workspace_id: WorkspaceId | None = None, **options: Unpack[RequestOptions]
    ) -> JobCatalog:
        """The types of jobs (``GET /api/v2/workspaces/{workspace_id}/jobs/catalog``)."""
        route = "GET /api/v2/workspaces/{workspace_id}/jobs/catalog"
        return self._send(route, JobCatalog, options, workspace_id=workspace_id)

    def get(
        self, job_id: JobId, *, workspace_id: WorkspaceId | None = None, **options: Unpack[RequestOptions]
    ) -> Job:
        """A job (``GET /api/v2/workspaces/{workspace_id}/jobs/{job_id}``).

        :raises NotFoundError: no job has this id.
        """
        route = "GET /api/v2/workspaces/{workspace_id}/jobs/{job_id}"
        return self._send(route, Job, options, job_id=job_id, workspace_id=workspace_id)

    def cancel(
        self, job_id: JobId, *, workspace_id: WorkspaceId | None = None, **options: Unpack[RequestOptions]
    ) -> Raw | None:
        """Ends a job (``DELETE /api/v2/workspaces/{workspace_id}/jobs/{job_id}``).

        Returns None if the server replies without a body.

        :raises NotFoundError: no job has this id.
        :raises ConflictError: it has ended already.
        """
        route = "DELETE /api/v2/workspaces/{workspace_id}/jobs/{job_id}"
        return self._send(route, if_any(Raw), options, job_id=job_id, workspace_id=workspace_id)

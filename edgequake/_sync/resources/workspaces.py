# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Workspaces: ``client.workspaces``."""

from __future__ import annotations

from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING, Any, Unpack

from edgequake._sync.resources.injections import Injections
from edgequake._sync.resources.jobs import Jobs
from edgequake._sync.resources.resource import Resource
from edgequake._sync.resources.waiting import DocumentWaits
from edgequake._core.polling import Polling
from edgequake._core.tasks import rebuilt
from edgequake.exceptions import ConfigurationError
from edgequake.models.workspaces import (
    EmbeddingRebuildOptions,
    GraphRebuildOptions,
    MetricsOptions,
    MetricsPage,
    MetricsSnapshot,
    NewWorkspaceOptions,
    Rebuild,
    ReprocessDocumentsOptions,
    Workspace,
    WorkspaceListOptions,
    WorkspacePage,
    WorkspaceStats,
    WorkspaceUpdateOptions,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake._sync.pager import Pager
    from edgequake.models.ids import TenantId, WorkspaceId
    from edgequake.models.ingestion import Ingestion
    from edgequake.models.options import BodyOptions, RequestOptions
    from edgequake.models.tasks import Task

__all__ = ["Workspaces"]


class Workspaces(Resource):
    """Workspaces: ``client.workspaces``. Every method raises the errors of :meth:`Query.execute`.

    ``workspace_id`` and ``tenant_id`` default to the client's own. To work inside a workspace, use
    ``client.with_options(workspace_id=…)``.
    """

    @cached_property
    def injections(self) -> Injections:
        """Texts, such as glossaries, that help the server to understand questions."""
        return Injections(self._session)

    @cached_property
    def jobs(self) -> Jobs:
        """Background jobs of a workspace that you start by their type."""
        return Jobs(self._session)

    def list(
        self, tenant_id: TenantId | None = None, **options: Unpack[WorkspaceListOptions]
    ) -> Pager[Workspace, WorkspacePage]:
        """The workspaces of a tenant, fetched page by page while you iterate.

        The route is ``GET /api/v1/tenants/{tenant_id}/workspaces``.

        :raises NotFoundError: there is no such tenant.
        """
        route = "GET /api/v1/tenants/{tenant_id}/workspaces"
        return self._pages(route, WorkspacePage, options, WorkspaceListOptions, tenant_id=tenant_id)

    def create(
        self, name: str, *, tenant_id: TenantId | None = None, **options: Unpack[NewWorkspaceOptions]
    ) -> Workspace:
        """Creates a workspace (``POST /api/v1/tenants/{tenant_id}/workspaces``).

        ::

            workspace = client.workspaces.create("Lyon", entity_types=["PERSON", "MACHINE"])
            lyon = client.with_options(workspace_id=workspace.id)

        :raises ConflictError: the slug is taken.
        """
        route = "POST /api/v1/tenants/{tenant_id}/workspaces"
        return self._send(route, Workspace, options, NewWorkspaceOptions, name=name, tenant_id=tenant_id)

    def get(self, workspace_id: WorkspaceId | None = None, **options: Unpack[RequestOptions]) -> Workspace:
        """A workspace and its settings (``GET /api/v1/workspaces/{workspace_id}``).

        :raises NotFoundError: no workspace has this id.
        """
        route = "GET /api/v1/workspaces/{workspace_id}"
        return self._send(route, Workspace, options, workspace_id=workspace_id)

    def by_slug(
        self, slug: str, *, tenant_id: TenantId | None = None, **options: Unpack[RequestOptions]
    ) -> Workspace:
        """The workspace with this short name (``GET /api/v1/tenants/{tenant_id}/workspaces/by-slug/{slug}``).

        :raises NotFoundError: no workspace has this slug.
        """
        route = "GET /api/v1/tenants/{tenant_id}/workspaces/by-slug/{slug}"
        return self._send(route, Workspace, options, slug=slug, tenant_id=tenant_id)

    def update(
        self, workspace_id: WorkspaceId | None = None, **options: Unpack[WorkspaceUpdateOptions]
    ) -> Workspace:
        """Changes a workspace (``PUT /api/v1/workspaces/{workspace_id}``).

        Fields that you do not give keep their values.

        :raises NotFoundError: no workspace has this id.
        """
        return self._send(
            "PUT /api/v1/workspaces/{workspace_id}",
            Workspace,
            options,
            WorkspaceUpdateOptions,
            replayable=True,
            workspace_id=workspace_id,
        )

    def delete(self, workspace_id: WorkspaceId, **options: Unpack[RequestOptions]) -> None:
        """Removes a workspace with all its documents (``DELETE /api/v1/workspaces/{workspace_id}``).

        :param workspace_id: the workspace. The client's own is not used, so you have to give it.
        :raises NotFoundError: no workspace has this id.
        """
        if workspace_id is None:
            raise ConfigurationError("delete() removes a workspace with all its documents: name it by workspace_id")
        route = "DELETE /api/v1/workspaces/{workspace_id}"
        self._send(route, type(None), options, replayable=True, workspace_id=workspace_id)

    def stats(self, workspace_id: WorkspaceId | None = None, **options: Unpack[RequestOptions]) -> WorkspaceStats:
        """How much a workspace holds (``GET /api/v1/workspaces/{workspace_id}/stats``).

        :raises NotFoundError: no workspace has this id.
        """
        route = "GET /api/v1/workspaces/{workspace_id}/stats"
        return self._send(route, WorkspaceStats, options, workspace_id=workspace_id)

    def metrics_history(
        self, workspace_id: WorkspaceId | None = None, **options: Unpack[MetricsOptions]
    ) -> Pager[MetricsSnapshot, MetricsPage]:
        """The statistics of a workspace over time (``GET /api/v1/workspaces/{workspace_id}/metrics-history``)."""
        route = "GET /api/v1/workspaces/{workspace_id}/metrics-history"
        return self._pages(route, MetricsPage, options, MetricsOptions, workspace_id=workspace_id)

    def snapshot_metrics(
        self, workspace_id: WorkspaceId | None = None, **options: Unpack[BodyOptions]
    ) -> MetricsSnapshot:
        """Records the statistics of a workspace now (``POST /api/v1/workspaces/{workspace_id}/metrics-snapshot``)."""
        route = "POST /api/v1/workspaces/{workspace_id}/metrics-snapshot"
        return self._send(route, MetricsSnapshot, options, workspace_id=workspace_id)

    def rebuild_embeddings(
        self, workspace_id: WorkspaceId | None = None, **options: Unpack[EmbeddingRebuildOptions]
    ) -> Rebuild:
        """Starts to compute all embeddings again (``POST /api/v1/workspaces/{workspace_id}/rebuild-embeddings``).

        ``job_id`` of the answer is the id of the task. Wait for it with :meth:`wait`.

        :raises ConflictError: a rebuild is already running.
        """
        route = "POST /api/v1/workspaces/{workspace_id}/rebuild-embeddings"
        return self._send(route, Rebuild, options, EmbeddingRebuildOptions, workspace_id=workspace_id)

    def rebuild_knowledge_graph(
        self, workspace_id: WorkspaceId | None = None, **options: Unpack[GraphRebuildOptions]
    ) -> Rebuild:
        """Starts to build the graph again (``POST /api/v1/workspaces/{workspace_id}/rebuild-knowledge-graph``).

        ``track_id`` of the answer is the id of the work. Wait for it with :meth:`wait`.

        :raises ConflictError: a rebuild is already running.
        """
        route = "POST /api/v1/workspaces/{workspace_id}/rebuild-knowledge-graph"
        return self._send(route, Rebuild, options, GraphRebuildOptions, workspace_id=workspace_id)

    def reprocess_documents(
        self, workspace_id: WorkspaceId | None = None, **options: Unpack[ReprocessDocumentsOptions]
    ) -> Rebuild:
        """Starts to process the documents again (``POST /api/v1/workspaces/{workspace_id}/reprocess-documents``).

        ``track_id`` of the answer is the id of the work. Wait for it with :meth:`wait`.
        """
        route = "POST /api/v1/workspaces/{workspace_id}/reprocess-documents"
        return self._send(route, Rebuild, options, ReprocessDocumentsOptions, workspace_id=workspace_id)

    def wait(
        self,
        rebuild: Rebuild | str,
        *,
        timeout: float | None = None,
        poll_interval: float = 1.0,
        on_progress: Callable[[Any], object] | None = None,
    ) -> Task | Ingestion | None:
        """Waits until work on a whole workspace has ended.

        ::

            client.workspaces.wait(client.workspaces.rebuild_embeddings())

        Returns the task that did the work. If each document was processed on its own, it returns their results. It
        returns None if there was nothing to do.

        :param rebuild: what a rebuild or :meth:`reprocess_documents` returned, or its ``job_id`` or ``track_id``.
        :param timeout: seconds for the whole wait. Default: no limit.
        :param poll_interval: seconds before the second request. Each later pause is 1.5 times longer, up to 5 seconds.
        :param on_progress: called whenever the work makes progress, with the task or with a :class:`Progress`.
        :raises ProcessingError: the work, or one of the documents, failed.
        :raises TimeoutError: the work did not end in time. The server continues to work.
        """
        polling = Polling(timeout, poll_interval, monotonic)
        steps = rebuilt(rebuild, polling, self._session.connections.missing_routes)
        came_to: Task | Ingestion | None
        came_to = DocumentWaits(self._session).carried_out(lambda: steps).finished(on_progress)
        return came_to

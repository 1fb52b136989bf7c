"""The routes of tenants and workspaces."""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.bodies import TenantBody, TenantChange, WorkspaceBody, WorkspaceChange
from edgequake.local.engine import Engine
from edgequake.local.requests import RequestError, body_of, clamped, identity, number


class DirectoryRoutes:
    """`/api/v1/tenants` and `/api/v1/workspaces`. Nobody has to sign in here: whoever may ask may manage."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._directory = engine.directory

    def routes(self) -> list[Route]:
        """Where they are."""
        tenant, workspace = "/api/v1/tenants/{id}", "/api/v1/workspaces/{id}"
        return [
            Route("/api/v1/tenants", self.create_tenant, methods=["POST"]),
            Route("/api/v1/tenants", self.tenants),
            Route(f"{tenant}/workspaces/by-slug/{{slug}}", self.by_slug),
            Route(f"{tenant}/workspaces", self.create_workspace, methods=["POST"]),
            Route(f"{tenant}/workspaces", self.workspaces),
            Route(tenant, self.change_tenant, methods=["PUT"]),
            Route(tenant, self.delete_tenant, methods=["DELETE"]),
            Route(tenant, self.tenant),
            Route(f"{workspace}/stats", self.stats),
            Route(workspace, self.change_workspace, methods=["PUT"]),
            Route(workspace, self.delete_workspace, methods=["DELETE"]),
            Route(workspace, self.workspace),
        ]

    def tenants(self, request: Request) -> Response:
        """One page of the tenants."""
        return _page(request, self._directory.tenants, self._engine.of_tenant)

    def tenant(self, request: Request) -> Response:
        """A tenant."""
        found = self._directory.tenant(_id("x-tenant-id", request))
        return JSONResponse(self._engine.of_tenant(found))

    async def create_tenant(self, request: Request) -> Response:
        """201: a new tenant, with no workspace yet."""
        created = await asyncio.to_thread(self._directory.create_tenant, await body_of(TenantBody, request))
        return JSONResponse(self._engine.of_tenant(created), 201)

    async def change_tenant(self, request: Request) -> Response:
        """The tenant, changed."""
        body = await body_of(TenantChange, request)
        changed = await asyncio.to_thread(self._directory.change_tenant, _id("x-tenant-id", request), body)
        return JSONResponse(self._engine.of_tenant(changed))

    def delete_tenant(self, request: Request) -> Response:
        """Nothing: the tenant is gone, with its workspaces and all that was in them."""
        self._forget_tenant(_id("x-tenant-id", request))
        return Response(status_code=204)

    def workspaces(self, request: Request) -> Response:
        """One page of a tenant's workspaces."""
        tenant = _id("x-tenant-id", request)
        return _page(
            request, lambda first, limit: self._directory.workspaces(tenant, first, limit), self._engine.of_workspace
        )

    async def create_workspace(self, request: Request) -> Response:
        """201: a new, empty workspace."""
        body = await body_of(WorkspaceBody, request)
        created = await asyncio.to_thread(self._directory.create_workspace, _id("x-tenant-id", request), body)
        return JSONResponse(self._engine.of_workspace(created), 201)

    def by_slug(self, request: Request) -> Response:
        """A tenant's workspace by its slug."""
        tenant, slug = _id("x-tenant-id", request), request.path_params["slug"]
        found = self._directory.by_slug(tenant, slug)
        return JSONResponse(self._engine.of_workspace(found))

    def workspace(self, request: Request) -> Response:
        """A workspace."""
        found = self._directory.workspace(_id("x-workspace-id", request))
        return JSONResponse(self._engine.of_workspace(found))

    async def change_workspace(self, request: Request) -> Response:
        """The workspace, changed."""
        body = await body_of(WorkspaceChange, request)
        changed = await asyncio.to_thread(self._directory.change_workspace, _id("x-workspace-id", request), body)
        return JSONResponse(self._engine.of_workspace(changed))

    def delete_workspace(self, request: Request) -> Response:
        """Nothing: the workspace is gone, with its documents."""
        self._forget_workspace(_id("x-workspace-id", request))
        return Response(status_code=204)

    def stats(self, request: Request) -> Response:
        """How much a workspace holds; relationships are those between the entities that most documents mark."""
        workspace = _id("x-workspace-id", request)
        found = self._directory.stats(workspace)
        edges = self._count_relationships(workspace)
        return JSONResponse({**found, "relationship_count": edges})

    def _count_relationships(self, workspace: str) -> int:
        with self._engine.store.reading_graph(workspace) as graph:
            return len(graph.whole(200).edges)

    def _forget_tenant(self, tenant: str) -> None:
        with self._engine.store.transaction():
            for workspace in self._directory.emptied(tenant):
                self._forget_workspace(workspace)
            self._directory.forget("tenants", tenant)

    def _forget_workspace(self, workspace: str) -> None:
        with self._engine.store.transaction():
            self._directory.check_deletable(workspace)
            self._engine.store.wipe(workspace)
            self._engine.conversations.wipe(workspace)
            self._directory.forget("workspaces", workspace)


def _id(kind: str, request: Request) -> str:
    """The id that the route names, `default` resolved. RequestError 400 for none."""
    value = request.path_params["id"]
    found = identity(kind, value)
    if found is None:
        raise RequestError(400, "BAD_REQUEST", f"Bad request: not a UUID: {value}")
    return str(found)


def _page(
    request: Request,
    read: Callable[[int, int], tuple[list[dict[str, Any]], int]],
    told: Callable[[dict[str, Any]], dict[str, Any]],
) -> Response:
    first = number(request.query_params, "offset", 0)
    limit = clamped(request.query_params, "limit", 20, 100)
    items, total = read(first, limit)
    return JSONResponse({"items": [told(item) for item in items], "total": total, "offset": first, "limit": limit})

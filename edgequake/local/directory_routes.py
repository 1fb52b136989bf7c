"""The routes of tenants and workspaces."""

from typing import Any

from edgequake.local.bodies import Name, NonNegative
from edgequake.local.directory import Kind
from edgequake.local.requests import RequestError, clamped, identity, number
from edgequake.local.routing import Asked, Routes, route


class DirectoryRoutes(Routes):
    """``/api/v1/tenants`` and ``/api/v1/workspaces``. Nobody has to sign in here: whoever may ask may manage."""

    @route("POST /api/v1/tenants", 201)
    def create_tenant(self, asked: Asked, name: Name, slug: str | None = None, plan: str | None = None) -> object:
        """A new tenant, with no workspace yet."""
        return self._told(self.engine.directory.create("tenant", name, slug, plan=plan or "free"))

    @route("GET /api/v1/tenants")
    def tenants(self, asked: Asked) -> object:
        """One page of the tenants."""
        return self._page(asked, "tenant")

    @route("GET /api/v1/tenants/{id}/workspaces/by-slug/{slug}")
    def by_slug(self, asked: Asked) -> object:
        """A tenant's workspace by its slug."""
        return self._told(self.engine.directory.by_slug(_id("tenant", asked), asked["slug"]))

    @route("POST /api/v1/tenants/{id}/workspaces", 201)
    def create_workspace(
        self,
        asked: Asked,
        name: Name,
        slug: str | None = None,
        description: str | None = None,
        max_documents: NonNegative | None = None,
    ) -> object:
        """A new, empty workspace."""
        columns = {"description": description, "max_documents": max_documents}
        tenant = self._got("tenant", asked)["id"]
        return self._told(self.engine.directory.create("workspace", name, slug, tenant_id=tenant, **columns))

    @route("GET /api/v1/tenants/{id}/workspaces")
    def workspaces(self, asked: Asked) -> object:
        """One page of a tenant's workspaces."""
        return self._page(asked, "workspace", self._got("tenant", asked)["id"])

    @route("PUT /api/v1/tenants/{id}")
    def change_tenant(
        self, asked: Asked, name: Name | None = None, plan: str | None = None, is_active: bool | None = None
    ) -> object:
        """The tenant, changed."""
        change = {"name": name, "plan": plan, "is_active": is_active}
        return self._told(self.engine.directory.change("tenant", _id("tenant", asked), change))

    @route("DELETE /api/v1/tenants/{id}")
    def delete_tenant(self, asked: Asked) -> None:
        """Nothing: the tenant is gone, with its workspaces and all that was in them."""
        self.engine.directory.delete("tenant", _id("tenant", asked))

    @route("GET /api/v1/tenants/{id}")
    def tenant(self, asked: Asked) -> object:
        """A tenant."""
        return self._told(self._got("tenant", asked))

    @route("GET /api/v1/workspaces/{id}/stats")
    def stats(self, asked: Asked) -> object:
        """How much a workspace holds; relationships are those between the entities that most documents mark."""
        found = self.engine.directory.stats(_id("workspace", asked))
        with self.store.reading_graph(found["workspace_id"]) as graph:
            return {**found, "relationship_count": len(graph.whole(200).edges)}

    @route("PUT /api/v1/workspaces/{id}")
    def change_workspace(
        self,
        asked: Asked,
        name: Name | None = None,
        description: str | None = None,
        is_active: bool | None = None,
        max_documents: NonNegative | None = None,
    ) -> object:
        """The workspace, changed."""
        change = {"name": name, "description": description, "is_active": is_active, "max_documents": max_documents}
        return self._told(self.engine.directory.change("workspace", _id("workspace", asked), change))

    @route("DELETE /api/v1/workspaces/{id}")
    def delete_workspace(self, asked: Asked) -> None:
        """Nothing: the workspace is gone, with its documents."""
        self.engine.directory.delete("workspace", _id("workspace", asked))

    @route("GET /api/v1/workspaces/{id}")
    def workspace(self, asked: Asked) -> object:
        """A workspace."""
        return self._told(self._got("workspace", asked))

    def _got(self, kind: Kind, asked: Asked) -> dict[str, Any]:
        return self.engine.directory.get(kind, _id(kind, asked))

    def _told(self, row: dict[str, Any]) -> dict[str, Any]:
        """A tenant or workspace with the models that are here, in the contract's shape."""
        before = "" if "tenant_id" in row else "default_"
        told: dict[str, Any] = {f"{before}embedding_dimension": 0}
        for use, one in (("llm", self.engine.answers), ("embedding", self.engine.embeds)):
            told |= {f"{before}{use}_{name}": getattr(one, name) for name in ("provider", "model", "full_id")}
        return {**row, **told, **({} if before else {"entity_types_strict": False})}

    def _page(self, asked: Asked, kind: Kind, tenant: str | None = None) -> dict[str, Any]:
        first, limit = number(asked.query, "offset", 0), clamped(asked.query, "limit", 20, 100)
        items, total = self.engine.directory.page(kind, first, limit, tenant)
        return {"items": [self._told(item) for item in items], "total": total, "offset": first, "limit": limit}


def _id(kind: Kind, asked: Asked) -> str:
    """The id that the route names, ``default`` resolved. RequestError 400 for none."""
    found = identity(f"x-{kind}-id", asked["id"])
    if found is None:
        raise RequestError(400, f"not a UUID: {asked['id']}")
    return str(found)

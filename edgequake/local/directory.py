"""The tenants and their workspaces: who there is, and whose documents a request is about."""

import re
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from edgequake.local.bodies import TenantBody, TenantChange, WorkspaceBody, WorkspaceChange
from edgequake.local.requests import RequestError, identity
from edgequake.local.schema import Database, now, rows_of
from edgequake.local.scope import DEFAULT_TENANT, DEFAULT_WORKSPACE

_TENANTS = "SELECT id, name, slug, plan, is_active, 10000 AS max_workspaces, created_at, updated_at FROM tenants"
_WORKSPACES = (
    "SELECT id, tenant_id, name, slug, description, is_active, max_documents, created_at, updated_at FROM workspaces"
)
_STATS = """
SELECT (SELECT count(*) FROM documents WHERE workspace_id = :id) AS document_count,
       (SELECT count(*) FROM entities WHERE workspace_id = :id) AS entity_count,
       (SELECT count(DISTINCT entity_type) FROM entities WHERE workspace_id = :id) AS entity_type_count,
       (SELECT count(*) FROM passages WHERE workspace_id = :id) AS chunk_count,
       (SELECT count(*) FROM vectors v JOIN passages p ON p.rowid = v.passage WHERE p.workspace_id = :id)
       AS embedding_count,
       (SELECT coalesce(sum(size), 0) FROM documents WHERE workspace_id = :id) AS storage_bytes
"""


class Directory:
    """All tenants and workspaces. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as connection:
            if connection.execute("SELECT 1 FROM tenants LIMIT 1").fetchone() is None:
                default = {"name": "Default", "slug": "default"}
                self._insert("tenants", id=DEFAULT_TENANT, plan="free", **default)
                self._insert("workspaces", id=DEFAULT_WORKSPACE, tenant_id=DEFAULT_TENANT, **default)

    def resolve(self, headers: Mapping[str, str]) -> str:
        """The workspace that a request is about: the one it names, else its tenant's first, else the default one.

        Raises RequestError: 400 for what is no id, 404 for one that is not there or another tenant's. A tenant that
        was never created counts as a visitor of the default workspace.
        """
        tenant = identity("x-tenant-id", headers.get("x-tenant-id"))
        value = headers.get("x-workspace-id")
        with self._database.lock:
            run = self._database.connection.execute
            known = run("SELECT 1 FROM tenants WHERE id = ?", (str(tenant),)).fetchone() is not None
            if value is None:
                own = "SELECT id FROM workspaces WHERE tenant_id = ? ORDER BY created_at, rowid LIMIT 1"
                row = run(own, (str(tenant),)).fetchone() if known else (DEFAULT_WORKSPACE,)
                if row is None:
                    raise RequestError(404, "NOT_FOUND", f"Not found: tenant {tenant} has no workspace")
                return str(row[0])
            wanted = identity("x-workspace-id", value)
            if wanted is None:
                raise RequestError(400, "BAD_REQUEST", f"Bad request: X-Workspace-ID is not a UUID: {value}")
            row = run("SELECT tenant_id FROM workspaces WHERE id = ?", (str(wanted),)).fetchone()
        visits = not known and str(wanted) == DEFAULT_WORKSPACE
        if row is None or (tenant is not None and row[0] != str(tenant) and not visits):
            raise RequestError(404, "NOT_FOUND", f"Not found: workspace {wanted}")
        return str(wanted)

    def tenants(self, first: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        """The tenants from `first` on, the oldest first, and how many there are."""
        return self._page(_TENANTS, (), first, limit)

    def tenant(self, tenant_id: str) -> dict[str, Any]:
        """The tenant; RequestError 404."""
        return self._one(f"{_TENANTS} WHERE id = ?", "tenant", tenant_id)

    def create_tenant(self, body: TenantBody) -> dict[str, Any]:
        """A new tenant; RequestError 409 for a slug that is taken."""
        slug = body.slug or _slug(body.name)
        return self.tenant(self._insert("tenants", name=body.name, slug=slug, plan=body.plan or "free"))

    def change_tenant(self, tenant_id: str, change: TenantChange) -> dict[str, Any]:
        """The tenant, changed; RequestError 404."""
        self._change("tenants", tenant_id, change.model_dump(exclude_none=True))
        return self.tenant(tenant_id)

    def emptied(self, tenant_id: str) -> list[str]:
        """The ids of the workspaces that go with a tenant; RequestError 404, 409 for the default one."""
        self.tenant(tenant_id)
        _refuse_default(tenant_id, DEFAULT_TENANT, "tenant")
        with self._database.lock:
            rows = self._database.connection.execute("SELECT id FROM workspaces WHERE tenant_id = ?", (tenant_id,))
            return [str(row[0]) for row in rows.fetchall()]

    def workspaces(self, tenant_id: str, first: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        """A tenant's workspaces from `first` on, the oldest first, and how many there are; RequestError 404."""
        self.tenant(tenant_id)
        return self._page(f"{_WORKSPACES} WHERE tenant_id = ?", (tenant_id,), first, limit)

    def workspace(self, workspace_id: str) -> dict[str, Any]:
        """The workspace; RequestError 404."""
        return self._one(f"{_WORKSPACES} WHERE id = ?", "workspace", workspace_id)

    def by_slug(self, tenant_id: str, slug: str) -> dict[str, Any]:
        """A tenant's workspace of this slug; RequestError 404."""
        return self._one(f"{_WORKSPACES} WHERE tenant_id = ? AND slug = ?", "workspace", tenant_id, slug)

    def create_workspace(self, tenant_id: str, body: WorkspaceBody) -> dict[str, Any]:
        """A new workspace; RequestError 404 without the tenant, 409 for a slug that is taken."""
        self.tenant(tenant_id)
        given = {**body.model_dump(), "slug": body.slug or _slug(body.name)}
        return self.workspace(self._insert("workspaces", tenant_id=tenant_id, **given))

    def change_workspace(self, workspace_id: str, change: WorkspaceChange) -> dict[str, Any]:
        """The workspace, changed; RequestError 404."""
        self._change("workspaces", workspace_id, change.model_dump(exclude_none=True))
        return self.workspace(workspace_id)

    def check_deletable(self, workspace_id: str) -> None:
        """RequestError: 404 without the workspace, 409 for the default one."""
        self.workspace(workspace_id)
        _refuse_default(workspace_id, DEFAULT_WORKSPACE, "workspace")

    def forget(self, kind: str, found: str) -> None:
        """Delete the row of a tenant or workspace."""
        with self._database.transaction() as connection:
            connection.execute(f"DELETE FROM {kind} WHERE id = ?", (found,))  # noqa: S608 - one of two names

    def stats(self, workspace_id: str) -> dict[str, Any]:
        """How much a workspace holds; RequestError 404."""
        self.workspace(workspace_id)
        with self._database.lock:
            (counted,) = rows_of(self._database.connection.execute(_STATS, {"id": workspace_id}))
        return {"workspace_id": workspace_id, **counted, "stale": False}

    def _page(self, wanted: str, where: Sequence[str], first: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        with self._database.lock:
            run = self._database.connection.execute
            (total,) = run(f"SELECT count(*) FROM ({wanted})", where).fetchone()  # noqa: S608 - a constant
            return rows_of(run(f"{wanted} ORDER BY created_at, rowid LIMIT ? OFFSET ?", (*where, limit, first))), total

    def _one(self, wanted: str, kind: str, *where: str) -> dict[str, Any]:
        with self._database.lock:
            found = rows_of(self._database.connection.execute(wanted, where))
        if not found:
            raise RequestError(404, "NOT_FOUND", f"Not found: {kind} {where[-1]}")
        return found[0]

    def _insert(self, table: str, **columns: Any) -> str:
        """The id of a new row."""
        at = now()
        row = {"id": str(uuid4()), "is_active": True, "created_at": at, "updated_at": at, **columns}
        names, places = ", ".join(row), ", ".join("?" * len(row))
        try:
            with self._database.transaction() as connection:
                connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", [*row.values()])  # noqa: S608
        except sqlite3.IntegrityError:
            raise RequestError(409, "CONFLICT", "Conflict: there is one of this slug already") from None
        return str(row["id"])

    def _change(self, table: str, found: str, columns: Mapping[str, Any]) -> None:
        names = "".join(f"{name} = ?, " for name in columns)
        with self._database.transaction() as connection:
            connection.execute(
                f"UPDATE {table} SET {names} updated_at = ? WHERE id = ?",  # noqa: S608
                (*columns.values(), now(), found),
            )


def _refuse_default(found: str, default: str, kind: str) -> None:
    if found == default:
        raise RequestError(409, "CONFLICT", f"Conflict: the default {kind} stays")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or uuid4().hex[:8]

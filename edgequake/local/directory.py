"""The tenants and their workspaces: who there is, and whose documents a request is about."""

import re
import sqlite3
from collections.abc import Mapping
from typing import Any, Final, Literal
from uuid import uuid4

from edgequake.local.requests import RequestError, existing, identity, not_found
from edgequake.local.schema import Database, Row
from edgequake.local.scope import DEFAULT_TENANT, DEFAULT_WORKSPACE

Kind = Literal["tenant", "workspace"]

_ROWS: Final = {
    "tenant": "SELECT id, name, slug, plan, is_active, 10000 AS max_workspaces, created_at, updated_at FROM tenants",
    "workspace": "SELECT id, tenant_id, name, slug, description, is_active, max_documents, created_at, updated_at"
    " FROM workspaces",
}
_STATS = """
SELECT :id AS workspace_id,
       (SELECT count(*) FROM documents WHERE workspace_id = :id) AS document_count,
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

    def resolve(self, headers: Mapping[str, str]) -> str:
        """The workspace that a request is about: the one it names, else its tenant's first, else the default one.

        Raises RequestError: 400 for what is no id, 404 for one that is not there or another tenant's. A tenant that
        was never created counts as a visitor of the default workspace.
        """
        tenant = identity("x-tenant-id", headers.get("x-tenant-id"))
        value = headers.get("x-workspace-id")
        column = self._database.column
        with self._database.lock:
            known = bool(column("SELECT 1 FROM tenants WHERE id = ?", (str(tenant),)))
            if value is None:
                own = "SELECT id FROM workspaces WHERE tenant_id = ? ORDER BY created_at, rowid LIMIT 1"
                for found in column(own, (str(tenant),)) if known else (DEFAULT_WORKSPACE,):
                    return str(found)
                raise RequestError(404, f"tenant {tenant} has no workspace")
            wanted = identity("x-workspace-id", value)
            if wanted is None:
                raise RequestError(400, f"X-Workspace-ID is not a UUID: {value}")
            owners = column("SELECT tenant_id FROM workspaces WHERE id = ?", (str(wanted),))
        visits = not known and str(wanted) == DEFAULT_WORKSPACE
        if not owners or (tenant is not None and owners != [str(tenant)] and not visits):
            raise not_found("workspace", wanted)
        return str(wanted)

    def page(self, kind: Kind, first: int, limit: int, tenant: str | None = None) -> tuple[list[Row], int]:
        """Those from ``first`` on, the oldest first, and how many there are: all tenants, or a tenant's workspaces."""
        where = f"{_ROWS[kind]} WHERE :tenant IS NULL OR {'tenant_id' if tenant else 'id'} = :tenant"
        asked = {"tenant": tenant, "limit": limit, "first": first}
        rows = self._database.rows(f"{where} ORDER BY created_at, rowid LIMIT :limit OFFSET :first", asked)
        return rows, len(self._database.column(where, asked))

    def get(self, kind: Kind, found: str) -> Row:
        """One of them; RequestError 404."""
        return self._one(kind, found, "id = ?", found)

    def by_slug(self, tenant: str, slug: str) -> Row:
        """A tenant's workspace of this slug; RequestError 404."""
        return self._one("workspace", slug, "tenant_id = ? AND slug = ?", tenant, slug)

    def create(self, kind: Kind, name: str, slug: str | None, **columns: Any) -> Row:
        """A new one; RequestError 409 for a slug that is taken."""
        slug = slug or re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or uuid4().hex[:8]
        try:
            return self.get(kind, self._database.insert(f"{kind}s", name=name, slug=slug, is_active=True, **columns))
        except sqlite3.IntegrityError:
            raise RequestError(409, "there is one of this slug already") from None

    def change(self, kind: Kind, found: str, change: Mapping[str, Any]) -> Row:
        """One of them, changed in what is not None; RequestError 404."""
        given = {name: value for name, value in change.items() if value is not None}
        self._database.update(f"{kind}s", found, **given)
        return self.get(kind, found)

    def delete(self, kind: Kind, found: str) -> None:
        """Delete one of them with all that is in it. RequestError: 404 for none, 409 for the default one."""
        self.get(kind, found)
        if found in (DEFAULT_TENANT, DEFAULT_WORKSPACE):
            raise RequestError(409, f"the default {kind} stays")
        self._database.write(f"DELETE FROM {kind}s WHERE id = ?", (found,))  # noqa: S608 - one of two names

    def stats(self, workspace: str) -> Row:
        """How much a workspace holds; RequestError 404."""
        self.get("workspace", workspace)
        return {**(self._database.row(_STATS, {"id": workspace}) or {}), "stale": False}

    def _one(self, kind: Kind, wanted: str, where: str, *values: str) -> Row:
        return existing(self._database.row(f"{_ROWS[kind]} WHERE {where}", values), kind, wanted)

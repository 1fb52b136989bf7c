# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Tenants: ``client.tenants``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake.models.tenants import NewTenantOptions, Tenant, TenantListOptions, TenantPage, TenantUpdateOptions

if TYPE_CHECKING:
    from edgequake._sync.pager import Pager
    from edgequake.models.ids import TenantId
    from edgequake.models.options import RequestOptions

__all__ = ["Tenants"]


class Tenants(Resource):
    """Tenants: ``client.tenants``. Each tenant has workspaces of its own.

    Every method raises the errors of :meth:`Query.execute`.
    """

    def list(self, **options: Unpack[TenantListOptions]) -> Pager[Tenant, TenantPage]:
        """The tenants, fetched page by page while you iterate (``GET /api/v1/tenants``)."""
        return self._pages("GET /api/v1/tenants", TenantPage, options, TenantListOptions)

    def create(self, name: str, **options: Unpack[NewTenantOptions]) -> Tenant:
        """Creates a tenant (``POST /api/v1/tenants``).

        From version 0.32 on, the server returns the existing tenant if the slug is taken.

        :raises ConflictError: the slug is taken, on an older server.
        """
        return self._send("POST /api/v1/tenants", Tenant, options, NewTenantOptions, name=name)

    def get(self, tenant_id: TenantId, **options: Unpack[RequestOptions]) -> Tenant:
        """A tenant (``GET /api/v1/tenants/{tenant_id}``).

        :raises NotFoundError: no tenant has this id.
        """
        return self._send("GET /api/v1/tenants/{tenant_id}", Tenant, options, tenant_id=tenant_id)

    def update(self, tenant_id: TenantId, **options: Unpack[TenantUpdateOptions]) -> Tenant:
        """Changes a tenant (``PUT /api/v1/tenants/{tenant_id}``). Fields that you do not give keep their values.

        :raises NotFoundError: no tenant has this id.
        """
        route = "PUT /api/v1/tenants/{tenant_id}"
        return self._send(route, Tenant, options, TenantUpdateOptions, replayable=True, tenant_id=tenant_id)

    def delete(self, tenant_id: TenantId, **options: Unpack[RequestOptions]) -> None:
        """Removes a tenant (``DELETE /api/v1/tenants/{tenant_id}``).

        :raises NotFoundError: no tenant has this id.
        """
        route = "DELETE /api/v1/tenants/{tenant_id}"
        self._send(route, type(None), options, replayable=True, tenant_id=tenant_id)

"""Tenants: ``client.tenants``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._async.resources.resource import AsyncResource
from edgequake.models.tenants import NewTenantOptions, Tenant, TenantListOptions, TenantPage, TenantUpdateOptions

if TYPE_CHECKING:
    from edgequake._async.pager import AsyncPager
    from edgequake.models.ids import TenantId
    from edgequake.models.options import RequestOptions

__all__ = ["AsyncTenants"]


class AsyncTenants(AsyncResource):
    """Tenants: ``client.tenants``. Each tenant has workspaces of its own.

    Every method raises the errors of :meth:`AsyncQuery.execute`.
    """

    def list(self, **options: Unpack[TenantListOptions]) -> AsyncPager[Tenant, TenantPage]:
        """The tenants, fetched page by page while you iterate (``GET /api/v1/tenants``)."""
        return self._pages("GET /api/v1/tenants", TenantPage, options, TenantListOptions)

    async def create(self, name: str, **options: Unpack[NewTenantOptions]) -> Tenant:
        """Creates a tenant (``POST /api/v1/tenants``).

        From version 0.32 on, the server returns the existing tenant if the slug is taken.

        :raises ConflictError: the slug is taken, on an older server.
        """
        return await self._send("POST /api/v1/tenants", Tenant, options, NewTenantOptions, name=name)

    async def get(self, tenant_id: TenantId, **options: Unpack[RequestOptions]) -> Tenant:
        """A tenant (``GET /api/v1/tenants/{tenant_id}``).

        :raises NotFoundError: no tenant has this id.
        """
        return await self._send("GET /api/v1/tenants/{tenant_id}", Tenant, options, tenant_id=tenant_id)

    async def update(self, tenant_id: TenantId, **options: Unpack[TenantUpdateOptions]) -> Tenant:
        """Changes a tenant (``PUT /api/v1/tenants/{tenant_id}``). Fields that you do not give keep their values.

        :raises NotFoundError: no tenant has this id.
        """
        route = "PUT /api/v1/tenants/{tenant_id}"
        return await self._send(route, Tenant, options, TenantUpdateOptions, replayable=True, tenant_id=tenant_id)

    async def delete(self, tenant_id: TenantId, **options: Unpack[RequestOptions]) -> None:
        """Removes a tenant (``DELETE /api/v1/tenants/{tenant_id}``).

        :raises NotFoundError: no tenant has this id.
        """
        route = "DELETE /api/v1/tenants/{tenant_id}"
        await self._send(route, type(None), options, replayable=True, tenant_id=tenant_id)

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
    """Tenants, whose workspaces are kept apart: ``client.tenants``.

    Every method raises the errors of :meth:`AsyncQuery.execute`.
    """

    def list(self, **options: Unpack[TenantListOptions]) -> AsyncPager[Tenant, TenantPage]:
        """The tenants, page after page as they are needed (``GET /api/v1/tenants``)."""
        return self._pages("GET /api/v1/tenants", TenantPage, options, TenantListOptions)

    async def create(self, name: str, **options: Unpack[NewTenantOptions]) -> Tenant:
        """A new tenant (``POST /api/v1/tenants``).

        A server from 0.32 on returns the tenant that has this slug already.

        :raises ConflictError: the slug is taken, on older servers.
        """
        return await self._send("POST /api/v1/tenants", Tenant, options, NewTenantOptions, name=name)

    async def get(self, tenant_id: TenantId, **options: Unpack[RequestOptions]) -> Tenant:
        """A tenant (``GET /api/v1/tenants/{tenant_id}``).

        :raises NotFoundError: there is none of this id.
        """
        return await self._send("GET /api/v1/tenants/{tenant_id}", Tenant, options, tenant_id=tenant_id)

    async def update(self, tenant_id: TenantId, **options: Unpack[TenantUpdateOptions]) -> Tenant:
        """Changes a tenant (``PUT /api/v1/tenants/{tenant_id}``). What is not given stays as it is.

        :raises NotFoundError: there is none of this id.
        """
        route = "PUT /api/v1/tenants/{tenant_id}"
        return await self._send(route, Tenant, options, TenantUpdateOptions, replayable=True, tenant_id=tenant_id)

    async def delete(self, tenant_id: TenantId, **options: Unpack[RequestOptions]) -> None:
        """Removes a tenant (``DELETE /api/v1/tenants/{tenant_id}``).

        :raises NotFoundError: there is none of this id.
        """
        route = "DELETE /api/v1/tenants/{tenant_id}"
        await self._send(route, type(None), options, replayable=True, tenant_id=tenant_id)

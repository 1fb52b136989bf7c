# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""What administrators set: ``client.admin``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake.models.admin import ServerDefaults, ServerDefaultsOptions, TenantQuota

if TYPE_CHECKING:
    from edgequake.models.ids import TenantId
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["Admin"]


class Admin(Resource):
    """Settings of the whole server: ``client.admin``. Administrators only.

    :raises ForbiddenError: the caller is not an administrator.
    """

    def server_defaults(self, **options: Unpack[RequestOptions]) -> ServerDefaults:
        """The defaults for new tenants (``GET /api/v1/admin/config/defaults``)."""
        return self._send("GET /api/v1/admin/config/defaults", ServerDefaults, options)

    def update_server_defaults(
        self, *, default_max_workspaces: int, **options: Unpack[ServerDefaultsOptions]
    ) -> ServerDefaults:
        """Changes the defaults for new tenants (``PATCH /api/v1/admin/config/defaults``).

        :param default_max_workspaces: how many workspaces a new tenant may have, 1 to 10,000.
        """
        route = "PATCH /api/v1/admin/config/defaults"
        return self._send(
            route,
            ServerDefaults,
            options,
            ServerDefaultsOptions,
            replayable=True,
            default_max_workspaces=default_max_workspaces,
        )

    def set_tenant_quota(
        self, tenant_id: TenantId, max_workspaces: int, **options: Unpack[BodyOptions]
    ) -> TenantQuota:
        """Sets how many workspaces a tenant may have (``PATCH /api/v1/admin/tenants/{tenant_id}/quota``).

        :raises NotFoundError: no tenant has this id.
        :raises ConflictError: the tenant already has more workspaces.
        """
        route = "PATCH /api/v1/admin/tenants/{tenant_id}/quota"
        return self._send(
            route, TenantQuota, options, replayable=True, tenant_id=tenant_id, max_workspaces=max_workspaces
        )

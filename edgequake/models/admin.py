"""What administrators set."""

from __future__ import annotations

from edgequake.models._model import Answer
from edgequake.models.options import BodyOptions

__all__ = ["ServerDefaults", "ServerDefaultsOptions", "TenantQuota"]


class ServerDefaultsOptions(BodyOptions, total=False):
    """The options of ``admin.update_server_defaults``."""

    note: str | None
    """The reason for the change. Not every server keeps it."""


class ServerDefaults(Answer):
    """The defaults for new tenants."""

    default_max_workspaces: int | None = None
    """How many workspaces a new tenant may have."""
    note: str | None = None
    """The server's note."""


class TenantQuota(Answer):
    """How many workspaces a tenant may have."""

    tenant_id: str | None = None
    """The tenant."""
    max_workspaces: int | None = None
    """How many it may have now."""
    previous_max_workspaces: int | None = None
    """How many it was allowed to have before."""
    current_workspace_count: int | None = None
    """How many workspaces it has now."""

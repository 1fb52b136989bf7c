"""Rows that are never tried, and why."""

from __future__ import annotations

from edgequake._doctor.rows import Row

__all__ = ["UNTRIED"]

_V1 = "/api/v1"
_JOBS = "/api/v2/workspaces/{workspace_id}/jobs"
_REASONS: dict[str, tuple[tuple[str, str], ...]] = {
    "it would change the whole server": (
        ("tenants.create", f"POST {_V1}/tenants"),
        ("tenants.update", f"PUT {_V1}/tenants/{{tenant_id}}"),
        ("tenants.delete", f"DELETE {_V1}/tenants/{{tenant_id}}"),
        ("models.refresh", f"POST {_V1}/models/discover/refresh"),
        ("connections.create", f"POST {_V1}/connections"),
        ("connections.update", f"PUT {_V1}/connections/{{connection_id}}"),
        ("connections.delete", f"DELETE {_V1}/connections/{{connection_id}}"),
        ("pipeline.cancel", f"POST {_V1}/pipeline/cancel"),
        ("costs.update_budget", f"PATCH {_V1}/costs/budget"),
        ("settings.update_llm_defaults", f"PATCH {_V1}/settings/llm-defaults"),
        ("settings.update_app_attribution", f"PATCH {_V1}/settings/app-attribution"),
        ("admin.update_server_defaults", f"PATCH {_V1}/admin/config/defaults"),
        ("admin.set_tenant_quota", f"PATCH {_V1}/admin/tenants/{{tenant_id}}/quota"),
    ),
    "it would change who may sign in": (
        ("users.create", f"POST {_V1}/users"),
        ("users.update", f"PATCH {_V1}/users/{{user_id}}"),
        ("users.delete", f"DELETE {_V1}/users/{{user_id}}"),
        ("api_keys.create", f"POST {_V1}/api-keys"),
        ("api_keys.revoke", f"DELETE {_V1}/api-keys/{{key_id}}"),
        ("auth.logout", f"POST {_V1}/auth/logout"),
    ),
    "it needs a password or a token": (
        ("auth.login", f"POST {_V1}/auth/login"),
        ("auth.refresh", f"POST {_V1}/auth/refresh"),
        ("auth.handoff", f"POST {_V1}/auth/handoff"),
    ),
    "it could reach documents of others": (
        ("documents.delete_all", f"DELETE {_V1}/documents"),
        ("documents.recover_stuck", f"POST {_V1}/documents/recover-stuck"),
        ("documents.scan", f"POST {_V1}/documents/scan"),
    ),
    "what it makes could not be found again to be removed": (
        ("conversations.import_", f"POST {_V1}/conversations/import"),
    ),
    "it would ask a model provider": (
        ("connections.test", f"POST {_V1}/connections/{{connection_id}}/test"),
        ("connections.test_provider", f"POST {_V1}/providers/test"),
    ),
    "what it takes is not documented": (
        ("documents.reprocess_pages", f"POST {_V1}/documents/{{document_id}}/pages/reprocess"),
        ("workspaces.jobs.create", f"POST {_JOBS}"),
        ("workspaces.jobs.cancel", f"DELETE {_JOBS}/{{job_id}}"),
    ),
}

UNTRIED = tuple(Row(method, route, why_not=why) for why, rows in _REASONS.items() for method, route in rows)

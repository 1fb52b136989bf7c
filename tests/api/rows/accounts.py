"""``client.auth``, ``client.users``, ``client.api_keys`` and ``client.tenants``."""

from __future__ import annotations

from api.rows.row import Row

USER = "0d9c3f11-77aa-4a0b-9f52-2f6f0c1e5503"
KEY = "e2f3a4b5-c6d7-4890-8b9c-0d1e2f3a4b16"
TENANT = "6f0f6a52-1c7e-4c7b-9a50-3f0a4be1d201"

ACCOUNTS = {
    "auth.login": Row(
        lambda c: c.auth.login("mira", "pa§§"),
        "POST /api/v1/auth/login",
        body={"username": "mira", "password": "pa§§"},
    ),
    "auth.refresh": Row(lambda c: c.auth.refresh("r-t"), "POST /api/v1/auth/refresh", body={"refresh_token": "r-t"}),
    "auth.logout": Row(lambda c: c.auth.logout("r-t"), "POST /api/v1/auth/logout", body={"refresh_token": "r-t"}),
    "auth.me": Row(lambda c: c.auth.me(), "GET /api/v1/auth/me"),
    "auth.sso_providers": Row(lambda c: c.auth.sso_providers(), "GET /api/v1/auth/sso/providers"),
    "auth.handoff": Row(lambda c: c.auth.handoff({"code": "1"}), "POST /api/v1/auth/handoff", body={"code": "1"}),
    "users.list": Row(
        lambda c: c.users.list(page=2, role="admin").first_page(), "GET /api/v1/users?page_size=100&page=2&role=admin"
    ),
    "users.create": Row(
        lambda c: c.users.create("mira", "mira@example.test", "pa§§", role="admin"),
        "POST /api/v1/users",
        body={"username": "mira", "email": "mira@example.test", "password": "pa§§", "role": "admin"},
    ),
    "users.get": Row(lambda c: c.users.get(USER), f"GET /api/v1/users/{USER}"),
    "users.update": Row(
        lambda c: c.users.update(USER, email="m@example.test", display_name="Mira", role="user", is_active=False),
        f"PATCH /api/v1/users/{USER}",
        body={"email": "m@example.test", "display_name": "Mira", "role": "user", "is_active": False},
    ),
    "users.delete": Row(lambda c: c.users.delete(USER), f"DELETE /api/v1/users/{USER}"),
    "api_keys.list": Row(
        lambda c: c.api_keys.list(page=1, page_size=7).first_page(), "GET /api/v1/api-keys?page_size=7&page=1"
    ),
    "api_keys.create": Row(
        lambda c: c.api_keys.create(name="ci", scopes=["read", "write"], expires_in_days=30),
        "POST /api/v1/api-keys",
        body={"name": "ci", "scopes": ["read", "write"], "expires_in_days": 30},
    ),
    "api_keys.revoke": Row(lambda c: c.api_keys.revoke(KEY), f"DELETE /api/v1/api-keys/{KEY}"),
    "tenants.list": Row(
        lambda c: c.tenants.list(page_size=20, offset=40).first_page(), "GET /api/v1/tenants?limit=20&offset=40"
    ),
    "tenants.create": Row(
        lambda c: c.tenants.create(
            "Relay Works",
            slug="relay-works",
            description="Relays",
            plan="pro",
            default_llm_model="gemma3:12b",
            default_llm_provider="ollama",
            default_embedding_model="embeddinggemma",
            default_embedding_provider="ollama",
            default_embedding_dimension=768,
            default_vision_llm_model="gemma3:12b",
            default_vision_llm_provider="ollama",
        ),
        "POST /api/v1/tenants",
        body={
            "name": "Relay Works",
            "slug": "relay-works",
            "description": "Relays",
            "plan": "pro",
            "default_llm_model": "gemma3:12b",
            "default_llm_provider": "ollama",
            "default_embedding_model": "embeddinggemma",
            "default_embedding_provider": "ollama",
            "default_embedding_dimension": 768,
            "default_vision_llm_model": "gemma3:12b",
            "default_vision_llm_provider": "ollama",
        },
    ),
    "tenants.get": Row(lambda c: c.tenants.get(TENANT), f"GET /api/v1/tenants/{TENANT}"),
    "tenants.update": Row(
        lambda c: c.tenants.update(TENANT, name="R", description="D", plan="free", is_active=True),
        f"PUT /api/v1/tenants/{TENANT}",
        body={"name": "R", "description": "D", "plan": "free", "is_active": True},
    ),
    "tenants.delete": Row(lambda c: c.tenants.delete(TENANT), f"DELETE /api/v1/tenants/{TENANT}"),
}

"""``client.models``, ``connections``, ``tasks``, ``pipeline``, ``costs``, ``settings``, ``admin`` and ``parse``."""

from __future__ import annotations

from api.rows.row import Row
from pydantic_core import to_json

TASK = "insert-84e5f6a7-b8c9-4012-9d2e-3f4a5b6c7d10"
TENANT = "6f0f6a52-1c7e-4c7b-9a50-3f0a4be1d201"
CONNECTION = "11112222-3333-4444-8555-666677778888"
CONNECTED = {
    "display_name": "Lab Ollama",
    "api_shape": "ollama",
    "base_url": "http://127.0.0.1:11434",
    "locality": "local",
    "auth_scheme": "none",
    "api_key": "a-key",
    "timeout_secs": 120,
    "allow_private_network": True,
    "tenant_id": None,
}
READ_BY = {
    "backend": "edgeparse",
    "provider": "ollama",
    "model": "gemma3:12b",
    "dpi": 150,
    "concurrency": 2,
    "pages": "1-3",
    "table_method": "lines",
    "emit_assets": True,
    "allow_fallback": False,
    "include_page_timings": True,
}

OPERATIONS = {
    "models.list": Row(lambda c: c.models.list(), "GET /api/v1/models"),
    "models.llm": Row(lambda c: c.models.llm(), "GET /api/v1/models/llm"),
    "models.embedding": Row(lambda c: c.models.embedding(), "GET /api/v1/models/embedding"),
    "models.health": Row(lambda c: c.models.health(), "GET /api/v1/models/health"),
    "models.provider": Row(lambda c: c.models.provider("lab/ollama"), "GET /api/v1/models/lab%2Follama"),
    "models.get": Row(
        lambda c: c.models.get("ollama", "hf.co/gemma3:12b"), "GET /api/v1/models/ollama/hf.co%2Fgemma3%3A12b"
    ),
    "models.search": Row(
        lambda c: c.models.search(
            q="gemma",
            provider="ollama",
            requires_vision=True,
            requires_tools=False,
            requires_thinking=False,
            min_context_length=8192,
            fuzzy=True,
            limit=3,
        ),
        "GET /api/v1/models/search?q=gemma&provider=ollama&requires_vision=true&requires_tools=false"
        "&requires_thinking=false&min_context_length=8192&fuzzy=true&limit=3",
    ),
    "models.refresh": Row(lambda c: c.models.refresh(), "POST /api/v1/models/discover/refresh", body={}),
    "connections.list": Row(lambda c: c.connections.list(), "GET /api/v1/connections"),
    "connections.create": Row(
        lambda c: c.connections.create("lab-ollama", **CONNECTED),
        "POST /api/v1/connections",
        body={"slug": "lab-ollama", **CONNECTED},
    ),
    "connections.update": Row(
        lambda c: c.connections.update(CONNECTION, slug="lab-ollama", **CONNECTED),
        f"PUT /api/v1/connections/{CONNECTION}",
        body={"slug": "lab-ollama", **CONNECTED},
    ),
    "connections.delete": Row(lambda c: c.connections.delete(CONNECTION), f"DELETE /api/v1/connections/{CONNECTION}"),
    "connections.test": Row(
        lambda c: c.connections.test(CONNECTION), f"POST /api/v1/connections/{CONNECTION}/test", body={}
    ),
    "connections.test_provider": Row(
        lambda c: c.connections.test_provider(
            "ollama",
            base_url="http://127.0.0.1:11434",
            model="gemma3:12b",
            embedding_model="embeddinggemma",
            api_key="a-key",
            auth_scheme="bearer",
            allow_private_network=True,
            expected_dimension=768,
        ),
        "POST /api/v1/providers/test",
        body={
            "shape": "ollama",
            "base_url": "http://127.0.0.1:11434",
            "model": "gemma3:12b",
            "embedding_model": "embeddinggemma",
            "api_key": "a-key",
            "auth_scheme": "bearer",
            "allow_private_network": True,
            "expected_dimension": 768,
        },
    ),
    "tasks.list": Row(
        lambda c: c.tasks.list(
            status="failed",
            task_type="insert",
            page=2,
            page_size=5,
            sort="created_at",
            order="desc",
            tenant_id="t-2",
            workspace_id="w-2",
        ).first_page(),
        "GET /api/v1/tasks?page_size=5&status=failed&task_type=insert&page=2&sort=created_at&order=desc"
        "&tenant_id=t-2&workspace_id=w-2",
    ),
    "tasks.get": Row(lambda c: c.tasks.get(TASK), f"GET /api/v1/tasks/{TASK}"),
    "tasks.cancel": Row(lambda c: c.tasks.cancel(TASK), f"POST /api/v1/tasks/{TASK}/cancel", body={}),
    "tasks.retry": Row(lambda c: c.tasks.retry(TASK), f"POST /api/v1/tasks/{TASK}/retry", body={}),
    "pipeline.status": Row(
        lambda c: c.pipeline.status(tenant_id="t-2", workspace_id="w-2"),
        "GET /api/v1/pipeline/status?tenant_id=t-2&workspace_id=w-2",
    ),
    "pipeline.cancel": Row(lambda c: c.pipeline.cancel(), "POST /api/v1/pipeline/cancel", body={}),
    "pipeline.activity": Row(lambda c: c.pipeline.activity(), "GET /api/v1/pipeline/activity"),
    "pipeline.queue_metrics": Row(
        lambda c: c.pipeline.queue_metrics(tenant_id="t-2", workspace_id="w-2"),
        "GET /api/v1/pipeline/queue-metrics?tenant_id=t-2&workspace_id=w-2",
    ),
    "costs.pricing": Row(lambda c: c.costs.pricing(), "GET /api/v1/pipeline/costs/pricing"),
    "costs.estimate": Row(
        lambda c: c.costs.estimate("gpt-4o-mini", input_tokens=1000, output_tokens=500),
        "POST /api/v1/pipeline/costs/estimate",
        body={"model": "gpt-4o-mini", "input_tokens": 1000, "output_tokens": 500},
    ),
    "costs.summary": Row(lambda c: c.costs.summary(), "GET /api/v1/costs/summary"),
    "costs.history": Row(
        lambda c: c.costs.history(start_date="2026-09-01", end_date="2026-09-30", granularity="day"),
        "GET /api/v1/costs/history?start_date=2026-09-01&end_date=2026-09-30&granularity=day",
    ),
    "costs.budget": Row(lambda c: c.costs.budget(), "GET /api/v1/costs/budget"),
    "settings.provider_status": Row(lambda c: c.settings.provider_status(), "GET /api/v1/settings/provider/status"),
    "settings.providers": Row(lambda c: c.settings.providers(), "GET /api/v1/settings/providers"),
    "settings.effective": Row(lambda c: c.settings.effective(), "GET /api/v1/config/effective"),
    "settings.llm_defaults": Row(lambda c: c.settings.llm_defaults(), "GET /api/v1/settings/llm-defaults"),
    "settings.update_llm_defaults": Row(
        lambda c: c.settings.update_llm_defaults({"llm_model": None}),
        "PATCH /api/v1/settings/llm-defaults",
        body={"llm_model": None},
    ),
    "settings.app_attribution": Row(lambda c: c.settings.app_attribution(), "GET /api/v1/settings/app-attribution"),
    "settings.update_app_attribution": Row(
        lambda c: c.settings.update_app_attribution({"app_name": "E"}),
        "PATCH /api/v1/settings/app-attribution",
        body={"app_name": "E"},
    ),
    "settings.attribution": Row(lambda c: c.settings.attribution(), "GET /api/v1/settings/attribution"),
    "settings.langfuse": Row(lambda c: c.settings.langfuse(), "GET /api/v1/settings/langfuse"),
    "admin.server_defaults": Row(lambda c: c.admin.server_defaults(), "GET /api/v1/admin/config/defaults"),
    "admin.update_server_defaults": Row(
        lambda c: c.admin.update_server_defaults(default_max_workspaces=10, note="why"),
        "PATCH /api/v1/admin/config/defaults",
        body={"default_max_workspaces": 10, "note": "why"},
    ),
    "admin.set_tenant_quota": Row(
        lambda c: c.admin.set_tenant_quota(TENANT, 20),
        f"PATCH /api/v1/admin/tenants/{TENANT}/quota",
        body={"max_workspaces": 20},
    ),
    "parse.pdf": Row(
        lambda c: c.parse.pdf(b"%PDF-", filename="plan.pdf"),
        "POST /api/v1/parse",
        parts={"file": ("plan.pdf", b"%PDF-")},
        answers=("parse_202",),
    ),
    "parse.pdf, all options": Row(
        lambda c: c.parse.pdf(b"%PDF-", filename="plan.pdf", background=True, **READ_BY),
        "POST /api/v1/parse",
        parts={"file": ("plan.pdf", b"%PDF-"), "options": to_json({**READ_BY, "async": True}).decode()},
        answers=("parse_202",),
    ),
    "parse.backends": Row(lambda c: c.parse.backends(), "GET /api/v1/parse/backends"),
    "parse.job": Row(lambda c: c.parse.job("parse-7f8e9d"), "GET /api/v1/parse/jobs/parse-7f8e9d"),
}

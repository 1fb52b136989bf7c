"""``client.workspaces``, its injections and its jobs."""

from __future__ import annotations

from api.conftest import SCOPE
from api.rows.row import Row

WS = "b4a1c0de-52f7-4a1e-8d3e-7c9f1be2a302"
TENANT, WORKSPACE = SCOPE["tenant_id"], SCOPE["workspace_id"]
OWN = f"/api/v1/workspaces/{WORKSPACE}"
JOBS = f"/api/v2/workspaces/{WORKSPACE}/jobs"
JOB = "insert-84e5f6a7-b8c9-4012-9d2e-3f4a5b6c7d10"

SETTINGS = {
    "description": "The Lyon site",
    "max_documents": 5,
    "llm_model": "gemma3:12b",
    "llm_provider": "ollama",
    "embedding_model": "embeddinggemma",
    "embedding_provider": "ollama",
    "embedding_dimension": 768,
    "vision_llm_model": "gemma3:12b",
    "vision_llm_provider": "ollama",
    "entity_types": ["PERSON", "MACHINE"],
    "entity_types_strict": True,
    "pdf_parser_backend": "vision",
    "chunking_mode": "markdown",
    "chunk_token_size": 900,
    "chunk_overlap_token_size": 90,
    "relation_types": ["OWNS"],
    "extraction_language": "en",
    "llm_roles": {"extract": {"model": "gemma3:12b"}, "query": None},
}

WORKSPACES = {
    "workspaces.list": Row(
        lambda c: c.workspaces.list(include_stats=True).first_page(),
        f"GET /api/v1/tenants/{TENANT}/workspaces?limit=100&include_stats=true",
    ),
    "workspaces.list, of another tenant": Row(
        lambda c: c.workspaces.list("t/2", page_size=3, offset=6).first_page(),
        "GET /api/v1/tenants/t%2F2/workspaces?limit=3&offset=6",
    ),
    "workspaces.create": Row(
        lambda c: c.workspaces.create("Lyon", slug="lyon", **SETTINGS),
        f"POST /api/v1/tenants/{TENANT}/workspaces",
        body={"name": "Lyon", "slug": "lyon", **SETTINGS},
    ),
    "workspaces.get": Row(lambda c: c.workspaces.get(), f"GET {OWN}"),
    "workspaces.get, another": Row(lambda c: c.workspaces.get(WS), f"GET /api/v1/workspaces/{WS}"),
    "workspaces.by_slug": Row(
        lambda c: c.workspaces.by_slug("lyon"), f"GET /api/v1/tenants/{TENANT}/workspaces/by-slug/lyon"
    ),
    "workspaces.update": Row(
        lambda c: c.workspaces.update(name="Lyon 2", is_active=False, **SETTINGS),
        f"PUT {OWN}",
        body={"name": "Lyon 2", "is_active": False, **SETTINGS},
    ),
    "workspaces.delete": Row(lambda c: c.workspaces.delete(WS), f"DELETE /api/v1/workspaces/{WS}"),
    "workspaces.stats": Row(lambda c: c.workspaces.stats(), f"GET {OWN}/stats"),
    "workspaces.metrics_history": Row(
        lambda c: c.workspaces.metrics_history(WS, page_size=2, offset=4).first_page(),
        f"GET /api/v1/workspaces/{WS}/metrics-history?limit=2&offset=4",
    ),
    "workspaces.snapshot_metrics": Row(
        lambda c: c.workspaces.snapshot_metrics(), f"POST {OWN}/metrics-snapshot", body={}
    ),
    "workspaces.rebuild_embeddings": Row(
        lambda c: c.workspaces.rebuild_embeddings(
            embedding_model="e", embedding_provider="p", embedding_dimension=8, force=True
        ),
        f"POST {OWN}/rebuild-embeddings",
        body={"embedding_model": "e", "embedding_provider": "p", "embedding_dimension": 8, "force": True},
    ),
    "workspaces.rebuild_embeddings, as it is": Row(
        lambda c: c.workspaces.rebuild_embeddings(), f"POST {OWN}/rebuild-embeddings", body={}
    ),
    "workspaces.rebuild_knowledge_graph": Row(
        lambda c: c.workspaces.rebuild_knowledge_graph(
            llm_model="m", llm_provider="p", force=False, rebuild_embeddings=False, max_documents=3
        ),
        f"POST {OWN}/rebuild-knowledge-graph",
        body={
            "llm_model": "m",
            "llm_provider": "p",
            "force": False,
            "rebuild_embeddings": False,
            "max_documents": 3,
        },
    ),
    "workspaces.reprocess_documents": Row(
        lambda c: c.workspaces.reprocess_documents(include_completed=True, max_documents=3),
        f"POST {OWN}/reprocess-documents",
        body={"include_completed": True, "max_documents": 3},
    ),
    "workspaces.injections.put": Row(
        lambda c: c.workspaces.injections.put("Glossary", "RAG: …"),
        f"PUT {OWN}/injection",
        body={"name": "Glossary", "content": "RAG: …"},
    ),
    "workspaces.injections.put_file": Row(
        lambda c: c.workspaces.injections.put_file("Glossary", b"RAG", filename="g.md"),
        f"PUT {OWN}/injection/file",
        parts={"file": ("g.md", b"RAG"), "name": "Glossary"},
    ),
    "workspaces.injections.list": Row(
        lambda c: c.workspaces.injections.list(page_size=9, offset=2).first_page(),
        f"GET {OWN}/injections?limit=9&offset=2",
    ),
    "workspaces.injections.get": Row(
        lambda c: c.workspaces.injections.get("inj-1", workspace_id=WS), f"GET /api/v1/workspaces/{WS}/injections/inj-1"
    ),
    "workspaces.injections.update": Row(
        lambda c: c.workspaces.injections.update("inj-1", name="G", content="C"),
        f"PATCH {OWN}/injections/inj-1",
        body={"name": "G", "content": "C"},
    ),
    "workspaces.injections.delete": Row(
        lambda c: c.workspaces.injections.delete("inj-1"), f"DELETE {OWN}/injections/inj-1"
    ),
    "workspaces.jobs.list": Row(
        lambda c: c.workspaces.jobs.list(status="failed", page=2).first_page(),
        f"GET {JOBS}?page_size=100&status=failed&page=2",
    ),
    "workspaces.jobs.create": Row(
        lambda c: c.workspaces.jobs.create("reprocess_failed", payload={"n": [1]}),
        f"POST {JOBS}",
        body={"job_type": "reprocess_failed", "payload": {"n": [1]}},
    ),
    "workspaces.jobs.catalog": Row(lambda c: c.workspaces.jobs.catalog(), f"GET {JOBS}/catalog"),
    "workspaces.jobs.get": Row(lambda c: c.workspaces.jobs.get(JOB), f"GET {JOBS}/{JOB}"),
    "workspaces.jobs.cancel": Row(lambda c: c.workspaces.jobs.cancel(JOB), f"DELETE {JOBS}/{JOB}"),
}

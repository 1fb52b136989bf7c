"""Rows that change nothing and cost nothing. The first ones find what the later ones ask for."""

from __future__ import annotations

from edgequake._doctor.rows import Row

__all__ = ["BEGINNING", "READING"]

_V1 = "/api/v1"
_DOC = f"GET {_V1}/documents/{{document_id}}"
_PDF = f"GET {_V1}/documents/pdf"
_CONTEXT = f"GET {_V1}/query/context"
_WS = f"{_V1}/workspaces/{{workspace_id}}"
_JOBS = "/api/v2/workspaces/{workspace_id}/jobs"
_COSTS = f"{_V1}/pipeline/costs"
_SETTINGS = f"GET {_V1}/settings"
_ENTITY = f"GET {_V1}/graph/entities/{{entity_name}}"

BEGINNING = (
    Row("health", "GET /health", lambda c, f: c.health()),
    Row("ready", "GET /ready", lambda c, f: c.ready(), (200, 503)),
    Row("live", "GET /live", lambda c, f: c.live()),
    Row("metrics", "GET /metrics", lambda c, f: c.metrics()),
    Row("auth.me", f"GET {_V1}/auth/me", lambda c, f: c.auth.me(), finds="user:user"),
    Row("users.list", f"GET {_V1}/users", lambda c, f: c.users.list(page_size=5).first_page(), finds="user"),
    Row("tenants.list", f"GET {_V1}/tenants", lambda c, f: c.tenants.list(page_size=5).first_page(), finds="tenant"),
    Row("tenants.get", f"GET {_V1}/tenants/{{tenant_id}}", lambda c, f: c.tenants.get(f.tenant)),
    Row(
        "workspaces.list",
        f"GET {_V1}/tenants/{{tenant_id}}/workspaces",
        lambda c, f: c.workspaces.list(f.tenant, page_size=20).first_page(),
        finds="workspace",
    ),
)
"""How the server is, and whose data can be read."""

_DOCUMENTS = (
    Row(
        "documents.list",
        f"GET {_V1}/documents",
        lambda c, f: c.documents.list(page_size=5).first_page(),
        finds="document upload:track_id",
    ),
    Row("documents.get", _DOC, lambda c, f: c.documents.get(f.document)),
    Row("documents.track", f"GET {_V1}/documents/track/{{track_id}}", lambda c, f: c.documents.track(f.upload)),
    Row("documents.search", f"GET {_V1}/documents/search", lambda c, f: c.documents.search("a", page_size=5)),
    Row("documents.deletion_impact", f"{_DOC}/deletion-impact", lambda c, f: c.documents.deletion_impact(f.document)),
    Row("documents.failed_chunks", f"{_DOC}/failed-chunks", lambda c, f: c.documents.failed_chunks(f.document)),
    Row("documents.download", f"{_DOC}/download/original", lambda c, f: c.documents.download(f.document), also=(404,)),
    Row("documents.markdown", f"{_DOC}/download/markdown", lambda c, f: c.documents.markdown(f.document), also=(404,)),
    Row(
        "documents.lineage",
        f"{_DOC}/lineage",
        lambda c, f: c.documents.lineage(f.document),
        finds="chunk:chunks.chunk_id",
    ),
    Row("documents.metadata", f"{_DOC}/metadata", lambda c, f: c.documents.metadata(f.document)),
    Row("documents.export_lineage", f"{_DOC}/lineage/export", lambda c, f: c.documents.export_lineage(f.document)),
    Row(
        "documents.assets",
        f"{_DOC}/assets",
        lambda c, f: c.documents.assets(f.document),
        also=(404,),
        finds="asset:assets.id",
    ),
    Row(
        "documents.asset",
        f"{_DOC}/assets/{{asset_id}}",
        lambda c, f: c.documents.asset(f.document, f.asset),
    ),
    Row(
        "documents.pages", f"{_DOC}/pages", lambda c, f: c.documents.pages(f.document), also=(404,), finds="page:pages"
    ),
    Row(
        "documents.pages_health", f"{_DOC}/pages/health", lambda c, f: c.documents.pages_health(f.document), also=(404,)
    ),
    Row(
        "documents.page_layout",
        f"{_DOC}/pages/{{page_number}}/layout",
        lambda c, f: f.page and c.documents.page_layout(f.document, 1),
        also=(404,),
    ),
    Row(
        "documents.progress",
        f"GET {_V1}/ingestion/{{track_id}}/progress",
        lambda c, f: c.documents.progress(f.upload),
        also=(404,),
    ),
    Row(
        "documents.progress_many",
        f"POST {_V1}/ingestion/progress",
        lambda c, f: c.documents.progress_many([f.upload]),
    ),
    Row("documents.pdf.list", _PDF, lambda c, f: c.documents.pdf.list(page_size=5).first_page(), finds="pdf"),
    Row("documents.pdf.get", f"{_PDF}/{{pdf_id}}", lambda c, f: c.documents.pdf.get(f.pdf)),
    Row("documents.pdf.content", f"{_PDF}/{{pdf_id}}/content", lambda c, f: c.documents.pdf.content(f.pdf)),
    Row("documents.pdf.download", f"{_PDF}/{{pdf_id}}/download", lambda c, f: c.documents.pdf.download(f.pdf)),
    Row(
        "documents.pdf.progress",
        f"{_PDF}/progress/{{track_id}}",
        lambda c, f: c.documents.pdf.progress(f.pdf_track),
        also=(404,),
    ),
    Row(
        "documents.pdf.stream_progress",
        f"{_PDF}/progress/stream/{{track_id}}",
        lambda c, f: list(c.documents.pdf.stream_progress(f.pdf_track)),
        also=(404,),
    ),
    Row("chunks.get", f"GET {_V1}/chunks/{{chunk_id}}", lambda c, f: c.chunks.get(f.chunk)),
    Row("chunks.lineage", f"GET {_V1}/chunks/{{chunk_id}}/lineage", lambda c, f: c.chunks.lineage(f.chunk)),
    Row(
        "lineage.document", f"GET {_V1}/lineage/documents/{{document_id}}", lambda c, f: c.lineage.document(f.document)
    ),
    Row("query.get_context", f"{_CONTEXT}/{{retrieval_id}}", lambda c, f: c.query.get_context(f.retrieval)),
    Row(
        "query.artifact",
        f"{_CONTEXT}/artifacts/{{artifact_type}}/{{artifact_id}}",
        lambda c, f: c.query.artifact("chunk", f.chunk),
    ),
    Row("parse.backends", f"GET {_V1}/parse/backends", lambda c, f: c.parse.backends()),
    Row("parse.job", f"GET {_V1}/parse/jobs/{{job_id}}", lambda c, f: c.parse.job(f.parse_job)),
)

_GRAPH = (
    Row("graph.get", f"GET {_V1}/graph", lambda c, f: c.graph.get(max_nodes=20), finds="node:nodes"),
    Row("graph.stream", f"GET {_V1}/graph/stream", lambda c, f: list(c.graph.stream(max_nodes=20))),
    Row("graph.node", f"GET {_V1}/graph/nodes/{{node_id}}", lambda c, f: c.graph.node(f.node)),
    Row("graph.search", f"GET {_V1}/graph/nodes/search", lambda c, f: c.graph.search("a", limit=5)),
    Row("graph.search_labels", f"GET {_V1}/graph/labels/search", lambda c, f: c.graph.search_labels("a", limit=5)),
    Row("graph.popular_labels", f"GET {_V1}/graph/labels/popular", lambda c, f: c.graph.popular_labels(limit=5)),
    Row("graph.degrees", f"POST {_V1}/graph/degrees/batch", lambda c, f: c.graph.degrees([f.node])),
    Row("graph.communities", f"GET {_V1}/graph/communities", lambda c, f: c.graph.communities()),
    Row("graph.facets", f"GET {_V1}/graph/facets", lambda c, f: c.graph.facets()),
    Row(
        "entities.list",
        f"GET {_V1}/graph/entities",
        lambda c, f: c.entities.list(page_size=5).first_page(),
        finds="entity",
    ),
    Row("entities.get", _ENTITY, lambda c, f: c.entities.get(f.entity)),
    Row("entities.exists", f"GET {_V1}/graph/entities/exists", lambda c, f: c.entities.exists(f.entity)),
    Row("entities.neighborhood", f"{_ENTITY}/neighborhood", lambda c, f: c.entities.neighborhood(f.entity)),
    Row(
        "entities.provenance",
        f"GET {_V1}/entities/{{entity_id}}/provenance",
        lambda c, f: c.entities.provenance(f.entity),
    ),
    Row("lineage.entity", f"GET {_V1}/lineage/entities/{{entity_name}}", lambda c, f: c.lineage.entity(f.entity)),
    Row(
        "relationships.list",
        f"GET {_V1}/graph/relationships",
        lambda c, f: c.relationships.list(page_size=5).first_page(),
        finds="relationship",
    ),
    Row(
        "relationships.get",
        f"GET {_V1}/graph/relationships/{{relationship_id}}",
        lambda c, f: c.relationships.get(f.relationship),
    ),
)

_CONVERSATIONS = (
    Row(
        "conversations.list",
        f"GET {_V1}/conversations",
        lambda c, f: c.conversations.list(page_size=5).first_page(),
        finds="conversation share:share_id",
    ),
    Row(
        "conversations.get",
        f"GET {_V1}/conversations/{{conversation_id}}",
        lambda c, f: c.conversations.get(f.conversation),
    ),
    Row("conversations.shared", f"GET {_V1}/shared/{{share_id}}", lambda c, f: c.conversations.shared(f.share)),
    Row(
        "conversations.messages.list",
        f"GET {_V1}/conversations/{{conversation_id}}/messages",
        lambda c, f: c.conversations.messages.list(f.conversation, page_size=5).first_page(),
    ),
    Row("folders.list", f"GET {_V1}/folders", lambda c, f: c.folders.list()),
)

_OWNERS = (
    Row("auth.sso_providers", f"GET {_V1}/auth/sso/providers", lambda c, f: c.auth.sso_providers()),
    Row("users.get", f"GET {_V1}/users/{{user_id}}", lambda c, f: c.users.get(f.user)),
    Row("api_keys.list", f"GET {_V1}/api-keys", lambda c, f: c.api_keys.list(page_size=5).first_page()),
    Row("workspaces.get", f"GET {_WS}", lambda c, f: c.workspaces.get(), finds="slug:slug"),
    Row(
        "workspaces.by_slug",
        f"GET {_V1}/tenants/{{tenant_id}}/workspaces/by-slug/{{slug}}",
        lambda c, f: c.workspaces.by_slug(f.slug, tenant_id=f.tenant),
    ),
    Row("workspaces.stats", f"GET {_WS}/stats", lambda c, f: c.workspaces.stats()),
    Row(
        "workspaces.metrics_history",
        f"GET {_WS}/metrics-history",
        lambda c, f: c.workspaces.metrics_history(page_size=5).first_page(),
    ),
    Row(
        "workspaces.injections.list",
        f"GET {_WS}/injections",
        lambda c, f: c.workspaces.injections.list(page_size=5).first_page(),
        finds="injection",
    ),
    Row(
        "workspaces.injections.get",
        f"GET {_WS}/injections/{{injection_id}}",
        lambda c, f: c.workspaces.injections.get(f.injection),
    ),
    Row(
        "workspaces.jobs.list",
        f"GET {_JOBS}",
        lambda c, f: c.workspaces.jobs.list(page_size=5).first_page(),
        finds="job",
    ),
    Row("workspaces.jobs.catalog", f"GET {_JOBS}/catalog", lambda c, f: c.workspaces.jobs.catalog()),
    Row(
        "workspaces.jobs.get",
        f"GET {_JOBS}/{{job_id}}",
        lambda c, f: c.workspaces.jobs.get(f.job),
    ),
)

_OPERATIONS = (
    Row("models.list", f"GET {_V1}/models", lambda c, f: c.models.list(), finds="provider:providers"),
    Row("models.llm", f"GET {_V1}/models/llm", lambda c, f: c.models.llm()),
    Row("models.embedding", f"GET {_V1}/models/embedding", lambda c, f: c.models.embedding()),
    Row("models.health", f"GET {_V1}/models/health", lambda c, f: c.models.health()),
    Row(
        "models.provider",
        f"GET {_V1}/models/{{provider}}",
        lambda c, f: c.models.provider(f.provider.name),
        finds="model:models.name",
    ),
    Row(
        "models.get",
        f"GET {_V1}/models/{{provider}}/{{model}}",
        lambda c, f: c.models.get(f.provider.name, f.model),
    ),
    Row("models.search", f"GET {_V1}/models/search", lambda c, f: c.models.search(limit=5)),
    Row("connections.list", f"GET {_V1}/connections", lambda c, f: c.connections.list()),
    Row("tasks.list", f"GET {_V1}/tasks", lambda c, f: c.tasks.list(page_size=5).first_page(), finds="task"),
    Row("tasks.get", f"GET {_V1}/tasks/{{track_id}}", lambda c, f: c.tasks.get(f.task)),
    Row("pipeline.status", f"GET {_V1}/pipeline/status", lambda c, f: c.pipeline.status()),
    Row("pipeline.activity", f"GET {_V1}/pipeline/activity", lambda c, f: c.pipeline.activity()),
    Row("pipeline.queue_metrics", f"GET {_V1}/pipeline/queue-metrics", lambda c, f: c.pipeline.queue_metrics()),
    Row("costs.pricing", f"GET {_COSTS}/pricing", lambda c, f: c.costs.pricing(), finds="model_price:models.model"),
    Row(
        "costs.estimate",
        f"POST {_COSTS}/estimate",
        lambda c, f: c.costs.estimate(f.model_price, input_tokens=10, output_tokens=10),
    ),
    Row("costs.summary", f"GET {_V1}/costs/summary", lambda c, f: c.costs.summary()),
    Row("costs.history", f"GET {_V1}/costs/history", lambda c, f: c.costs.history()),
    Row("costs.budget", f"GET {_V1}/costs/budget", lambda c, f: c.costs.budget()),
    Row("settings.provider_status", f"{_SETTINGS}/provider/status", lambda c, f: c.settings.provider_status()),
    Row("settings.providers", f"{_SETTINGS}/providers", lambda c, f: c.settings.providers()),
    Row("settings.effective", f"GET {_V1}/config/effective", lambda c, f: c.settings.effective()),
    Row("settings.llm_defaults", f"{_SETTINGS}/llm-defaults", lambda c, f: c.settings.llm_defaults()),
    Row("settings.app_attribution", f"{_SETTINGS}/app-attribution", lambda c, f: c.settings.app_attribution()),
    Row("settings.attribution", f"{_SETTINGS}/attribution", lambda c, f: c.settings.attribution()),
    Row("settings.langfuse", f"{_SETTINGS}/langfuse", lambda c, f: c.settings.langfuse()),
    Row("admin.server_defaults", f"GET {_V1}/admin/config/defaults", lambda c, f: c.admin.server_defaults()),
)

READING = _DOCUMENTS + _GRAPH + _CONVERSATIONS + _OWNERS + _OPERATIONS

"""The routes that the EdgeQuake server has and the local one does not: each is answered with 501."""

from starlette.requests import Request
from starlette.routing import Route

from edgequake.local.requests import RequestError
from edgequake.local.routing import Routes

_ELSEWHERE = """
GET /metrics
POST /api/v1/documents/{id}/retry-chunks /api/v1/documents/recover-stuck /api/v1/documents/scan
GET /api/v1/documents/{id}/lineage /api/v1/documents/{id}/lineage/export
GET /api/v1/documents/{id}/assets /api/v1/documents/{id}/assets/{asset}
GET /api/v1/documents/{id}/pages /api/v1/documents/{id}/pages/health /api/v1/documents/{id}/pages/{page}/layout
POST /api/v1/documents/{id}/pages/reprocess
GET /api/v1/entities/{id}/provenance /api/v1/lineage/entities/{id} /api/v1/lineage/documents/{id}
GET /api/v1/chunks/{id}/lineage /api/v1/graph/communities
POST /api/v1/graph/entities /api/v1/graph/entities/merge /api/v1/graph/relationships
PUT /api/v1/graph/entities/{id} /api/v1/graph/relationships/{id:path}
DELETE /api/v1/graph/entities/{id} /api/v1/graph/relationships/{id:path}
POST /api/v1/auth/login /api/v1/auth/refresh /api/v1/auth/logout /api/v1/auth/handoff
GET /api/v1/auth/me /api/v1/auth/sso/providers
GET /api/v1/users /api/v1/users/{id} /api/v1/api-keys
POST /api/v1/users /api/v1/api-keys
PATCH /api/v1/users/{id}
DELETE /api/v1/users/{id} /api/v1/api-keys/{id}
GET /api/v1/workspaces/{id}/metrics-history /api/v1/workspaces/{id}/injections
POST /api/v1/workspaces/{id}/metrics-snapshot /api/v1/workspaces/{id}/rebuild-embeddings
POST /api/v1/workspaces/{id}/rebuild-knowledge-graph /api/v1/workspaces/{id}/reprocess-documents
PUT /api/v1/workspaces/{id}/injection /api/v1/workspaces/{id}/injection/file
GET PATCH DELETE /api/v1/workspaces/{id}/injections/{injection}
GET POST /api/v2/workspaces/{id}/jobs
GET /api/v2/workspaces/{id}/jobs/catalog
GET DELETE /api/v2/workspaces/{id}/jobs/{job}
GET /api/v1/models/search
POST /api/v1/models/discover/refresh
GET POST /api/v1/connections
PUT DELETE /api/v1/connections/{id}
POST /api/v1/connections/{id}/test /api/v1/providers/test
POST /api/v1/pipeline/cancel
PATCH /api/v1/costs/budget
GET PATCH /api/v1/settings/llm-defaults /api/v1/settings/app-attribution
GET /api/v1/settings/attribution /api/v1/settings/langfuse
GET PATCH /api/v1/admin/config/defaults
PATCH /api/v1/admin/tenants/{id}/quota
POST /api/v1/parse
GET /api/v1/parse/backends /api/v1/parse/jobs/{id}
"""


class Elsewhere(Routes):
    """What is not here; it comes before ``/models/{provider}``."""

    def routes(self) -> list[Route]:
        """What Starlette serves."""
        lines = [line.split() for line in _ELSEWHERE.strip().splitlines()]
        return [
            Route(path, _not_here, methods=[word for word in line if not word.startswith("/")])
            for line in lines
            for path in line
            if path.startswith("/")
        ]


async def _not_here(request: Request) -> None:
    raise RequestError(501, f"the local server does not have {request.method} {request.url.path}")

"""The route that reads one passage."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.engine import Engine
from edgequake.local.graph import RELATION
from edgequake.local.requests import RequestError

_MOST_BESIDE = 10


class ChunkRoutes:
    """`/api/v1/chunks`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._store = engine.store

    def routes(self) -> list[Route]:
        """Where they are."""
        return [Route("/api/v1/chunks/{id}", self.get)]

    def get(self, request: Request) -> Response:
        """A passage with what it mentions."""
        workspace = self._engine.workspace(request)
        return JSONResponse(self._read(request.path_params["id"], workspace))

    def _read(self, chunk_id: str, workspace: str) -> dict[str, Any]:
        hit = self._store.passage(chunk_id, workspace)
        if hit is None:
            raise RequestError(404, "NOT_FOUND", f"Not found: chunk {chunk_id}")
        entities, relationships = self._store.graph("", [hit], _MOST_BESIDE, _MOST_BESIDE, workspace=workspace)
        text = self._store.records.content(hit.document_id) or ""
        before = sum(len(line) + 1 for line in text.split("\n")[: hit.start_line - 1])
        return {
            "chunk_id": hit.id,
            "document_id": hit.document_id,
            "document_name": hit.title,
            "content": hit.text,
            "index": hit.chunk_index,
            "char_range": {"start": before, "end": before + len(hit.text)},
            "start_line": hit.start_line,
            "end_line": hit.end_line,
            "token_count": len(hit.text.split()),
            "entities": [
                {"id": e.id, "name": e.name, "entity_type": e.entity_type, "description": e.description}
                for e in entities
            ],
            "relationships": [
                {
                    "source_name": r.source,
                    "target_name": r.target,
                    "relation_type": RELATION,
                    "description": r.description,
                }
                for r in relationships
            ],
            "extraction_metadata": None,
        }

"""The routes that retrieve without an answer, and read again what was retrieved."""

import asyncio
import hashlib
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.answering import Answering
from edgequake.local.bodies import ContextBody
from edgequake.local.engine import Engine, Found, Question
from edgequake.local.formats import mime_type
from edgequake.local.query_routes import looked_up, question_of
from edgequake.local.records import Record
from edgequake.local.requests import RequestError, body_of, check_query
from edgequake.local.wire import bundle, snippet

_ROOT = "/api/v1/query/context"
_PREFIX = "ret_"
_KEPT = 256
_KEPT_SECONDS = 900.0
_SUFFICIENT = 0.5
_TYPES = ("document", "chunk", "figure", "markdown", "pdf")


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What was found for a question. `at` is a monotonic time in seconds."""

    id: str
    question: Question
    requested: str | None
    found: Found
    at: float


class Retrievals:
    """The latest retrievals, each for a while. Safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Retrieval] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, question: Question, requested: str | None, found: Found) -> Retrieval:
        """What was found, under a new id."""
        kept = Retrieval(f"{_PREFIX}{uuid4().hex}", question, requested, found, monotonic())
        with self._lock:
            self._kept[kept.id] = kept
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return kept

    def get(self, wanted: str, workspace: str) -> Retrieval:
        """The retrieval of this id. RequestError: 400 for what is none, 404 unknown or another workspace's, 410 old."""
        if not wanted.startswith(_PREFIX):
            raise RequestError(400, "BAD_REQUEST", f"Bad request: a retrieval's id begins with {_PREFIX}: {wanted}")
        with self._lock:
            kept = self._kept.get(wanted)
        if kept is None or kept.question.workspace != workspace:
            raise RequestError(404, "NOT_FOUND", f"Not found: retrieval {wanted}")
        if monotonic() - kept.at > _KEPT_SECONDS:
            raise RequestError(410, "GONE", f"Gone: retrieval {wanted} was kept for {_KEPT_SECONDS / 60:.0f} minutes")
        return kept


class ContextRoutes:
    """`/api/v1/query/context`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._store = engine.store
        self._retrievals = Retrievals()

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route(_ROOT, self.retrieve, methods=["POST"]),
            Route(f"{_ROOT}/search", self.search, methods=["POST"]),
            Route(f"{_ROOT}/artifacts/{{type}}/{{id}}", self.artifact),
            Route(f"{_ROOT}/{{id}}", self.get),
        ]

    async def retrieve(self, request: Request) -> Response:
        """The passages and the part of the graph that a question would be answered from."""
        body = await body_of(ContextBody, request)
        kept = await self._retrieved(body, await asyncio.to_thread(self._engine.workspace, request))
        payload = _payload(kept, body, cached=False)
        told = {"x-retrieval-id": kept.id, "x-retrieval-fingerprint": payload["retrieval_fingerprint"]}
        return JSONResponse(payload, headers=told)

    def get(self, request: Request) -> Response:
        """The same again, for a quarter of an hour."""
        workspace, asked = self._engine.workspace(request), request.query_params
        kept = self._retrievals.get(request.path_params["id"], workspace)
        body = ContextBody(query=kept.question.text, include_subgraph=asked.get("include_subgraph", "true") != "false")
        return JSONResponse(_payload(kept, body, cached=True))

    async def search(self, request: Request) -> Response:
        """A result for each document that was found, with its best passage."""
        body, workspace = await body_of(ContextBody, request), await asyncio.to_thread(self._engine.workspace, request)
        kept = await self._retrieved(body, workspace)
        best = {hit.document_id: hit for hit in reversed(kept.found.passages)}
        passages = Counter(hit.document_id for hit in kept.found.passages)
        results = [
            {
                "retrieval_id": kept.id,
                "title": hit.title,
                "snippet": snippet(hit.text),
                "url": f"edgequake://workspace/{workspace}/retrieval/{kept.id}",
                "score": hit.score,
                "metadata": {"document_id": hit.document_id, "chunks": passages[hit.document_id]},
            }
            for hit in reversed(best.values())
        ]
        return JSONResponse({"results": sorted(results, key=lambda result: -float(str(result["score"])))})

    def artifact(self, request: Request) -> Response:
        """A passage or document that was found. There are no figures here."""
        kind, wanted, asked = request.path_params["type"], request.path_params["id"], request.query_params
        workspace = self._engine.workspace(request)
        if kind not in _TYPES:
            raise RequestError(400, "BAD_REQUEST", f"Bad request: the type is one of {', '.join(_TYPES)}: {kind}")
        if kind == "figure" and "document_id" not in asked:
            raise RequestError(400, "BAD_REQUEST", "Bad request: a figure needs document_id")
        read = self._chunk if kind == "chunk" else self._document
        told = read(kind, wanted, workspace, asked.get("include_content") == "true")
        return JSONResponse({"artifact_type": kind, "artifact_id": wanted, kind: told})

    async def _retrieved(self, body: ContextBody, workspace: str) -> Retrieval:
        check_query(body.query)
        question = question_of(body, workspace)
        answering = Answering(self._engine, question)
        found = await looked_up(answering)
        await answering.aclose()
        return self._retrievals.keep(question, body.mode, found)

    def _chunk(self, kind: str, wanted: str, workspace: str, whole: bool) -> dict[str, Any]:
        hit = self._store.passage(wanted, workspace)
        if hit is None:
            raise RequestError(404, "NOT_FOUND", f"Not found: {kind} {wanted}")
        return {
            "chunk_id": hit.id,
            "document_id": hit.document_id,
            "content": hit.text if whole else snippet(hit.text),
            "chunk_index": hit.chunk_index,
            "token_count": len(hit.text.split()),
            "start_line": hit.start_line,
            "end_line": hit.end_line,
        }

    def _document(self, kind: str, wanted: str, workspace: str, whole: bool) -> dict[str, Any]:
        record = self._store.records.get(wanted, workspace)
        if record is None or kind == "figure" or (kind == "pdf" and record.source_type != "pdf"):
            raise RequestError(404, "NOT_FOUND", f"Not found: {kind} {wanted}")
        told = _described(record)
        return {**told, "content": self._store.records.content(wanted)} if whole else told


def _payload(kept: Retrieval, body: ContextBody, *, cached: bool) -> dict[str, Any]:
    found, mode = kept.found, kept.question.mode
    documents = {hit.document_id for hit in found.passages}
    parts = bundle(found, with_subgraph=body.include_subgraph)
    if not body.include_documents:
        parts.pop("documents", None)
    if not body.include_lineage:
        for part in (*parts["chunks"], *parts["subgraph"]["entities"], *parts["subgraph"]["relationships"]):
            part.pop("lineage", None)
    covered = round(max((hit.covered for hit in found.passages), default=0.0), 6)
    counts = {"chunks": len(found.passages), "entities": len(found.entities), "relationships": len(found.relationships)}
    used = sum(chunk["token_count"] for chunk in parts["chunks"])
    payload: dict[str, Any] = {
        "retrieval_id": kept.id,
        "query": kept.question.text,
        "mode": mode,
        "mode_selection": {"requested": kept.requested or mode, "effective": mode, "adaptive": False},
        "bundle": parts,
        "stats": {
            "embedding_time_ms": 0,
            "retrieval_time_ms": found.retrieval_ms,
            "total_time_ms": found.retrieval_ms,
            "items_retrieved": {**counts, "documents": len(documents)},
            "reranked": False,
        },
        "retrieval_quality": {
            "coverage_score": covered,
            "is_sufficient": covered >= _SUFFICIENT,
            "empty_context": not found.passages,
        },
        "truncation": {
            "is_truncated": False,
            "token_budget": used,
            "tokens_used": used,
            "dropped": dict.fromkeys(counts, 0),
        },
        "retrieval_fingerprint": _fingerprint(found),
        "cached": cached,
    }
    if body.include_agent_hints:
        kinds = Counter(entity.entity_type for entity in found.entities)
        payload["agent_hints"] = {
            "dominant_entity_types": [kind for kind, _ in kinds.most_common(3)],
            "documents_touched": len(documents),
        }
    return payload


def _fingerprint(found: Found) -> str:
    """The same for retrievals that found the same."""
    ids = [*(hit.id for hit in found.passages), *(e.id for e in found.entities), *(r.id for r in found.relationships)]
    return f"fp_{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:12]}"


def _described(record: Record) -> dict[str, Any]:
    return {
        "document_id": record.id,
        "title": record.title,
        "mime_type": mime_type(record.file_name or record.title),
        "status": record.status,
        "created_at": record.created_at,
        "chunk_count": record.chunk_count,
    }

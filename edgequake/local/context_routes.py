"""The routes that retrieve without an answer, and read again what was retrieved."""

import hashlib
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from time import monotonic
from typing import Any
from uuid import uuid4

from starlette.responses import JSONResponse, Response

from edgequake.local.bodies import ContextBody
from edgequake.local.engine import Engine, Found, Question
from edgequake.local.formats import mime_type
from edgequake.local.query_routes import query_of
from edgequake.local.requests import RequestError, not_found
from edgequake.local.routing import Asked, Routes, route
from edgequake.local.wire import bundle, fields, snippet

_PREFIX = "ret_"
_KEPT = 256
_KEPT_SECONDS = 900.0
_SUFFICIENT = 0.5
_TYPES = ("document", "chunk", "figure", "markdown", "pdf")


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What was found for a question. ``at`` is a monotonic time in seconds."""

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
            raise RequestError(400, f"a retrieval's id begins with {_PREFIX}: {wanted}")
        with self._lock:
            kept = self._kept.get(wanted)
        if kept is None or kept.question.workspace != workspace:
            raise not_found("retrieval", wanted)
        if monotonic() - kept.at > _KEPT_SECONDS:
            raise RequestError(410, f"retrieval {wanted} was kept for {_KEPT_SECONDS / 60:.0f} minutes")
        return kept


class ContextRoutes(Routes):
    """``/api/v1/query/context``."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._retrievals = Retrievals()

    @route("POST /api/v1/query/context")
    def retrieve(self, asked: Asked, body: ContextBody) -> Response:
        """The passages and the part of the graph that a question would be answered from."""
        kept = self._retrieved(asked, body)
        payload = _payload(kept, body, cached=False)
        told = {"x-retrieval-id": kept.id, "x-retrieval-fingerprint": payload["retrieval_fingerprint"]}
        return JSONResponse(payload, headers=told)

    @route("POST /api/v1/query/context/search")
    def search(self, asked: Asked, body: ContextBody) -> object:
        """A result for each document that was found, with its best passage."""
        kept = self._retrieved(asked, body)
        best = {hit.document_id: hit for hit in reversed(kept.found.passages)}
        firsts = [hit for hit in kept.found.passages if best[hit.document_id] is hit]
        passages = Counter(hit.document_id for hit in kept.found.passages)
        results = [
            {
                "retrieval_id": kept.id,
                "title": hit.title,
                "snippet": snippet(hit.text),
                "url": f"edgequake://workspace/{asked.workspace}/retrieval/{kept.id}",
                "score": hit.score,
                "metadata": {"document_id": hit.document_id, "chunks": passages[hit.document_id]},
            }
            for hit in sorted(firsts, key=lambda hit: -hit.score)
        ]
        return {"results": results}

    @route("GET /api/v1/query/context/artifacts/{type}/{id}")
    def artifact(self, asked: Asked) -> object:
        """A passage or document that was found. There are no figures here."""
        kind, wanted = asked["type"], asked["id"]
        if kind not in _TYPES:
            raise RequestError(400, f"the type is one of {', '.join(_TYPES)}: {kind}")
        if kind == "figure" and "document_id" not in asked.query:
            raise RequestError(400, "a figure needs document_id")
        whole = asked.query.get("include_content") == "true"
        told = self._chunk(asked, whole) if kind == "chunk" else self._document(asked, kind, whole)
        return {"artifact_type": kind, "artifact_id": wanted, kind: told}

    @route("GET /api/v1/query/context/{id}")
    def get(self, asked: Asked) -> object:
        """What was retrieved, again, for a quarter of an hour."""
        kept = self._retrievals.get(asked["id"], asked.workspace)
        with_subgraph = asked.query.get("include_subgraph", "true") != "false"
        return _payload(kept, ContextBody(query=kept.question.text, include_subgraph=with_subgraph), cached=True)

    def _retrieved(self, asked: Asked, body: ContextBody) -> Retrieval:
        question = query_of(body, asked.workspace)
        return self._retrievals.keep(question, body.mode, self.engine.retrieve(question))

    def _chunk(self, asked: Asked, whole: bool) -> dict[str, Any]:
        hit = self.passage(asked)
        told = fields(hit, "document_id", "chunk_index", "start_line", "end_line")
        content = hit.text if whole else snippet(hit.text)
        return {**told, "chunk_id": hit.id, "content": content, "token_count": len(hit.text.split())}

    def _document(self, asked: Asked, kind: str, whole: bool) -> dict[str, Any]:
        record = self.store.records.get(asked["id"], asked.workspace)
        if record is None or kind == "figure" or (kind == "pdf" and record.source_type != "pdf"):
            raise not_found(kind, asked["id"])
        told = fields(record, "title", "status", "created_at", "chunk_count")
        told |= {"document_id": record.id, "mime_type": mime_type(record.name)}
        return {**told, "content": self.store.records.content(record.id)} if whole else told


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

"""The shapes the server sends: sources, statistics, events and errors."""

import json
from typing import Any

from starlette.responses import Response

from edgequake.local.engine import MODEL, PROVIDER, Found
from edgequake.local.requests import RequestError
from edgequake.local.store import Hit

SNIPPET_CHARS = 200

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    422: "Validation Error",
    500: "Internal Error",
}


def source(hit: Hit, number: int, granularity: str = "citation") -> dict[str, Any]:
    """A SourceReference. The snippet is short for `citation` and the whole passage otherwise."""
    return {
        "source_type": "chunk",
        "id": hit.id,
        "score": hit.score,
        "snippet": _snippet(hit.text) if granularity == "citation" else hit.text,
        "reference_id": number,
        "document_id": hit.document_id,
        "file_path": hit.title,
        "start_line": hit.start_line,
        "end_line": hit.end_line,
        "chunk_index": hit.chunk_index,
    }


def sources(found: Found, granularity: str = "citation") -> list[dict[str, Any]]:
    """The SourceReferences of an answer, numbered from 1."""
    return [source(hit, number, granularity) for number, hit in enumerate(found.sources, 1)]


def stats(found: Found, generation_ms: int, tokens: int, ttft_ms: int | None = None) -> dict[str, Any]:
    """QueryStats; times in milliseconds, `tokens` counts the pieces of the answer."""
    figures: dict[str, Any] = {
        "embedding_time_ms": 0,
        "keyword_time_ms": 0,
        "retrieval_time_ms": found.retrieval_ms,
        "generation_time_ms": generation_ms,
        "total_time_ms": found.retrieval_ms + generation_ms,
        "sources_retrieved": len(found.sources),
        "tokens_used": tokens,
        "llm_provider": PROVIDER,
        "llm_model": MODEL,
        "arms_run": "naive",
    }
    if generation_ms > 0:
        figures["tokens_per_second"] = round(tokens * 1000 / generation_ms, 3)
    if ttft_ms is not None:
        figures["ttft_ms"] = ttft_ms
    if not found.sources:
        figures["context_empty"] = True
    return figures


def error_event(code: str, error: Exception) -> dict[str, str]:
    """The event that ends a stream which cannot go on."""
    return {"type": "error", "message": str(error) or type(error).__name__, "code": code}


def problem(error: RequestError, request_id: str) -> Response:
    """An error answer, `application/problem+json`."""
    body = {
        "code": error.code,
        "message": error.message,
        "details": {
            "request_id": request_id,
            "error_code": error.code,
            "source": "api",
            "retryable": False,
        },
        "type": f"https://edgequake.dev/problems/{error.code.lower().replace('_', '-')}",
        "title": _TITLES.get(error.status, "Error"),
        "status": error.status,
    }
    return Response(compact(body), error.status, media_type="application/problem+json")


def compact(value: object) -> str:
    """JSON without spaces, text as it is."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _snippet(text: str) -> str:
    line = " ".join(text.split())
    if len(line) <= SNIPPET_CHARS:
        return line
    cut = line.rfind(" ", SNIPPET_CHARS // 2, SNIPPET_CHARS)
    return line[: cut if cut > 0 else SNIPPET_CHARS - 1] + "…"

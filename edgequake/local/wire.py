"""The shapes the server sends: sources, graph, statistics, events and errors."""

import json
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from edgequake.local.answering import Answering
from edgequake.local.engine import Found
from edgequake.local.graph_reading import FoundEntity, FoundRelationship
from edgequake.local.requests import RequestError
from edgequake.local.search import Hit

SNIPPET_CHARS = 200

_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))

# What the server calls these; of others, HTTP's own name.
_TITLES = {413: "Payload Too Large", 422: "Validation Error", 500: "Internal Error", 502: "LLM Provider Error"}


def sources(found: Found, granularity: str = "citation") -> list[dict[str, Any]]:
    """The SourceReferences of an answer, numbered from 1: passages, then entities, then relationships.

    Snippets are short for ``citation`` and whole otherwise.
    """
    references = [
        *(_passage(hit, granularity) for hit in found.passages),
        *map(_entity, found.entities),
        *map(_relationship, found.relationships),
    ]
    for number, reference in enumerate(references, 1):
        reference["reference_id"] = number
    return references


def subgraph(found: Found) -> dict[str, Any]:
    """The SubgraphBundle of an answer."""
    entities = [
        {
            **fields(one, "id", "name", "entity_type", "description", "score", "degree"),
            "lineage": {"source_chunk_ids": list(one.chunk_ids), **_origin(one.places[0])},
        }
        for one in found.entities
    ]
    relationships = [
        {
            **fields(one, "id", "source", "target", "relation_type", "description", "score"),
            "lineage": {"source_chunk_id": one.place.id, **_origin(one.place)},
        }
        for one in found.relationships
    ]
    return {"entities": entities, "relationships": relationships}


def bundle(found: Found, *, with_subgraph: bool) -> dict[str, Any]:
    """The ContextBundle of an answer: the graph, whole passages and the documents they are from."""
    titles = {hit.document_id: hit.title for hit in found.passages}
    documents = [
        {
            "document_id": document_id,
            "title": title,
            "chunk_count_in_bundle": sum(hit.document_id == document_id for hit in found.passages),
            "entity_count_in_bundle": sum(
                any(chunk_id.startswith(document_id) for chunk_id in entity.chunk_ids) for entity in found.entities
            ),
        }
        for document_id, title in titles.items()
    ]
    return {
        "subgraph": subgraph(found) if with_subgraph else {"entities": [], "relationships": []},
        "chunks": [_chunk(hit, number) for number, hit in enumerate(found.passages, 1)],
        **({"documents": documents} if documents else {}),
    }


def stats(answering: Answering, found: Found) -> dict[str, Any]:
    """QueryStats of an answer that is complete; times in milliseconds, ``tokens_used`` counts its pieces."""
    arms = answering.question.arms
    figures: dict[str, Any] = {
        "embedding_time_ms": 0,
        "keyword_time_ms": 0,
        "retrieval_time_ms": found.retrieval_ms,
        "generation_time_ms": answering.generation_ms,
        "total_time_ms": found.retrieval_ms + answering.generation_ms,
        "sources_retrieved": found.count,
        "tokens_used": answering.token_count,
        **answering.answered_by,
    }
    if arms:
        figures["arms_run"] = ",".join(arms)
    if answering.generation_ms > 0:
        figures["tokens_per_second"] = round(answering.token_count * 1000 / answering.generation_ms, 3)
    if answering.first_token_ms is not None:
        figures["ttft_ms"] = answering.first_token_ms
        figures["ux_ttft_ms"] = found.retrieval_ms + answering.first_token_ms
    if not found.passages:
        figures["context_empty"] = True
    return figures


def problem(error: RequestError, request_id: str) -> Response:
    """An error answer, ``application/problem+json``."""
    body = {
        "code": error.code,
        "message": error.message,
        "details": {
            "request_id": request_id,
            "error_code": error.code,
            "source": "api",
            "retryable": False,
            **error.details,
        },
        "type": f"https://edgequake.dev/problems/{error.code.lower().replace('_', '-')}",
        "title": _TITLES.get(error.status) or HTTPStatus(error.status).phrase,
        "status": error.status,
    }
    headers = {"retry-after": "5"} if error.status == 503 else None
    return Response(compact(body), error.status, headers, media_type="application/problem+json")


def compact(value: object) -> str:
    """JSON without spaces, text as it is."""
    return _JSON.encode(value)


def snippet(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    if len(line) <= SNIPPET_CHARS:
        return line
    cut = line.rfind(" ", SNIPPET_CHARS // 2, SNIPPET_CHARS)
    return line[: cut if cut > 0 else SNIPPET_CHARS - 1] + "…"


def fields(of: object, *names: str) -> dict[str, Any]:
    """Attributes of an object by their names."""
    return {name: getattr(of, name) for name in names}


def _passage(hit: Hit, granularity: str) -> dict[str, Any]:
    text = snippet(hit.text) if granularity == "citation" else hit.text
    pages = {} if hit.page is None else {"page_start": hit.page, "page_end": hit.page}
    return {"source_type": "chunk", **fields(hit, "id", "score"), "snippet": text, **_lineage(hit), **pages}


def _entity(entity: FoundEntity) -> dict[str, Any]:
    told = fields(entity, "id", "score", "entity_type", "degree")
    chunks = list(entity.chunk_ids)
    return {"source_type": "entity", **told, "snippet": snippet(entity.description), "source_chunk_ids": chunks}


def _relationship(one: FoundRelationship) -> dict[str, Any]:
    return {"source_type": "relationship", **fields(one, "id", "score"), "snippet": snippet(one.description)}


def _chunk(hit: Hit, number: int) -> dict[str, Any]:
    return {
        **fields(hit, "id", "score"),
        "content": hit.text,
        "token_count": len(hit.text.split()),
        "reference_id": number,
        "is_truncated": False,
        "lineage": _lineage(hit),
    }


def _lineage(hit: Hit) -> dict[str, Any]:
    return {"file_path": hit.title, **fields(hit, "document_id", "chunk_index", "start_line", "end_line")}


def _origin(place: Hit) -> dict[str, str]:
    return {"source_document_id": place.document_id, "source_file_path": place.title}

"""The contract's shapes: a trailing `?` marks a key that may be absent; no other keys are allowed."""

from typing import Any

ANY = object()
STR_OR_NULL = (str, None)
INT_OR_NULL = (int, None)

CHUNK = {
    "source_type": str,
    "id": str,
    "score": float,
    "snippet": STR_OR_NULL,
    "reference_id?": int,
    "document_id?": str,
    "file_path?": str,
    "start_line?": int,
    "end_line?": int,
    "chunk_index?": int,
    "page_start?": int,
    "page_end?": int,
    "rerank_score?": float,
}
ENTITY = {
    "source_type": str,
    "id": str,
    "score": float,
    "snippet": STR_OR_NULL,
    "reference_id?": int,
    "entity_type?": str,
    "degree?": int,
    "source_chunk_ids?": [str],
}
RELATIONSHIP = {"source_type": str, "id": str, "score": float, "snippet": STR_OR_NULL, "reference_id?": int}
SUBGRAPH = {
    "entities": [
        {
            "id": str,
            "name": str,
            "entity_type": str,
            "description": str,
            "score": float,
            "degree": int,
            "lineage?": {"source_chunk_ids?": [str], "source_document_id?": str, "source_file_path?": str},
        }
    ],
    "relationships": [
        {
            "id": str,
            "source": str,
            "target": str,
            "relation_type": str,
            "description": str,
            "score": float,
            "lineage?": {"source_chunk_id?": str, "source_document_id?": str, "source_file_path?": str},
        }
    ],
}
BUNDLE = {
    "subgraph": SUBGRAPH,
    "chunks": [
        {
            "id": str,
            "content": str,
            "score": float,
            "rerank_score?": float,
            "token_count": int,
            "reference_id?": int,
            "is_truncated?": bool,
            "lineage?": {
                "document_id?": str,
                "file_path?": str,
                "start_line?": int,
                "end_line?": int,
                "chunk_index?": int,
            },
        }
    ],
    "documents?": [
        {
            "document_id": str,
            "title": str,
            "mime_type?": str,
            "created_at?": str,
            "chunk_count_in_bundle": int,
            "entity_count_in_bundle": int,
        }
    ],
    "context_string?": str,
}
STATS = {
    "embedding_time_ms": int,
    "keyword_time_ms?": int,
    "retrieval_time_ms": int,
    "generation_time_ms": int,
    "total_time_ms": int,
    "sources_retrieved": int,
    "ttft_ms?": int,
    "rerank_time_ms?": int,
    "tokens_used?": int,
    "tokens_per_second?": float,
    "llm_provider?": str,
    "llm_model?": str,
    "arms_run?": str,
    "context_empty?": bool,
    "ux_ttft_ms?": int,
}
STREAM_STATS = {**STATS, "query_mode": str, "tokens_used": int}
QUERY = {
    "answer": str,
    "mode": str,
    "sources": ["source"],
    "stats": STATS,
    "subgraph?": SUBGRAPH,
    "conversation_id?": str,
    "reranked?": bool,
}
CHAT = {
    "conversation_id": str,
    "user_message_id": str,
    "assistant_message_id": str,
    "content": str,
    "mode": str,
    "sources": ["source"],
    "stats": STATS,
    "tokens_used": int,
    "duration_ms": int,
    "llm_provider?": str,
    "llm_model?": str,
}
_MODEL = {"llm_provider?": str, "llm_model?": str, "answer?": str}
_CONTEXT = {"type": str, "sources": ["source"], "query_mode": str, "retrieval_time_ms": int}
_ERROR = {"type": str, "message": str, "code": str}
_SAID = {"type": str, "content": str}
V2 = {
    "thinking": _SAID,
    "token": _SAID,
    "error": _ERROR,
    "context": {**_CONTEXT, "subgraph?": SUBGRAPH},
    "done": {"type": str, "stats": STREAM_STATS, **_MODEL},
}
V3 = {**V2, "context": {**_CONTEXT, "bundle?": BUNDLE}}
CHAT_EVENTS = {
    "thinking": _SAID,
    "token": _SAID,
    "error": _ERROR,
    "conversation": {"type": str, "conversation_id": str, "user_message_id": str},
    "context": {
        "type": str,
        "sources": ["source"],
        "query_mode?": str,
        "retrieval_time_ms?": int,
        "subgraph?": SUBGRAPH,
    },
    "done": {"type": str, "assistant_message_id": str, "tokens_used": int, "duration_ms": int, **_MODEL},
    "title_update": {"type": str, "conversation_id": str, "title": str},
}
HEALTH = {
    "capabilities?": {"dev_mode?": bool},
    "status": str,
    "version": str,
    "storage_mode": str,
    "workspace_id": str,
    "llm_provider_name?": str,
    "components": {"kv_storage": bool, "vector_storage": bool, "graph_storage": bool, "llm_provider": bool},
}
COUNTS = {
    "pending": int,
    "processing": int,
    "completed": int,
    "partial_failure": int,
    "failed": int,
    "cancelled": int,
    "unknown": int,
}
SUMMARY = {
    "id": str,
    "title": STR_OR_NULL,
    "chunk_count": int,
    "file_name?": str,
    "content_summary?": str,
    "content_length?": int,
    "entity_count?": int,
    "relationship_count?": int,
    "status?": str,
    "error_message?": str,
    "warning_message?": str,
    "track_id?": str,
    "created_at?": str,
    "updated_at?": str,
    "source_type?": str,
    "current_stage?": str,
    "stage_progress?": float,
    "stage_message?": str,
}
DOCUMENTS = {
    "documents": [SUMMARY],
    "total": int,
    "page": int,
    "page_size": int,
    "total_pages": int,
    "has_more": bool,
    "status_counts": COUNTS,
}
DOCUMENT = {
    **SUMMARY,
    "status": str,
    "content?": str,
    "content_hash?": str,
    "mime_type?": str,
    "tenant_id?": str,
    "workspace_id?": str,
    "processed_at?": str,
    "file_size?": int,
    "metadata?": ANY,
}
TRACK = {
    "track_id": str,
    "documents": [SUMMARY],
    "total_count": int,
    "status_summary": COUNTS,
    "is_complete": bool,
    "created_at": STR_OR_NULL,
    "latest_message?": str,
}
UPLOADED = {"document_id": str, "status": str, "task_id": str, "track_id": str}
UPLOADED_TWICE = {"document_id": str, "status": str, "track_id": str, "duplicate_of": str}
FILE_UPLOADED = {
    "document_id": str,
    "filename": str,
    "size": int,
    "content_hash": str,
    "status": str,
    "task_id?": str,
    "track_id?": str,
    "chunk_count": int,
    "entity_count": int,
    "relationship_count": int,
    "is_duplicate": bool,
}
BATCH = {
    "total_files": int,
    "processed": int,
    "duplicates": int,
    "failed": int,
    "results": [{"filename": str, "document_id": STR_OR_NULL, "status": str, "error": STR_OR_NULL}],
}
DELETED = {
    "document_id": str,
    "deleted": bool,
    "accepted": bool,
    "track_id?": str,
    "chunks_deleted": int,
    "entities_affected": int,
    "relationships_affected": int,
    "embeddings_deleted": int,
    "partial_failure": bool,
}
CONVERSATION = {
    "id": str,
    "tenant_id": str,
    "workspace_id": STR_OR_NULL,
    "title": str,
    "mode": str,
    "is_pinned": bool,
    "is_archived": bool,
    "folder_id": STR_OR_NULL,
    "share_id": STR_OR_NULL,
    "message_count": INT_OR_NULL,
    "last_message_preview": STR_OR_NULL,
    "created_at": str,
    "updated_at": str,
}
MESSAGE = {
    "id": str,
    "conversation_id": str,
    "parent_id": STR_OR_NULL,
    "role": str,
    "content": str,
    "mode": STR_OR_NULL,
    "tokens_used": INT_OR_NULL,
    "duration_ms": INT_OR_NULL,
    "thinking_time_ms": INT_OR_NULL,
    "context": ANY,
    "is_error": bool,
    "created_at": str,
    "updated_at": str,
}
_PAGINATION = {
    "next_cursor": STR_OR_NULL,
    "prev_cursor": STR_OR_NULL,
    "total": INT_OR_NULL,
    "has_more": bool,
}
CONVERSATIONS = {"items": [CONVERSATION], "pagination": _PAGINATION}
MESSAGES = {"items": [MESSAGE], "pagination": _PAGINATION}
CONVERSATION_DETAIL = {"conversation": CONVERSATION, "messages": [MESSAGE]}
PROBLEM = {"code": str, "message": str, "details?": ANY, "type?": str, "title?": str, "status?": int}
MIDDLEWARE = {"error": str, "message": str, "request_id?": str}

_SOURCES = {"chunk": CHUNK, "entity": ENTITY, "relationship": RELATIONSHIP}


def check(value: Any, shape: Any, place: str = "$", *, more: bool = False) -> None:
    """Fail where a value differs from a shape, naming the place; with `more`, other keys are allowed."""
    if shape is ANY:
        return
    if shape == "source":
        check(value, _SOURCES[value["source_type"]], place, more=more)
    elif isinstance(shape, dict):
        assert isinstance(value, dict), place
        keys = {name.rstrip("?"): name for name in shape}
        assert more or not value.keys() - keys.keys(), f"{place}: {value.keys() - keys.keys()}"
        for name, spelled in keys.items():
            assert name in value or spelled.endswith("?"), f"{place}.{name} is missing"
            if value.get(name) is None and spelled.endswith("?"):
                continue
            if name in value:
                check(value[name], shape[spelled], f"{place}.{name}", more=more)
    elif isinstance(shape, list):
        assert isinstance(value, list), place
        for number, item in enumerate(value):
            check(item, shape[0], f"{place}[{number}]", more=more)
    elif isinstance(shape, tuple):
        assert value is None or type(value) is shape[0], f"{place}: {value!r}"
    else:
        allowed = (int, float) if shape is float else (shape,)
        assert type(value) in allowed, f"{place}: {value!r}"

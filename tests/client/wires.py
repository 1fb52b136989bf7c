"""The same answer on every wire format, as steps of a scripted server."""

from __future__ import annotations

import json
from typing import Any

QUERY = "/api/v1/query"
STREAM = "/api/v1/query/stream"
GUIDE = "/query/stream"
CHAT = "/api/v1/chat/completions"
CHAT_STREAM = "/api/v1/chat/completions/stream"
USER = "00000000-0000-0000-0000-000000000001"

PIECES = [
    "Knowledge",
    " graphs",
    " hold\n\n",
    "  “entities”",
    " \u2028and\u0085 \x0b\x0c relations",
    ' é 漢 🦊 {"a": 1}',
    ".",
]
TEXT = "".join(PIECES)
SOURCE = {"source_type": "chunk", "id": "doc-chunk-1", "score": 0.5, "snippet": "s", "file_path": "graphs.md"}
STATS = {"retrieval_time_ms": 12, "generation_time_ms": 30, "tokens_used": 7, "query_mode": "hybrid"}
DONE: dict[str, Any] = {"type": "done", "stats": STATS, "llm_provider": "ollama", "llm_model": "gemma3"}
CONTEXT: dict[str, Any] = {"type": "context", "sources": [SOURCE], "query_mode": "hybrid", "retrieval_time_ms": 12}
TITLE = {"type": "title_update", "conversation_id": "c-1", "title": "On graphs"}
ERROR_EVENT = {"type": "error", "message": "the model went away", "code": "STREAM_ERROR"}


def token(text: str) -> dict[str, Any]:
    return {"type": "token", "content": text}


def v2(*pieces: str) -> list[Any]:
    return [{"type": "thinking", "content": "2 chunks"}, CONTEXT, *map(token, pieces), DONE]


def v3(*pieces: str) -> list[Any]:
    bundle = {"subgraph": {"entities": [{"id": "GRAPH", "name": "Graph"}], "relationships": []}, "chunks": []}
    return [CONTEXT | {"bundle": bundle}, *map(token, pieces), DONE]


def v1(*pieces: str) -> list[Any]:
    return list(pieces)


def guide(*pieces: str) -> list[Any]:
    tokens = [{"chunk": piece, "type": "token"} for piece in pieces]
    return [*tokens, {"type": "source", "source": "graphs.md"}, {"type": "done"}]


def chat(*pieces: str) -> list[Any]:
    begin = {"type": "conversation", "conversation_id": "c-1", "user_message_id": "m-1"}
    done = {"type": "done", "assistant_message_id": "m-2", "tokens_used": 7, "duration_ms": 42}
    return [begin, CONTEXT, *map(token, pieces), done | {"llm_model": "gemma3"}, TITLE]


def openai(*pieces: str) -> list[Any]:
    def choice(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        return {"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    usage = {"id": "x", "choices": [], "usage": {"total_tokens": 9}}
    texts = [choice({"content": piece}) for piece in pieces]
    return [choice({"role": "assistant"}), *texts, choice({}, "stop"), usage, "[DONE]"]


QUERY_WIRES = {"v1": v1, "v2": v2, "v3": v3, "guide": guide, "openai": openai}
CHAT_WIRES = {"chat": chat, "openai": openai}


def wire_bytes(steps: list[Any], end: str = "\n") -> bytes:
    """``steps`` as one event stream, whose lines end as given."""
    lines = []
    for step in steps:
        data = step if isinstance(step, str) else json.dumps(step, ensure_ascii=False)
        lines += [f"data: {line}" for line in data.split("\n")] + [""]
    return "".join(line + end for line in lines).encode()

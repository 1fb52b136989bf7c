"""The events of a scripted answer."""

from __future__ import annotations

STREAM = ("POST", "/api/v1/query/stream")
SOURCES = [
    {"source_type": "chunk", "id": "c-4", "score": 0.742, "reference_id": 1, "file_path": "design.md",
     "start_line": 41, "end_line": 58},
    {"source_type": "chunk", "id": "c-0", "score": 0.5, "reference_id": 2, "file_path": "plan.pdf", "page_start": 3,
     "page_end": 4},
    {"source_type": "entity", "id": "MIRA", "score": 0.25, "reference_id": 3, "entity_type": "PERSON"},
    {"source_type": "relationship", "id": "MIRA->RELAY", "score": 0.0},
]  # fmt: skip
CONTEXT = {"type": "context", "sources": SOURCES, "query_mode": "hybrid", "retrieval_time_ms": 7}
DONE = {"type": "done", "stats": {"total_time_ms": 20}, "llm_provider": "ollama", "llm_model": "gemma3"}


def token(text: str) -> dict[str, str]:
    return {"type": "token", "content": text}


def tokens(*texts: str) -> list[dict[str, str]]:
    return [token(text) for text in texts]

"""A whole, good answer in the form that a request asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from json import dumps
from typing import TYPE_CHECKING, Any, TypeAlias

from edgequake.testing._answers import Answer, scripted

if TYPE_CHECKING:
    from edgequake.testing._requests import Request

__all__ = ["good_answer"]

Event: TypeAlias = dict[str, Any]

_IDS = {
    "conversation_id": "00000000-0000-4000-8000-000000000001",
    "user_message_id": "00000000-0000-4000-8000-000000000002",
    "assistant_message_id": "00000000-0000-4000-8000-000000000003",
}
_MODEL = {"llm_provider": "test", "llm_model": "test"}


def good_answer(text: str, sources: Sequence[str | Mapping[str, Any]]) -> Callable[[Request], Answer]:
    """A function from a request to the answer ``text``: JSON or a stream, of a query or of a chat."""
    references = [_reference(number, source) for number, source in enumerate(sources, 1)]
    words = re.findall(r"\s*\S+|\s+", text)

    def answer(request: Request) -> Answer:
        asked = _asked(request)
        mode = str(asked.get("mode") or "hybrid")
        if request.path.endswith("/chat/completions"):
            return _json(_IDS | {"content": text, "mode": mode, "sources": references} | _figures(words, references))
        if request.path.endswith("/chat/completions/stream"):
            return scripted(_chat_events(words, references, mode))
        if request.path.endswith("/query/stream"):
            if request.method == "GET":
                return scripted(_guide_events(words, references))
            if asked.get("stream_format") == "v1":
                return scripted(words)
            return scripted(_query_events(words, references, mode))
        return _json({"answer": text, "mode": mode, "sources": references, "stats": _stats(words, references)})

    return answer


def _reference(number: int, source: str | Mapping[str, Any]) -> Event:
    given = {"file_path": source} if isinstance(source, str) else dict(source)
    return {"source_type": "chunk", "id": f"chunk-{number}", "score": 1.0, "reference_id": number} | given


def _asked(request: Request) -> Mapping[str, Any]:
    asked = request.json if request.body else request.query
    return asked if isinstance(asked, Mapping) else {}


def _json(body: Mapping[str, Any]) -> Answer:
    return scripted([dumps(body).encode()], content_type="application/json", framing="length")


def _stats(words: Sequence[str], references: Sequence[Event]) -> Event:
    times = dict.fromkeys(("embedding_time_ms", "retrieval_time_ms", "generation_time_ms", "total_time_ms"), 0)
    return times | {"tokens_used": len(words), "sources_retrieved": len(references)} | _MODEL


def _figures(words: Sequence[str], references: Sequence[Event]) -> Event:
    return {"stats": _stats(words, references), "tokens_used": len(words), "duration_ms": 0} | _MODEL


def _context(references: Sequence[Event], mode: str) -> Event:
    return {"type": "context", "sources": references, "query_mode": mode, "retrieval_time_ms": 0}


def _tokens(words: Sequence[str]) -> list[Event]:
    return [{"type": "token", "content": word} for word in words]


def _query_events(words: Sequence[str], references: Sequence[Event], mode: str) -> list[Event]:
    done = {"type": "done", "stats": _stats(words, references) | {"query_mode": mode}} | _MODEL
    return [_context(references, mode), *_tokens(words), done]


def _chat_events(words: Sequence[str], references: Sequence[Event], mode: str) -> list[Event]:
    begun = {"type": "conversation"} | {name: _IDS[name] for name in ("conversation_id", "user_message_id")}
    done = {"type": "done", "assistant_message_id": _IDS["assistant_message_id"], "tokens_used": len(words)}
    return [begun, _context(references, mode), *_tokens(words), done | {"duration_ms": 0} | _MODEL]


def _guide_events(words: Sequence[str], references: Sequence[Event]) -> list[Event]:
    tokens = [{"chunk": word, "type": "token"} for word in words]
    return [*tokens, *({"type": "source", "source": reference} for reference in references), {"type": "done"}]

"""What is told of a call that has ended: the :class:`CallRecord` that ``on_call=`` gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from edgequake._core.answer import AnswerState
from edgequake.models.answer import ChatResponse, QueryResponse

if TYPE_CHECKING:
    from datetime import datetime

    from edgequake._core.timing import StreamTiming

__all__ = ["CallRecord", "OnCall", "Outcome", "facts_of"]

Outcome: TypeAlias = Literal["completed", "failed", "left"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call that has ended, over all its tries.

    Only its ``error`` may hold something of the question or the answer, such as the text that came before it.
    """

    route: str
    """Method and path with the names of ids, such as ``GET /api/v1/documents/{document_id}``.

    ``client.request`` and ``client.stream`` have the path that they were given.
    """
    outcome: Outcome
    """``completed``, ``failed``, or ``left``: the caller closed the stream before its end, or was cancelled."""
    error: Exception | None = None
    """Why it failed. Its message may quote the server, and its ``partial_text`` is the answer so far."""
    streamed: bool = False
    """Whether the call was a stream."""
    started_at: datetime
    """When it began, in UTC."""
    timing: StreamTiming
    """Seconds to the first byte, the first chunk and the end, and the number of chunks; a plain call has no chunks."""
    retries: int = 0
    """How often it was tried again."""
    fell_back: bool = False
    """Whether the stream failed before any text and the whole answer was asked for instead."""
    status: int | None = None
    """The HTTP status of the last response; None if there was none."""
    request_id: str | None = None
    """The server's id of the last request; None if it sent none."""
    mode: str | None = None
    """The retrieval mode that the server used, or the one that was asked for. None if the call has no mode."""
    model: str | None = None
    """The model that wrote the answer, or the one that was asked for. None if neither is known."""
    sources: int | None = None
    """How many sources the answer has; None if the call has none."""
    tokens: int | None = None
    """Tokens of the answer, as the server counted or estimated them; None if it did not say."""
    finish_reason: str | None = None
    """Why the model stopped, from servers that speak OpenAI's wire."""


OnCall: TypeAlias = Callable[[CallRecord], object]
"""A function that gets the record of each call that ends."""


def facts_of(answered: object, asked: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields of a record that come from the answer, as far as there is one, or from what was asked for."""
    asked = asked or {}
    facts: dict[str, Any] = {"mode": asked.get("mode"), "model": asked.get("llm_model") or asked.get("model")}
    match answered:
        case AnswerState():
            said = {**answered.seen, "mode": answered.seen.get("query_mode"), "finish_reason": answered.finish_reason}
        case QueryResponse() | ChatResponse():
            said = {name: answered.get(name) for name in ("mode", "llm_model", "tokens_used", "finish_reason")}
        case _:
            return facts
    stats, tokens = answered.stats, said.get("tokens_used")
    return {
        "mode": _text(said.get("mode")) or stats.query_mode or facts["mode"],
        "model": _text(said.get("llm_model")) or stats.llm_model or facts["model"],
        "sources": len(answered.sources),
        "tokens": tokens if isinstance(tokens, int) else stats.tokens_used,
        "finish_reason": _text(said.get("finish_reason")),
    }


def _text(value: object) -> str | None:
    """``value`` if it is a text: some fields of a stream's events are as the server sent them."""
    return value if isinstance(value, str) and value else None

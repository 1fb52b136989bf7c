"""Folds the chunks of a stream into the whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgequake.models.answer import ChatResponse, QueryResponse, QueryStats

if TYPE_CHECKING:
    from edgequake.chunks import Chunk
    from edgequake.models.source import ContextBundle, Source, Subgraph

__all__ = ["COMPACT_AT", "AnswerState", "chat_response", "query_response"]

COMPACT_AT = 4096
"""The number of parts at which the text is joined."""


class AnswerState:
    """Everything that a stream has yielded so far: its text, sources and statistics."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._joined: list[str] = []  # parts that were joined: far smaller than a string object for each
        self._joined_parts = 0
        self._without_text = 0
        self.add_text = self.parts.append
        """Adds a chunk that has only text."""
        self.sources: list[Source] = []
        self._stats: QueryStats | None = None
        self.subgraph: Subgraph | None = None
        self.bundle: ContextBundle | None = None
        self.final_text: str | None = None
        self.finish_reason: str | None = None
        self.usage: dict[str, Any] | None = None
        self.seen: dict[str, Any] = {}
        """The last value of each plain field: conversation_id, title, query_mode, tokens_used, llm_model …"""

    @property
    def chunks_received(self) -> int:
        """How many chunks have arrived, including those without text."""
        return self._joined_parts + len(self.parts) + self._without_text

    @property
    def stats(self) -> QueryStats:
        """What the server measured. Created on first use: creating it earlier would delay the first word."""
        if self._stats is None:
            self._stats = QueryStats()
        return self._stats

    @property
    def text(self) -> str:
        """The text streamed so far."""
        return "".join([*self._joined, *self.parts])

    @property
    def answer(self) -> str:
        """The final text: that of the server's last event if it has one, else the streamed text."""
        return self.text if self.final_text is None else self.final_text

    def compact(self) -> None:
        """Joins the parts, so that memory stays close to the size of the text. Called at ``COMPACT_AT`` parts."""
        self._joined.append("".join(self.parts))
        self._joined_parts += len(self.parts)
        self.parts.clear()

    def add(self, chunk: Chunk) -> None:
        """Adds a chunk that has more than text. Of a chunk of an unknown type, only the text is used."""
        if text := chunk.text:
            self.add_text(text)
        else:
            self._without_text += 1
        kind = chunk.type
        if kind == "context":
            self.sources = chunk.sources
            self.subgraph, self.bundle = chunk.subgraph, chunk.bundle
        elif kind in ("source", "done"):
            self.sources = [*self.sources, *chunk.sources]
        if kind == "done":
            self._stats = chunk.stats or self._stats
            self.final_text = chunk.answer or self.final_text
        if "choices" in chunk or kind == "done":
            self.usage = chunk.usage or self.usage
            self.finish_reason = chunk.finish_reason or self.finish_reason
        if kind in _PLAIN_FIELDS:
            self.seen.update({name: chunk[name] for name in _PLAIN_FIELDS[kind] if chunk.get(name) is not None})


_PLAIN_FIELDS = {
    "conversation": ("conversation_id", "user_message_id"),
    "context": ("query_mode",),
    "done": (
        "assistant_message_id",
        "tokens_used",
        "duration_ms",
        "llm_provider",
        "llm_model",
        "conversation_id",
    ),
    "title_update": ("title", "conversation_id"),
}


def query_response(state: AnswerState) -> QueryResponse:
    """The answer that a query's stream has brought, as ``query.execute`` would return it."""
    stats = state.stats.model_copy()
    for name in ("llm_provider", "llm_model"):
        if getattr(stats, name) is None:
            setattr(stats, name, state.seen.get(name))
    return QueryResponse(
        answer=state.answer,
        mode=state.seen.get("query_mode") or stats.query_mode,
        sources=state.sources,
        stats=stats,
        subgraph=state.subgraph if state.bundle is None else state.bundle.subgraph,
        bundle=state.bundle,
        conversation_id=state.seen.get("conversation_id"),
    )


def chat_response(state: AnswerState) -> ChatResponse:
    """The message that a chat's stream has brought, as ``chat.complete`` would return it."""
    seen = {name: value for name, value in state.seen.items() if name != "query_mode"}
    return ChatResponse(
        content=state.answer,
        mode=state.seen.get("query_mode"),
        sources=state.sources,
        stats=state.stats,
        subgraph=state.subgraph,
        finish_reason=state.finish_reason,
        usage=state.usage,
        **seen,
    )

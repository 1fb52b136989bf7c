"""The chunks of a query's stream as the events of its lifecycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgequake.events import EventType, StreamEvent

if TYPE_CHECKING:
    from edgequake.chunks import Chunk
    from edgequake.exceptions import EdgeQuakeError
    from edgequake.models.answer import QueryStats

__all__ = ["Lifecycle"]


class Lifecycle:
    """Says which events each chunk stands for, in the order that every stream of events has.

    ``seconds`` is always the time since the stream began.
    """

    def __init__(self, query: str) -> None:
        self._query = query
        self._retrieved = False

    def started(self) -> StreamEvent:
        """The first event."""
        return StreamEvent(EventType.RETRIEVAL_START, {"query": self._query}, 0.0)

    def chunk(self, chunk: Chunk, seconds: float) -> list[StreamEvent]:
        """The events that a chunk stands for."""
        events: list[StreamEvent] = []
        if not self._retrieved and (chunk.type == "context" or chunk.text):
            events += self._retrieval_done(chunk, seconds)
        if text := chunk.text:
            events.append(_event(EventType.CHUNK, text, seconds))
        return events

    def ended(self, stats: QueryStats, seconds: float) -> list[StreamEvent]:
        """The last events of a whole answer."""
        data = {"total_latency": round(seconds, 4), "stats": stats.model_dump(exclude_none=True)}
        before = [] if self._retrieved else self._retrieval_done(None, seconds)
        return [*before, _event(EventType.GENERATION_DONE, data, seconds)]

    def failed(self, error: EdgeQuakeError, seconds: float) -> StreamEvent:
        """The last event of an answer that failed."""
        stage = "generation" if self._retrieved else "retrieval"
        return _event(EventType.ERROR, {"msg": str(error), "stage": stage}, seconds)

    def _retrieval_done(self, chunk: Chunk | None, seconds: float) -> list[StreamEvent]:
        self._retrieved = True
        docs = [source.model_dump(exclude_none=True) for source in chunk.sources] if chunk is not None else []
        return [
            _event(EventType.RETRIEVAL_DONE, {"num_docs": len(docs), "docs": docs}, seconds),
            _event(EventType.GENERATION_START, {"prompt_chars": None}, seconds),
        ]


def _event(kind: EventType, data: Any, seconds: float) -> StreamEvent:
    return StreamEvent(kind, data, round(seconds, 4))

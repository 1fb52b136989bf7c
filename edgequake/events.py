"""The lifecycle of an answer as events: from ``query.stream_events()`` and from ``edgequake.rag``."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["EventType", "StreamEvent"]


class EventType(StrEnum):
    """The kinds of event, each equal to its string value; the payload of each is on its right."""

    RETRIEVAL_START = "retrieval_start"  # {"query": str}
    RETRIEVAL_DONE = "retrieval_done"  # {"num_docs": int, "docs": list[dict]}: all that was retrieved
    GENERATION_START = "generation_start"  # {"prompt_chars": int}; None where the server keeps its prompt to itself
    CHUNK = "chunk"  # str
    GENERATION_DONE = "generation_done"  # {"total_latency": float}: seconds; "stats" too, from a server
    ERROR = "error"  # {"msg": str, "stage": "retrieval" | "generation"}; always the last event


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One moment of a stream; ``str(event)`` is the text of a chunk, the message of an error, else empty."""

    type: EventType
    """What has happened."""
    data: Any
    """The text of a chunk; for every other type the dict that ``EventType`` describes."""
    latency: float
    """Seconds since the stream started, by a monotonic clock, to 4 places; exactly 0.0 at the start."""

    @property
    def is_chunk(self) -> bool:
        """Whether this event carries text of the answer."""
        return self.type == EventType.CHUNK

    def __str__(self) -> str:
        if self.type == EventType.ERROR and isinstance(self.data, dict):
            return str(self.data.get("msg", ""))
        return str(self.data) if self.is_chunk else ""

"""The lifecycle of an answer as events: from ``query.stream_events()`` and from ``edgequake.rag``."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = ["EventType", "StreamEvent"]


class EventType(StrEnum):
    """The kinds of event. Each is equal to its string value."""

    RETRIEVAL_START = "retrieval_start"
    """The search begins. ``data`` is ``{"query": str}``."""
    RETRIEVAL_DONE = "retrieval_done"
    """The search has ended. ``data`` is ``{"num_docs": int, "docs": list[dict]}`` with everything that was found."""
    GENERATION_START = "generation_start"
    """The answer begins. ``data`` is ``{"prompt_chars": int}``; the number is None for an answer of a server."""
    CHUNK = "chunk"
    """A piece of the answer. ``data`` is its text."""
    GENERATION_DONE = "generation_done"
    """The answer is complete. ``data`` is ``{"total_latency": float}``, in seconds. A server adds ``"stats"``."""
    ERROR = "error"
    """A step has failed. ``data`` is ``{"msg": str, "stage": "retrieval" | "generation"}``. It is the last event."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of a stream.

    ``str(event)`` is the text of a chunk, or the message of an error. It is empty for all other events.
    """

    type: EventType
    """What has happened."""
    data: Any
    """The text of a chunk. For every other type it is the dict that ``EventType`` describes."""
    latency: float
    """Seconds since the stream started, to four decimal places. The first event has 0.0."""

    @property
    def is_chunk(self) -> bool:
        """Whether this event carries text of the answer."""
        return self.type == EventType.CHUNK

    def __str__(self) -> str:
        if self.type == EventType.ERROR and isinstance(self.data, dict):
            return str(self.data.get("msg", ""))
        return str(self.data) if self.is_chunk else ""

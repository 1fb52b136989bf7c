"""How long a stream took, as its caller saw it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["StreamTiming"]


@dataclass(frozen=True, slots=True)
class StreamTiming:
    """Seconds since the request went out; what has not happened yet is None."""

    time_to_first_byte: float | None = None
    """Until the answer began (its headers came)."""
    time_to_first_chunk: float | None = None
    """Seconds from the call to the first chunk; None while there is none."""
    total: float | None = None
    """Until the stream ended, or, while it runs, until its latest chunk was read."""
    chunks: int = 0
    """How many chunks have come."""

    @property
    def chunks_per_second(self) -> float | None:
        """Chunks a second from the first to the end; None before there are two."""
        if self.total is None or self.time_to_first_chunk is None or self.chunks < 2:
            return None
        seconds = self.total - self.time_to_first_chunk
        return (self.chunks - 1) / seconds if seconds > 0 else None

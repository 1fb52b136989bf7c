"""How long a stream took, as its caller saw it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["StreamTiming"]


@dataclass(frozen=True, slots=True)
class StreamTiming:
    """When parts of a stream arrived, in seconds after the request was sent. None means "not yet"."""

    time_to_first_byte: float | None = None
    """Seconds to the beginning of the answer (its headers)."""
    time_to_first_chunk: float | None = None
    """Seconds from the call to the first chunk."""
    total: float | None = None
    """Seconds to the end of the stream. While it runs: to the latest chunk."""
    chunks: int = 0
    """How many chunks have arrived."""

    @property
    def chunks_per_second(self) -> float | None:
        """Chunks per second, from the first chunk to the end. None before the second chunk."""
        if self.total is None or self.time_to_first_chunk is None or self.chunks < 2:
            return None
        seconds = self.total - self.time_to_first_chunk
        return (self.chunks - 1) / seconds if seconds > 0 else None

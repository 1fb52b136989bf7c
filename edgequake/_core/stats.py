"""What a client's streams came to, in numbers."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgequake._core.stream_state import StreamState

__all__ = ["ClientStats", "StatsRecorder"]


@dataclass(frozen=True, slots=True)
class ClientStats:
    """The streams of a client so far, each counted once it has ended. Averages are seconds over completed streams."""

    total_streams: int = 0
    """Streams that were begun and have ended: completed, failed, or left before their end."""
    completed_streams: int = 0
    """Those that brought their whole answer."""
    total_errors: int = 0
    """Those that an error ended."""
    total_chunks: int = 0
    """Chunks of all of them, those without text included."""
    average_latency: float | None = None
    """Seconds from the request to the end; None before a stream has completed."""
    average_time_to_first_chunk: float | None = None
    """Seconds to the first chunk, on average over completed streams; None while there is none."""


class StatsRecorder:
    """Counts streams as they end, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # the garbage collector may end another stream in the middle of this
        self._streams = self._completed = self._errors = self._chunks = 0
        self._latency = self._first_chunk = 0.0

    def ended(self, stream: StreamState) -> bool:
        """Counts ``stream``, and marks it as closed; False for one that is closed, and has been counted."""
        timing = stream.timing
        with self._lock:
            if stream.closed:
                return False
            stream.closed = True
            self._streams += 1
            self._chunks += timing.chunks
            self._errors += stream.failure is not None
            if stream.ended:
                self._completed += 1
                self._latency += timing.total or 0.0
                self._first_chunk += timing.time_to_first_chunk or 0.0
            return True

    def snapshot(self) -> ClientStats:
        """The numbers so far."""
        with self._lock:
            done = self._completed
            return ClientStats(
                total_streams=self._streams,
                completed_streams=done,
                total_errors=self._errors,
                total_chunks=self._chunks,
                average_latency=self._latency / done if done else None,
                average_time_to_first_chunk=self._first_chunk / done if done else None,
            )

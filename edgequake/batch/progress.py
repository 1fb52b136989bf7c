"""How far a batch has come. Times are handed in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

__all__ = ["BatchProgress", "Tally"]

_REMEMBERED = 200  # items whose times give the rate


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch has come."""

    done: int = 0
    """Items that this run has completed, those that failed included."""
    failed: int = 0
    """Those among ``done`` that failed."""
    skipped: int = 0
    """Items that an earlier run had completed."""
    total: int | None = None
    """How many items there are. None if this is not known."""
    elapsed: float = 0.0
    """Seconds since this run began."""
    rate: float | None = None
    """Items a second, over the last 200; None before the first."""
    limit: int = 0
    """How many items may run now. While the server is busy, this is less than ``concurrency``."""

    @property
    def completed(self) -> int:
        """Items that have succeeded, in this run or an earlier one."""
        return self.done - self.failed + self.skipped

    @property
    def left(self) -> int | None:
        """How many items are not done yet. None if ``total`` is not known."""
        return None if self.total is None else max(0, self.total - self.done - self.skipped)

    @property
    def seconds_left(self) -> float | None:
        """How many seconds the rest will take at this rate. None if ``total`` or ``rate`` is not known."""
        if self.left is None or (self.left and not self.rate):
            return None
        return self.left / self.rate if self.left and self.rate else 0.0


class Tally:
    """Counts items as they end."""

    def __init__(self, total: int | None, now: float) -> None:
        self._total = total
        self._started = now
        self._ends: deque[float] = deque([now], maxlen=_REMEMBERED + 1)
        self._done = self._failed = self._skipped = 0

    def ended(self, now: float, *, failed: bool) -> None:
        """One item has ended."""
        self._done += 1
        self._failed += failed
        self._ends.append(now)

    def skip(self) -> None:
        """An earlier run had completed one item."""
        self._skipped += 1

    def progress(self, now: float, limit: int) -> BatchProgress:
        """How far the batch has come by now."""
        seconds = now - self._ends[0]
        rate = (len(self._ends) - 1) / seconds if self._done and seconds > 0 else None
        return BatchProgress(self._done, self._failed, self._skipped, self._total, now - self._started, rate, limit)

"""The clocks of one call, on times that are handed in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from edgequake.exceptions import TimeoutError

if TYPE_CHECKING:
    from edgequake._core.config import Timeout
    from edgequake.exceptions import TimeoutStage

__all__ = ["CallClock", "Limit", "or_never", "timed_out"]

_WAITING_FOR: dict[str, str] = {
    "connect": "no connection to the server within {seconds:g} s",
    "response": "the server did not begin to answer within {seconds:g} s",
    "first_chunk": "no first chunk within {seconds:g} s of the answer's beginning",
    "chunk": "no chunk for {seconds:g} s (keep-alives do not count)",
    "total": "not finished within {seconds:g} s in all",
}


class Limit(NamedTuple):
    """How long the next wait may take, in seconds (infinite: no limit), and the clock that says so."""

    seconds: float
    stage: TimeoutStage


class CallClock:
    """Says how long each wait of a call may still take.

    The stream's clocks count waiting alone: the time that a slow consumer takes between two chunks is not the
    server's. ``total`` counts everything, from ``started``.
    """

    __slots__ = ("_deadline", "_stage", "_stage_seconds", "_waited", "timeout")

    def __init__(self, timeout: Timeout, started: float) -> None:
        self.timeout = timeout
        self._deadline = math.inf if timeout.total is None else started + timeout.total
        self.answering()

    def answering(self) -> None:
        """The answer has begun: the first chunk is waited for."""
        self._stage: TimeoutStage = "first_chunk"
        self._stage_seconds = or_never(self.timeout.first_chunk)
        self._waited = 0.0

    def chunk(self) -> None:
        """A chunk has come: the next is waited for."""
        self._stage = "chunk"
        self._stage_seconds = or_never(self.timeout.chunk)
        self._waited = 0.0

    def waited(self, seconds: float) -> None:
        """So long was waited without a chunk."""
        self._waited += seconds

    def next_read(self, now: float) -> Limit:
        """How long the next read of a stream may take."""
        return self._within_total(Limit(self._stage_seconds - self._waited, self._stage), now)

    def answer(self, now: float) -> Limit:
        """How long a request may take until its answer begins, reaching the server included."""
        timeout = self.timeout
        return self._within_total(Limit(or_never(timeout.connect) + or_never(timeout.response), "response"), now)

    def body(self, now: float) -> Limit:
        """How long the body of a plain answer may take."""
        return self._within_total(Limit(or_never(self.timeout.response), "response"), now)

    def left(self, now: float) -> float:
        """Seconds left of the total; infinite when it has no limit."""
        return self._deadline - now

    def _within_total(self, limit: Limit, now: float) -> Limit:
        left = self._deadline - now
        return limit if limit.seconds <= left else Limit(left, "total")

    def error(self, stage: TimeoutStage) -> TimeoutError:
        """The error that says this clock ran out."""
        return timed_out(stage, self.timeout)


def timed_out(stage: TimeoutStage, timeout: Timeout) -> TimeoutError:
    """The error that says ``stage``'s clock of ``timeout`` ran out."""
    seconds = getattr(timeout, stage)
    return TimeoutError(_WAITING_FOR[stage].format(seconds=math.nan if seconds is None else seconds), stage=stage)


def or_never(seconds: float | None) -> float:
    """``seconds``, or infinity where there is no limit."""
    return math.inf if seconds is None else seconds

"""The clocks of one call, on times that are handed in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from edgequake.exceptions import TimeoutError

if TYPE_CHECKING:
    from edgequake.exceptions import TimeoutStage
    from edgequake.settings import Timeout

__all__ = ["CallClock", "Limit", "or_infinity", "timed_out"]

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

    A stream's clocks run from ``waiting_since``, which is set anew as the wait for each chunk begins: the time that a
    slow consumer takes between two chunks is not counted. ``total`` counts everything, from ``started``.
    """

    __slots__ = ("_end", "_seconds", "_stage", "timeout", "waiting_since")

    def __init__(self, timeout: Timeout, started: float) -> None:
        self.timeout = timeout
        self._end = math.inf if timeout.total is None else started + timeout.total
        self.wait_for("first_chunk", started)

    def wait_for(self, stage: TimeoutStage, now: float) -> None:
        """The first or the next chunk is waited for from now on."""
        self._stage: TimeoutStage = stage
        self._seconds = or_infinity(getattr(self.timeout, stage))
        self.waiting_since = now

    @property
    def waiting_for(self) -> TimeoutStage:
        """The stream's own clock that runs: ``first_chunk`` or ``chunk``."""
        return self._stage

    def until_chunk(self, now: float) -> Limit:
        """How long the next chunk may still take."""
        seconds, left = self.waiting_since + self._seconds - now, self._end - now
        return Limit(seconds, self._stage) if seconds <= left else Limit(left, "total")

    def until_answer(self, now: float) -> Limit:
        """How long a request may take until its answer begins, reaching the server included."""
        timeout = self.timeout
        return self._within_total(or_infinity(timeout.connect) + or_infinity(timeout.response), now)

    def until_body_end(self, now: float) -> Limit:
        """How long the body of a plain answer may take."""
        return self._within_total(or_infinity(self.timeout.response), now)

    def left(self, now: float) -> float:
        """Seconds left of the total; infinite when it has no limit."""
        return self._end - now

    def longest_read(self, now: float) -> float:
        """How long one read of a stream may take at the very most."""
        longest = max(or_infinity(self.timeout.first_chunk), or_infinity(self.timeout.chunk))
        return min(longest, self._end - now)

    def _within_total(self, seconds: float, now: float) -> Limit:
        left = self._end - now
        return Limit(seconds, "response") if seconds <= left else Limit(left, "total")


def timed_out(stage: TimeoutStage, timeout: Timeout) -> TimeoutError:
    """The error that says ``stage``'s clock of ``timeout`` ran out."""
    seconds = getattr(timeout, stage)
    words = _WAITING_FOR[stage].format(seconds=math.nan if seconds is None else seconds)
    return TimeoutError(f"timeout: {words}", stage=stage)  # programs look for that word


def or_infinity(seconds: float | None) -> float:
    """``seconds``, or infinity where there is no limit."""
    return math.inf if seconds is None else seconds

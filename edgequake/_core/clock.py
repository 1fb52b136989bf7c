"""The clocks of one call, on times that are handed in."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from edgequake.exceptions import TimeoutError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgequake.exceptions import TimeoutStage
    from edgequake.settings import Timeout

__all__ = ["CallClock"]

_WAITING_FOR: dict[str, str] = {
    "connect": "no connection to the server within {seconds:g} s",
    "response": "the server did not begin to answer within {seconds:g} s",
    "first_chunk": "no first chunk within {seconds:g} s of the answer's beginning",
    "chunk": "no chunk for {seconds:g} s (keep-alives do not count)",
    "total": "not finished within {seconds:g} s in all",
}
_REST = "the server began its answer and did not end it within {seconds:g} s"
_MORE = "the server began its answer and sent no more of it for {seconds:g} s"


class CallClock:
    """Says how long each wait of a call may still take, and which stage a wait belongs to.

    One stage runs at a time, from ``waiting_since``. A stream sets that anew as the wait for each chunk begins, so that
    the time that a slow consumer takes between two chunks is not counted. ``total`` counts everything, from the start.
    """

    __slots__ = (
        "_cut_short",
        "_limits",
        "_route",
        "_stage",
        "_total_ends",
        "_words",
        "ends",
        "timeout",
        "waiting_since",
    )

    def __init__(self, timeout: Timeout, started: float, route: str) -> None:
        self.timeout = timeout
        self._route = route
        self._limits = _limits_of(timeout)
        self._total_ends = started + self._limits["total"]
        self.wait_for("response", started)

    def wait_for(self, stage: TimeoutStage, now: float, and_before: float = 0.0) -> None:
        """A wait of this stage begins now; ``and_before``: seconds that another takes before it."""
        self._stage: TimeoutStage = stage
        self.waiting_since = now
        self._words = _WAITING_FOR["response"]
        ends = now + self._limits[stage] + and_before
        self._cut_short = self._total_ends < ends
        self.ends = self._total_ends if self._cut_short else ends
        """When it must end; infinite when it has no limit."""

    def wait_for_answer(self, now: float) -> None:
        """The wait for an answer begins now; reaching the server is part of it."""
        self.wait_for("response", now, self._limits["connect"])

    def wait_for_rest(self, now: float) -> None:
        """The wait for the rest of an answer that is read whole begins now; it may take as long as its beginning."""
        self.wait_for("response", now)
        self._words = _REST

    def wait_for_more(self, now: float) -> None:
        """The wait for the next piece of an answer of any size begins now; it may take as long as its beginning."""
        self.wait_for("response", now)
        self._words = _MORE

    def end_within(self, seconds: float, now: float) -> None:
        """No wait lasts longer than ``seconds`` from now."""
        self._total_ends = min(self._total_ends, now + seconds)
        self.ends = min(self.ends, self._total_ends)

    def left_in_total(self, now: float) -> float:
        """Seconds left of the total; infinite when it has no limit."""
        return self._total_ends - now

    def at_most(self, stage: TimeoutStage, now: float) -> float:
        """How long a wait of this stage may take that begins now."""
        return min(self._limits[stage], self._total_ends - now)

    def longest_read(self, now: float) -> float:
        """How long one read may take at the very most, in this stage or the next."""
        longest = self._limits[self._stage]
        if self._stage == "first_chunk":
            longest = max(longest, self._limits["chunk"])
        return min(longest, self._total_ends - now)

    def timed_out(self, stage: TimeoutStage | None = None) -> TimeoutError:
        """The error of a wait that has ended: of its stage, or of the total where that ends sooner.

        ``stage`` is another than the one that runs, where an HTTP library says which.
        """
        cut_short = self._cut_short
        if stage is not None:
            cut_short = self._total_ends < self.waiting_since + self._limits[stage]
        ended = "total" if cut_short else stage or self._stage
        seconds = getattr(self.timeout, ended)
        words = self._words if ended == "response" else _WAITING_FOR[ended]
        said = words.format(seconds=math.nan if seconds is None else seconds)
        return TimeoutError(f"{self._route}: timeout: {said}", stage=ended)  # programs look for that word


@lru_cache(maxsize=64)  # a program has few, and each call asks for them
def _limits_of(timeout: Timeout) -> Mapping[str, float]:
    """The seconds of each stage; infinite where there is no limit."""
    limits = {stage: getattr(timeout, stage) for stage in _WAITING_FOR}
    return {stage: math.inf if seconds is None else seconds for stage, seconds in limits.items()}

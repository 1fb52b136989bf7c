"""The clock of a wait that asks the server again and again. Times are handed in.

A wait is a generator: it yields steps (:class:`Ask`, :class:`Pause`, :class:`Tell`) and is sent what came of each: the
answer, or the :class:`edgequake.EdgeQuakeError` that was raised instead. It decides; its driver asks and pauses.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from edgequake.exceptions import (
    ConfigurationError,
    EdgeQuakeError,
    RateLimitedError,
    ServiceUnavailableError,
    TimeoutError,
)

__all__ = ["Ask", "Pause", "Polling", "Step", "Steps", "Tell"]

_LONGEST_DELAY = 5.0
_SLOWER = 1.5
_A_MOMENT = 0.05


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the server; what is asked for stands in ``name``."""

    name: str
    id: str
    seconds: float
    """How long the answer may take in all."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell the caller how far the work is."""

    progress: Any


T = TypeVar("T")
Step: TypeAlias = Ask | Pause | Tell
Steps: TypeAlias = Generator[Step, Any, T]


class Polling:
    """Asks after growing delays, until ``timeout`` seconds have passed.

    :param timeout: seconds, or None for no limit.
    :param poll_interval: the first delay; each further one is 1.5 times longer, up to 5 seconds.
    :param late: what the :class:`TimeoutError` says.
    """

    def __init__(
        self,
        timeout: float | None,
        poll_interval: float,
        clock: Callable[[], float],
        draw: Callable[[], float] = random.random,
        *,
        late: str = "not finished within {seconds:g} s; the server goes on working",
    ) -> None:
        self.last: Any = None
        """The last progress that was told."""
        self._told: dict[str, Any] = {}
        self._timeout = math.inf if timeout is None else _seconds("timeout", timeout)
        self._interval = _seconds("poll_interval", poll_interval)
        self._clock = clock
        self._draw = draw
        self._words = late
        self._started = clock()
        self._asked_for = ""

    @property
    def elapsed(self) -> float:
        """Seconds since the wait began."""
        return self._clock() - self._started

    def delays(self) -> Generator[float]:
        """The seconds before each next question, without end."""
        delay = self._interval
        longest = max(delay, _LONGEST_DELAY)
        while True:
            yield delay * (0.8 + 0.4 * self._draw())
            delay = min(longest, delay * _SLOWER)

    def pause(self, seconds: float) -> Steps[None]:
        """Waits ``seconds``. Raises :class:`TimeoutError` when the timeout is reached."""
        left = self._left()
        yield Pause(min(seconds, left))
        if seconds >= left:
            raise self._late()

    def ask(
        self, name: str, id: str, expects: type[EdgeQuakeError] | tuple[type[EdgeQuakeError], ...] = ()
    ) -> Steps[Any]:
        """The server's answer; an error of ``expects`` is returned, others are raised.

        A server that is busy (429, 503) is asked again.
        """
        self._asked_for = id
        delays = self.delays()
        while True:
            answer = yield Ask(name, id, self._left())
            if isinstance(answer, RateLimitedError | ServiceUnavailableError):
                yield from self.pause(max(next(delays), answer.retry_after or 0.0))
            elif isinstance(answer, TimeoutError) and answer.stage == "total" and self._left() < _A_MOMENT:
                raise self._late() from answer
            elif isinstance(answer, expects) or not isinstance(answer, EdgeQuakeError):
                return answer
            else:
                raise answer

    def tell(self, of: str, progress: Any) -> Steps[None]:
        """Tells the caller how far the work ``of`` is, unless it was told the same before."""
        if self._told.get(of) != progress:
            self._told[of] = self.last = progress
            yield Tell(progress)

    def _left(self) -> float:
        left = self._started + self._timeout - self._clock()
        if left <= 0:
            raise self._late()
        return left

    def _late(self) -> TimeoutError:
        of = f"{self._asked_for}: " if self._asked_for else ""
        error = TimeoutError(f"{of}timeout: {self._words.format(seconds=self._timeout)}", stage="total")
        error.progress = self.last
        return error


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= sys.float_info.max:
        raise ConfigurationError(f"{name} must be a number of seconds, not {value!r}")
    return float(value)

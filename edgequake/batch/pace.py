"""How many items may be under way at once: less while the server is busy, then more again. Times are handed in."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from edgequake.exceptions import APIError, NetworkError, RateLimitedError, ServiceUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Pace", "is_busy", "is_unreachable"]

_LONGEST_PAUSE = 60.0  # seconds, where the server does not say how long


def is_busy(error: BaseException | None) -> bool:
    """True when the server turned a request away because it has too much to do: 429, 503."""
    if not isinstance(error, RateLimitedError | ServiceUnavailableError):
        return False
    details = error.details if isinstance(error.details, dict) else {}
    return details.get("retryable") is not False


def is_unreachable(error: BaseException | None) -> bool:
    """True when the request certainly never reached the server."""
    return isinstance(error, NetworkError) and not error.request_sent


class Pace:
    """Says how many items may be under way, and how long to pause before the next one.

    A busy server halves the number, once for all the items that had begun before. Each time as many items as are
    allowed have been answered, one more is allowed, up to ``concurrency``.
    """

    def __init__(self, concurrency: int, draw: Callable[[], float] = random.random) -> None:
        self.limit = concurrency
        """How many items may be under way now."""
        self.under_way = 0
        """How many items have begun and not ended."""
        self._most = concurrency
        self._draw = draw
        self._halvings = 0
        self._answered = 0  # since the limit last changed
        self._strikes = 0  # halvings since the last answer
        self._not_before = 0.0

    def admits(self) -> bool:
        """Whether one more item may begin."""
        return self.under_way < self.limit

    def begin(self) -> int:
        """One more item is under way; what this returns is to be given to :meth:`end`."""
        self.under_way += 1
        return self._halvings

    def pause(self, now: float) -> float:
        """Seconds that an item which has begun must wait before its request goes out."""
        return max(0.0, self._not_before - now)

    def end(self, begun: int, error: BaseException | None, now: float) -> None:
        """One item has ended: with ``error``, or well."""
        self.under_way -= 1
        if is_busy(error):
            if begun == self._halvings:  # else it began before the last halving, which was for it too
                self._halve()
            self._not_before = max(self._not_before, now + self._rest(error))
        elif error is None or isinstance(error, APIError):
            self._grow()

    def _halve(self) -> None:
        self.limit = max(1, self.limit // 2)
        self._halvings += 1
        self._strikes += 1
        self._answered = 0

    def _grow(self) -> None:
        self._strikes = 0
        self._answered += 1
        if self._answered >= self.limit < self._most:
            self.limit += 1
            self._answered = 0

    def _rest(self, error: BaseException | None) -> float:
        if isinstance(error, APIError) and error.retry_after is not None:
            return error.retry_after
        return min(_LONGEST_PAUSE, 2.0 ** min(self._strikes - 1, 10)) * (0.5 + self._draw() / 2)

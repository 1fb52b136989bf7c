"""How many requests a client may send in a time: a token bucket, on times that are handed in."""

from __future__ import annotations

import re
import threading

from edgequake.exceptions import ConfigurationError

__all__ = ["RateLimiter"]

_RATE = re.compile(r"\s*(\d{1,9})\s*/\s*(\d{1,9}(?:\.\d{1,9})?)?\s*(s|sec|second|m|min|minute|h|hour)\s*")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


class RateLimiter:
    """Lets ``rate`` pass, such as ``"10/s"``: ten at once at most, then one every tenth of a second; for any threads.

    Written for both kinds of client: aiolimiter serves asyncio alone, and limits tells that there is no room but not
    for how long. Raises :class:`ConfigurationError` for a rate that cannot be read.
    """

    def __init__(self, rate: str) -> None:
        read = _RATE.fullmatch(rate) if isinstance(rate, str) else None
        number = int(read[1]) if read else 0
        seconds = float(read[2] or 1) * _SECONDS[read[3][0]] if read else 0.0
        if not number or not seconds:
            raise ConfigurationError(
                f"rate_limit must be a number of requests in a time, such as '10/s', '100/min' or '3/10s', not {rate!r}"
            )
        self._interval = seconds / number
        self._burst = self._interval * (number - 1)
        self._next = float("-inf")  # when the next request would go, if there were no bursts
        self._lock = threading.Lock()

    def reserve(self, now: float, *, at_most: float) -> float | None:
        """Seconds until a request that wants to go ``now`` may; its place is taken.

        None, and no place is taken, if that were more than ``at_most``.
        """
        with self._lock:
            turn = max(self._next, now - self._burst)
            wait = max(0.0, turn - now)
            if wait > at_most:
                return None
            self._next = turn + self._interval
            return wait

    def give_back(self) -> None:
        """Frees the place of a request that is not sent after all."""
        with self._lock:
            self._next -= self._interval

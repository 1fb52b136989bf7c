"""What becomes of an item that failed: it is tried again, it has failed, or the whole batch ends."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

from edgequake._core.retry import RetryRules
from edgequake.batch.pace import is_busy, is_unreachable
from edgequake.exceptions import APIError, ForbiddenError, UnauthorizedError
from edgequake.settings import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake.exceptions import EdgeQuakeError

__all__ = ["Failures", "Tries", "describe"]

_BUSY_TRIES = 8  # about two minutes, where the server does not say how long to wait
_LONGEST_WAIT = 600.0  # seconds that a server may ask for
_IN_A_ROW = 3


class Tries:
    """The tries of one item."""

    def __init__(self, max_retries: int, *, replayable: bool, draw: Callable[[], float] = random.random) -> None:
        self._rules = RetryRules(
            RetryPolicy(max_retries), route="", replayable=replayable, left=lambda: math.inf, draw=draw
        )
        self._refusals = 0

    def again(self, error: EdgeQuakeError) -> float | None:
        """Seconds to wait before the next try; None if there is none.

        A busy server is waited for by :class:`edgequake.batch.pace.Pace`, which holds all items back.
        """
        if is_busy(error):
            self._refusals += 1
            return 0.0 if self._refusals < _BUSY_TRIES and not _asks_for_too_long(error) else None
        if not self._rules.may_retry(error):
            return None
        seconds = self._rules.delay(error)
        self._rules.retries += 1
        return seconds


class Failures:
    """The items of a batch that failed, and will not be tried again."""

    def __init__(self) -> None:
        self._out_of_reach = 0

    def succeeded(self) -> None:
        """An item did not fail."""
        self._out_of_reach = 0

    def end_the_batch(self, error: EdgeQuakeError) -> bool:
        """True when the other items would fail as this one did.

        The key or token is refused (401, 403), the server asks for a very long pause, or one item after the other found
        it out of reach or busy.
        """
        if not is_busy(error) and not is_unreachable(error):
            self._out_of_reach = 0
            return isinstance(error, UnauthorizedError | ForbiddenError)
        self._out_of_reach += 1
        return self._out_of_reach >= _IN_A_ROW or _asks_for_too_long(error)


def _asks_for_too_long(error: EdgeQuakeError) -> bool:
    return isinstance(error, APIError) and (error.retry_after or 0.0) > _LONGEST_WAIT


def describe(error: EdgeQuakeError) -> dict[str, Any]:
    """``error`` as it stands in the journal."""
    fields = {name: getattr(error, name, None) for name in ("status_code", "code", "request_id")}
    known = {name: value for name, value in fields.items() if value is not None}
    return {"type": type(error).__name__, "message": str(error), **known}

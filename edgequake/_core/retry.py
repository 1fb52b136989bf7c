"""Which failures may be tried again, and after how long: the options of tenacity's loops, as data."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from edgequake._core.logs import about, logger
from edgequake.exceptions import (
    APIError,
    ConfigurationError,
    EdgeQuakeError,
    NetworkError,
    StreamError,
    TimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tenacity import RetryCallState

    from edgequake.settings import RetryPolicy

__all__ = ["RetryRules", "is_hopeless"]


# Statuses after which another try may succeed.
_TRANSIENT = frozenset({408, 429, 502, 503, 504})
# Those with which a server turns a request away before it does anything.
_TURNED_AWAY = frozenset({429, 503})


def certainly_not_processed(error: BaseException) -> bool:
    """True when the request that failed this way cannot have had any effect on the server."""
    match error:
        case NetworkError():
            return not error.request_sent
        case TimeoutError():
            return error.stage == "connect"
        case APIError():
            return error.status_code in _TURNED_AWAY
    return False


def transient(error: BaseException) -> bool:
    """True when the same request may well succeed a moment later."""
    match error:
        case NetworkError():
            return True
        case TimeoutError():
            return error.stage in ("connect", "response")
        case APIError():
            said = [part.get("retryable") for part in (error.details, error.body) if isinstance(part, dict)]
            return error.status_code in _TRANSIENT and not any(word is False for word in said)
        case StreamError():
            return error.reason == "transient_congestion"
    return False


def is_hopeless(error: BaseException) -> bool:
    """True when the same request would surely fail again: it is wrong, or its key is refused."""
    if isinstance(error, APIError):
        return 400 <= error.status_code <= 499 and error.status_code not in _TRANSIENT
    return isinstance(error, ConfigurationError)


class RetryRules:
    """Decides for one call whether a failure is tried again, and after how long.

    ``replayable``: the call has no side effects, so that it may be sent again even when the first may have been
    processed. ``left`` gives the seconds left of the call's total. ``on_retry`` is told of each error that is answered
    with another try, and how many seconds are waited before.
    """

    def __init__(
        self,
        policy: RetryPolicy,
        *,
        route: str,
        replayable: bool,
        left: Callable[[], float],
        on_retry: Callable[[object, float], None] = lambda error, seconds: None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._policy = policy
        self._route = route
        self._replayable = replayable
        self._left = left
        self._on_retry = on_retry
        self._draw = draw
        self.retries = 0
        self.may_have_run = False
        """True once a try has failed in a way that may have come after the server had done its work."""

    def may_retry(self, error: object) -> bool:
        """True when ``error`` may be answered with another try; not if it is no error."""
        if (
            not isinstance(error, EdgeQuakeError)
            or not transient(error)
            or not (self._replayable or certainly_not_processed(error))
        ):
            return False
        if (_retry_after(error) or 0) > self._policy.max_retry_after:
            return False
        return self.retries < self._policy.max_retries

    def delay(self, error: object) -> float:
        """Seconds to wait before the next try."""
        if (seconds := _retry_after(error)) is not None:
            return seconds
        ceiling = min(self._policy.max_delay, self._policy.initial_delay * 2.0 ** min(self.retries, 60))
        return ceiling * self._draw()

    def options(self) -> dict[str, Any]:
        """The arguments for tenacity's ``Retrying`` and ``AsyncRetrying``, of a function that returns its error."""
        waits: dict[int, float] = {}

        def wait(state: RetryCallState) -> float:
            return waits.setdefault(state.attempt_number, self.delay(_outcome(state)))

        def retry(state: RetryCallState) -> bool:
            return self.may_retry(_outcome(state))

        def stop(state: RetryCallState) -> bool:
            return wait(state) >= self._left()

        def before_sleep(state: RetryCallState) -> None:
            self.retries += 1
            error = _outcome(state)
            if isinstance(error, EdgeQuakeError) and not certainly_not_processed(error):
                self.may_have_run = True
            logger.warning(
                "%s failed: %s; retry %d of %d in %.2f s",
                self._route, error, self.retries, self._policy.max_retries, wait(state),
                extra=about(self._route, error, self.retries),
            )  # fmt: skip
            self._on_retry(error, wait(state))

        return {
            "retry": retry,
            "wait": wait,
            "stop": stop,
            "before_sleep": before_sleep,
            "retry_error_callback": _outcome,
        }


def _retry_after(error: object) -> float | None:
    """How many seconds the server asked to wait."""
    return error.retry_after if isinstance(error, APIError | StreamError) else None


def _outcome(state: RetryCallState) -> object:
    """What the function returned; None if it raised, which tenacity then raises."""
    return None if state.outcome is None or state.outcome.failed else state.outcome.result()

"""What a relay tells a browser when something goes wrong: a code, a message that is safe to show, and data."""

from __future__ import annotations

from typing import Any, Final

from edgequake._core.logs import server_logger
from edgequake.exceptions import (
    EdgeQuakeError,
    ForbiddenError,
    InvalidInputError,
    NetworkError,
    NotFoundError,
    RateLimitedError,
    StreamInterruptedError,
    TimeoutError,
    UnauthorizedError,
)

__all__ = ["RelayError", "error_fields", "logger", "retry_after", "safe_error", "status_of"]

logger = server_logger("relay")

# An error of the server behind the relay is never 429 or 503: clients send a call again after those, and it has run.
_STATUSES: Final = {
    "bad_request": 400,
    "unauthorized": 401,
    "forbidden_origin": 403,
    "not_found": 404,
    "stopped": 409,
    "gone": 410,
    "message_too_large": 413,
    "invalid_arguments": 422,
    "too_many_calls": 429,
    "internal_error": 500,
    "answer_too_large": 502,
    "interrupted": 502,
    "producer_lost": 502,
    "stream_lost": 502,
    "upstream_error": 502,
    "upstream_not_found": 502,
    "upstream_rate_limited": 502,
    "upstream_unauthorized": 502,
    "upstream_unreachable": 502,
    "store_unreachable": 503,
    "timeout": 504,
    "upstream_timeout": 504,
}
_UPSTREAM: Final[tuple[tuple[type[EdgeQuakeError] | tuple[type[EdgeQuakeError], ...], str, str], ...]] = (
    ((UnauthorizedError, ForbiddenError), "upstream_unauthorized", "the server behind this page refused its key"),
    (NotFoundError, "upstream_not_found", "the server behind this page does not know what was asked for"),
    (RateLimitedError, "upstream_rate_limited", "too many questions at once: try again in a moment"),
    (TimeoutError, "upstream_timeout", "the server behind this page took too long to answer"),
    (StreamInterruptedError, "upstream_error", "the answer could not be completed"),
    (NetworkError, "upstream_unreachable", "the server behind this page cannot be reached"),
    (EdgeQuakeError, "upstream_error", "the answer could not be completed"),
)


class RelayError(EdgeQuakeError):
    """An error that reaches the other side unchanged. Raise it in an exposed function; catch it around a call.

    Your functions can use any code. The relay itself uses these:

    - for calls: ``bad_request``, ``invalid_arguments``, ``not_found``, ``unauthorized``, ``forbidden_origin``,
      ``message_too_large``, ``too_many_calls``, ``timeout``, ``internal_error``
    - for errors of the EdgeQuake server: ``upstream_unauthorized``, ``upstream_not_found``, ``upstream_rate_limited``,
      ``upstream_unreachable``, ``upstream_timeout``, ``upstream_error``
    - for kept answers: ``stopped``, ``interrupted``, ``producer_lost``, ``stream_lost``, ``answer_too_large``,
      ``gone``, ``store_unreachable``
    """

    def __init__(self, code: str, message: str, data: Any = None, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        """The kind of error, for programs."""
        self.data = data
        """More about the error as JSON data, such as the invalid arguments. None if there is no more."""
        self.status = status
        """The HTTP status of a response with this error. None means the status that belongs to the code, or 400."""

    def __str__(self) -> str:
        return f"{self.message} ({self.code})"


def safe_error(error: Exception, *, details: bool, during: str) -> RelayError:
    """What a browser may know about an error; one that is not a ``RelayError`` is logged, with all there is to know."""
    if isinstance(error, RelayError):
        return error
    if isinstance(error, InvalidInputError):  # of what a person typed: no failure of anything
        return RelayError("invalid_arguments", error.message, status=400)
    logger.error("%s failed", during, exc_info=error)
    code, message, data = "internal_error", "internal error", None
    if isinstance(error, EdgeQuakeError):
        code, message = next((code, words) for kinds, code, words in _UPSTREAM if isinstance(error, kinds))
    if isinstance(error, RateLimitedError) and error.retry_after is not None:
        data = {"retry_after": error.retry_after}
    return RelayError(code, f"{type(error).__name__}: {error}" if details else message, data)


def error_fields(error: RelayError) -> dict[str, Any]:
    """An error as JSON has it."""
    return {"code": error.code, "message": error.message, "data": error.data}


def status_of(error: RelayError) -> int:
    """The HTTP status of an answer that is this error; 400 for a function's own."""
    return error.status or _STATUSES.get(error.code, 400)


def retry_after(error: RelayError) -> dict[str, str]:
    """The header that says when to try again, if that is known."""
    if error.code == "store_unreachable":
        return {"retry-after": "1"}
    seconds = error.data.get("retry_after") if isinstance(error.data, dict) else None
    return {"retry-after": f"{seconds:.0f}"} if isinstance(seconds, int | float) else {}

"""What a caller of a gateway may know of an error: a status, a code, and words that say nothing of the inside."""

from __future__ import annotations

import logging

from edgequake.exceptions import APIError, ConfigurationError, EdgeQuakeError, TimeoutError

__all__ = ["RefusedError", "refusal_of", "said_of"]

logger = logging.getLogger("edgequake.integrations")

_PASSED_ON = frozenset({400, 413, 422, 429})
"""Statuses whose cause is the caller's request, or how often it comes: the server's own words help."""


class RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after

    def as_error(self) -> dict[str, str | None]:
        """The error as OpenAI's API words it."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        kind = "rate_limit_error" if self.status == 429 else kind
        return {"message": self.message, "type": kind, "param": None, "code": self.code}


def refusal_of(error: Exception) -> RefusedError:
    """What to say of ``error``. One that is not the caller's fault is logged, with all there is to know."""
    match error:
        case RefusedError():
            return error
        case ConfigurationError():
            return RefusedError(400, "invalid_request", error.message)
        case APIError(status_code=status) if status in _PASSED_ON:
            return RefusedError(status, error.code or "refused", error.message, error.retry_after)
    logger.error("an answer failed: %s", error, exc_info=error)
    return _upstream(error)


def _upstream(error: Exception) -> RefusedError:
    """What to say of an error that the caller can do nothing about."""
    match error:
        case APIError(status_code=503):
            return RefusedError(503, "unavailable", "the EdgeQuake server is busy", error.retry_after)
        case APIError(status_code=401 | 403):
            return RefusedError(502, "upstream_refused", "the EdgeQuake server refused the gateway's own key or scope")
        case TimeoutError():
            return RefusedError(504, "timeout", "the EdgeQuake server took too long")
        case EdgeQuakeError():
            return RefusedError(502, "upstream_error", "the answer could not be completed")
    return RefusedError(500, "internal_error", "internal error")


def said_of(error: Exception) -> tuple[str, str]:
    """The code and the message of :func:`refusal_of`."""
    refusal = refusal_of(error)
    return refusal.code, refusal.message

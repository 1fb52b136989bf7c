"""What a relay tells a browser when something goes wrong: a code, a message that is safe to show, and data."""

from __future__ import annotations

from typing import Any, Final

from edgequake._core.logs import server_logger
from edgequake.exceptions import EdgeQuakeError, InvalidInputError

__all__ = ["RelayError", "error_fields", "logger", "safe_error", "status_of"]

logger = server_logger("relay")

_STATUSES: Final = {
    "bad_request": 400,
    "unauthorized": 401,
    "forbidden_origin": 403,
    "not_found": 404,
    "message_too_large": 413,
    "invalid_arguments": 422,
    "too_many_calls": 429,
    "internal_error": 500,
    "upstream_error": 502,
    "timeout": 504,
}


class RelayError(EdgeQuakeError):
    """An error that crosses to the other side as it is: raise it in an exposed function, catch it around a call.

    The relay's own codes are `bad_request`, `invalid_arguments`, `not_found`, `unauthorized`, `forbidden_origin`,
    `message_too_large`, `too_many_calls`, `timeout`, `upstream_error` and `internal_error`; a function may use any.
    """

    def __init__(self, code: str, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        """What went wrong, for programs."""
        self.data = data
        """More about it, JSON-serialisable: the invalid arguments, say."""

    def __str__(self) -> str:
        return f"{self.message} ({self.code})"


def safe_error(error: Exception, *, details: bool, during: str) -> RelayError:
    """What a browser may know about an error: all of a `RelayError`, and that what its user typed is not valid.

    Any other is logged, with all there is to know.
    """
    if isinstance(error, RelayError):
        return error
    if isinstance(error, InvalidInputError):  # what the user of the page typed
        return RelayError("bad_request", error.message)
    logger.error("%s failed", during, exc_info=error)
    if isinstance(error, EdgeQuakeError):
        code, message = "upstream_error", "the answer could not be completed"
    else:
        code, message = "internal_error", "internal error"
    return RelayError(code, f"{type(error).__name__}: {error}" if details else message)


def error_fields(error: RelayError) -> dict[str, Any]:
    """An error as JSON has it."""
    return {"code": error.code, "message": error.message, "data": error.data}


def status_of(error: RelayError) -> int:
    """The HTTP status of an answer that is this error; 400 for a function's own."""
    return _STATUSES.get(error.code, 400)

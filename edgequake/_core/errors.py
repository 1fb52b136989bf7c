"""An error status becomes the error that says it, in the server's own words."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from edgequake.exceptions import (
    APIError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    GoneError,
    LockedError,
    NotFoundError,
    RateLimitedError,
    ServerError,
    ServiceUnavailableError,
    TooLargeError,
    UnauthorizedError,
    ValidationError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_ERROR_BODY", "api_error", "is_missing_route", "seconds_to_wait"]

MAX_ERROR_BODY = 64 * 1024
"""Bytes of an error's body that are read; the rest of a longer one is left."""

_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: GoneError,
    413: TooLargeError,
    422: ValidationError,
    423: LockedError,
    429: RateLimitedError,
    503: ServiceUnavailableError,
}
_MAX_WAIT = 1e12  # as much as a header of twelve digits can ask for
_VALIDATION_CODES = frozenset({"VALIDATION_ERROR", "CONFIG_ERROR", "STORAGE_INVALID_INPUT"})


def api_error(
    status: int,
    reason: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    advice: str = "",
    method: str | None = None,
    url: str | None = None,
    now: datetime | None = None,
) -> APIError:
    """The error for an answer with this status, headers (lower-case names) and body, whatever the body's shape.

    ``advice`` is added to the message: what the caller may have left out. ``url`` has no query.
    """
    data = _parsed(body)
    fields = data if isinstance(data, dict) else {}
    details = fields.get("details")
    code = _code(fields)
    cls = _BY_STATUS.get(status) or (ServerError if 500 <= status <= 599 else APIError)
    if status == 400 and code in _VALIDATION_CODES:
        cls = ValidationError
    message = _message(fields, data, f"{status} {reason}".strip())
    if 300 <= status <= 399 and "location" in headers:
        target = re.split(r"[?#]", headers.get("location", ""))[0]
        message = f"the server redirects to {target!r}, which is not followed: give that address as base_url"
    if advice:
        message = f"{message}; {advice}"
    return cls(
        message,
        status_code=status,
        code=code,
        details=details,
        body=data,
        request_id=_request_id(headers, fields),
        retry_after=_retry_after(headers, fields, now or datetime.now(UTC)),
        method=method,
        url=url,
    )


def is_missing_route(error: APIError) -> bool:
    """True when the server has no such route: 405, or a 404 that it does not explain with a code of its own."""
    return error.status_code == 405 or (error.status_code == 404 and error.code is None)


def seconds_to_wait(value: str, now: datetime) -> float | None:
    """The seconds that a ``Retry-After`` header asks for, given as a number or as a date; None if it says nothing."""
    value = value.strip()
    if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", value):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
        return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return None


def _parsed(body: bytes) -> Any:
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _code(fields: dict[str, Any]) -> str | None:
    error = fields.get("error")
    nested = error.get("code") if isinstance(error, dict) else error  # OpenAI's shape, or the middleware's word
    for code in (fields.get("code"), fields.get("error_code"), nested):
        if isinstance(code, str) and code and not re.search(r"\s", code):
            return code
    return None


def _message(fields: dict[str, Any], data: Any, status_line: str) -> str:
    error = fields.get("error")
    for text in (
        fields.get("message"),
        fields.get("detail"),
        error.get("message") if isinstance(error, dict) else error,
        fields.get("title"),
    ):
        if isinstance(text, str) and text.strip():
            return text.strip()
    if isinstance(data, str):
        return _readable(data) or status_line
    return f"{status_line}: {json.dumps(data)[:300]}" if data else status_line


def _readable(text: str) -> str:
    """The gist of a plain or HTML error page, in one line."""
    from html import unescape  # only error pages of proxies need it

    if re.search(r"<(!doctype|html|head|body|title|h1)\b", text, re.IGNORECASE):
        # The patterns look no further than they must: a page may be made to keep a greedier one busy.
        title = re.search(r"<(title|h1)\b[^<>]*>(.{0,1000}?)</\1", text, re.IGNORECASE | re.DOTALL)
        text = re.sub(r"<(script|style)\b.*?(</\1>|\Z)", " ", text, flags=re.IGNORECASE | re.DOTALL)
        text = unescape(re.sub(r"<[^<>]*>", " ", title[2] if title else text))
    text = " ".join(text.split())
    return text if len(text) <= 300 else text[:299] + "…"


def _request_id(headers: Mapping[str, str], fields: dict[str, Any]) -> str | None:
    details = fields.get("details")
    for value in (
        headers.get("x-request-id"),
        fields.get("request_id"),
        details.get("request_id") if isinstance(details, dict) else None,
    ):
        if isinstance(value, str) and value:
            return value
    return None


def _retry_after(headers: Mapping[str, str], fields: dict[str, Any], now: datetime) -> float | None:
    header = headers.get("retry-after")
    if header is not None and (seconds := seconds_to_wait(header, now)) is not None:
        return seconds
    details = fields.get("details")
    details = details if isinstance(details, dict) else {}
    for value, unit in (
        (details.get("retry_after_ms"), 0.001),
        (details.get("retry_after_secs"), 1.0),
        (fields.get("retry_after_seconds"), 1.0),
    ):
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf:
            return min(value, _MAX_WAIT) * unit
    return None

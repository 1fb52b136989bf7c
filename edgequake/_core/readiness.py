"""Whether a server can take requests, as its answers to ``GET /ready`` and ``GET /live`` say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from edgequake._core.calls import parse_as
from edgequake._core.endpoints import Returns
from edgequake.models.health import Ready

if TYPE_CHECKING:
    from edgequake.exceptions import APIError

__all__ = ["LIVE", "READY"]

_UNAVAILABLE = 503
_parse = parse_as(Ready)


def _ready(body: bytes) -> Ready:
    return _parse(body) if body.strip() else Ready()


def _not_ready(error: APIError, _: bool) -> Ready:
    """The answer of a server that is not ready yet; the error itself, if a proxy or another fault sent it."""
    if error.status_code != _UNAVAILABLE or not isinstance(error.body, dict) or "ready" not in error.body:
        raise error
    try:
        answer = Ready.model_validate(error.body)
    except ValidationError:
        raise error from None
    answer._request_id = error.request_id
    return answer


READY = Returns(_ready, _not_ready)
"""An empty answer means ready, and so does one that says it. A 503 that says why not is an answer, too."""
LIVE = Returns(lambda _: True)
"""Any answer means that the server runs."""

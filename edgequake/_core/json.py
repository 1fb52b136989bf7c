"""JSON as servers really send it."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json

__all__ = ["lenient_json", "parse_json"]


def parse_json(data: bytes) -> Any:
    """The value of a JSON text, whatever bytes are in its strings. Raises ``ValueError`` if it is none."""
    try:
        return from_json(data)
    except ValueError:
        return lenient_json(data)


def lenient_json(data: bytes) -> Any:
    """``data`` as JSON where pydantic's strict reader refused it: bad UTF-8 becomes U+FFFD, a lone surrogate too.

    Raises ``ValueError`` if it is no JSON for Python's reader either.
    """
    try:
        value = json.loads(data.decode("utf-8", "replace"))
        whole = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return json.loads(whole)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error

"""JSON as servers really send it."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, from_json, to_json

__all__ = ["json_bytes", "lenient_json", "parse_json"]


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


def json_bytes(value: Any, **options: Any) -> bytes:
    """``value`` as JSON, with options of pydantic's ``to_json``. Raises ``ValueError`` for what has no JSON."""
    try:
        return to_json(value, **options)
    except PydanticSerializationError:  # older versions of pydantic cannot write a model that is not built yet
        return to_json(_without_models(value), **options)


def _without_models(value: Any) -> Any:
    """``value`` with dicts for models."""
    match value:
        case BaseModel():
            return value.model_dump(mode="json", by_alias=True)
        case dict():
            return {name: _without_models(one) for name, one in value.items()}
        case list() | tuple():
            return [_without_models(one) for one in value]
    return value

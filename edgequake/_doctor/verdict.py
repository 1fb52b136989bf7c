"""What is to be said of an answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from edgequake._core.errors import is_missing_route
from edgequake.exceptions import APIError
from edgequake.models._model import explain
from edgequake.models.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgequake._doctor.rows import Row
    from edgequake.exceptions import EdgeQuakeError

__all__ = ["faults", "named", "unknown_fields", "verdict_of_error"]


def named(answer: Any) -> str:
    """The type of an answer, as the documentation calls it."""
    if isinstance(answer, list):
        return f"list[{named(answer[0])}]" if answer else "an empty list"
    return "nothing" if answer is None else type(answer).__name__


def faults(answer: Any, body: bytes | None) -> list[str]:
    """What an answer, which the client could read, has and the package does not expect.

    Fields of unknown names, values that only fit when they are converted, and an answer without any field that was
    expected. ``body`` is what the server sent, None for a stream.
    """
    found = [f"unknown field {name}" for name in dict.fromkeys(unknown_fields(answer))]
    if body is None:
        return found
    models = answer if isinstance(answer, list) else [answer]
    if not models or not isinstance(models[0], BaseModel) or not body:
        return found
    data = json.loads(body)
    for model, sent in zip(models, data if isinstance(data, list) else [data], strict=False):
        found += _of_other_types(type(model), sent)
        found += _missing(model, sent)
    return list(dict.fromkeys(found))


def unknown_fields(value: Any, path: str = "") -> Iterator[str]:
    """The fields that came and that no model declares; a model that declares none takes any."""
    if isinstance(value, BaseModel):
        before = f"{path}." if path else ""
        fields = type(value).model_fields
        if fields:
            yield from (f"{before}{name}" for name in value.model_extra or ())
        for name in fields:
            yield from unknown_fields(getattr(value, name), f"{before}{name}")
    elif isinstance(value, list):
        for one in value:
            yield from unknown_fields(one, f"{path}[]")


def _of_other_types(model: type[BaseModel], sent: Any) -> list[str]:
    try:
        model.model_validate(sent, strict=True)
    except ValidationError as error:
        return [f"other type: {explain(error)}"]
    return []


def _missing(model: BaseModel, sent: Any) -> list[str]:
    fields = type(model).model_fields
    if not isinstance(sent, dict) or not fields:
        return []
    if isinstance(model, Page) and model.rows_in not in sent:
        return [f"no field {model.rows_in}"]
    names = {*fields, *(field.alias for field in fields.values() if field.alias)}
    return [] if names & sent.keys() else ["none of the fields that are expected"]


def verdict_of_error(row: Row, error: EdgeQuakeError) -> str:
    """What a failed call says of the route: ``right``, ``differs``, ``not allowed`` or ``not there``."""
    if not isinstance(error, APIError):
        return "differs"
    if error.status_code in (401, 403):
        return "not allowed"
    names_nothing = "{" not in row.route  # then a 404 is of the route itself
    if error.status_code == 501 or is_missing_route(error) or (error.status_code == 404 and names_nothing):
        return "not there"
    return "right" if error.status_code in row.also else "differs"

"""The keyword options of a call: checked against the TypedDict that lists them, and put under the server's names."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from typing_extensions import get_type_hints

from edgequake.exceptions import ConfigurationError
from edgequake.models._model import explain
from edgequake.models.options import NULL_IS_SENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["adapter_of", "checked_options", "near"]

_REQUEST_OPTIONS = ("timeout", "headers", "extra_body")

adapter_of: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)
"""pydantic's reader of a type, made once: making it takes longer than a call."""


class _Shape(NamedTuple):
    """What the annotations of a TypedDict of options say of its keys."""

    wire_names: dict[str, str]
    """The server's name of each key that has another one here."""
    nullable: frozenset[str]
    """The keys for which None is sent as null."""


def checked_options(
    kind: Any, given: Mapping[str, Any], aliases: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options under the server's names, and those that concern the request itself.

    None means "not given", but for keys of the type :data:`edgequake.models.options.OrNull`. ``aliases`` are further
    names of options. Raises ``TypeError`` for an unknown name, and :class:`ConfigurationError` for a wrong value.
    """
    if not given:
        return {}, {}
    known = kind.__annotations__
    for name in given:
        if name not in known:
            hint = near(name, known) or ("; extra_body={…} sends fields of your own" if "extra_body" in known else "")
            raise TypeError(f"unknown option {name!r}{hint}")
    try:
        checked: dict[str, Any] = adapter_of(kind).validate_python(dict(given))
    except ValidationError as error:
        raise ConfigurationError(f"an option is not right: {explain(error)}") from error
    request = {name: checked.pop(name) for name in _REQUEST_OPTIONS if name in checked}
    fields: dict[str, Any] = {}
    shape = _shape_of(kind)
    names = {**(aliases or {}), **shape.wire_names}
    for name, value in checked.items():
        target = names.get(name, name)
        if value is None and name not in shape.nullable:
            continue
        if fields.setdefault(target, value) != value:
            raise ConfigurationError(f"{name!r} is another name for {target!r}: give one of them")
    return fields, request


def near(name: str, known: Iterable[str]) -> str:
    """The name that was probably meant, as a question; empty if there is none like it."""
    from difflib import get_close_matches  # only an unknown name needs it

    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


@cache
def _shape_of(kind: Any) -> _Shape:
    wire_names = {}
    nullable = set()
    for name, hint in get_type_hints(kind, include_extras=True).items():
        for note in get_args(hint):
            if isinstance(note, FieldInfo) and note.serialization_alias:
                wire_names[name] = note.serialization_alias
            elif note == NULL_IS_SENT:
                nullable.add(name)
    return _Shape(wire_names, frozenset(nullable))

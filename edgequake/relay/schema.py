"""What a relay exposes, as JSON Schema: the ground for the types of other languages."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edgequake.relay.expose import Exposed

__all__ = ["Argument", "Function", "Language", "described", "translated"]

_REFERENCE: Final = "#/$defs/"


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an exposed function."""

    name: str
    type: str
    required: bool
    by_name: bool
    """It can only be given by name."""


@dataclass(frozen=True, slots=True)
class Function:
    """An exposed function, its types in the words of a language."""

    name: str
    arguments: list[Argument]
    kind: str
    """``value``, ``stream``, or ``unknown`` for a function that does not say."""
    output: str
    doc: str

    @property
    def callable_by_position(self) -> bool:
        """Whether every argument it needs can be given by its place."""
        return not any(argument.by_name and argument.required for argument in self.arguments)


class Language(Protocol):
    """How types are written."""

    words: Mapping[str, str]
    """string, number, integer, boolean, null, any."""

    def name(self, name: str) -> str:
        """A model's name."""
        ...

    def literal(self, values: list[Any]) -> str:
        """One of these values."""
        ...

    def array(self, items: str) -> str:
        """A list."""
        ...

    def pair(self, items: list[str]) -> str:
        """A list with a type for each place."""
        ...

    def mapping(self, values: str) -> str:
        """An object with any names."""
        ...

    def record(self, fields: list[tuple[str, str, bool, str]]) -> str:
        """An object in place: name, type, whether it is required, description."""
        ...

    def union(self, types: list[str]) -> str:
        """Any of these types."""
        ...

    def both(self, types: list[str]) -> str:
        """All of these types at once."""
        ...


def described(functions: Mapping[str, Exposed], language: Language) -> tuple[list[Function], dict[str, Any]]:
    """The functions, and the schemas of the models they use by name, in the order of the names."""
    inputs: list[tuple[tuple[str, str], Any, TypeAdapter[Any]]] = []
    for exposed in functions.values():
        inputs.append(((exposed.name, "arguments"), "validation", exposed.arguments))
        inputs.append(((exposed.name, "output"), "serialization", exposed.output))
    schemas, shared = TypeAdapter.json_schemas(inputs) if inputs else ({}, {})
    by_key = {key: schema for (key, _), schema in schemas.items()}
    models: dict[str, Any] = shared.get("$defs", {})
    found = []
    for exposed in functions.values():
        arguments = by_key[exposed.name, "arguments"]
        while "$ref" in arguments:
            arguments = models.pop(arguments["$ref"].removeprefix(_REFERENCE))
        output = translated(_named(by_key[exposed.name, "output"], models), language)
        found.append(
            Function(exposed.name, list(_arguments(exposed, arguments, language)), exposed.kind, output, exposed.doc)
        )
    return found, dict(sorted(models.items()))


def _named(schema: Any, models: dict[str, Any]) -> Any:
    """The schema, with a reference for each object in it that has a name: chunks describe themselves in place."""
    if isinstance(schema, list):
        return [_named(part, models) for part in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("title"))
    if schema.get("type") == "object" and "properties" in schema and models.setdefault(name, schema) == schema:
        return {"$ref": f"{_REFERENCE}{name}"}
    return {key: _named(part, models) for key, part in schema.items()}


def _arguments(exposed: Exposed, schema: Mapping[str, Any], language: Language) -> Iterator[Argument]:
    types = schema.get("properties", {})
    for parameter in exposed.signature.parameters.values():
        yield Argument(
            parameter.name,
            translated(types[parameter.name], language),
            parameter.default is parameter.empty,
            parameter.kind is inspect.Parameter.KEYWORD_ONLY,
        )


def translated(schema: Any, language: Language) -> str:
    """A schema in the words of a language."""
    match schema:
        case {"$ref": reference}:
            written = language.name(reference.removeprefix(_REFERENCE))
        case {"const": value}:
            written = language.literal([value])
        case {"enum": values}:
            written = language.literal(values)
        case {"anyOf": parts} | {"oneOf": parts}:
            written = language.union([translated(part, language) for part in parts])
        case {"allOf": parts}:
            written = language.both([translated(part, language) for part in parts])
        case {"type": "array"}:
            written = _array(schema, language)
        case {"type": "object"}:
            written = _object(schema, language)
        case {"type": kind}:
            written = language.words.get(kind, language.words["any"])
        case _:
            written = language.words["any"]
    return written


def _array(schema: Mapping[str, Any], language: Language) -> str:
    places = schema.get("prefixItems")
    if places and schema.get("maxItems") == len(places):
        return language.pair([translated(place, language) for place in places])
    return language.array(translated(schema.get("items"), language))


def _object(schema: Mapping[str, Any], language: Language) -> str:
    properties = schema.get("properties")
    if properties is None:
        return language.mapping(translated(schema.get("additionalProperties"), language))
    required = schema.get("required", ())
    return language.record(
        [
            (name, translated(field, language), name in required, field.get("description", ""))
            for name, field in properties.items()
        ]
    )

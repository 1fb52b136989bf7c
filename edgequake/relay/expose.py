"""An exposed function: its signature, what it accepts and what it gives, checked by pydantic."""

from __future__ import annotations

import inspect
import keyword
import re
import typing
from collections import abc
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal, NotRequired

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import to_json
from typing_extensions import TypedDict

from edgequake import AsyncChatStream, AsyncQueryStream, ChatChunk, ChatStream, QueryChunk, QueryStream
from edgequake._streams.bridge import call
from edgequake.exceptions import ConfigurationError
from edgequake.relay.errors import RelayError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Exposed", "Kind"]

Kind = Literal["value", "stream", "unknown"]

# What a client object has of its own, in any of the languages; `then` would make it look like a promise.
_TAKEN: Final = frozenset(
    {"aclose", "call", "catch", "close", "constructor", "finally", "state", "then", "toJSON", "with"}
)
_STREAMS: Final = (abc.AsyncGenerator, abc.AsyncIterator, abc.AsyncIterable, abc.Generator, abc.Iterator)
_VARIADIC: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_CHUNKS: Final = {
    AsyncChatStream: ChatChunk,
    AsyncQueryStream: QueryChunk,
    ChatStream: ChatChunk,
    QueryStream: QueryChunk,
}


class Exposed:
    """A function that browsers may call by name. Raises ConfigurationError for one that cannot be exposed."""

    def __init__(self, function: Callable[..., Any], *, name: str | None = None, timeout: float | None) -> None:
        if not callable(function):
            raise ConfigurationError(f"only a function can be exposed, not a {type(function).__name__}")
        self.function = function
        self.name = _checked_name(name if name is not None else getattr(function, "__name__", ""))
        self.timeout = timeout
        self.doc = inspect.getdoc(function) or ""
        self.signature = inspect.signature(function)
        hints = self._hints()
        fields: dict[str, Any] = {}
        for parameter in self.signature.parameters.values():
            if parameter.name == "self":
                raise ConfigurationError(
                    f"{self.name} is a method: expose that of an object, as relay.expose(it.{self.name})"
                )
            if parameter.kind in _VARIADIC:
                raise ConfigurationError(f"{self.name}: an exposed function names its arguments; it has {parameter}")
            if isinstance(parameter.default, FieldInfo):
                raise ConfigurationError(f"{self.name}: write {parameter.name}: Annotated[…, Field(…)] = default")
            kind = hints.get(parameter.name, Any)
            fields[parameter.name] = kind if parameter.default is parameter.empty else NotRequired[kind]
        self.kind, self.output_type = self._output(hints.get("return", Any))
        try:
            self.arguments: TypeAdapter[Any] = TypeAdapter(TypedDict(f"{self.name}Arguments", fields))  # type: ignore[operator]  # made at run time
            self.output: TypeAdapter[Any] = TypeAdapter(self.output_type)
        except PydanticUserError as error:
            raise ConfigurationError(f"{self.name} cannot be exposed: {error.message}") from error

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any], *, json: bool) -> inspect.BoundArguments:
        """The arguments of a call, checked and converted; ``json`` when they came as JSON. Raises RelayError."""
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise RelayError("invalid_arguments", f"{self.name}: {error}") from None
        try:
            if json:  # by the rules for JSON: a strict field still takes a date as a string, say
                checked = self.arguments.validate_json(to_json(bound.arguments))
            else:
                checked = self.arguments.validate_python(bound.arguments)
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False, include_input=False)
            first = faults[0]
            where = ".".join(map(str, first["loc"]))
            raise RelayError("invalid_arguments", f"{self.name}: {where}: {first['msg']}", faults) from None
        bound.arguments.update(checked)
        return bound

    async def start(self, bound: inspect.BoundArguments) -> Any:
        """What the function gives: a value, or the stream that it opens. A blocking function gets a thread."""
        function = partial(self.function, *bound.args, **bound.kwargs)
        if _makes_generator(self.function):
            return function()
        if _is_coroutine_function(self.function):
            return await function()
        return await call(function)

    def checked(self, value: Any) -> Any:
        """A result or an item as the annotation has it. Raises ValidationError for one that is not."""
        return value if self.output_type is Any else self.output.validate_python(value, from_attributes=True)

    def as_json(self, value: Any) -> bytes:
        """A checked value as JSON."""
        return self.output.dump_json(value, by_alias=True)

    def as_python(self, value: Any) -> Any:
        """A checked value as Python data: a model as a dict."""
        return self.output.dump_python(value, by_alias=True)

    def _hints(self) -> dict[str, Any]:
        try:
            return typing.get_type_hints(_plain(self.function), include_extras=True)
        except NameError as error:
            raise ConfigurationError(
                f"{self.name}: {error}: the types of an exposed function are read when it is exposed, so define or "
                "import them above it, at the top of the module and not under TYPE_CHECKING"
            ) from error
        except TypeError:  # a callable object
            return typing.get_type_hints(type(self.function).__call__, include_extras=True)

    def _output(self, hint: Any) -> tuple[Kind, Any]:
        """Whether it gives a value or a stream, and the type of that value or of the stream's items."""
        origin = typing.get_origin(hint) or hint
        args = typing.get_args(hint)
        generates = _makes_generator(self.function)
        if origin in _STREAMS or (generates and origin is abc.Iterable):
            return "stream", args[0] if args else Any
        if isinstance(origin, type):
            for stream, chunk in _CHUNKS.items():
                if issubclass(origin, stream):
                    return "stream", chunk
        if generates:
            if hint is Any:
                return "stream", Any
            raise ConfigurationError(f"{self.name} yields: annotate it as AsyncIterator[…] or Iterator[…]")
        return ("unknown" if hint is Any else "value"), hint


def _checked_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name) or keyword.iskeyword(name):
        raise ConfigurationError(f"{name!r} cannot be called from a browser: give a name=, letters, digits and _")
    if name in _TAKEN:
        raise ConfigurationError(f"{name!r} has a meaning of its own on a client: expose it under another name=")
    return name


def _plain(function: Any) -> Any:
    while isinstance(function, partial):
        function = function.func
    return inspect.unwrap(function)


def _makes_generator(function: Any) -> bool:
    return any(inspect.isasyncgenfunction(it) or inspect.isgeneratorfunction(it) for it in _forms(function))


def _is_coroutine_function(function: Any) -> bool:
    return any(map(inspect.iscoroutinefunction, _forms(function)))


def _forms(function: Any) -> tuple[Any, Any]:
    """The function itself, and what is run when it is a callable object."""
    plain = _plain(function)
    return plain, type(plain).__call__

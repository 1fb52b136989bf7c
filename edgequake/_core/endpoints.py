"""Any endpoint of the server as a :class:`Call`, by one rule for where a value goes.

A value whose name stands in the route fills it. The others are the query of a GET or DELETE, and the JSON body of a
POST, PUT or PATCH, which always has one, ``{}`` at least. A route with files has a ``multipart/form-data`` body
instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from edgequake._core.calls import Call, as_json, as_part, parse_as, plain_headers
from edgequake._core.options import checked_options
from edgequake.exceptions import ConfigurationError, NotFoundError
from edgequake.settings import as_timeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake._core.uploads import FilePart
    from edgequake.exceptions import APIError

__all__ = ["Returns", "endpoint", "id_of", "if_any", "with_body"]

T = TypeVar("T")

_IN_ROUTE = re.compile(r"\{(\w+)\}")
_BY_QUERY = ("GET", "DELETE")
_TEXTS = frozenset(
    [
        "content",
        "description",
        "display_name",
        "email",
        "entity_name",
        "entity_type",
        "model",
        "name",
        "password",
        "provider",
        "q",
        "query",
        "role",
        "slug",
        "title",
        "username",
    ]
)
"""The arguments of methods that are texts, whichever the method."""
_PLAIN = (str, bytes, int, float, Mapping, Sequence)  # these have attributes of their own, such as a string's title


@dataclass(frozen=True, slots=True)
class Returns(Generic[T]):
    """An answer that is read in a way of its own; most are read as a type."""

    parse: Callable[[bytes], T]
    answer_in: Callable[[APIError, bool], T] | None = None
    """As in :class:`Call`."""
    unbounded: bool = False
    """As in :class:`Call`."""


def endpoint(
    route: str,
    returns: type[T] | Returns[T],
    options: Mapping[str, Any],
    takes: Any,
    values: Mapping[str, Any],
    *,
    replayable: bool | None = None,
    files: tuple[FilePart, ...] = (),
) -> Call[T]:
    """The call of ``route``, such as ``GET /api/v1/documents/{document_id}``.

    ``options`` are the caller's, and ``takes`` is the TypedDict that lists them; ``values`` are the method's own
    arguments. A GET may be sent again unless ``replayable`` says otherwise, and a DELETE that returns nothing.
    """
    method, _, template = route.partition(" ")
    fields, request = checked_options(takes, options)
    fields = {name: _given(name, value) for name, value in values.items()} | fields
    path = _IN_ROUTE.sub(lambda part: _segment(part[1], fields.pop(part[1])), template)
    fields |= request.get("extra_body") or {}
    by_query = method in _BY_QUERY
    if not isinstance(returns, Returns):
        gone = _gone if method == "DELETE" and returns is type(None) else None
        returns = Returns(parse_as(returns), gone, unbounded=returns in (bytes, str))
    return Call(
        method,
        path,
        returns.parse,
        replayable=method == "GET" if replayable is None else replayable,
        params={name: _in_query(value) for name, value in fields.items()} if by_query and fields else None,
        body=None if by_query or files else as_json(fields),
        files=files,
        form={name: _in_form(name, value) for name, value in fields.items()} if files else {},
        headers=plain_headers(request.get("headers")),
        timeout=as_timeout(request["timeout"]) if "timeout" in request else None,
        template=template,
        unbounded=returns.unbounded,
        answer_in=returns.answer_in,
    )


def if_any(returns: type[T]) -> Returns[T | None]:
    """``returns``, or None for an answer without a body."""
    parse = parse_as(returns)
    return Returns(lambda body: parse(body) if body else None)


def with_body(options: Mapping[str, Any], body: Any) -> dict[str, Any]:
    """``options`` of a request whose body the caller gives as it stands."""
    if not isinstance(body, Mapping):
        raise ConfigurationError(f"body must be a dict of the request's fields, not {type(body).__name__}")
    return {**options, "extra_body": {**body, **(options.get("extra_body") or {})}}


def _gone(error: APIError, again: bool) -> Any:
    """None for a DELETE that finds nothing when it is sent again: the first try did it, and its answer was lost."""
    if again and isinstance(error, NotFoundError):
        return None
    raise error


def _given(name: str, value: Any) -> Any:
    """A method's own argument; an object stands for the id that it has, also in a list of ids."""
    if value is None:
        raise ConfigurationError(f"{name} must not be None")
    if name.endswith("_ids") and not isinstance(value, str | bytes | Mapping):
        return [_given(name[:-1], one) for one in value]
    named = value if isinstance(value, _PLAIN) else getattr(value, name, value)
    if name in _TEXTS and not isinstance(named, str):
        raise ConfigurationError(f"{name} must be a string, not {type(value).__name__}")
    return named


def id_of(name: str, given: Any) -> str:
    """The id that ``given`` is or has; raises :class:`ConfigurationError` for one that would lead elsewhere."""
    return _checked_id(name, _given(name, given))


def _checked_id(name: str, value: Any) -> str:
    value = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} must be a string, or an object that has one, not {type(value).__name__}")
    if not value.strip() or value in (".", ".."):
        raise ConfigurationError(f"{name} must not be empty, '.' or '..', but is {value!r}")
    return value


def _segment(name: str, value: Any) -> str:
    """``value`` as one segment of a path."""
    value = _checked_id(name, value)
    try:
        return quote(value, safe="")
    except UnicodeEncodeError as error:
        raise ConfigurationError(f"{name} cannot be written in an address: {value!r}") from error


def _in_query(value: Any) -> str:
    """``value`` in an address: booleans as the server writes them, a list with commas."""
    match value:
        case str():
            return value
        case list() | tuple():
            return ",".join(_in_query(one) for one in value)
    return as_json(value).decode()


def _in_form(name: str, value: Any) -> str:
    """``value`` as a part beside files. The part ``metadata`` is JSON, also where it is a string."""
    return as_json(value).decode() if name == "metadata" else as_part(value)

"""One request and how its answer is read: :class:`Call`; and the call that ``client.request`` makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar

from pydantic import PydanticUndefinedAnnotation, PydanticUserError, ValidationError
from pydantic_core import from_json, to_json

from edgequake._core.config import checked_headers
from edgequake._core.json import parse_json
from edgequake._core.options import adapter_of
from edgequake._core.wire import events_of_answer
from edgequake.exceptions import ConfigurationError, ResponseError
from edgequake.models._model import Model, SecretAnswer, explain
from edgequake.settings import as_timeout

if TYPE_CHECKING:
    from edgequake._core.answer import AnswerState
    from edgequake._core.uploads import FilePart
    from edgequake.exceptions import APIError
    from edgequake.settings import Timeout

__all__ = ["Call", "Decoder", "any_request", "as_json", "as_part", "parse_as", "plain_headers"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
C_co = TypeVar("C_co", covariant=True)

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Decoder(Protocol[C_co]):
    """Turns one stream's events into chunks, and folds them into the :class:`AnswerState` that it was made with."""

    @property
    def finished(self) -> bool:
        """True once the service's final event has come; whatever fails after it takes nothing from the answer."""
        ...

    @property
    def held_text(self) -> str:
        """Text that has come and that no chunk has brought yet."""
        ...

    def decode(self, data: bytes, /) -> C_co | None:
        """The chunk of one event, or None for one that brings none; :class:`StreamError` for an error."""

    def end(self, *, unfinished: bool) -> None:
        """The service closed the stream cleanly; raises unless it had said all. ``unfinished``: in mid-event."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """One request, and how its answer is read."""

    method: str
    """The HTTP method."""
    path: str
    """The path below the base URL, percent-encoded. It may have a query."""
    parse: Callable[[bytes], T_co]
    """The body of a 2xx answer as what the method promises; raises :class:`ResponseError`."""
    replayable: bool
    """True when the request has no side effects, so that it may be sent twice."""
    params: Mapping[str, Any] | None = None
    """The query of the address; None: there is none."""
    body: bytes | None = field(default=None, repr=False)
    """The body, which is JSON; None: there is none. No repr shows it: it may hold a password."""
    files: tuple[FilePart, ...] = ()
    """Sent as ``multipart/form-data``, with ``form`` beside them, instead of ``body``."""
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The parts beside ``files``, each a text."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Headers in addition to the client's. No repr shows them: they may hold a key."""
    timeout: Timeout | None = None
    """Instead of the client's, when the caller gave one."""
    needs: tuple[str, ...] = ()
    """Settings of the client without which the server refuses this call."""
    text_only: bool = False
    """The stream is raw text (v1)."""
    fallback_route: Callable[[], Call[T_co]] | None = None
    """Makes the call to try where the server has no such route."""
    decoder: Callable[[AnswerState], Decoder[Any]] | None = None
    """Reads the events of another service; None: those of EdgeQuake's wires."""
    is_content: Callable[[bytes], bool] | None = None
    """False for an event of a stream after which another try would repeat nothing. None: each event is content.

    Raises the error of an event that says that another try may succeed."""
    end_within: float | None = None
    """Seconds to wait for the end of the response after the final event; None: as long as for a chunk."""
    events_of: Callable[[dict[str, Any]], list[bytes]] = events_of_answer
    """A whole answer as the events of a stream: for a stream that came as JSON, and for the fallback."""
    template: str | None = None
    """The path with the names of ids; None: it has none; empty: nobody knows where they stand in it."""
    asked: Mapping[str, Any] | None = field(default=None, repr=False)
    """The fields of a question that a model answers; None for other calls."""
    unbounded: bool = False
    """True for a download, which may be larger than ``max_event_bytes``."""
    answer_in: Callable[[APIError, bool], T_co] | None = None
    """Makes the answer of an error status that is one, else raises the error; None: no error status is an answer.

    The flag says whether an earlier try may have been processed. Such a status is not tried again."""

    @property
    def rewindable(self) -> bool:
        """False for a body that can be sent only once."""
        return all(part.rewindable for part in self.files)

    @property
    def route(self) -> str:
        """Method and path, for messages; a query in the path may hold a key."""
        return f"{self.method} {self._plain_path}"

    @property
    def path_template(self) -> str:
        """The path with the names of ids, the same for all calls of its kind; empty where nobody knows it."""
        return self._plain_path if self.template is None else self.template

    @property
    def route_template(self) -> str:
        """Method and path with the names of ids; the path itself where nobody knows them."""
        return f"{self.method} {self.path_template or self._plain_path}"

    @property
    def _plain_path(self) -> str:
        return self.path.partition("?")[0]


def any_request(
    method: str,
    path: str,
    cast_to: type[T],
    *,
    body: Any = None,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | Timeout | Literal["default"] | None = "default",
    replayable: bool | None = None,
    files: tuple[FilePart, ...] = (),
) -> Call[T]:
    """Any request to the server. Reads may be sent again after a failure; others only when told."""
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("//"):
        raise ConfigurationError(f"path must begin with one slash, such as '/api/v1/documents', not {path!r}")
    if not isinstance(method, str) or not method.isascii() or not method.isalpha():
        raise ConfigurationError(f"method must be an HTTP method, such as 'GET', not {method!r}")
    if params and "?" in path:
        raise ConfigurationError("give the query in params or in the path, not in both")
    if files and not isinstance(body or {}, Mapping):
        raise ConfigurationError("beside files, body must be a dict: each of its fields becomes a part")
    method = method.upper()
    return Call(
        method,
        path,
        parse_as(cast_to, advice="; cast_to=type(None) takes it"),
        replayable=method in _SAFE_METHODS if replayable is None else replayable,
        params=params,
        body=None if body is None or files else as_json(body),
        files=files,
        form={name: as_part(value) for name, value in (body or {}).items()} if files else {},
        headers=plain_headers(headers),
        timeout=None if timeout == "default" else as_timeout(timeout),
        template="",
    )


def parse_as(cast_to: type[T], *, advice: str = "") -> Callable[[bytes], T]:
    """A function from a body to ``cast_to``: any type pydantic can read JSON as; bytes, str and None take it raw.

    ``advice`` is what to say of an empty body.

    Raises :class:`ConfigurationError` for a type that pydantic cannot.
    """
    validate: Callable[[Any], Any]
    if isinstance(cast_to, type) and issubclass(cast_to, Model):
        validate = cast_to.model_validate
    else:
        try:
            validate = adapter_of(cast_to).validate_python
        except (PydanticUserError, PydanticUndefinedAnnotation, TypeError) as error:
            raise ConfigurationError(f"cast_to is no type that JSON can be read as: {cast_to!r}") from error

    def parse(body: bytes) -> Any:
        if cast_to is bytes:
            return body
        if cast_to is str:
            return body.decode("utf-8", "replace")
        if cast_to is type(None) or cast_to is None:
            return None
        shown = body[: 64 * 1024].decode("utf-8", "replace")
        if isinstance(cast_to, type) and issubclass(cast_to, SecretAnswer):
            shown = "[secret]"
        if not body:
            raise ResponseError(f"the server's answer is empty where JSON was expected{advice}")
        try:
            data = parse_json(body)
        except ValueError as error:
            raise ResponseError(f"the server's answer is not JSON: {shown[:200]!r}", body=shown) from error
        try:
            return validate(data)
        except ValidationError as error:
            name = getattr(cast_to, "__name__", str(cast_to))
            raise ResponseError(f"the server's answer is not a {name}: {explain(error)}", body=shown) from error

    return parse


def plain_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """``headers`` as they are sent; raises :class:`ConfigurationError` for one that cannot be."""
    return {name: value.get_secret_value() for name, value in checked_headers(headers or {}).items()}


def as_part(value: Any) -> str:
    """``value`` as a part beside files: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else as_json(value).decode()


def as_json(value: Any) -> bytes:
    """``value`` as a JSON text; raises :class:`ConfigurationError` if it has none."""
    try:
        body = to_json(value)
        if b"NaN" in body or b"Infinity" in body:  # in a text, or as numbers, which JSON does not have
            from_json(body, allow_inf_nan=False)
    except ValueError as error:  # pydantic's serialisation error, or a lone surrogate
        raise ConfigurationError(f"the request cannot be written as JSON: {error}") from error
    return body

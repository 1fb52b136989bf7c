"""What each method asks of the server: a function per endpoint that returns a :class:`Call`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from pydantic import PydanticUndefinedAnnotation, PydanticUserError, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from edgequake._core.config import checked_headers
from edgequake._core.json import parse_json
from edgequake._core.wire import events_of_answer
from edgequake.exceptions import ConfigurationError, InvalidInputError, ResponseError
from edgequake.models._model import Model, explain
from edgequake.models.answer import ChatResponse, QueryResponse
from edgequake.models.health import HealthResponse
from edgequake.models.options import ChatOptions, Messages, QueryOptions
from edgequake.settings import NOT_GIVEN, as_timeout

if TYPE_CHECKING:
    from edgequake._core.answer import AnswerState
    from edgequake.settings import Timeout

__all__ = ["Call", "Decoder", "any_request", "chat_complete", "chat_stream", "health", "query_execute", "query_stream"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
C_co = TypeVar("C_co", covariant=True)

_QUERY_ALIASES = {
    "top_k": "max_results",
    "rerank": "enable_rerank",
    "provider": "llm_provider",
    "model": "llm_model",
}
_CHAT_ALIASES = {"llm_provider": "provider", "llm_model": "model"}
_REQUEST_OPTIONS = ("timeout", "headers", "extra_body")
_PLACEHOLDER_MODEL = "edgequake"
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
    path: str
    parse: Callable[[bytes], T_co]
    """The body of a 2xx answer as what the method promises; raises :class:`ResponseError`."""
    replayable: bool
    """True when the request has no side effects, so that it may be sent twice."""
    params: Mapping[str, Any] | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # they may hold a key
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
    linger: float | None = None
    """Seconds to wait for the end of the response after the final event; None: as long as for a chunk."""
    events_of: Callable[[dict[str, Any]], list[bytes]] = events_of_answer
    """A whole answer as the events of a stream: for a stream that came as JSON, and for the fallback."""

    @property
    def route(self) -> str:
        """Method and path, for messages; a query in the path may hold a key."""
        return f"{self.method} {self.path.partition('?')[0]}"


def health() -> Call[HealthResponse]:
    """``GET /health``."""
    return Call("GET", "/health", parse_as(HealthResponse), replayable=True)


def query_execute(query: str, options: Mapping[str, Any]) -> Call[QueryResponse]:
    """``POST /api/v1/query``."""
    fields, request = _checked(QueryOptions, options, _QUERY_ALIASES)
    fields.pop("stream_format", None)
    body = {"query": _text("query", query)} | _query_fields(fields)
    return _post("/api/v1/query", body, request, parse_as(QueryResponse), replayable=True)


def query_stream(query: str, options: Mapping[str, Any]) -> Call[QueryResponse]:
    """``POST /api/v1/query/stream``, or the guide's ``GET /query/stream`` where the server has no such route."""
    fields, request = _checked(QueryOptions, options, _QUERY_ALIASES)
    fields = _query_fields(fields)
    body = {"query": _text("query", query), "stream_format": "v2"} | fields
    call = _post("/api/v1/query/stream", body, request, parse_as(QueryResponse), replayable=True)
    body |= request.get("extra_body") or {}
    text_only = body.pop("stream_format") == "v1"
    return replace(call, fallback_route=partial(_guide_stream, call, body), text_only=text_only)


def _guide_stream(call: Call[QueryResponse], body: Mapping[str, Any]) -> Call[QueryResponse]:
    params = {
        "top_k" if name == "max_results" else name: _param(value) for name, value in body.items() if value is not None
    }
    return replace(call, method="GET", path="/query/stream", params=params, body=None)


def chat_complete(messages: Messages, options: Mapping[str, Any]) -> Call[ChatResponse]:
    """``POST /api/v1/chat/completions``."""
    return _chat("/api/v1/chat/completions", messages, options, stream=False)


def chat_stream(messages: Messages, options: Mapping[str, Any]) -> Call[ChatResponse]:
    """``POST /api/v1/chat/completions/stream``."""
    return _chat("/api/v1/chat/completions/stream", messages, options, stream=True)


def any_request(
    method: str,
    path: str,
    cast_to: type[T],
    *,
    body: Any = None,
    params: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: Any = NOT_GIVEN,
    replayable: bool | None = None,
) -> Call[T]:
    """Any request to the server. Reads may be sent again after a failure; others only when told."""
    if not isinstance(path, str) or not path.startswith("/") or path.startswith("//"):
        raise ConfigurationError(f"path must begin with one slash, such as '/api/v1/documents', not {path!r}")
    if not isinstance(method, str) or not method.isascii() or not method.isalpha():
        raise ConfigurationError(f"method must be an HTTP method, such as 'GET', not {method!r}")
    if params and "?" in path:
        raise ConfigurationError("give the query in params or in the path, not in both")
    method = method.upper()
    return Call(
        method,
        path,
        parse_as(cast_to),
        replayable=method in _SAFE_METHODS if replayable is None else replayable,
        params=params,
        body=None if body is None else _json(body),
        headers=_plain_headers(headers),
        timeout=None if timeout is NOT_GIVEN else as_timeout(timeout),
    )


def parse_as(cast_to: type[T]) -> Callable[[bytes], T]:
    """A function from a body to ``cast_to``: any type pydantic can read JSON as; bytes, str and None take it raw.

    Raises :class:`ConfigurationError` for a type that pydantic cannot.
    """
    validate: Callable[[Any], Any]
    if isinstance(cast_to, type) and issubclass(cast_to, Model):
        validate = cast_to.model_validate
    else:
        try:
            validate = _adapter(cast_to).validate_python
        except (PydanticUserError, PydanticUndefinedAnnotation, TypeError) as error:
            raise ConfigurationError(f"cast_to is no type that JSON can be read as: {cast_to!r}") from error

    def parse(body: bytes) -> Any:
        if cast_to is bytes:
            return body
        if cast_to is str:
            return body.decode("utf-8", "replace")
        if cast_to is type(None):
            return None
        shown = body[: 64 * 1024].decode("utf-8", "replace")
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


_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)


def _post(
    path: str,
    body: Mapping[str, Any],
    request: Mapping[str, Any],
    parse: Callable[[bytes], T],
    *,
    replayable: bool,
    needs: tuple[str, ...] = (),
) -> Call[T]:
    return Call(
        "POST",
        path,
        parse,
        replayable=replayable,
        body=_json({**body, **(request.get("extra_body") or {})}),
        headers=_plain_headers(request.get("headers")),
        timeout=as_timeout(request["timeout"]) if "timeout" in request else None,
        needs=needs,
    )


def _plain_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name: value.get_secret_value() for name, value in checked_headers(headers or {}).items()}


def _checked(
    options_type: Any, given: Mapping[str, Any], aliases: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The options under the server's names, those that are None left out; and those of the request itself."""
    if not given:
        return {}, {}
    known = options_type.__annotations__
    for name in given:
        if name not in known:
            from difflib import get_close_matches  # only a slip of the pen needs it

            close = get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else "; extra_body={…} sends fields of your own"
            raise TypeError(f"unknown option {name!r}{hint}")
    try:
        checked = _adapter(options_type).validate_python(dict(given))
    except ValidationError as error:
        raise ConfigurationError(f"an option is not right: {explain(error)}") from error
    request = {name: checked.pop(name) for name in _REQUEST_OPTIONS if name in checked}
    fields: dict[str, Any] = {}
    for name, value in checked.items():
        target = aliases.get(name, name)
        if value is None:
            continue
        if fields.setdefault(target, value) != value:
            raise ConfigurationError(f"{name!r} is another name for {target!r}: give one of them")
    return fields, request


def _query_fields(fields: dict[str, Any]) -> dict[str, Any]:
    if fields.get("llm_model") == _PLACEHOLDER_MODEL and "llm_provider" not in fields:
        del fields["llm_model"]
    if ("llm_provider" in fields) != ("llm_model" in fields):
        given, missing = ("llm_provider", "llm_model") if "llm_provider" in fields else ("llm_model", "llm_provider")
        raise ConfigurationError(f"{given} needs {missing} beside it: the server takes both or neither")
    return fields


def _chat(path: str, messages: Messages, options: Mapping[str, Any], *, stream: bool) -> Call[ChatResponse]:
    fields, request = _checked(ChatOptions, options, _CHAT_ALIASES)
    if fields.get("model") == _PLACEHOLDER_MODEL:
        del fields["model"]
    turns = _turns(messages)
    last = max((n for n, turn in enumerate(turns) if turn["role"] == "user"), default=None)
    if last is None:
        raise ConfigurationError("messages must hold at least one with the role 'user'")
    message = _text("message", turns[last]["content"])
    prompts = [fields.pop("system_prompt", "")] + [turn["content"] for turn in turns if turn["role"] == "system"]
    if "conversation_id" not in fields:
        prompts.append(_transcript([turn for n, turn in enumerate(turns) if n != last and turn["role"] != "system"]))
    body = {"message": message, "messages": turns, "stream": stream} | fields
    if system_prompt := "\n\n".join(prompt for prompt in prompts if prompt):
        body["system_prompt"] = system_prompt
    return _post(path, body, request, parse_as(ChatResponse), replayable=False, needs=("tenant_id", "user_id"))


def _turns(messages: Messages) -> list[dict[str, str]]:
    """``messages`` as role and text each."""
    if isinstance(messages, str):
        return [{"role": "user", "content": _text("message", messages)}]
    if not isinstance(messages, Sequence) or isinstance(messages, bytes):
        raise ConfigurationError(f"messages must be a string or a list of messages, not {type(messages).__name__}")
    turns = []
    for n, message in enumerate(messages):
        match message:
            case {"role": str(role), "content": str(content)}:
                turns.append({"role": role, "content": content})
            case {"role": str(role), "content": [*parts]} if all(_is_text_part(part) for part in parts):
                turns.append({"role": role, "content": _joined(parts)})
            case {"role": str(), "content": [*_]}:
                raise ConfigurationError(f"messages[{n}] has a part that is not text; give pictures as images=[…]")
            case _:
                raise ConfigurationError(
                    f"messages[{n}] must be a dict with 'role' and 'content', both strings, "
                    "such as {'role': 'user', 'content': '…'}"
                )
    return turns


def _joined(parts: Sequence[Any]) -> str:
    return "".join(part["text"] for part in parts)


def _is_text_part(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type", "text") == "text" and isinstance(part.get("text"), str)


def _transcript(turns: Sequence[Mapping[str, str]]) -> str:
    """Earlier turns as text: the native server reads one message, and keeps history by conversation only."""
    if not turns:
        return ""
    lines = "\n".join(f"{turn['role']}: {turn['content']}" for turn in turns)
    return f"The conversation so far:\n{lines}"


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{name} must be a string, not {type(value).__name__}")
    if not value.strip():
        raise InvalidInputError(f"{name} must not be empty")
    return value


def _param(value: Any) -> Any:
    return value if isinstance(value, str | int | float) else _json(value).decode()


def _json(value: Any) -> bytes:
    try:
        body = to_json(value)
        if b"NaN" in body or b"Infinity" in body:  # in a text, or as numbers, which JSON does not have
            from_json(body, allow_inf_nan=False)
    except ValueError as error:  # pydantic's serialisation error, or a lone surrogate
        raise ConfigurationError(f"the request cannot be written as JSON: {error}") from error
    return body

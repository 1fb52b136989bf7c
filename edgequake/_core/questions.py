"""What ``query`` and ``chat`` ask of the server: a function per endpoint that returns a :class:`Call`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from edgequake._core.calls import Call, as_json, parse_as, plain_headers
from edgequake._core.ignored import warn_ignored
from edgequake._core.options import checked_options, near
from edgequake.exceptions import ConfigurationError, InvalidInputError
from edgequake.models.answer import ChatResponse, QueryResponse
from edgequake.models.options import MODES, ChatOptions, Messages, QueryOptions
from edgequake.settings import as_timeout

__all__ = ["chat_complete", "chat_stream", "check_mode", "query_execute", "query_stream"]

T = TypeVar("T")

_QUERY_ALIASES = {
    "top_k": "max_results",
    "rerank": "enable_rerank",
    "provider": "llm_provider",
    "model": "llm_model",
}
_CHAT_ALIASES = {"llm_provider": "provider", "llm_model": "model"}
_PLACEHOLDER_MODEL = "edgequake"


def check_mode(mode: str | None) -> None:
    """Raises :class:`ConfigurationError` for a mode of retrieval that no server has: it would take another instead."""
    if mode is not None and mode.lower() not in MODES:
        raise ConfigurationError(
            f"mode={mode!r} is unknown{near(mode.lower(), MODES)}; it is one of {', '.join(MODES)}. "
            "extra_body={'mode': …} sends another"
        )


def query_execute(query: str, options: Mapping[str, Any], *, warn: bool = False) -> Call[QueryResponse]:
    """``POST /api/v1/query``. ``warn``: of options that it does not read; a fallback has its stream's."""
    fields, request = checked_options(QueryOptions, options, _QUERY_ALIASES)
    if warn:
        warn_ignored("execute", options, _QUERY_ALIASES)
    fields.pop("stream_format", None)
    body = {"query": _text("query", query)} | _query_fields(fields)
    return _post("/api/v1/query", body, request, parse_as(QueryResponse), replayable=True)


def query_stream(query: str, options: Mapping[str, Any]) -> Call[QueryResponse]:
    """``POST /api/v1/query/stream``, or the guide's ``GET /query/stream`` where the server has no such route."""
    fields, request = checked_options(QueryOptions, options, _QUERY_ALIASES)
    fields = _query_fields(fields)
    warn_ignored("stream", options, _QUERY_ALIASES)
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
        body=as_json({**body, **(request.get("extra_body") or {})}),
        headers=plain_headers(request.get("headers")),
        timeout=as_timeout(request["timeout"]) if "timeout" in request else None,
        needs=needs,
        asked=body,
    )


def _query_fields(fields: dict[str, Any]) -> dict[str, Any]:
    check_mode(fields.get("mode"))
    if fields.get("llm_model") == _PLACEHOLDER_MODEL and "llm_provider" not in fields:
        del fields["llm_model"]
    if ("llm_provider" in fields) != ("llm_model" in fields):
        given, missing = ("llm_provider", "llm_model") if "llm_provider" in fields else ("llm_model", "llm_provider")
        raise ConfigurationError(f"{given} needs {missing} beside it: the server takes both or neither")
    return fields


def _chat(path: str, messages: Messages, options: Mapping[str, Any], *, stream: bool) -> Call[ChatResponse]:
    fields, request = checked_options(ChatOptions, options, _CHAT_ALIASES)
    check_mode(fields.get("mode"))
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
    return value if isinstance(value, str | int | float) else as_json(value).decode()

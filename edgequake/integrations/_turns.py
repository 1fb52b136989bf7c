"""The messages of other chat APIs as what a query takes: a question, and a prompt that tells what came before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["MODELS", "asked", "mode_of"]

MODELS = {"edgequake": None} | {
    f"edgequake-{mode}": mode for mode in ("naive", "local", "global", "hybrid", "mix", "bypass")
}
"""The models that callers may name, each with its way to retrieve; None is the server's own."""

_INSTRUCTIONS = ("system", "developer")


def asked(messages: Sequence[Mapping[str, Any]], instructions: str | None = None) -> tuple[str, dict[str, str]]:
    """The last message of the user's, and the query options that tell the others, from messages in OpenAI's form.

    The server's stream reads no history: earlier turns go into the system prompt, after the ``instructions``. Raises
    ConfigurationError for messages without a user's, and for one that is not text.
    """
    turns = [(str(one.get("role")), _text(one.get("content"), n)) for n, one in enumerate(messages)]
    last = max((n for n, (role, _) in enumerate(turns) if role == "user"), default=None)
    if last is None:
        raise ConfigurationError("messages must hold at least one with the role 'user'")
    prompts = [instructions] if instructions else []
    prompts += [text for role, text in turns if role in _INSTRUCTIONS and text]
    earlier = [
        f"{role}: {text}" for n, (role, text) in enumerate(turns) if n != last and text and role not in _INSTRUCTIONS
    ]
    if earlier:
        prompts.append("\n".join(["The conversation so far:", *earlier]))
    return turns[last][1], {"system_prompt": "\n\n".join(prompts)} if prompts else {}


def mode_of(model: str) -> str | None:
    """The way to retrieve that a model's name stands for. Raises ConfigurationError for a name that is not there."""
    if model in MODELS:
        return MODELS[model]
    raise ConfigurationError(f"there is no model {model!r}; those here: {', '.join(MODELS)}")


def _text(content: Any, n: int) -> str:
    match content:
        case None:  # an assistant's that called a tool
            return ""
        case str():
            return content
        case [*parts]:
            return "".join(_part(part, n) for part in parts)
    raise ConfigurationError(f"messages[{n}].content must be a string or a list of text parts")


def _part(part: Any, n: int) -> str:
    match part:
        case str():
            return part
        case {"type": "text", "text": str(text)}:
            return text
        case {"type": "refusal", "refusal": str(text)}:
            return text
        case {"type": kind}:
            raise ConfigurationError(f"messages[{n}] has a part of type {kind!r}; a query takes text alone")
    raise ConfigurationError(f"messages[{n}] has a part that is not text")

"""Exported conversations, read to be restored."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any

from edgequake.exceptions import ConfigurationError
from edgequake.models._model import Model

__all__ = ["listed", "message_changes", "message_fields", "split"]

_CHANGES = ("tokens_used", "duration_ms", "thinking_time_ms", "context")


def listed(items: Any) -> Iterable[Any]:
    """``items``, if they can be gone through; raises :class:`ConfigurationError` if not."""
    if isinstance(items, Iterable):
        return items
    hint = ": collect it first, as in [item async for item in …]" if isinstance(items, AsyncIterable) else ""
    raise ConfigurationError(f"items must be a list, or another iterable of them, not {type(items).__name__}{hint}")


def split(item: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The conversation and the messages of what ``conversations.export`` or ``conversations.get`` gave.

    Raises :class:`ConfigurationError` for anything else.
    """
    value = item.model_dump(mode="json") if isinstance(item, Model) else item
    if isinstance(value, Mapping):
        conversation, messages = value.get("conversation"), value.get("messages")
        if isinstance(conversation, Mapping) and isinstance(messages, list):
            return dict(conversation), [_checked(message) for message in messages]
    raise ConfigurationError("each item must be a dict with 'conversation' and 'messages', as export() gives them")


def _checked(message: Any) -> dict[str, Any]:
    if not isinstance(message, Mapping) or not all(isinstance(message.get(name), str) for name in ("role", "content")):
        raise ConfigurationError("each message must have 'role' and 'content', both strings")
    return dict(message)


def message_fields(message: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """What a message is made with; ``ids`` are the new ids of the messages before it."""
    parent = ids.get(message.get("parent_id") or "")
    fields = {"role": message["role"], "content": message["content"]}
    return fields if parent is None else {**fields, "parent_id": parent}


def message_changes(message: Mapping[str, Any]) -> dict[str, Any]:
    """What a message cannot be made with, and is changed to afterwards."""
    changes = {name: message[name] for name in _CHANGES if message.get(name) is not None}
    return {**changes, "is_error": True} if message.get("is_error") else changes

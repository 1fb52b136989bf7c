"""A stream in the words that other clients read: OpenAI's chat completions, and the AI SDK's UI messages. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from edgequake.exceptions import ConfigurationError
from edgequake.integrations._openai_events import completion, openai_events
from edgequake.integrations._ui_messages import UI_MESSAGE_HEADERS, ui_message_events

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from edgequake.integrations._items import Items, Said

__all__ = ["UI_MESSAGE_HEADERS", "StreamFormat", "completion", "events_as", "openai_events", "ui_message_events"]

StreamFormat: TypeAlias = Literal["openai", "ai-sdk"]


def events_as(wire: StreamFormat, items: Items, said: Said) -> tuple[AsyncGenerator[bytes, None], dict[str, str]]:
    """The items as the events of that wire, and the headers to send with them."""
    if wire == "openai":
        return openai_events(items, said), {}
    if wire == "ai-sdk":
        return ui_message_events(items, said), UI_MESSAGE_HEADERS
    raise ConfigurationError(f"format must be 'openai' or 'ai-sdk', not {wire!r}")

"""A stream as the AI SDK's UI messages."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from edgequake.integrations._items import DONE, Beside, event_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from edgequake.integrations._items import Items, Said

__all__ = ["UI_MESSAGE_HEADERS", "ui_message_events"]

UI_MESSAGE_HEADERS: Final = {"x-vercel-ai-ui-message-stream": "v1"}
"""The header by which the AI SDK knows its stream."""


async def ui_message_events(items: Items, said: Said) -> AsyncGenerator[bytes, None]:
    """The items (chunks, events or strings) as the AI SDK's UI message stream, for ``useChat``.

    Each source is a ``source-document`` part whose ``providerMetadata.edgequake`` has all of it. An error is an
    ``error`` part.
    """
    beside = Beside()
    text_part = {"id": "answer"}
    begun = False
    yield event_of({"type": "start", "messageId": f"msg-{uuid4().hex}"})
    try:
        async with aclosing(items):
            async for item in items:
                text = beside.text_of(item)
                for source in beside.taken():
                    yield event_of(_document(source))
                if text and not begun:
                    begun = True
                    yield event_of({"type": "text-start", **text_part})
                if text:
                    yield event_of({"type": "text-delta", **text_part, "delta": text})
    except Exception as error:
        yield event_of({"type": "error", "errorText": said(error)[1]})
        return
    if begun:
        yield event_of({"type": "text-end", **text_part})
    yield event_of({"type": "finish", "finishReason": "length" if beside.finish_reason == "length" else "stop"})
    yield DONE


def _document(source: Any) -> dict[str, Any]:
    told = source if isinstance(source, dict) else {"title": str(source)}
    label = next((told[name] for name in ("file_path", "title", "id", "document_id") if told.get(name)), "source")
    return {
        "type": "source-document",
        "sourceId": str(told.get("id") or label),
        "mediaType": "text/plain",
        "title": str(label),
        "providerMetadata": {"edgequake": told},
    }

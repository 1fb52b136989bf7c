"""A stream in the words that other clients read: OpenAI's chat completions, and the AI SDK's UI messages. No I/O."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias
from uuid import uuid4

from pydantic import BaseModel
from pydantic_core import to_json

from edgequake._core.protocols import sources_of
from edgequake.chunks import Chunk
from edgequake.events import EventType, StreamEvent
from edgequake.exceptions import ConfigurationError, StreamError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping

    from edgequake.models.answer import QueryResponse

__all__ = ["UI_MESSAGE_HEADERS", "StreamFormat", "completion", "events_as", "openai_events", "ui_message_events"]

StreamFormat: TypeAlias = Literal["openai", "ai-sdk"]

UI_MESSAGE_HEADERS: Final = {"x-vercel-ai-ui-message-stream": "v1"}
"""The header by which the AI SDK knows its stream."""


class Items(Protocol):
    """What is sent on: chunks, events or strings. It is closed when it is left."""

    def __aiter__(self) -> AsyncIterator[Any]:
        """The items."""
        ...

    def aclose(self) -> Awaitable[object]:
        """Ends them."""
        ...


Said: TypeAlias = Callable[[Exception], tuple[str, str]]
"""What the other side may know of an error: a code, and a message."""

_DONE: Final = b"data: [DONE]\n\n"


@dataclass(slots=True)
class _Beside:
    """What a stream brought beside its text."""

    sources: list[Any] = field(default_factory=list)
    """Sources that have not been sent on yet."""
    tokens: int = 0
    usage: dict[str, Any] | None = None
    finish_reason: str = "stop"

    def text_of(self, item: Any) -> str:
        """The text of an item; what it brings besides is kept."""
        if isinstance(item, str):
            return item
        if isinstance(item, StreamEvent):
            return self._event(item)
        if not hasattr(item, "text"):
            raise TypeError(f"an item of the stream must be a chunk, an event or a string, not {type(item).__name__}")
        self.sources += sources_of(item)
        if isinstance(item, Chunk) and (item.type == "done" or "choices" in item):
            stats = item.stats
            self.tokens = (stats.tokens_used if stats else item.get("tokens_used")) or self.tokens
            self.usage = item.usage or self.usage
            self.finish_reason = item.finish_reason or self.finish_reason
        return str(item.text)

    def _event(self, event: StreamEvent) -> str:
        if event.type == EventType.ERROR:
            raise StreamError(event.data["msg"])
        if event.type == EventType.RETRIEVAL_DONE:
            self.sources += event.data["docs"]
        return str(event)

    def taken(self) -> list[Any]:
        """The sources to send on now, as JSON has them."""
        sources, self.sources = self.sources, []
        return [_plain(source) for source in sources]

    def counted(self) -> dict[str, Any]:
        """OpenAI's usage."""
        return self.usage or _usage(self.tokens)


async def openai_events(
    items: Items, said: Said, *, model: str = "edgequake", usage: bool = False
) -> AsyncGenerator[bytes, None]:
    """The items (chunks, events or strings) as OpenAI's chat completion chunks, ended by ``[DONE]``.

    The sources come with the first chunk, in a field ``sources``. An error is an event ``{"error": …}``, which OpenAI's
    clients raise; there is no ``[DONE]`` after it.
    """
    head = _head("chat.completion.chunk", model) | ({"usage": None} if usage else {})
    beside = _Beside()
    begun = False

    def chunk(delta: Mapping[str, str], finish_reason: str | None = None) -> bytes:
        more = {"sources": sources} if (sources := beside.taken()) else {}
        return _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}], **more})

    try:
        async with aclosing(items):
            async for item in items:
                if text := beside.text_of(item):
                    if not begun:
                        begun = True
                        yield chunk({"role": "assistant", "content": ""})
                    yield chunk({"content": text})
        if not begun:
            yield chunk({"role": "assistant", "content": ""})
        yield chunk({}, beside.finish_reason)
    except Exception as error:
        code, message = said(error)
        yield _event({"error": {"message": message, "type": "server_error", "param": None, "code": code}})
        return
    if usage:
        yield _event({**head, "choices": [], "usage": beside.counted()})
    yield _DONE


def completion(answer: QueryResponse, model: str) -> dict[str, Any]:
    """A whole answer as a chat completion of OpenAI's, with a field ``sources``."""
    message = {"role": "assistant", "content": answer.answer, "refusal": None}
    return {
        **_head("chat.completion", model),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": _usage(answer.stats.tokens_used or 0),
        "sources": [_plain(source) for source in answer.sources],
    }


async def ui_message_events(items: Items, said: Said) -> AsyncGenerator[bytes, None]:
    """The items (chunks, events or strings) as the AI SDK's UI message stream, for ``useChat``.

    Each source is a ``source-document`` part whose ``providerMetadata.edgequake`` has all of it. An error is an
    ``error`` part.
    """
    beside = _Beside()
    text_part = {"id": "answer"}
    begun = False
    yield _event({"type": "start", "messageId": f"msg-{uuid4().hex}"})
    try:
        async with aclosing(items):
            async for item in items:
                text = beside.text_of(item)
                for source in beside.taken():
                    yield _event(_document(source))
                if text and not begun:
                    begun = True
                    yield _event({"type": "text-start", **text_part})
                if text:
                    yield _event({"type": "text-delta", **text_part, "delta": text})
    except Exception as error:
        yield _event({"type": "error", "errorText": said(error)[1]})
        return
    if begun:
        yield _event({"type": "text-end", **text_part})
    yield _event({"type": "finish", "finishReason": "length" if beside.finish_reason == "length" else "stop"})
    yield _DONE


def events_as(wire: StreamFormat, items: Items, said: Said) -> tuple[AsyncGenerator[bytes, None], dict[str, str]]:
    """The items as the events of that wire, and the headers to send with them."""
    if wire == "openai":
        return openai_events(items, said), {}
    if wire == "ai-sdk":
        return ui_message_events(items, said), UI_MESSAGE_HEADERS
    raise ConfigurationError(f"format must be 'openai' or 'ai-sdk', not {wire!r}")


def _plain(source: Any) -> Any:
    return source.model_dump(exclude_none=True) if isinstance(source, BaseModel) else source


def _usage(tokens: int) -> dict[str, int]:
    """OpenAI's usage. An EdgeQuake server counts the tokens of its answer alone."""
    return {"prompt_tokens": 0, "completion_tokens": tokens, "total_tokens": tokens}


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


def _head(kind: str, model: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}


def _event(value: Any) -> bytes:
    return b"data: %b\n\n" % to_json(value, inf_nan_mode="null")

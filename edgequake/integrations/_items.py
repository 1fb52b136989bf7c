"""What the items of a stream bring, for the events of another API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from pydantic import BaseModel

from edgequake._core.json import json_bytes
from edgequake._core.protocols import sources_of
from edgequake.chunks import Chunk
from edgequake.events import EventType, StreamEvent
from edgequake.exceptions import StreamError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

__all__ = ["DONE", "Beside", "Items", "Said", "event_of", "plain", "usage_of"]

DONE: Final = b"data: [DONE]\n\n"
"""The event that ends a stream in both APIs."""


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


@dataclass(slots=True)
class Beside:
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
        return [plain(source) for source in sources]

    def counted(self) -> dict[str, Any]:
        """OpenAI's usage."""
        return self.usage or usage_of(self.tokens)


def plain(source: Any) -> Any:
    """A source as JSON has it."""
    return source.model_dump(exclude_none=True) if isinstance(source, BaseModel) else source


def usage_of(tokens: int) -> dict[str, int]:
    """OpenAI's usage. An EdgeQuake server counts the tokens of its answer alone."""
    return {"prompt_tokens": 0, "completion_tokens": tokens, "total_tokens": tokens}


def event_of(value: Any) -> bytes:
    """A server-sent event with this JSON."""
    return b"data: %b\n\n" % json_bytes(value, inf_nan_mode="null")

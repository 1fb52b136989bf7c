"""A kept answer as server-sent events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic_core import from_json

from edgequake._serving.tasks import LeftError
from edgequake.relay.answers.log import END, START, Position, written
from edgequake.relay.errors import RelayError
from edgequake.relay.sse import SSE_HEADERS
from edgequake.relay.wire import DONE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from edgequake.relay.answers.log import Feed

__all__ = ["KEPT_HEADERS", "batch", "error_of", "events_of_answer", "position_of"]

KEPT_HEADERS: Final = {**SSE_HEADERS, "Cache-Control": "no-store, no-transform"}
"""Nobody but its reader may keep an answer."""


def position_of(text: str | None) -> Position:
    """The position that a reader names; the start if it names none. Raises RelayError for what is no position."""
    return Position.parsed(text) if text else START


def batch(epoch: int, after: int, items: Sequence[bytes], end: bytes | None) -> bytes:
    """Items after so many as events, and the end if it has come: one write for what has come together."""
    events = [b"id: %b\ndata: %b\n\n" % (written(epoch, n).encode(), data) for n, data in enumerate(items, after + 1)]
    if end is not None:
        name = b"done" if end == DONE else b"error"
        events.append(b"event: %b\nid: %b\ndata: %b\n\n" % (name, written(epoch, END).encode(), end))
    return b"".join(events)


def error_of(end: bytes) -> RelayError | None:
    """The error that ended an answer; None when it was whole."""
    fields = from_json(end)
    return RelayError(fields["code"], fields["message"], fields["data"]) if fields["type"] == "error" else None


async def events_of_answer(feed: Feed, after: int) -> AsyncGenerator[bytes, None]:
    """The events of an answer after an item. Ends without its last event when they can only be read elsewhere."""
    with feed:
        while True:
            try:
                items, end = await feed.read(after)
            except LeftError:
                return
            yield batch(feed.epoch, after, items, end)
            if end is not None:
                return
            after += len(items)

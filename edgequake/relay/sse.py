"""``sse_lines``: a stream as server-sent events, for any framework that sends what it iterates."""

from __future__ import annotations

import threading
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Any, Final, overload

from edgequake._serving.keep_alive import KEEP_ALIVE_SECONDS, kept_alive, kept_alive_blocking
from edgequake.exceptions import ConfigurationError
from edgequake.relay.errors import logger, safe_error
from edgequake.relay.sources import checked_stream, close_stream, is_async, items_of, wake
from edgequake.relay.wire import DONE_EVENT, data_event, error_event, value_json

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterable,
        AsyncIterator,
        Generator,
        Iterable,
        Iterator,
    )

__all__ = ["SSE_HEADERS", "checked_keep_alive", "events_of", "sse_lines"]

SSE_HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}
"""The headers of an event stream. They also tell proxies not to buffer it."""

_STREAM: Final = "a relayed stream"


@overload
def sse_lines(
    stream: AsyncIterable[Any], *, details: bool = ..., keep_alive: float | None = ...
) -> AsyncIterator[bytes]: ...


@overload
def sse_lines(stream: Iterable[Any], *, details: bool = ..., keep_alive: float | None = ...) -> Iterator[bytes]: ...


def sse_lines(
    stream: Any, *, details: bool = False, keep_alive: float | None = KEEP_ALIVE_SECONDS
) -> AsyncIterator[bytes] | Iterator[bytes]:
    """The stream as server-sent events, for any WSGI or ASGI framework. Send ``SSE_HEADERS`` with the response.

    Each item is sent as JSON with an id, counted from 1. The last event is named ``done``. If the stream fails, the
    last event is named ``error`` instead and has a ``code`` and a safe ``message``; the error itself is logged.

    The stream is closed as soon as this iterator is closed. If the iterator was never asked for an event, a stream that
    you opened yourself stays yours to close. After ``keep_alive`` seconds of silence, a comment is sent. A WSGI server
    only notices by sending that the browser has gone, so the comment also ends the stream then.

    A stream for ``async for`` gives an async iterator. A stream for ``for`` gives an iterator.

    :param details: whether ``message`` is the error's own text. Use it in development.
    :param keep_alive: seconds of silence after which a comment is sent. Default 15. None sends none.
    :raises ConfigurationError: ``stream`` is not a stream.
    """
    checked = checked_stream(stream)
    seconds = checked_keep_alive(keep_alive)
    if is_async(checked):
        events = events_of(items_of(checked), details=details)
        return events if seconds is None else kept_alive(events, seconds, partial(close_stream, checked))
    left = threading.Event()
    plain = _events(checked, left, details=details)

    def leave() -> None:
        left.set()
        wake(checked)

    return plain if seconds is None else kept_alive_blocking(plain, seconds, leave)


def checked_keep_alive(seconds: float | None) -> float | None:
    """``seconds``, if it is None or more than 0. Raises ConfigurationError if not."""
    if seconds is None or seconds > 0:
        return seconds
    raise ConfigurationError(f"keep_alive must be more than 0 seconds, or None for no comments, not {seconds!r}")


async def events_of(items: AsyncGenerator[Any, None], *, details: bool) -> AsyncGenerator[bytes, None]:
    """The events of a stream whose items these are."""
    number = 0
    async with aclosing(items):
        try:
            async for item in items:
                number += 1
                yield data_event(number, value_json(item))
        except Exception as error:
            yield error_event(safe_error(error, details=details, during=_STREAM))
            return
    yield DONE_EVENT


def _events(stream: Iterable[Any], left: threading.Event, *, details: bool) -> Generator[bytes, None, None]:
    iterator: Iterator[Any] | None = None
    try:
        iterator = iter(stream)
        for number, item in enumerate(iterator, 1):
            yield data_event(number, value_json(item))
        yield DONE_EVENT
    except Exception as error:
        if not left.is_set():  # a read that was interrupted because nobody listens is no failure
            yield error_event(safe_error(error, details=details, during=_STREAM))
    finally:
        for opened in {id(it): it for it in (iterator, stream)}.values():
            if callable(close := getattr(opened, "close", None)):
                try:
                    close()
                except Exception:
                    logger.exception("%s failed to close", _STREAM)  # nobody waits for it any more

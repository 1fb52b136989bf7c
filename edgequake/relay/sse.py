"""`sse_lines`: a stream as server-sent events, for any framework that sends what it iterates."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from contextlib import aclosing
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload

from edgequake.exceptions import ConfigurationError
from edgequake.relay.errors import logger, safe_error
from edgequake.relay.sources import checked_stream, close_stream, is_async, items_of, wake
from edgequake.relay.wire import DONE_EVENT, KEEP_ALIVE, data_event, error_event, value_json

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        AsyncIterable,
        AsyncIterator,
        Awaitable,
        Callable,
        Generator,
        Iterable,
        Iterator,
    )

__all__ = ["KEEP_ALIVE_SECONDS", "SSE_HEADERS", "checked_keep_alive", "events_of", "sse_lines"]

KEEP_ALIVE_SECONDS: Final = 15.0

SSE_HEADERS: Final = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}
"""The headers of an event stream; they keep proxies from holding it back."""

_T = TypeVar("_T")
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
    """The stream as server-sent events, for a response of any WSGI or ASGI framework; send `SSE_HEADERS` with it.

    Each item goes out as JSON with an id, counted from 1; at the end comes an event named `done`. An error becomes
    an event named `error` with a `code` and a safe `message`, and is logged; with `details` the message is its own
    words. After `keep_alive` seconds of silence a comment is sent (None: never), which is also how a WSGI server
    notices that the browser has gone. Then, and whenever this iterator is closed, the stream is closed at once.

    A stream that is iterated with `for` gives an iterator, one of `async for` an async iterator. Raises
    ConfigurationError for anything else.
    """
    checked = checked_stream(stream)
    seconds = checked_keep_alive(keep_alive)
    if is_async(checked):
        events = events_of(items_of(checked), details=details)
        return events if seconds is None else _kept_alive(events, seconds, partial(close_stream, checked))
    left = threading.Event()
    plain = _events(checked, left, details=details)

    def leave() -> None:
        left.set()
        wake(checked)

    return plain if seconds is None else _kept_alive_blocking(plain, seconds, leave)


def checked_keep_alive(seconds: float | None) -> float | None:
    """`seconds`, if it is None or more than 0. Raises ConfigurationError if not."""
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
                close()


async def _kept_alive(
    events: AsyncGenerator[bytes, None], seconds: float, close: Callable[[], Awaitable[None]]
) -> AsyncGenerator[bytes, None]:
    """`events`, with a comment after each `seconds` of silence.

    One task reads all of them, on demand: a generator may hold a timeout over its yields, and that is bound to a task.
    """
    wanted, ready = asyncio.Event(), asyncio.Event()
    made: list[bytes] = []

    async def read() -> None:
        try:
            async with aclosing(events):
                await wanted.wait()
                async for event in events:
                    wanted.clear()
                    made.append(event)
                    ready.set()
                    await wanted.wait()
        finally:
            ready.set()

    reader = asyncio.create_task(read())
    try:
        while True:
            wanted.set()
            while not ready.is_set():
                try:
                    async with asyncio.timeout(seconds):
                        await ready.wait()
                except TimeoutError:
                    yield KEEP_ALIVE
            ready.clear()
            if not made:
                break
            yield made.pop()
        await reader
    finally:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        await close()  # the task may have been cancelled before it began


class _Reader(Generic[_T]):
    """A thread that advances a generator when asked, so that whoever waits for it can do so in pieces."""

    def __init__(self, items: Generator[_T, None, None]) -> None:
        self._asked: SimpleQueue[bool] = SimpleQueue()
        self._made: SimpleQueue[_T | None] = SimpleQueue()
        self._items = items
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._run,), name="edgequake-relay", daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Have the next item made."""
        self._asked.put(True)

    def wait(self, seconds: float) -> _T | None:
        """The item that was asked for, None at the end. Raises queue.Empty when it takes longer."""
        return self._made.get(timeout=seconds)

    def end(self) -> None:
        """Have the generator closed, as soon as it lets go of the thread."""
        self._asked.put(False)

    def _run(self) -> None:
        try:
            while self._asked.get():
                self._made.put(next(self._items, None))
        finally:
            self._made.put(None)
            try:
                self._items.close()
            except Exception:
                logger.exception("%s failed to close", _STREAM)  # nobody waits for it any more


def _kept_alive_blocking(
    events: Generator[bytes, None, None], seconds: float, interrupt: Callable[[], None]
) -> Generator[bytes, None, None]:
    """The same for blocking code, by a thread; `interrupt` ends a read that the thread waits in."""
    reader = _Reader(events)
    try:
        while True:
            reader.ask()
            while True:
                try:
                    event = reader.wait(seconds)
                    break
                except Empty:
                    yield KEEP_ALIVE
            if event is None:
                return
            yield event
    finally:
        interrupt()
        reader.end()

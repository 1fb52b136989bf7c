"""What a stream yields, whatever kind of stream it is; closed at once when nobody reads on."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Iterable, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeGuard

from edgequake._streams.bridge import iterate_async, iterate_blocking
from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    from typing_extensions import TypeIs

__all__ = ["AnyStream", "checked_stream", "close_stream", "is_async", "is_stream", "items_of", "wake"]

AnyStream = AsyncIterable[Any] | Iterable[Any]


def is_async(stream: AnyStream) -> TypeIs[AsyncIterable[Any]]:
    """Whether the stream is iterated with ``async for``."""
    return hasattr(stream, "__aiter__")


def is_stream(value: object) -> bool:
    """Whether a function's result is to be iterated, not sent as it is: an async iterable, an iterator, a stream."""
    return hasattr(value, "__aiter__") or isinstance(value, Iterator) or _is_blocking_stream(value)


def checked_stream(stream: Any) -> AnyStream:
    """``stream``, if it can be iterated. Raises ConfigurationError if not, or if it is text or a container's keys."""
    if inspect.iscoroutine(stream):
        stream.close()
        raise ConfigurationError("a coroutine is not a stream: call an async generator function, or await it first")
    if not hasattr(stream, "__aiter__") and (
        not isinstance(stream, Iterable) or isinstance(stream, str | bytes | dict)
    ):
        raise ConfigurationError(f"a stream to relay is an iterable or async iterable, not {type(stream).__name__}")
    result: AnyStream = stream
    return result


async def items_of(stream: AnyStream) -> AsyncGenerator[Any, None]:
    """The items; a blocking stream is read in a thread of its own, one item when one is asked for.

    Closing this closes the stream at once, also while a thread waits in a stream of this SDK.
    """
    async with aclosing(iterate_async(stream) if is_async(stream) else iterate_blocking(lambda: stream)) as items:
        try:
            async for item in items:
                yield item
        finally:
            wake(stream)


def wake(stream: AnyStream) -> None:
    """Ends a read that a thread waits in, where that is possible from outside: in the streams of this SDK."""
    if _is_blocking_stream(stream):
        stream.close()


async def close_stream(stream: AnyStream) -> None:
    """Lets go of a stream that may have been opened and never iterated."""
    if is_async(stream):
        close = getattr(stream, "aclose", None)
        if callable(close) and isinstance(closing := close(), Awaitable):
            await closing
    else:
        wake(stream)


def _is_blocking_stream(value: object) -> TypeGuard[Any]:
    from edgequake import ChatStream, QueryStream  # loads the synchronous client, which most servers do without

    return isinstance(value, QueryStream | ChatStream)

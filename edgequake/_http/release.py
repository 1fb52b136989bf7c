"""Releases or drops the connection of an answer: when it is closed, cancelled, or collected as garbage."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from edgequake._core.logs import logger
from edgequake._http.clients import owner_key as process_key
from edgequake._http.requests import Timeouts
from edgequake._http.waiting import AsksDeadline, in_background, shielded, shut_down

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgequake._http.requests import Response

__all__ = ["abandon", "async_release", "async_wake_reader", "release", "wake_reader"]

_CANCEL = 8  # HTTP/2's code for an answer that is not wanted any more


def wake_reader(response: Response) -> None:
    """Ends a read of ``response`` that another thread is waiting in; that thread then closes it."""
    stream = response.extensions.get("network_stream")
    shut_down(stream.get_extra_info("socket") if stream is not None else None)


def release(response: Response) -> None:
    """Releases the connection of ``response``, or drops it if it cannot serve another request."""
    if response.is_closed:  # its connection serves another request by now
        return
    try:
        if isinstance(stream := response.extensions.get("network_stream"), AsksDeadline):
            stream.done()
        if _has_leftovers(response) and "network_stream" in response.extensions:
            response.extensions["network_stream"].close()
        if (tell := _cancelled(response)) is not None:
            with suppress(Exception):  # the connection is broken: nobody can be told
                tell()
    finally:  # Ctrl-C may come in between
        with _logged():
            response.close()
        _let_go(response)


async def async_release(response: Response) -> None:
    """Releases the connection of ``response``, or drops it, also if the task is cancelled meanwhile.

    httpcore marks a connection as closed before it has let go of it: cancelled in between, it would stay for ever.
    """
    await shielded(_closed(response))


async def _closed(response: Response) -> None:
    if _has_leftovers(response) and "network_stream" in response.extensions:
        await response.extensions["network_stream"].aclose()
    if (tell := _cancelled(response)) is not None:
        with suppress(Exception):
            await tell()
    with _logged():
        await response.aclose()
    _let_go(response)


@contextmanager
def _logged() -> Iterator[None]:
    """The block closes an answer: that it cannot takes nothing from what was read of it."""
    try:
        yield
    except Exception:
        logger.debug("the connection of an answer could not be closed", exc_info=True)


def _let_go(response: Response) -> None:
    """Puts another stream in place of the answer's: that and the answer would keep each other in memory."""
    response.stream = response.request.stream


async def async_wake_reader(response: Response) -> None:
    """Ends a read of ``response`` that another task is waiting in."""
    if (tell := _cancelled(response)) is None:
        with _logged():
            await response.aclose()
    else:  # that task closes it: another may be reading from the same connection
        with suppress(Exception):
            await tell()


def abandon(response: Response, owner: Any) -> None:
    """Releases the connection of an answer that nobody will read, from a finalizer: in any thread.

    ``owner`` is what the connection belongs to: the process, an event loop, or something of trio's.
    """
    if hasattr(response.stream, "close"):
        if owner is process_key():  # a forked process must not use it
            response.close()
        return
    with suppress(AttributeError, RuntimeError):  # trio's, or a loop that has ended: the connection died with it
        owner.call_soon_threadsafe(_close_soon, response)


def _close_soon(response: Response) -> None:
    in_background(_closed(response))


def _has_leftovers(response: Response) -> bool:
    """True if more came behind an answer that is not closed: another request would take that for its own answer.

    httpx has no name for this, hence the private ones; where they are missing, nothing is known of it.
    """
    if response.is_closed:  # its connection serves another request by now
        return False
    inner = _inside(response, "_stream", "_httpcore_stream", "_stream", "_connection", "_h11_state")
    return bool(getattr(inner, "trailing_data", (b"",))[0])


def _cancelled(response: Response) -> Callable[[], Any] | None:
    """What tells the server of an answer over HTTP/2 that the rest of it is not wanted; None if nothing is to be told.

    httpcore does not do that, and has no name for it: the server would write on to the end of the answer. What has come
    of it and was not read would count, for ever, against what the server may send on this connection.
    """
    if response.is_closed or (number := response.extensions.get("stream_id")) is None:
        return None
    body = _inside(response, "_stream", "_httpcore_stream", "_stream")
    connection: Any = getattr(body, "_connection", None)
    if isinstance(timeouts := response.request.extensions.get("timeout"), Timeouts):
        timeouts.leave()
        if timeouts.ran_out and connection is not None:
            connection._connection_error = True  # it may be dead: the next call must take another
    state, send = getattr(connection, "_h2_state", None), getattr(connection, "_write_outgoing_data", None)
    if state is None or send is None:
        return None
    with suppress(Exception):  # the connection has ended meanwhile
        events: list[Any] = getattr(connection, "_events", {}).get(number, [])
        if unread := sum(getattr(event, "flow_controlled_length", None) or 0 for event in events):
            events.clear()
            state.acknowledge_received_data(unread, number)
        stream = state.streams.get(number)
        if goes_on := stream is not None and not stream.closed:
            state.reset_stream(number, _CANCEL)
        return partial(send, body._request) if unread or goes_on else None
    return None


def _inside(response: Response, *names: str) -> Any:
    """What is behind private names of httpx and httpcore; None where one of them is missing."""
    inner: Any = response.stream
    for name in names:
        inner = getattr(inner, name, None)
    return inner

# Generated from edgequake/relay/_async by scripts/unasync.py: change that, and run `make generate`.
"""A program's client of a relay."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from edgequake._sync.base_stream import BaseStream
from edgequake._sync.closing import Closing
from edgequake._sync.connections import Connections
from edgequake._sync.session import Session
from edgequake._core.config import DEFAULT_MAX_EVENT_BYTES, load_config
from edgequake.exceptions import EdgeQuakeError
from edgequake.relay._sync.answer import LOST, Answer
from edgequake.relay.calling import DEFAULT_TIMEOUT, Exchange
from edgequake.settings import DEFAULT_MAX_RETRIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable, Mapping, Sequence

    from edgequake._sync.reader import Reader
    from edgequake._core.records import CallRecord
    from edgequake._http.clients import HTTPClient
    from edgequake.settings import Timeout

__all__ = ["RelayClient", "RelayStream"]

T = TypeVar("T")


class RelayClient(Closing):
    """Calls the functions of a relay as if they were methods::

        with RelayClient("http://localhost:8000") as client:
            stream = client.ai_response("What is EdgeQuake?")
            for chunk in stream:
                print(chunk, end="", flush=True)

    Results and stream items are JSON data. ``call`` can convert them to a type. ``edgequake relay types --python``
    writes a client whose methods are typed.

    A call is repeated only if the function certainly did not run: no connection could be made, or the relay was too
    busy. If the relay keeps its answers, a stream whose connection is lost continues over a new one, and each item
    comes once. Errors are ``RelayError`` and those of ``edgequake.exceptions``.

    :param url: the address where the relay is mounted.
    :param auth: JSON data for the relay's identity hook.
    :param timeout: seconds for each clock except ``total``, a ``Timeout``, or None for no limit. Default: 30 seconds to
        reach the relay and for a result, 300 for each item of a stream.
    :param headers: headers that every request gets.
    :param http_client: a client of httpx that you own. It stays open when this client is closed.
    :param max_retries: how often a call may be repeated.
    :param max_event_bytes: the largest item or result in bytes. A larger one is refused. Default 16 MiB.
    :param on_call: a function that gets the :class:`CallRecord` of each call when it ends.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: Any = None,
        timeout: float | Timeout | None = DEFAULT_TIMEOUT,
        headers: Mapping[str, str] | None = None,
        http_client: HTTPClient | None = None,
        max_retries: int = DEFAULT_MAX_RETRIES,
        max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES,
        on_call: Callable[[CallRecord], object] | None = None,
    ) -> None:
        config = load_config(
            base_url=url,
            timeout=timeout,
            max_retries=max_retries,
            retry=None,
            headers=headers,
            max_event_bytes=max_event_bytes,
            on_call=on_call,
            env={},  # the keys of EdgeQuake are not for a relay
        )
        self._auth = auth
        self._connections = Connections(http_client)
        self._session = Session(config, self._connections)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._session.config.base_url!r})"

    def call(
        self, name: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, *, returns: Any = None
    ) -> Any:
        """Calls a function of the relay. Returns its result, or a stream of its items (``RelayStream``).

        :param name: the name of the function.
        :param args: its positional arguments.
        :param kwargs: its keyword arguments.
        :param returns: a type that pydantic knows. The result, or each item, is checked and converted to it. Default:
            JSON data.
        :raises RelayError: the relay or the function refused the call.
        :raises NetworkError: the relay cannot be reached.
        :raises TimeoutError: a timeout expired.
        :raises ResponseError: the reply is not what a relay sends, or does not fit ``returns``.
        """
        exchange: Exchange[Any] = Exchange(returns)
        call = exchange.call(name, args, kwargs or {}, self._auth)
        answer = Answer(self._session, exchange, call, self._auth)
        answer.open()
        if not exchange.is_whole:
            return RelayStream(answer)
        answer.reader.ended = True
        answer.reader.close()
        return exchange.result

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return partial(self._method, name)

    def _method(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        return self.call(name, args, kwargs)

    def close(self) -> None:
        """Ends running calls and closes the connections. An HTTP client that you own stays open."""
        self._connections.close()


class RelayStream(BaseStream[T]):
    """The items of a call. Iterate it once; a second loop raises ``StreamError``.

    The call ends when you leave the loop, when the ``with`` block ends, or when you close the stream. If the loop ends
    without an error, you have every item. If the relay keeps its answers, a lost connection is replaced, up to five
    times in a row without a new item.

    Iterating raises ``RelayError`` if the relay or the function fails, and the errors of ``edgequake.exceptions``.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._items: Iterator[T] = _items(answer)

    @property
    def _reader(self) -> Reader[Any]:
        return self._answer.reader

    def close(self) -> None:
        """Ends the call and releases its connection. You can close it twice."""
        self._answer.leave()


def _items(answer: Answer) -> Iterator[Any]:
    """The items; holds the answer and not the stream, so that leaving the loop lets go of both."""
    try:
        while True:
            try:
                for item in answer.reader.chunks():
                    answer.took(item)
                    yield item.value
            except LOST:
                if not answer.go_on():
                    raise
            except EdgeQuakeError:
                answer.ended()
                raise
            else:
                answer.ended()
                return
    except GeneratorExit:
        answer.leave()
        raise
    finally:
        answer.reader.close()

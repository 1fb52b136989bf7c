"""A program's client of a relay."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from edgequake._async.base_stream import AsyncBaseStream
from edgequake._async.connections import AsyncConnections
from edgequake._async.session import AsyncSession
from edgequake._core.config import DEFAULT_MAX_EVENT_BYTES, load_config
from edgequake.exceptions import EdgeQuakeError
from edgequake.relay._async.answer import LOST, AsyncAnswer
from edgequake.relay.calling import DEFAULT_TIMEOUT, Exchange
from edgequake.settings import DEFAULT_MAX_RETRIES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from types import TracebackType

    from edgequake._async.reader import AsyncReader
    from edgequake._http.clients import AsyncHTTPClient
    from edgequake.settings import Timeout

__all__ = ["AsyncRelayClient", "AsyncRelayStream"]

T = TypeVar("T")


class AsyncRelayClient:
    """The functions of a relay as methods::

        async with AsyncRelayClient("http://localhost:8000") as client:
            stream = await client.ai_response("What is EdgeQuake?")
            async for chunk in stream:
                print(chunk, end="", flush=True)

    A function's result is JSON data, and a stream's items are; `call` takes a type for them, and `edgequake relay
    types --python` writes a client whose methods are typed. Errors are `RelayError` and those of
    `edgequake.exceptions`. A call is sent again only if the function certainly did not run: no connection was made, or
    the relay was too busy. A stream that a relay keeps is read on when its connection is lost, each item once.

    :param url: where the relay is mounted.
    :param auth: what the relay's identity hook is given; any JSON data.
    :param timeout: seconds for each clock but `total`, a `Timeout`, or None for no limit. Default: 30 seconds to reach
        the relay and for a result, 300 for each item of a stream.
    :param headers: sent with each request.
    :param http_client: your own client of httpx; it stays open.
    :param max_retries: how often a call may be sent again.
    :param max_event_bytes: the size above which an item or a result is refused. Default 16 MiB.
    """

    def __init__(
        self,
        url: str,
        *,
        auth: Any = None,
        timeout: float | Timeout | None = DEFAULT_TIMEOUT,
        headers: Mapping[str, str] | None = None,
        http_client: AsyncHTTPClient | None = None,
        max_retries: int = DEFAULT_MAX_RETRIES,
        max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES,
    ) -> None:
        config = load_config(
            base_url=url,
            timeout=timeout,
            max_retries=max_retries,
            retry=None,
            headers=headers,
            max_event_bytes=max_event_bytes,
            env={},  # EdgeQuake's keys are none of a relay's business
        )
        self._auth = auth
        self._connections = AsyncConnections(http_client)
        self._session = AsyncSession(config, self._connections)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._session.config.base_url!r})"

    async def call(
        self, name: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, *, returns: Any = None
    ) -> Any:
        """What the function gives: its result, or a stream of its items (`AsyncRelayStream`).

        With `returns`, a type that pydantic knows, the result or each item is checked and converted to it. Raises
        RelayError when the relay or the function refuses, NetworkError and TimeoutError when it cannot be reached,
        ResponseError for an answer that is not what was promised.
        """
        exchange: Exchange[Any] = Exchange(returns)
        call = exchange.call(name, args, kwargs or {}, self._auth)
        answer = AsyncAnswer(self._session, exchange, call, self._auth)
        await answer.open()
        if not exchange.is_whole:
            return AsyncRelayStream(answer)
        await answer.reader.aclose()
        return exchange.result

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return partial(self._method, name)

    async def _method(self, name: str, /, *args: Any, **kwargs: Any) -> Any:
        return await self.call(name, args, kwargs)

    async def aclose(self) -> None:
        """Ends the calls under way and closes the connections, unless the HTTP client is your own."""
        await self._connections.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()


class AsyncRelayStream(AsyncBaseStream[T]):
    """The items of a call: iterate it. Leaving the loop, the `with` block's end and closing it end the call.

    Iterating raises RelayError for the relay's error, and the errors of `edgequake.exceptions`; an iteration that ends
    without an error has brought every item. You can read a stream once: another loop over it raises StreamError. When
    the relay keeps its answers, a lost connection is made anew, up to five times without progress.
    """

    def __init__(self, answer: AsyncAnswer) -> None:
        self._answer = answer
        self._items: AsyncIterator[T] = _items(answer)

    @property
    def _reader(self) -> AsyncReader[Any]:
        return self._answer.reader

    async def aclose(self) -> None:
        """Ends the call and releases its connection. You can close it twice."""
        await self._answer.leave()


async def _items(answer: AsyncAnswer) -> AsyncIterator[Any]:
    """The items; holds the answer and not the stream, so that leaving the loop lets go of both."""
    try:
        while True:
            try:
                async for item in answer.reader.chunks():
                    answer.took(item)
                    yield item.value
            except LOST:
                if not await answer.go_on():
                    raise
            except EdgeQuakeError:
                answer.ended()
                raise
            else:
                answer.ended()
                return
    except GeneratorExit:
        await answer.leave()
        raise
    finally:
        await answer.reader.aclose()

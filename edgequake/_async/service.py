"""The client of any service that answers in server-sent events: connections, retries, clocks and errors of this SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from edgequake._async.base import AsyncBaseClient
from edgequake._async.connections import AsyncConnections
from edgequake._async.reader import AsyncReader
from edgequake._async.session import AsyncSession
from edgequake._async.stream import AsyncStream
from edgequake._core.config import DEFAULT_MAX_EVENT_BYTES, load_config
from edgequake._core.logs import about, logger
from edgequake._core.retry import is_hopeless
from edgequake._http.waiting import async_sleep
from edgequake.chunks import Chunk
from edgequake.exceptions import EdgeQuakeError
from edgequake.settings import DEFAULT_MAX_RETRIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgequake._core.answer import AnswerState
    from edgequake._core.calls import Call
    from edgequake._core.records import CallRecord
    from edgequake._http.clients import AsyncHTTPClient
    from edgequake.models._model import Answer
    from edgequake.settings import RetryPolicy, Timeout

__all__ = ["AsyncServiceClient"]

T = TypeVar("T")
AnswerT = TypeVar("AnswerT", bound="Answer")


class AsyncServiceClient(AsyncBaseClient):
    """The base of an adapter: a subclass adds a method for each thing that its service can do.

    :param base_url: the service's address; a path prefix is kept.
    :param headers: what goes with every request, such as the service's key; shown nowhere.
    :param timeout: seconds for each clock but ``total``, a :class:`Timeout`, or None for no limit.
    :param max_retries: how often a request that failed on the way may be tried again.
    :param retry: a :class:`RetryPolicy`, instead of ``max_retries``.
    :param http_client: an ``httpx.AsyncClient`` of your own. It stays yours to close.
    :param max_event_bytes: the size above which one server-sent event is refused. Default 16 MiB.
    :param rate_limit: how many requests may go out in a time, such as ``"10/s"``.

    :param on_call: a function that gets the :class:`CallRecord` of each call that ends.

    Raises :class:`ConfigurationError` for settings that cannot work; nothing is sent until the first call.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = 60.0,
        max_retries: int = DEFAULT_MAX_RETRIES,
        retry: RetryPolicy | None = None,
        http_client: AsyncHTTPClient | None = None,
        max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES,
        rate_limit: str | None = None,
        on_call: Callable[[CallRecord], object] | None = None,
    ) -> None:
        config = load_config(
            base_url=base_url,
            timeout=timeout,
            max_retries=max_retries,
            retry=retry,
            headers=headers,
            max_event_bytes=max_event_bytes,
            on_call=on_call,
            env={},  # EdgeQuake's keys are none of another service's business
        )
        super().__init__(config, AsyncConnections(http_client, rate_limit))

    async def call(self, call: Call[T]) -> T:
        """The parsed answer of a plain call, after as many tries as its rules allow."""
        return await self._session.call(call)

    def open(self, call: Call[Any], fold: Callable[[AnswerState], AnswerT]) -> AsyncStream[Any, AnswerT]:
        """The stream of a call that has a ``decoder``; ``fold`` makes the answer of ``final()``."""
        return AsyncStream(AsyncReader(self._session, call, Chunk, openai_names=False, fallback=None), fold)

    async def persist(
        self,
        stream: Call[Any],
        fold: Callable[[AnswerState], AnswerT],
        whole: Call[AnswerT],
        *,
        attempts: int,
        wait: float,
    ) -> AnswerT:
        """The answer of ``stream``, tried ``attempts`` times ``wait * 2**attempt`` seconds apart; else ``whole``.

        What no further try can mend, such as a refused key, is raised at once.
        """
        session = AsyncSession(self._config.with_changes(max_retries=0), self._connections)
        for attempt in range(attempts):
            reader = AsyncReader(session, stream, Chunk, openai_names=False, fallback=None)
            try:
                return await AsyncStream[Any, AnswerT](reader, fold).final()
            except EdgeQuakeError as error:
                if is_hopeless(error):
                    raise
                extra = about(stream.route, error, attempt + 1)
                logger.warning("%s failed: %s; try %d of %d", stream.route, error, attempt + 1, attempts, extra=extra)
            if attempt < attempts - 1:
                await async_sleep(wait * 2.0**attempt)
        return await self._session.call(whole)

# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The client of any service that answers in server-sent events: connections, retries, clocks and errors of this SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from edgequake._sync.base import BaseClient
from edgequake._sync.connections import Connections
from edgequake._sync.reader import Reader
from edgequake._sync.session import Session
from edgequake._sync.stream import Stream
from edgequake._core.config import DEFAULT_MAX_EVENT_BYTES, load_config
from edgequake._core.logs import about, logger
from edgequake._core.retry import is_hopeless
from edgequake._http.waiting import sleep
from edgequake.chunks import Chunk
from edgequake.exceptions import EdgeQuakeError
from edgequake.settings import DEFAULT_MAX_RETRIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgequake._core.answer import AnswerState
    from edgequake._core.calls import Call
    from edgequake._core.records import CallRecord
    from edgequake._http.clients import HTTPClient
    from edgequake.models._model import Answer
    from edgequake.settings import RetryPolicy, Timeout

__all__ = ["ServiceClient"]

T = TypeVar("T")
AnswerT = TypeVar("AnswerT", bound="Answer")


class ServiceClient(BaseClient):
    """The base class of an adapter's client. A subclass adds a method for each call of its service.

    :param base_url: the service's address. A path prefix is kept.
    :param headers: headers that every request gets, such as the service's key. They are never shown.
    :param timeout: seconds for each clock except ``total``, a :class:`Timeout`, or None for no limit.
    :param max_retries: how often a request may be sent again after a failure.
    :param retry: a :class:`RetryPolicy`, used instead of ``max_retries``.
    :param http_client: an ``httpx.Client`` that you own. It stays open when this client is closed.
    :param max_event_bytes: the largest server-sent event in bytes. A larger one is refused. Default 16 MiB.
    :param rate_limit: how many requests may be sent in a period, such as ``"10/s"``.
    :param on_call: a function that gets the :class:`CallRecord` of each call when it ends.
    :raises ConfigurationError: a setting cannot work. Nothing is sent before the first call.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float | Timeout | None = 60.0,
        max_retries: int = DEFAULT_MAX_RETRIES,
        retry: RetryPolicy | None = None,
        http_client: HTTPClient | None = None,
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
            env={},  # the keys of EdgeQuake are not for another service
        )
        super().__init__(config, Connections(http_client, rate_limit))

    def call(self, call: Call[T]) -> T:
        """The parsed answer of a plain call. It is retried by the rules of the client."""
        return self._session.call(call)

    def open(self, call: Call[Any], fold: Callable[[AnswerState], AnswerT]) -> Stream[Any, AnswerT]:
        """The stream of a call that has a decoder. ``fold`` makes the result of ``final()``."""
        return Stream(Reader(self._session, call, Chunk, openai_names=False, fallback=None), fold)

    def persist(
        self,
        stream: Call[Any],
        fold: Callable[[AnswerState], AnswerT],
        whole: Call[AnswerT],
        *,
        attempts: int,
        wait: float,
    ) -> AnswerT:
        """The whole answer of ``stream``, in up to ``attempts`` tries. If all of them fail, ``whole`` is called once.

        Errors that another try cannot fix, such as a refused key, are raised at once.

        :param wait: seconds before the second try. The pause doubles after each try.
        """
        session = Session(self._config.with_changes(max_retries=0), self._connections)
        for attempt in range(attempts):
            reader = Reader(session, stream, Chunk, openai_names=False, fallback=None)
            try:
                return Stream[Any, AnswerT](reader, fold).final()
            except EdgeQuakeError as error:
                if is_hopeless(error):
                    raise
                extra = about(stream.route, error, attempt + 1)
                logger.warning("%s failed: %s; try %d of %d", stream.route, error, attempt + 1, attempts, extra=extra)
            if attempt < attempts - 1:
                sleep(wait * 2.0**attempt)
        return self._session.call(whole)

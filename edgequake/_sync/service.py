# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The client of any service that answers in server-sent events: connections, retries, clocks and errors of this SDK."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Self, TypeVar

from edgequake._sync.reader import Reader
from edgequake._sync.session import Connections, Session
from edgequake._sync.stream import Stream
from edgequake._core.config import DEFAULT_MAX_EVENT_BYTES, DEFAULT_MAX_RETRIES, RetryPolicy, load_config
from edgequake._core.retry import is_hopeless
from edgequake._http import sleep
from edgequake.chunks import Chunk
from edgequake.exceptions import ConfigurationError, EdgeQuakeError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from edgequake._core.answer import AnswerState
    from edgequake._core.calls import Call
    from edgequake._core.config import Timeout
    from edgequake._core.stats import ClientStats
    from edgequake._http import HTTPClient
    from edgequake.models._model import Answer

__all__ = ["ServiceClient"]

logger = logging.getLogger("edgequake")

T = TypeVar("T")
AnswerT = TypeVar("AnswerT", bound="Answer")


class ServiceClient:
    """The base of an adapter: a subclass adds a method for each thing that its service can do.

    :param base_url: the service's address; a path prefix is kept.
    :param headers: what goes with every request, such as the service's key; shown nowhere.
    :param timeout: seconds for each clock but ``total``, a :class:`Timeout`, or None for no limit.
    :param max_retries: how often a request that failed on the way may be tried again.
    :param retry: a :class:`RetryPolicy`, instead of ``max_retries``.
    :param http_client: an ``httpx.Client`` of your own. It stays yours to close.
    :param max_event_bytes: the size above which one server-sent event is refused. Default 16 MiB.
    :param rate_limit: how many requests may go out in a time, such as ``"10/s"``.

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
        http_client: HTTPClient | None = None,
        max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES,
        rate_limit: str | None = None,
    ) -> None:
        if not isinstance(retry, RetryPolicy | None):
            raise ConfigurationError(f"retry must be a RetryPolicy, not {retry!r}")
        self._config = load_config(
            base_url=base_url,
            api_key=None,
            jwt=None,
            tenant_id=None,
            workspace_id=None,
            user_id=None,
            timeout=timeout,
            retry=retry or RetryPolicy(max_retries=max_retries),
            headers=headers,
            max_event_bytes=max_event_bytes,
            env={},  # EdgeQuake's keys are none of another service's business
        )
        self._connections = Connections(http_client, rate_limit)
        self._session = Session(self._config, self._connections)

    def call(self, call: Call[T]) -> T:
        """The parsed answer of a plain call, after as many tries as its rules allow."""
        return self._session.call(call)

    def open(self, call: Call[Any], fold: Callable[[AnswerState], AnswerT]) -> Stream[Any, AnswerT]:
        """The stream of a call that has a ``decoder``; ``fold`` makes the answer of ``final()``."""
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
        """The answer of ``stream``, tried ``attempts`` times ``wait * 2**attempt`` seconds apart; else ``whole``.

        What no further try can mend, such as a refused key, is raised at once.
        """
        session = Session(self._config.with_changes(max_retries=0), self._connections)
        for attempt in range(attempts):
            reader = Reader(session, stream, Chunk, openai_names=False, fallback=None)
            try:
                return Stream[Any, AnswerT](reader, fold).final()
            except EdgeQuakeError as error:
                if is_hopeless(error):
                    raise
                logger.warning("%s failed: %s; try %d of %d", stream.route, error, attempt + 1, attempts)
            if attempt < attempts - 1:
                sleep(wait * 2.0**attempt)
        return self._session.call(whole)

    @property
    def stats(self) -> ClientStats:
        """How many streams and chunks there were, with what failures and times."""
        return self._connections.stats.snapshot()

    def close(self) -> None:
        """Closes all connections; a client with ``http_client`` of yours leaves that open."""
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._config.base_url!r})"

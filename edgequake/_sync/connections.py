# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The connections that a client and its copies share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary, WeakSet

from edgequake._core.rate import RateLimiter
from edgequake._core.stats import StatsRecorder
from edgequake._http.clients import (
    HTTPClient,
    client,
    owner_key,
    usable,
)
from edgequake._http.waiting import to_its_end
from edgequake.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import SecretStr

__all__ = ["CLOSED", "Connections"]

CLOSED = "this client is closed: make a new one"


class Closable(Protocol):
    """A call or a stream under way."""

    def close(self) -> None:
        """Ends it, also if another task waits for it."""


class Connections:
    """The connection pool that a client and its copies share, and what they learn about the server."""

    def __init__(
        self,
        http_client: HTTPClient | None = None,
        rate_limit: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._env = env
        self._given = usable(http_client)
        self._made: WeakKeyDictionary[Any, HTTPClient] = WeakKeyDictionary()
        self._new_client = client
        self.own_sockets = http_client is None
        """Whether the sockets are this package's, which ask the deadline of a call how long they may wait."""
        self._closed = False
        self._lock = threading.Lock()  # threads that first use a client together share one pool
        self._open: WeakKeyDictionary[Any, WeakSet[Any]] = WeakKeyDictionary()
        self.token: tuple[object, SecretStr | None] | None = None
        """A ``jwt`` function, and the last token that it gave; a copy of the client may have another function."""
        self.missing_routes: set[str] = set()
        """Routes that this server turned out not to have."""
        self.warned: set[str] = set()
        """Methods whose empty answer was warned of."""
        self.stats = StatsRecorder()
        self.limiter = None if rate_limit is None else RateLimiter(rate_limit)

    @property
    def client(self) -> HTTPClient:
        """The HTTP client, made when first needed; connections belong to the event loop they were made in."""
        here = owner_key()
        with self._lock:
            if self._closed or (self._given is not None and self._given.is_closed):
                raise ConfigurationError(CLOSED)
            if self._given is not None:
                return self._given
            if here not in self._made:
                self._forget_ended_loops()
                self._made[here] = self._new_client(self, self._env)
            return self._made[here]

    def watch(self, waiting: Closable) -> None:
        """``waiting`` is closed when the client is closed, from any task."""
        here = owner_key()
        with self._lock:
            if here not in self._open:
                self._open[here] = WeakSet()
            self._open[here].add(waiting)

    def close(self) -> None:
        """Ends the calls and closes the connections of this event loop; an HTTP client of the caller stays open."""
        with self._lock:
            self._closed = True
            waiting = list(self._open.pop(owner_key(), ()))
            made = self._made.pop(owner_key(), None)
        to_its_end(_end, waiting, made)  # cancelled in between, it could not be done again
        with self._lock:
            self._forget_ended_loops()

    def _forget_ended_loops(self) -> None:
        """Nothing can be awaited in a loop that has ended: its connections are left to the garbage collector."""
        for loop in [loop for loop in self._made if getattr(loop, "is_closed", bool)()]:
            del self._made[loop]


def _end(waiting: Iterable[Closable], made: HTTPClient | None) -> None:
    try:
        for one in waiting:
            one.close()
    finally:
        if made is not None:
            made.close()

# Generated from edgequake/relay/_async by scripts/unasync.py: change that, and run `make generate`.
"""One answer of a relay, over as many connections as it takes."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin

from edgequake._sync.reader import Reader
from edgequake._sync.session import Session
from edgequake._http.waiting import sleep
from edgequake.chunks import Chunk
from edgequake.exceptions import (
    APIError,
    EdgeQuakeError,
    NetworkError,
    StreamError,
    StreamTruncatedError,
    TimeoutError,
)
from edgequake.relay.calling import Retries, as_relay_error, resumed, stopped

if TYPE_CHECKING:
    from edgequake._core.calls import Call
    from edgequake.relay.calling import Exchange, Item

__all__ = ["LOST", "Answer"]

LOST: Final = (NetworkError, StreamTruncatedError, TimeoutError)
"""How a connection that was lost shows itself."""


class Answer:
    """Asks a call, reads its answer, and reads on when the connection is lost, if the relay keeps it."""

    def __init__(self, session: Session, exchange: Exchange[Any], call: Call[Any], auth: Any) -> None:
        # A try to read on is counted here, and a stop is worth one.
        self._once = Session(session.config.with_changes(max_retries=0), session.connections)
        self._exchange = exchange
        self._auth = auth
        self._path: str | None = None
        self._last = ""
        self._retries = Retries(session.config.timeout, monotonic())
        self._over = False
        self.reader = _reader(session, call)

    def open(self) -> None:
        """Returns when the answer has begun. Raises the relay's error for a refusal."""
        _opened(self.reader)
        response = self.reader.response
        if response is not None and (location := response.headers.get("location")):
            place, base = urljoin(str(response.request.url), location), self._once.config.base_url
            if place.startswith(f"{base}/"):  # who asks is told to nobody else
                self._path = place.removeprefix(base)

    def took(self, item: Item[Any]) -> None:
        """Notes an item that has come."""
        self._last = item.id
        self._retries.progress()

    def ended(self) -> None:
        """All of it has come, or its error."""
        self._over = True

    def go_on(self) -> bool:
        """Reads on over another connection; False when that is not possible, or was tried often enough."""
        if self._path is None:
            return False
        while (delay := self._retries.next_delay(monotonic())) is not None:
            sleep(delay)
            timeout = self._retries.timeout(monotonic())
            self.reader = _reader(self._once, resumed(self._exchange, self._path, self._last, self._auth, timeout))
            if self._over:  # another thread or task has left it meanwhile: it closed the last reader
                raise StreamError("this stream was closed before its end")
            try:
                _opened(self.reader)
            except EdgeQuakeError as error:
                if not self._retries.worth_another(error):
                    raise
            else:
                return True
        return False

    def leave(self) -> None:
        """Reads no more, and ends an answer that would go on."""
        goes_on, self._over = self._path is not None and not self._over, True
        self.reader.close()
        if goes_on and self._path is not None:
            try:
                self._once.call(stopped(self._path, self._auth))
            except EdgeQuakeError:
                return  # it has ended meanwhile, or comes to its end by itself


def _reader(session: Session, call: Call[Any]) -> Reader[Any]:
    return Reader(session, call, Chunk, openai_names=False, fallback=None)


def _opened(reader: Reader[Any]) -> None:
    try:
        reader.open()
    except APIError as error:
        ours = reader.failure = as_relay_error(error)
        if ours is error:
            raise
        raise ours from error

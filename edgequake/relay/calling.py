"""What a client sends to a relay and reads from it. No I/O."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from edgequake._core.calls import Call
from edgequake._core.sse import EventData
from edgequake.exceptions import (
    APIError,
    ConfigurationError,
    EdgeQuakeError,
    NetworkError,
    ResponseError,
    StreamError,
    StreamTruncatedError,
    TimeoutError,
)
from edgequake.models._model import explain
from edgequake.relay.errors import RelayError
from edgequake.relay.wire import value_json
from edgequake.settings import Timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from edgequake._core.answer import AnswerState

__all__ = ["DEFAULT_TIMEOUT", "Exchange", "Item", "Retries", "as_relay_error", "resumed", "stopped"]

T = TypeVar("T")

DEFAULT_TIMEOUT = Timeout(30.0, first_chunk=300.0, chunk=300.0)
"""A relay gives up a call after 300 seconds itself, unless it is told otherwise."""
_SHOWN: Final = 64 * 1024
_ANSWER: Final = "/answers/{key}"
_TRIES: Final = 5
_FIRST_DELAY: Final = 0.5
_LONGEST_DELAY: Final = 30.0


class Item(NamedTuple, Generic[T]):
    """An item of a stream."""

    value: T
    id: str
    """Its place in the stream, as the relay counts; empty when it gave none."""


class Exchange(Generic[T]):
    """One call of a function, and its answer: a result, or the items of a stream. Checked when a type is given."""

    def __init__(self, returns: Any = None) -> None:
        self._adapter: TypeAdapter[Any] | None = None if returns is None else TypeAdapter(returns)
        self._result: list[T] = []

    def call(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], auth: Any) -> Call[dict[str, Any]]:
        """The request. Raises ConfigurationError for arguments that JSON cannot hold."""
        try:
            body = value_json({"args": list(args), "kwargs": dict(kwargs), "auth": auth})
        except ValueError as error:
            raise ConfigurationError(f"the arguments cannot be sent: {error}") from error
        return Call(
            "POST",
            f"/call/{quote(name, safe='')}",
            self.parse,
            replayable=False,
            body=body,
            decoder=self.decoder,
            events_of=lambda _: [],
        )

    @property
    def is_whole(self) -> bool:
        """Whether the answer was a result, not a stream."""
        return bool(self._result)

    @property
    def result(self) -> T:
        """The function's result."""
        return self._result[0]

    def parse(self, body: bytes) -> dict[str, Any]:
        """Takes a result in. Raises ResponseError when it is not what was promised."""
        try:
            value: T = from_json(body)["result"]
            self._result.append(value if self._adapter is None else self._adapter.validate_python(value))
        except (ValueError, KeyError, TypeError) as error:
            said = explain(error) if isinstance(error, ValidationError) else "no result"
            shown = body[:_SHOWN].decode("utf-8", "replace")
            raise ResponseError(f"the relay's answer has {said}", body=shown) from error
        return {}

    def decoder(self, answer: AnswerState) -> _ItemDecoder[T]:
        """What reads the events of a stream, and counts its items in ``answer``."""
        return _ItemDecoder(self._adapter, answer)


class _ItemDecoder(Generic[T]):
    """The items of an event stream; see ``edgequake._core.calls.Decoder``."""

    held_text = ""

    def __init__(self, adapter: TypeAdapter[Any] | None, answer: AnswerState) -> None:
        self.finished = False
        self._adapter = adapter
        self._answer = answer

    def decode(self, data: bytes) -> Item[T] | None:
        """The item of an event. Raises RelayError for the relay's error, StreamError for bad data."""
        name = data.event if isinstance(data, EventData) else "message"
        if name == "done":
            self.finished = True
            return None
        if name == "error":
            raise _error_of(data)
        try:
            value: T = from_json(data) if self._adapter is None else self._adapter.validate_json(data)
        except ValueError as error:
            said = explain(error) if isinstance(error, ValidationError) else "bad JSON"
            raise StreamError(f"the relay sent an item with {said}") from error
        self._answer.add_text("")
        return Item(value, data.id if isinstance(data, EventData) else "")

    def end(self, *, unfinished: bool) -> None:
        """Raises StreamTruncatedError for a stream that ended too early."""
        if not self.finished:
            where = "in the middle of an item" if unfinished else "before its end"
            raise StreamTruncatedError(f"the relay closed the stream {where}")


class Retries:
    """When to try to read on, and how often: five times without any progress, and within the call's ``total``."""

    def __init__(self, timeout: Timeout, now: float, draw: Callable[[], float] = random.random) -> None:
        self._timeout = timeout
        self._end = None if timeout.total is None else now + timeout.total
        self._draw = draw
        self._tries = 0

    def progress(self) -> None:
        """More of the answer has come."""
        self._tries = 0

    def next_delay(self, now: float) -> float | None:
        """Seconds to wait before the next try, drawn at random; None when there is to be none."""
        delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2.0**self._tries) * self._draw()
        if self._tries >= _TRIES or (self._end is not None and now + delay >= self._end):
            return None
        self._tries += 1
        return delay

    def timeout(self, now: float) -> Timeout:
        """The clocks of the next try."""
        return self._timeout if self._end is None else replace(self._timeout, total=max(0.001, self._end - now))

    @staticmethod
    def worth_another(error: EdgeQuakeError) -> bool:
        """Whether another try may succeed."""
        match error:
            case RelayError():
                return error.code == "store_unreachable"
            case APIError():
                return error.status_code in (408, 429, 502, 503, 504)
        return isinstance(error, NetworkError | TimeoutError | StreamTruncatedError)


def resumed(exchange: Exchange[Any], path: str, last: str, auth: Any, timeout: Timeout) -> Call[dict[str, Any]]:
    """The request for the rest of an answer that is kept."""
    headers = {**_auth_headers(auth), **({"Last-Event-ID": last} if last else {})}
    return Call(
        "GET",
        path,
        exchange.parse,
        replayable=False,
        headers=headers,
        timeout=timeout,
        decoder=exchange.decoder,
        events_of=lambda _: [],
        template=_ANSWER,
    )


def stopped(path: str, auth: Any) -> Call[None]:
    """The request that ends an answer."""
    return Call("DELETE", path, lambda _: None, replayable=False, headers=_auth_headers(auth), template=_ANSWER)


def _auth_headers(auth: Any) -> dict[str, str]:
    return {} if auth is None else {"Relay-Auth": json.dumps(from_json(value_json(auth)))}


def as_relay_error(error: APIError) -> EdgeQuakeError:
    """The relay's own error; an error status of whatever is before the relay stays what it is."""
    try:
        fields = error.body["error"]
        return RelayError(str(fields["code"]), str(fields["message"]), fields.get("data"))
    except (KeyError, TypeError, AttributeError):
        return error


def _error_of(event: bytes) -> EdgeQuakeError:
    try:
        fields = from_json(event)
        return RelayError(str(fields["code"]), str(fields["message"]), fields.get("data"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return StreamError(f"the relay sent an error that cannot be read: {event[:200]!r}")

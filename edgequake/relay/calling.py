"""What a client sends to a relay and reads from it. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from edgequake._core.config import DEFAULT_MAX_EVENT_BYTES
from edgequake._core.errors import api_error
from edgequake._core.sse import EventData, SSEParser
from edgequake.exceptions import (
    ConfigurationError,
    EdgeQuakeError,
    ResponseError,
    StreamError,
    StreamTruncatedError,
)
from edgequake.models._model import explain
from edgequake.relay.errors import RelayError
from edgequake.relay.wire import value_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Decoder", "ItemReader", "address", "base_of", "refusal", "request_body"]

T = TypeVar("T")
HEADERS: Final = {"Content-Type": "application/json", "Accept": "text/event-stream, application/json"}


def base_of(url: str) -> str:
    """Where the relay is, without a slash at its end. Raises ConfigurationError for what is no web address."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(f"a relay's url is http:// or https://, a host and perhaps a path, not {url!r}")
    return url.rstrip("/")


def address(base: str, name: str) -> str:
    """Where a function is called."""
    return f"{base}/call/{quote(name, safe='')}"


def request_body(args: Sequence[Any], kwargs: Mapping[str, Any], auth: Any) -> bytes:
    """The arguments of a call as JSON. Raises ConfigurationError for those that JSON cannot hold."""
    body = {"args": list(args), "kwargs": dict(kwargs), "auth": auth}
    try:
        return value_json(body)
    except ValueError as error:
        raise ConfigurationError(f"the arguments cannot be sent: {error}") from error


def refusal(status: int, reason: str, headers: Mapping[str, str], body: bytes) -> EdgeQuakeError:
    """The error that an answer with an error status stands for: the relay's own, or that of whatever is before it."""
    try:
        fields = from_json(body)["error"]
        return RelayError(str(fields["code"]), str(fields["message"]), fields.get("data"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return api_error(status, reason, headers, body)


class Decoder(Generic[T]):
    """Values from JSON, checked when a type is given."""

    def __init__(self, returns: Any = None) -> None:
        self._adapter: TypeAdapter[Any] | None = None if returns is None else TypeAdapter(returns)

    def result(self, body: bytes) -> T:
        """The result in an answer's body. Raises ResponseError when it is not what was promised."""
        try:
            value: T = from_json(body)["result"]
            return value if self._adapter is None else self._adapter.validate_python(value)
        except (ValueError, KeyError, TypeError) as error:
            shown = body.decode("utf-8", "replace")
            said = explain(error) if isinstance(error, ValidationError) else "no result"
            raise ResponseError(f"the relay's answer has {said}", body=shown) from error

    def item(self, data: bytes) -> T:
        """An item of a stream. Raises StreamError when it is not what was promised."""
        try:
            value: T = from_json(data) if self._adapter is None else self._adapter.validate_json(data)
        except ValueError as error:
            said = explain(error) if isinstance(error, ValidationError) else "bad JSON"
            raise StreamError(f"the relay sent an item with {said}") from error
        return value


class ItemReader(Generic[T]):
    """The items of an event stream. `ended` is True when all have come."""

    def __init__(self, decoder: Decoder[T]) -> None:
        self.ended = False
        self._decoder = decoder
        self._parser = SSEParser(DEFAULT_MAX_EVENT_BYTES)

    def items(self, data: bytes) -> Iterator[T]:
        """The items that these bytes complete. Raises RelayError for the relay's error, StreamError for bad data."""
        for event in self._parser.feed(data):
            name = event.event if isinstance(event, EventData) else "message"
            if name == "done":
                self.ended = True
            elif name == "error":
                raise _error_of(event)
            else:
                yield self._decoder.item(event)

    def check_ended(self) -> None:
        """Raises StreamTruncatedError for a stream that ended too early."""
        if not self.ended:
            raise StreamTruncatedError("the relay closed the stream before its end")


def _error_of(event: bytes) -> EdgeQuakeError:
    try:
        fields = from_json(event)
        return RelayError(str(fields["code"]), str(fields["message"]), fields.get("data"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return StreamError(f"the relay sent an error that cannot be read: {event[:200]!r}")

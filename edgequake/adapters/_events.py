"""What adapters share: reading events that are JSON, and writing requests."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, Literal, TypedDict, TypeVar

from pydantic import ValidationError
from pydantic_core import to_json

from edgequake._core.calls import Call, any_request
from edgequake._core.json import parse_json
from edgequake._core.protocols import AnyChunk
from edgequake._core.sse import EventData
from edgequake.exceptions import ConfigurationError, StreamError, StreamTruncatedError
from edgequake.models._model import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgequake._core.answer import AnswerState
    from edgequake._core.calls import Decoder
    from edgequake._core.records import CallRecord
    from edgequake.settings import RetryPolicy, Timeout

__all__ = ["EventDecoder", "ServiceOptions", "error_in", "post", "required", "setting"]

# Seconds to wait for the end of a response after its final event. Most services end it at once, and the next request
# can use the connection then; a few keep it open for ever.
END_WITHIN = 1.0

T = TypeVar("T")
ChunkT = TypeVar("ChunkT", bound=AnyChunk)


class EventDecoder(Generic[ChunkT]):
    """Turns the events of one stream into chunks. A subclass defines :meth:`chunk`.

    A subclass sets ``self.finished`` to True when the final event has come. What the whole answer needs besides its
    text can be kept in ``self.answer``: sources in ``answer.sources``, and anything else by name in ``answer.seen``.
    """

    def __init__(self, answer: AnswerState) -> None:
        self.answer = answer
        """What the stream has delivered so far."""
        self.held_text = ""
        """Text that has arrived but is in no chunk yet."""
        self.finished = False
        """Whether the final event has come. An error after it does not spoil the answer."""
        self.tolerated: StreamError | None = None
        """The last reported error that did not end the stream. It is raised if the final event never comes."""

    def chunk(self, event: dict[str, Any]) -> ChunkT | None:
        """The chunk for ``event``. None if the event has nothing for the caller.

        :raises StreamError: the event reports an error. If the event does not fit your model, the SDK raises this too.
        """
        raise NotImplementedError

    def unreadable(self, data: bytes) -> ChunkT | None:
        """Handles an event that is not a JSON object. It raises :class:`StreamError` unless a subclass tolerates the
        event.
        """
        raise StreamError(
            f"the service sent an event that is not a JSON object: {data[:200].decode(errors='replace')!r}"
        )

    def decode(self, data: bytes) -> ChunkT | None:
        """The chunk of one event. Its text is added to the answer."""
        event = _json(data)
        if isinstance(event, dict):
            if isinstance(data, EventData) and data.event == "error" and error_in(event) is None:
                event = {"error": event}
            try:
                chunk = self.chunk(event)
            except ValidationError as error:
                raise StreamError(f"the service sent an event with {explain(error)}") from error
        else:
            chunk = None if data == b"[DONE]" else self.unreadable(data)
        if chunk is not None:
            self.answer.add_text(chunk.text)  # an empty one counts the chunk
        return chunk

    def end(self, *, unfinished: bool) -> None:
        """Called when the service closes the stream.

        :raises StreamTruncatedError: the final event has not come.
        """
        if not self.finished:
            where = "in the middle of an event" if unfinished else "without its final event"
            before = f" (it had reported: {self.tolerated})" if self.tolerated is not None else ""
            raise StreamTruncatedError(f"the service closed the stream {where}: the answer may be cut short{before}")


def _json(data: bytes) -> Any:
    try:
        return parse_json(data)
    except ValueError:
        return None


def error_in(event: Mapping[str, Any]) -> StreamError | None:
    """The error that ``event["error"]`` describes, in the service's words. None if there is none."""
    error = event.get("error")
    if not error:
        return None
    fields = error if isinstance(error, dict) else {"message": error}
    words, code = fields.get("message") or event.get("message") or error, fields.get("code") or event.get("code")
    return StreamError(_words(words), code=None if code is None else _words(code))


def _words(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value).decode()


def post(
    path: str,
    body: Mapping[str, Any],
    parse: Callable[[bytes], T],
    *,
    replayable: bool,
    headers: Mapping[str, str] | None = None,
    timeout: float | Timeout | Literal["default"] | None = "default",
    decoder: Callable[[AnswerState], Decoder[Any]] | None = None,
    events_of: Callable[[dict[str, Any]], list[bytes]] | None = None,
) -> Call[T]:
    """A call: ``POST`` to ``path`` with ``body`` as JSON.

    :param parse: reads a whole answer (see :func:`parse_as`).
    :param replayable: whether the request may be sent again if the service may already have processed it.
    :param decoder: for a stream, makes the decoder of its events.
    :param events_of: for a stream, turns a whole answer into events. The SDK uses it if the service answers in one
        piece.
    """
    call: Call[Any] = any_request(
        "POST", path, bytes, body=dict(body), headers=headers, timeout=timeout, replayable=replayable
    )
    return replace(
        call, parse=parse, decoder=decoder, end_within=END_WITHIN, events_of=events_of or call.events_of, template=None
    )


class ServiceOptions(TypedDict, total=False):
    """The settings that every adapter's client takes besides its own. :class:`AsyncServiceClient` describes them."""

    headers: Mapping[str, str] | None
    """Headers that every request gets, such as the service's key. No repr or log shows them."""
    retry: RetryPolicy | None
    """A :class:`RetryPolicy`, used instead of ``max_retries``."""
    http_client: Any
    """An httpx client that you own. It stays open when this client is closed."""
    max_event_bytes: int
    """The largest event of a stream, or plain answer, in bytes. Default 16 MiB."""
    rate_limit: str | None
    """How many requests may be sent in a period, such as ``"10/s"``. Default None: no limit."""
    on_call: Callable[[CallRecord], object] | None
    """A function that gets the :class:`CallRecord` of each call when it ends."""


def required(name: str, value: Any, advice: str = "") -> str:
    """``value``, if it is a text that is not empty.

    :raises ConfigurationError: it is anything else.
    """
    if not isinstance(value, str) or not value.strip():
        what = "must not be empty" if value is None or isinstance(value, str) else f"must be a string, not {value!r}"
        raise ConfigurationError(f"{name} {what}{advice and ': ' + advice}")
    return value


def setting(given: str | None, variable: str, what: str, *, default: str | None = None) -> str:
    """``given``; without it the environment variable, and without that ``default``.

    :raises ConfigurationError: there is none of the three.
    """
    value = given if given is not None else os.environ.get(variable) or default
    if value is None:
        raise ConfigurationError(f"{what} is missing: give it to the client, or set {variable}")
    return value

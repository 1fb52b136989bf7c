"""The bytes of what a relay sends: values, events and frames. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic_core import from_json

from edgequake._core.json import json_bytes
from edgequake.relay.errors import RelayError, error_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "DONE",
    "DONE_EVENT",
    "as_object",
    "data_event",
    "error_data",
    "error_event",
    "error_json",
    "parsed",
    "parsed_value",
    "value_json",
]

# A final event like that of an EdgeQuake server, so that this SDK's own clients can read a relay's stream too.
DONE: Final = b'{"type":"done"}'
DONE_EVENT: Final = b"event: done\ndata: %b\n\n" % DONE


def value_json(value: Any) -> bytes:
    """Any JSON-serialisable value: containers, dataclasses, pydantic models, chunks. Raises ValueError for others."""
    return json_bytes(value, inf_nan_mode="null")


def data_event(number: int, data: bytes) -> bytes:
    """A server-sent event with its id; the data is JSON, which has no line breaks."""
    return b"id: %d\ndata: %b\n\n" % (number, data)


def error_json(error: RelayError) -> bytes:
    """An error's fields; what JSON cannot hold is left out, for an error always goes out."""
    fields = error_fields(error)
    try:
        return value_json(fields)
    except ValueError:
        readable = {name: str(fields[name]).encode("utf-8", "replace").decode() for name in ("code", "message")}
        return value_json({**readable, "data": None})


def error_data(error: RelayError) -> bytes:
    """The data of the last event of a stream that failed."""
    return b'{"type":"error",%b' % error_json(error)[1:]


def error_event(error: RelayError) -> bytes:
    """The last event of a stream that failed."""
    return b"event: error\ndata: %b\n\n" % error_data(error)


def parsed(data: str | bytes) -> Mapping[str, Any]:
    """A JSON object that a client sent. Raises RelayError for anything else."""
    return as_object(parsed_value(data))


def parsed_value(data: str | bytes) -> Any:
    """Any JSON that a client sent. Raises RelayError for what is none."""
    try:
        return from_json(data, allow_inf_nan=False)
    except ValueError as error:
        raise RelayError("bad_request", f"not JSON: {error}") from error


def as_object(value: Any) -> Mapping[str, Any]:
    """``value``, if it is an object with names. Raises RelayError if not."""
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return value
    raise RelayError("bad_request", "a message is an object with named fields")

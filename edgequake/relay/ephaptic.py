"""The frames of Ephaptic's clients: the same fields as the relay's own, as msgpack in binary messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgpack
from pydantic_core import from_json, to_jsonable_python

from edgequake.relay.errors import RelayError
from edgequake.relay.wire import as_object, error_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgequake.relay.connection import CallId
    from edgequake.relay.expose import Exposed

__all__ = ["MsgpackFrames"]

# What Ephaptic's own server calls them; programs compare the code.
_CODES: Final = {
    "internal_error": "INTERNAL",
    "invalid_arguments": "VALIDATION_ERROR",
    "not_found": "NOT_FOUND",
    "unauthorized": "UNAUTHORIZED",
}


class MsgpackFrames:
    """What ``ephaptic.connect("ws://…/_ephaptic")`` and ``@ephaptic/client`` speak."""

    json = False

    def read(self, data: str | bytes) -> Mapping[str, Any]:
        """A message of the client. Raises RelayError for what is no msgpack map."""
        try:
            return as_object(msgpack.unpackb(data.encode() if isinstance(data, str) else data))
        except (ValueError, TypeError) as error:
            raise RelayError("bad_request", "not a msgpack map with names") from error

    def value(self, call: CallId, kind: str, exposed: Exposed, value: Any) -> bytes:
        """A ``result`` or a ``chunk``."""
        return _packed({"id": call, kind: exposed.as_python(value)})

    def mark(self, call: CallId, kind: str, key: str = "") -> bytes:
        """``stream`` or ``done``."""
        return _packed({"id": call, kind: True})

    def kept(self, call: CallId, at: str, item: bytes) -> bytes:
        """A ``chunk``, its position left out: this wire has no resuming."""
        return _packed({"id": call, "chunk": from_json(item)})

    def error(self, call: CallId | None, error: RelayError) -> bytes:
        """An error, of a call or of the connection."""
        fields = from_json(error_json(error))
        return _packed({"id": call, "error": {**fields, "code": _CODES.get(error.code, error.code)}})


def _packed(fields: dict[str, Any]) -> bytes:
    packed: Any = msgpack.packb(fields, default=_as_data)
    return bytes(packed)


def _as_data(value: Any) -> Any:
    return to_jsonable_python(value, by_alias=True)

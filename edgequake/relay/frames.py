"""The frames of a relay's own WebSocket: JSON text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edgequake.relay.wire import error_json, parsed, value_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgequake.relay.connection import CallId
    from edgequake.relay.errors import RelayError
    from edgequake.relay.expose import Exposed

__all__ = ["JsonFrames"]


class JsonFrames:
    """``{id, result}``; ``{id, stream: true}``, ``{id, chunk}`` … ``{id, done: true}``; ``{id, error}`` in place of the
    rest.

    A stream that is kept has ``{id, stream: true, key}`` and ``{id, at, chunk}``.
    """

    json = True

    def read(self, data: str | bytes) -> Mapping[str, Any]:
        """A message of the browser. Raises RelayError for what is no JSON object."""
        return parsed(data)

    def value(self, call: CallId, kind: str, exposed: Exposed, value: Any) -> str:
        """A ``result`` or a ``chunk``."""
        return f'{{"id":{_json(call)},"{kind}":{exposed.as_json(value).decode()}}}'

    def mark(self, call: CallId, kind: str, key: str = "") -> str:
        """``stream``, with the key of one that is kept, or ``done``."""
        more = f',"key":{_json(key)}' if key else ""
        return f'{{"id":{_json(call)},"{kind}":true{more}}}'

    def kept(self, call: CallId, at: str, item: bytes) -> str:
        """A ``chunk`` of a kept answer, with its position."""
        return f'{{"id":{_json(call)},"at":"{at}","chunk":{item.decode()}}}'

    def error(self, call: CallId | None, error: RelayError) -> str:
        """An error, of a call or of the connection."""
        return f'{{"id":{_json(call)},"error":{error_json(error).decode()}}}'


def _json(call: CallId | None) -> str:
    return value_json(call).decode()

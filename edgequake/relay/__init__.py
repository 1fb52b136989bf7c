"""Passes a typed stream on to a browser: one line for a route, one decorator for a function.

::

    from edgequake.relay import Relay

    relay = Relay()

    @relay.expose
    async def ask(question: str) -> AsyncIterator[QueryChunk]:
        async for chunk in client.query.stream(question):
            yield chunk

``edgequake relay app:relay`` serves the functions. A page calls them with the JavaScript module at ``/relay.js``: ``for
await (const chunk of await client.ask("…")) …``. A server needs ``pip install "edgequake[relay]"``. ``sse_lines`` and
the Python clients work without this extra.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from edgequake.relay.errors import RelayError

if TYPE_CHECKING:
    from edgequake.relay._async.client import AsyncRelayClient, AsyncRelayStream
    from edgequake.relay._sync.client import RelayClient, RelayStream
    from edgequake.relay.answers.memory import AnswerStore, MemoryStore
    from edgequake.relay.answers.redis import RedisStore
    from edgequake.relay.app import Relay
    from edgequake.relay.calls import current_identity
    from edgequake.relay.responses import relay_websocket, sse_response
    from edgequake.relay.script import relay_js_path, relay_js_response
    from edgequake.relay.sse import SSE_HEADERS, sse_lines

__all__ = [
    "SSE_HEADERS",
    "AnswerStore",
    "AsyncRelayClient",
    "AsyncRelayStream",
    "MemoryStore",
    "RedisStore",
    "Relay",
    "RelayClient",
    "RelayError",
    "RelayStream",
    "current_identity",
    "relay_js_path",
    "relay_js_response",
    "relay_websocket",
    "sse_lines",
    "sse_response",
]

# A name is loaded when first asked for: a program that only calls a relay needs no web framework.
_MODULES = {
    "edgequake.relay.answers.memory": ("AnswerStore", "MemoryStore"),
    "edgequake.relay.answers.redis": ("RedisStore",),
    "edgequake.relay.app": ("Relay",),
    "edgequake.relay.calls": ("current_identity",),
    "edgequake.relay._async.client": ("AsyncRelayClient", "AsyncRelayStream"),
    "edgequake.relay.responses": ("relay_websocket", "sse_response"),
    "edgequake.relay.script": ("relay_js_path", "relay_js_response"),
    "edgequake.relay.sse": ("SSE_HEADERS", "sse_lines"),
    "edgequake.relay._sync.client": ("RelayClient", "RelayStream"),
}
_EXTRAS = {"starlette": "relay", "uvicorn": "relay", "websockets": "relay", "msgpack": "relay", "redis": "redis"}


def _load(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            try:
                value = globals()[name] = getattr(import_module(module), name)
            except ModuleNotFoundError as error:
                package = (error.name or "").partition(".")[0]
                if package not in _EXTRAS:
                    raise
                extra = _EXTRAS[package]
                raise ImportError(f'{name} needs {package}: pip install "edgequake[{extra}]"') from error
            return value
    raise AttributeError(f"module 'edgequake.relay' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)


if not TYPE_CHECKING:  # a type checker knows the names above, and is to complain about others
    __getattr__ = _load

"""A typed client for the EdgeQuake Graph-RAG server, made for streaming.

::

from edgequake import EdgequakeClient

client = EdgequakeClient()
for chunk in client.query.stream("What is EdgeQuake?"):
    print(chunk, end="", flush=True)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from edgequake._version import __version__

if TYPE_CHECKING:
    from edgequake._async.client import AsyncEdgequakeClient
    from edgequake._async.stream import AsyncChatStream, AsyncQueryStream
    from edgequake._core.config import RetryPolicy, Timeout
    from edgequake._core.timing import StreamTiming
    from edgequake._sync.client import EdgequakeClient
    from edgequake._sync.stream import ChatStream, QueryStream
    from edgequake.chunks import ChatChunk, Chunk, ChunkType, QueryChunk
    from edgequake.events import EventType, StreamEvent
    from edgequake.exceptions import (
        APIError,
        BadRequestError,
        ConfigurationError,
        ConflictError,
        EdgeQuakeError,
        ForbiddenError,
        NetworkError,
        NotFoundError,
        RateLimitedError,
        ResponseError,
        ServerError,
        ServiceUnavailableError,
        StreamError,
        StreamInterruptedError,
        StreamTruncatedError,
        TimeoutError,
        UnauthorizedError,
        ValidationError,
    )
    from edgequake.models import (
        ChatMessage,
        ChatOptions,
        ChatResponse,
        ContextBundle,
        DocumentFilter,
        HealthResponse,
        HistoryMessage,
        ImageInput,
        MixWeights,
        QueryOptions,
        QueryResponse,
        QueryStats,
        Source,
        Subgraph,
    )

    EdgeQuake = EdgequakeClient
    AsyncEdgeQuake = AsyncEdgequakeClient

__all__ = [
    "APIError",
    "AsyncChatStream",
    "AsyncEdgeQuake",
    "AsyncEdgequakeClient",
    "AsyncQueryStream",
    "BadRequestError",
    "ChatChunk",
    "ChatMessage",
    "ChatOptions",
    "ChatResponse",
    "ChatStream",
    "Chunk",
    "ChunkType",
    "ConfigurationError",
    "ConflictError",
    "ContextBundle",
    "DocumentFilter",
    "EdgeQuake",
    "EdgeQuakeError",
    "EdgequakeClient",
    "EventType",
    "ForbiddenError",
    "HealthResponse",
    "HistoryMessage",
    "ImageInput",
    "MixWeights",
    "NetworkError",
    "NotFoundError",
    "QueryChunk",
    "QueryOptions",
    "QueryResponse",
    "QueryStats",
    "QueryStream",
    "RateLimitedError",
    "ResponseError",
    "RetryPolicy",
    "ServerError",
    "ServiceUnavailableError",
    "Source",
    "StreamError",
    "StreamEvent",
    "StreamInterruptedError",
    "StreamTiming",
    "StreamTruncatedError",
    "Subgraph",
    "Timeout",
    "TimeoutError",
    "UnauthorizedError",
    "ValidationError",
    "__version__",
]

# Where each public name lives. A name is loaded when first asked for: a program that uses one client does not wait
# for the other, nor one that catches errors for either.
_HOMES = {
    "edgequake._async.client": ("AsyncEdgequakeClient",),
    "edgequake._async.stream": ("AsyncChatStream", "AsyncQueryStream"),
    "edgequake._core.config": ("RetryPolicy", "Timeout"),
    "edgequake._core.timing": ("StreamTiming",),
    "edgequake._sync.client": ("EdgequakeClient",),
    "edgequake._sync.stream": ("ChatStream", "QueryStream"),
    "edgequake.chunks": ("ChatChunk", "Chunk", "ChunkType", "QueryChunk"),
    "edgequake.events": ("EventType", "StreamEvent"),
    "edgequake.exceptions": (
        "APIError",
        "BadRequestError",
        "ConfigurationError",
        "ConflictError",
        "EdgeQuakeError",
        "ForbiddenError",
        "NetworkError",
        "NotFoundError",
        "RateLimitedError",
        "ResponseError",
        "ServerError",
        "ServiceUnavailableError",
        "StreamError",
        "StreamInterruptedError",
        "StreamTruncatedError",
        "TimeoutError",
        "UnauthorizedError",
        "ValidationError",
    ),
    "edgequake.models": (
        "ChatMessage",
        "ChatOptions",
        "ChatResponse",
        "ContextBundle",
        "DocumentFilter",
        "HealthResponse",
        "HistoryMessage",
        "ImageInput",
        "MixWeights",
        "QueryOptions",
        "QueryResponse",
        "QueryStats",
        "Source",
        "Subgraph",
    ),
}
_ALIASES = {"EdgeQuake": "EdgequakeClient", "AsyncEdgeQuake": "AsyncEdgequakeClient"}
_SUBMODULES = ("chunks", "events", "exceptions", "models")


def _load(name: str) -> Any:
    if name in _SUBMODULES:
        return import_module(f"edgequake.{name}")
    wanted = _ALIASES.get(name, name)
    for module, names in _HOMES.items():
        if wanted in names:
            value = globals()[name] = getattr(import_module(module), wanted)
            return value
    raise AttributeError(f"module 'edgequake' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *_SUBMODULES]


if not TYPE_CHECKING:  # a type checker knows the names above, and is to complain about others
    __getattr__ = _load

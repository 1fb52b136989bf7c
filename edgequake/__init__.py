"""A typed client for the EdgeQuake Graph-RAG server, made for streaming.

::

    from edgequake import EdgequakeClient

    client = EdgequakeClient()
    for chunk in client.query.stream("What is EdgeQuake?"):
        print(chunk.text, end="", flush=True)
"""

from edgequake._async.client import AsyncEdgequakeClient
from edgequake._async.pager import AsyncPager
from edgequake._async.stream import AsyncChatStream, AsyncQueryStream
from edgequake._core.records import CallRecord
from edgequake._core.timing import StreamTiming
from edgequake._sync.client import EdgequakeClient
from edgequake._sync.pager import Pager
from edgequake._sync.stream import ChatStream, QueryStream
from edgequake._version import __version__
from edgequake.chunks import ChatChunk, Chunk, ChunkType, QueryChunk
from edgequake.events import EventType, StreamEvent
from edgequake.exceptions import (
    APIError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    EdgeQuakeError,
    ForbiddenError,
    GoneError,
    IgnoredOptionWarning,
    InvalidInputError,
    LockedError,
    NetworkError,
    NotFoundError,
    ProcessingError,
    RAGError,
    RateLimitedError,
    ResponseError,
    ServerError,
    ServiceUnavailableError,
    StreamError,
    StreamInterruptedError,
    StreamTruncatedError,
    TimeoutError,
    TooLargeError,
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
from edgequake.settings import RetryPolicy, Timeout

EdgeQuake = EdgequakeClient
AsyncEdgeQuake = AsyncEdgequakeClient

__all__ = [
    "APIError",
    "AsyncChatStream",
    "AsyncEdgeQuake",
    "AsyncEdgequakeClient",
    "AsyncPager",
    "AsyncQueryStream",
    "BadRequestError",
    "CallRecord",
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
    "GoneError",
    "HealthResponse",
    "HistoryMessage",
    "IgnoredOptionWarning",
    "ImageInput",
    "InvalidInputError",
    "LockedError",
    "MixWeights",
    "NetworkError",
    "NotFoundError",
    "Pager",
    "ProcessingError",
    "QueryChunk",
    "QueryOptions",
    "QueryResponse",
    "QueryStats",
    "QueryStream",
    "RAGError",
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
    "TooLargeError",
    "UnauthorizedError",
    "ValidationError",
    "__version__",
]

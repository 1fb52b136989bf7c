"""The GPO Core API with the streams of this SDK.

::

    from edgequake.adapters.gpo import ChatContext, GPOCoreClient, StreamingChatRequest

    async with GPOCoreClient() as client:  # GPO_BASE_URL
        async for chunk in client.chat_stream(context=context, request=StreamingChatRequest(query="…")):
            print(chunk, end="", flush=True)

If your deployment has other paths than the defaults, give them as :class:`Routes`.
"""

from edgequake.adapters._async.gpo import AsyncGPOCoreClient
from edgequake.adapters._gpo import (
    ChatContext,
    ChatRequest,
    ChatResponse,
    CitationSource,
    Conversation,
    GPOOptions,
    Routes,
    Session,
    SessionContext,
    StreamingChatRequest,
    StreamingChunk,
)
from edgequake.adapters._sync.gpo import GPOCoreClient as _GPOCoreClient

__all__ = [
    "ChatContext",
    "ChatRequest",
    "ChatResponse",
    "CitationSource",
    "Conversation",
    "GPOCoreClient",
    "GPOCoreSyncClient",
    "GPOOptions",
    "Routes",
    "Session",
    "SessionContext",
    "StreamingChatRequest",
    "StreamingChunk",
]


class GPOCoreClient(AsyncGPOCoreClient):
    """The asynchronous client. It has the name of GPO's own client."""


class GPOCoreSyncClient(_GPOCoreClient):
    """The synchronous client."""

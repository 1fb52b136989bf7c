"""The client of the GPO Core API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from edgequake._async.service import AsyncServiceClient
from edgequake.adapters._gpo import Calls, folded

if TYPE_CHECKING:
    from edgequake._async.stream import AsyncStream
    from edgequake.adapters._gpo import (
        ChatContext,
        ChatResponse,
        Conversation,
        GPOOptions,
        Request,
        Session,
        SessionContext,
        StreamingChunk,
    )

__all__ = ["AsyncGPOCoreClient"]


class AsyncGPOCoreClient(AsyncServiceClient):
    """Talks to the GPO Core API. Settings are those of :class:`GPOOptions`.

    Every method raises :class:`ConfigurationError` for what is missing, before anything is sent; then
    :class:`APIError` by status, :class:`NetworkError`, :class:`TimeoutError`, :class:`ResponseError`.
    """

    def __init__(self, **options: Unpack[GPOOptions]) -> None:
        settings: dict[str, Any] = dict(options)
        self._calls = Calls(settings)
        super().__init__(**settings)

    async def session(self, context: SessionContext) -> Session:
        """A new session, with its token."""
        return await self.call(self._calls.session(context))

    async def start_conversation(self, *, context: ChatContext, request: Request | None = None) -> Conversation:
        """A new conversation of the session in ``context``."""
        return await self.call(self._calls.start_conversation(context, request))

    async def chat(self, *, context: ChatContext, request: Request) -> ChatResponse:
        """The whole answer to ``request.query``."""
        return await self.call(self._calls.chat(context, request))

    def chat_stream(self, *, context: ChatContext, request: Request) -> AsyncStream[StreamingChunk, ChatResponse]:
        """The answer to ``request.query`` as it is generated; nothing is sent until it is iterated.

        Iterating raises the errors of :meth:`chat`, and :class:`StreamError` for an event with an ``error``,
        :class:`StreamInterruptedError`, and :class:`StreamTruncatedError` for an end without the final chunk.
        """
        return self.open(self._calls.chat_stream(context, request), folded)

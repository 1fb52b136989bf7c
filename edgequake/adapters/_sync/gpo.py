# Generated from edgequake/adapters/_async by scripts/unasync.py: change that, and run `make generate`.
"""The client of the GPO Core API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

from edgequake._sync.service import ServiceClient
from edgequake.adapters._gpo import Calls, folded

if TYPE_CHECKING:
    from edgequake._sync.stream import Stream
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

__all__ = ["GPOCoreClient"]


class GPOCoreClient(ServiceClient):
    """Talks to the GPO Core API. Settings are those of :class:`GPOOptions`.

    Every method raises :class:`ConfigurationError` for what is missing, before anything is sent; then
    :class:`APIError` by status, :class:`NetworkError`, :class:`TimeoutError`, :class:`ResponseError`.
    """

    def __init__(self, **options: Unpack[GPOOptions]) -> None:
        settings: dict[str, Any] = dict(options)
        self._calls = Calls(settings)
        super().__init__(**settings)

    def session(self, context: SessionContext) -> Session:
        """A new session, with its token."""
        return self.call(self._calls.session(context))

    def start_conversation(self, *, context: ChatContext, request: Request | None = None) -> Conversation:
        """A new conversation of the session in ``context``."""
        return self.call(self._calls.start_conversation(context, request))

    def chat(self, *, context: ChatContext, request: Request) -> ChatResponse:
        """The whole answer to ``request.query``."""
        return self.call(self._calls.chat(context, request))

    def chat_stream(self, *, context: ChatContext, request: Request) -> Stream[StreamingChunk, ChatResponse]:
        """The answer to ``request.query`` as it is generated; nothing is sent until it is iterated.

        Iterating raises the errors of :meth:`chat`, and :class:`StreamError` for an event with an ``error``,
        :class:`StreamInterruptedError`, and :class:`StreamTruncatedError` for an end without the final chunk.
        """
        return self.open(self._calls.chat_stream(context, request), folded)

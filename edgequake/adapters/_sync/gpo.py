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
    """A client of the GPO Core API. :class:`GPOOptions` lists its settings.

    :raises ConfigurationError: a setting or an argument is missing or cannot work. Nothing has been sent then.
    :raises APIError: the service refused the call; the class says with which status.
    :raises NetworkError: the service cannot be reached.
    :raises TimeoutError: a timeout expired.
    :raises ResponseError: the answer cannot be used.
    """

    def __init__(self, **options: Unpack[GPOOptions]) -> None:
        settings: dict[str, Any] = dict(options)
        self._calls = Calls(settings)
        super().__init__(**settings)

    def session(self, context: SessionContext) -> Session:
        """Creates a session. The result has its id and token."""
        return self.call(self._calls.session(context))

    def start_conversation(self, *, context: ChatContext, request: Request | None = None) -> Conversation:
        """Creates a conversation in the session that ``context`` names."""
        return self.call(self._calls.start_conversation(context, request))

    def chat(self, *, context: ChatContext, request: Request) -> ChatResponse:
        """The whole answer to ``request.query``."""
        return self.call(self._calls.chat(context, request))

    def chat_stream(self, *, context: ChatContext, request: Request) -> Stream[StreamingChunk, ChatResponse]:
        """The answer to ``request.query`` while it is written. Nothing is sent before you iterate the stream.

        Iterating raises the errors of :meth:`chat` and, in the middle of an answer, :class:`StreamError` (the service
        reported an error), :class:`StreamInterruptedError` (the connection broke) or :class:`StreamTruncatedError` (the
        answer ended without its final chunk).
        """
        return self.open(self._calls.chat_stream(context, request), folded)

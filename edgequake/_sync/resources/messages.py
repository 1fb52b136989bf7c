# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The messages of a conversation: ``client.conversations.messages``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.resource import Resource
from edgequake.models.conversations import (
    FeedbackOptions,
    Message,
    MessageCreateOptions,
    MessageListOptions,
    MessagePage,
    MessageUpdateOptions,
)

if TYPE_CHECKING:
    from edgequake._sync.pager import Pager
    from edgequake.models.ids import ConversationId, MessageId
    from edgequake.models.options import RequestOptions

__all__ = ["Messages"]


class Messages(Resource):
    """The messages of a conversation: ``client.conversations.messages``."""

    def list(
        self, conversation_id: ConversationId, **options: Unpack[MessageListOptions]
    ) -> Pager[Message, MessagePage]:
        """The messages, the oldest first (``GET /api/v1/conversations/{conversation_id}/messages``).

        Some servers give no way to the second page: then a :class:`ResponseError` follows the last message that they
        give.

        :raises NotFoundError: when it is read, if there is no such conversation.
        """
        return self._pages(
            "GET /api/v1/conversations/{conversation_id}/messages",
            MessagePage,
            options,
            MessageListOptions,
            page_size=200,
            conversation_id=conversation_id,
        )

    def create(
        self, conversation_id: ConversationId, *, role: str, content: str, **options: Unpack[MessageCreateOptions]
    ) -> Message:
        """Stores a message; nothing is generated (``POST /api/v1/conversations/{conversation_id}/messages``).

        :param role: ``user``, ``assistant`` or ``system``.
        :param content: the text.
        :raises NotFoundError: there is no such conversation.
        """
        return self._send(
            "POST /api/v1/conversations/{conversation_id}/messages",
            Message,
            options,
            MessageCreateOptions,
            conversation_id=conversation_id,
            role=role,
            content=content,
        )

    def update(self, message_id: MessageId, **options: Unpack[MessageUpdateOptions]) -> Message:
        """Changes a message (``PATCH /api/v1/messages/{message_id}``); what is not given stays as it is.

        :raises NotFoundError: there is none of this id.
        """
        route = "PATCH /api/v1/messages/{message_id}"
        return self._send(route, Message, options, MessageUpdateOptions, replayable=True, message_id=message_id)

    def delete(self, message_id: MessageId, **options: Unpack[RequestOptions]) -> None:
        """Removes a message (``DELETE /api/v1/messages/{message_id}``).

        :raises NotFoundError: there is none of this id.
        """
        route = "DELETE /api/v1/messages/{message_id}"
        return self._send(route, type(None), options, replayable=True, message_id=message_id)

    def feedback(
        self, conversation_id: ConversationId, message_id: MessageId, **options: Unpack[FeedbackOptions]
    ) -> Message:
        """Rates a message (``PATCH /api/v1/conversations/{conversation_id}/messages/{message_id}/feedback``).

        ``rating`` is ``up`` or ``down``; None takes it back.

        :raises BadRequestError: for another rating.
        :raises NotFoundError: there is no such message.
        """
        return self._send(
            "PATCH /api/v1/conversations/{conversation_id}/messages/{message_id}/feedback",
            Message,
            options,
            FeedbackOptions,
            replayable=True,
            conversation_id=conversation_id,
            message_id=message_id,
        )

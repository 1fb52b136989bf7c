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

        Some servers do not say how to get the second page. You then get a :class:`ResponseError` after the last message
        of the first page.

        :raises NotFoundError: there is no such conversation. It is raised when you iterate.
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
        """Stores a message. No answer is generated (``POST /api/v1/conversations/{conversation_id}/messages``).

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
        """Changes a message (``PATCH /api/v1/messages/{message_id}``). Fields that you do not give keep their values.

        :raises NotFoundError: no message has this id.
        """
        route = "PATCH /api/v1/messages/{message_id}"
        return self._send(route, Message, options, MessageUpdateOptions, replayable=True, message_id=message_id)

    def delete(self, message_id: MessageId, **options: Unpack[RequestOptions]) -> None:
        """Removes a message (``DELETE /api/v1/messages/{message_id}``).

        :raises NotFoundError: no message has this id.
        """
        route = "DELETE /api/v1/messages/{message_id}"
        return self._send(route, type(None), options, replayable=True, message_id=message_id)

    def feedback(
        self, conversation_id: ConversationId, message_id: MessageId, **options: Unpack[FeedbackOptions]
    ) -> Message:
        """Rates a message (``PATCH /api/v1/conversations/{conversation_id}/messages/{message_id}/feedback``).

        ``rating`` is ``up`` or ``down``. None removes the rating.

        :raises BadRequestError: the rating is neither.
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

"""Conversations that the server keeps: the options of the calls, and the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr

from edgequake.models._model import Answer, Model
from edgequake.models.options import BodyOptions, Mode, OrNull, RequestOptions
from edgequake.models.page import CursorPage

__all__ = [
    "BulkArchiveOptions",
    "BulkMoveOptions",
    "BulkResult",
    "Conversation",
    "ConversationCreateOptions",
    "ConversationDetail",
    "ConversationListOptions",
    "ConversationPage",
    "ConversationUpdateOptions",
    "FeedbackOptions",
    "ImportFailure",
    "ImportResult",
    "Message",
    "MessageCreateOptions",
    "MessageListOptions",
    "MessagePage",
    "MessageUpdateOptions",
    "Share",
]


class ConversationListOptions(RequestOptions, total=False):
    """The options of ``conversations.list``."""

    mode: Annotated[Mode | Sequence[Mode] | None, Field(serialization_alias="filter[mode]")]
    """Only conversations with this mode, or with one of these modes."""
    archived: Annotated[bool | None, Field(serialization_alias="filter[archived]")]
    """True: only archived conversations. False: only those that are not archived."""
    pinned: Annotated[bool | None, Field(serialization_alias="filter[pinned]")]
    """True: only pinned conversations. False: only those that are not pinned."""
    folder_id: Annotated[str | None, Field(serialization_alias="filter[folder_id]")]
    """Only those in this folder."""
    unfiled: Annotated[bool | None, Field(serialization_alias="filter[unfiled]")]
    """Only those in no folder."""
    search: Annotated[str | None, Field(serialization_alias="filter[search]")]
    """Only conversations whose title or text contains this text."""
    sort: Literal["updated_at", "created_at", "title"] | str | None
    """The field to sort by. Default: ``updated_at``."""
    order: Literal["asc", "desc"] | str | None
    """``asc`` or ``desc``. Default: ``desc``."""
    cursor: str | None
    """The ``next_cursor`` of an earlier page. The list continues after that page."""
    page_size: int | None
    """How many conversations in one request, at most 100. Default: 100."""


class ConversationCreateOptions(BodyOptions, total=False):
    """The options of ``conversations.create``."""

    title: str | None
    """Its title. Default: the server makes one."""
    mode: Mode | None
    """How to retrieve. Default: the server's own choice."""
    folder_id: OrNull[str]
    """The folder to put it in; None, which is sent, means no folder."""


class ConversationUpdateOptions(BodyOptions, total=False):
    """The options of ``conversations.update``. A field that you do not give stays as it is."""

    title: str | None
    """Its title."""
    mode: Mode | None
    """How to retrieve."""
    is_pinned: bool | None
    """Whether the conversation is at the top of lists."""
    is_archived: bool | None
    """Whether the conversation is archived."""
    folder_id: OrNull[str]
    """The folder to put it in; None takes it out of its folder."""


class BulkArchiveOptions(BodyOptions, total=False):
    """The options of ``conversations.bulk_archive``."""

    archive: bool
    """False takes them out of the archive. Default: True."""


class BulkMoveOptions(BodyOptions, total=False):
    """The options of ``conversations.bulk_move``."""

    folder_id: OrNull[str]
    """The folder to put them in; None takes them out of all folders."""


class MessageListOptions(RequestOptions, total=False):
    """The options of ``conversations.messages.list``."""

    cursor: str | None
    """The ``next_cursor`` of an earlier page. The list continues after that page."""
    page_size: int | None
    """How many messages in one request, at most 200. Default: 200."""


class MessageCreateOptions(BodyOptions, total=False):
    """The options of ``conversations.messages.create``."""

    parent_id: str | None
    """The message that it follows."""


class MessageUpdateOptions(BodyOptions, total=False):
    """The options of ``conversations.messages.update``. A field that you do not give stays as it is."""

    content: str | None
    """The text."""
    tokens_used: int | None
    """Tokens of the message."""
    duration_ms: int | None
    """Milliseconds that it took to write the message."""
    thinking_time_ms: int | None
    """Milliseconds that the model thought before it."""
    context: dict[str, Any] | None
    """What the message is based on: sources, entities and relationships."""
    is_error: bool | None
    """Whether the message reports a failure."""


class FeedbackOptions(BodyOptions, total=False):
    """The options of ``conversations.messages.feedback``."""

    rating: OrNull[Literal["up", "down"] | str]
    """``up`` or ``down``. None removes the rating."""
    reason: OrNull[str]
    """The reason for the rating. None removes the reason."""


class Conversation(Answer):
    """A conversation, without its messages."""

    id: str
    """The conversation's id: ``chat.complete(conversation_id=…)`` continues it."""
    tenant_id: str | None = None
    """The tenant it belongs to."""
    workspace_id: str | None = None
    """The workspace that its questions go to."""
    title: str | None = None
    """Its title."""
    mode: str | None = None
    """The retrieval mode of its questions."""
    is_pinned: bool = False
    """True if it is at the top of lists."""
    is_archived: bool = False
    """True if it is archived."""
    folder_id: str | None = None
    """The folder it is in."""
    share_id: str | None = None
    """The id under which other people can read it, if it is shared."""
    message_count: int | None = None
    """How many messages it has."""
    last_message_preview: str | None = None
    """The first words of its last message."""
    created_at: str | None = None
    """When it began (RFC 3339)."""
    updated_at: str | None = None
    """When it was last changed (RFC 3339)."""

    @property
    def conversation_id(self) -> str:
        """The same as ``id``, so that you can give this object in place of a conversation's id."""
        return self.id


class ConversationPage(CursorPage[Conversation]):
    """A page of the conversations."""

    noun: ClassVar[str] = "conversations"
    narrowed_by: ClassVar[str] = "search=, folder_id= …"
    items: list[Conversation] = Field(default_factory=list)
    """The conversations of this page."""


class Message(Answer):
    """A message of a conversation."""

    id: str
    """The message's id."""
    conversation_id: str | None = None
    """The conversation's id."""
    parent_id: str | None = None
    """The message that it follows."""
    role: str
    """``user``, ``assistant`` or ``system``."""
    content: str = ""
    """The text."""
    mode: str | None = None
    """The retrieval mode that was used."""
    tokens_used: int | None = None
    """Tokens of the message."""
    duration_ms: float | None = None
    """Milliseconds that it took to write the message."""
    thinking_time_ms: float | None = None
    """Milliseconds that the model thought before it."""
    context: dict[str, Any] | None = None
    """What the message is based on: ``sources``, ``entities`` and ``relationships``."""
    is_error: bool = False
    """True if the message reports a failure."""
    feedback: Any = None
    """The rating that was given with ``feedback``."""
    llm_provider: str | None = None
    """The provider of the model that wrote it. Only newer servers send it."""
    llm_model: str | None = None
    """The model that generated it. Only newer servers send it."""
    created_at: str | None = None
    """When it was stored (RFC 3339)."""
    updated_at: str | None = None
    """When it was last changed (RFC 3339)."""

    @property
    def message_id(self) -> str:
        """The same as ``id``, so that you can give this object in place of a message's id."""
        return self.id


class MessagePage(CursorPage[Message]):
    """A page of the messages of a conversation."""

    noun: ClassVar[str] = "messages"
    items: list[Message] = Field(default_factory=list)
    """The messages of this page."""


class ConversationDetail(Answer):
    """A conversation with its messages, at most the first 200."""

    conversation: Conversation
    """The conversation."""
    messages: list[Message] = Field(default_factory=list)
    """Its messages, the oldest first; ``conversations.messages.list`` has all of them."""

    @property
    def conversation_id(self) -> str:
        """The conversation's id, so that you can give this object in place of it."""
        return self.conversation.id


class Share(Answer):
    """A conversation that others can read."""

    share_id: str
    """Its id for ``conversations.shared``."""
    share_url: str
    """Its path on the server."""
    _base_url: str = PrivateAttr(default="")

    @property
    def absolute_url(self) -> str:
        """The whole address."""
        return self.share_url if urlsplit(self.share_url).scheme else self._base_url + self.share_url


class BulkResult(Answer):
    """The result of a call on several conversations."""

    affected: int
    """How many were changed."""


class ImportFailure(Model):
    """A conversation that could not be imported."""

    id: str | None = None
    """Its id in the data that you gave."""
    error: str | None = None
    """The reason."""


class ImportResult(Answer):
    """The result for the conversations that you gave. Some or all may have failed."""

    imported: int
    """How many conversations were imported."""
    failed: int = 0
    """How many conversations could not be imported."""
    errors: list[ImportFailure] = Field(default_factory=list)
    """The conversations that could not be imported, each with the reason."""
    conversation_ids: dict[str, str] = Field(default_factory=dict)
    """Only from ``conversations.restore``. The new id of each conversation, by its old id."""

"""Conversations that the server keeps: what can be asked of them, and what it answers."""

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
    """Only those with this mode, or one of these."""
    archived: Annotated[bool | None, Field(serialization_alias="filter[archived]")]
    """Only those that are archived, or that are not."""
    pinned: Annotated[bool | None, Field(serialization_alias="filter[pinned]")]
    """Only those that are pinned, or that are not."""
    folder_id: Annotated[str | None, Field(serialization_alias="filter[folder_id]")]
    """Only those in this folder."""
    unfiled: Annotated[bool | None, Field(serialization_alias="filter[unfiled]")]
    """Only those in no folder."""
    search: Annotated[str | None, Field(serialization_alias="filter[search]")]
    """Only those whose title or text has this part."""
    sort: Literal["updated_at", "created_at", "title"] | str | None
    """What they are sorted by. Default: ``updated_at``."""
    order: Literal["asc", "desc"] | str | None
    """``desc`` unless given."""
    cursor: str | None
    """The ``next_cursor`` of the page before the first."""
    page_size: int | None
    """How many conversations in one request, at most 100. Default: 100."""


class ConversationCreateOptions(BodyOptions, total=False):
    """The options of ``conversations.create``."""

    title: str | None
    """Its title. Default: the server makes one."""
    mode: Mode | None
    """How to retrieve. Default: the server's own choice."""
    folder_id: OrNull[str]
    """The folder to put it in; None, which is sent, for none."""


class ConversationUpdateOptions(BodyOptions, total=False):
    """The options of ``conversations.update``: what is not given stays as it is."""

    title: str | None
    """Its title."""
    mode: Mode | None
    """How to retrieve."""
    is_pinned: bool | None
    """Whether it stands first in lists."""
    is_archived: bool | None
    """Whether it is put away."""
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
    """The ``next_cursor`` of the page before the first."""
    page_size: int | None
    """How many messages in one request, at most 200. Default: 200."""


class MessageCreateOptions(BodyOptions, total=False):
    """The options of ``conversations.messages.create``."""

    parent_id: str | None
    """The message that it follows."""


class MessageUpdateOptions(BodyOptions, total=False):
    """The options of ``conversations.messages.update``: what is not given stays as it is."""

    content: str | None
    """The text."""
    tokens_used: int | None
    """Tokens of the message."""
    duration_ms: int | None
    """Milliseconds that it took."""
    thinking_time_ms: int | None
    """Milliseconds that the model thought before it."""
    context: dict[str, Any] | None
    """What it rests on: sources, entities, relationships."""
    is_error: bool | None
    """Whether it tells of a failure."""


class FeedbackOptions(BodyOptions, total=False):
    """The options of ``conversations.messages.feedback``."""

    rating: OrNull[Literal["up", "down"] | str]
    """``up`` or ``down``; None takes the rating back."""
    reason: OrNull[str]
    """Why; None takes the reason back."""


class Conversation(Answer):
    """A conversation, without its messages."""

    id: str
    """The conversation's id: ``chat.complete(conversation_id=…)`` continues it."""
    tenant_id: str | None = None
    """The tenant it belongs to."""
    workspace_id: str | None = None
    """The workspace it asks."""
    title: str | None = None
    """Its title."""
    mode: str | None = None
    """How it retrieves."""
    is_pinned: bool = False
    """True when it stands first in lists."""
    is_archived: bool = False
    """True when it is put away."""
    folder_id: str | None = None
    """The folder it is in."""
    share_id: str | None = None
    """Its id for those it is shared with."""
    message_count: int | None = None
    """How many messages it has."""
    last_message_preview: str | None = None
    """How its last message begins."""
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
    """Milliseconds that it took."""
    thinking_time_ms: float | None = None
    """Milliseconds that the model thought before it."""
    context: dict[str, Any] | None = None
    """What it rests on: ``sources``, ``entities``, ``relationships``."""
    is_error: bool = False
    """True when it tells of a failure."""
    feedback: Any = None
    """What was said of it with ``feedback``."""
    llm_provider: str | None = None
    """Who generated it; from newer servers."""
    llm_model: str | None = None
    """The model that generated it; from newer servers."""
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
    """Its address as the server says it: a path."""
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
    """Its id in what was given."""
    error: str | None = None
    """Why."""


class ImportResult(Answer):
    """The result for the conversations that you gave. Some or all may have failed."""

    imported: int
    """How many are there now."""
    failed: int = 0
    """How many are not."""
    errors: list[ImportFailure] = Field(default_factory=list)
    """Why they are not."""
    conversation_ids: dict[str, str] = Field(default_factory=dict)
    """Of ``conversations.restore``: the new id of each conversation, by its old one."""

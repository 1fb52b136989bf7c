"""Conversations that the server keeps: ``client.conversations``."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack, overload

from edgequake._async.flows.conversations import async_exported, async_restored, async_written
from edgequake._async.resources.messages import AsyncMessages
from edgequake._async.resources.resource import AsyncResource
from edgequake._core.needs import Needs
from edgequake.models.conversations import (
    BulkArchiveOptions,
    BulkMoveOptions,
    BulkResult,
    Conversation,
    ConversationCreateOptions,
    ConversationDetail,
    ConversationListOptions,
    ConversationPage,
    ConversationUpdateOptions,
    ImportResult,
    Share,
)

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Iterable, Mapping

    from edgequake._async.pager import AsyncPager
    from edgequake._core.results import AsyncWritten
    from edgequake.models.ids import ConversationId, ShareId
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["AsyncConversations"]

_LIST = Needs("conversations.list", "TU", "refuses the request")
_CREATE = Needs("conversations.create", "TU", "refuses the request")
_UPDATE = Needs("conversations.update", "TU", "refuses the request")
_IMPORT = Needs("conversations.import_", "TU", "refuses the request")


class AsyncConversations(AsyncResource):
    """Conversations that the server keeps: ``client.conversations``. ``client.chat`` begins and continues them.

    Every method raises the errors of ``query.execute``. Instead of an id you can give the object that has it.
    """

    @cached_property
    def messages(self) -> AsyncMessages:
        """The messages of a conversation."""
        return AsyncMessages(self._session)

    def list(self, **options: Unpack[ConversationListOptions]) -> AsyncPager[Conversation, ConversationPage]:
        """The conversations, fetched page by page while you iterate (``GET /api/v1/conversations``).

        Some servers do not say how to get the second page. You then get a :class:`ResponseError` after the last
        conversation of the first page. Needs ``tenant_id`` and ``user_id``.
        """
        route = "GET /api/v1/conversations"
        return self._pages(route, ConversationPage, options, ConversationListOptions, needs=_LIST)

    async def create(self, **options: Unpack[ConversationCreateOptions]) -> Conversation:
        """Creates a conversation (``POST /api/v1/conversations``). Needs ``tenant_id`` and ``user_id``."""
        route = "POST /api/v1/conversations"
        return await self._send(route, Conversation, options, ConversationCreateOptions, needs=_CREATE)

    async def get(self, conversation_id: ConversationId, **options: Unpack[RequestOptions]) -> ConversationDetail:
        """A conversation with its first 200 messages (``GET /api/v1/conversations/{conversation_id}``).

        :raises NotFoundError: no conversation has this id, or it belongs to another tenant.
        """
        route = "GET /api/v1/conversations/{conversation_id}"
        return await self._send(route, ConversationDetail, options, conversation_id=conversation_id)

    async def update(
        self, conversation_id: ConversationId, **options: Unpack[ConversationUpdateOptions]
    ) -> Conversation:
        """Changes a conversation (``PATCH /api/v1/conversations/{conversation_id}``).

        Fields that you do not give keep their values. ``folder_id=None`` takes the conversation out of its folder.
        Needs ``tenant_id`` and ``user_id``.

        :raises NotFoundError: no conversation has this id.
        """
        return await self._send(
            "PATCH /api/v1/conversations/{conversation_id}",
            Conversation,
            options,
            ConversationUpdateOptions,
            needs=_UPDATE,
            replayable=True,
            conversation_id=conversation_id,
        )

    async def delete(self, conversation_id: ConversationId, **options: Unpack[RequestOptions]) -> None:
        """Removes a conversation (``DELETE /api/v1/conversations/{conversation_id}``).

        :raises NotFoundError: no conversation has this id.
        """
        route = "DELETE /api/v1/conversations/{conversation_id}"
        return await self._send(route, type(None), options, replayable=True, conversation_id=conversation_id)

    async def share(self, conversation_id: ConversationId, **options: Unpack[BodyOptions]) -> Share:
        """Makes a link to read a conversation (``POST /api/v1/conversations/{conversation_id}/share``).

        :raises NotFoundError: no conversation has this id.
        """
        route = "POST /api/v1/conversations/{conversation_id}/share"
        share = await self._send(route, Share, options, conversation_id=conversation_id)
        share._base_url = self._session.config.base_url
        return share

    async def unshare(self, conversation_id: ConversationId, **options: Unpack[RequestOptions]) -> None:
        """Stops sharing a conversation (``DELETE /api/v1/conversations/{conversation_id}/share``).

        :raises NotFoundError: no conversation has this id.
        """
        route = "DELETE /api/v1/conversations/{conversation_id}/share"
        return await self._send(route, type(None), options, replayable=True, conversation_id=conversation_id)

    async def shared(self, share_id: ShareId, **options: Unpack[RequestOptions]) -> ConversationDetail:
        """A shared conversation (``GET /api/v1/shared/{share_id}``).

        :raises NotFoundError: there is no such share, or it has ended.
        """
        return await self._send("GET /api/v1/shared/{share_id}", ConversationDetail, options, share_id=share_id)

    async def bulk_delete(
        self, conversation_ids: Iterable[ConversationId], **options: Unpack[BodyOptions]
    ) -> BulkResult:
        """Removes several conversations (``POST /api/v1/conversations/bulk/delete``)."""
        route = "POST /api/v1/conversations/bulk/delete"
        return await self._send(route, BulkResult, options, replayable=True, conversation_ids=conversation_ids)

    async def bulk_archive(
        self, conversation_ids: Iterable[ConversationId], **options: Unpack[BulkArchiveOptions]
    ) -> BulkResult:
        """Archives several conversations, or restores them (``POST /api/v1/conversations/bulk/archive``)."""
        route = "POST /api/v1/conversations/bulk/archive"
        options.setdefault("archive", True)
        return await self._send(
            route, BulkResult, options, BulkArchiveOptions, replayable=True, conversation_ids=conversation_ids
        )

    async def bulk_move(
        self, conversation_ids: Iterable[ConversationId], **options: Unpack[BulkMoveOptions]
    ) -> BulkResult:
        """Moves several conversations into a folder or out of it (``POST /api/v1/conversations/bulk/move``)."""
        route = "POST /api/v1/conversations/bulk/move"
        return await self._send(
            route, BulkResult, options, BulkMoveOptions, replayable=True, conversation_ids=conversation_ids
        )

    async def import_(self, conversations: Iterable[Mapping[str, Any]], **options: Unpack[BodyOptions]) -> ImportResult:
        """Adds conversations from another system (``POST /api/v1/conversations/import``).

        An answer without an error can still report failures: look at ``failed`` and ``errors``. Servers on PostgreSQL
        seem to reject every conversation; :meth:`restore` works with all servers. Needs ``tenant_id`` and ``user_id``.

        :param conversations: dicts with ``messages``, a list of dicts with ``role`` and ``content``. They can also have
            ``id``, ``title`` and ``mode``.
        """
        route = "POST /api/v1/conversations/import"
        return await self._send(route, ImportResult, options, needs=_IMPORT, conversations=[*conversations])

    @overload
    def export(
        self,
        ids: Iterable[ConversationId] | None = None,
        *,
        to: None = None,
        partial_ok: bool = False,
        **filters: Unpack[ConversationListOptions],
    ) -> AsyncIterator[dict[str, Any]]: ...
    @overload
    def export(
        self,
        ids: Iterable[ConversationId] | None = None,
        *,
        to: str | os.PathLike[str],
        partial_ok: bool = False,
        **filters: Unpack[ConversationListOptions],
    ) -> AsyncWritten: ...
    def export(
        self,
        ids: Iterable[ConversationId] | None = None,
        *,
        to: str | os.PathLike[str] | None = None,
        partial_ok: bool = False,
        **filters: Unpack[ConversationListOptions],
    ) -> AsyncIterator[dict[str, Any]] | AsyncWritten:
        """Conversations with all their messages, one after the other.

        ::

            async for one in client.conversations.export(archived=False):
                print(one["conversation"]["title"], len(one["messages"]))
            await client.conversations.export(to="conversations.jsonl")

        Needs ``tenant_id`` and ``user_id``, unless you give ``ids``.

        :param ids: the conversations to export. Default: those that fit the filters of :meth:`list`.
        :param to: a path. Each conversation is then written to this file as a line of JSON, and the path is returned.
            Until the export is complete, the file has another name.
        :param partial_ok: whether a conversation is exported although the server does not give all of its messages.
        :raises ResponseError: the server does not give all messages or all conversations.
        """
        found = async_exported(self, ids, filters, partial_ok=partial_ok)
        return found if to is None else async_written(found, to)

    async def restore(
        self, items: Iterable[Mapping[str, Any] | ConversationDetail], *, folder_id: str | None = None
    ) -> ImportResult:
        """Creates exported conversations again, message by message. Unlike :meth:`import_`, it works with every server.

        ::

            lines = open("conversations.jsonl", encoding="utf-8")
            restored = await client.conversations.restore(json.loads(line) for line in lines)
            print(restored.imported, restored.conversation_ids)

        Ids, dates and share links are new. If a conversation fails, it is removed again and listed in ``errors`` of the
        answer, and the next one follows. Needs ``tenant_id`` and ``user_id``.

        :param items: the conversations that :meth:`export` gave.
        :param folder_id: the folder into which they are put.
        :raises ConfigurationError: an item is not an exported conversation. Nothing has been sent.
        """
        return await async_restored(self, items, folder_id)

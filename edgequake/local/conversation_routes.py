"""The routes of conversations, their messages and folders."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from edgequake.local.bodies import ConversationChange, FolderChange, Id, Ids, MessageChange, Name, Role
from edgequake.local.conversation_upkeep import ConversationUpkeep, Folders
from edgequake.local.conversations import FILTERS, Slice
from edgequake.local.engine import Engine
from edgequake.local.requests import BodyError, Owner, RequestError, clamped, identity, not_found
from edgequake.local.routing import Asked, Routes, route

_DETAIL_MESSAGES = 200


class ConversationRoutes(Routes):
    """``/api/v1/conversations``, ``/messages``, ``/folders`` and ``/shared``."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._conversations = engine.conversations
        self._upkeep = ConversationUpkeep(engine.store.database, engine.conversations)
        self._folders = Folders(engine.store.database)

    @route("POST /api/v1/conversations", 201)
    def create(self, asked: Asked, title: str | None = None, mode: str | None = None, folder_id: Id = None) -> object:
        """A new, empty conversation."""
        mode = (mode or "hybrid").lower()
        return self._upkeep.create(asked.owner, title or "", mode, asked.workspace, folder_id)

    @route("GET /api/v1/conversations")
    def page(self, asked: Asked) -> object:
        """One page of the user's conversations."""
        query = asked.query
        read = partial(
            self._conversations.page,
            asked.owner,
            filters={name: query.get(f"filter[{name}]") or None for name in FILTERS},
            sort=query.get("sort", "updated_at"),
            ascending=query.get("order", "desc").lower() == "asc",
        )
        return _page(query, read, 20, 100)

    @route("POST /api/v1/conversations/import")
    def take(self, asked: Asked, conversations: list[Any]) -> object:
        """How many conversations from elsewhere were stored, and why others were not."""
        errors = self._upkeep.take(asked.owner, asked.workspace, conversations)
        return {"imported": len(conversations) - len(errors), "failed": len(errors), "errors": errors}

    @route("POST /api/v1/conversations/bulk/delete")
    def delete_many(self, asked: Asked, conversation_ids: Ids) -> object:
        """How many conversations were deleted."""
        return {"affected": self._upkeep.delete_many(asked.owner, conversation_ids)}

    @route("POST /api/v1/conversations/bulk/archive")
    def archive_many(self, asked: Asked, conversation_ids: Ids, archive: bool) -> object:
        """How many conversations were archived, or are no longer."""
        return {"affected": self._upkeep.change_many(asked.owner, conversation_ids, is_archived=archive)}

    @route("POST /api/v1/conversations/bulk/move")
    def move_many(self, asked: Asked, conversation_ids: Ids, folder_id: Id = None) -> object:
        """How many conversations were moved into a folder, or out of theirs. RequestError 404 without the folder."""
        return {"affected": self._upkeep.change_many(asked.owner, conversation_ids, folder_id=folder_id)}

    @route("POST /api/v1/conversations/{id}/share")
    def share(self, asked: Asked) -> object:
        """Where anybody may read the conversation."""
        share_id = self._upkeep.share(asked.owner, _id(asked))
        return {"share_id": share_id, "share_url": f"/api/v1/shared/{share_id}"}

    @route("DELETE /api/v1/conversations/{id}/share")
    def unshare(self, asked: Asked) -> None:
        """Nothing: it is the user's alone again."""
        self._upkeep.share(asked.owner, _id(asked), on=False)

    @route("POST /api/v1/conversations/{id}/messages", 201)
    def add_message(self, asked: Asked, content: str, role: Role, parent_id: Id = None) -> object:
        """A message that is stored, and not answered."""
        return self._upkeep.add(asked.owner, _id(asked), role, content, parent_id)

    @route("GET /api/v1/conversations/{id}/messages")
    def messages(self, asked: Asked) -> object:
        """One page of a conversation's messages."""
        return _page(asked.query, partial(self._conversations.messages, asked.owner, _id(asked)), 50, 200)

    @route("PATCH /api/v1/conversations/{id}/messages/{message}/feedback")
    def rate(self, asked: Asked, rating: str | None = None) -> object:
        """The message with its rating; a rating of null takes it back."""
        whose = asked.owner
        if rating not in (None, "up", "down"):
            raise RequestError(400, "rating must be up, down or null")
        if self._conversations.message(whose, asked["message"])["conversation_id"] != _id(asked):
            raise not_found("message", asked["message"])
        return self._conversations.change_message(whose, asked["message"], feedback=rating)

    @route("PATCH /api/v1/conversations/{id}")
    def change(self, asked: Asked, body: ConversationChange) -> object:
        """The conversation, changed."""
        return self._upkeep.change(asked.owner, _id(asked), body)

    @route("DELETE /api/v1/conversations/{id}")
    def delete(self, asked: Asked) -> None:
        """Nothing: the conversation is gone."""
        self._conversations.delete(asked.owner, _id(asked))

    @route("GET /api/v1/conversations/{id}")
    def get(self, asked: Asked) -> object:
        """A conversation with its first messages."""
        return self._whole(asked.owner, _id(asked))

    @route("PATCH /api/v1/messages/{id}")
    def change_message(self, asked: Asked, body: MessageChange) -> object:
        """The message, changed."""
        return self._conversations.change_message(asked.owner, asked["id"], **body.model_dump(exclude_none=True))

    @route("DELETE /api/v1/messages/{id}")
    def delete_message(self, asked: Asked) -> None:
        """Nothing: the message is gone."""
        self._conversations.delete_message(asked.owner, asked["id"])

    @route("GET /api/v1/shared/{id}")
    def shared(self, asked: Asked) -> object:
        """A shared conversation, for whoever has its id."""
        return self._whole(*self._upkeep.shared(asked["id"]))

    @route("POST /api/v1/folders", 201)
    def create_folder(self, asked: Asked, name: Name, parent_id: Id = None) -> object:
        """A new folder."""
        return self._folders.create(asked.owner, asked.workspace, name, parent_id)

    @route("GET /api/v1/folders")
    def folders(self, asked: Asked) -> object:
        """The user's folders."""
        return self._folders.list(asked.owner)

    @route("PATCH /api/v1/folders/{id}")
    def change_folder(self, asked: Asked, body: FolderChange) -> object:
        """The folder, changed."""
        return self._folders.change(asked.owner, asked["id"], body)

    @route("DELETE /api/v1/folders/{id}")
    def delete_folder(self, asked: Asked) -> None:
        """Nothing: the folder is gone, its conversations stay."""
        self._folders.delete(asked.owner, asked["id"])

    def _whole(self, whose: Owner, wanted: str) -> dict[str, Any]:
        found = self._conversations.get(whose, wanted)
        messages = self._conversations.messages(whose, wanted, cursor="", limit=_DETAIL_MESSAGES)
        return {"conversation": found, "messages": messages.rows}


def _id(asked: Asked) -> str:
    """The conversation that the route names. Raises BodyError 400 for what is no UUID."""
    found = identity("", asked["id"])
    if found is None:
        raise BodyError(400, f"Invalid URL: Cannot parse `id` with value `{asked['id']}` to a `Uuid`")
    return str(found)


def _page(query: Mapping[str, str], read: Callable[..., Slice], size: int, most: int) -> dict[str, Any]:
    """The page that the query string asks for."""
    found = read(cursor=query.get("cursor", ""), limit=clamped(query, "limit", size, most))
    cursors = {"next_cursor": found.cursor, "prev_cursor": None}
    return {"items": found.rows, "pagination": {**cursors, "total": found.total, "has_more": found.cursor is not None}}

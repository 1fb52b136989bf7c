"""The routes of conversations, their messages and folders."""

import asyncio
import base64
import binascii
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.bodies import (
    BulkBody,
    ConversationBody,
    ConversationChange,
    FeedbackBody,
    FolderBody,
    FolderChange,
    ImportBody,
    MessageBody,
    MessageChange,
)
from edgequake.local.conversation_upkeep import ConversationUpkeep, Folders
from edgequake.local.engine import Engine
from edgequake.local.requests import BodyError, RequestError, body_of, clamped, identity, owner

_DETAIL_MESSAGES = 200
_ROOT = "/api/v1/conversations"


class ConversationRoutes:
    """`/api/v1/conversations`, `/messages`, `/folders` and `/shared`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._conversations = engine.conversations
        self._upkeep = ConversationUpkeep(engine.store.database, engine.conversations)
        self._folders = Folders(engine.store.database)

    def routes(self) -> list[Route]:
        """Where they are."""
        one = f"{_ROOT}/{{id}}"
        return [
            Route(_ROOT, self.create, methods=["POST"]),
            Route(_ROOT, self.list),
            Route(f"{_ROOT}/import", self.take, methods=["POST"]),
            Route(f"{_ROOT}/bulk/{{what}}", self.bulk, methods=["POST"]),
            Route(f"{one}/share", self.share, methods=["POST"]),
            Route(f"{one}/share", self.unshare, methods=["DELETE"]),
            Route(f"{one}/messages", self.add_message, methods=["POST"]),
            Route(f"{one}/messages", self.messages),
            Route(f"{one}/messages/{{message}}/feedback", self.rate, methods=["PATCH"]),
            Route(one, self.change, methods=["PATCH"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(one, self.get),
            Route("/api/v1/messages/{id}", self.change_message, methods=["PATCH"]),
            Route("/api/v1/messages/{id}", self.delete_message, methods=["DELETE"]),
            Route("/api/v1/shared/{id}", self.shared),
            Route("/api/v1/folders", self.create_folder, methods=["POST"]),
            Route("/api/v1/folders", self.folders),
            Route("/api/v1/folders/{id}", self.change_folder, methods=["PATCH"]),
            Route("/api/v1/folders/{id}", self.delete_folder, methods=["DELETE"]),
        ]

    def list(self, request: Request) -> Response:
        """One page of the user's conversations."""
        whose = owner(request.headers)
        asked = request.query_params
        limit = clamped(asked, "limit", 20, 100)
        first = _position(asked.get("cursor"))
        items, total = self._conversations.page(
            whose,
            first=first,
            limit=limit,
            search=asked.get("filter[search]", ""),
            where=_filters(asked),
            sort=asked.get("sort", "updated_at"),
            ascending=asked.get("order", "desc").lower() == "asc",
        )
        return JSONResponse(_page(items, first, limit, total))

    async def create(self, request: Request) -> Response:
        """A new, empty conversation."""
        whose = owner(request.headers)
        workspace = await asyncio.to_thread(self._engine.workspace, request)
        body = await body_of(ConversationBody, request)
        return JSONResponse(await asyncio.to_thread(self._upkeep.create, whose, body, workspace), 201)

    def get(self, request: Request) -> Response:
        """A conversation with its first messages."""
        whose, wanted = owner(request.headers), conversation_id(request)
        found = self._conversations.get(whose, wanted)
        messages, _ = self._conversations.messages(whose, wanted, first=0, limit=_DETAIL_MESSAGES)
        return JSONResponse({"conversation": found, "messages": messages})

    async def change(self, request: Request) -> Response:
        """The conversation, changed."""
        whose, wanted = owner(request.headers), conversation_id(request)
        body = await body_of(ConversationChange, request)
        return JSONResponse(await asyncio.to_thread(self._upkeep.change, whose, wanted, body))

    def delete(self, request: Request) -> Response:
        """Nothing: the conversation is gone."""
        self._conversations.delete(owner(request.headers), conversation_id(request))
        return Response(status_code=204)

    def messages(self, request: Request) -> Response:
        """One page of a conversation's messages."""
        whose, wanted = owner(request.headers), conversation_id(request)
        limit = clamped(request.query_params, "limit", 50, 200)
        first = _position(request.query_params.get("cursor"))
        items, total = self._conversations.messages(whose, wanted, first=first, limit=limit)
        return JSONResponse(_page(items, first, limit, total))

    async def add_message(self, request: Request) -> Response:
        """201: a message that is stored, and not answered."""
        whose, wanted = owner(request.headers), conversation_id(request)
        body = await body_of(MessageBody, request)
        return JSONResponse(await asyncio.to_thread(self._upkeep.add, whose, wanted, body), 201)

    async def change_message(self, request: Request) -> Response:
        """The message, changed."""
        whose, body = owner(request.headers), await body_of(MessageChange, request)
        return JSONResponse(
            await asyncio.to_thread(self._upkeep.change_message, whose, request.path_params["id"], body)
        )

    def delete_message(self, request: Request) -> Response:
        """Nothing: the message is gone."""
        self._upkeep.delete_message(owner(request.headers), request.path_params["id"])
        return Response(status_code=204)

    async def rate(self, request: Request) -> Response:
        """The message with its rating."""
        whose, conversation, message = owner(request.headers), conversation_id(request), request.path_params["message"]
        body = await body_of(FeedbackBody, request)
        if body.rating not in (None, "up", "down"):
            raise RequestError(400, "BAD_REQUEST", "Bad request: rating must be up, down or null")
        return JSONResponse(await asyncio.to_thread(self._upkeep.rate, whose, conversation, message, body))

    def share(self, request: Request) -> Response:
        """Where anybody may read the conversation."""
        share_id = self._upkeep.share(owner(request.headers), conversation_id(request))
        return JSONResponse({"share_id": share_id, "share_url": f"/api/v1/shared/{share_id}"})

    def unshare(self, request: Request) -> Response:
        """Nothing: it is the user's alone again."""
        self._upkeep.unshare(owner(request.headers), conversation_id(request))
        return Response(status_code=204)

    def shared(self, request: Request) -> Response:
        """A shared conversation, for whoever has its id."""
        whose, wanted = self._upkeep.shared(request.path_params["id"])
        found = self._conversations.get(whose, wanted)
        messages, _ = self._conversations.messages(whose, wanted, first=0, limit=_DETAIL_MESSAGES)
        return JSONResponse({"conversation": found, "messages": messages})

    async def bulk(self, request: Request) -> Response:
        """How many conversations were deleted, archived or moved."""
        what, whose = request.path_params["what"], owner(request.headers)
        if what not in ("delete", "archive", "move"):
            return Response(status_code=404)
        body = await body_of(BulkBody, request)
        if what == "archive" and body.archive is None:
            raise BodyError(422, "Failed to deserialize the JSON body into the target type: missing field `archive`")
        return JSONResponse({"affected": await asyncio.to_thread(self._upkeep.bulk, whose, body, what)})

    async def take(self, request: Request) -> Response:
        """How many conversations from elsewhere were stored, and why others were not."""
        whose, workspace = owner(request.headers), await asyncio.to_thread(self._engine.workspace, request)
        body = await body_of(ImportBody, request)
        errors = await asyncio.to_thread(self._upkeep.take, whose, workspace, body.conversations)
        told = {"imported": len(body.conversations) - len(errors), "failed": len(errors)}
        return JSONResponse({**told, "errors": errors})

    def folders(self, request: Request) -> Response:
        """The user's folders."""
        return JSONResponse(self._folders.list(owner(request.headers)))

    async def create_folder(self, request: Request) -> Response:
        """A new folder."""
        whose, workspace = owner(request.headers), await asyncio.to_thread(self._engine.workspace, request)
        body = await body_of(FolderBody, request)
        created = await asyncio.to_thread(self._folders.create, whose, workspace, body.name, body.parent_id)
        return JSONResponse(created, 201)

    async def change_folder(self, request: Request) -> Response:
        """The folder, changed."""
        whose, body = owner(request.headers), await body_of(FolderChange, request)
        given = {name: getattr(body, name) for name in body.model_fields_set}
        return JSONResponse(await asyncio.to_thread(self._folders.change, whose, request.path_params["id"], given))

    def delete_folder(self, request: Request) -> Response:
        """Nothing: the folder is gone, its conversations stay."""
        self._folders.delete(owner(request.headers), request.path_params["id"])
        return Response(status_code=204)


def conversation_id(request: Request) -> str:
    """The conversation that the route names. Raises BodyError 400 for what is no UUID."""
    value = request.path_params["id"]
    found = identity("", value)
    if found is None:
        raise BodyError(400, f"Invalid URL: Cannot parse `id` with value `{value}` to a `Uuid`")
    return str(found)


def _filters(asked: Mapping[str, str]) -> dict[str, Any]:
    """The values that a list is narrowed to, by column."""
    flags = {"is_archived": "filter[archived]", "is_pinned": "filter[pinned]"}
    found: dict[str, Any] = {column: asked[name] == "true" for column, name in flags.items() if name in asked}
    if "filter[folder_id]" in asked:
        found["folder_id"] = asked["filter[folder_id]"]
    if asked.get("filter[unfiled]") == "true":
        found["folder_id"] = None
    if modes := [mode for mode in asked.get("filter[mode]", "").split(",") if mode]:
        found["mode"] = modes
    return found


def _page(items: list[dict[str, Any]], first: int, limit: int, total: int) -> dict[str, Any]:
    more = first + len(items) < total
    return {
        "items": items,
        "pagination": {
            "next_cursor": _cursor(first + limit) if more else None,
            "prev_cursor": _cursor(max(0, first - limit)) if first else None,
            "total": total,
            "has_more": more,
        },
    }


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(b"at:%d" % position).decode().rstrip("=")


def _position(cursor: str | None) -> int:
    """Where a page begins. Raises RequestError 400 for a cursor that is not ours."""
    if not cursor:
        return 0
    try:
        kind, _, value = base64.urlsafe_b64decode(cursor + "==").decode().partition(":")
    except (binascii.Error, ValueError):
        kind = value = ""
    if kind != "at" or not value.isdecimal() or len(value) > 12:
        raise RequestError(400, "BAD_REQUEST", "Bad request: the cursor is not one of this server's")
    return int(value)

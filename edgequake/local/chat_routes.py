"""The routes of chat, and of the conversations it leaves behind."""

import asyncio
import base64
import binascii
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local import streams
from edgequake.local.answering import Answering, GenerationError, RetrievalError
from edgequake.local.conversations import ConversationGoneError, Opened
from edgequake.local.engine import Engine, Question
from edgequake.local.followup import context_of
from edgequake.local.requests import (
    BodyError,
    ChatBody,
    ConversationBody,
    RequestError,
    body_of,
    check_query,
    check_workspace,
    identity,
    number,
    owner,
)
from edgequake.local.sse import event_stream, while_connected
from edgequake.local.wire import refusal, sources, stats

_DETAIL_MESSAGES = 200


class ChatRoutes:
    """`/api/v1/chat/completions`, its stream, and `/api/v1/conversations`."""

    def __init__(self, engine: Engine, keep_alive: float) -> None:
        self._engine = engine
        self._conversations = engine.conversations
        self._keep_alive = keep_alive

    def routes(self) -> list[Route]:
        """Where they are."""
        one = "/api/v1/conversations/{id}"
        return [
            Route("/api/v1/chat/completions", self.complete, methods=["POST"]),
            Route("/api/v1/chat/completions/stream", self.stream, methods=["POST"]),
            Route("/api/v1/conversations", self.create, methods=["POST"]),
            Route("/api/v1/conversations", self.list),
            Route(one, self.delete, methods=["DELETE"]),
            Route(one, self.get),
            Route(f"{one}/messages", self.messages),
        ]

    async def complete(self, request: Request) -> Response:
        """The whole answer."""
        body, answering, opened = await self._turn(request)
        try:
            found = await while_connected(request, answering.whole())
        except (RetrievalError, GenerationError) as error:
            raise refusal(answering, error) from error
        finally:
            await answering.aclose()
        try:
            message_id, _ = await asyncio.to_thread(self._conversations.reply, opened, streams.reply(answering, found))
        except ConversationGoneError as error:
            raise RequestError(404, "NOT_FOUND", f"Not found: conversation {opened.id}") from error
        return JSONResponse(
            {
                "conversation_id": opened.id,
                "user_message_id": opened.message_id,
                "assistant_message_id": message_id,
                "content": answering.text,
                "mode": answering.question.mode,
                "sources": sources(found, body.content_granularity),
                "stats": stats(answering, found),
                "tokens_used": answering.token_count,
                "duration_ms": found.retrieval_ms + answering.generation_ms,
                "llm_provider": self._engine.provider,
                "llm_model": self._engine.model,
            }
        )

    async def stream(self, request: Request) -> Response:
        """The answer as events."""
        body, answering, opened = await self._turn(request)
        events = streams.chat(answering, self._conversations, opened, body.content_granularity)
        return event_stream(events, self._keep_alive, answering.aclose)

    async def list(self, request: Request) -> Response:
        """One page of the caller's conversations."""
        whose = owner(request.headers)
        asked = request.query_params
        limit = min(max(number(asked, "limit", 20), 1), 100)
        first = _position(asked.get("cursor"))
        items, total = await asyncio.to_thread(
            self._conversations.page,
            whose,
            first=first,
            limit=limit,
            search=asked.get("filter[search]", ""),
            sort=asked.get("sort", "updated_at"),
            ascending=asked.get("order", "desc").lower() == "asc",
        )
        return JSONResponse(_page(items, first, limit, total))

    async def create(self, request: Request) -> Response:
        """A new, empty conversation."""
        whose = owner(request.headers)
        workspace = check_workspace(request.headers.get("x-workspace-id"))
        body = await body_of(ConversationBody, request)
        created = await asyncio.to_thread(
            self._conversations.create, whose, body.title or "", (body.mode or "hybrid").lower(), workspace
        )
        return JSONResponse(created, 201)

    async def get(self, request: Request) -> Response:
        """A conversation with its first messages."""
        whose, wanted = owner(request.headers), _conversation_id(request)
        found = await asyncio.to_thread(self._conversations.get, whose, wanted)
        messages, _ = await asyncio.to_thread(
            self._conversations.messages, whose, wanted, first=0, limit=_DETAIL_MESSAGES
        )
        return JSONResponse({"conversation": found, "messages": messages})

    async def messages(self, request: Request) -> Response:
        """One page of a conversation's messages."""
        whose, wanted = owner(request.headers), _conversation_id(request)
        limit = min(max(number(request.query_params, "limit", 50), 1), 200)
        first = _position(request.query_params.get("cursor"))
        items, total = await asyncio.to_thread(self._conversations.messages, whose, wanted, first=first, limit=limit)
        return JSONResponse(_page(items, first, limit, total))

    async def delete(self, request: Request) -> Response:
        """Nothing: the conversation is gone."""
        await asyncio.to_thread(self._conversations.delete, owner(request.headers), _conversation_id(request))
        return Response(status_code=204)

    async def _turn(self, request: Request) -> tuple[ChatBody, Answering, Opened]:
        """What is said in which conversation; the message is stored."""
        whose = owner(request.headers)
        workspace = check_workspace(request.headers.get("x-workspace-id"))
        body = await body_of(ChatBody, request)
        if not body.message.strip():
            raise RequestError(422, "VALIDATION_ERROR", "Validation error: the message is empty")
        check_query(body.message)
        mode = body.effective_mode("hybrid")
        opened = await asyncio.to_thread(
            self._conversations.say, whose, body.conversation_id, body.message, mode, workspace
        )
        earlier = [turn.content for turn in opened.history if turn.role == "user"]
        question = Question(
            body.message,
            mode,
            context=context_of(body.message, earlier),
            scope=body.scope(),
            system_prompt=body.system_prompt or "",
            history=opened.history,
        )
        return body, Answering(self._engine, question), opened


def _conversation_id(request: Request) -> str:
    value = request.path_params["id"]
    found = identity("", value)
    if found is None:
        raise BodyError(400, f"Invalid URL: Cannot parse `id` with value `{value}` to a `Uuid`")
    return str(found)


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

"""The routes of chat."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local import streams
from edgequake.local.answering import Answering, GenerationError, RetrievalError
from edgequake.local.bodies import ChatBody
from edgequake.local.conversations import ConversationGoneError, Opened
from edgequake.local.engine import Engine, Question
from edgequake.local.followup import context_of
from edgequake.local.requests import RequestError, body_of, check_query, owner
from edgequake.local.sse import event_stream, while_connected
from edgequake.local.wire import refusal, sources, stats


class ChatRoutes:
    """`/api/v1/chat/completions` and its stream."""

    def __init__(self, engine: Engine, keep_alive: float) -> None:
        self._engine = engine
        self._conversations = engine.conversations
        self._keep_alive = keep_alive

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/api/v1/chat/completions", self.complete, methods=["POST"]),
            Route("/api/v1/chat/completions/stream", self.stream, methods=["POST"]),
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

    async def _turn(self, request: Request) -> tuple[ChatBody, Answering, Opened]:
        """What is said in which conversation; the message is stored."""
        whose = owner(request.headers)
        workspace = await asyncio.to_thread(self._engine.workspace, request)
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
            workspace=workspace,
        )
        return body, Answering(self._engine, question), opened

"""The routes of chat."""

import asyncio

from starlette.responses import Response

from edgequake.local import streams
from edgequake.local.answering import Answering
from edgequake.local.bodies import ChatBody
from edgequake.local.conversations import Opened
from edgequake.local.query_routes import question_of
from edgequake.local.requests import check_query
from edgequake.local.routing import Asked, Routes, route
from edgequake.local.sse import event_stream, while_connected
from edgequake.local.wire import sources, stats


class ChatRoutes(Routes):
    """``/api/v1/chat/completions`` and its stream."""

    @route("POST /api/v1/chat/completions")
    async def complete(self, asked: Asked, body: ChatBody) -> object:
        """The whole answer."""
        answering, opened = await asyncio.to_thread(self._turn, asked, body)
        found = await while_connected(asked.request, answering.whole())
        message_id, _ = await streams.kept(answering, found, opened)
        return {
            "conversation_id": opened.id,
            "user_message_id": opened.message_id,
            "assistant_message_id": message_id,
            "content": answering.text,
            "mode": answering.question.mode,
            "sources": sources(found, body.content_granularity),
            "stats": stats(answering, found),
            "tokens_used": answering.token_count,
            "duration_ms": found.retrieval_ms + answering.generation_ms,
            **answering.answered_by,
        }

    @route("POST /api/v1/chat/completions/stream")
    async def stream(self, asked: Asked, body: ChatBody) -> Response:
        """The answer as events."""
        answering, opened = await asyncio.to_thread(self._turn, asked, body)
        events = streams.chat(answering, opened, body.content_granularity)
        return event_stream(events, self.engine.keep_alive)

    def _turn(self, asked: Asked, body: ChatBody) -> tuple[Answering, Opened]:
        """What is said in which conversation; the message is stored."""
        whose, workspace = asked.owner, asked.workspace
        check_query(body.message, "message")
        mode = body.effective_mode()
        opened = self.engine.conversations.say(whose, body.conversation_id, body.message, mode, workspace)
        question = question_of(body, body.message, workspace, history=opened.history)
        return Answering(self.engine, question), opened

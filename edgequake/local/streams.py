"""The events of each stream, in the order clients rely on."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from time import perf_counter
from typing import Any

from edgequake.local.conversations import Conversation, Message
from edgequake.local.engine import MODEL, PROVIDER, Engine, Found, Question
from edgequake.local.sse import json_event, text_event
from edgequake.local.wire import error_event, sources, stats

Events = AsyncGenerator[bytes, None]


class Clock:
    """Milliseconds since a stream began, and when its first token came."""

    def __init__(self) -> None:
        self._started = perf_counter()
        self.first_token_ms: int | None = None
        self.tokens = 0

    def elapsed_ms(self) -> int:
        """Milliseconds so far."""
        return round((perf_counter() - self._started) * 1000)

    def token(self) -> None:
        """Count a token."""
        self.tokens += 1
        if self.first_token_ms is None:
            self.first_token_ms = self.elapsed_ms()


async def query_v1(engine: Engine, found: Found) -> Events:
    """Raw text tokens; an error is a token that begins with `Error: `."""
    try:
        async with aclosing(engine.tokens(found)) as tokens:
            async for token in tokens:
                yield text_event(token)
    except Exception as error:
        yield text_event(f"Error: {error}")


async def query_v2(engine: Engine, question: Question, granularity: str) -> Events:
    """Thinking, context, tokens, done; or an error at any point."""
    try:
        found = await engine.find(question)
    except Exception as error:
        yield json_event(error_event("QUERY_FAILED", error))
        return
    count = len(found.sources)
    note = f"{question.mode} retrieval: {count} {'chunk' if count == 1 else 'chunks'}"
    yield json_event({"type": "thinking", "content": note})
    yield json_event(
        {
            "type": "context",
            "sources": sources(found, granularity),
            "query_mode": question.mode,
            "retrieval_time_ms": found.retrieval_ms,
        }
    )
    clock = Clock()
    try:
        async with aclosing(engine.tokens(found)) as tokens:
            async for token in tokens:
                clock.token()
                yield json_event({"type": "token", "content": token})
    except Exception as error:
        yield json_event(error_event("STREAM_ERROR", error))
        return
    ttft_ms = found.retrieval_ms + (clock.first_token_ms or 0)
    figures = stats(found, found.generation_ms + clock.elapsed_ms(), clock.tokens, ttft_ms)
    figures["query_mode"] = question.mode
    yield json_event(
        {
            "type": "done",
            "stats": figures,
            "llm_provider": PROVIDER,
            "llm_model": MODEL,
            "answer": found.answer,
        }
    )


async def guide(engine: Engine, found: Found) -> Events:
    """Tokens under `chunk`, then the sources, then done."""
    try:
        async with aclosing(engine.tokens(found)) as tokens:
            async for token in tokens:
                yield json_event({"chunk": token, "type": "token"})
    except Exception as error:
        yield json_event(error_event("STREAM_ERROR", error))
        return
    for reference in sources(found):
        yield json_event({"type": "source", "source": reference})
    yield json_event({"type": "done"})


async def chat(
    engine: Engine, conversation: Conversation, said: Message, question: Question, granularity: str
) -> Events:
    """Conversation, thinking, context when there are sources, tokens, done, and a new conversation's title.

    `said` is the user's message, stored already. The answer is stored after its last token, so an
    interrupted one is not.
    """
    clock = Clock()
    conversation_id = str(conversation.id)
    yield json_event({"type": "conversation", "conversation_id": conversation_id, "user_message_id": str(said.id)})
    try:
        found = await engine.find(question)
    except Exception as error:
        yield json_event(error_event("QUERY_FAILED", error))
        return
    for event in _chat_opening(question, found, granularity):
        yield json_event(event)
    try:
        async with aclosing(engine.tokens(found)) as tokens:
            async for token in tokens:
                clock.token()
                yield json_event({"type": "token", "content": token})
    except Exception as error:
        yield json_event(error_event("STREAM_ERROR", error))
        return
    assistant_message = conversation.add("assistant", found.answer)
    yield json_event(
        {
            "type": "done",
            "assistant_message_id": str(assistant_message.id),
            "tokens_used": clock.tokens,
            "duration_ms": clock.elapsed_ms(),
            "llm_provider": PROVIDER,
            "llm_model": MODEL,
            "answer": found.answer,
        }
    )
    if conversation.settle_title(said):
        yield json_event({"type": "title_update", "conversation_id": conversation_id, "title": conversation.title})


def _chat_opening(question: Question, found: Found, granularity: str) -> list[dict[str, Any]]:
    count = len(found.sources)
    noun = "source" if count == 1 else "sources"
    note = f"{question.mode} retrieval: {count} {noun}, {found.retrieval_ms} ms"
    opening: list[dict[str, Any]] = [{"type": "thinking", "content": note}]
    if found.sources:
        opening.append(
            {
                "type": "context",
                "sources": sources(found, granularity),
                "query_mode": question.mode,
                "retrieval_time_ms": found.retrieval_ms,
            }
        )
    return opening

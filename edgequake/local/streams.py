"""The events of each stream, in the order clients rely on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from edgequake.local.answering import Answering, GenerationError, RetrievalError
from edgequake.local.bodies import QueryBody, StreamBody
from edgequake.local.conversations import ConversationGoneError, Conversations, Opened, Reply
from edgequake.local.engine import Found
from edgequake.local.errors import StoreError
from edgequake.local.sse import json_event, text_event
from edgequake.local.wire import bundle, error_event, sources, stats, subgraph

Events = AsyncGenerator[bytes, None]


async def query_v1(answering: Answering) -> Events:
    """Raw text tokens; an error is a token that begins with `Error: `."""
    try:
        async with aclosing(answering.tokens()) as tokens:
            async for token in tokens:
                yield text_event(token)
    except GenerationError as error:
        yield text_event(f"Error: {error}")


async def query(answering: Answering, body: StreamBody) -> Events:
    """v2 and v3: thinking, context, tokens, done; or an error at any point."""
    mode = answering.question.mode
    try:
        found = await answering.found()
    except RetrievalError as error:
        yield json_event(error_event("QUERY_FAILED", error))
        return
    thinking = {"type": "thinking", "content": _note(mode, found)}
    context: dict[str, Any] = {
        "type": "context",
        "sources": sources(found, body.content_granularity),
        "query_mode": mode,
        "retrieval_time_ms": found.retrieval_ms,
    }
    if body.stream_format == "v3":
        context["bundle"] = bundle(found, with_subgraph=body.include_subgraph)
    elif body.include_subgraph:
        context["subgraph"] = subgraph(found)
    yield json_event(thinking) + json_event(context)  # together: each write wakes the client
    try:
        async with aclosing(answering.tokens()) as tokens:
            async for token in tokens:
                yield json_event({"type": "token", "content": token})
    except GenerationError as error:
        yield json_event(error_event("STREAM_ERROR", error))
        return
    figures = {**stats(answering, found), "query_mode": mode}
    yield json_event({"type": "done", "stats": figures, **_answered(answering)})


async def guide(answering: Answering, found: Found) -> Events:
    """Tokens under `chunk`, then the passages they rest on, then done."""
    try:
        async with aclosing(answering.tokens()) as tokens:
            async for token in tokens:
                yield json_event({"chunk": token, "type": "token"})
    except GenerationError as error:
        yield json_event(error_event("STREAM_ERROR", error))
        return
    for reference in sources(found)[: len(found.passages)]:
        yield json_event({"type": "source", "source": reference})
    yield json_event({"type": "done"})


async def chat(answering: Answering, conversations: Conversations, opened: Opened, granularity: str) -> Events:
    """Conversation, thinking, context when there are sources, tokens, done, and a new conversation's title.

    The user's message is stored already. The answer is stored after its last token, so an interrupted one
    is not.
    """
    yield json_event({"type": "conversation", "conversation_id": opened.id, "user_message_id": opened.message_id})
    try:
        found = await answering.found()
    except RetrievalError as error:
        yield json_event(error_event("QUERY_FAILED", error))
        return
    yield b"".join(map(json_event, _chat_opening(answering.question.mode, found, granularity)))
    try:
        async with aclosing(answering.tokens()) as tokens:
            async for token in tokens:
                yield json_event({"type": "token", "content": token})
    except GenerationError as error:
        yield json_event(error_event("STREAM_ERROR", error))
        return
    try:
        message_id, title = await asyncio.to_thread(conversations.reply, opened, reply(answering, found))
    except ConversationGoneError as error:
        yield json_event(error_event("CONVERSATION_GONE", error))
        return
    except StoreError as error:
        yield json_event(error_event("SAVE_FAILED", error))
        return
    done = {
        "type": "done",
        "assistant_message_id": message_id,
        "tokens_used": answering.token_count,
        "duration_ms": found.retrieval_ms + answering.generation_ms,
        **_answered(answering),
    }
    yield json_event(done)
    if title:
        yield json_event({"type": "title_update", "conversation_id": opened.id, "title": title})


def reply(answering: Answering, found: Found) -> Reply:
    """The complete answer as a conversation keeps it."""
    duration = found.retrieval_ms + answering.generation_ms
    return Reply(
        answering.text, answering.question.mode, answering.token_count, duration, sources(found), subgraph(found)
    )


def whole(answering: Answering, found: Found, body: QueryBody) -> dict[str, Any]:
    """The QueryResponse of an answer that is complete."""
    payload: dict[str, Any] = {
        "answer": answering.text,
        "mode": answering.question.mode,
        "sources": sources(found, body.content_granularity),
        "stats": stats(answering, found),
    }
    if body.include_subgraph:
        payload["subgraph"] = subgraph(found)
    return payload


def _answered(answering: Answering) -> dict[str, str]:
    engine = answering.engine
    return {"llm_provider": engine.provider, "llm_model": engine.model, "answer": answering.text}


def _chat_opening(mode: str, found: Found, granularity: str) -> list[dict[str, Any]]:
    note = f"{mode} retrieval: {_counted(found.count, 'source')}, {found.retrieval_ms} ms"
    opening: list[dict[str, Any]] = [{"type": "thinking", "content": note}]
    if found.count:
        opening.append(
            {
                "type": "context",
                "sources": sources(found, granularity),
                "query_mode": mode,
                "retrieval_time_ms": found.retrieval_ms,
                "subgraph": subgraph(found),
            }
        )
    return opening


def _note(mode: str, found: Found) -> str:
    told = [_counted(len(found.passages), "chunk")]
    if found.entities:
        told.append(_counted(len(found.entities), "entity", "entities"))
    if found.relationships:
        told.append(_counted(len(found.relationships), "relationship"))
    return f"{mode} retrieval: {', '.join(told)}"


def _counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or noun + 's'}"

"""The events of each stream, in the order clients rely on."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import wraps
from typing import Any, Final, ParamSpec

from edgequake.local.answering import Answering, GenerationError, RetrievalError
from edgequake.local.bodies import QueryBody, StreamBody
from edgequake.local.conversations import ConversationGoneError, Opened
from edgequake.local.engine import Found
from edgequake.local.errors import StoreError
from edgequake.local.requests import RequestError
from edgequake.local.sse import json_event, text_event
from edgequake.local.wire import bundle, sources, stats, subgraph

P = ParamSpec("P")
Events = AsyncGenerator[bytes, None]

_CODES: Final[Mapping[type[Exception], str]] = {
    RetrievalError: "QUERY_FAILED",
    GenerationError: "STREAM_ERROR",
    ConversationGoneError: "CONVERSATION_GONE",
    StoreError: "SAVE_FAILED",
}


def _reporting(stream: Callable[P, Events]) -> Callable[P, Events]:
    """A stream whose last event says so when it cannot go on."""

    @wraps(stream)
    async def reported(*args: P.args, **kwargs: P.kwargs) -> Events:
        try:
            async with aclosing(stream(*args, **kwargs)) as events:
                async for event in events:
                    yield event
        except (*_CODES,) as error:
            words = error.words if isinstance(error, RequestError) else str(error)
            yield json_event({"type": "error", "message": words, "code": _CODES[type(error)]})

    return reported


async def query_v1(answering: Answering) -> Events:
    """Raw text tokens; an error is a token that begins with ``Error: ``."""
    try:
        async with aclosing(answering.tokens()) as tokens:
            async for token in tokens:
                yield text_event(token)
    except GenerationError as error:
        yield text_event(f"Error: {error.words}")


@_reporting
async def query(answering: Answering, body: StreamBody) -> Events:
    """v2 and v3: thinking, context, tokens, done; or an error at any point."""
    mode = answering.question.mode
    found = await answering.found()
    context = _context(mode, found, body.content_granularity)
    if body.stream_format == "v3":
        context["bundle"] = bundle(found, with_subgraph=body.include_subgraph)
    elif body.include_subgraph:
        context["subgraph"] = subgraph(found)
    thinking = {"type": "thinking", "content": _note(mode, found)}
    yield json_event(thinking) + json_event(context)  # together: each write wakes the client
    async with aclosing(answering.tokens()) as tokens:
        async for token in tokens:
            yield json_event({"type": "token", "content": token})
    figures = {**stats(answering, found), "query_mode": mode}
    yield json_event({"type": "done", "stats": figures, **answering.answered_by, "answer": answering.text})


@_reporting
async def guide(answering: Answering, found: Found) -> Events:
    """Tokens under ``chunk``, then the passages they rest on, then done."""
    async with aclosing(answering.tokens()) as tokens:
        async for token in tokens:
            yield json_event({"chunk": token, "type": "token"})
    for reference in sources(found)[: len(found.passages)]:
        yield json_event({"type": "source", "source": reference})
    yield json_event({"type": "done"})


@_reporting
async def chat(answering: Answering, opened: Opened, granularity: str) -> Events:
    """Conversation, thinking, context when there are sources, tokens, done, and a new conversation's title.

    The user's message is stored already. The answer is stored after its last token, so an interrupted one
    is not.
    """
    yield json_event({"type": "conversation", "conversation_id": opened.id, "user_message_id": opened.message_id})
    mode = answering.question.mode
    found = await answering.found()
    note = f"{mode} retrieval: {_counted(found.count, 'source')}, {found.retrieval_ms} ms"
    context = {**_context(mode, found, granularity), "subgraph": subgraph(found)} if found.count else None
    thinking = json_event({"type": "thinking", "content": note})
    yield thinking + json_event(context) if context else thinking
    async with aclosing(answering.tokens()) as tokens:
        async for token in tokens:
            yield json_event({"type": "token", "content": token})
    message_id, title = await kept(answering, found, opened)
    done = {
        "type": "done",
        "assistant_message_id": message_id,
        "tokens_used": answering.token_count,
        "duration_ms": found.retrieval_ms + answering.generation_ms,
        **answering.answered_by,
        "answer": answering.text,
    }
    yield json_event(done)
    if title:
        yield json_event({"type": "title_update", "conversation_id": opened.id, "title": title})


async def kept(answering: Answering, found: Found, opened: Opened) -> tuple[str, str | None]:
    """Store a complete answer. Gives and raises what ``Conversations.reply`` does."""
    return await asyncio.to_thread(
        answering.engine.conversations.reply,
        opened,
        answering.text,
        {"sources": sources(found), **subgraph(found)},
        mode=answering.question.mode,
        tokens_used=answering.token_count,
        duration_ms=found.retrieval_ms + answering.generation_ms,
    )


def whole(answering: Answering, found: Found, body: QueryBody) -> dict[str, Any]:
    """The QueryResponse of an answer that is complete."""
    return {
        "answer": answering.text,
        "mode": answering.question.mode,
        "sources": sources(found, body.content_granularity),
        "stats": stats(answering, found),
        **({"subgraph": subgraph(found)} if body.include_subgraph else {}),
    }


def _context(mode: str, found: Found, granularity: str) -> dict[str, Any]:
    about = {"query_mode": mode, "retrieval_time_ms": found.retrieval_ms}
    return {"type": "context", "sources": sources(found, granularity), **about}


def _note(mode: str, found: Found) -> str:
    told = [_counted(len(found.passages), "chunk")]
    if found.entities:
        told.append(_counted(len(found.entities), "entity", "entities"))
    if found.relationships:
        told.append(_counted(len(found.relationships), "relationship"))
    return f"{mode} retrieval: {', '.join(told)}"


def _counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or noun + 's'}"

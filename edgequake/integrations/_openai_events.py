"""A stream as OpenAI's chat completions."""

from __future__ import annotations

import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from edgequake.integrations._items import DONE, Beside, event_of, plain, usage_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from edgequake.integrations._items import Items, Said
    from edgequake.models.answer import QueryResponse

__all__ = ["completion", "openai_events"]


async def openai_events(
    items: Items, said: Said, *, model: str = "edgequake", usage: bool = False
) -> AsyncGenerator[bytes, None]:
    """The items (chunks, events or strings) as OpenAI's chat completion chunks, ended by ``[DONE]``.

    The sources come with the first chunk, in a field ``sources``. An error is an event ``{"error": …}``, which OpenAI's
    clients raise; there is no ``[DONE]`` after it.
    """
    head = _head("chat.completion.chunk", model) | ({"usage": None} if usage else {})
    beside = Beside()
    begun = False

    def chunk(delta: Mapping[str, str], finish_reason: str | None = None) -> bytes:
        more = {"sources": sources} if (sources := beside.taken()) else {}
        return event_of({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}], **more})

    try:
        async with aclosing(items):
            async for item in items:
                if text := beside.text_of(item):
                    if not begun:
                        begun = True
                        yield chunk({"role": "assistant", "content": ""})
                    yield chunk({"content": text})
        if not begun:
            yield chunk({"role": "assistant", "content": ""})
        yield chunk({}, beside.finish_reason)
    except Exception as error:
        code, message = said(error)
        yield event_of({"error": {"message": message, "type": "server_error", "param": None, "code": code}})
        return
    if usage:
        yield event_of({**head, "choices": [], "usage": beside.counted()})
    yield DONE


def completion(answer: QueryResponse, model: str) -> dict[str, Any]:
    """A whole answer as a chat completion of OpenAI's, with a field ``sources``."""
    message = {"role": "assistant", "content": answer.answer, "refusal": None}
    return {
        **_head("chat.completion", model),
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
        "usage": usage_of(answer.stats.tokens_used or 0),
        "sources": [plain(source) for source in answer.sources],
    }


def _head(kind: str, model: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{uuid4().hex}", "object": kind, "created": int(time.time()), "model": model}

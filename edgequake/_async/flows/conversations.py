"""Conversations out of a server and into one, with their messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgequake._core.transcripts import listed, message_changes, message_fields, split
from edgequake._http.downloads import PartFile
from edgequake._http.waiting import async_in_thread
from edgequake.exceptions import EdgeQuakeError, ForbiddenError, ResponseError, UnauthorizedError
from edgequake.models.conversations import ImportFailure, ImportResult

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncIterator, Iterable, Mapping
    from pathlib import Path

__all__ = ["async_exported", "async_restored", "async_written"]


async def async_exported(
    conversations: Any, ids: Iterable[Any] | None, filters: Mapping[str, Any], *, partial_ok: bool
) -> AsyncIterator[dict[str, Any]]:
    """Each conversation with its messages, as ``client.conversations`` (``conversations``) reads them."""
    if ids is None:
        async for conversation in conversations.list(**filters):
            yield await _whole(conversations, conversation, partial_ok=partial_ok)
    else:
        for one in ids:
            detail = await conversations.get(one)
            yield await _whole(conversations, detail.conversation, partial_ok=partial_ok)


async def _whole(conversations: Any, conversation: Any, *, partial_ok: bool) -> dict[str, Any]:
    messages: list[Any] = []
    try:
        async for page in conversations.messages.list(conversation.id).pages():
            messages += page.items
    except ResponseError:  # the server says that there are more, and gives no way to them
        if not partial_ok:
            raise
    return {
        "conversation": conversation.model_dump(mode="json", exclude_unset=True),
        "messages": [message.model_dump(mode="json", exclude_unset=True) for message in messages],
    }


async def async_written(exported: AsyncIterator[dict[str, Any]], to: str | os.PathLike[str]) -> Path:
    """The path of a file with a line of JSON for each conversation; it takes its name when it is whole."""
    with PartFile(to) as file:
        async for one in exported:
            await async_in_thread(file.write, json.dumps(one, ensure_ascii=False).encode() + b"\n")
        return file.keep()


async def async_restored(conversations: Any, items: Iterable[Any], folder_id: str | None) -> ImportResult:
    """Makes each conversation anew. One that fails is removed again, and the others go on."""
    parts = [split(item) for item in listed(items)]  # what is wrong with one is said before anything is sent
    result = ImportResult(imported=0)
    for conversation, messages in parts:
        made = None
        try:
            made = await _begun(conversations, conversation, folder_id)
            await _filled(conversations, made.id, messages)
            await _marked(conversations, made.id, conversation)
        except EdgeQuakeError as error:
            if made is not None:
                await _removed(conversations, made.id)
            if isinstance(error, UnauthorizedError | ForbiddenError):
                raise
            result.failed += 1
            result.errors.append(ImportFailure(id=conversation.get("id"), error=str(error)))
        else:
            result.imported += 1
            result.conversation_ids[str(conversation.get("id") or made.id)] = made.id
    return result


async def _begun(conversations: Any, conversation: Mapping[str, Any], folder_id: str | None) -> Any:
    wanted = {"title": conversation.get("title"), "mode": conversation.get("mode")}
    return await conversations.create(**wanted, **({} if folder_id is None else {"folder_id": folder_id}))


async def _filled(conversations: Any, conversation_id: str, messages: list[dict[str, Any]]) -> None:
    ids: dict[str, str] = {}
    for message in messages:
        made = await conversations.messages.create(conversation_id, **message_fields(message, ids))
        if (old := message.get("id")) is not None:
            ids[old] = made.id
        if changes := message_changes(message):
            await conversations.messages.update(made.id, **changes)


async def _marked(conversations: Any, conversation_id: str, conversation: Mapping[str, Any]) -> None:
    marks = {name: True for name in ("is_pinned", "is_archived") if conversation.get(name)}
    if marks:
        await conversations.update(conversation_id, **marks)


async def _removed(conversations: Any, conversation_id: str) -> None:
    """Takes back a conversation that could not be restored whole, so that another try does not make it twice."""
    try:
        await conversations.delete(conversation_id)
    except EdgeQuakeError:
        return

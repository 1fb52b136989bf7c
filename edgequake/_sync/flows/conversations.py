# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Conversations out of a server and into one, with their messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from edgequake._core.transcripts import listed, message_changes, message_fields, split
from edgequake._http.downloads import PartFile
from edgequake._http.waiting import in_thread
from edgequake.exceptions import EdgeQuakeError, ForbiddenError, ResponseError, UnauthorizedError
from edgequake.models.conversations import ImportFailure, ImportResult

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Iterable, Mapping
    from pathlib import Path

__all__ = ["exported", "restored", "written"]


def exported(
    conversations: Any, ids: Iterable[Any] | None, filters: Mapping[str, Any], *, partial_ok: bool
) -> Iterator[dict[str, Any]]:
    """Each conversation with its messages, as ``client.conversations`` (``conversations``) reads them."""
    if ids is None:
        for conversation in conversations.list(**filters):
            yield _whole(conversations, conversation, partial_ok=partial_ok)
    else:
        for one in ids:
            detail = conversations.get(one)
            yield _whole(conversations, detail.conversation, partial_ok=partial_ok)


def _whole(conversations: Any, conversation: Any, *, partial_ok: bool) -> dict[str, Any]:
    messages: list[Any] = []
    try:
        for page in conversations.messages.list(conversation.id).pages():
            messages += page.items
    except ResponseError:  # the server says that there are more, and gives no way to them
        if not partial_ok:
            raise
    return {
        "conversation": conversation.model_dump(mode="json", exclude_unset=True),
        "messages": [message.model_dump(mode="json", exclude_unset=True) for message in messages],
    }


def written(exported: Iterator[dict[str, Any]], to: str | os.PathLike[str]) -> Path:
    """The path of a file with a line of JSON for each conversation; it takes its name when it is whole."""
    with PartFile(to) as file:
        for one in exported:
            in_thread(file.write, json.dumps(one, ensure_ascii=False).encode() + b"\n")
        return file.keep()


def restored(conversations: Any, items: Iterable[Any], folder_id: str | None) -> ImportResult:
    """Makes each conversation anew. One that fails is removed again, and the others go on."""
    parts = [split(item) for item in listed(items)]  # what is wrong with one is said before anything is sent
    result = ImportResult(imported=0)
    for conversation, messages in parts:
        made = None
        try:
            made = _begun(conversations, conversation, folder_id)
            _filled(conversations, made.id, messages)
            _marked(conversations, made.id, conversation)
        except EdgeQuakeError as error:
            if made is not None:
                _removed(conversations, made.id)
            if isinstance(error, UnauthorizedError | ForbiddenError):
                raise
            result.failed += 1
            result.errors.append(ImportFailure(id=conversation.get("id"), error=str(error)))
        else:
            result.imported += 1
            result.conversation_ids[str(conversation.get("id") or made.id)] = made.id
    return result


def _begun(conversations: Any, conversation: Mapping[str, Any], folder_id: str | None) -> Any:
    wanted = {"title": conversation.get("title"), "mode": conversation.get("mode")}
    return conversations.create(**wanted, **({} if folder_id is None else {"folder_id": folder_id}))


def _filled(conversations: Any, conversation_id: str, messages: list[dict[str, Any]]) -> None:
    ids: dict[str, str] = {}
    for message in messages:
        made = conversations.messages.create(conversation_id, **message_fields(message, ids))
        if (old := message.get("id")) is not None:
            ids[old] = made.id
        if changes := message_changes(message):
            conversations.messages.update(made.id, **changes)


def _marked(conversations: Any, conversation_id: str, conversation: Mapping[str, Any]) -> None:
    marks = {name: True for name in ("is_pinned", "is_archived") if conversation.get(name)}
    if marks:
        conversations.update(conversation_id, **marks)


def _removed(conversations: Any, conversation_id: str) -> None:
    """Takes back a conversation that could not be restored whole, so that another try does not make it twice."""
    try:
        conversations.delete(conversation_id)
    except EdgeQuakeError:
        return

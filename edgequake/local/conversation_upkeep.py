"""What is done with conversations besides talking: changes, sharing, many at once, imports, single messages."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from edgequake.local.bodies import (
    BulkBody,
    ConversationBody,
    ConversationChange,
    FeedbackBody,
    MessageBody,
    MessageChange,
)
from edgequake.local.conversations import Conversations, message_of
from edgequake.local.requests import OWNED, Owner, RequestError
from edgequake.local.schema import Database, now, rows_of

_FOLDER = "SELECT id, tenant_id, workspace_id, name, parent_id, position, created_at, updated_at FROM folders"
_ROLES = ("user", "assistant", "system")


class ConversationUpkeep:
    """Changes conversations and their messages. Safe to share between threads."""

    def __init__(self, database: Database, conversations: Conversations) -> None:
        self._database = database
        self._conversations = conversations

    def create(self, owner: Owner, body: ConversationBody, workspace: str) -> dict[str, Any]:
        """A new, empty conversation, in its folder; RequestError 404 without that."""
        with self._database.transaction():
            mode = (body.mode or "hybrid").lower()
            created = self._conversations.create(owner, body.title or "", mode, workspace)
            if body.folder_id is None:
                return created
            return self.change(owner, created["id"], ConversationChange(folder_id=body.folder_id))

    def change(self, owner: Owner, conversation_id: str, change: ConversationChange) -> dict[str, Any]:
        """The conversation, changed; an explicit null takes it out of its folder. RequestError 404."""
        given = {name: getattr(change, name) for name in change.model_fields_set}
        columns = {name: value for name, value in given.items() if value is not None or name == "folder_id"}
        with self._database.transaction() as connection:
            self._conversations.get(owner, conversation_id)
            if change.folder_id is not None:
                _check_folder(connection, owner, change.folder_id)
            _update(connection, "conversations", conversation_id, columns)
            return self._conversations.get(owner, conversation_id)

    def share(self, owner: Owner, conversation_id: str) -> str:
        """The id under which anybody may read the conversation; the same again when it is shared already."""
        with self._database.transaction() as connection:
            share_id = self._conversations.get(owner, conversation_id)["share_id"] or f"shr_{uuid4().hex[:12]}"
            connection.execute("UPDATE conversations SET share_id = ? WHERE id = ?", (share_id, conversation_id))
        return str(share_id)

    def unshare(self, owner: Owner, conversation_id: str) -> None:
        """Nobody else may read it any more. RequestError 404."""
        with self._database.transaction() as connection:
            self._conversations.get(owner, conversation_id)
            connection.execute("UPDATE conversations SET share_id = NULL WHERE id = ?", (conversation_id,))

    def shared(self, share_id: str) -> tuple[Owner, str]:
        """Whose conversation is shared under this id, and which. RequestError 404."""
        with self._database.lock:
            row = self._database.connection.execute(
                "SELECT tenant_id, user_id, id FROM conversations WHERE share_id = ?", (share_id,)
            ).fetchone()
        if row is None:
            raise RequestError(404, "NOT_FOUND", f"Not found: shared conversation {share_id}")
        return Owner(UUID(row[0]), UUID(row[1])), str(row[2])

    def bulk(self, owner: Owner, body: BulkBody, what: str) -> int:
        """How many of these conversations were deleted, archived or moved; those of others are passed over."""
        affected = 0
        with self._database.transaction() as connection:
            if body.folder_id is not None:
                _check_folder(connection, owner, body.folder_id)
            for conversation_id in dict.fromkeys(map(str, body.conversation_ids)):
                try:
                    self._conversations.get(owner, conversation_id)
                except RequestError:
                    continue
                affected += 1
                if what == "delete":
                    self._conversations.delete(owner, conversation_id)
                elif what == "archive":
                    _update(connection, "conversations", conversation_id, {"is_archived": body.archive})
                else:
                    _update(connection, "conversations", conversation_id, {"folder_id": body.folder_id})
        return affected

    def take(self, owner: Owner, workspace: str, conversations: Sequence[Any]) -> list[dict[str, str]]:
        """Store conversations from elsewhere, each with its messages; the errors of those that are none."""
        errors: list[dict[str, str]] = []
        for number, found in enumerate(conversations):
            told = found if isinstance(found, dict) else {}
            inner = told.get("conversation")
            about = inner if isinstance(inner, dict) else told
            try:
                self._take(owner, workspace, about, told.get("messages"))
            except ValueError as error:
                errors.append({"id": str(about.get("id") or number), "error": str(error)})
        return errors

    def add(self, owner: Owner, conversation_id: str, body: MessageBody) -> dict[str, Any]:
        """A message that is stored as it stands. RequestError 404."""
        parent = str(body.parent_id) if body.parent_id else None
        with self._database.transaction() as connection:
            self._conversations.get(owner, conversation_id)
            added = self._conversations.add(connection, conversation_id, body.role, body.content, {"parent_id": parent})
            return message_of(connection, added, owner)

    def change_message(self, owner: Owner, message_id: str, change: MessageChange) -> dict[str, Any]:
        """The message, changed. RequestError 404."""
        columns = change.model_dump(exclude_none=True)
        if "context" in columns:
            columns["context"] = json.dumps(columns["context"], ensure_ascii=False)
        with self._database.transaction() as connection:
            message_of(connection, message_id, owner)
            _update(connection, "messages", message_id, columns)
            return message_of(connection, message_id, owner)

    def rate(self, owner: Owner, conversation_id: str, message_id: str, body: FeedbackBody) -> dict[str, Any]:
        """The message with its rating, or without one for None. RequestError 404."""
        with self._database.transaction() as connection:
            if message_of(connection, message_id, owner)["conversation_id"] != conversation_id:
                raise RequestError(404, "NOT_FOUND", f"Not found: message {message_id}")
            _update(connection, "messages", message_id, {"feedback": body.rating})
            return message_of(connection, message_id, owner)

    def delete_message(self, owner: Owner, message_id: str) -> None:
        """Forget a message. RequestError 404."""
        with self._database.transaction() as connection:
            message_of(connection, message_id, owner)
            connection.execute("DELETE FROM messages WHERE id = ?", (message_id,))

    def _take(self, owner: Owner, workspace: str, about: Mapping[str, Any], messages: object) -> None:
        if not isinstance(messages, list):
            raise ValueError("missing messages")  # noqa: TRY004 - an error of the data, not of the program
        said = [(one.get("role"), one.get("content")) if isinstance(one, dict) else (None, None) for one in messages]
        if not all(role in _ROLES and isinstance(content, str) for role, content in said):
            raise ValueError("a message without a role or content")
        title, mode = str(about.get("title") or ""), str(about.get("mode") or "hybrid")
        with self._database.transaction() as connection:
            created = self._conversations.create(owner, title, mode, workspace)["id"]
            for role, content in said:
                self._conversations.add(connection, created, str(role), str(content), {})


class Folders:
    """The folders of users. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, owner: Owner) -> list[dict[str, Any]]:
        """A user's folders by position."""
        with self._database.lock:
            run = self._database.connection.execute
            return rows_of(run(f"{_FOLDER} WHERE {OWNED} ORDER BY position, rowid", owner.columns))

    def create(self, owner: Owner, workspace: str, name: str, parent: UUID | None) -> dict[str, Any]:
        """A new folder, the last; RequestError 404 without its parent."""
        created, at = str(uuid4()), now()
        with self._database.transaction() as connection:
            if parent is not None:
                _check_folder(connection, owner, parent)
            (position,) = connection.execute(
                f"SELECT count(*) FROM folders WHERE {OWNED}",  # noqa: S608
                owner.columns,
            ).fetchone()
            whose = (str(owner.tenant_id), str(owner.user_id), workspace)
            row = (created, *whose, name, parent and str(parent), position, at, at)
            connection.execute("INSERT INTO folders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            return _check_folder(connection, owner, created)

    def change(self, owner: Owner, folder_id: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The folder, changed; RequestError: 404, 409 for a folder that would stand inside itself."""
        columns = {name: value for name, value in given.items() if value is not None or name == "parent_id"}
        with self._database.transaction() as connection:
            _check_folder(connection, owner, folder_id)
            parent: Any = columns.get("parent_id")
            while parent is not None:
                if str(parent) == folder_id:
                    raise RequestError(409, "CONFLICT", "Conflict: a folder cannot stand inside itself")
                parent = _check_folder(connection, owner, parent)["parent_id"]
            _update(connection, "folders", folder_id, columns)
            return _check_folder(connection, owner, folder_id)

    def delete(self, owner: Owner, folder_id: str) -> None:
        """Forget a folder; what is in it moves out. RequestError 404."""
        with self._database.transaction() as connection:
            _check_folder(connection, owner, folder_id)
            connection.execute("UPDATE conversations SET folder_id = NULL WHERE folder_id = ?", (folder_id,))
            connection.execute("UPDATE folders SET parent_id = NULL WHERE parent_id = ?", (folder_id,))
            connection.execute("DELETE FROM folders WHERE id = ?", (folder_id,))


def _check_folder(connection: sqlite3.Connection, owner: Owner, folder_id: UUID | str) -> dict[str, Any]:
    found = rows_of(
        connection.execute(f"{_FOLDER} WHERE id = :id AND {OWNED}", {**owner.columns, "id": str(folder_id)})
    )
    if not found:
        raise RequestError(404, "NOT_FOUND", f"Not found: folder {folder_id}")
    return found[0]


def _update(connection: sqlite3.Connection, table: str, found: str, columns: Mapping[str, Any]) -> None:
    names = "".join(f"{name} = ?, " for name in columns)
    values = [str(value) if isinstance(value, UUID) else value for value in columns.values()]
    connection.execute(f"UPDATE {table} SET {names} updated_at = ? WHERE id = ?", (*values, now(), found))  # noqa: S608

"""Chat conversations and their messages, stored beside the documents."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from edgequake.local.followup import title_of
from edgequake.local.requests import OWNED, Owner, RequestError
from edgequake.local.schema import Database, now, rows_of

# A store in memory forgets what lies further back; one in a file keeps all.
MAX_CONVERSATIONS = 1000
MAX_MESSAGES = 400

_PREVIEW_CHARS = 120
_LISTED = f"""
SELECT c.id, c.tenant_id, c.workspace_id, c.title, c.mode, c.is_pinned, c.is_archived, c.folder_id, c.share_id,
       (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id) AS message_count,
       (SELECT substr(m.content, 1, {_PREVIEW_CHARS}) FROM messages m WHERE m.conversation_id = c.id
        ORDER BY m.number DESC LIMIT 1) AS last_message_preview,
       c.created_at, c.updated_at
FROM conversations c
"""  # noqa: S608 - a constant
_MESSAGE = """
SELECT m.id, m.conversation_id, m.parent_id, m.role, m.content, m.mode, m.tokens_used, m.duration_ms,
       m.thinking_time_ms, m.context, m.is_error, m.created_at, m.updated_at, m.feedback FROM messages m
"""
_ORDERS = {"updated_at": "c.updated_at", "created_at": "c.created_at", "title": "c.title COLLATE NOCASE"}


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said: `role` is `user`, `assistant` or `system`."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation with the user's message stored, and what was said before it, the oldest first."""

    id: str
    message_id: str
    message: str
    history: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The assistant's message to store."""

    content: str
    mode: str
    tokens_used: int
    duration_ms: int
    sources: Sequence[Any]
    subgraph: Mapping[str, Any]


class ConversationGoneError(Exception):
    """The conversation was deleted while its answer was on the way."""


class Conversations:
    """All conversations. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def say(self, owner: Owner, conversation_id: UUID | None, message: str, mode: str, workspace: str | None) -> Opened:
        """Store the user's message, in a new conversation for None.

        RequestError: 404 unknown or another workspace's or user's, 403 another tenant's.
        """
        with self._database.transaction() as connection:
            found = str(conversation_id or self._create(connection, owner, mode, workspace))
            row = connection.execute(
                "SELECT tenant_id, user_id FROM conversations WHERE id = ? AND coalesce(workspace_id, ?2) IS ?2",
                (found, workspace),
            ).fetchone()
            if row is None:
                raise _unknown(found)
            if row[0] != str(owner.tenant_id):
                raise RequestError(403, "FORBIDDEN", "Forbidden: the conversation belongs to another tenant")
            if row[1] != str(owner.user_id):
                raise _unknown(found)
            said = connection.execute(
                "SELECT role, content FROM messages WHERE conversation_id = ? ORDER BY number DESC LIMIT 20", (found,)
            )
            history = tuple(Turn(*turn) for turn in reversed(said.fetchall()))
            message_id = self.add(connection, found, "user", message, {})
        return Opened(found, message_id, message, history)

    def reply(self, opened: Opened, reply: Reply) -> tuple[str, str | None]:
        """The id of the stored answer, and the title if the conversation got one only now.

        Raises ConversationGoneError.
        """
        context = {"sources": list(reply.sources), **reply.subgraph}
        columns = {
            "parent_id": opened.message_id,
            "mode": reply.mode,
            "tokens_used": reply.tokens_used,
            "duration_ms": reply.duration_ms,
            "context": json.dumps(context, ensure_ascii=False),
        }
        with self._database.transaction() as connection:
            row = connection.execute("SELECT title FROM conversations WHERE id = ?", (opened.id,)).fetchone()
            if row is None:
                raise ConversationGoneError("the conversation was deleted")
            message_id = self.add(connection, opened.id, "assistant", reply.content, columns)
            title = None if row[0] else title_of(opened.message)
            if title:
                connection.execute("UPDATE conversations SET title = ? WHERE id = ?", (title, opened.id))
        return message_id, title

    def create(self, owner: Owner, title: str, mode: str, workspace: str | None) -> dict[str, Any]:
        """A new, empty conversation in the contract's shape."""
        with self._database.transaction() as connection:
            created = self._create(connection, owner, mode, workspace, title)
            return self.get(owner, created)

    def page(
        self,
        owner: Owner,
        *,
        first: int,
        limit: int,
        search: str = "",
        where: Mapping[str, Any] | None = None,
        sort: str = "updated_at",
        ascending: bool = False,
    ) -> tuple[list[dict[str, Any]], int]:
        """The owner's conversations from `first` on in the contract's shape, and how many there are.

        `where` narrows them to values of columns: one, any of a list, or None for none.
        """
        narrowed, values = _narrowed(where or {})
        of = {**owner.columns, "search": search, **values}
        matching = f"WHERE {OWNED} AND (:search = '' OR instr(lower(title), lower(:search)) > 0) {narrowed}"
        order = f"{_ORDERS.get(sort, _ORDERS['updated_at'])} {'ASC' if ascending else 'DESC'}, c.rowid DESC"
        with self._database.lock:
            run = self._database.connection.execute
            (total,) = run(f"SELECT count(*) FROM conversations c {matching}", of).fetchone()  # noqa: S608
            rows = run(
                f"{_LISTED} {matching} ORDER BY {order} LIMIT :limit OFFSET :first",
                {**of, "limit": limit, "first": first},
            )
            return rows_of(rows), int(total)

    def get(self, owner: Owner, conversation_id: str) -> dict[str, Any]:
        """The conversation in the contract's shape. RequestError 404 for one that is not the owner's."""
        with self._database.lock:
            run = self._database.connection.execute
            found = rows_of(run(f"{_LISTED} WHERE c.id = :id AND {OWNED}", {**owner.columns, "id": conversation_id}))
        if not found:
            raise _unknown(conversation_id)
        return found[0]

    def messages(
        self, owner: Owner, conversation_id: str, *, first: int, limit: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Messages from `first` on in the contract's shape, the oldest first, and how many there are."""
        with self._database.lock:
            total = self.get(owner, conversation_id)["message_count"]
            rows = self._database.connection.execute(
                f"{_MESSAGE} WHERE m.conversation_id = ? ORDER BY m.number LIMIT ? OFFSET ?",
                (conversation_id, limit, first),
            )
            return [_message(row) for row in rows_of(rows)], total

    def delete(self, owner: Owner, conversation_id: str) -> None:
        """Forget a conversation. RequestError 404 for one that is not the owner's."""
        with self._database.transaction() as connection:
            self.get(owner, conversation_id)
            _forget(connection, conversation_id)

    def wipe(self, workspace: str) -> None:
        """Forget all conversations and folders of a workspace."""
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT id FROM conversations WHERE workspace_id = ?", (workspace,)).fetchall()
            for (conversation_id,) in rows:
                _forget(connection, conversation_id)
            connection.execute("DELETE FROM folders WHERE workspace_id = ?", (workspace,))

    def _create(
        self, connection: sqlite3.Connection, owner: Owner, mode: str, workspace: str | None, title: str = ""
    ) -> str:
        created, at = str(uuid4()), now()
        connection.execute(
            "INSERT INTO conversations (id, tenant_id, user_id, workspace_id, title, mode, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (created, str(owner.tenant_id), str(owner.user_id), workspace, title, mode, at, at),
        )
        if self._database.in_memory:
            oldest = connection.execute(
                "SELECT id FROM conversations ORDER BY updated_at DESC, rowid DESC LIMIT -1 OFFSET ?",
                (MAX_CONVERSATIONS,),
            )
            for (forgotten,) in oldest.fetchall():
                _forget(connection, forgotten)
        return created

    def add(
        self,
        connection: sqlite3.Connection,
        conversation_id: str,
        role: str,
        content: str,
        columns: Mapping[str, object],
    ) -> str:
        """The id of a message that is stored, inside a transaction of the caller's."""
        message_id, at = str(uuid4()), now()
        row = {"id": message_id, "conversation_id": conversation_id, "role": role, "content": content, **columns}
        row["created_at"] = row["updated_at"] = at
        places = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO messages ({', '.join(row)}) VALUES ({places})", [*row.values()])  # noqa: S608
        connection.execute("UPDATE conversations SET updated_at = ? WHERE id = ?", (at, conversation_id))
        if self._database.in_memory:
            connection.execute(
                "DELETE FROM messages WHERE conversation_id = ? AND number <= ("
                " SELECT number FROM messages WHERE conversation_id = ? ORDER BY number DESC LIMIT 1 OFFSET ?)",
                (conversation_id, conversation_id, MAX_MESSAGES),
            )
        return message_id


def _forget(connection: sqlite3.Connection, conversation_id: str) -> None:
    connection.execute("DELETE FROM messages WHERE conversation_id = ?", (conversation_id,))
    connection.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))


def _unknown(conversation_id: str) -> RequestError:
    return RequestError(404, "NOT_FOUND", f"Not found: conversation {conversation_id}")


def message_of(connection: sqlite3.Connection, message_id: str, owner: Owner) -> dict[str, Any]:
    """An owner's message in the contract's shape. RequestError 404."""
    wanted = f"{_MESSAGE} JOIN conversations c ON c.id = m.conversation_id WHERE m.id = :id AND {OWNED}"
    found = rows_of(connection.execute(wanted, {**owner.columns, "id": message_id}))
    if not found:
        raise RequestError(404, "NOT_FOUND", f"Not found: message {message_id}")
    return _message(found[0])


def _narrowed(where: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    conditions = [
        f"AND c.{column} IN (SELECT value FROM json_each(:{column}))"  # noqa: S608 - our names
        if isinstance(wanted, list)
        else f"AND c.{column} IS :{column}"
        for column, wanted in where.items()
    ]
    values = {name: json.dumps(value) if isinstance(value, list) else value for name, value in where.items()}
    return " ".join(conditions), values


def _message(row: dict[str, Any]) -> dict[str, Any]:
    context, feedback = row.pop("context"), row.pop("feedback")
    rated = {} if feedback is None else {"feedback": feedback}
    return {**row, "context": None if context is None else json.loads(context), **rated}

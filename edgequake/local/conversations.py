"""Chat conversations and their messages, stored beside the documents."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from edgequake.local.followup import title_of
from edgequake.local.requests import OWNED, Owner, RequestError, existing, identity, not_found
from edgequake.local.schema import Database, Row

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
_MATCHING = f"""
WHERE {OWNED} AND (:search IS NULL OR instr(lower(title), lower(:search)) > 0)
AND (:archived IS NULL OR is_archived = (:archived = 'true')) AND (:pinned IS NULL OR is_pinned = (:pinned = 'true'))
AND (:folder_id IS NULL OR folder_id = :folder_id) AND (:unfiled IS NOT 'true' OR folder_id IS NULL)
AND (:mode IS NULL OR instr(',' || :mode || ',', ',' || mode || ','))
"""
FILTERS = ("search", "archived", "pinned", "folder_id", "unfiled", "mode")
"""What conversations can be narrowed to."""
_SURPLUS = """
DELETE FROM conversations WHERE rowid IN (
    SELECT rowid FROM conversations ORDER BY updated_at DESC, rowid DESC LIMIT -1 OFFSET ?)
"""
_SURPLUS_MESSAGES = """
DELETE FROM messages WHERE conversation_id = ?1 AND number <= (
    SELECT number FROM messages WHERE conversation_id = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
"""
_ORDERS = {"updated_at": "c.updated_at", "created_at": "c.created_at", "title": "c.title COLLATE NOCASE"}
_MOST_DIGITS = 19  # SQLite's whole numbers have no more


@dataclass(frozen=True, slots=True)
class Slice:
    """Some rows of a list, how many the whole list has, and the cursor of those that follow; None after the last.

    A cursor says after which row they begin. So none is passed over when rows before them are deleted meanwhile.
    """

    rows: list[Row]
    total: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """What was said: ``role`` is ``user``, ``assistant`` or ``system``."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation with the user's message stored, and what was said before it, the oldest first."""

    id: str
    message_id: str
    message: str
    history: tuple[Turn, ...]


class ConversationGoneError(RequestError):
    """The conversation was deleted while its answer was on the way."""


class Conversations:
    """All conversations. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def say(self, owner: Owner, conversation_id: UUID | None, message: str, mode: str, workspace: str | None) -> Opened:
        """Store the user's message, in a new conversation for None.

        RequestError: 404 unknown or another workspace's or user's, 403 another tenant's.
        """
        with self._database.transaction():
            found = str(conversation_id or self.create(owner, "", mode, workspace))
            whose = "SELECT tenant_id, user_id FROM conversations WHERE id = ? AND coalesce(workspace_id, ?2) IS ?2"
            row = existing(self._database.row(whose, (found, workspace)), "conversation", found)
            if row["tenant_id"] != str(owner.tenant_id):
                raise RequestError(403, "the conversation belongs to another tenant")
            if row["user_id"] != str(owner.user_id):
                raise not_found("conversation", found)
            said = self._database.rows(
                "SELECT role, content FROM messages WHERE conversation_id = ? ORDER BY number DESC LIMIT 20", (found,)
            )
            history = tuple(Turn(**turn) for turn in reversed(said))
            return Opened(found, self.add(found, "user", message), message, history)

    def reply(self, opened: Opened, content: str, context: dict[str, Any], **columns: Any) -> tuple[str, str | None]:
        """The id of the stored answer, and the title if the conversation got one only now.

        ``context`` is what the answer rests on, ``columns`` are the message's others. Raises ConversationGoneError.
        """
        with self._database.transaction():
            row = self._database.row("SELECT title FROM conversations WHERE id = ?", (opened.id,))
            if row is None:
                raise ConversationGoneError(404, "the conversation was deleted")
            message = self.add(opened.id, "assistant", content, parent_id=opened.message_id, context=context, **columns)
            title = None if row["title"] else title_of(opened.message)
            if title:
                self._database.update("conversations", opened.id, title=title)
        return message, title

    def page(
        self,
        owner: Owner,
        *,
        cursor: str,
        limit: int,
        filters: Mapping[str, str | None],
        sort: str = "updated_at",
        ascending: bool = False,
    ) -> Slice:
        """The owner's conversations after those that ``cursor`` ends, "" for the first.

        ``filters`` narrow them to those that fit all: texts as in the query string, None for those that are not there.
        RequestError 400 for a wrong cursor.
        """
        after, _, value = cursor.partition(":")
        if cursor and identity("", after) is None:
            raise _wrong(cursor)
        sort = sort if sort in _ORDERS else "updated_at"
        key, beyond, way = _ORDERS[sort], *((">", "ASC") if ascending else ("<", "DESC"))
        of = {**owner.columns, **filters, "limit": limit + 1, "after": after, "value": value}
        rest = f"(:after = '' OR {key} {beyond} :value OR {key} = :value AND c.id > :after)"
        with self._database.snapshot():
            rows = self._database.rows(f"{_LISTED} {_MATCHING} AND {rest} ORDER BY {key} {way}, c.id LIMIT :limit", of)
            (total,) = self._database.column(f"SELECT count(*) FROM conversations c {_MATCHING}", of)  # noqa: S608
        last = rows[limit - 1] if len(rows) > limit else None
        return Slice(rows[:limit], total, f"{last['id']}:{last[sort]}" if last else None)

    def get(self, owner: Owner, conversation_id: str) -> Row:
        """The conversation in the contract's shape. RequestError 404 for one that is not the owner's."""
        found = self._database.row(f"{_LISTED} WHERE c.id = :id AND {OWNED}", {**owner.columns, "id": conversation_id})
        return existing(found, "conversation", conversation_id)

    def messages(self, owner: Owner, conversation_id: str, *, cursor: str, limit: int) -> Slice:
        """Messages after those that ``cursor`` ends, "" for the first; the oldest first.

        RequestError: 404, 400 for a wrong cursor.
        """
        if not (cursor.isascii() and f"0{cursor}".isdecimal() and len(cursor) < _MOST_DIGITS):
            raise _wrong(cursor)
        with self._database.snapshot():
            total = self.get(owner, conversation_id)["message_count"]
            asked = f"{_MESSAGE} WHERE m.conversation_id = ? AND m.number > ? ORDER BY m.number LIMIT ?"
            rows = self._database.rows(asked, (conversation_id, int(cursor or 0), limit + 1))
            last = rows[limit - 1]["id"] if len(rows) > limit else None
            number = self._database.column("SELECT number FROM messages WHERE id = ?", (last,))
        return Slice([_told(row) for row in rows[:limit]], total, str(number[0]) if number else None)

    def message(self, owner: Owner, message_id: str) -> Row:
        """An owner's message in the contract's shape. RequestError 404."""
        wanted = f"{_MESSAGE} JOIN conversations c ON c.id = m.conversation_id WHERE m.id = :id AND {OWNED}"
        return _told(existing(self._database.row(wanted, {**owner.columns, "id": message_id}), "message", message_id))

    def change_message(self, owner: Owner, message_id: str, **columns: Any) -> Row:
        """The message, changed. RequestError 404."""
        with self._database.transaction():
            self.message(owner, message_id)
            self._database.update("messages", message_id, **columns)
            return self.message(owner, message_id)

    def delete_message(self, owner: Owner, message_id: str) -> None:
        """Forget a message. RequestError 404."""
        self.message(owner, message_id)
        self._database.write("DELETE FROM messages WHERE id = ?", (message_id,))

    def delete(self, owner: Owner, conversation_id: str) -> None:
        """Forget a conversation. RequestError 404 for one that is not the owner's."""
        self.get(owner, conversation_id)
        self._database.write("DELETE FROM conversations WHERE id = ?", (conversation_id,))

    def create(self, owner: Owner, title: str, mode: str, workspace: str | None) -> str:
        """The id of a new, empty conversation."""
        whose = {"tenant_id": owner.tenant_id, "user_id": owner.user_id, "workspace_id": workspace}
        with self._database.transaction():
            created = self._database.insert("conversations", **whose, title=title, mode=mode)
            if self._database.in_memory:
                self._database.write(_SURPLUS, (MAX_CONVERSATIONS,))
        return created

    def add(self, conversation_id: str, role: str, content: str, **columns: Any) -> str:
        """The id of a message that is stored."""
        with self._database.transaction():
            said = {"conversation_id": conversation_id, "role": role, "content": content}
            message_id = self._database.insert("messages", **said, **columns)
            self._database.update("conversations", conversation_id)
            if self._database.in_memory:
                self._database.write(_SURPLUS_MESSAGES, (conversation_id, MAX_MESSAGES))
        return message_id


def _told(row: Row) -> Row:
    context, feedback = row.pop("context"), row.pop("feedback")
    rated = {} if feedback is None else {"feedback": feedback}
    return {**row, "context": None if context is None else json.loads(context), **rated}


def _wrong(cursor: str) -> RequestError:
    return RequestError(400, f"{cursor!r} is no cursor of this list")

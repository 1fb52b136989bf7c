"""What is done with conversations besides talking: changes, sharing, many at once, imports, folders."""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID, uuid4

from pydantic import ValidationError

from edgequake.local.bodies import ConversationChange, FolderChange, ImportedConversation
from edgequake.local.conversations import Conversations
from edgequake.local.requests import OWNED, Owner, RequestError, existing
from edgequake.local.schema import Database, Row
from edgequake.models._model import explain

_FOLDER = "SELECT id, tenant_id, workspace_id, name, parent_id, position, created_at, updated_at FROM folders"
_AMONG = f"{OWNED} AND id IN (SELECT value FROM json_each(:ids))"  # noqa: S608 - constants


class ConversationUpkeep:
    """Changes conversations. Safe to share between threads."""

    def __init__(self, database: Database, conversations: Conversations) -> None:
        self._database = database
        self._conversations = conversations
        self._folders = Folders(database)

    def create(self, owner: Owner, title: str, mode: str, workspace: str, folder_id: UUID | None = None) -> Row:
        """A new, empty conversation, in its folder; RequestError 404 without that."""
        with self._database.transaction():
            created = self._conversations.create(owner, title, mode, workspace)
            return self.change(owner, created, ConversationChange(folder_id=folder_id))

    def change(self, owner: Owner, conversation_id: str, change: ConversationChange) -> Row:
        """The conversation, changed; an explicit null takes it out of its folder. RequestError 404."""
        with self._database.transaction():
            self._conversations.get(owner, conversation_id)
            self._folders.check(owner, change.folder_id)
            self._database.update("conversations", conversation_id, **_given(change, "folder_id"))
            return self._conversations.get(owner, conversation_id)

    def share(self, owner: Owner, conversation_id: str, *, on: bool = True) -> str | None:
        """The id under which anybody may read the conversation, the same as before if it was shared; None for nobody.

        RequestError 404.
        """
        with self._database.transaction():
            before = self._conversations.get(owner, conversation_id)["share_id"]
            share_id = before or f"shr_{uuid4().hex[:12]}" if on else None
            self._database.write("UPDATE conversations SET share_id = ? WHERE id = ?", (share_id, conversation_id))
        return share_id

    def shared(self, share_id: str) -> tuple[Owner, str]:
        """Whose conversation is shared under this id, and which. RequestError 404."""
        found = self._database.row("SELECT tenant_id, user_id, id FROM conversations WHERE share_id = ?", (share_id,))
        row = existing(found, "shared conversation", share_id)
        return Owner(UUID(row["tenant_id"]), UUID(row["user_id"])), row["id"]

    def delete_many(self, owner: Owner, ids: Iterable[UUID]) -> int:
        """Forget conversations; how many those were, for those of others are passed over."""
        among = {**owner.columns, "ids": json.dumps([*map(str, ids)])}
        return self._database.write(f"DELETE FROM conversations WHERE {_AMONG}", among)  # noqa: S608 - a constant

    def change_many(self, owner: Owner, ids: Iterable[UUID], **change: Any) -> int:
        """Change conversations; how many those were, for those of others are passed over. RequestError 404."""
        among = {**owner.columns, "ids": json.dumps([*map(str, ids)])}
        with self._database.transaction():
            self._folders.check(owner, change.get("folder_id"))
            found = self._database.column(f"SELECT id FROM conversations WHERE {_AMONG}", among)  # noqa: S608 - a constant
            for conversation_id in found:
                self._database.update("conversations", conversation_id, **change)
        return len(found)

    def take(self, owner: Owner, workspace: str, conversations: Sequence[Any]) -> list[dict[str, str]]:
        """Store conversations from elsewhere, each with its messages; the errors of those that are none."""
        errors: list[dict[str, str]] = []
        for number, found in enumerate(conversations):
            told = found if isinstance(found, dict) else {}
            inner = told.get("conversation")
            about = {**told, **inner} if isinstance(inner, dict) else told
            try:
                self._take(owner, workspace, ImportedConversation.model_validate(about))
            except ValidationError as error:
                errors.append({"id": str(about.get("id") or number), "error": explain(error)})
        return errors

    def add(self, owner: Owner, conversation_id: str, role: str, content: str, parent_id: UUID | None = None) -> Row:
        """A message that is stored as it stands. RequestError 404."""
        with self._database.transaction():
            self._conversations.get(owner, conversation_id)
            added = self._conversations.add(conversation_id, role, content, parent_id=parent_id)
            return self._conversations.message(owner, added)

    def _take(self, owner: Owner, workspace: str, found: ImportedConversation) -> None:
        with self._database.transaction():
            created = self._conversations.create(owner, found.title or "", found.mode or "hybrid", workspace)
            for one in found.messages:
                self._conversations.add(created, one.role, one.content)


class Folders:
    """The folders of users. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, owner: Owner) -> list[Row]:
        """A user's folders by position."""
        return self._database.rows(f"{_FOLDER} WHERE {OWNED} ORDER BY position, rowid", owner.columns)

    def create(self, owner: Owner, workspace: str, name: str, parent_id: UUID | None = None) -> Row:
        """A new folder, the last; RequestError 404 without its parent."""
        with self._database.transaction():
            self.check(owner, parent_id)
            whose = {"tenant_id": owner.tenant_id, "user_id": owner.user_id, "workspace_id": workspace}
            place = {"name": name, "parent_id": parent_id, "position": len(self.list(owner))}
            created = self._database.insert("folders", **whose, **place)
            return self.get(owner, created)

    def change(self, owner: Owner, folder_id: str, change: FolderChange) -> Row:
        """The folder, changed; RequestError: 404, 409 for a folder that would stand inside itself."""
        with self._database.transaction():
            self.get(owner, folder_id)
            parent: Any = change.parent_id
            while parent is not None:
                if str(parent) == folder_id:
                    raise RequestError(409, "a folder cannot stand inside itself")
                parent = self.get(owner, parent)["parent_id"]
            self._database.update("folders", folder_id, **_given(change, "parent_id"))
            return self.get(owner, folder_id)

    def delete(self, owner: Owner, folder_id: str) -> None:
        """Forget a folder; what is in it moves out. RequestError 404."""
        self.get(owner, folder_id)
        self._database.write("DELETE FROM folders WHERE id = ?", (folder_id,))

    def get(self, owner: Owner, folder_id: UUID | str) -> Row:
        """The folder. RequestError 404."""
        found = self._database.row(f"{_FOLDER} WHERE id = :id AND {OWNED}", {**owner.columns, "id": str(folder_id)})
        return existing(found, "folder", folder_id)

    def check(self, owner: Owner, folder_id: UUID | None) -> None:
        """RequestError 404 for a folder that is not there; None is no folder."""
        if folder_id is not None:
            self.get(owner, folder_id)


def _given(change: ConversationChange | FolderChange, clearable: str) -> Row:
    """The columns that a change names: a null counts only where it clears something."""
    given = change.model_dump(exclude_unset=True)
    return {name: value for name, value in given.items() if value is not None or name == clearable}

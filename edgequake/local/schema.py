"""The database file: its tables, its version, and one writer at a time."""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from edgequake.local.errors import StoreError
from edgequake.local.scope import DEFAULT_TENANT, DEFAULT_WORKSPACE

Values = Sequence[Any] | Mapping[str, Any]
Row = dict[str, Any]
"""A row by the names of its columns."""

VERSION = 6
BUSY_SECONDS = 5.0

_MEMORY_KIB = 128 << 10
_APPLICATION_ID = 0x45514C53  # "EQLS"
_TABLES = """
CREATE TABLE documents (
    id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces(id) ON DELETE CASCADE, title TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, status TEXT NOT NULL, content_hash TEXT NOT NULL,
    size INTEGER NOT NULL, source_type TEXT NOT NULL, file_name TEXT, origin TEXT, track_id TEXT,
    metadata TEXT, error_message TEXT, warning_message TEXT, content TEXT NOT NULL);
CREATE INDEX documents_of_workspace ON documents(workspace_id);
CREATE INDEX documents_of_track ON documents(track_id) WHERE track_id IS NOT NULL;
CREATE INDEX documents_of_content ON documents(content_hash);
CREATE TABLE originals (
    document_id TEXT PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE, data BLOB NOT NULL);
CREATE TABLE passages (
    rowid INTEGER PRIMARY KEY, workspace_id TEXT NOT NULL,
    document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE, chunk_index INTEGER NOT NULL,
    start_line INTEGER NOT NULL, end_line INTEGER NOT NULL, page INTEGER, heading TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX passages_of_document ON passages(document_id);
CREATE VIRTUAL TABLE passage_words USING fts5(
    title, heading, body, code, tokenize = 'porter unicode61 remove_diacritics 2');
CREATE TRIGGER passages_gone AFTER DELETE ON passages BEGIN DELETE FROM passage_words WHERE rowid = old.rowid; END;
CREATE TABLE vectors (
    number INTEGER PRIMARY KEY AUTOINCREMENT, model TEXT NOT NULL, vector BLOB NOT NULL,
    passage INTEGER NOT NULL UNIQUE REFERENCES passages(rowid) ON DELETE CASCADE);
CREATE INDEX vectors_of_model ON vectors(model);
CREATE TABLE entities (
    rowid INTEGER PRIMARY KEY, workspace_id TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
    entity_type TEXT NOT NULL, UNIQUE (workspace_id, key));
CREATE TABLE marks (
    entity INTEGER NOT NULL, document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    count INTEGER NOT NULL, PRIMARY KEY (entity, document_id)) WITHOUT ROWID;
CREATE INDEX marks_of_document ON marks(document_id);
CREATE TRIGGER marks_gone AFTER DELETE ON marks BEGIN
    DELETE FROM entities WHERE rowid = old.entity AND NOT EXISTS (SELECT 1 FROM marks WHERE entity = old.entity); END;
CREATE TABLE tenants (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, slug TEXT NOT NULL UNIQUE, plan TEXT NOT NULL, is_active INTEGER NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE workspaces (
    id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL REFERENCES tenants(id) ON DELETE CASCADE, name TEXT NOT NULL,
    slug TEXT NOT NULL, description TEXT, is_active INTEGER NOT NULL, max_documents INTEGER, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL, UNIQUE (tenant_id, slug));
CREATE TABLE folders (
    id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, user_id TEXT NOT NULL,
    workspace_id TEXT REFERENCES workspaces(id) ON DELETE CASCADE, name TEXT NOT NULL,
    parent_id TEXT REFERENCES folders(id) ON DELETE SET NULL, position INTEGER NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE conversations (
    id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, user_id TEXT NOT NULL,
    workspace_id TEXT REFERENCES workspaces(id) ON DELETE CASCADE, title TEXT NOT NULL, mode TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, is_pinned INTEGER NOT NULL DEFAULT 0,
    is_archived INTEGER NOT NULL DEFAULT 0, folder_id TEXT REFERENCES folders(id) ON DELETE SET NULL, share_id TEXT);
CREATE INDEX conversations_of_user ON conversations(tenant_id, user_id, updated_at);
CREATE TABLE messages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE, parent_id TEXT,
    role TEXT NOT NULL, content TEXT NOT NULL, mode TEXT, tokens_used INTEGER, duration_ms INTEGER,
    thinking_time_ms INTEGER, context TEXT, is_error INTEGER NOT NULL DEFAULT 0, feedback TEXT,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE INDEX messages_of_conversation ON messages(conversation_id, number);
"""


def _why_not_opened(path: str) -> str | None:
    """What stands in the way of a file, which SQLite does not say; None if nothing is seen."""
    if os.path.isdir(path):
        return "it is a folder"
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        return f"there is no folder {folder}"
    return None if os.access(folder, os.W_OK) else f"{folder} cannot be written to"


class Database:
    """One SQLite connection that threads share: ``lock`` is held round every use of it."""

    def __init__(self, path: str) -> None:
        """Open or create the file. Raises StoreError when it cannot be opened, is busy or is something else."""
        self.path = path
        self.in_memory = path == ":memory:"
        self.lock = threading.RLock()
        self._depth = 0
        try:
            # SQLite's own temporary database: in memory until it outgrows the cache, then in a file without a name.
            name = "" if self.in_memory else path
            self.connection = sqlite3.connect(name, check_same_thread=False, timeout=BUSY_SECONDS, isolation_level=None)
        except sqlite3.Error as error:
            raise StoreError(f"cannot open {path}: {_why_not_opened(path) or error}") from error
        try:
            self._prepare()
        except BaseException as error:
            self.connection.close()
            if isinstance(error, sqlite3.Error):
                raise StoreError(f"cannot use {path} as a document store: {error}") from error
            raise

    def close(self) -> None:
        """Release the file; closing twice is harmless."""
        with self.lock:
            self.connection.close()

    def rows(self, query: str, values: Values = ()) -> list[Row]:
        """The rows by the names of their columns; what begins with ``is_`` is true or false."""
        with self.lock:
            cursor = self.connection.execute(query, values)
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor]
        return [{name: bool(row[name]) if name.startswith("is_") else row[name] for name in names} for row in rows]

    def row(self, query: str, values: Values = ()) -> Row | None:
        """The first of the rows, None when there is none."""
        return next(iter(self.rows(query, values)), None)

    def column(self, query: str, values: Values = ()) -> list[Any]:
        """The first column of the rows."""
        with self.lock:
            return [row[0] for row in self.connection.execute(query, values)]

    def insert(self, table: str, **columns: Any) -> str:
        """The id of a new row: a new one unless given. A time that is not given is now."""
        at = now()
        row = {"id": str(uuid4()), "created_at": at, "updated_at": at, **columns}
        names, places = ", ".join(row), ", ".join("?" * len(row))
        self.write(f"INSERT INTO {table} ({names}) VALUES ({places})", [*map(_plain, row.values())])  # noqa: S608 - our names
        return str(row["id"])

    def update(self, table: str, found: str, **columns: Any) -> None:
        """Change a row."""
        names = "".join(f"{name} = ?, " for name in columns)
        values = (*map(_plain, columns.values()), now(), found)
        self.write(f"UPDATE {table} SET {names} updated_at = ? WHERE id = ?", values)  # noqa: S608 - our names

    def write(self, statement: str, values: Values) -> int:
        """How many rows a statement changed. Raises as ``transaction`` does."""
        with self.transaction() as connection:
            return connection.execute(statement, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is done inside, or nothing of it; an inner one is part of the outer.

        Raises StoreError when the file is locked by another process, full or read-only.
        """
        with self.lock:
            outermost = self._depth == 0
            try:
                if outermost:
                    self.connection.execute("BEGIN IMMEDIATE")
                self._depth += 1
                try:
                    yield self.connection
                finally:
                    self._depth -= 1
                if outermost:
                    self.connection.execute("COMMIT")
            except BaseException as error:
                if outermost and self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise StoreError(f"cannot write to {self.path}: {error}") from error
                raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read inside is of one moment, whatever another process writes meanwhile."""
        with self.lock:
            if self.in_memory or self.connection.in_transaction:
                yield
                return
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                self.connection.execute("ROLLBACK")

    def _prepare(self) -> None:
        self.connection.create_function("casefold", 1, str.casefold, deterministic=True)
        run = self.connection.execute
        run("PRAGMA foreign_keys = ON")
        if self.in_memory:
            run(f"PRAGMA cache_size = -{_MEMORY_KIB}")
            run("PRAGMA journal_mode = MEMORY")
        else:
            self._check_owner()
            run("PRAGMA journal_mode = WAL")
            run("PRAGMA synchronous = NORMAL")
            run("PRAGMA temp_store = MEMORY")
        if self._is_empty():
            with self.transaction():
                if self._is_empty():  # not made by another process in between
                    for statement in _TABLES.split(";\n"):
                        run(statement)
                    default = {"name": "Default", "slug": "default", "is_active": True}
                    self.insert("tenants", id=DEFAULT_TENANT, plan="free", **default)
                    self.insert("workspaces", id=DEFAULT_WORKSPACE, tenant_id=DEFAULT_TENANT, **default)
                    run(f"PRAGMA application_id = {_APPLICATION_ID}")
                    run(f"PRAGMA user_version = {VERSION}")
        self._check_owner()
        # The documents that could not be read, where a full disk kept that from being written. It needs no disk.
        run("CREATE TEMP TABLE unwritten (id TEXT PRIMARY KEY, error TEXT NOT NULL)")

    def _is_empty(self) -> bool:
        return self.connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None

    def _check_owner(self) -> None:
        """Raises StoreError for a database of something else or of another version, before it is touched."""
        if self._is_empty():
            return
        (owner,) = self.connection.execute("PRAGMA application_id").fetchone()
        (version,) = self.connection.execute("PRAGMA user_version").fetchone()
        if owner != _APPLICATION_ID:
            ours = self.connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'passage_words'").fetchone()
            if not ours:
                raise StoreError(f"cannot use {self.path} as a document store: it holds another program's tables")
            version = 1
        if version != VERSION:
            age = "an older" if version < VERSION else "a newer"
            raise StoreError(
                f"cannot use {self.path}: {age} edgequake made it (format {version}, this one reads {VERSION});"
                " name another file, or delete this one with its conversations and load the files again"
            )


def _plain(value: Any) -> Any:
    """A value as SQLite takes it: an id as text, an object as JSON."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value) if isinstance(value, UUID) else value


def now() -> str:
    """The time as it is stored, RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat()

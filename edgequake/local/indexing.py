"""What is read of a document: its passages, their words, and the entities that it marks."""

from sqlite3 import Connection

from edgequake.local.graph import names
from edgequake.local.passages import HEADING_SEPARATOR, Passage, split
from edgequake.local.words import spaced

_ADD_PASSAGE = """
INSERT INTO passages (workspace_id, document_id, chunk_index, start_line, end_line, page, heading, text)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_WORDS = "INSERT INTO passage_words (rowid, title, heading, body, code) VALUES (?, ?, ?, ?, ?)"
_ADD_ENTITY = "INSERT OR IGNORE INTO entities (workspace_id, key, id, name, entity_type) VALUES (?, ?, ?, ?, ?)"
_ADD_MARK = "INSERT INTO marks SELECT rowid, ?, ? FROM entities WHERE workspace_id = ? AND key = ?"


def index(connection: Connection, document_id: str, title: str, text: str, *, source_type: str, workspace: str) -> None:
    """Read a document that is stored, so that it is found. The caller holds a transaction."""
    for table in ("passages", "marks"):
        connection.execute(f"DELETE FROM {table} WHERE document_id = ?", (document_id,))  # noqa: S608 - one of two names
    passages = split(text, source_type, title)
    subject = _subject(passages)
    for one in passages:
        place = (workspace, document_id, one.index, one.start_line, one.end_line, one.page)
        row = connection.execute(_ADD_PASSAGE, (*place, one.heading, one.text)).lastrowid
        above = (spaced(f"{title} {subject}"), spaced(one.heading[len(subject) :]))
        connection.execute(_ADD_WORDS, (row, *above, spaced(one.words), spaced(one.code)))
    found = names(passages)
    entities = [(workspace, key, name.id, name.text, name.entity_type) for key, name in found.items()]
    connection.executemany(_ADD_ENTITY, entities)
    marks = [(document_id, name.count, workspace, key) for key, name in found.items()]
    connection.executemany(_ADD_MARK, marks)


def _subject(passages: list[Passage]) -> str:
    """The heading that stands over every passage: the document's name, which tells none from another."""
    names = {passage.heading.split(HEADING_SEPARATOR)[0] for passage in passages if passage.heading}
    return names.pop() if len(names) == 1 else ""

"""Rows that make something on the server, in a workspace that is made for them and removed.

What is made outside the workspace, such as conversations and their folders, bears the workspace's name. What was made
is known by names that begin with ``made_``; nothing else is ever changed or removed. All texts hold the workspace's
name, so that no server takes them for documents that it has already.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from edgequake._doctor.rows import Row
from edgequake.exceptions import NotFoundError, ResponseError

if TYPE_CHECKING:
    from edgequake._doctor.rows import Found

__all__ = ["MAKING", "SCRATCH", "entity_names", "make_conversation"]

_V1 = "/api/v1"
_DOCS = f"{_V1}/documents"
_TALK = f"{_V1}/conversations/{{conversation_id}}"
_WS = f"{_V1}/workspaces/{{workspace_id}}"
_ENTITIES = f"{_V1}/graph/entities"
_RELATIONS = f"{_V1}/graph/relationships"

_TEXT = "The Orion relay in Lyon is operated by Mira Okafor. The spare beacon is kept in Paris."
_QUESTION = "Who operates the Orion relay?"


def _pdf(text: str) -> bytes:
    """A PDF of one page with a line of text."""
    content = b"BT /F1 12 Tf 72 720 Td (%s) Tj ET" % text.encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    tail = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(body))
    return body + head + table + tail


def _remove_workspace(c: Any, f: Found) -> None:
    """Removes the workspace, also when the answer that held its id was lost."""
    made = f.known.get("scratch") or next(
        (one for one in c.workspaces.list(tenant_id=f.tenant) if one.name == f.name), None
    )
    if made is not None:
        c.workspaces.delete(made)


def _remove_conversations(c: Any, f: Found) -> None:
    for one in c.conversations.list(search=f.name).first_page().rows:
        if one.title == f.name:
            c.conversations.delete(one)


def _remove_folders(c: Any, f: Found) -> None:
    for one in c.folders.list():
        if (one.name or "").startswith(f.name):
            c.folders.delete(one)


def _remove_own(c: Any, f: Found) -> None:
    """The conversation, also of a server that does not search."""
    with suppress(NotFoundError):
        c.conversations.delete(f.made_conversation)


def _remove_entities(c: Any, f: Found) -> None:
    for name in entity_names(f):
        with suppress(NotFoundError):
            c.entities.delete(name)


def entity_names(f: Found) -> tuple[str, str]:
    """The entities that are made: no server has others of these names."""
    name = f.name.upper().replace("-", "_")
    return f"{name}_RELAY", f"{name}_BEACON"


def _own(made: Any, name: str, wanted: str) -> Any:
    """``made``, whose name must be the one that was given: later rows change it and remove it."""
    if name != wanted:
        raise ResponseError(f"{wanted!r} was to be made, and the answer is of {name!r}, which is left alone")
    return made


def _make_workspace(c: Any, f: Found) -> Any:
    made = c.workspaces.create(f.name, tenant_id=f.tenant, slug=f.name)
    return _own(made, made.name, f.name)


def make_conversation(c: Any, f: Found) -> Any:
    """A conversation that bears the workspace's name."""
    made = c.conversations.create(title=f.name)
    return _own(made, made.title, f.name)


def _make_folder(c: Any, f: Found) -> Any:
    made = c.folders.create(f.name)
    return _own(made, made.name, f.name)


def _make_entities(c: Any, f: Found) -> Any:
    relay, beacon = entity_names(f)
    c.entities.create(beacon, entity_type="TECHNOLOGY")
    return c.entities.create(relay, entity_type="TECHNOLOGY", description="Repeats a signal.")


SCRATCH = Row(
    "workspaces.create",
    f"POST {_V1}/tenants/{{tenant_id}}/workspaces",
    _make_workspace,
    (201,),
    finds="scratch",
    undo=(_remove_workspace,),
)
"""Makes the workspace that the other rows work in."""

_MAKING = (
    Row(
        "documents.upload_text",
        f"POST {_DOCS}",
        lambda c, f: c.documents.upload_text(f"# {f.name}\n\n{_TEXT}", title="orion.md"),
        (202, 200),
        finds="made_upload upload document",
    ),
    Row(
        "documents.upload_file",
        f"POST {_DOCS}/upload",
        lambda c, f: c.documents.upload_file(f"# {f.name}\n\nIt has a second relay.".encode(), filename="second.md"),
        (202, 201, 200),
        finds="made_second",
    ),
    Row(
        "documents.upload_batch",
        f"POST {_DOCS}/upload/batch",
        lambda c, f: c.documents.upload_batch([("third.md", f"# {f.name}\n\nThe third relay is in Rome.".encode())]),
        (202, 201),
    ),
    Row(
        "documents.pdf.upload",
        f"POST {_DOCS}/pdf",
        lambda c, f: c.documents.pdf.upload(_pdf(f.name), filename="site-plan.pdf"),
        finds="made_pdf pdf pdf_track:track_id",
    ),
    Row(
        "documents.pdf.upload_batch",
        f"POST {_DOCS}/pdf/batch",
        lambda c, f: c.documents.pdf.upload_batch([("again.pdf", _pdf(f.name))]),
    ),
    Row(
        "parse.pdf",
        f"POST {_V1}/parse",
        lambda c, f: c.parse.pdf(_pdf(f.name), filename="site-plan.pdf"),
        (200, 202),
        finds="parse_job:job_id",
    ),
    Row(
        "workspaces.injections.put",
        f"PUT {_WS}/injection",
        lambda c, f: c.workspaces.injections.put("glossary", "RAG: retrieval-augmented generation"),
        (202,),
        finds="made_injection injection",
    ),
    Row(
        "workspaces.injections.put_file",
        f"PUT {_WS}/injection/file",
        lambda c, f: c.workspaces.injections.put_file("terms", b"Relay: repeats a signal.", filename="terms.md"),
        (202,),
    ),
    Row(
        "entities.create",
        f"POST {_ENTITIES}",
        _make_entities,
        (201,),
        finds="made_entity",
        undo=(_remove_entities,),
    ),
    Row(
        "relationships.create",
        f"POST {_RELATIONS}",
        lambda c, f: c.relationships.create(*entity_names(f), keywords="feeds"),
        (201,),
        finds="made_relationship",
    ),
    Row(
        "conversations.create",
        f"POST {_V1}/conversations",
        make_conversation,
        (201,),
        finds="made_conversation conversation",
        undo=(_remove_conversations, _remove_own),
    ),
    Row(
        "folders.create",
        f"POST {_V1}/folders",
        _make_folder,
        (201,),
        finds="made_folder",
        undo=(_remove_folders,),
    ),
    Row(
        "conversations.messages.create",
        f"POST {_TALK}/messages",
        lambda c, f: c.conversations.messages.create(f.made_conversation, role="assistant", content="Mira Okafor."),
        (201,),
        finds="made_message",
    ),
    Row(
        "conversations.share",
        f"POST {_TALK}/share",
        lambda c, f: c.conversations.share(f.made_conversation),
        finds="share:share_id",
    ),
    Row(
        "workspaces.snapshot_metrics",
        f"POST {_WS}/metrics-snapshot",
        lambda c, f: c.workspaces.snapshot_metrics(),
        (201,),
    ),
)

_ASKING = (
    Row(
        "query.execute",
        f"POST {_V1}/query",
        lambda c, f: c.query.execute(_QUESTION, mode="naive"),
        finds="chunk:sources.id",
    ),
    Row("query.stream", f"POST {_V1}/query/stream", lambda c, f: c.query.stream(_QUESTION).final()),
    Row(
        "query.context",
        f"POST {_V1}/query/context",
        lambda c, f: c.query.context(_QUESTION),
        finds="retrieval",
    ),
    Row("query.search_context", f"POST {_V1}/query/context/search", lambda c, f: c.query.search_context(_QUESTION)),
    Row(
        "chat.complete",
        f"POST {_V1}/chat/completions",
        lambda c, f: c.chat.complete(_QUESTION, conversation_id=f.made_conversation.id),
    ),
    Row(
        "chat.stream",
        f"POST {_V1}/chat/completions/stream",
        lambda c, f: c.chat.stream(_QUESTION, conversation_id=f.made_conversation.id).final(),
    ),
)

MAKING = _MAKING + _ASKING
"""What the rows that read shall find, and questions."""

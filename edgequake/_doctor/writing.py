"""Rows that change the server: all of it happens in a workspace that is made for them and removed.

What is made outside the workspace, conversations and folders of conversations, bears the workspace's name. What was
made is known by names that begin with ``made_``; nothing else is ever changed or removed. All texts hold the
workspace's name, so that no server takes them for documents that it has already.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from edgequake._doctor.rows import Row
from edgequake.exceptions import NotFoundError, ResponseError

if TYPE_CHECKING:
    from edgequake._doctor.rows import Found

__all__ = ["CHANGING", "MAKING", "SCRATCH"]

_V1 = "/api/v1"
_DOCS = f"{_V1}/documents"
_DOC = f"{_DOCS}/{{document_id}}"
_TALK = f"{_V1}/conversations/{{conversation_id}}"
_BULK = f"{_V1}/conversations/bulk"
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


def _make_workspace(c: Any, f: Found) -> Any:
    """The workspace. The rows that follow change it and remove it, so one of another name is refused."""
    made = c.workspaces.create(f.name, tenant_id=f.tenant, slug=f.name)
    if made.name != f.name:
        raise ResponseError(f"{f.name!r} was to be made, and the answer is of {made.name!r}, which is left alone")
    return made


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
        lambda c, f: (
            c.entities.create("DOCTOR_BEACON", entity_type="TECHNOLOGY"),
            c.entities.create("DOCTOR_RELAY", entity_type="TECHNOLOGY", description="Repeats a signal."),
        )[1],
        (201,),
        finds="made_entity",
    ),
    Row(
        "relationships.create",
        f"POST {_RELATIONS}",
        lambda c, f: c.relationships.create("DOCTOR_RELAY", "DOCTOR_BEACON", keywords="feeds"),
        (201,),
        finds="made_relationship",
    ),
    Row(
        "conversations.create",
        f"POST {_V1}/conversations",
        lambda c, f: c.conversations.create(title=f.name),
        (201,),
        finds="made_conversation conversation",
        undo=(_remove_conversations, _remove_own),
    ),
    Row(
        "folders.create",
        f"POST {_V1}/folders",
        lambda c, f: c.folders.create(f.name),
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

_OF_CONVERSATIONS = (
    Row(
        "conversations.update",
        f"PATCH {_TALK}",
        lambda c, f: c.conversations.update(f.made_conversation, is_pinned=True),
    ),
    Row(
        "conversations.messages.update",
        f"PATCH {_V1}/messages/{{message_id}}",
        lambda c, f: c.conversations.messages.update(f.made_message, content="Mira Okafor, in Lyon."),
    ),
    Row(
        "conversations.messages.feedback",
        f"PATCH {_TALK}/messages/{{message_id}}/feedback",
        lambda c, f: c.conversations.messages.feedback(f.made_conversation, f.made_message, rating="up"),
    ),
    Row(
        "conversations.messages.delete",
        f"DELETE {_V1}/messages/{{message_id}}",
        lambda c, f: c.conversations.messages.delete(f.made_message),
        (204,),
    ),
    Row(
        "conversations.bulk_move",
        f"POST {_BULK}/move",
        lambda c, f: c.conversations.bulk_move([f.made_conversation], folder_id=f.made_folder.id),
    ),
    Row(
        "conversations.bulk_archive",
        f"POST {_BULK}/archive",
        lambda c, f: c.conversations.bulk_archive([f.made_conversation]),
    ),
    Row(
        "folders.update",
        f"PATCH {_V1}/folders/{{folder_id}}",
        lambda c, f: c.folders.update(f.made_folder, name=f"{f.name}-renamed"),
    ),
    Row("folders.delete", f"DELETE {_V1}/folders/{{folder_id}}", lambda c, f: c.folders.delete(f.made_folder), (204,)),
    Row(
        "conversations.unshare",
        f"DELETE {_TALK}/share",
        lambda c, f: c.conversations.unshare(f.made_conversation),
        (204,),
    ),
    Row(
        "conversations.bulk_delete",
        f"POST {_BULK}/delete",
        lambda c, f: c.conversations.bulk_delete([c.conversations.create(title=f.name)]),
    ),
    Row("conversations.delete", f"DELETE {_TALK}", lambda c, f: c.conversations.delete(f.made_conversation), (204,)),
)

_OF_THE_GRAPH = (
    Row(
        "relationships.update",
        f"PUT {_RELATIONS}/{{relationship_id}}",
        lambda c, f: c.relationships.update(f.made_relationship, description="By cable."),
    ),
    Row(
        "relationships.delete",
        f"DELETE {_RELATIONS}/{{relationship_id}}",
        lambda c, f: c.relationships.delete(f.made_relationship),
    ),
    Row(
        "entities.update",
        f"PUT {_ENTITIES}/{{entity_name}}",
        lambda c, f: c.entities.update(f.made_entity, description="Repeats a signal, twice."),
    ),
    Row(
        "entities.merge",
        f"POST {_ENTITIES}/merge",
        lambda c, f: f.made_entity and c.entities.merge("DOCTOR_BEACON", "DOCTOR_RELAY"),
    ),
    Row("entities.delete", f"DELETE {_ENTITIES}/{{entity_name}}", lambda c, f: c.entities.delete(f.made_entity)),
)

_OF_DOCUMENTS = (
    Row(
        "tasks.cancel",
        f"POST {_V1}/tasks/{{track_id}}/cancel",
        lambda c, f: c.tasks.cancel(f.made_upload.task_id),
        also=(409,),
    ),
    Row(
        "tasks.retry",
        f"POST {_V1}/tasks/{{track_id}}/retry",
        lambda c, f: c.tasks.retry(f.made_upload.task_id),
        also=(409,),
    ),
    Row(
        "documents.retry_chunks",
        f"POST {_DOC}/retry-chunks",
        lambda c, f: c.documents.retry_chunks(f.made_upload),
        (200, 202),
        also=(404,),
    ),
    Row(
        "documents.reprocess",
        f"POST {_DOCS}/reprocess",
        lambda c, f: c.documents.reprocess(document_id=f.made_upload.document_id, max_documents=1),
        (202, 200),
    ),
    Row("documents.cancel", f"POST {_DOC}/cancel", lambda c, f: c.documents.cancel(f.made_upload), also=(409,)),
    Row(
        "documents.pdf.retry",
        f"POST {_DOCS}/pdf/{{pdf_id}}/retry",
        lambda c, f: c.documents.pdf.retry(f.made_pdf),
        also=(409,),
    ),
    Row(
        "documents.pdf.cancel",
        f"DELETE {_DOCS}/pdf/{{pdf_id}}/cancel",
        lambda c, f: c.documents.pdf.cancel(f.made_pdf),
        also=(409,),
    ),
    Row(
        "documents.pdf.delete",
        f"DELETE {_DOCS}/pdf/{{pdf_id}}",
        lambda c, f: c.documents.pdf.delete(f.made_pdf),
        (204,),
    ),
    Row(
        "documents.bulk_delete",
        f"POST {_DOCS}/batch-delete",
        lambda c, f: c.documents.bulk_delete([f.made_second]),
        (202,),
    ),
    Row("documents.delete", f"DELETE {_DOC}", lambda c, f: c.documents.delete(f.made_upload), (202, 200), also=(409,)),
)

_OF_THE_WORKSPACE = (
    Row(
        "workspaces.injections.update",
        f"PATCH {_WS}/injections/{{injection_id}}",
        lambda c, f: c.workspaces.injections.update(f.made_injection, content="RAG: answers with sources"),
        (200, 202),
    ),
    Row(
        "workspaces.injections.delete",
        f"DELETE {_WS}/injections/{{injection_id}}",
        lambda c, f: c.workspaces.injections.delete(f.made_injection),
        (200, 204),
    ),
    Row("workspaces.update", f"PUT {_WS}", lambda c, f: c.workspaces.update(description="Made by edgequake doctor")),
    Row(
        "workspaces.reprocess_documents",
        f"POST {_WS}/reprocess-documents",
        lambda c, f: c.workspaces.reprocess_documents(max_documents=1),
        (202, 200),
    ),
    Row(
        "workspaces.rebuild_embeddings",
        f"POST {_WS}/rebuild-embeddings",
        lambda c, f: c.workspaces.rebuild_embeddings(),
        (202, 200),
    ),
    Row(
        "workspaces.rebuild_knowledge_graph",
        f"POST {_WS}/rebuild-knowledge-graph",
        lambda c, f: c.workspaces.rebuild_knowledge_graph(max_documents=1),
        (202, 200),
    ),
    Row("workspaces.delete", f"DELETE {_WS}", lambda c, f: c.workspaces.delete(f.scratch), (204,)),
)

CHANGING = _OF_CONVERSATIONS + _OF_THE_GRAPH + _OF_DOCUMENTS + _OF_THE_WORKSPACE
"""What changes and removes what was made."""

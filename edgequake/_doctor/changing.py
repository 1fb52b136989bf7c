"""Rows that change and remove what the rows of ``making`` made, and nothing else."""

from __future__ import annotations

from edgequake._doctor.making import entity_names, make_conversation
from edgequake._doctor.rows import Row

__all__ = ["CHANGING"]

_V1 = "/api/v1"
_DOCS = f"{_V1}/documents"
_DOC = f"{_DOCS}/{{document_id}}"
_TALK = f"{_V1}/conversations/{{conversation_id}}"
_BULK = f"{_V1}/conversations/bulk"
_WS = f"{_V1}/workspaces/{{workspace_id}}"
_ENTITIES = f"{_V1}/graph/entities"
_RELATIONS = f"{_V1}/graph/relationships"

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
        lambda c, f: c.conversations.bulk_delete([make_conversation(c, f)]),
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
        lambda c, f: f.made_entity and c.entities.merge(*reversed(entity_names(f))),
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

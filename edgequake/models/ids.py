"""Ids as arguments: the id itself, or an object that has it, such as the answer to an upload."""

from __future__ import annotations

from typing import Protocol, TypeAlias

__all__ = [
    "ChunkId", "ConnectionId", "ConversationId", "DocumentId", "EntityId", "EntityName", "FolderId", "HasChunkId",
    "HasConnectionId", "HasConversationId", "HasDocumentId", "HasEntityId", "HasEntityName", "HasFolderId",
    "HasInjectionId", "HasJobId", "HasKeyId", "HasMessageId", "HasNodeId", "HasPdfId", "HasRelationshipId",
    "HasRetrievalId", "HasShareId", "HasTenantId", "HasTrackId", "HasUserId", "HasWorkspaceId", "InjectionId",
    "JobId", "KeyId", "MessageId", "NodeId", "PdfId", "RelationshipId", "RetrievalId", "ShareId", "TenantId",
    "TrackId", "UserId", "WorkspaceId",
]  # fmt: skip


class HasChunkId(Protocol):
    """Has the id of a passage of a document."""

    @property
    def chunk_id(self) -> str | None:
        """The id; None is refused."""


ChunkId: TypeAlias = str | HasChunkId
"""The id of a passage of a document, or an object that has it."""


class HasConnectionId(Protocol):
    """Has the id of a connection to a model provider."""

    @property
    def connection_id(self) -> str | None:
        """The id; None is refused."""


ConnectionId: TypeAlias = str | HasConnectionId
"""The id of a connection to a model provider, or an object that has it."""


class HasConversationId(Protocol):
    """Has the id of a conversation."""

    @property
    def conversation_id(self) -> str | None:
        """The id; None is refused."""


ConversationId: TypeAlias = str | HasConversationId
"""The id of a conversation, or an object that has it."""


class HasDocumentId(Protocol):
    """Has the id of a document."""

    @property
    def document_id(self) -> str | None:
        """The id; None is refused."""


DocumentId: TypeAlias = str | HasDocumentId
"""The id of a document, or an object that has it."""


class HasEntityId(Protocol):
    """Has the id of an entity."""

    @property
    def entity_id(self) -> str | None:
        """The id; None is refused."""


EntityId: TypeAlias = str | HasEntityId
"""The id of an entity, or an object that has it."""


class HasEntityName(Protocol):
    """Has the name of an entity."""

    @property
    def entity_name(self) -> str | None:
        """The name; None is refused."""


EntityName: TypeAlias = str | HasEntityName
"""The name of an entity, or an object that has it."""


class HasFolderId(Protocol):
    """Has the id of a folder of conversations."""

    @property
    def folder_id(self) -> str | None:
        """The id; None is refused."""


FolderId: TypeAlias = str | HasFolderId
"""The id of a folder of conversations, or an object that has it."""


class HasInjectionId(Protocol):
    """Has the id of a text that is injected into a workspace's prompts."""

    @property
    def injection_id(self) -> str | None:
        """The id; None is refused."""


InjectionId: TypeAlias = str | HasInjectionId
"""The id of a text that is injected into a workspace's prompts, or an object that has it."""


class HasJobId(Protocol):
    """Has the id of a job of a workspace."""

    @property
    def job_id(self) -> str | None:
        """The id; None is refused."""


JobId: TypeAlias = str | HasJobId
"""The id of a job of a workspace, or an object that has it."""


class HasKeyId(Protocol):
    """Has the id of an API key."""

    @property
    def key_id(self) -> str | None:
        """The id; None is refused."""


KeyId: TypeAlias = str | HasKeyId
"""The id of an API key, or an object that has it."""


class HasMessageId(Protocol):
    """Has the id of a message."""

    @property
    def message_id(self) -> str | None:
        """The id; None is refused."""


MessageId: TypeAlias = str | HasMessageId
"""The id of a message, or an object that has it."""


class HasNodeId(Protocol):
    """Has the id of a node of the graph."""

    @property
    def node_id(self) -> str | None:
        """The id; None is refused."""


NodeId: TypeAlias = str | HasNodeId
"""The id of a node of the graph, or an object that has it."""


class HasPdfId(Protocol):
    """Has the id of a PDF."""

    @property
    def pdf_id(self) -> str | None:
        """The id; None is refused."""


PdfId: TypeAlias = str | HasPdfId
"""The id of a PDF, or an object that has it."""


class HasRelationshipId(Protocol):
    """Has the id of a relationship."""

    @property
    def relationship_id(self) -> str | None:
        """The id; None is refused."""


RelationshipId: TypeAlias = str | HasRelationshipId
"""The id of a relationship, or an object that has it."""


class HasRetrievalId(Protocol):
    """Has the id of a retrieval that the server keeps."""

    @property
    def retrieval_id(self) -> str | None:
        """The id; None is refused."""


RetrievalId: TypeAlias = str | HasRetrievalId
"""The id of a retrieval that the server keeps, or an object that has it."""


class HasShareId(Protocol):
    """Has the id of a shared conversation."""

    @property
    def share_id(self) -> str | None:
        """The id; None is refused."""


ShareId: TypeAlias = str | HasShareId
"""The id of a shared conversation, or an object that has it."""


class HasTenantId(Protocol):
    """Has the id of a tenant."""

    @property
    def tenant_id(self) -> str | None:
        """The id; None is refused."""


TenantId: TypeAlias = str | HasTenantId
"""The id of a tenant, or an object that has it."""


class HasTrackId(Protocol):
    """Has the id of work that the server does in the background."""

    @property
    def track_id(self) -> str | None:
        """The id; None is refused."""


TrackId: TypeAlias = str | HasTrackId
"""The id of work that the server does in the background, or an object that has it."""


class HasUserId(Protocol):
    """Has the id of a user."""

    @property
    def user_id(self) -> str | None:
        """The id; None is refused."""


UserId: TypeAlias = str | HasUserId
"""The id of a user, or an object that has it."""


class HasWorkspaceId(Protocol):
    """Has the id of a workspace."""

    @property
    def workspace_id(self) -> str | None:
        """The id; None is refused."""


WorkspaceId: TypeAlias = str | HasWorkspaceId
"""The id of a workspace, or an object that has it."""

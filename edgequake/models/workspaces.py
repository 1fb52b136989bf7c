"""Workspaces: the documents, the graph and the models of one subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from edgequake.models._model import Answer
from edgequake.models.options import BodyOptions, RequestOptions
from edgequake.models.page import OffsetPage

__all__ = [
    "EmbeddingRebuildOptions",
    "GraphRebuildOptions",
    "MetricsOptions",
    "MetricsPage",
    "MetricsSnapshot",
    "NewWorkspaceOptions",
    "Rebuild",
    "ReprocessDocumentsOptions",
    "Workspace",
    "WorkspaceListOptions",
    "WorkspacePage",
    "WorkspaceSettings",
    "WorkspaceStats",
    "WorkspaceUpdateOptions",
]


class WorkspaceListOptions(RequestOptions, total=False):
    """The options of ``workspaces.list``."""

    page_size: int | None
    """How many workspaces in one request. Default: 100."""
    offset: int | None
    """How many workspaces to skip."""
    include_stats: bool | None
    """Whether each workspace has its statistics. Needs server 0.32."""


class WorkspaceSettings(BodyOptions, total=False):
    """The settings of a workspace, for ``workspaces.create`` and ``workspaces.update``."""

    description: str | None
    """What it is about."""
    max_documents: int | None
    """How many documents it may have."""
    llm_model: str | None
    """The language model that reads documents and answers."""
    llm_provider: str | None
    """The provider of that model."""
    embedding_model: str | None
    """The embedding model."""
    embedding_provider: str | None
    """The provider of that model."""
    embedding_dimension: int | None
    """How many numbers an embedding has."""
    vision_llm_model: str | None
    """The model that reads pictures."""
    vision_llm_provider: str | None
    """The provider of that model."""
    entity_types: Sequence[str] | None
    """The types of entities to look for, at most 20, such as ``["PERSON", "MACHINE"]``."""
    entity_types_strict: bool | None
    """Whether entities of other types are left out."""
    pdf_parser_backend: str | None
    """What reads PDFs: ``vision`` or ``edgeparse``."""
    chunking_mode: str | None
    """How documents are cut into passages. Needs server 0.32."""
    chunk_token_size: int | None
    """How many tokens a passage has. Needs server 0.32."""
    chunk_overlap_token_size: int | None
    """How many tokens two passages share. Needs server 0.32."""
    relation_types: Sequence[str] | None
    """The types of relationships to look for. Needs server 0.32."""
    extraction_language: str | None
    """The language of entities and relationships. Needs server 0.32."""
    llm_roles: Mapping[str, Any] | None
    """The model for each kind of work. None for a kind removes its model. Needs server 0.32."""


class NewWorkspaceOptions(WorkspaceSettings, total=False):
    """The options of ``workspaces.create``."""

    slug: str | None
    """A short name for addresses. Default: the server makes it from ``name``."""


class WorkspaceUpdateOptions(WorkspaceSettings, total=False):
    """The options of ``workspaces.update``. Give only what you want to change."""

    name: str | None
    """The new name."""
    is_active: bool | None
    """False deactivates the workspace."""


class MetricsOptions(RequestOptions, total=False):
    """The options of ``workspaces.metrics_history``."""

    page_size: int | None
    """How many snapshots in one request. Default: 100."""
    offset: int | None
    """How many snapshots to skip."""


class EmbeddingRebuildOptions(BodyOptions, total=False):
    """The options of ``workspaces.rebuild_embeddings``."""

    embedding_model: str | None
    """The new embedding model. Default: the workspace's own."""
    embedding_provider: str | None
    """The provider of that model."""
    embedding_dimension: int | None
    """How many numbers an embedding has."""
    force: bool | None
    """Whether to rebuild although nothing has changed."""


class GraphRebuildOptions(BodyOptions, total=False):
    """The options of ``workspaces.rebuild_knowledge_graph``."""

    llm_model: str | None
    """The model that reads the documents. Default: the workspace's own."""
    llm_provider: str | None
    """The provider of that model."""
    force: bool | None
    """Whether to rebuild although nothing has changed."""
    rebuild_embeddings: bool | None
    """Whether embeddings are computed again too. Default: true."""
    max_documents: int | None
    """The largest number of documents."""


class ReprocessDocumentsOptions(BodyOptions, total=False):
    """The options of ``workspaces.reprocess_documents``."""

    include_completed: bool | None
    """Whether documents that are complete are processed again too."""
    max_documents: int | None
    """The largest number of documents."""


class Workspace(Answer):
    """A workspace and its settings."""

    id: str
    """The workspace's id, a UUID. Give it to the client as ``workspace_id``."""
    tenant_id: str | None = None
    """The tenant that it belongs to."""
    name: str
    """Its name."""
    slug: str | None = None
    """Its short name in addresses."""
    description: str | None = None
    """What it is about."""
    is_active: bool | None = None
    """Whether it can be used."""
    max_documents: int | None = None
    """How many documents it may have. None means no limit."""
    llm_model: str | None = None
    """The language model that reads documents and answers."""
    llm_provider: str | None = None
    """The provider of that model."""
    llm_full_id: str | None = None
    """Provider and model, such as ``ollama/gemma3:12b``."""
    embedding_model: str | None = None
    """The embedding model."""
    embedding_provider: str | None = None
    """The provider of that model."""
    embedding_dimension: int | None = None
    """How many numbers an embedding has."""
    embedding_full_id: str | None = None
    """Provider and model of embeddings."""
    vision_llm_model: str | None = None
    """The model that reads pictures."""
    vision_llm_provider: str | None = None
    """The provider of that model."""
    llm_roles: dict[str, Any] | None = None
    """The model for each kind of work. Only newer servers send it."""
    entity_types: list[str] = Field(default_factory=list)
    """The types of entities to look for."""
    entity_types_strict: bool | None = None
    """Whether entities of other types are left out."""
    pdf_parser_backend: str | None = None
    """What reads PDFs."""
    created_at: str | None = None
    """When it was made, RFC 3339."""
    updated_at: str | None = None
    """When it was last changed, RFC 3339."""

    @property
    def workspace_id(self) -> str:
        """The workspace's id. It is the same as ``id``."""
        return self.id


class WorkspacePage(OffsetPage[Workspace]):
    """One page of workspaces."""

    items: list[Workspace] = Field(default_factory=list)
    """The workspaces of this page."""


class WorkspaceStats(Answer):
    """How much a workspace holds."""

    workspace_id: str
    """The workspace."""
    document_count: int = 0
    """How many documents it has."""
    chunk_count: int = 0
    """How many passages it has."""
    entity_count: int = 0
    """How many entities it has."""
    entity_type_count: int = 0
    """How many types of entities it has."""
    relationship_count: int = 0
    """How many relationships it has."""
    embedding_count: int = 0
    """How many embeddings it has."""
    storage_bytes: int = 0
    """The size of everything, in bytes."""
    stale: bool | None = None
    """Whether the figures are from an earlier count."""


class MetricsSnapshot(Answer):
    """How much a workspace held at one time."""

    id: str | None = None
    """The snapshot's id."""
    recorded_at: str | None = None
    """When it was taken, RFC 3339."""
    trigger_type: str | None = None
    """What caused the snapshot, such as ``manual``."""
    document_count: int = 0
    """How many documents it had."""
    chunk_count: int = 0
    """How many passages it had."""
    entity_count: int = 0
    """How many entities it had."""
    relationship_count: int = 0
    """How many relationships it had."""
    embedding_count: int = 0
    """How many embeddings it had."""
    storage_bytes: int = 0
    """The size of everything, in bytes."""


class MetricsPage(OffsetPage[MetricsSnapshot]):
    """One page of snapshots."""

    rows_in: ClassVar[str] = "snapshots"

    workspace_id: str | None = None
    """The workspace."""
    snapshots: list[MetricsSnapshot] = Field(default_factory=list)
    """The snapshots of this page."""
    count: int | None = None
    """How many snapshots this page has."""


class Rebuild(Answer):
    """Work on a whole workspace that the server has started. ``workspaces.wait`` waits until it is done."""

    workspace_id: str
    """The workspace."""
    status: str
    """``started``. Other values are possible."""
    job_id: str | None = None
    """The id of the task, if embeddings are rebuilt."""
    track_id: str | None = None
    """The id of the task, for other work."""
    documents_to_process: int | None = None
    """Documents that will be read."""
    chunks_to_process: int | None = None
    """Passages that will be read."""
    documents_found: int | None = None
    """Documents that could be processed again."""
    documents_queued: int | None = None
    """Documents that will be processed again."""
    documents_skipped: int | None = None
    """Documents that will not be processed again."""
    skip_reasons: Any = None
    """Why they will not be processed. Only newer servers send it."""
    nodes_cleared: int | None = None
    """Entities that were removed."""
    edges_cleared: int | None = None
    """Relationships that were removed."""
    vectors_cleared: int | None = None
    """Embeddings that were removed."""
    llm_model: str | None = None
    """The language model that is used."""
    llm_provider: str | None = None
    """The provider of that model."""
    embedding_model: str | None = None
    """The embedding model that is used."""
    embedding_provider: str | None = None
    """The provider of that model."""
    embedding_dimension: int | None = None
    """How many numbers an embedding has."""
    model_context_length: int | None = None
    """How many tokens the embedding model reads at once."""
    estimated_time_seconds: float | None = None
    """How long it may take, in seconds."""
    compatibility_warning: str | None = None
    """A warning about the new model. Only newer servers send it."""
    v2_migration: Any = None
    """The state of a migration. Only newer servers send it."""

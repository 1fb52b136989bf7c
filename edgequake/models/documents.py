"""Documents: what can be asked of them, and what the server answers."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypeAlias

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.options import RequestOptions
from edgequake.models.page import NumberedPage
from edgequake.models.processing import (
    BatchDeletion,
    ChunkRetry,
    ChunkRetryOptions,
    Deletion,
    DeletionImpact,
    DirectoryScan,
    DirectoryScanOptions,
    DocumentCancel,
    FailedChunk,
    FailedChunks,
    IngestionCounts,
    IngestionProgress,
    IngestionStage,
    IngestionStages,
    Reprocess,
    ReprocessOptions,
    SkippedFile,
    StuckRecovery,
    StuckRecoveryOptions,
    WorkspaceWipe,
)
from edgequake.models.uploads import (
    BatchUpload,
    BatchUploadOptions,
    BatchUploadResult,
    FileUploadOptions,
    IngestionCost,
    TextUploadOptions,
    Upload,
)

__all__ = [
    "BatchDeletion",
    "BatchUpload",
    "BatchUploadOptions",
    "BatchUploadResult",
    "ChunkRetry",
    "ChunkRetryOptions",
    "Deletion",
    "DeletionImpact",
    "DirectoryScan",
    "DirectoryScanOptions",
    "Document",
    "DocumentCancel",
    "DocumentDetail",
    "DocumentLineage",
    "DocumentListOptions",
    "DocumentPage",
    "DocumentSearch",
    "DocumentSearchOptions",
    "FailedChunk",
    "FailedChunks",
    "FileUploadOptions",
    "FoundDocument",
    "IngestionCost",
    "IngestionCounts",
    "IngestionProgress",
    "IngestionStage",
    "IngestionStages",
    "LineageChunk",
    "LineageEntity",
    "LineageExportOptions",
    "ProcessingDetails",
    "Reprocess",
    "ReprocessOptions",
    "SkippedFile",
    "StatusCounts",
    "StuckRecovery",
    "StuckRecoveryOptions",
    "TextUploadOptions",
    "TrackStatus",
    "Upload",
    "WorkspaceWipe",
]

DocumentStatus: TypeAlias = (
    Literal["pending", "processing", "completed", "partial_failure", "failed", "cancelled"] | str
)


class DocumentListOptions(RequestOptions, total=False):
    """The options of ``documents.list``."""

    page: int | None
    """The page to begin with. Default: 1."""
    page_size: int | None
    """How many documents in one request, at most 100. Default: 100."""
    status: DocumentStatus | None
    """Only those in this state. Needs server 0.32; older ones ignore it."""
    date_from: str | None
    """Only those of this ISO date (or date and time) and later."""
    date_to: str | None
    """Only those of this ISO date (or date and time) and earlier."""
    document_pattern: str | None
    """Parts of titles, any case; a comma means or."""


class DocumentSearchOptions(RequestOptions, total=False):
    """The options of ``documents.search``."""

    status: Literal["completed", "all"] | str | None
    """``all``, or ``completed``, which is the default."""
    page_size: int | None
    """How many to find, at most 50."""


class LineageExportOptions(RequestOptions, total=False):
    """The options of ``documents.export_lineage``."""

    format: Literal["json", "csv"] | str | None
    """``json`` unless given."""


class Document(Model):
    """A document in a list."""

    id: str
    """The document's id."""
    title: str | None = None
    """Its title."""
    file_name: str | None = None
    """The name of the file that it was."""
    content_summary: str | None = None
    """How its text begins."""
    content_length: int | None = None
    """Characters of its text."""
    chunk_count: int | None = None
    """Passages it was cut into; 0 until it has been processed."""
    entity_count: int | None = None
    """Entities that were found in it."""
    relationship_count: int | None = None
    """Relationships that were found in it; from newer servers."""
    status: str | None = None
    """``pending``, ``processing``, ``completed``, ``partial_failure``, ``failed``, ``cancelled`` …; an open set."""
    display_status: str | None = None
    """The status to show; from newer servers."""
    ui_phase: str | None = None
    """The phase to show; from newer servers."""
    current_stage: str | None = None
    """``chunking``, ``extracting``, ``embedding`` …; an open set."""
    stage_progress: float | None = None
    """The progress of that stage, from 0 to 1."""
    stage_message: str | None = None
    """The stage in the server's words."""
    error_message: str | None = None
    """Why it failed."""
    warning_message: str | None = None
    """What went less well."""
    track_id: str | None = None
    """For ``documents.track``."""
    pdf_id: str | None = None
    """For ``documents.pdf``, if it was a PDF."""
    source_type: str | None = None
    """``pdf``, ``markdown``, ``text`` or ``file``."""
    created_at: str | None = None
    """When it was uploaded (RFC 3339)."""
    updated_at: str | None = None
    """When it was last changed (RFC 3339)."""
    processing_time_ms: float | None = None
    """Milliseconds that processing took; from newer servers."""
    llm_model: str | None = None
    """The model that extracted entities."""
    embedding_model: str | None = None
    """The model that made the embeddings."""
    input_tokens: int | None = None
    """Tokens that the model read."""
    output_tokens: int | None = None
    """Tokens that it wrote."""
    total_tokens: int | None = None
    """Both together."""
    cost_usd: float | None = None
    """What processing cost, in US dollars."""

    @property
    def document_id(self) -> str:
        """The same as ``id``, so that you can give this object in place of a document's id."""
        return self.id


class StatusCounts(Model):
    """How many documents are in which state."""

    pending: int = 0
    """Not begun yet."""
    processing: int = 0
    """Being processed."""
    completed: int = 0
    """Processed."""
    partial_failure: int = 0
    """Processed, but for some passages."""
    failed: int = 0
    """Not processed, and not tried again by itself."""
    cancelled: int = 0
    """Stopped on request."""
    unknown: int = 0
    """In a state that the server does not say."""


class DocumentPage(NumberedPage[Document]):
    """A page of the documents of a workspace, newest first."""

    rows_in: ClassVar[str] = "documents"
    documents: list[Document] = Field(default_factory=list)
    """The documents of this page."""
    total: int | None = None
    """How many documents there are on all pages."""
    page: int | None = None
    """The number of this page, from 1."""
    page_size: int | None = None
    """How many documents a page has at most."""
    total_pages: int | None = None
    """How many pages there are."""
    has_more: bool | None = None
    """Whether there is a page after this one."""
    status_counts: StatusCounts = Field(default_factory=StatusCounts)
    """How many documents of all pages are in which state."""
    truncated: bool | None = None
    """Whether the server stopped counting; from newer servers."""


class ProcessingDetails(Model):
    """With what, and at what cost, a document was processed."""

    llm_model: str | None = None
    """The model that extracted entities."""
    embedding_model: str | None = None
    """The model that made the embeddings."""
    embedding_dimensions: int | None = None
    """How many numbers an embedding has."""
    keywords: list[str] = Field(default_factory=list)
    """What it is about."""
    entity_types: list[str] = Field(default_factory=list)
    """The types of entities that were found."""
    relationship_types: list[str] = Field(default_factory=list)
    """The types of relationships that were found."""
    chunking_strategy: str | None = None
    """How the text was cut into passages."""
    avg_chunk_size: float | None = None
    """Characters of a passage, on average."""
    processing_duration_ms: float | None = None
    """Milliseconds that processing took."""
    input_tokens: int | None = None
    """Tokens that the model read."""
    output_tokens: int | None = None
    """Tokens that it wrote."""
    total_tokens: int | None = None
    """Both together."""
    cost_usd: float | None = None
    """What it cost, in US dollars."""
    pdf_vision_model: str | None = None
    """The model that read the pages of a PDF."""
    pdf_extraction_method: str | None = None
    """How the text was taken from a PDF."""
    pdf_extraction_warning: str | None = None
    """What went less well with a PDF."""


class DocumentDetail(Answer, Document):
    """A document with its text."""

    content: str | None = None
    """The text."""
    content_hash: str | None = None
    """The text's SHA-256, in hexadecimal."""
    file_size: int | None = None
    """Bytes of the file."""
    mime_type: str | None = None
    """The file's type, such as ``text/markdown``."""
    tenant_id: str | None = None
    """The tenant it belongs to."""
    workspace_id: str | None = None
    """The workspace it belongs to."""
    processed_at: str | None = None
    """When it was processed (RFC 3339)."""
    lineage: ProcessingDetails | None = None
    """With what, and at what cost, it was processed."""
    metadata: Any = None
    """What was given with the upload."""
    multimodal_summary: dict[str, Any] | None = None
    """How many of its figures were read, and how well."""
    multimodal_items: list[Any] | None = None
    """Its figures."""


class TrackStatus(Answer):
    """The documents of one upload, and how far they are. An unknown id has no documents, and is "complete"."""

    track_id: str
    """The id that was asked for."""
    created_at: str | None = None
    """When it began (RFC 3339); None for an unknown id."""
    documents: list[Document] = Field(default_factory=list)
    """The documents so far."""
    total_count: int = 0
    """How many they are; 0 for an unknown id."""
    status_summary: StatusCounts = Field(default_factory=StatusCounts)
    """How many are in which state."""
    is_complete: bool = False
    """True when no document is being processed, and so also when there is none."""
    latest_message: str | None = None
    """The server's words, to show."""
    expected_count: int | None = None
    """How many documents there will be; from newer servers."""
    registered_count: int | None = None
    """How many of them are known yet; from newer servers."""


class FoundDocument(Model):
    """A document whose title matched a search."""

    id: str
    """The document's id."""
    title: str | None = None
    """Its title."""
    status: str | None = None
    """``completed`` …; an open set."""
    created_at: str | None = None
    """When it was uploaded (RFC 3339)."""

    @property
    def document_id(self) -> str:
        """The same as ``id``, so that you can give this object in place of a document's id."""
        return self.id


class DocumentSearch(Answer):
    """The documents whose titles matched a search; there are no further pages."""

    items: list[FoundDocument] = Field(default_factory=list)
    """The documents."""
    total: int | None = None
    """How many matched."""
    has_more: bool | None = None
    """True when more matched than came."""


class LineageChunk(Model):
    """A passage of a document, and what was found in it."""

    chunk_id: str | None = None
    """The passage's id."""
    chunk_index: int | None = None
    """Its place in the document, from 0."""
    content_preview: str | None = None
    """How its text begins."""
    tokens: int | None = None
    """Its length in tokens."""
    start_line: int | None = None
    """The line in which it begins, from 1."""
    end_line: int | None = None
    """The line in which it ends."""
    entity_count: int | None = None
    """Entities that were found in it."""


class LineageEntity(Model):
    """An entity, and the passages of a document that it was found in."""

    entity_id: str | None = None
    """The entity's id."""
    entity_name: str | None = None
    """Its name."""
    entity_type: str | None = None
    """Its type."""
    chunk_ids: list[str] | None = None
    """The passages."""


class DocumentLineage(Answer):
    """Which passage brought which entity. Servers send one of two shapes: passages and entities, or ``lineage``."""

    document_id: str | None = None
    """The document's id."""
    chunks: list[LineageChunk] | None = None
    """The document's passages."""
    entities: list[LineageEntity] | None = None
    """The entities that were found in them."""
    metadata: Any = None
    """In the other shape: what was given with the upload."""
    lineage: Any = None
    """In the other shape: with what the document was processed."""

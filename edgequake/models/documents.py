"""Documents: the options of the calls, and the answers."""

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
    """Only documents with this status. Needs server 0.32; older servers ignore it."""
    date_from: str | None
    """Only documents from this date or later. Give an ISO date, or an ISO date and time."""
    date_to: str | None
    """Only documents from this date or earlier. Give an ISO date, or an ISO date and time."""
    document_pattern: str | None
    """A part of the title. Upper and lower case are the same, and a comma separates alternatives."""


class DocumentSearchOptions(RequestOptions, total=False):
    """The options of ``documents.search``."""

    status: Literal["completed", "all"] | str | None
    """``completed`` or ``all``. Default: ``completed``."""
    page_size: int | None
    """The largest number of documents to find, at most 50."""


class LineageExportOptions(RequestOptions, total=False):
    """The options of ``documents.export_lineage``."""

    format: Literal["json", "csv"] | str | None
    """``json`` or ``csv``. Default: ``json``."""


class Document(Model):
    """A document in a list."""

    id: str
    """The document's id."""
    title: str | None = None
    """Its title."""
    file_name: str | None = None
    """The name of the file that was uploaded."""
    content_summary: str | None = None
    """The first words of its text."""
    content_length: int | None = None
    """The length of its text, in characters."""
    chunk_count: int | None = None
    """How many passages it has; 0 until it has been processed."""
    entity_count: int | None = None
    """Entities that were found in it."""
    relationship_count: int | None = None
    """Relationships that were found in it. Only newer servers send it."""
    status: str | None = None
    """For example ``pending``, ``processing``, ``completed``, ``partial_failure``, ``failed`` or ``cancelled``."""
    display_status: str | None = None
    """The status to show. Only newer servers send it."""
    ui_phase: str | None = None
    """The phase to show. Only newer servers send it."""
    current_stage: str | None = None
    """For example ``chunking``, ``extracting``, ``embedding``."""
    stage_progress: float | None = None
    """The progress of that stage, from 0 to 1."""
    stage_message: str | None = None
    """The stage in the server's words."""
    error_message: str | None = None
    """Why it failed."""
    warning_message: str | None = None
    """A problem that did not stop the processing."""
    track_id: str | None = None
    """The id of the upload, for ``documents.track``."""
    pdf_id: str | None = None
    """The id of the PDF, for ``documents.pdf``. None if the document was not a PDF."""
    source_type: str | None = None
    """``pdf``, ``markdown``, ``text`` or ``file``."""
    created_at: str | None = None
    """When it was uploaded (RFC 3339)."""
    updated_at: str | None = None
    """When it was last changed (RFC 3339)."""
    processing_time_ms: float | None = None
    """Milliseconds that processing took. Only newer servers send it."""
    llm_model: str | None = None
    """The model that extracted entities."""
    embedding_model: str | None = None
    """The model that made the embeddings."""
    input_tokens: int | None = None
    """Tokens that the model read."""
    output_tokens: int | None = None
    """Tokens that the model wrote."""
    total_tokens: int | None = None
    """Tokens that the model read and wrote."""
    cost_usd: float | None = None
    """What processing cost, in US dollars."""

    @property
    def document_id(self) -> str:
        """The same as ``id``, so that you can give this object in place of a document's id."""
        return self.id


class StatusCounts(Model):
    """How many documents have each status."""

    pending: int = 0
    """Documents whose processing has not begun."""
    processing: int = 0
    """Documents that are being processed."""
    completed: int = 0
    """Documents that have been processed completely."""
    partial_failure: int = 0
    """Documents that have been processed, except for some passages."""
    failed: int = 0
    """Documents that could not be processed. The server does not retry them by itself."""
    cancelled: int = 0
    """Documents whose processing was stopped on request."""
    unknown: int = 0
    """Documents whose status the server does not say."""


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
    """How many documents of all pages have each status."""
    truncated: bool | None = None
    """Whether the server stopped counting. Only newer servers send it."""


class ProcessingDetails(Model):
    """The models that processed a document, and what it cost."""

    llm_model: str | None = None
    """The model that extracted entities."""
    embedding_model: str | None = None
    """The model that made the embeddings."""
    embedding_dimensions: int | None = None
    """How many numbers an embedding has."""
    keywords: list[str] = Field(default_factory=list)
    """The keywords of the document."""
    entity_types: list[str] = Field(default_factory=list)
    """The types of entities that were found."""
    relationship_types: list[str] = Field(default_factory=list)
    """The types of relationships that were found."""
    chunking_strategy: str | None = None
    """How the text was cut into passages."""
    avg_chunk_size: float | None = None
    """The average length of a passage, in characters."""
    processing_duration_ms: float | None = None
    """Milliseconds that processing took."""
    input_tokens: int | None = None
    """Tokens that the model read."""
    output_tokens: int | None = None
    """Tokens that the model wrote."""
    total_tokens: int | None = None
    """Tokens that the model read and wrote."""
    cost_usd: float | None = None
    """What processing cost, in US dollars."""
    pdf_vision_model: str | None = None
    """The model that read the pages of a PDF."""
    pdf_extraction_method: str | None = None
    """How the text was extracted from the PDF."""
    pdf_extraction_warning: str | None = None
    """A problem with the PDF that did not stop the processing."""


class DocumentDetail(Answer, Document):
    """A document with its text."""

    content: str | None = None
    """The text."""
    content_hash: str | None = None
    """The SHA-256 of the text, in hexadecimal."""
    file_size: int | None = None
    """The size of the file, in bytes."""
    mime_type: str | None = None
    """The file's type, such as ``text/markdown``."""
    tenant_id: str | None = None
    """The tenant it belongs to."""
    workspace_id: str | None = None
    """The workspace it belongs to."""
    processed_at: str | None = None
    """When it was processed (RFC 3339)."""
    lineage: ProcessingDetails | None = None
    """The models that processed it, and what it cost."""
    metadata: Any = None
    """The metadata that was given with the upload."""
    multimodal_summary: dict[str, Any] | None = None
    """How many of its figures were read, and how well."""
    multimodal_items: list[Any] | None = None
    """Its figures."""


class TrackStatus(Answer):
    """The documents of one upload, and their progress. An unknown id has no documents and counts as complete."""

    track_id: str
    """The id of the upload that you asked for."""
    created_at: str | None = None
    """When it began (RFC 3339); None for an unknown id."""
    documents: list[Document] = Field(default_factory=list)
    """The documents so far."""
    total_count: int = 0
    """How many documents there are; 0 for an unknown id."""
    status_summary: StatusCounts = Field(default_factory=StatusCounts)
    """How many of them have each status."""
    is_complete: bool = False
    """True if no document is being processed. This is also true if there are no documents."""
    latest_message: str | None = None
    """The server's message, to show to people."""
    expected_count: int | None = None
    """How many documents there will be. Only newer servers send it."""
    registered_count: int | None = None
    """How many of them the server knows already. Only newer servers send it."""


class FoundDocument(Model):
    """A document whose title matched a search."""

    id: str
    """The document's id."""
    title: str | None = None
    """Its title."""
    status: str | None = None
    """The document's status, for example ``completed``."""
    created_at: str | None = None
    """When it was uploaded (RFC 3339)."""

    @property
    def document_id(self) -> str:
        """The same as ``id``, so that you can give this object in place of a document's id."""
        return self.id


class DocumentSearch(Answer):
    """The documents whose titles matched a search. There are no further pages."""

    items: list[FoundDocument] = Field(default_factory=list)
    """The documents."""
    total: int | None = None
    """How many matched."""
    has_more: bool | None = None
    """True if more documents matched than were returned."""


class LineageChunk(Model):
    """A passage of a document, and what was found in it."""

    chunk_id: str | None = None
    """The passage's id."""
    chunk_index: int | None = None
    """Its position among the passages of the document, from 0."""
    content_preview: str | None = None
    """The first words of its text."""
    tokens: int | None = None
    """Its length in tokens."""
    start_line: int | None = None
    """The line in which it begins, from 1."""
    end_line: int | None = None
    """The line in which it ends."""
    entity_count: int | None = None
    """Entities that were found in it."""


class LineageEntity(Model):
    """An entity, and the passages in which it was found."""

    entity_id: str | None = None
    """The entity's id."""
    entity_name: str | None = None
    """Its name."""
    entity_type: str | None = None
    """Its type."""
    chunk_ids: list[str] | None = None
    """The ids of the passages in which it was found."""


class DocumentLineage(Answer):
    """The passages of a document, with their entities. Some servers send ``metadata`` and ``lineage`` instead."""

    document_id: str | None = None
    """The document's id."""
    chunks: list[LineageChunk] | None = None
    """The document's passages."""
    entities: list[LineageEntity] | None = None
    """The entities that were found in them."""
    metadata: Any = None
    """The metadata that was given with the upload, if the server sends ``lineage``."""
    lineage: Any = None
    """The models and settings that processed the document. Some servers send this instead of ``chunks`` and
    ``entities``."""

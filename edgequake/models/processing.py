"""Processing: how far documents are, what failed, and what is removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.options import BodyOptions

__all__ = [
    "BatchDeletion",
    "ChunkRetry",
    "ChunkRetryOptions",
    "Deletion",
    "DeletionImpact",
    "DirectoryScan",
    "DirectoryScanOptions",
    "DocumentCancel",
    "FailedChunk",
    "FailedChunks",
    "IngestionCounts",
    "IngestionProgress",
    "IngestionStage",
    "IngestionStages",
    "Reprocess",
    "ReprocessOptions",
    "SkippedFile",
    "StuckRecovery",
    "StuckRecoveryOptions",
    "WorkspaceWipe",
]


class ChunkRetryOptions(BodyOptions, total=False):
    """The options of ``documents.retry_chunks``."""

    chunk_indices: Sequence[int] | None
    """Which passages; all that failed unless given, or if empty."""
    force: bool | None
    """Whether passages are tried that have used up their tries."""
    max_retries: int | None
    """How often each may be tried."""


class ReprocessOptions(BodyOptions, total=False):
    """The options of ``documents.reprocess``."""

    document_id: str | None
    """Only this document. Default: all that failed."""
    track_id: str | None
    """An id of your own for the work."""
    max_documents: int | None
    """At most so many."""
    force: bool | None
    """Whether documents are processed again that did not fail."""
    mode: Literal["entities", "full"] | str | None
    """``entities`` extracts again from the existing passages; ``full`` begins from the text."""


class StuckRecoveryOptions(BodyOptions, total=False):
    """The options of ``documents.recover_stuck``."""

    stuck_threshold_minutes: int | None
    """After how many minutes without progress a document counts as stuck."""
    max_documents: int | None
    """At most so many."""
    document_ids: Sequence[str] | None
    """Only these."""


class DirectoryScanOptions(BodyOptions, total=False):
    """The options of ``documents.scan``."""

    recursive: bool | None
    """Whether folders inside it are read too."""
    extensions: Sequence[str] | None
    """Only files with these endings."""
    max_files: int | None
    """At most so many."""
    track_id: str | None
    """An id of your own for the work."""


class Deletion(Answer):
    """A document that is gone, or that the server has begun to remove."""

    document_id: str
    """The document's id."""
    deleted: bool = False
    """True when it is gone; older servers remove it before they answer."""
    accepted: bool = False
    """True when it is being removed: ``track_id`` says how far."""
    track_id: str | None = None
    """The task that removes it."""
    chunks_deleted: int = 0
    """Passages that were removed."""
    entities_affected: int = 0
    """Entities that were removed or changed."""
    relationships_affected: int = 0
    """Relationships that were removed or changed."""
    embeddings_deleted: int = 0
    """Embeddings that were removed."""
    partial_failure: bool = False
    """True when a part of it could not be removed."""
    partial_failure_reason: str | None = None
    """Why."""


class WorkspaceWipe(Answer):
    """The documents of a workspace, which the server has begun to remove."""

    accepted: bool = False
    """True when they are being removed."""
    wipe_track_id: str | None = None
    """The task that removes them."""
    deleted_count: int = 0
    """Documents that are gone."""
    planned_delete_count: int = 0
    """Documents that will be gone."""
    total_chunks_deleted: int = 0
    """Passages that were removed."""
    total_entities_removed: int = 0
    """Entities that were removed."""
    total_relationships_removed: int = 0
    """Relationships that were removed."""
    total_pdfs_deleted: int = 0
    """PDFs that were removed."""
    skipped_count: int = 0
    """Documents that were left."""
    skipped_documents: list[Any] = Field(default_factory=list)
    """Those documents."""


class BatchDeletion(Answer):
    """Several documents that the server has begun to remove."""

    accepted: bool = False
    """True when they are being removed."""
    batch_track_id: str | None = None
    """The task that removes them."""
    planned_delete_count: int = 0
    """How many it removes."""


class DeletionImpact(Answer):
    """What removing a document would remove; nothing has been removed."""

    document_id: str
    """The document's id."""
    chunks_to_delete: int = 0
    """Its passages."""
    entities_to_remove: int = 0
    """Entities that are in no other document."""
    entities_to_update: int = 0
    """Entities that other documents have too."""
    relationships_to_remove: int = 0
    """Relationships that are in no other document."""
    relationships_to_update: int = 0
    """Relationships that other documents have too."""
    preview_only: bool = True
    """True: nothing has been removed."""


class FailedChunk(Model):
    """A passage that could not be processed."""

    chunk_id: str | None = None
    """The passage's id."""
    chunk_index: int | None = None
    """Its place in the document, from 0."""
    error_message: str | None = None
    """Why it failed."""
    was_timeout: bool | None = None
    """True when the model took too long."""
    retry_attempts: int | None = None
    """How often it has been tried again."""
    status: str | None = None
    """``pending`` …; an open set."""


class FailedChunks(Answer):
    """The passages of a document that could not be processed."""

    document_id: str
    """The document's id."""
    failed_chunks: list[FailedChunk] = Field(default_factory=list)
    """Those that failed."""
    total_chunks: int | None = None
    """How many passages the document has."""
    successful_chunks: int | None = None
    """How many of them were processed."""


class ChunkRetry(Answer):
    """Passages that are processed again."""

    document_id: str
    """The document's id."""
    chunks_queued: int = 0
    """How many."""
    chunk_indices: list[int] = Field(default_factory=list)
    """Which, by their place in the document."""
    implemented: bool | None = None
    """False on servers that cannot do it."""
    message: str | None = None
    """The server's words, to show."""


class Reprocess(Answer):
    """Documents that are processed again."""

    track_id: str
    """For ``documents.track``."""
    failed_found: int = 0
    """How many had failed."""
    requeued: int = 0
    """How many are processed again."""
    document_ids: list[str] = Field(default_factory=list)
    """Which."""
    skipped: int = 0
    """How many were left."""
    task_id: str | None = None
    """The task that does it, if there is one."""


class StuckRecovery(Answer):
    """Documents that had stopped, and are processed again."""

    track_id: str
    """For ``documents.track``."""
    stuck_found: int = 0
    """How many had stopped."""
    requeued: int = 0
    """How many are processed again."""
    document_ids: list[str] = Field(default_factory=list)
    """Which."""
    document_titles: list[str] = Field(default_factory=list)
    """Their titles."""


class SkippedFile(Model):
    """A file that a scan left out."""

    path: str | None = None
    """Its path on the server."""
    reason: str | None = None
    """Why it was left out."""


class DirectoryScan(Answer):
    """What was found in a directory of the server."""

    track_id: str
    """For ``documents.track``."""
    files_found: int = 0
    """How many files there are."""
    files_queued: int = 0
    """How many are processed."""
    files_skipped: int = 0
    """How many were left out."""
    queued_files: list[str] = Field(default_factory=list)
    """The paths of those that are processed."""
    skipped_files: list[SkippedFile] = Field(default_factory=list)
    """Those that were left out."""


class DocumentCancel(Answer):
    """A document whose processing was stopped."""

    document_id: str
    """The document's id."""
    status: str | None = None
    """``cancelled`` …; an open set."""
    track_id: str | None = None
    """The task that was stopped."""
    task_cancelled: bool | None = None
    """True when there was one to stop."""


class IngestionCounts(Model):
    """The progress of a stage, in its own unit."""

    current: int | None = None
    """How many are done."""
    total: int | None = None
    """How many there are."""
    unit: str | None = None
    """What is counted, such as ``chunks``."""


class IngestionStage(Model):
    """One stage of processing."""

    stage: str | None = None
    """``chunking``, ``extracting`` …; an open set."""
    status: str | None = None
    """``pending``, ``active``, ``complete`` …; an open set."""
    progress: float | None = None
    """The progress, from 0 to 100."""
    total_items: int | None = None
    """How many parts it has."""
    completed_items: int | None = None
    """How many of them are done."""
    message: str | None = None
    """The server's words, to show."""


class IngestionStages(Model):
    """The progress of each stage of processing."""

    current_stage: str | None = None
    """The stage that is active."""
    completion_percentage: float | None = None
    """The progress of the whole, from 0 to 100."""
    latest_message: str | None = None
    """The server's words, to show."""
    stages: list[IngestionStage] = Field(default_factory=list)
    """All stages, in order."""
    eta_seconds: float | None = None
    """Seconds until it is done, as the server expects."""


class IngestionProgress(Answer):
    """The progress of one upload."""

    track_id: str
    """The upload's id."""
    document_id: str | None = None
    """The document's id."""
    document_name: str | None = None
    """The document's name."""
    filename: str | None = None
    """The file's name."""
    source_type: str | None = None
    """``pdf``, ``markdown``, ``text`` or ``file``."""
    status: str | None = None
    """The stage, by the name of older servers."""
    stage: str | None = None
    """The stage that is active."""
    stage_status: str | None = None
    """``pending``, ``active``, ``complete`` …; an open set."""
    message: str | None = None
    """The server's words, to show."""
    counts: IngestionCounts | None = None
    """The progress of the stage."""
    progress_01: float | None = None
    """The progress of the whole, from 0 to 1."""
    progress: IngestionStages | None = None
    """The progress of each stage."""
    mode: str | None = None
    """``llm`` or ``decision``."""
    cost_usd: float | None = None
    """What it has cost so far, in US dollars."""
    started_at: str | None = None
    """When it began (RFC 3339)."""
    updated_at: str | None = None
    """When it was last heard of (RFC 3339)."""

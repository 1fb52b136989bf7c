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
    """The positions of the passages to retry. Default: all that failed; an empty list means the same."""
    force: bool | None
    """Whether to retry passages that have used up their retries."""
    max_retries: int | None
    """The largest number of tries for each passage."""


class ReprocessOptions(BodyOptions, total=False):
    """The options of ``documents.reprocess``."""

    document_id: str | None
    """Only this document. Default: all documents that failed."""
    track_id: str | None
    """An id of your own for the work."""
    max_documents: int | None
    """The largest number to process."""
    force: bool | None
    """Whether to process documents again that did not fail."""
    mode: Literal["entities", "full"] | str | None
    """``entities`` extracts again from the existing passages. ``full`` starts from the text."""


class StuckRecoveryOptions(BodyOptions, total=False):
    """The options of ``documents.recover_stuck``."""

    stuck_threshold_minutes: int | None
    """A document without progress for this many minutes counts as stuck."""
    max_documents: int | None
    """The largest number to process."""
    document_ids: Sequence[str] | None
    """Only these documents."""


class DirectoryScanOptions(BodyOptions, total=False):
    """The options of ``documents.scan``."""

    recursive: bool | None
    """Whether to read the folders inside it too."""
    extensions: Sequence[str] | None
    """Only files with these extensions."""
    max_files: int | None
    """The largest number to process."""
    track_id: str | None
    """An id of your own for the work."""


class Deletion(Answer):
    """A document that has been deleted, or that the server is deleting."""

    document_id: str
    """The document's id."""
    deleted: bool = False
    """True if it has been deleted. Older servers delete before they answer."""
    accepted: bool = False
    """True if it is being deleted. ``track_id`` is the id of that task."""
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
    """True if a part of it could not be deleted."""
    partial_failure_reason: str | None = None
    """The reason."""


class WorkspaceWipe(Answer):
    """All documents of a workspace, which the server is deleting."""

    accepted: bool = False
    """True if they are being deleted."""
    wipe_track_id: str | None = None
    """The task that removes them."""
    deleted_count: int = 0
    """How many documents have been deleted."""
    planned_delete_count: int = 0
    """How many documents will be deleted."""
    total_chunks_deleted: int = 0
    """Passages that were removed."""
    total_entities_removed: int = 0
    """Entities that were removed."""
    total_relationships_removed: int = 0
    """Relationships that were removed."""
    total_pdfs_deleted: int = 0
    """PDFs that were removed."""
    skipped_count: int = 0
    """How many documents were not deleted."""
    skipped_documents: list[Any] = Field(default_factory=list)
    """The documents that were not deleted."""


class BatchDeletion(Answer):
    """Several documents that the server is deleting."""

    accepted: bool = False
    """True if they are being deleted."""
    batch_track_id: str | None = None
    """The task that removes them."""
    planned_delete_count: int = 0
    """How many documents will be deleted."""


class DeletionImpact(Answer):
    """What deleting a document would remove. Nothing has been removed."""

    document_id: str
    """The document's id."""
    chunks_to_delete: int = 0
    """How many passages would be removed."""
    entities_to_remove: int = 0
    """Entities that only this document has. They would be removed."""
    entities_to_update: int = 0
    """Entities that other documents have too. They would be changed."""
    relationships_to_remove: int = 0
    """Relationships that only this document has. They would be removed."""
    relationships_to_update: int = 0
    """Relationships that other documents have too. They would be changed."""
    preview_only: bool = True
    """Always True: nothing has been removed."""


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
    """The number of retries so far."""
    status: str | None = None
    """The passage's status, for example ``pending``."""


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
    """Passages that the server processes again."""

    document_id: str
    """The document's id."""
    chunks_queued: int = 0
    """How many passages are processed again."""
    chunk_indices: list[int] = Field(default_factory=list)
    """Their positions in the document."""
    implemented: bool | None = None
    """False on servers that cannot do it."""
    message: str | None = None
    """The server's message, to show to people."""


class Reprocess(Answer):
    """Documents that the server processes again."""

    track_id: str
    """The id of this work, for ``documents.track``."""
    failed_found: int = 0
    """How many had failed."""
    requeued: int = 0
    """How many are processed again."""
    document_ids: list[str] = Field(default_factory=list)
    """The documents that are processed again."""
    skipped: int = 0
    """How many documents are not processed again."""
    task_id: str | None = None
    """The task that does it, if there is one."""


class StuckRecovery(Answer):
    """Documents whose processing had stopped, and which the server processes again."""

    track_id: str
    """The id of this work, for ``documents.track``."""
    stuck_found: int = 0
    """How many had stopped."""
    requeued: int = 0
    """How many are processed again."""
    document_ids: list[str] = Field(default_factory=list)
    """The documents that are processed again."""
    document_titles: list[str] = Field(default_factory=list)
    """The titles of these documents."""


class SkippedFile(Model):
    """A file that a scan left out."""

    path: str | None = None
    """Its path on the server."""
    reason: str | None = None
    """Why it was left out."""


class DirectoryScan(Answer):
    """What was found in a directory of the server."""

    track_id: str
    """The id of this work, for ``documents.track``."""
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
    """The document's status, for example ``cancelled``."""
    track_id: str | None = None
    """The task that was stopped."""
    task_cancelled: bool | None = None
    """True if there was a task to stop."""


class IngestionCounts(Model):
    """The progress of a stage, as a number of items."""

    current: int | None = None
    """How many are done."""
    total: int | None = None
    """How many there are."""
    unit: str | None = None
    """What is counted, such as ``chunks``."""


class IngestionStage(Model):
    """One stage of processing."""

    stage: str | None = None
    """For example ``chunking``, ``extracting``."""
    status: str | None = None
    """For example ``pending``, ``active``, ``complete``."""
    progress: float | None = None
    """The progress, from 0 to 100."""
    total_items: int | None = None
    """How many parts it has."""
    completed_items: int | None = None
    """How many of them are done."""
    message: str | None = None
    """The server's message, to show to people."""


class IngestionStages(Model):
    """The progress of each stage of processing."""

    current_stage: str | None = None
    """The stage that is active."""
    completion_percentage: float | None = None
    """The progress of everything, from 0 to 100."""
    latest_message: str | None = None
    """The server's message, to show to people."""
    stages: list[IngestionStage] = Field(default_factory=list)
    """All stages, in order."""
    eta_seconds: float | None = None
    """Seconds until it is done, by the server's estimate."""


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
    """The active stage. This is the field of older servers."""
    stage: str | None = None
    """The stage that is active."""
    stage_status: str | None = None
    """For example ``pending``, ``active``, ``complete``."""
    message: str | None = None
    """The server's message, to show to people."""
    counts: IngestionCounts | None = None
    """The progress of the stage."""
    progress_01: float | None = None
    """The progress of everything, from 0 to 1."""
    progress: IngestionStages | None = None
    """The progress of each stage."""
    mode: str | None = None
    """``llm`` or ``decision``."""
    cost_usd: float | None = None
    """What it has cost so far, in US dollars."""
    started_at: str | None = None
    """When it began (RFC 3339)."""
    updated_at: str | None = None
    """When its last progress was reported (RFC 3339)."""

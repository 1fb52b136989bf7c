"""How far a document is, in one shape, whichever answer of the server says so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from edgequake.models.documents import Document
from edgequake.models.ingestion import Progress, is_failure, is_final

__all__ = [
    "Work",
    "document_of",
    "failed_document",
    "of_document",
    "of_ingestion",
    "of_pdf",
    "of_pdf_failure",
    "of_task",
    "said",
    "words_of",
]


@dataclass(frozen=True, slots=True)
class Work:
    """One upload that is waited for."""

    document_id: str | None = None
    pdf_id: str | None = None
    track_id: str | None = None
    task_id: str | None = None
    filename: str | None = None
    is_duplicate: bool = False
    duplicate_of: str | None = None
    refusal: str | None = None
    """Why the server did not take it."""


def of_document(document: Document) -> Progress:
    """How far a document is, by its own row."""
    return Progress(
        stage=document.current_stage,
        percent=100.0 if is_final(document.status) else None,
        message=document.error_message or document.stage_message,
        status=document.status,
        document_id=document.id,
        track_id=document.track_id,
        filename=document.file_name or document.title,
        finished=is_final(document.status),
        failed=is_failure(document.status),
        raw=document,
    )


def of_ingestion(progress: Any, document: Document) -> Progress:
    """How far a document is, by what newer servers say of its upload."""
    share = progress.progress_01
    whole = getattr(progress.progress, "completion_percentage", None)
    return replace(
        of_document(document),
        stage=progress.stage or document.current_stage,
        percent=whole if share is None else 100.0 * share,
        message=progress.message or document.stage_message,
        track_id=progress.track_id,
        filename=progress.filename or progress.document_name or document.file_name or document.title,
        eta_seconds=getattr(progress.progress, "eta_seconds", None),
        raw=progress,
    )


def of_pdf(progress: Any) -> Progress:
    """How far a PDF is."""
    phases = progress.phases
    phase = next((one for one in phases if one.status in ("active", "failed")), phases[-1] if phases else None)
    return Progress(
        stage=getattr(phase, "phase", None),
        percent=progress.overall_percentage,
        message=said(getattr(phase, "error", None), "message") or getattr(phase, "message", None),
        status="failed" if progress.is_failed else "processing",
        document_id=progress.document_id,
        track_id=progress.track_id,
        filename=progress.filename,
        eta_seconds=progress.eta_seconds,
        finished=bool(progress.is_failed),
        failed=bool(progress.is_failed),
        raw=progress,
    )


def of_pdf_failure(work: Work, progress: Any) -> Document:
    error = next((one.error for one in progress.phases if one.error is not None), None)
    return document_of(
        work,
        id=progress.document_id or work.document_id or "",
        status="failed",
        error_message=said(error, "message") or "the PDF could not be processed",
        suggestion=said(error, "suggestion"),
        retryable=said(error, "retryable"),
    )


def of_task(work: Work, task: Any) -> Document:
    reason = said(task.error, "reason", "message") or task.error_message
    return document_of(work, status=task.status, error_message=reason)


def failed_document(work: Work, reason: str) -> Document:
    return document_of(work, status="failed", error_message=reason)


def document_of(work: Work, **fields: Any) -> Document:
    """A document of which the server shows no row."""
    known = {"id": work.document_id or "", "file_name": work.filename, "track_id": work.track_id, "pdf_id": work.pdf_id}
    return Document.model_validate(known | {name: value for name, value in fields.items() if value is not None})


def said(told: Any, *names: str) -> Any:
    """The first of these that an answer, or a part of one, has."""
    values = (told.get(name) for name in names) if hasattr(told, "get") else ()
    return next((value for value in values if value is not None), None)


def words_of(errors: Any) -> str | None:
    """What a server says of errors, in whatever shape."""
    if isinstance(errors, list):
        return "; ".join(filter(None, map(words_of, errors))) or None
    if isinstance(errors, dict):
        return words_of(errors.get("message") or errors.get("error"))
    return errors if isinstance(errors, str) and errors else None

"""PDFs: the options of the calls, and the answers."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from edgequake.models._model import Answer, Model
from edgequake.models.options import RequestOptions, UploadOptions
from edgequake.models.page import NumberedPage, Pagination
from edgequake.models.uploads import Upload

__all__ = [
    "PdfBatchOptions",
    "PdfBatchUpload",
    "PdfBatchUploadResult",
    "PdfContent",
    "PdfDocument",
    "PdfListOptions",
    "PdfOperation",
    "PdfPage",
    "PdfPhase",
    "PdfPhaseError",
    "PdfProgress",
    "PdfProgressEvent",
    "PdfStatus",
    "PdfUploadOptions",
    "Upload",
]


class PdfBatchOptions(UploadOptions, total=False):
    """The options of ``documents.pdf.upload_batch``."""

    title: str | None
    """The document's title. Default: the file's name."""
    metadata: Any
    """Any JSON value. The server keeps it with the document."""
    enable_vision: bool | None
    """Whether a vision model reads the pages, which costs money. Default: False. (The server's own default is true.)"""
    vision_provider: str | None
    """The provider of the vision model."""
    vision_model: str | None
    """The vision model that reads the pages."""
    pdf_parser_backend: str | None
    """The backend that extracts the text from the PDF. Default: the backend of the workspace."""
    track_id: str | None
    """An id of your own for ``documents.pdf.progress``. Default: the server makes one."""
    force_reindex: bool | None
    """Whether to process a PDF that is already on the server."""


class PdfUploadOptions(PdfBatchOptions, total=False):
    """The options of ``documents.pdf.upload``."""

    filename: str | None
    """The file's name. Default: the path's own."""


class PdfListOptions(RequestOptions, total=False):
    """The options of ``documents.pdf.list``."""

    status: str | None
    """Only PDFs with this status."""
    page: int | None
    """The page to begin with. Default: 1."""
    page_size: int | None
    """How many PDFs in one request. Default: 100."""


class PdfBatchUploadResult(Model):
    """The result for one PDF of a batch."""

    filename: str | None = None
    """The file's name."""
    pdf_id: str | None = None
    """The PDF's id; None for one that failed."""
    task_id: str | None = None
    """The task that processes it."""
    status: str | None = None
    """For example ``processing``, ``duplicate``, ``failed``."""
    error: str | None = None
    """Why it failed."""


class PdfBatchUpload(Answer):
    """The results for the PDFs of a batch. A PDF that fails has its own result. It does not raise an error."""

    total_files: int
    """How many files were sent."""
    accepted: int = 0
    """How many the server accepted."""
    duplicates: int = 0
    """How many were already on the server."""
    failed: int = 0
    """How many were refused."""
    results: list[PdfBatchUploadResult] = Field(default_factory=list)
    """One result for each file."""


class PdfDocument(Model):
    """A PDF in a list."""

    pdf_id: str
    """The PDF's id."""
    filename: str | None = None
    """The file's name."""
    file_size_bytes: int | None = None
    """The size of the file, in bytes."""
    page_count: int | None = None
    """How many pages it has."""
    status: str | None = None
    """For example ``processing``, ``completed``, ``failed``."""
    created_at: str | None = None
    """When it was uploaded (RFC 3339)."""
    processed_at: str | None = None
    """When it was processed (RFC 3339)."""


class PdfPage(NumberedPage[PdfDocument]):
    """A page of the PDFs of a workspace."""

    rows_in: ClassVar[str] = "items"
    items: list[PdfDocument] = Field(default_factory=list)
    """The PDFs of this page."""
    pagination: Pagination = Field(default_factory=Pagination)
    """The position of this page among all pages."""


class PdfStatus(Answer):
    """The progress of a PDF."""

    pdf_id: str
    """The PDF's id."""
    status: str | None = None
    """For example ``processing``, ``completed``, ``failed``."""
    document_id: str | None = None
    """The document that was made of the PDF. None while the PDF is being converted."""
    processing_duration_ms: float | None = None
    """Milliseconds that converting it took."""
    metadata: dict[str, Any] | None = None
    """The PDF's name (``filename``), its pages, and how the text was extracted."""
    errors: Any = None
    """What went wrong."""


class PdfContent(Answer):
    """A PDF's text."""

    pdf_id: str
    """The PDF's id."""
    filename: str | None = None
    """The file's name."""
    file_size_bytes: int | None = None
    """The size of the file, in bytes."""
    content_type: str | None = None
    """The file's type."""
    is_processed: bool | None = None
    """True if the text is available."""
    markdown_content: str | None = None
    """The text, as Markdown; None while it is being converted."""


class PdfOperation(Answer):
    """The result of converting a PDF again, or of cancelling it."""

    success: bool
    """True if it succeeded."""
    pdf_id: str | None = None
    """The PDF's id."""
    task_id: str | None = None
    """The task that does it."""
    message: str | None = None
    """The server's message, to show to people."""


class PdfPhaseError(Model):
    """Why a phase failed."""

    message: str | None = None
    """The reason, in the server's words."""
    code: str | None = None
    """The server's code."""
    suggestion: str | None = None
    """What the server suggests to do."""
    retryable: bool | None = None
    """Whether another try may succeed."""
    affected_item: str | None = None
    """What failed, such as a page."""


class PdfPhase(Model):
    """One phase of converting a PDF."""

    phase: str
    """For example ``upload``, ``pdf_conversion``, ``chunking``, ``embedding``, ``extraction``, ``graph_storage``."""
    status: str | None = None
    """For example ``pending``, ``active``, ``complete``, ``failed``, ``skipped``."""
    current: int | None = None
    """How many parts are done."""
    total: int | None = None
    """How many there are."""
    percentage: float | None = None
    """The progress, from 0 to 100."""
    message: str | None = None
    """The server's message, to show to people."""
    started_at: str | None = None
    """When it began (RFC 3339)."""
    completed_at: str | None = None
    """When it ended (RFC 3339)."""
    eta_seconds: float | None = None
    """Seconds until it ends, by the server's estimate."""
    error: PdfPhaseError | None = None
    """Why it failed."""


class PdfProgress(Answer):
    """The progress of a PDF's conversion, phase by phase."""

    track_id: str
    """The upload's id."""
    pdf_id: str | None = None
    """The PDF's id."""
    document_id: str | None = None
    """The document that was made of the PDF."""
    filename: str | None = None
    """The file's name."""
    phases: list[PdfPhase] = Field(default_factory=list)
    """The phases, in order."""
    overall_percentage: float | None = None
    """The progress of everything, from 0 to 100."""
    is_complete: bool = False
    """True when it has been converted."""
    is_failed: bool = False
    """True when it failed."""
    started_at: str | None = None
    """When it began (RFC 3339)."""
    updated_at: str | None = None
    """When its last progress was reported (RFC 3339)."""
    completed_at: str | None = None
    """When it ended (RFC 3339)."""
    eta_seconds: float | None = None
    """Seconds until it ends, by the server's estimate."""


class PdfProgressEvent(Model):
    """One event of ``documents.pdf.stream_progress()``. The last is ``complete``, ``error`` or ``timeout``."""

    type: str
    """``progress``, ``complete``, ``error`` (the conversion failed) or ``timeout`` (the server stopped reporting)."""
    progress: PdfProgress | None = None
    """The progress; None for ``timeout``."""
    error: str | None = None
    """The server's message. Only for ``timeout``."""

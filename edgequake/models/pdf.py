"""PDFs: what can be asked of them, and what the server answers."""

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
    """Anything that JSON can hold; kept with the document."""
    enable_vision: bool | None
    """Whether a vision model reads the pages, which costs money. Default: False (the server's own is true)."""
    vision_provider: str | None
    """Whose model reads the pages."""
    vision_model: str | None
    """Which model."""
    pdf_parser_backend: str | None
    """What takes the text from the PDF. Default: the workspace's own."""
    track_id: str | None
    """An id of your own for ``documents.pdf.progress``. Default: the server makes one."""
    force_reindex: bool | None
    """Whether a PDF is processed that the server had already."""


class PdfUploadOptions(PdfBatchOptions, total=False):
    """The options of ``documents.pdf.upload``."""

    filename: str | None
    """The file's name. Default: the path's own."""


class PdfListOptions(RequestOptions, total=False):
    """The options of ``documents.pdf.list``."""

    status: str | None
    """Only those in this state."""
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
    """``processing``, ``duplicate``, ``failed`` …; an open set."""
    error: str | None = None
    """Why it failed."""


class PdfBatchUpload(Answer):
    """The results for the PDFs of a batch. A failure is a row, not an error."""

    total_files: int
    """How many files were sent."""
    accepted: int = 0
    """How many were taken."""
    duplicates: int = 0
    """How many the server had already."""
    failed: int = 0
    """How many were refused."""
    results: list[PdfBatchUploadResult] = Field(default_factory=list)
    """A row for each file."""


class PdfDocument(Model):
    """A PDF in a list."""

    pdf_id: str
    """The PDF's id."""
    filename: str | None = None
    """The file's name."""
    file_size_bytes: int | None = None
    """Bytes of the file."""
    page_count: int | None = None
    """How many pages it has."""
    status: str | None = None
    """``processing``, ``completed``, ``failed`` …; an open set."""
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
    """Where this page stands among others."""


class PdfStatus(Answer):
    """The progress of a PDF."""

    pdf_id: str
    """The PDF's id."""
    status: str | None = None
    """``processing``, ``completed``, ``failed`` …; an open set."""
    document_id: str | None = None
    """The document it became; None while it is being converted."""
    processing_duration_ms: float | None = None
    """Milliseconds that converting it took."""
    metadata: dict[str, Any] | None = None
    """Its name (``filename``), pages, and how the text was taken from it."""
    errors: Any = None
    """What went wrong."""


class PdfContent(Answer):
    """A PDF's text."""

    pdf_id: str
    """The PDF's id."""
    filename: str | None = None
    """The file's name."""
    file_size_bytes: int | None = None
    """Bytes of the file."""
    content_type: str | None = None
    """The file's type."""
    is_processed: bool | None = None
    """True when the text is there."""
    markdown_content: str | None = None
    """The text, as Markdown; None while it is being converted."""


class PdfOperation(Answer):
    """A PDF that is converted again, or no more."""

    success: bool
    """True when it was done."""
    pdf_id: str | None = None
    """The PDF's id."""
    task_id: str | None = None
    """The task that does it."""
    message: str | None = None
    """The server's words, to show."""


class PdfPhaseError(Model):
    """Why a phase failed."""

    message: str | None = None
    """In the server's words."""
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
    """``upload``, ``pdf_conversion``, ``chunking``, ``embedding``, ``extraction``, ``graph_storage`` …; an open set."""
    status: str | None = None
    """``pending``, ``active``, ``complete``, ``failed``, ``skipped`` …; an open set."""
    current: int | None = None
    """How many parts are done."""
    total: int | None = None
    """How many there are."""
    percentage: float | None = None
    """The progress, from 0 to 100."""
    message: str | None = None
    """The server's words, to show."""
    started_at: str | None = None
    """When it began (RFC 3339)."""
    completed_at: str | None = None
    """When it ended (RFC 3339)."""
    eta_seconds: float | None = None
    """Seconds until it ends, as the server expects."""
    error: PdfPhaseError | None = None
    """Why it failed."""


class PdfProgress(Answer):
    """The progress of a PDF's conversion, phase by phase."""

    track_id: str
    """The upload's id."""
    pdf_id: str | None = None
    """The PDF's id."""
    document_id: str | None = None
    """The document it became."""
    filename: str | None = None
    """The file's name."""
    phases: list[PdfPhase] = Field(default_factory=list)
    """The phases, in order."""
    overall_percentage: float | None = None
    """The progress of the whole, from 0 to 100."""
    is_complete: bool = False
    """True when it has been converted."""
    is_failed: bool = False
    """True when it failed."""
    started_at: str | None = None
    """When it began (RFC 3339)."""
    updated_at: str | None = None
    """When it was last heard of (RFC 3339)."""
    completed_at: str | None = None
    """When it ended (RFC 3339)."""
    eta_seconds: float | None = None
    """Seconds until it ends, as the server expects."""


class PdfProgressEvent(Model):
    """One event of ``documents.pdf.stream_progress()``. The last is ``complete``, ``error`` or ``timeout``."""

    type: str
    """``progress``, ``complete``, ``error`` (converting it failed) or ``timeout`` (the server knows no more)."""
    progress: PdfProgress | None = None
    """The progress; None for ``timeout``."""
    error: str | None = None
    """The server's words (``timeout``)."""

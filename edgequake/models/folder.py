"""The results for the files of a folder: the answer of ``documents.upload_folder``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from edgequake.models.ingestion import Ingestion

__all__ = ["FolderFile", "FolderUpload"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFile:
    """The result for one file."""

    path: str
    """Its path in the folder, with slashes."""
    outcome: Literal["uploaded", "duplicate", "skipped", "failed"] = "uploaded"
    """In which list of the answer it is."""
    sha256: str | None = None
    """The SHA-256 of its content, in hexadecimal; None for a file that was not read."""
    size: int | None = None
    """Its bytes."""
    document_id: str | None = None
    """The document; None for a PDF that has not been converted yet, and where another file of the folder has the same
    content: the document is that file's."""
    pdf_id: str | None = None
    """The PDF, for ``documents.pdf``."""
    track_id: str | None = None
    """For ``documents.track``."""
    task_id: str | None = None
    """The task that processes it."""
    status: str | None = None
    """The server's word when it was uploaded, or after it was waited for."""
    duplicate_of: str | None = None
    """The document, PDF or file of the folder that has the same content."""
    reason: str | None = None
    """Why it was skipped, or has failed."""

    @property
    def is_duplicate(self) -> bool:
        """True when the server had the same content already."""
        return self.duplicate_of is not None or self.status in ("duplicate", "duplicate_processing")


@dataclass(slots=True, kw_only=True)
class FolderUpload:
    """The results for the files of a folder."""

    uploaded: list[FolderFile] = field(default_factory=list)
    """Files that were sent and taken."""
    duplicates: list[FolderFile] = field(default_factory=list)
    """Files whose content the server had already, or that another file of the folder has."""
    skipped: list[FolderFile] = field(default_factory=list)
    """Files that were not sent: hidden, of a type that the server does not take, or sent by an earlier run."""
    failed: list[FolderFile] = field(default_factory=list)
    """Files that could not be read, that the server refused, or whose processing failed. The next run sends them."""
    superseded: list[FolderFile] = field(default_factory=list)
    """Earlier contents of files that have changed since: their documents are still there."""
    ingestion: Ingestion | None = None
    """The results for the documents, if you waited for them."""

    @property
    def ok(self) -> bool:
        """True when no file has failed."""
        return not self.failed

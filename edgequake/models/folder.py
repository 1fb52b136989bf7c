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
    """Its path in the folder. The separator is ``/``."""
    outcome: Literal["uploaded", "duplicate", "skipped", "failed"] = "uploaded"
    """The list of the answer that has this file: ``uploaded``, ``duplicates``, ``skipped`` or ``failed``."""
    sha256: str | None = None
    """The SHA-256 of its content, in hexadecimal; None for a file that was not read."""
    size: int | None = None
    """Its size in bytes."""
    document_id: str | None = None
    """The document; None for a PDF that has not been converted yet, and where another file of the folder has the same
    content: the document is that file's."""
    pdf_id: str | None = None
    """The id of the PDF, for ``documents.pdf``."""
    track_id: str | None = None
    """The id of the upload, for ``documents.track``."""
    task_id: str | None = None
    """The task that processes it."""
    status: str | None = None
    """The status that the server returned for the upload. If you waited, it is the status at the end."""
    duplicate_of: str | None = None
    """The document, PDF or file of the folder that has the same content."""
    reason: str | None = None
    """Why it was skipped or why it failed."""

    @property
    def is_duplicate(self) -> bool:
        """True if the server already had the same content."""
        return self.duplicate_of is not None or self.status in ("duplicate", "duplicate_processing")


@dataclass(slots=True, kw_only=True)
class FolderUpload:
    """The results for the files of a folder."""

    uploaded: list[FolderFile] = field(default_factory=list)
    """Files that the server accepted."""
    duplicates: list[FolderFile] = field(default_factory=list)
    """Files whose content is already on the server or in another file of the folder."""
    skipped: list[FolderFile] = field(default_factory=list)
    """Files that were not sent: hidden files, files of a type that the server does not accept, and files that an
    earlier run sent."""
    failed: list[FolderFile] = field(default_factory=list)
    """Files that could not be read, were refused by the server, or failed in processing. The next run sends them
    again."""
    superseded: list[FolderFile] = field(default_factory=list)
    """Earlier contents of files that have changed. The documents of these contents still exist."""
    ingestion: Ingestion | None = None
    """The results for the documents, if you waited for them."""

    @property
    def ok(self) -> bool:
        """True if no file failed."""
        return not self.failed

"""Uploads: what can be said of a text or file, and what the server answers."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from edgequake.models._model import Answer, Model
from edgequake.models.options import BodyOptions, UploadOptions

__all__ = [
    "BatchUpload",
    "BatchUploadOptions",
    "BatchUploadResult",
    "FileUploadOptions",
    "IngestionCost",
    "TextUploadOptions",
    "Upload",
]

_DUPLICATE = ("duplicate", "duplicate_processing")
_COUNTS = ("chunk_count", "entity_count", "relationship_count")


class TextUploadOptions(BodyOptions, total=False):
    """The options of ``documents.upload_text``."""

    title: str | None
    """The document's title. Default: the server makes one."""
    metadata: Any
    """Any JSON value. The server keeps it with the document."""
    track_id: str | None
    """An id of your own for ``documents.track``. Default: the server makes one."""
    enable_gleaning: bool | None
    """Whether passages are read again to find more entities. Default: true."""
    max_gleaning: int | None
    """How often they are read again. Default: 1."""
    use_llm_summarization: bool | None
    """Whether the model summarizes the descriptions of entities. Default: true."""
    chunk_strategy: Literal["fixed", "recursive", "markdown"] | str | None
    """How the text is cut into passages. Default: the server's own way."""
    chunk_options: dict[str, Any] | None
    """Settings of the ``chunk_strategy``."""
    extraction_mode: str | None
    """``llm`` or ``decision``. Default: the workspace's own. Needs server 0.32."""
    decision_gate_preset: str | None
    """The preset of ``decision``. Needs server 0.32."""
    extract_max_entities: int | None
    """The largest number of entities for each passage. Needs server 0.32."""
    extract_max_records: int | None
    """The largest number of records for each passage. Needs server 0.32."""


class FileUploadOptions(UploadOptions, total=False):
    """The options of ``documents.upload_file``."""

    filename: str | None
    """The name of the file. The server takes the title and the type from it. Default: the name in the path."""
    metadata: Any
    """Any JSON value. The server keeps it with the document."""


class BatchUploadOptions(UploadOptions, total=False):
    """The options of ``documents.upload_batch``."""

    metadata: Any
    """Any JSON value. The server keeps it with each document."""


class IngestionCost(Model):
    """What processing a document cost. Only servers that process a document before they answer send it."""

    total_cost_usd: float | None = None
    """The cost, in US dollars."""
    formatted_cost: str | None = None
    """The cost as a text to show to people."""
    input_tokens: int | None = None
    """Tokens that the model read."""
    output_tokens: int | None = None
    """Tokens that the model wrote."""
    total_tokens: int | None = None
    """Tokens that the model read and wrote."""
    llm_model: str | None = None
    """The model that extracted entities."""
    embedding_model: str | None = None
    """The model that made the embeddings."""


class Upload(Answer):
    """A text, a file or a PDF that the server accepted. Queries find it once it has been processed."""

    document_id: str | None = None
    """The document's id; None for a PDF that has not been converted yet."""
    pdf_id: str | None = None
    """The PDF's id, for ``documents.pdf``."""
    status: str
    """For example ``pending``, ``processing``, ``processed``, ``duplicate``."""
    task_id: str | None = None
    """The task that processes it, for ``tasks.get``; empty for a duplicate."""
    track_id: str | None = None
    """The id of the upload, for ``documents.track``. Empty for a duplicate."""
    duplicate_of: str | None = None
    """The document or PDF that has the same content."""
    is_duplicate: bool = False
    """True if the server already had the same content."""
    filename: str | None = None
    """The file's name."""
    size: int | None = None
    """The size of the file, in bytes."""
    content_hash: str | None = None
    """The SHA-256 of the content, in hexadecimal."""
    chunk_count: int | None = None
    """How many passages it has; 0 until it has been processed."""
    entity_count: int | None = None
    """Entities that were found in it; 0 until it has been processed."""
    relationship_count: int | None = None
    """Relationships that were found in it; 0 until it has been processed."""
    queue_position: int | None = None
    """How many documents are processed before it."""
    eta_seconds: float | None = None
    """Seconds until it will have been processed, by the server's estimate."""
    eta_basis: str | None = None
    """What the estimate is based on: ``measured`` or ``no_history``."""
    extraction_mode: str | None = None
    """``llm`` or ``decision``."""
    extraction_mode_source: str | None = None
    """The place where that mode was set, such as ``workspace``."""
    message: str | None = None
    """The server's message, to show to people."""
    estimated_time_seconds: float | None = None
    """Seconds that a PDF will take, by the server's estimate."""
    metadata: Any = None
    """What the server says of a PDF: its name, size, pages, checksum and vision model."""
    cost: IngestionCost | None = None
    """What it cost. Only servers that process it before they answer send it."""

    _ingestion: Any = PrivateAttr(default=None)

    @property
    def ingestion(self) -> Any:
        """The result, if you waited for it: an :class:`edgequake.models.ingestion.Ingestion`, else None."""
        return self._ingestion

    def processed(self, ingestion: Any) -> Upload:
        """The upload, with the status and the counts of its document once that was waited for."""
        self._ingestion = ingestion
        if (document := ingestion.document) is not None:
            found = {name: getattr(document, name) for name in ("status", *_COUNTS)}
            known = {name: value for name, value in found.items() if value is not None}
            if document.id:
                known["document_id"] = document.id
            vars(self).update(known)
            self.__pydantic_fields_set__.update(known)
        return self

    @model_validator(mode="after")
    def _tell_duplicates(self) -> Upload:
        if self.status in _DUPLICATE:
            vars(self)["is_duplicate"] = True  # the fields that came are still those that were sent
        return self


class BatchUploadResult(Model):
    """The result for one file of a batch."""

    filename: str | None = None
    """The file's name."""
    document_id: str | None = None
    """The document's id; None for a file that failed."""
    status: str | None = None
    """For example ``processed``, ``duplicate``, ``failed``."""
    error: str | None = None
    """Why it failed."""


class BatchUpload(Answer):
    """The results for the files of a batch. A file that fails has its own result. It does not raise an error."""

    total_files: int
    """How many files were sent."""
    processed: int = 0
    """How many the server accepted."""
    duplicates: int = 0
    """How many were already on the server."""
    failed: int = 0
    """How many were refused."""
    results: list[BatchUploadResult] = Field(default_factory=list)
    """One result for each file."""

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
    """Anything that JSON can hold; kept with the document."""
    track_id: str | None
    """An id of your own for ``documents.track``. Default: the server makes one."""
    enable_gleaning: bool | None
    """Whether passages are read again for what was missed. Default: true."""
    max_gleaning: int | None
    """How often they are read again. Default: 1."""
    use_llm_summarization: bool | None
    """Whether descriptions of entities are summed up by the model. Default: true."""
    chunk_strategy: Literal["fixed", "recursive", "markdown"] | str | None
    """How the text is cut into passages. Default: the server's own way."""
    chunk_options: dict[str, Any] | None
    """Settings of that way."""
    extraction_mode: str | None
    """``llm`` or ``decision``. Default: the workspace's own. Needs server 0.32."""
    decision_gate_preset: str | None
    """The preset of ``decision``. Needs server 0.32."""
    extract_max_entities: int | None
    """At most so many entities a passage. Needs server 0.32."""
    extract_max_records: int | None
    """At most so many records a passage. Needs server 0.32."""


class FileUploadOptions(UploadOptions, total=False):
    """The options of ``documents.upload_file``."""

    filename: str | None
    """The file's name, from which the server takes title and type. Default: the path's own."""
    metadata: Any
    """Anything that JSON can hold; kept with the document."""


class BatchUploadOptions(UploadOptions, total=False):
    """The options of ``documents.upload_batch``."""

    metadata: Any
    """Anything that JSON can hold; kept with each document."""


class IngestionCost(Model):
    """What processing a document cost; from servers that process it before they answer."""

    total_cost_usd: float | None = None
    """In US dollars."""
    formatted_cost: str | None = None
    """The same, to show."""
    input_tokens: int | None = None
    """Tokens that the model read."""
    output_tokens: int | None = None
    """Tokens that it wrote."""
    total_tokens: int | None = None
    """Both together."""
    llm_model: str | None = None
    """The model that extracted entities."""
    embedding_model: str | None = None
    """The model that made the embeddings."""


class Upload(Answer):
    """A text, file or PDF that the server has taken. It is found by queries once it has been processed."""

    document_id: str | None = None
    """The document's id; None for a PDF that has not been converted yet."""
    pdf_id: str | None = None
    """The PDF's id, for ``documents.pdf``."""
    status: str
    """``pending``, ``processing``, ``processed``, ``duplicate`` …; an open set."""
    task_id: str | None = None
    """The task that processes it, for ``tasks.get``; empty for a duplicate."""
    track_id: str | None = None
    """For ``documents.track``; empty for a duplicate."""
    duplicate_of: str | None = None
    """The document or PDF that has the same content."""
    is_duplicate: bool = False
    """True when the server had the same content already."""
    filename: str | None = None
    """The file's name."""
    size: int | None = None
    """Bytes of the file."""
    content_hash: str | None = None
    """The content's SHA-256, in hexadecimal."""
    chunk_count: int | None = None
    """Passages it was cut into; 0 until it has been processed."""
    entity_count: int | None = None
    """Entities that were found in it; 0 until it has been processed."""
    relationship_count: int | None = None
    """Relationships that were found in it; 0 until it has been processed."""
    queue_position: int | None = None
    """How many are processed before it."""
    eta_seconds: float | None = None
    """Seconds until it will have been processed, as the server expects."""
    eta_basis: str | None = None
    """``measured`` or ``no_history``: what that rests on."""
    extraction_mode: str | None = None
    """``llm`` or ``decision``."""
    extraction_mode_source: str | None = None
    """Who chose that mode, such as ``workspace``."""
    message: str | None = None
    """The server's words, to show."""
    estimated_time_seconds: float | None = None
    """Seconds that a PDF will take, as the server expects."""
    metadata: Any = None
    """What the server says of a PDF: its name, size, pages, checksum and vision model."""
    cost: IngestionCost | None = None
    """What it cost, from servers that process it before they answer."""

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
    """``processed``, ``duplicate``, ``failed`` …; an open set."""
    error: str | None = None
    """Why it failed."""


class BatchUpload(Answer):
    """The results for the files of a batch. A failure is a row, not an error."""

    total_files: int
    """How many files were sent."""
    processed: int = 0
    """How many were taken."""
    duplicates: int = 0
    """How many the server had already."""
    failed: int = 0
    """How many were refused."""
    results: list[BatchUploadResult] = Field(default_factory=list)
    """A row for each file."""

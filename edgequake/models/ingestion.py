"""The progress and the results of documents: what ``documents.watch`` and ``documents.wait`` tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

if TYPE_CHECKING:
    from edgequake.models.documents import Document
    from edgequake.models.processing import FailedChunk

__all__ = ["AnyUploadOptions", "FolderUploadOptions", "Ingestion", "Progress", "is_failure", "is_final", "is_success"]

_SUCCESS = frozenset({"completed", "indexed", "processed"})
_FAILURE = frozenset({"failed", "cancelled"})


def is_success(status: str | None) -> bool:
    """True for the statuses of a document that has been processed whole."""
    return status in _SUCCESS


def is_failure(status: str | None) -> bool:
    """True for the statuses of a document that has not been processed, and will not be."""
    return status in _FAILURE


def is_final(status: str | None) -> bool:
    """True for the statuses that do not change any more; one that this version does not know may change."""
    return status in _SUCCESS or status in _FAILURE or status == "partial_failure"


class AnyUploadOptions(TypedDict, total=False):
    """The options of ``documents.upload``. "Texts" and "PDFs" mark options for only these."""

    filename: str | None
    """The name of the file. Give it if the content is bytes, or to change the name."""
    max_upload_bytes: int | None
    """Bytes that a file may have. None means no limit. Default: 50 MiB, and 100 MiB for PDFs."""
    headers: Mapping[str, str] | None
    """Additional HTTP headers."""
    extra_body: Mapping[str, Any] | None
    """Additional fields of the body. They are sent unchanged."""
    enable_gleaning: bool | None
    """Texts: whether passages are read again to find more entities. Default: true."""
    max_gleaning: int | None
    """Texts: how often they are read again. Default: 1."""
    use_llm_summarization: bool | None
    """Texts: whether the model summarizes the descriptions of entities. Default: true."""
    chunk_strategy: str | None
    """Texts: ``fixed``, ``recursive`` or ``markdown``: how the text is cut into passages."""
    chunk_options: dict[str, Any] | None
    """Texts: settings of the ``chunk_strategy``."""
    extraction_mode: str | None
    """Texts: ``llm`` or ``decision``. Needs server 0.32."""
    decision_gate_preset: str | None
    """Texts: the preset of ``decision``. Needs server 0.32."""
    extract_max_entities: int | None
    """Texts: the largest number of entities for each passage. Needs server 0.32."""
    extract_max_records: int | None
    """Texts: the largest number of records for each passage. Needs server 0.32."""
    enable_vision: bool | None
    """PDFs: whether a vision model reads the pages, which costs money. Default: False."""
    vision_provider: str | None
    """PDFs: the provider of the vision model."""
    vision_model: str | None
    """PDFs: the vision model that reads the pages."""
    pdf_parser_backend: str | None
    """PDFs: what takes the text from the PDF."""
    force_reindex: bool | None
    """PDFs: whether to process a PDF that is already on the server."""


class FolderUploadOptions(TypedDict, total=False):
    """The options of ``documents.upload_folder`` for its PDFs."""

    enable_vision: bool | None
    """Whether a vision model reads the pages, which costs money. Default: False."""
    vision_provider: str | None
    """The provider of the vision model."""
    vision_model: str | None
    """The vision model that reads the pages."""
    pdf_parser_backend: str | None
    """What takes the text from a PDF."""
    force_reindex: bool | None
    """Whether to process a PDF that is already on the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of one document."""

    stage: str | None = None
    """What is being done, for example ``chunking`` or ``extracting``."""
    percent: float | None = None
    """The progress of everything, from 0 to 100. None if the server does not say."""
    message: str | None = None
    """The server's message, to show to people."""
    status: str | None = None
    """The document's status, for example ``pending``, ``processing``, ``completed`` or ``failed``."""
    document_id: str | None = None
    """The document; None for a PDF that has not been converted yet."""
    track_id: str | None = None
    """The id of the upload."""
    filename: str | None = None
    """The file's name, or the document's title."""
    eta_seconds: float | None = None
    """Seconds until it is done, by the server's estimate."""
    finished: bool = False
    """True if the status does not change any more."""
    failed: bool = False
    """True if it failed or was cancelled."""
    raw: Any = field(default=None, repr=False, compare=False)
    """The server's answer or event with this progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """The results for documents that you waited for."""

    documents: list[Document] = field(default_factory=list)
    """The documents as they are now."""
    failed_chunks: list[FailedChunk] = field(default_factory=list)
    """The passages that failed, for the documents in ``partial``."""
    elapsed: float = 0.0
    """How many seconds the wait took."""

    @property
    def document(self) -> Document | None:
        """The first document, or None if there is none."""
        return self.documents[0] if self.documents else None

    @property
    def ok(self) -> bool:
        """True if every document has been processed completely."""
        return all(is_success(document.status) for document in self.documents)

    @property
    def failed(self) -> list[Document]:
        """The documents that failed or were cancelled."""
        return [document for document in self.documents if is_failure(document.status)]

    @property
    def partial(self) -> list[Document]:
        """The documents that can be queried although some of their passages failed."""
        return [document for document in self.documents if document.status == "partial_failure"]

"""What clients upload, checked and stored: texts and files, alone or many together."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from pydantic_core import from_json
from starlette.datastructures import UploadFile

from edgequake.local.bodies import DocumentBody
from edgequake.local.directory import Directory
from edgequake.local.formats import FORMATS, Content, FormatError, PdfSupportError, read, size_limit
from edgequake.local.ingestion import Ingestion
from edgequake.local.requests import RequestError
from edgequake.local.store import Store


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent."""

    filename: str
    data: bytes
    metadata: str | None
    title: str | None = None

    @property
    def name(self) -> str:
        """The file's name without the folders that some clients send along."""
        return re.split(r"[\\/]", self.filename)[-1]

    @property
    def suffix(self) -> str:
        """The name's ending with its dot, in lower case; "" when there is none."""
        name = self.name
        return name[name.rfind(".") :].lower() if "." in name else ""

    @property
    def content_hash(self) -> str:
        """The SHA-256 of the bytes, in hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an upload. A duplicate carries the id and figures of the document it equals."""

    document_id: str
    track_id: str = ""
    is_duplicate: bool = False
    chunk_count: int = 0
    entity_count: int = 0
    error: str | None = None

    @property
    def task_id(self) -> str:
        """The id of the task that reads the document."""
        return f"insert-{self.document_id}"


class Uploads:
    """Takes uploads into a store. Safe to share between threads."""

    def __init__(self, store: Store, directory: Directory, ingestion: Ingestion) -> None:
        self._store = store
        self._directory = directory
        self._ingestion = ingestion

    def text(self, body: DocumentBody, workspace: str) -> Receipt:
        """A text that was stored, or the equal one that is still being read.

        One that was read already is read anew and replaces it. RequestError: 422 blank, 400 too large, 404 no such
        workspace.
        """
        if not body.content.strip():
            raise RequestError(422, "VALIDATION_ERROR", "Validation error: the content is empty")
        data = body.content.encode()
        _check_size(len(data), ".txt")
        content_hash = hashlib.sha256(data).hexdigest()
        with self._store.transaction():
            self._directory.workspace(workspace)  # it may have been deleted while the upload came
            for record in self._store.records.with_content(content_hash, workspace):
                if record.status in ("pending", "processing"):
                    return Receipt(record.id, is_duplicate=True)
            track_id = body.track_id or _track_id()
            document_id = self._store.inbox.accept(
                body.title or "Untitled",
                body.content,
                source_type="markdown",
                size=len(data),
                content_hash=content_hash,
                track_id=track_id,
                metadata=None if body.metadata is None else json.dumps(body.metadata),
                workspace=workspace,
            )
        self._ingestion.read(document_id)
        return Receipt(document_id, track_id)

    def file(self, upload: Upload, workspace: str, track_id: str | None = None, *, anew: bool = False) -> Receipt:
        """A file that was stored, or the equal one that is there; with `anew` it takes that one's place.

        RequestError: 400 no document, 501 no pypdf.
        """
        receipt = self._accept(upload, workspace, track_id, anew=anew)
        if not receipt.is_duplicate:
            self._ingestion.read(receipt.document_id)
        return receipt

    def file_now(self, upload: Upload, workspace: str) -> Receipt:
        """The same, but the file is read when this returns; `error` says why that failed."""
        receipt = self._accept(upload, workspace)
        if receipt.is_duplicate:
            return receipt
        self._ingestion.read_now(receipt.document_id)
        record = self._store.records.get(receipt.document_id)
        return Receipt(receipt.document_id, receipt.track_id, error=record.error_message if record else None)

    async def read(self, part: UploadFile) -> bytes:
        """The bytes of an uploaded file. RequestError 400: no or another ending, too large."""
        name = part.filename or ""
        suffix = Upload(name, b"", None).suffix
        if suffix not in FORMATS:
            told = f"extension {suffix} is not accepted" if suffix else f"{name!r} has no file extension"
            raise RequestError(400, "BAD_REQUEST", f"Bad request: {told}; send {' '.join(sorted(FORMATS))}")
        data = await part.read(size_limit(suffix) + 1)
        _check_size(len(data), suffix)
        return data

    @staticmethod
    def metadata(text: str | bytes | None) -> str | None:
        """The JSON text of a metadata part; None for what is no JSON, or has a number that JSON cannot write."""
        try:
            return None if text is None else json.dumps(from_json(text), allow_nan=False)
        except ValueError:
            return None

    def _accept(self, upload: Upload, workspace: str, track_id: str | None = None, *, anew: bool = False) -> Receipt:
        content = _content(upload)
        with self._store.transaction():
            self._directory.workspace(workspace)
            for record in self._store.records.with_content(upload.content_hash, workspace):
                if record.status in ("pending", "processing", "completed") and not anew:
                    return Receipt(record.id, record.track_id or "", True, record.chunk_count, record.entity_count)
            track_id = track_id or _track_id()
            document_id = self._store.inbox.accept(
                upload.title or upload.name,
                content.text,
                source_type=content.source_type,
                size=len(upload.data),
                content_hash=upload.content_hash,
                file_name=upload.name,
                track_id=track_id,
                metadata=upload.metadata,
                original=None if content.text.encode("utf-8", "surrogatepass") == upload.data else upload.data,
                workspace=workspace,
            )
        return Receipt(document_id, track_id)


def _content(upload: Upload) -> Content:
    try:
        content = read(upload.data, upload.suffix)
    except PdfSupportError as error:
        raise RequestError(501, "NOT_IMPLEMENTED", f"Not implemented: {upload.name}: {error}") from error
    except FormatError as error:
        raise RequestError(400, "BAD_REQUEST", f"Bad request: {upload.name}: {error}") from error
    if not content.text.strip():
        raise RequestError(400, "BAD_REQUEST", f"Bad request: {upload.name}: the file is empty")
    return content


def _check_size(size: int, suffix: str) -> None:
    limit = size_limit(suffix)
    if size > limit:
        raise RequestError(400, "BAD_REQUEST", f"Bad request: the document is larger than {limit >> 20} MiB")


def _track_id() -> str:
    return f"upload_{datetime.now(UTC):%Y%m%d_%H%M%S}_{uuid4().hex[:8]}"

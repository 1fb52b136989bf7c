"""What clients upload, checked and stored: texts and files, alone or many together."""

import hashlib
import json
import re
from collections.abc import Collection, Container
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic_core import from_json
from starlette.datastructures import FormData, UploadFile

from edgequake.local.bodies import DocumentBody
from edgequake.local.directory import Directory
from edgequake.local.formats import FORMATS, Content, FormatError, PdfSupportError, read, size_limit, suffix_of
from edgequake.local.ingestion import TASK, Ingestion
from edgequake.local.requests import RequestError
from edgequake.local.store import Store


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent, by its name without folders, and the JSON text of its metadata."""

    name: str
    data: bytes
    metadata: str | None

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
        return f"{TASK}{self.document_id}"


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
            raise RequestError(422, "the content is empty")
        data = body.content.encode()
        _check_size(len(data), ".txt")
        return self._accept(
            body.title or "Untitled",
            body.content,
            workspace,
            ("pending", "processing"),
            source_type="markdown",
            content_hash=hashlib.sha256(data).hexdigest(),
            track_id=body.track_id,
            metadata=None if body.metadata is None else json.dumps(body.metadata),
        )

    def file(
        self,
        upload: Upload,
        workspace: str,
        *,
        title: str | None = None,
        track_id: str | None = None,
        anew: bool = False,
        at_once: bool = False,
    ) -> Receipt:
        """A file that was stored, or the equal one that is there; with ``anew`` it takes that one's place.

        With ``at_once`` it is read when this returns; ``error`` says why that failed. RequestError: 400 no document,
        501 no pypdf.
        """
        content = _content(upload)
        return self._accept(
            title or upload.name,
            content.text,
            workspace,
            () if anew else ("pending", "processing", "completed"),
            source_type=content.source_type,
            size=len(upload.data),
            content_hash=upload.content_hash,
            file_name=upload.name,
            track_id=track_id,
            metadata=upload.metadata,
            original=None if content.text.encode() == upload.data else upload.data,
            at_once=at_once,
        )

    def read(self, part: UploadFile, form: FormData, formats: Collection[str] = FORMATS) -> Upload:
        """An uploaded file, and what its form says of it. RequestError 400: no or another ending, too large."""
        name = name_of(part)
        suffix = suffix_of(name)
        if suffix not in formats:
            told = f"extension {suffix} is not accepted" if suffix else f"{name!r} has no file extension"
            raise RequestError(400, f"{told}; send {' '.join(sorted(formats))}")
        data = part.file.read(size_limit(suffix) + 1)
        _check_size(len(data), suffix)
        about = form.get("metadata")
        return Upload(name, data, _json_text(about.file.read() if isinstance(about, UploadFile) else about))

    def _accept(
        self,
        title: str,
        text: str,
        workspace: str,
        equal: Container[str],
        *,
        content_hash: str,
        track_id: str | None,
        at_once: bool = False,
        **columns: Any,
    ) -> Receipt:
        """What was stored, or is there already in one of the states ``equal``. RequestError 404 without the
        workspace.
        """
        with self._store.transaction():
            self._directory.get("workspace", workspace)  # it may have been deleted while the upload came
            for one in self._store.records.with_content(content_hash, workspace):
                if one.status in equal:
                    return Receipt(one.id, one.track_id or "", True, one.chunk_count, one.entity_count)
            track_id = track_id or f"upload_{datetime.now(UTC):%Y%m%d_%H%M%S}_{uuid4().hex[:8]}"
            columns |= {"content_hash": content_hash, "track_id": track_id}
            document_id = self._store.records.accept(title, text, workspace=workspace, **columns)
        if not at_once:
            self._ingestion.read(document_id)
            return Receipt(document_id, track_id)
        self._ingestion.read_now(document_id)
        record = self._store.records.get(document_id)
        return Receipt(document_id, track_id, error=record.error_message if record else None)


def name_of(part: UploadFile) -> str:
    """The name of an uploaded file without the folders that some clients send along."""
    return re.split(r"[\\/]", part.filename or "")[-1]


def _json_text(said: str | bytes | None) -> str | None:
    """What is said, as JSON text; None for what is no JSON, or has a number that JSON cannot write."""
    try:
        return None if said is None else json.dumps(from_json(said), allow_nan=False)
    except ValueError:
        return None


def _content(upload: Upload) -> Content:
    try:
        content = read(upload.data, suffix_of(upload.name))
    except PdfSupportError as error:
        raise RequestError(501, f"{upload.name}: {error}") from error
    except FormatError as error:
        raise RequestError(400, f"{upload.name}: {error}") from error
    if not content.text.strip():
        raise RequestError(400, f"{upload.name}: the file is empty")
    return content


def _check_size(size: int, suffix: str) -> None:
    limit = size_limit(suffix)
    if size > limit:
        raise RequestError(400, f"the document is larger than {limit >> 20} MiB")

"""Waiting for documents to be processed: what to ask next, and when it is over. See :mod:`edgequake._core.polling`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgequake._core.progress import (
    Work,
    document_of,
    failed_document,
    of_document,
    of_ingestion,
    of_pdf,
    of_pdf_failure,
    of_task,
    said,
    words_of,
)
from edgequake.exceptions import (
    APIError,
    ConfigurationError,
    EdgeQuakeError,
    NotFoundError,
    ProcessingError,
    ResponseError,
)
from edgequake.models.documents import Document
from edgequake.models.folder import FolderUpload
from edgequake.models.ingestion import Ingestion, is_failure, is_final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgequake._core.polling import Polling, Steps

__all__ = ["ingested", "works_of"]

_UNKNOWN_AFTER = 15.0  # seconds that a track id may have no documents


def works_of(target: Any) -> list[Work]:
    """What is to be waited for: of an upload, a batch, a folder, a track id, or a list of these.

    Raises :class:`ConfigurationError` for anything else.
    """
    return list(_works(target))


def _works(target: Any) -> Iterator[Work]:
    if isinstance(target, str) and target.strip():
        yield Work(track_id=target)
    elif isinstance(target, list | tuple):
        for one in target:
            yield from _works(one)
    elif isinstance(results := getattr(target, "results", None), list):  # a batch
        for row in results:
            yield _work_of(row)
    elif isinstance(target, FolderUpload):
        for file in (*target.uploaded, *target.duplicates, *target.skipped):
            if file.document_id or file.pdf_id or file.track_id or file.task_id:
                yield _work_of(file)
    else:
        work = _work_of(target)
        if not any((work.document_id, work.pdf_id, work.track_id, work.task_id, work.is_duplicate)):
            raise ConfigurationError(f"wait for an upload, a folder, a track id or a list of these, not {target!r}")
        yield work


def _work_of(upload: Any) -> Work:
    status = getattr(upload, "status", None)
    refused = status == "failed" and getattr(upload, "error", None)
    return Work(
        document_id=_text(upload, "document_id") or (_text(upload, "id") if isinstance(upload, Document) else None),
        pdf_id=_text(upload, "pdf_id"),
        track_id=_text(upload, "track_id"),
        task_id=_text(upload, "task_id"),
        filename=_text(upload, "filename"),
        is_duplicate=bool(getattr(upload, "is_duplicate", False)) or status == "duplicate",
        duplicate_of=_text(upload, "duplicate_of"),
        refusal=str(refused) if refused else None,
    )


def _text(upload: Any, name: str) -> str | None:
    value = getattr(upload, name, None)
    return value if isinstance(value, str) and value else None


def ingested(
    works: list[Work], polling: Polling, missing_routes: set[str], *, raise_on_failure: bool = True
) -> Steps[Ingestion]:
    """What became of ``works``, when none of them changes any more.

    Raises :class:`ProcessingError` if a document failed that was waited for.
    """
    waiting = _Waiting(polling, missing_routes)
    documents: list[Document] = []
    for work in works:
        documents += yield from waiting.documents(work)
    ingestion = Ingestion(documents=documents)
    chunks = []
    for document in (*ingestion.partial, *ingestion.failed):
        chunks += yield from waiting.failed_chunks(document)
    ingestion = replace(ingestion, failed_chunks=chunks, elapsed=polling.elapsed)
    failed = [document for document in ingestion.failed if document.id not in waiting.settled]
    if failed and raise_on_failure:
        raise (yield from waiting.failure(ingestion, failed, works))
    return ingestion


class _Waiting:
    """Waits for one upload after the other."""

    def __init__(self, polling: Polling, missing_routes: set[str]) -> None:
        self._polling = polling
        self._missing_routes = missing_routes
        self.settled: set[str] = set()
        """The documents that had ended before they were waited for."""

    def documents(self, work: Work) -> Steps[list[Document]]:
        """The documents of one upload, when none of them changes any more."""
        if work.refusal is not None:
            return [failed_document(work, work.refusal)]
        if work.is_duplicate:
            return (yield from self._original(work))
        if work.pdf_id is not None:
            return [(yield from self._pdf(work))]
        if work.track_id is not None:
            return (yield from self._tracked(work))
        if work.document_id is not None:
            return [(yield from self._document(work.document_id))]
        return [(yield from self._task(work))]

    # -- texts and files ----------------------------------------------------------------------------------------------

    def _tracked(self, work: Work) -> Steps[list[Document]]:
        delays = self._polling.delays()
        while True:
            track = yield from self._polling.ask("track", work.track_id or "")
            documents: list[Document] = track.documents
            if _is_complete(track):
                yield from self._tell(*documents)
                return documents
            if documents:
                yield from self._tell_finely(work, documents)
            elif self._polling.elapsed >= _UNKNOWN_AFTER:
                document = yield from self._looked_up(work)
                if document is not None:
                    return [document]
            yield from self._polling.pause(next(delays))

    def _tell_finely(self, work: Work, documents: list[Document]) -> Steps[None]:
        """Tells how far ``documents`` are: newer servers say more of an upload of one."""
        route = "documents.progress"
        if len(documents) == 1 and route not in self._missing_routes:
            answer = yield from self._polling.ask("progress", work.track_id or "", (APIError, ResponseError))
            if not isinstance(answer, EdgeQuakeError):
                yield from self._polling.tell(documents[0].id, of_ingestion(answer, documents[0]))
                return
            if not isinstance(answer, NotFoundError) or answer.code is None:
                self._missing_routes.add(route)
        yield from self._tell(*documents)

    def _looked_up(self, work: Work) -> Steps[Document | None]:
        """A document that its track id does not name; None while it is processed.

        The server says of an unknown id that it is complete: it is wrong, or of another workspace.
        """
        if work.document_id is not None:
            document = yield from self._polling.ask("document", work.document_id, NotFoundError)
            if isinstance(document, Document):
                yield from self._tell(document)
                return document if is_final(document.status) else None
        task = yield from self._polling.ask("task", work.task_id or work.track_id or "", NotFoundError)
        if isinstance(task, NotFoundError):
            words = f"the server knows nothing of {work.track_id!r}: check the id, tenant_id and workspace_id"
            raise NotFoundError(words, status_code=404, code=task.code, request_id=task.request_id) from task
        return of_task(work, task) if is_final(task.status) else None

    def _document(self, document_id: str) -> Steps[Document]:
        delays = self._polling.delays()
        while True:
            document: Document = yield from self._polling.ask("document", document_id)
            yield from self._tell(document)
            if is_final(document.status):
                return document
            yield from self._polling.pause(next(delays))

    def _task(self, work: Work) -> Steps[Document]:
        delays = self._polling.delays()
        while True:
            task = yield from self._polling.ask("task", work.task_id or "")
            if is_final(task.status):
                return of_task(work, task)
            yield from self._polling.pause(next(delays))

    def _original(self, work: Work) -> Steps[list[Document]]:
        """The document that a duplicate is of; nothing if it is not there any more."""
        original = work.duplicate_of or work.document_id or work.pdf_id
        if original is None:
            return []
        if work.pdf_id is not None:
            pdf = yield from self._polling.ask("pdf", original, NotFoundError)
            if isinstance(pdf, NotFoundError):
                return []
            if pdf.document_id is None:
                return [(yield from self._converted(Work(pdf_id=original, filename=work.filename)))]
            original = pdf.document_id
        document = yield from self._polling.ask("document", original, NotFoundError)
        if isinstance(document, NotFoundError):
            return []
        if is_final(document.status):
            self.settled.add(document.id)
            return [document]
        return [(yield from self._document(original))]

    # -- PDFs ---------------------------------------------------------------------------------------------------------

    def _pdf(self, work: Work) -> Steps[Document]:
        """A PDF is converted, and then processed as a document: the end of the first is not the end of the second."""
        key = work.track_id or work.task_id
        if key is None:
            return (yield from self._converted(work))
        opened = yield from self._polling.ask("pdf_stream", key, EdgeQuakeError)
        while not isinstance(opened, EdgeQuakeError):
            event = yield from self._polling.ask("pdf_event", key, EdgeQuakeError)
            progress = getattr(event, "progress", None)
            if progress is None:  # the stream ended or broke, or the server knows of no progress
                break
            yield from self._polling.tell(key, of_pdf(progress))
            if progress.is_failed:
                return of_pdf_failure(work, progress)
            if progress.is_complete and progress.document_id is not None:
                return (yield from self._document(progress.document_id))
        return (yield from self._converted(work))

    def _converted(self, work: Work) -> Steps[Document]:
        """The document of a PDF whose progress is asked for again and again."""
        delays = self._polling.delays()
        key = work.track_id or work.task_id
        completed_at: float | None = None
        while True:
            progress = None
            if key is not None:
                progress = yield from self._polling.ask("pdf_progress", key, NotFoundError)
            if progress is not None and not isinstance(progress, NotFoundError):
                yield from self._polling.tell(key or "", of_pdf(progress))
                if progress.is_failed:
                    return of_pdf_failure(work, progress)
            pdf = yield from self._polling.ask("pdf", work.pdf_id or "")
            if is_failure(pdf.status):
                return failed_document(work, words_of(pdf.get("errors")) or "the PDF could not be converted")
            if pdf.document_id is not None:
                return (yield from self._document(pdf.document_id))
            if is_final(pdf.status):
                completed_at = self._polling.elapsed if completed_at is None else completed_at
                if self._polling.elapsed - completed_at >= _UNKNOWN_AFTER:  # some servers never name the document
                    return document_of(work, status=pdf.status)
            yield from self._polling.pause(next(delays))

    # -- the end ------------------------------------------------------------------------------------------------------

    def failed_chunks(self, document: Document) -> Steps[list[Any]]:
        """The passages of a document that failed, as far as the server can tell."""
        if not document.id:
            return []
        answer = yield from self._polling.ask("failed_chunks", document.id, (APIError, ResponseError))
        return [] if isinstance(answer, EdgeQuakeError) else list(answer.failed_chunks)

    def failure(self, ingestion: Ingestion, failed: list[Document], works: list[Work]) -> Steps[ProcessingError]:
        """The error that tells of the first document that failed."""
        document = failed[0]
        work = next((one for one in works if _is_of(document, one)), Work())
        task = None
        if work.task_id is not None:
            answer = yield from self._polling.ask("task", work.task_id, (APIError, ResponseError))
            task = None if isinstance(answer, EdgeQuakeError) else answer
        told = getattr(task, "error", None)
        reason = document.error_message or said(told, "reason", "message") or said(task, "error_message")
        suggestion = said(document, "suggestion") or said(told, "suggestion")
        name = document.title or document.file_name or work.filename or document.id or "the document"
        others = f" ({len(failed)} of {len(ingestion.documents)} documents did)" if len(failed) > 1 else ""
        parts = [f"{name} {_HOW_IT_ENDED.get(document.status or '', 'failed')}{others}", reason, suggestion]
        return ProcessingError(
            ": ".join(part.rstrip(".") for part in parts[:2] if part) + (f". {suggestion}" if suggestion else ""),
            status=document.status,
            document_id=document.id or None,
            track_id=document.track_id or work.track_id,
            reason=reason,
            suggestion=suggestion,
            retryable=said(document, "retryable") if said(told, "retryable") is None else said(told, "retryable"),
            progress=self._polling.last,
            task=task,
            failed_chunks=ingestion.failed_chunks,
        )

    def _tell(self, *documents: Document) -> Steps[None]:
        for document in documents:
            yield from self._polling.tell(document.id, of_document(document))


_HOW_IT_ENDED = {"cancelled": "was cancelled"}


def _is_complete(track: Any) -> bool:
    """Whether no document of a track changes any more; ``is_complete`` alone is also said of an unknown id."""
    documents = track.documents
    if not documents or not all(is_final(document.status) for document in documents):
        return False
    all_listed = track.total_count <= len(documents) or track.is_complete
    return bool(all_listed and track.total_count >= (track.expected_count or 0))


def _is_of(document: Document, work: Work) -> bool:
    ids = {document.id, document.track_id, document.pdf_id} - {None, ""}
    return bool(ids & {work.document_id, work.track_id, work.pdf_id})

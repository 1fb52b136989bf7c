# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Waiting until documents have been processed, or are gone: a part of ``client.documents``."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from edgequake._sync.flows.polling import Followed, Wait
from edgequake._sync.resources.pdf import Pdf
from edgequake._sync.resources.processing import TRACK, Processing
from edgequake._sync.resources.tasks import Tasks
from edgequake._core.ingestion import ingested, works_of
from edgequake._core.polling import Polling
from edgequake._core.tasks import deleted
from edgequake.models.documents import DocumentDetail

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake._core.progress import Work
    from edgequake.models.ingestion import Ingestion, Progress
    from edgequake.models.processing import BatchDeletion, Deletion, WorkspaceWipe
    from edgequake.models.targets import WaitTarget
    from edgequake.models.tasks import Task

__all__ = ["DocumentWaits"]


class DocumentWaits(Processing):
    """Waiting until documents have been processed, or are gone."""

    def wait(
        self,
        target: WaitTarget,
        *,
        timeout: float | None = 600,
        poll_interval: float = 1.0,
        on_progress: Callable[[Progress], object] | None = None,
        raise_on_failure: bool = True,
    ) -> Ingestion:
        """Waits until documents have been processed, and returns the result for each of them.

        ::

            ingestion = client.documents.wait(upload, on_progress=lambda p: print(p.stage, p.percent))

        If only some passages of a document failed, you get no error: the document is in ``partial`` of the answer, and
        its passages are in ``failed_chunks``. Needs ``tenant_id`` and ``workspace_id``.

        :param target: an upload, a batch, a folder, a track id, or a list of these.
        :param timeout: seconds for the whole wait; None for no limit.
        :param poll_interval: seconds before the second request. Each later pause is 1.5 times longer, up to 5 seconds.
        :param on_progress: called whenever a document makes progress.
        :param raise_on_failure: False returns failed documents in ``failed`` of the answer, without an error.
        :raises ProcessingError: a document failed or was cancelled. It is raised when all documents have ended.
        :raises TimeoutError: the documents were not ready in time. ``progress`` says how far they were. The server
            continues to work.
        :raises NotFoundError: the server does not know the track id.
        """
        wait = self._wait(target, timeout, poll_interval, raise_on_failure=raise_on_failure)
        return wait.finished(on_progress)

    def watch(
        self,
        target: WaitTarget,
        *,
        timeout: float | None = 600,
        poll_interval: float = 1.0,
        raise_on_failure: bool = True,
    ) -> Wait[Progress, Ingestion]:
        """The progress of documents until they have been processed. Iterate what this returns.

        ::

            for progress in client.documents.watch(upload):
                print(progress.filename, progress.stage, progress.percent)

        Arguments and errors are those of :meth:`wait`. After the loop, ``result`` of the returned object is the answer
        of :meth:`wait`.
        """
        return self._wait(target, timeout, poll_interval, raise_on_failure=raise_on_failure)

    def wait_deleted(
        self,
        deletion: Deletion | WorkspaceWipe | BatchDeletion | str,
        *,
        timeout: float | None = 600,
        poll_interval: float = 1.0,
        on_progress: Callable[[Task], object] | None = None,
    ) -> None:
        """Waits until the server has removed documents.

        ::

            client.documents.wait_deleted(client.documents.delete(document_id))

        :param deletion: what :meth:`delete`, :meth:`delete_all` or :meth:`bulk_delete` returned, or the id of the task.
        :param timeout: seconds for the whole wait; None for no limit.
        :param poll_interval: as in :meth:`wait`.
        :param on_progress: called with the task whenever it has changed.
        :raises ProcessingError: the documents could not be removed.
        :raises TimeoutError: they were not removed in time. The server continues to work.
        """
        polling = partial(Polling, timeout, poll_interval, monotonic)
        polling()  # what is wrong is said before anything is sent
        wait: Wait[Task, None] = self.carried_out(lambda: deleted(deletion, polling()))
        wait.finished(on_progress)

    def _wait(
        self, target: WaitTarget, timeout: float | None, poll_interval: float, *, raise_on_failure: bool
    ) -> Wait[Progress, Ingestion]:
        works = works_of(target)
        polling = partial(Polling, timeout, poll_interval, monotonic)
        polling()  # what is wrong is said before anything is sent
        self._check_wait(works)
        routes = self._session.connections.missing_routes
        return self.carried_out(lambda: ingested(works, polling(), routes, raise_on_failure=raise_on_failure))

    def _check_wait(self, works: list[Work]) -> None:
        """Raises :class:`ConfigurationError` if the server would not tell how far the documents are."""
        if any(work.track_id is not None and work.pdf_id is None for work in works):
            TRACK.check(self._session.config, {})

    def carried_out(self, begin: Callable[[], Any]) -> Wait[Any, Any]:
        """The wait whose steps ``begin`` returns."""
        pdf = Pdf(self._session)
        stream = Followed(pdf.stream_progress)
        questions: dict[str, Callable[..., Any]] = {
            "track": self.track,
            "progress": self.progress,
            "failed_chunks": self.failed_chunks,
            "document": self._document,
            "task": Tasks(self._session).get,
            "pdf": pdf.get,
            "pdf_progress": pdf.progress,
            "pdf_stream": stream.begin,
            "pdf_event": stream.event,
        }
        return Wait(begin, questions, self._session.config.timeout, stream.close)

    def _document(self, document_id: str, **options: Any) -> DocumentDetail:
        return self._send("GET /api/v1/documents/{document_id}", DocumentDetail, options, document_id=document_id)

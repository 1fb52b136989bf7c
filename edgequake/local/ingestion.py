"""Uploads read in the background, one after the other."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from edgequake._core.logs import server_logger
from edgequake.local.embeddings import OpenAICompatibleEmbedder
from edgequake.local.errors import EmbeddingError, StoreError
from edgequake.local.schema import now
from edgequake.local.store import Store

TASK: Final = "insert-"
"""What the id of a task that reads begins with; its document's id follows."""
_log = server_logger("local")

_DELETIONS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Deletion:
    """Documents of a workspace that are deleted by one task. ``created_at`` is an RFC 3339 time in UTC."""

    id: str
    workspace: str
    document_ids: frozenset[str]
    created_at: str


class Ingestion:
    """A queue of documents to read or delete, one after the other."""

    def __init__(self, store: Store, embedder: OpenAICompatibleEmbedder | None = None) -> None:
        self._store = store
        self._embedder = embedder
        self._worker = ThreadPoolExecutor(1, "edgequake-local-ingestion")
        self._lock = threading.Lock()
        self._deletions: OrderedDict[str, Deletion] = OrderedDict()

    def read(self, document_id: str) -> None:
        """Read an accepted document soon: it is ``processing``, then ``completed`` or ``failed``."""
        self._submit(self.read_now, document_id)

    def delete(self, document_ids: Collection[str], workspace: str, kind: str = "delete") -> str:
        """The id of the task that deletes a workspace's documents soon, after what was submitted before."""
        task = Deletion(f"{kind}-{uuid4()}", workspace, frozenset(document_ids), now())
        with self._lock:
            self._deletions[task.id] = task
            if len(self._deletions) > _DELETIONS_KEPT:
                self._deletions.popitem(last=False)
        for document_id in document_ids:
            self._submit(self._store.delete, document_id)
        return task.id

    def deletion(self, task_id: str, workspace: str) -> Deletion | None:
        """A task that deletes, None for an unknown one."""
        with self._lock:
            found = self._deletions.get(task_id)
        return found if found is not None and found.workspace == workspace else None

    def deletes(self, document_id: str, workspace: str) -> bool:
        """Whether a workspace's document was deleted lately, or will be soon."""
        with self._lock:
            tasks = list(self._deletions.values())
        return any(task.workspace == workspace and document_id in task.document_ids for task in tasks)

    def resume(self) -> None:
        """Read what an earlier server accepted and did not get to."""
        for document_id in self._store.records.unfinished():
            self.read(document_id)

    def read_now(self, document_id: str) -> None:
        """Read an accepted document in this thread. What fails stands in the document's record, not here."""
        try:
            if self._store.records.begin(document_id):
                self._store.records.process(document_id)
                self._embed(document_id)
        except Exception as error:
            _log.warning("document %s could not be read: %s", document_id, error)
            self._store.records.fail(document_id, " ".join(str(error).split()) or type(error).__name__)

    def _embed(self, document_id: str) -> None:
        if self._embedder is not None:
            try:
                self._store.embed(self._embedder)
            except EmbeddingError as error:
                _log.warning("%s", error)
                self._store.records.warn(document_id, f"found by its words alone: {error}")

    def close(self) -> None:
        """Drop what was not begun, which stays ``pending``, and wait for the rest."""
        self._worker.shutdown(cancel_futures=True)

    def _submit(self, job: Callable[[str], object], document_id: str) -> None:
        with suppress(RuntimeError):  # closed: the next server reads it
            self._worker.submit(_done, job, document_id)


def _done(job: Callable[[str], object], document_id: str) -> None:
    """Does a job; what fails is in the log."""
    try:
        job(document_id)
    except StoreError as error:
        _log.warning("%s", error)
    except Exception:
        _log.exception("a background job failed")

# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""The documents of a workspace: ``client.documents``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Unpack

from edgequake._sync.resources.document_parts import DocumentPages, DocumentParts
from edgequake._sync.resources.ingestion import Ingestion
from edgequake._sync.resources.pdf import Pdf
from edgequake._core.needs import Needs
from edgequake.exceptions import ConfigurationError
from edgequake.models.documents import (
    BatchDeletion,
    Deletion,
    DeletionImpact,
    Document,
    DocumentDetail,
    DocumentListOptions,
    DocumentPage,
    DocumentSearch,
    DocumentSearchOptions,
    WorkspaceWipe,
)

if TYPE_CHECKING:
    from edgequake._sync.pager import Pager
    from edgequake.models.ids import DocumentId
    from edgequake.models.options import BodyOptions, RequestOptions

__all__ = ["Documents"]

_LIST = Needs("documents.list", "TW", "answers with an empty list")
_SEARCH = Needs("documents.search", "TW", "answers with an empty list")
_DELETE_ALL = Needs("documents.delete_all", "W", "removes the documents of its default workspace")
_CONFIRMED = {"X-EdgeQuake-Confirm": "delete-all-documents"}
_MOST_AT_ONCE = 500


class Documents(Ingestion, DocumentParts, DocumentPages):
    """The documents of a workspace: ``client.documents``. Every method raises the errors of :meth:`Query.execute`.

    Instead of an id you can give the object that has it: ``documents.get(upload)``.
    """

    @cached_property
    def pdf(self) -> Pdf:
        """The PDFs of the workspace, before they are documents."""
        return Pdf(self._session)

    def list(self, **options: Unpack[DocumentListOptions]) -> Pager[Document, DocumentPage]:
        """The documents, newest first, fetched page by page while you iterate (``GET /api/v1/documents``).

        ::

            for document in client.documents.list(status="failed"):
                print(document.title, document.error_message)

        Needs ``tenant_id`` and ``workspace_id``.
        """
        return self._pages("GET /api/v1/documents", DocumentPage, options, DocumentListOptions, needs=_LIST)

    def get(self, document_id: DocumentId, **options: Unpack[RequestOptions]) -> DocumentDetail:
        """A document with its text (``GET /api/v1/documents/{document_id}``).

        :raises NotFoundError: no document has this id.
        """
        return self._send("GET /api/v1/documents/{document_id}", DocumentDetail, options, document_id=document_id)

    def delete(self, document_id: DocumentId, **options: Unpack[RequestOptions]) -> Deletion:
        """Removes a document and everything that only this document said (``DELETE /api/v1/documents/{document_id}``).

        Newer servers reply before the document is gone. ``accepted`` is then true, and ``track_id`` is the id of the
        task that removes it. Wait for it with :meth:`wait_deleted`.

        :raises NotFoundError: no document has this id.
        :raises ConflictError: the document is being processed.
        """
        return self._send("DELETE /api/v1/documents/{document_id}", Deletion, options, document_id=document_id)

    def delete_all(self, *, confirm: bool, **options: Unpack[RequestOptions]) -> WorkspaceWipe:
        """Removes all documents of the workspace (``DELETE /api/v1/documents``). Needs ``workspace_id``.

        The server replies before they are gone. ``wipe_track_id`` is the id of the task that removes them.

        :param confirm: must be True.
        :raises ConfigurationError: ``confirm`` is not True. Nothing has been sent.
        :raises ConflictError: the documents are already being removed.
        """
        if confirm is not True:
            raise ConfigurationError("delete_all() removes every document of the workspace: give confirm=True")
        options["headers"] = {**(options.get("headers") or {}), **_CONFIRMED}
        return self._send("DELETE /api/v1/documents", WorkspaceWipe, options, needs=_DELETE_ALL)

    def bulk_delete(self, document_ids: Iterable[DocumentId], **options: Unpack[BodyOptions]) -> BatchDeletion:
        """Removes several documents (``POST /api/v1/documents/batch-delete``).

        The server replies before they are gone. ``batch_track_id`` is the id of the task that removes them.

        :param document_ids: 1 to 500 documents.
        :raises ConfigurationError: there are none, or more than 500. Nothing has been sent.
        """
        some = isinstance(document_ids, Iterable) and not isinstance(document_ids, str)
        ids = [*document_ids] if some else []
        if not 1 <= len(ids) <= _MOST_AT_ONCE:
            given = len(ids) if some else repr(document_ids)
            raise ConfigurationError(f"document_ids must be a list of 1 to {_MOST_AT_ONCE} ids, not {given}")
        route = "POST /api/v1/documents/batch-delete"
        return self._send(route, BatchDeletion, options, document_ids=ids)

    def search(self, q: str, **options: Unpack[DocumentSearchOptions]) -> DocumentSearch:
        """The documents whose titles match (``GET /api/v1/documents/search``). Needs ``tenant_id``, ``workspace_id``.

        :param q: a part of the title. To search in the texts, use ``client.query``.
        """
        route = "GET /api/v1/documents/search"
        return self._send(route, DocumentSearch, options, DocumentSearchOptions, needs=_SEARCH, q=q)

    def deletion_impact(self, document_id: DocumentId, **options: Unpack[RequestOptions]) -> DeletionImpact:
        """What would be removed together with a document (``GET /api/v1/documents/{document_id}/deletion-impact``).

        :raises NotFoundError: no document has this id.
        """
        route = "GET /api/v1/documents/{document_id}/deletion-impact"
        return self._send(route, DeletionImpact, options, document_id=document_id)

"""Passages for LangChain, without an answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import run_in_executor
from pydantic import Field, PrivateAttr, model_validator

from edgequake.integrations._clients import AnyClient, Clients, check_options, context_options, metadata_of, text_of
from edgequake.integrations.langchain._settings import SETTINGS

if TYPE_CHECKING:
    from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun

    from edgequake import QueryResponse

__all__ = ["EdgequakeRetriever"]


class EdgequakeRetriever(BaseRetriever):
    """Passages, entities and relationships that fit a question, the best first; nothing is generated.

    A document's ``metadata`` has ``source`` (the file), ``source_type``, ``score`` and what else the server says.
    """

    model_config = SETTINGS

    client: AnyClient | None = Field(default=None, exclude=True, repr=False)
    """As in :class:`ChatEdgequake`."""
    client_options: Mapping[str, Any] | None = Field(default=None, exclude=True, repr=False)
    """As in :class:`ChatEdgequake`."""
    k: int = 4
    """How many documents to return at most."""
    mode: str | None = None
    """How to retrieve; None: as the server does."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Further options of each query, as ``client.query.execute`` takes them."""
    _clients: Clients = PrivateAttr()

    @model_validator(mode="after")
    def _begin(self) -> Self:
        self._clients = Clients(self.client, self.client_options)
        check_options(context_options(self.k, self.mode, self.options))
        return self

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        limit = self.k if k is None else k
        answer = self._clients.blocking.query.execute(query, **context_options(limit, self.mode, self.options))
        return _documents(answer, limit)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        client = self._clients.asynchronous
        if client is None:
            blocking = partial(self._get_relevant_documents, run_manager=run_manager.get_sync(), k=k)
            return await run_in_executor(None, blocking, query)
        limit = self.k if k is None else k
        return _documents(await client.query.execute(query, **context_options(limit, self.mode, self.options)), limit)


def _documents(answer: QueryResponse, limit: int) -> list[Document]:
    return [
        Document(page_content=text_of(source), id=source.id or None, metadata=metadata_of(source))
        for source in answer.sources[:limit]
    ]

"""Passages for LlamaIndex, without an answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from llama_index.core.base.base_retriever import BaseRetriever

from edgequake.integrations._clients import AnyClient, Clients, check_options, context_options
from edgequake.integrations.llamaindex._nodes import nodes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_index.core.callbacks import CallbackManager
    from llama_index.core.schema import NodeWithScore, QueryBundle

__all__ = ["EdgequakeRetriever"]


class EdgequakeRetriever(BaseRetriever):
    """Passages, entities and relationships that fit a question as nodes, the best first; nothing is generated.

    A node's ``metadata`` has ``source`` (the file), ``source_type`` and what else the server says; a language model is
    shown ``source`` alone.

    :param client: a client of yours, which stays yours to close. An ``EdgequakeClient`` serves async calls by a thread.
    :param similarity_top_k: how many nodes to return at most.
    :param mode: how to retrieve: ``naive``, ``local``, ``global``, ``hybrid``, ``mix``; None: as the server does.
    :param options: further options of each query, as ``client.query.execute`` takes them.
    :param client_options: what to make clients with instead: ``base_url``, ``api_key`` …; else the environment says it.
    :param callback_manager: LlamaIndex's own.
    :raises ConfigurationError: for settings that cannot work.
    """

    def __init__(
        self,
        client: AnyClient | None = None,
        *,
        similarity_top_k: int = 4,
        mode: str | None = None,
        options: Mapping[str, Any] | None = None,
        client_options: Mapping[str, Any] | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        self._clients = Clients(client, client_options)
        self._limit = similarity_top_k
        self._options = context_options(similarity_top_k, mode, options or {})
        check_options(self._options)
        super().__init__(callback_manager)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        answer = self._clients.blocking.query.execute(query_bundle.query_str, **self._options)
        return nodes_of(answer.sources[: self._limit])

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        client = self._clients.asynchronous
        if client is None:
            return await asyncio.to_thread(self._retrieve, query_bundle)
        answer = await client.query.execute(query_bundle.query_str, **self._options)
        return nodes_of(answer.sources[: self._limit])

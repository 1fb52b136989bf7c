"""LlamaIndex's query engine over an EdgeQuake server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import AsyncStreamingResponse, Response, StreamingResponse

from edgequake._streams.bridge import iterate_blocking
from edgequake.integrations._clients import AnyClient, Clients, check_options, details_of
from edgequake.integrations.llamaindex._nodes import nodes_of
from edgequake.integrations.llamaindex._texts import AsyncTexts, Beside, Texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llama_index.core.base.response.schema import RESPONSE_TYPE
    from llama_index.core.callbacks import CallbackManager
    from llama_index.core.schema import QueryBundle

    from edgequake import QueryResponse

__all__ = ["EdgequakeQueryEngine"]


class EdgequakeQueryEngine(BaseQueryEngine):
    """Answers of the server, with its sources as ``source_nodes``.

    Every error is one of :mod:`edgequake.exceptions`. A streamed answer that breaks raises it from ``response_gen``.

    :param client: as in :class:`EdgequakeRetriever`, like all parameters of the same names.
    :param streaming: whether ``query`` returns a ``StreamingResponse``, and ``aquery`` an ``AsyncStreamingResponse``.
    :param options: further options of each query, as ``client.query.stream`` takes them.
    """

    def __init__(
        self,
        client: AnyClient | None = None,
        *,
        streaming: bool = False,
        mode: str | None = None,
        options: Mapping[str, Any] | None = None,
        client_options: Mapping[str, Any] | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        self._clients = Clients(client, client_options)
        self._streaming = streaming
        self._options: Any = {"mode": mode, **(options or {})}
        check_options(self._options)
        super().__init__(callback_manager)

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        stream = self._clients.blocking.query.stream(query_bundle.query_str, **self._options)
        if self._streaming:
            beside = Beside()
            texts: Any = Texts(stream, beside)  # an iterator where LlamaIndex names a generator
            return StreamingResponse(texts, beside.nodes, beside.details)
        with stream:
            return _response(stream.final())

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        client = self._clients.asynchronous
        if client is None:
            response = await asyncio.to_thread(self._query, query_bundle)
            if not isinstance(response, StreamingResponse):
                return response
            texts: Any = iterate_blocking(lambda: response.response_gen)
            return AsyncStreamingResponse(texts, response.source_nodes, response.metadata)
        stream = client.query.stream(query_bundle.query_str, **self._options)
        if self._streaming:
            beside = Beside()
            pieces: Any = await AsyncTexts(stream, beside).begun()
            return AsyncStreamingResponse(pieces, beside.nodes, beside.details)
        async with stream:
            return _response(await stream.final())


def _response(answer: QueryResponse) -> Response:
    return Response(answer.answer, nodes_of(answer.sources), details_of(answer))

"""LlamaIndex's retriever and query engine over an EdgeQuake server.

::

    from edgequake.integrations.llamaindex import EdgequakeQueryEngine

    engine = EdgequakeQueryEngine(streaming=True, client_options={"base_url": "http://localhost:8080"})
    engine.query("What is EdgeQuake?").print_response_stream()
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import AsyncStreamingResponse, Response, StreamingResponse
from llama_index.core.schema import NodeWithScore, TextNode

from edgequake._streams.bridge import iterate_blocking
from edgequake.integrations._clients import AnyClient, Clients, context_options, details_of, metadata_of, text_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from llama_index.core.base.response.schema import RESPONSE_TYPE
    from llama_index.core.callbacks import CallbackManager
    from llama_index.core.schema import QueryBundle

    from edgequake import AsyncQueryStream, QueryResponse, QueryStream, Source

__all__ = ["EdgequakeQueryEngine", "EdgequakeRetriever"]


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
        super().__init__(callback_manager)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        answer = self._clients.blocking.query.execute(query_bundle.query_str, **self._options)
        return _nodes(answer.sources[: self._limit])

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        client = self._clients.asynchronous
        if client is None:
            return await asyncio.to_thread(self._retrieve, query_bundle)
        answer = await client.query.execute(query_bundle.query_str, **self._options)
        return _nodes(answer.sources[: self._limit])


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
        super().__init__(callback_manager)

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        stream = self._clients.blocking.query.stream(query_bundle.query_str, **self._options)
        if self._streaming:
            beside = _Beside()
            texts: Any = _Texts(stream, beside)  # an iterator where LlamaIndex names a generator
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
            beside = _Beside()
            pieces: Any = await _AsyncTexts(stream, beside).begun()
            return AsyncStreamingResponse(pieces, beside.nodes, beside.details)
        async with stream:
            return _response(await stream.final())


class _Beside:
    """What a stream brings beside its text, as LlamaIndex has it; both grow while the stream is read."""

    def __init__(self) -> None:
        self.nodes: list[NodeWithScore] = []
        self.details: dict[str, Any] = {}

    def learn(self, sources: Sequence[Source]) -> None:
        """These are the sources so far."""
        self.nodes += _nodes(sources[len(self.nodes) :])


class _Texts:
    """The text of a stream, begun so that its sources are known; a failure is raised by each further call too.

    (A generator that failed would just end the second time: an empty answer.)
    """

    def __init__(self, stream: QueryStream, beside: _Beside) -> None:
        self._stream = stream
        self._beside = beside
        self._held = ""
        self._ended = False
        self._held = next(self, "")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._held:
            text, self._held = self._held, ""
            return text
        if self._ended:
            raise StopIteration
        for chunk in self._stream:
            self._beside.learn(self._stream.sources)
            if chunk.text:
                return chunk.text
        self._ended = True
        self._beside.details.update(details_of(self._stream.final()))
        raise StopIteration


class _AsyncTexts:
    """The same of an asynchronous stream."""

    def __init__(self, stream: AsyncQueryStream, beside: _Beside) -> None:
        self._stream = stream
        self._beside = beside
        self._held = ""
        self._ended = False

    async def begun(self) -> Self:
        """Itself, when its sources are known."""
        self._held = await anext(self, "")
        return self

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        if self._held:
            text, self._held = self._held, ""
            return text
        if self._ended:
            raise StopAsyncIteration
        async for chunk in self._stream:
            self._beside.learn(self._stream.sources)
            if chunk.text:
                return chunk.text
        self._ended = True
        self._beside.details.update(details_of(await self._stream.final()))
        raise StopAsyncIteration


def _response(answer: QueryResponse) -> Response:
    return Response(answer.answer, _nodes(answer.sources), details_of(answer))


def _nodes(sources: Sequence[Source]) -> list[NodeWithScore]:
    return [NodeWithScore(node=_node(source), score=source.score) for source in sources]


def _node(source: Source) -> TextNode:
    metadata = metadata_of(source)
    others = [name for name in metadata if name != "source"]
    named: Any = {"id_": source.id} if source.id else {}
    return TextNode(
        text=text_of(source),
        metadata=metadata,
        excluded_llm_metadata_keys=others,
        excluded_embed_metadata_keys=others,
        **named,
    )

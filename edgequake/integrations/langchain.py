"""LangChain's chat model and retriever over an EdgeQuake server.

::

    from edgequake.integrations.langchain import ChatEdgequake

    model = ChatEdgequake(mode="hybrid", client_options={"base_url": "http://localhost:8080"})
    for chunk in model.stream("What is EdgeQuake?"):
        print(chunk.text, end="", flush=True)
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import run_in_executor
from pydantic import ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from edgequake import QueryOptions, QueryResponse, Source
from edgequake.integrations._clients import AnyClient, Clients, context_options, details_of, metadata_of, text_of
from edgequake.integrations._turns import asked, mode_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from langchain_core.callbacks import (
        AsyncCallbackManagerForLLMRun,
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForLLMRun,
        CallbackManagerForRetrieverRun,
    )

__all__ = ["ChatEdgequake", "EdgequakeRetriever"]

_QUERY_OPTIONS = frozenset(QueryOptions.__annotations__)
_CONFIG = ConfigDict(extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True)  # it may hold a key


class ChatEdgequake(BaseChatModel):
    """A chat model whose answers come from your documents, each with its sources.

    ``mode`` says how to retrieve; ``invoke(…, mode="local")`` and ``invoke(…, model="edgequake-local")`` change it for
    a call, as any option of a query can be.

    The last message of the user's is the question; earlier messages are told to the server's model. A message's
    ``response_metadata`` holds ``sources``, the retrieval ``mode``, the server's ``stats`` and ``request_id``. Every
    error is one of :mod:`edgequake.exceptions`; in mid-stream it has the text so far in ``partial_text``.
    """

    model_config = _CONFIG

    client: AnyClient | None = Field(default=None, exclude=True, repr=False)
    """A client of yours, which stays yours to close. An ``EdgequakeClient`` serves async calls by a thread."""
    client_options: Mapping[str, Any] | None = Field(default=None, exclude=True, repr=False)
    """What to make clients with instead: ``base_url``, ``api_key`` …; else the environment says it."""
    api_key: SecretStr | None = Field(default=None, exclude=True)
    """Short for ``client_options={"api_key": …}``."""
    mode: str | None = None
    """How to retrieve: ``naive``, ``local``, ``global``, ``hybrid``, ``mix``, ``bypass``; None: as the server does."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Further options of each query, as ``client.query.stream`` takes them."""
    timeout: Any = None
    """Seconds for each wait, or a :class:`edgequake.Timeout`; None: the client's."""
    max_retries: int | None = None
    """How often a request that failed on the way may be tried again; None: the client's."""
    streaming: bool = False
    """True streams also in ``invoke``, for callbacks that want each piece."""
    temperature: float | None = None
    """Taken because LangChain gives it to any model. The server's queries have none: giving it warns."""
    max_tokens: int | None = None
    """As ``temperature``."""
    stop: list[str] | None = None
    """As ``temperature``."""
    _clients: Clients = PrivateAttr()

    @model_validator(mode="after")
    def _begin(self) -> Self:
        changes = {"timeout": self.timeout, "max_retries": self.max_retries}
        changes = {name: value for name, value in changes.items() if value is not None}
        options = self.client_options
        if self.api_key is not None:
            options = {**(options or {}), "api_key": self.api_key.get_secret_value()}
        self._clients = Clients(self.client, options, changes)
        _warn_of([name for name in ("temperature", "max_tokens", "stop") if getattr(self, name)])
        return self

    @property
    def _llm_type(self) -> str:
        return "edgequake"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"mode": self.mode, "options": self.options, **self._clients.scope}  # LangChain's cache goes by it

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return super()._get_ls_params(stop, **{"model": self._model_name(kwargs), **kwargs})

    def _model_name(self, kwargs: Mapping[str, Any]) -> str:
        mode = kwargs.get("mode", self.mode)
        return str(kwargs.get("model") or (f"edgequake-{mode}" if mode else "edgequake"))

    def _query(self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a query: the options of this model, those of the call, and what the messages say."""
        _warn_of(["stop"] if stop else [])
        given = {name: value for name, value in kwargs.items() if name in _QUERY_OPTIONS and name != "model"}
        if "model" in kwargs:
            given["mode"] = mode_of(kwargs["model"])
        options = {"mode": self.mode, **self.options, **given}
        question, told = asked(convert_to_openai_messages(messages), options.get("system_prompt"))
        return {"query": question, **options, **told}

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with self._clients.blocking.query.stream(**self._query(messages, stop, kwargs)) as stream:
            return self._result(stream.final(), kwargs)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        client = self._clients.asynchronous
        if client is None:
            return await super()._agenerate(messages, stop, run_manager, **kwargs)
        async with client.query.stream(**self._query(messages, stop, kwargs)) as stream:
            return self._result(await stream.final(), kwargs)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        sent = _Sent()
        with self._clients.blocking.query.stream(**self._query(messages, stop, kwargs)) as stream:
            for text in stream.text_stream:
                yield sent.piece(text, stream.sources)
            yield sent.piece("", stream.sources, self._metadata(stream.final(), kwargs))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        client = self._clients.asynchronous
        if client is None:
            async for chunk in super()._astream(messages, stop, run_manager, **kwargs):
                yield chunk
            return
        sent = _Sent()
        async with client.query.stream(**self._query(messages, stop, kwargs)) as stream:
            async for text in stream.text_stream:
                yield sent.piece(text, stream.sources)
            yield sent.piece("", stream.sources, self._metadata(await stream.final(), kwargs))

    def _result(self, answer: QueryResponse, kwargs: Mapping[str, Any]) -> ChatResult:
        metadata = self._metadata(answer, kwargs) | {"sources": _plain(answer.sources)}
        message = AIMessage(content=answer.answer, response_metadata=metadata)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _metadata(self, answer: QueryResponse, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        return {"model_name": self._model_name(kwargs), "model_provider": "edgequake", **details_of(answer)}


def _warn_of(ignored: Sequence[str]) -> None:
    if ignored:
        warnings.warn(f"ChatEdgequake ignores {', '.join(ignored)}: the server has nothing like it", stacklevel=3)


class _Sent:
    """The pieces of one stream; each source is sent once, as soon as it has come."""

    def __init__(self) -> None:
        self._sources = 0

    def piece(self, text: str, sources: Sequence[Source], last: Mapping[str, Any] | None = None) -> ChatGenerationChunk:
        new = sources[self._sources :]
        self._sources += len(new)
        metadata = {**(last or {}), **({"sources": _plain(new)} if new else {})}
        position: Literal["last"] | None = None if last is None else "last"
        message = AIMessageChunk(content=text, response_metadata=metadata, chunk_position=position)
        return ChatGenerationChunk(message=message)


def _plain(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Sources as JSON has them: LangChain stores messages."""
    return [source.model_dump(mode="json", exclude_none=True) for source in sources]


class EdgequakeRetriever(BaseRetriever):
    """Passages, entities and relationships that fit a question, the best first; nothing is generated.

    A document's ``metadata`` has ``source`` (the file), ``source_type``, ``score`` and what else the server says.
    """

    model_config = _CONFIG

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

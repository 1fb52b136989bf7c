"""LangChain's chat model over an EdgeQuake server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from langchain_core.language_models import BaseChatModel, LangSmithParams
from pydantic import Field, PrivateAttr, SecretStr, model_validator

from edgequake.integrations._clients import AnyClient, Clients, check_options
from edgequake.integrations.langchain._messages import Sent, metadata_of_answer, result
from edgequake.integrations.langchain._queries import ignored_of, query_of, warn_of
from edgequake.integrations.langchain._settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import ChatGenerationChunk, ChatResult

__all__ = ["ChatEdgequake"]


class ChatEdgequake(BaseChatModel):
    """A chat model whose answers come from your documents, each with its sources.

    ``mode`` says how to retrieve; ``invoke(…, mode="local")`` and ``invoke(…, model="edgequake-local")`` change it for
    a call, as any option of a query can be.

    The last message of the user's is the question; earlier messages are told to the server's model. A message's
    ``response_metadata`` holds ``sources``, the retrieval ``mode``, the server's ``stats`` and ``request_id``. Every
    error is one of :mod:`edgequake.exceptions`; in mid-stream it has the text so far in ``partial_text``.
    """

    model_config = SETTINGS

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
        check_options({"mode": self.mode, **self.options})
        warn_of([name for name in ("temperature", "max_tokens", "stop") if getattr(self, name) is not None])
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
        warn_of([*(["stop"] if stop else []), *ignored_of(kwargs)])
        return query_of(messages, {"mode": self.mode, **self.options}, kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with self._clients.blocking.query.stream(**self._query(messages, stop, kwargs)) as stream:
            return result(stream.final(), self._model_name(kwargs))

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
            return result(await stream.final(), self._model_name(kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        sent, name = Sent(), self._model_name(kwargs)
        with self._clients.blocking.query.stream(**self._query(messages, stop, kwargs)) as stream:
            for text in stream.text_stream:
                yield sent.piece(text, stream.sources)
            yield sent.piece("", stream.sources, metadata_of_answer(stream.final(), name))

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
        sent, name = Sent(), self._model_name(kwargs)
        async with client.query.stream(**self._query(messages, stop, kwargs)) as stream:
            async for text in stream.text_stream:
                yield sent.piece(text, stream.sources)
            yield sent.piece("", stream.sources, metadata_of_answer(await stream.final(), name))

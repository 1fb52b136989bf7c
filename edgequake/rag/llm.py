"""An LLM that streams, on any server with OpenAI's chat completions: Ollama, vLLM, LM Studio, OpenAI and others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from edgequake._async.service import AsyncServiceClient
from edgequake._core.answer import chat_response
from edgequake._core.calls import any_request
from edgequake._core.config import checked_header, merged_headers
from edgequake._sync.service import ServiceClient
from edgequake.exceptions import ConfigurationError
from edgequake.models.answer import ChatResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from edgequake._core.calls import Call
    from edgequake.settings import Timeout

__all__ = ["OpenAICompatibleLLM"]

_PATH = "/chat/completions"


class OpenAICompatibleLLM:
    """An LLM on any server with OpenAI's chat completions, for ``StreamingRAG(llm=…)``.

        llm = OpenAICompatibleLLM("http://localhost:11434/v1", "gemma3:12b")
        rag = StreamingRAG(rag_system=my_retriever, llm=llm)

    It has the errors (``edgequake.exceptions``), the timeouts and the retries of this package's clients. Each call
    opens a new connection, so you can use one object in any number of threads and event loops.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None = None,
        *,
        system_prompt: str | None = None,
        temperature: float | None = None,
        max_tokens: int | None = None,
        timeout: float | Timeout | None = 60.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep the address of the server and the name of the model. Nothing is sent yet.

        ``base_url`` includes the version, as in ``http://localhost:11434/v1``. ``api_key`` is sent as a bearer token.
        ``system_prompt`` is sent before each prompt. ``timeout`` is a number of seconds for each wait, or a
        ``Timeout``. ``extra_body`` adds fields to each request.

        Raises ConfigurationError for settings that cannot work.
        """
        if not isinstance(model, str) or not model.strip():
            raise ConfigurationError(f"model must be the name of a model, not {model!r}")
        if not isinstance(base_url, str):
            raise ConfigurationError(f"base_url must be the address of a server, not {base_url!r}")
        self.model = model
        self._settings: dict[str, Any] = {
            "base_url": base_url.removesuffix("/").removesuffix(_PATH),
            "timeout": timeout,
            "max_retries": max_retries,
        }
        options = {"temperature": temperature, "max_tokens": max_tokens, **(extra_body or {})}
        self._body = {"model": model, "stream": True} | {k: v for k, v in options.items() if v is not None}
        self._system = [] if system_prompt is None else [{"role": "system", "content": system_prompt}]
        key = checked_header("api_key", api_key)
        self.api_key = None if key is None else SecretStr(key)
        """The API key, as a ``SecretStr``. Code that shows an error of this LLM removes the key from its text."""
        self.headers = {name: SecretStr(value) for name, value in (headers or {}).items()}
        """The headers of each request. Their values are ``SecretStr`` too, because they can hold a key."""
        ServiceClient(**self._client_settings()).close()  # raises now for settings that cannot work
        self.provider = urlsplit(base_url).netloc
        """Where the model runs: host and port."""

    def stream(self, prompt: str) -> Iterator[str]:
        """Yield the answer to ``prompt`` piece by piece. Raises the errors of ``edgequake.exceptions``."""
        with (
            ServiceClient(**self._client_settings()) as client,
            client.open(self._call(prompt), chat_response) as stream,
        ):
            yield from stream.text_stream

    async def astream(self, prompt: str) -> AsyncIterator[str]:
        """Yield the answer to ``prompt`` piece by piece, for async code. Raises the same errors as ``stream``."""
        async with (
            AsyncServiceClient(**self._client_settings()) as client,
            client.open(self._call(prompt), chat_response) as stream,
        ):
            async for text in stream.text_stream:
                yield text

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._settings['base_url']!r}, model={self.model!r})"

    def __reduce__(self) -> Any:
        raise TypeError("an LLM holds its key and cannot be pickled")

    def _client_settings(self) -> dict[str, Any]:
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        if self.api_key is not None:
            headers = merged_headers({"Authorization": f"Bearer {self.api_key.get_secret_value()}"}, headers)
        return self._settings | {"headers": headers}

    def _call(self, prompt: str) -> Call[ChatResponse]:
        body = {**self._body, "messages": [*self._system, {"role": "user", "content": prompt}]}
        return any_request("POST", _PATH, ChatResponse, body=body, replayable=True)

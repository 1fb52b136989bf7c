"""One answer on its way, through `StreamingRAG`: retrieval, then the text token by token."""

import asyncio
import math
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from time import perf_counter
from typing import Any

from pydantic import SecretStr

from edgequake.exceptions import RAGError
from edgequake.local.citations import Citations
from edgequake.local.engine import MAX_RESULTS, Engine, Found, Question
from edgequake.local.passages import MAX_CHARS
from edgequake.local.quoting import pieces
from edgequake.local.requests import RequestError
from edgequake.rag import EventType, StreamConfig, StreamingRAG

_MAX_PASSAGE_CHARS = MAX_CHARS + 1000  # with its number, document and headings
_SECRET = re.compile(r"\b(?:sk|pk|key|eq|gsk|hf|xai)[-_][\w-]{8,}|(?<=[Bb]earer )\S+|(?<=://)[^/\s@]+:[^/\s@]+(?=@)")
_MAX_MESSAGE = 500
_LEAST_SECRET = 8
CLOSING = "the server is shutting down"


class RetrievalError(RequestError):
    """Nothing could be looked up."""


class GenerationError(RequestError):
    """The answer broke off, or there is none; the words are the language model's, without secrets."""

    def __init__(self, provider: str, words: str) -> None:
        super().__init__(502, words, source="llm", kind="llm", provider=provider, retryable=True)


class Answering:
    """The answer to one question. First `found`, then `tokens`; `aclose` in any case.

    `tokens` and `first_token_ms` are counted, and `text` grows, while the tokens are taken.
    """

    def __init__(self, engine: Engine, question: Question) -> None:
        self.engine = engine
        self.question = question
        self.text = ""
        self.token_count = 0
        self.first_token_ms: int | None = None
        self.generation_ms = 0
        self._delay = engine.token_delay
        self._retriever = _Retriever(engine, question)
        config = StreamConfig(
            max_context_docs=MAX_RESULTS,
            max_doc_chars=_MAX_PASSAGE_CHARS,
            prompt_template=engine.template(question),
            retrieval_timeout=math.inf,
            generation_timeout=math.inf,
            raise_errors=True,
        )
        rag = StreamingRAG(self._retriever, engine.llm or _Extract(self._retriever), config)
        self._events = rag.astream_events(question.text)

    @property
    def answered_by(self) -> dict[str, str]:
        """The model that answers, in the contract's shape."""
        return {"llm_provider": self.engine.answers.provider, "llm_model": self.engine.answers.model}

    async def found(self) -> Found:
        """What the answer rests on. Raises RetrievalError."""
        try:
            async for event in self._events:
                if event.type == EventType.GENERATION_START:
                    break
        except RAGError as error:
            raise RetrievalError(500, self._said(error)) from error
        return self._retriever.found

    async def tokens(self) -> AsyncGenerator[str, None]:
        """The answer piece by piece; joined, they are `text`. What it cites is among the sources.

        Raises GenerationError.
        """
        started = perf_counter()
        answers_from_passages = self.engine.llm is not None and self.question.mode != "bypass"
        citations = Citations(len(self._retriever.found.passages)) if answers_from_passages else None
        try:
            async for event in self._events:
                self.generation_ms = self._retriever.found.extraction_ms + _ms_since(started)
                if event.is_chunk:
                    await self._pause()
                    self.token_count += 1
                    if self.first_token_ms is None:
                        self.first_token_ms = self._retriever.found.extraction_ms + _ms_since(started)
                    if text := citations.feed(event.data) if citations else event.data:
                        self.text += text
                        yield text
        except RAGError as error:
            raise self._broken(f"{self.engine.title} failed: {self._said(error)}") from error
        if text := citations.rest() if citations else "":
            self.text += text
            yield text
        if not self.text.strip():
            raise self._broken(f"{self.engine.title} gave no answer")

    async def whole(self) -> Found:
        """What the answer rests on, with `text` complete. Raises RetrievalError and GenerationError."""
        self._delay = 0.0
        found = await self.found()
        async for _ in self.tokens():
            pass
        return found

    async def aclose(self) -> None:
        """Stop what is still going on, the language model's generator too."""
        await self._events.aclose()

    async def _pause(self) -> None:
        """Let other streams go on, for the token delay. GenerationError as soon as the server stops."""
        closing = self.engine.closing
        if self._delay > 0 and not closing.is_set():
            try:
                async with asyncio.timeout(self._delay):
                    await closing.wait()
            except TimeoutError:
                return
        await asyncio.sleep(0)
        if closing.is_set():
            raise self._broken(CLOSING)

    def _broken(self, words: str) -> GenerationError:
        return GenerationError(self.engine.answers.provider, words)

    def _said(self, error: RAGError) -> str:
        """An error's words on one line of bounded length, without the language model's key and headers."""
        message = error.message.removeprefix(f"{error.stage} failed: ")  # whoever asked knows what was under way
        for secret in _secrets(self.engine.llm):
            message = message.replace(secret, "***")
        message = _SECRET.sub("***", " ".join(message.split()))
        return message if len(message) <= _MAX_MESSAGE else message[: _MAX_MESSAGE - 1] + "…"


class _Retriever:
    """The store as `StreamingRAG` takes it, for one question."""

    def __init__(self, engine: Engine, question: Question) -> None:
        self._engine = engine
        self._question = question
        self.found = Found()

    async def retrieve(self, query: str) -> list[dict[str, Any]]:
        """The passages as the prompt shows them."""
        self.found = await asyncio.to_thread(self._engine.retrieve, self._question)
        return [{"text": text} for text in self._engine.context(self.found)]


class _Extract:
    """The language model of a server that has none: it gives the extracted answer word by word."""

    def __init__(self, retriever: _Retriever) -> None:
        self._retriever = retriever

    async def astream(self, prompt: str) -> AsyncIterator[str]:
        """The words of the answer; joined, they are the answer."""
        for piece in pieces(self._retriever.found.extract or ""):
            yield piece


def _secrets(llm: Any) -> list[str]:
    """What a language model's errors may repeat and nobody else may read, the longest first.

    A header is left alone when it is as short as a number or a flag.
    """
    headers = getattr(llm, "headers", None)
    values = (
        [value for value in map(_plain, headers.values()) if len(value) >= _LEAST_SECRET]
        if isinstance(headers, Mapping)
        else []
    )
    return sorted(filter(None, [_plain(getattr(llm, "api_key", None)), *values]), key=len, reverse=True)


def _plain(value: object) -> str:
    """A text that may be hidden, as `SecretStr` hides it; "" for anything else."""
    value = value.get_secret_value() if isinstance(value, SecretStr) else value
    return value if isinstance(value, str) else ""


def _ms_since(started: float) -> int:
    return round((perf_counter() - started) * 1000)

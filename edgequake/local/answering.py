"""One answer on its way: retrieval, then the text token by token, through ``StreamingRAG`` from a language model."""

import asyncio
import math
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from time import perf_counter
from typing import Any

from pydantic import SecretStr

from edgequake.exceptions import RAGError
from edgequake.local.citations import Citations
from edgequake.local.engine import MAX_RESULTS, Engine, Found, Question
from edgequake.local.passages import MAX_CHARS
from edgequake.local.quoting import pieces
from edgequake.local.requests import RequestError
from edgequake.rag import StreamConfig, StreamingRAG

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
    """The answer to one question. First ``found``, then ``tokens``.

    ``tokens`` and ``first_token_ms`` are counted, and ``text`` grows, while the tokens are taken.
    """

    def __init__(self, engine: Engine, question: Question) -> None:
        self.engine = engine
        self.question = question
        self.text = ""
        self.token_count = 0
        self.first_token_ms: int | None = None
        self.generation_ms = 0
        self._delay = engine.token_delay
        self._found = Found()

    @property
    def answered_by(self) -> dict[str, str]:
        """The model that answers, in the contract's shape."""
        return {"llm_provider": self.engine.answers.provider, "llm_model": self.engine.answers.model}

    async def found(self) -> Found:
        """What the answer rests on. Raises RetrievalError."""
        try:
            self._found = await asyncio.to_thread(self.engine.retrieve, self.question)
        except Exception as error:
            raise RetrievalError(500, self._said(str(error) or type(error).__name__)) from error
        return self._found

    async def tokens(self) -> AsyncGenerator[str, None]:
        """The answer piece by piece; joined, they are ``text``. What it cites is among the sources.

        Raises GenerationError.
        """
        started = perf_counter()
        answers_from_passages = self.engine.llm is not None and self.question.mode != "bypass"
        citations = Citations(len(self._found.passages)) if answers_from_passages else None
        async with aclosing(self._pieces()) as given:
            async for piece in given:
                self.generation_ms = round((perf_counter() - started) * 1000)
                await self._pause()
                self.token_count += 1
                if self.first_token_ms is None:
                    self.first_token_ms = self.generation_ms
                if text := citations.feed(piece) if citations else piece:
                    self.text += text
                    yield text
        if text := citations.rest() if citations else "":
            self.text += text
            yield text
        if not self.text.strip():
            raise self._broken(f"{self.engine.title} gave no answer")

    async def whole(self) -> Found:
        """What the answer rests on, with ``text`` complete. Raises RetrievalError and GenerationError."""
        self._delay = 0.0
        found = await self.found()
        async for _ in self.tokens():
            pass
        return found

    async def retrieve(self, query: str) -> list[dict[str, Any]]:
        """What was found, as ``StreamingRAG`` takes it."""
        return [{"text": text} for text in self.engine.context(self._found)]

    async def _pieces(self) -> AsyncGenerator[str, None]:
        """The extracted answer word by word, or what the language model gives. Raises GenerationError."""
        if self._found.extract is not None:
            for piece in pieces(self._found.extract):
                yield piece
            return
        config = StreamConfig(
            max_context_docs=MAX_RESULTS,
            max_doc_chars=_MAX_PASSAGE_CHARS,
            prompt_template=self.engine.template(self.question),
            retrieval_timeout=math.inf,
            generation_timeout=math.inf,
            raise_errors=True,
        )
        rag = StreamingRAG(self, self.engine.llm, config)
        try:
            async with aclosing(rag.astream(self.question.text)) as given:
                async for piece in given:
                    yield piece
        except RAGError as error:
            words = error.message.removeprefix(f"{error.stage} failed: ")  # whoever asked knows what was under way
            raise self._broken(f"{self.engine.title} failed: {self._said(words)}") from error

    async def _pause(self) -> None:
        """Let other streams go on, for the token delay. GenerationError as soon as the server stops."""
        closing = self.engine.closing
        if self._delay > 0 and not closing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._delay):
                    await closing.wait()
        await asyncio.sleep(0)
        if closing.is_set():
            raise self._broken(CLOSING)

    def _broken(self, words: str) -> GenerationError:
        return GenerationError(self.engine.answers.provider, words)

    def _said(self, message: str) -> str:
        """An error's words on one line of bounded length, without the language model's key and headers."""
        for secret in _secrets(self.engine.llm):
            message = message.replace(secret, "***")
        message = _SECRET.sub("***", " ".join(message.split()))
        return message if len(message) <= _MAX_MESSAGE else message[: _MAX_MESSAGE - 1] + "…"


def _secrets(llm: Any) -> list[str]:
    """What a language model's errors may repeat and nobody else may read, the longest first.

    A header is left alone when it is as short as a number or a flag.
    """
    headers = getattr(llm, "headers", None)
    texts = map(_plain, headers.values()) if isinstance(headers, Mapping) else ()
    values = [text for text in texts if len(text) >= _LEAST_SECRET]
    return sorted(filter(None, [_plain(getattr(llm, "api_key", None)), *values]), key=len, reverse=True)


def _plain(value: object) -> str:
    """A text that may be hidden, as ``SecretStr`` hides it; "" for anything else."""
    value = value.get_secret_value() if isinstance(value, SecretStr) else value
    return value if isinstance(value, str) else ""

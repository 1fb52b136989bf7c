"""From a question to sources and an answer, in the steps the routes report."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from time import perf_counter

from edgequake.local.answerer import answer, words
from edgequake.local.store import Hit, Scope, Store

DEFAULT_RESULTS = 8
MAX_RESULTS = 50
PROVIDER = "local"
MODEL = "extractive"
NO_MODEL = "This server has no language model, so there is nothing to answer from without the documents."

_PROMPT = (
    "Answer the question from the passages below only, and cite them by their numbers."
    " Say so when they do not answer it."
)


class ServerClosingError(Exception):
    """The server stops while an answer is on its way."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `context` holds the earlier questions it follows up."""

    text: str
    mode: str
    context: str = ""
    limit: int = DEFAULT_RESULTS
    scope: Scope | None = None
    system_prompt: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An answer, its sources in the order of their numbers, and the milliseconds it took to find them."""

    answer: str
    sources: tuple[Hit, ...]
    retrieval_ms: int
    generation_ms: int


class Engine:
    """Answers from a store. `token_delay` is the pause before each streamed token, in seconds."""

    def __init__(self, store: Store, *, token_delay: float = 0.0) -> None:
        self.store = store
        self.token_delay = token_delay
        self.closing = asyncio.Event()

    async def find(self, question: Question) -> Found:
        """The answer to a question. Raises what the store raises."""
        return await asyncio.to_thread(self._find, question)

    async def tokens(self, found: Found) -> AsyncGenerator[str, None]:
        """The answer piece by piece; joined, they are the answer. Raises ServerClosingError."""
        for token in words(found.answer):
            await self._pause()
            yield token

    def prompt(self, question: Question, found: Found) -> str:
        """What a language model would be given: instructions, passages, question."""
        parts = [_PROMPT, question.system_prompt, passages_text(found), f"Question: {question.text}"]
        return "\n\n".join(part for part in parts if part)

    def _find(self, question: Question) -> Found:
        started = perf_counter()
        if question.mode == "bypass":
            return Found(NO_MODEL, (), 0, 0)
        limit = min(max(question.limit, 1), MAX_RESULTS)
        hits = self.store.search(f"{question.text} {question.context}", limit, scope=question.scope)
        searched = perf_counter()
        extracted = answer(question.text, hits, context=question.context)
        return Found(
            extracted.text,
            extracted.sources,
            round((searched - started) * 1000),
            round((perf_counter() - searched) * 1000),
        )

    async def _pause(self) -> None:
        """Let other streams go on, for the token delay. ServerClosingError as soon as the server stops."""
        if self.token_delay > 0 and not self.closing.is_set():
            try:
                async with asyncio.timeout(self.token_delay):
                    await self.closing.wait()
            except TimeoutError:
                return
        await asyncio.sleep(0)
        if self.closing.is_set():
            raise ServerClosingError("the server is shutting down")


def passages_text(found: Found) -> str:
    """The sources' full text, each under its number, document and heading."""
    return "\n\n".join(
        f"[{number}] {hit.title}{f' ({hit.heading})' if hit.heading else ''}\n{hit.text}"
        for number, hit in enumerate(found.sources, 1)
    )

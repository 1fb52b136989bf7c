"""From a question to sources and an answer.

Every mode but `bypass` finds passages by full-text search, because passages are what answers quote. The mode
decides which parts of the graph come along: `naive` none, `local` entities, `global` relationships, `hybrid`
and `mix` both. `bypass` asks the language model alone.
"""

import asyncio
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from edgequake.local.answerer import answer
from edgequake.local.conversations import Conversations, Turn
from edgequake.local.errors import LocalServerError
from edgequake.local.graph_index import LIMIT as MAX_GRAPH
from edgequake.local.graph_index import FoundEntity, FoundRelationship
from edgequake.local.ingestion import Ingestion
from edgequake.local.prompt import NO_PASSAGES, numbered, template
from edgequake.local.search import Hit
from edgequake.local.store import Scope, Store

DEFAULT_RESULTS = 8
MAX_RESULTS = 50
PROVIDER = "local"
MODEL = "extractive"
NO_MODEL = "This server has no language model, so there is nothing to answer from without the documents."

_ARMS = {
    "naive": ("naive",),
    "local": ("local",),
    "global": ("global",),
    "hybrid": ("local", "global"),
    "mix": ("local", "global", "naive"),
    "bypass": (),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `context` holds the earlier questions it follows up, `history` all that was said."""

    text: str
    mode: str
    context: str = ""
    limit: int = DEFAULT_RESULTS
    scope: Scope | None = None
    system_prompt: str = ""
    history: tuple[Turn, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        """The kinds of retrieval that the mode runs."""
        return _ARMS[self.mode]


@dataclass(frozen=True, slots=True)
class Found:
    """What a question is answered from, the passages in the order of their numbers, and how long that took.

    `extract` is the answer made of their own sentences, None when a language model is to give one.
    """

    passages: tuple[Hit, ...] = ()
    entities: tuple[FoundEntity, ...] = ()
    relationships: tuple[FoundRelationship, ...] = ()
    extract: str | None = None
    retrieval_ms: int = 0
    extraction_ms: int = 0

    @property
    def count(self) -> int:
        """How many sources there are."""
        return len(self.passages) + len(self.entities) + len(self.relationships)


class Engine:
    """What all requests share. `token_delay` is the pause before each streamed token, in seconds."""

    def __init__(self, store: Store, *, llm: Any = None, token_delay: float = 0.0) -> None:
        """Raises LocalServerError for an `llm` that has neither `astream(prompt)` nor `stream(prompt)`."""
        if llm is not None and not any(callable(getattr(llm, name, None)) for name in ("astream", "stream")):
            raise LocalServerError(f"llm has neither astream(prompt) nor stream(prompt): {type(llm).__name__}")
        self.store = store
        self.llm: Any = llm
        self.token_delay = token_delay
        self.conversations = Conversations(store.database)
        self.ingestion = Ingestion(store)
        self.closing = asyncio.Event()

    @property
    def model(self) -> str:
        """The name of what answers."""
        return MODEL if self.llm is None else str(getattr(self.llm, "model", None) or type(self.llm).__name__)

    @property
    def provider(self) -> str:
        """Whose it is."""
        return PROVIDER if self.llm is None else str(getattr(self.llm, "provider", None) or "custom")

    def retrieve(self, question: Question) -> Found:
        """What the question is answered from. Raises what the store raises."""
        if question.mode == "bypass":
            return Found(extract=NO_MODEL if self.llm is None else None)
        started = perf_counter()
        limit = min(max(question.limit, 1), MAX_RESULTS)
        asked = f"{question.text} {question.context}".strip()
        hits = self.store.search(asked, limit, scope=question.scope)
        extract: str | None = None
        passages = tuple(hits)
        extraction = 0.0
        if self.llm is None:
            extracting = perf_counter()
            extracted = answer(question.text, hits, context=question.context)
            extract, passages = extracted.text, extracted.sources
            extraction = perf_counter() - extracting
        entities: tuple[FoundEntity, ...] = ()
        relationships: tuple[FoundRelationship, ...] = ()
        if passages and {"local", "global"}.intersection(question.arms):
            of_graph = self.store.graph(asked, passages, min(limit, MAX_GRAPH), scope=question.scope)
            entities = tuple(of_graph[0]) if "local" in question.arms else ()
            relationships = tuple(of_graph[1]) if "global" in question.arms else ()
        retrieval_ms = round((perf_counter() - started - extraction) * 1000)
        return Found(passages, entities, relationships, extract, retrieval_ms, round(extraction * 1000))

    @staticmethod
    def template(question: Question) -> str:
        """The language model's prompt, its {context} and {query} to be filled in."""
        return template(question.system_prompt, question.history, with_passages=question.mode != "bypass")

    @staticmethod
    def context(found: Found) -> list[str]:
        """The passages as they stand in the prompt."""
        return numbered(found.passages) or [NO_PASSAGES]

    def prompt(self, question: Question, found: Found) -> str:
        """What a language model is given, or would be."""
        return self.template(question).format(context="\n\n".join(self.context(found)), query=question.text)

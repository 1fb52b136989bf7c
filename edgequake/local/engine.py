"""From a question to sources and an answer.

Every mode but ``bypass`` finds passages by full-text search, because passages are what answers quote. The mode
decides which parts of the graph come along: ``naive`` none, ``local`` entities, ``global`` relationships, ``hybrid``
and ``mix`` both. ``bypass`` asks the language model alone.
"""

import asyncio
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from edgequake._core.logs import server_logger
from edgequake._serving.keep_alive import KEEP_ALIVE_SECONDS
from edgequake.local.conversations import Conversations, Turn
from edgequake.local.directory import Directory
from edgequake.local.embeddings import OpenAICompatibleEmbedder
from edgequake.local.errors import EmbeddingError, LocalServerError
from edgequake.local.graph_reading import FoundEntity, FoundRelationship
from edgequake.local.ingestion import Ingestion
from edgequake.local.prompt import NO_PASSAGES, numbered, template
from edgequake.local.quoting import MOST, fitting, quotes
from edgequake.local.scope import DEFAULT_WORKSPACE
from edgequake.local.search import Hit
from edgequake.local.store import Scope, Store
from edgequake.local.uploads import Uploads
from edgequake.local.words import terms

_log = server_logger("local")

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
# How many entities and relationships stand beside an answer at most.
_BESIDE = {"naive": (0, 0), "local": (5, 0), "global": (0, 5), "hybrid": (3, 2), "mix": (3, 2)}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. ``context`` holds the earlier questions it follows up, ``history`` all that was said."""

    text: str
    mode: str
    context: str = ""
    limit: int = DEFAULT_RESULTS
    scope: Scope | None = None
    system_prompt: str = ""
    history: tuple[Turn, ...] = ()
    workspace: str = DEFAULT_WORKSPACE

    @property
    def arms(self) -> tuple[str, ...]:
        """The kinds of retrieval that the mode runs."""
        return _ARMS[self.mode]


@dataclass(frozen=True, slots=True)
class Found:
    """What a question is answered from, the passages in the order of their numbers, and how long that took.

    ``extract`` is the answer made of their own sentences, None when a language model is to give one.
    """

    passages: tuple[Hit, ...] = ()
    entities: tuple[FoundEntity, ...] = ()
    relationships: tuple[FoundRelationship, ...] = ()
    extract: str | None = None
    retrieval_ms: int = 0

    @property
    def count(self) -> int:
        """How many sources there are."""
        return len(self.passages) + len(self.entities) + len(self.relationships)


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """A model and whose it is; both are "" where there is none."""

    provider: str = ""
    model: str = ""
    kind: str = "llm"

    @property
    def full_id(self) -> str:
        """Both: ``openai/gpt-4.1-mini``."""
        return "/".join(filter(None, (self.provider, self.model)))


class Engine:
    """What all requests share. ``token_delay`` is the pause before each streamed token, in seconds."""

    def __init__(
        self,
        store: Store,
        *,
        llm: Any = None,
        token_delay: float = 0.0,
        embedder: OpenAICompatibleEmbedder | None = None,
    ) -> None:
        """Raises LocalServerError for an ``llm`` that has neither ``astream(prompt)`` nor ``stream(prompt)``."""
        if llm is not None and not any(callable(getattr(llm, name, None)) for name in ("astream", "stream")):
            raise LocalServerError(f"llm has neither astream(prompt) nor stream(prompt): {type(llm).__name__}")
        self.store = store
        self.llm: Any = llm
        self.token_delay = token_delay
        self.conversations = Conversations(store.database)
        self.embedder = embedder
        self.ingestion = Ingestion(store, embedder)
        self.directory = Directory(store.database)
        self.uploads = Uploads(store, self.directory, self.ingestion)
        self.closing = asyncio.Event()
        self.keep_alive = KEEP_ALIVE_SECONDS

    @property
    def answers(self) -> ModelInUse:
        """What answers here."""
        if self.llm is None:
            return ModelInUse(PROVIDER, MODEL)
        model = getattr(self.llm, "model", None) or type(self.llm).__name__
        return ModelInUse(str(getattr(self.llm, "provider", None) or "custom"), str(model))

    @property
    def embeds(self) -> ModelInUse:
        """What makes vectors here; names nothing when nothing does."""
        if self.embedder is None:
            return ModelInUse(kind="embedding")
        return ModelInUse(self.embedder.provider, self.embedder.model, "embedding")

    @property
    def title(self) -> str:
        """What answers, in words."""
        one = self.answers
        return "passages as they stand" if self.llm is None else f"the language model {one.model} at {one.provider}"

    def retrieve(self, question: Question) -> Found:
        """What the question is answered from. Raises what the store raises."""
        if question.mode == "bypass":
            return Found(extract=NO_MODEL if self.llm is None else None)
        started = perf_counter()
        limit = min(max(question.limit, 1), MAX_RESULTS)
        asked = f"{question.text} {question.context}".strip()
        where: dict[str, Any] = {"scope": question.scope, "workspace": question.workspace}
        hits = self.store.search(asked, limit, **where, vector=self._vector(asked))
        if question.context and self.llm is None and terms(question.text):
            # A follow-up with words of its own is not answered by what answered the question before.
            own = {hit.id for hit in self.store.search(question.text, MAX_RESULTS, **where)}
            hits = [hit for hit in hits if hit.meant or hit.id in own]
        # A language model can tell for itself which of them help, as many as there is room for.
        passages = tuple(hits[: len(numbered(hits))] if self.llm is not None else fitting(hits))
        extract = None if self.llm is not None else quotes(hits, () if passages else self.store.headings(MOST, **where))
        beside = (min(limit, most) for most in _BESIDE[question.mode])
        entities, relationships = self.store.graph(asked, passages[:MOST], *beside, **where)
        taken = round((perf_counter() - started) * 1000)
        return Found(passages, tuple(entities), tuple(relationships), extract, taken)

    def _vector(self, asked: str) -> tuple[str, bytes] | None:
        """The question's vector; without one, words alone have to do."""
        if self.embedder is None:
            return None
        try:
            return self.embedder.model, self.embedder.embed([asked])[0]
        except EmbeddingError as error:
            _log.warning("searched by words alone: %s", error)
            return None

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

"""The bodies that clients send."""

import json
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from edgequake.local.conversations import Turn
from edgequake.local.scope import Scope

MODES = frozenset({"naive", "local", "global", "hybrid", "mix", "bypass"})

_MOST = (1 << 63) - 1  # what the server and SQLite take for a whole number


def _storable(value: Any) -> Any:
    """``value``, when it can be sent back: 1e999 is JSON, and the infinity that Python makes of it is not."""
    json.dumps(value, allow_nan=False)
    return value


NonNegative = Annotated[int, Field(ge=0, le=_MOST)]
Data = Annotated[Any, AfterValidator(_storable)]
Id = Annotated[UUID | None, Field(strict=False)]
Granularity = Literal["citation", "agent", "debug"]
Ids = list[Annotated[UUID, Field(strict=False)]]
Name = Annotated[str, Field(min_length=1)]
Role = Literal["user", "assistant", "system"]


class Body(BaseModel):
    """A JSON body: types as they are on the wire, unknown fields left out."""

    model_config = ConfigDict(strict=True, extra="ignore", allow_inf_nan=False)


class DocumentFilter(Body):
    """Which documents to answer from."""

    date_from: str | None = None
    date_to: str | None = None
    document_pattern: str | None = None
    document_ids: list[str] | None = None

    def scope(self) -> Scope:
        """The same as the store takes it."""
        ids, dates = tuple(self.document_ids or ()), (self.date_from or "", self.date_to or "")
        return Scope(ids, self.document_pattern or "", *dates)


class Options(Body):
    """What query and chat have in common."""

    default_mode: ClassVar = "mix"
    mode: str | None = None
    system_prompt: str | None = None
    document_filter: DocumentFilter | None = None
    content_granularity: Granularity = "citation"

    def effective_mode(self) -> str:
        """The mode in lower case; an unknown one counts as ``mix``."""
        mode = (self.mode or self.default_mode).lower()
        return mode if mode in MODES else "mix"


class AskBody(Options):
    """What queries have in common."""

    query: str
    include_subgraph: bool = True
    llm_provider: str | None = None
    llm_model: str | None = None


class QueryBody(AskBody):
    """``POST /api/v1/query``."""

    max_results: NonNegative | None = None
    context_only: bool = False
    prompt_only: bool = False
    conversation_history: list[Turn] | None = None


class StreamBody(AskBody):
    """``POST /api/v1/query/stream``."""

    stream_format: str = "v2"


class ChatBody(Options):
    """``POST /api/v1/chat/completions`` and its stream."""

    default_mode: ClassVar = "hybrid"
    message: str
    conversation_id: Id = None
    parent_id: Id = None
    content_granularity: Annotated[Granularity, BeforeValidator(lambda value: value or "citation")] = "citation"
    stream: bool = True
    max_tokens: NonNegative | None = None
    temperature: float | None = None
    top_k: NonNegative | None = None
    provider: str | None = None
    model: str | None = None
    language: str | None = None
    images: list[dict[str, Any]] | None = None


class DocumentBody(Body):
    """``POST /api/v1/documents``."""

    content: str
    title: str | None = None
    metadata: Data = None
    async_processing: bool = False
    track_id: str | None = None


class ConversationChange(Body):
    """``PATCH /api/v1/conversations/{id}``: a ``folder_id`` of null takes it out of its folder."""

    title: str | None = None
    mode: str | None = None
    folder_id: Id = None
    is_pinned: bool | None = None
    is_archived: bool | None = None


class ImportedMessage(Body):
    """A message as it was elsewhere."""

    content: str
    role: Role


class ImportedConversation(Body):
    """A conversation as it was elsewhere."""

    title: str | None = None
    mode: str | None = None
    messages: list[ImportedMessage]


class MessageChange(Body):
    """``PATCH /api/v1/messages/{id}``."""

    content: str | None = None
    tokens_used: NonNegative | None = None
    duration_ms: NonNegative | None = None
    thinking_time_ms: NonNegative | None = None
    context: Annotated[dict[str, Any] | None, AfterValidator(_storable)] = None
    is_error: bool | None = None


class FolderChange(Body):
    """``PATCH /api/v1/folders/{id}``: a ``parent_id`` of null takes it to the top."""

    name: Name | None = None
    parent_id: Id = None
    position: NonNegative | None = None


class ContextBody(QueryBody):
    """``POST /api/v1/query/context`` and its search."""

    content_granularity: Granularity = "agent"
    include_lineage: bool = True
    include_documents: bool = True
    include_agent_hints: bool = True

"""Chunks: what a stream yields. A chunk is a dict with the server's fields. Its attributes have types."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, field_validator
from pydantic_core import CoreSchema, core_schema, to_json

from edgequake.exceptions import StreamError
from edgequake.models._model import Model, explain
from edgequake.models.answer import QueryStats
from edgequake.models.source import ContextBundle, Source, Subgraph

__all__ = ["ChatChunk", "Chunk", "ChunkType", "QueryChunk"]


class ChunkType(StrEnum):
    """The types of chunk that this version knows. A newer server can send other types; ``chunk.type`` has them too."""

    CONVERSATION = "conversation"
    THINKING = "thinking"
    CONTEXT = "context"
    SOURCE = "source"
    STAGE = "stage"
    TOKEN = "token"  # noqa: S105 - a token of text
    DONE = "done"
    TITLE_UPDATE = "title_update"
    ERROR = "error"


class ChunkFields(Model):
    """The fields of every known event, with their types. Reading an attribute of a chunk checks it with this model."""

    type: str = ""
    """The kind of event: ``token``, ``context``, ``done`` and others."""
    content: str | None = None
    """A piece of the text, by the server's name."""
    chunk: str | None = None
    """The same, by the streaming guide's name."""
    sources: list[Source] | None = None
    """The sources, as the server sent them."""
    source: Source | None = None
    """One source, from servers that send them one by one."""
    query_mode: str | None = None
    """The mode in which the server searched."""
    retrieval_time_ms: float | None = None
    """How long the search took, in milliseconds."""
    subgraph: Subgraph | None = None
    """The part of the graph that fits the question."""
    bundle: ContextBundle | None = None
    """Whole passages, in the wire format v3."""
    stats: QueryStats | None = None
    """The server's statistics."""
    answer: str | None = None
    """The final text, with its citations checked."""
    llm_provider: str | None = None
    """Whose model wrote the answer."""
    llm_model: str | None = None
    """Which model wrote the answer."""
    conversation_id: str | None = None
    """The conversation."""
    user_message_id: str | None = None
    """The stored message of the user."""
    assistant_message_id: str | None = None
    """The stored answer."""
    tokens_used: int | None = None
    """Tokens of the answer."""
    duration_ms: float | None = None
    """How long the answer took, in milliseconds."""
    title: str | None = None
    """The title of a new conversation."""
    message: str | None = None
    """Words of an error event; they are raised."""
    code: str | None = None
    """The code of an error event."""
    stage: str | None = None
    """What the server is doing."""

    @field_validator("message", "code", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        # Servers send errors in many shapes. If one were refused here, its text would be lost.
        return value if value is None or isinstance(value, str) else to_json(value).decode()


class Chunk(dict[str, Any]):
    """One event of a stream. It is a dict of the server's fields, its attributes have types, and ``str()`` is its text.

    ``chunk["chunk"]`` (if it has text), ``chunk.get("type")`` and ``print(chunk, end="")`` work on every stream format.
    A field is checked when you read its attribute. If it has the wrong type, you get a :class:`StreamError`.
    An event that this version does not know keeps its own ``type`` and all its fields. It has no text.
    """

    __slots__ = ("_fields", "_raw")
    __match_args__ = ("type", "text")

    _fields: ChunkFields
    _raw: bytes

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"{type(self).__name__}({super().__repr__()})"

    @property
    def type(self) -> str:
        """The kind of event. :class:`ChunkType` has the known ones."""
        kind = self.get("type", "")
        return kind if isinstance(kind, str) else "" if kind is None else str(kind)

    @property
    def text(self) -> str:
        """The text that this chunk adds to the answer, with all its spaces. It is empty for an event without text."""
        text = self.get("chunk")
        if type(text) is str:  # by far the commonest, and type() is quicker than isinstance()
            return text
        if text is None and self.get("type") == "token":
            text = self.get("content")
        return text if isinstance(text, str) else ""

    @property
    def thinking(self) -> str:
        """The server's note on what it is doing (``thinking``). It is not a part of the answer."""
        return (self._typed.content or "") if self.type == "thinking" else ""

    @property
    def sources(self) -> list[Source]:
        """The sources of this chunk: all of them in a ``context`` chunk, one in a ``source`` chunk."""
        fields = self._typed
        return fields.sources or ([fields.source] if fields.source is not None else [])

    @property
    def source(self) -> Source | None:
        """The source of a ``source`` chunk."""
        return self._typed.source

    @property
    def query_mode(self) -> str | None:
        """The retrieval mode that the server used (``context``)."""
        return self._typed.query_mode

    @property
    def retrieval_time_ms(self) -> float | None:
        """Milliseconds that retrieval took (``context``)."""
        return self._typed.retrieval_time_ms

    @property
    def subgraph(self) -> Subgraph | None:
        """The part of the graph that fits the question (``context``)."""
        return self._typed.subgraph

    @property
    def bundle(self) -> ContextBundle | None:
        """Whole passages and their graph (``context``, ``stream_format="v3"``)."""
        return self._typed.bundle

    @property
    def stats(self) -> QueryStats | None:
        """What the server measured (``done``)."""
        return self._typed.stats

    @property
    def answer(self) -> str | None:
        """The final text (``done``), if the server sends one. It may differ from the streamed text."""
        return self._typed.answer

    @property
    def llm_provider(self) -> str | None:
        """The provider of the model that wrote the answer (``done``)."""
        return self._typed.llm_provider

    @property
    def llm_model(self) -> str | None:
        """The model that wrote the answer (``done``)."""
        return self._typed.llm_model

    @property
    def stage(self) -> str | None:
        """The step that the server has reached (``stage``)."""
        return self._typed.stage

    @property
    def finish_reason(self) -> str | None:
        """Why the model stopped, in OpenAI's format: ``stop``, ``length`` …"""
        choices = self.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else self
        reason = first.get("finish_reason") if isinstance(first, dict) else None
        return reason if isinstance(reason, str) else None

    @property
    def usage(self) -> dict[str, Any] | None:
        """The numbers of tokens, in OpenAI's format."""
        usage = self.get("usage")
        return usage if isinstance(usage, dict) else None

    @property
    def message(self) -> str | None:
        """What went wrong (``error``). Iterating a stream raises it; ``events()`` shows it first."""
        return self._typed.message

    @property
    def code(self) -> str | None:
        """The server's code of what went wrong (``error``)."""
        return self._typed.code

    @property
    def raw(self) -> str:
        """The event's data exactly as the server sent it."""
        try:
            return self._raw.decode("utf-8", "replace")
        except AttributeError:  # made by hand, not read from a stream
            return to_json(dict(self)).decode()

    @property
    def _typed(self) -> ChunkFields:
        try:
            return self._fields
        except AttributeError:
            pass
        try:
            self._fields = ChunkFields.model_validate(dict(self))
        except ValidationError as error:
            raise StreamError(f"the server sent a {self.type or 'nameless'} event with {explain(error)}") from error
        return self._fields

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from_dict = core_schema.no_info_after_validator_function(
            cls, core_schema.dict_schema(core_schema.str_schema(), core_schema.any_schema())
        )
        return core_schema.json_or_python_schema(
            json_schema=from_dict,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_dict]),
            serialization=core_schema.plain_serializer_function_ser_schema(dict, when_used="always"),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        described = handler(ChunkFields.__pydantic_core_schema__)
        return {**handler.resolve_ref_schema(described), "title": cls.__name__, "required": ["type"]}


class QueryChunk(Chunk):
    """One event of ``query.stream()``: ``thinking``, ``context``, ``token`` …, ``done``."""

    __slots__ = ()


class ChatChunk(Chunk):
    """One event of ``chat.stream()``: ``conversation``, ``context``, ``token`` …, ``done``, ``title_update``."""

    __slots__ = ()

    @property
    def conversation_id(self) -> str | None:
        """The conversation (``conversation``, ``title_update``). Give it to the next call to continue."""
        return self._typed.conversation_id

    @property
    def user_message_id(self) -> str | None:
        """The id under which the server stored the user's message (``conversation``)."""
        return self._typed.user_message_id

    @property
    def assistant_message_id(self) -> str | None:
        """The id under which the server stored the answer (``done``)."""
        return self._typed.assistant_message_id

    @property
    def title(self) -> str | None:
        """The title that the server gave the conversation (``title_update``)."""
        return self._typed.title

    @property
    def tokens_used(self) -> int | None:
        """Tokens of the answer (``done``)."""
        return self._typed.tokens_used

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds that the answer took (``done``)."""
        return self._typed.duration_ms

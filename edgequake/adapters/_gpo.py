"""What the GPO Core API is asked, and what its answers and events mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from edgequake.adapters import Answer, EventDecoder, Model, ServiceOptions, error_in, parse_as, post, required, setting
from edgequake.exceptions import ConfigurationError
from edgequake.models.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake.adapters import AnswerState, Call
    from edgequake.settings import Timeout

__all__ = [
    "Calls",
    "ChatContext",
    "ChatRequest",
    "ChatResponse",
    "CitationSource",
    "Conversation",
    "GPOOptions",
    "Routes",
    "Session",
    "SessionContext",
    "StreamingChatRequest",
    "StreamingChunk",
    "folded",
]

T = TypeVar("T")


class _Given(Model):
    """What a caller fills in: a mistake in it is told without its values, one of which may be a token."""

    model_config = ConfigDict(hide_input_in_errors=True)


class SessionContext(_Given):
    """Who a session is for."""

    instance_id: str
    """The instance of GPO that answers."""
    user_id: str
    """The user who asks."""
    project_id: str | None = None
    """The project that the session belongs to. Default None: no project."""


class ChatContext(_Given):
    """The session and conversation of a question. ``token`` is sent as ``Authorization: Bearer``; no repr shows it."""

    session_id: str | None = None
    """The id that ``session()`` gave."""
    conversation_id: str | None = None
    """The id that ``start_conversation()`` gave. ``chat()`` and ``chat_stream()`` need it."""
    token: str | None = Field(None, repr=False)
    """The token that ``session()`` gave. Each call with a context needs it."""


class ChatRequest(_Given):
    """A question. Fields of your own are sent too."""

    query: str
    """The question. It must not be empty."""
    use_openai: bool = False
    """Whether OpenAI's models may be used. Default False."""


class StreamingChatRequest(ChatRequest):
    """A question whose answer is streamed."""

    stream: bool = True
    """Whether the answer is streamed. ``chat_stream()`` always sends True."""


class Session(Answer):
    """A session. Its id and token go into a :class:`ChatContext`."""

    session_id: str
    """The id of the session."""
    token: str | None = Field(None, repr=False)
    """What further calls of this session are sent with; None if the service gave none. No repr shows it."""


class Conversation(Answer):
    """A conversation. Its id goes into a :class:`ChatContext`."""

    conversation_id: str
    """The id of the conversation."""


class CitationSource(Model):
    """A source that the answer cites. Fields that this SDK does not know are kept."""

    title: str = ""
    """The title of the document; empty if the service sent none."""
    relevance_score: float | None = None
    """How well the source fits the question, as the service measures it; higher is better. None if it did not say."""
    content_excerpt: str | None = None
    """The passage that the answer uses; None if the service sent none."""

    def as_source(self) -> Source:
        """The same source as a :class:`Source` of this SDK."""
        score = self.relevance_score or 0.0
        return Source(
            source_type="chunk", id=self.title, file_path=self.title, snippet=self.content_excerpt, score=score
        )


class StreamingChunk(Model):
    """A chunk of a streamed answer. ``str(chunk)`` is its text."""

    content: str | None = None
    """The text that this chunk adds to the answer; None if it adds none."""
    sources: list[CitationSource] | None = None
    """The cited sources. They usually come with the final chunk."""
    is_complete: bool = False
    """Whether this is the final chunk."""
    metadata: dict[str, Any] | None = None
    """What else the service sent with this chunk; None if nothing."""

    @property
    def text(self) -> str:
        """``content``, or an empty string if there is none."""
        return self.content or ""

    def __str__(self) -> str:
        return self.text


class ChatResponse(Answer):
    """A whole answer: the result of ``chat()`` and of a stream's ``final()``."""

    message_content: str
    """The text of the answer."""
    sources: list[CitationSource] = Field(default_factory=list)
    """The sources that the answer cites; empty if it cites none."""
    metadata: dict[str, Any] | None = None
    """What else the service sent with the answer; None if nothing."""

    @property
    def text(self) -> str:
        """``message_content``."""
        return self.message_content

    def __str__(self) -> str:
        return self.message_content


class _Decoder(EventDecoder[StreamingChunk]):
    def chunk(self, event: dict[str, Any]) -> StreamingChunk:
        if (failure := error_in(event)) is not None:
            raise failure
        chunk = StreamingChunk.model_validate(event)
        seen = self.answer.seen
        if chunk.sources:
            seen["sources"] = [*seen.get("sources", ()), *chunk.sources]
            self.answer.sources = [*self.answer.sources, *(source.as_source() for source in chunk.sources)]
        if chunk.metadata:
            seen["metadata"] = {**seen.get("metadata", {}), **chunk.metadata}
        self.finished = self.finished or chunk.is_complete
        return chunk


def folded(state: AnswerState) -> ChatResponse:
    """The answer that a stream has brought."""
    return ChatResponse(message_content=state.text, **state.seen)


def _events_of(answer: dict[str, Any]) -> list[bytes]:
    event = {"content": answer["message_content"], "sources": answer["sources"], "metadata": answer["metadata"]}
    return [to_json({**event, "is_complete": True})]


@dataclass(frozen=True, slots=True)
class Routes:
    """The paths of the service. Every call is a ``POST``; ``{session_id}`` and ``{conversation_id}`` are replaced."""

    session: str = "/sessions"
    """The path of ``session()``. Default ``/sessions``."""
    start_conversation: str = "/conversations"
    """The path of ``start_conversation()``. Default ``/conversations``."""
    chat: str = "/chat"
    """The path of ``chat()``. Default ``/chat``."""
    chat_stream: str = "/chat/stream"
    """The path of ``chat_stream()``. Default ``/chat/stream``."""


class GPOOptions(ServiceOptions, total=False):
    """The settings of a GPO client."""

    base_url: str | None
    """The service's address. Default: the environment variable ``GPO_BASE_URL``."""
    routes: Routes
    """The paths of the service, if they differ from those of :class:`Routes`."""
    timeout: float | Timeout | None
    """Seconds for each clock except ``total``. Default: 60."""
    max_retries: int
    """How often a request may be sent again after a failure. Default 3."""


Request: TypeAlias = BaseModel | Mapping[str, Any]


class Calls:
    """What a client asks of the service. A request that stores something is sent twice by no retry."""

    def __init__(self, options: dict[str, Any]) -> None:
        """Takes ``options`` that are GPO's own, and leaves those of every client."""
        options["base_url"] = setting(options.get("base_url"), "GPO_BASE_URL", "base_url")
        self._routes = options.pop("routes", None) or Routes()
        if not isinstance(self._routes, Routes):
            raise ConfigurationError(f"routes must be a Routes, not {self._routes!r}")

    def session(self, context: SessionContext) -> Call[Session]:
        """A new session."""
        return post(self._routes.session, _fields(context), parse_as(Session), replayable=False)

    def start_conversation(self, context: ChatContext, request: Request | None) -> Call[Conversation]:
        """A new conversation of a session."""
        return self._within(context, self._routes.start_conversation, _fields(request), parse_as(Conversation))

    def chat(self, context: ChatContext, request: Request, route: str | None = None, **more: Any) -> Call[ChatResponse]:
        """A question of a conversation."""
        context = _checked(context)
        required("conversation_id", context.conversation_id, "start_conversation() gives the context one")
        fields = _fields(request)
        required("query", fields.get("query"))
        return self._within(context, route or self._routes.chat, fields, parse_as(ChatResponse), **more)

    def chat_stream(self, context: ChatContext, request: Request) -> Call[ChatResponse]:
        """A question of a conversation, whose answer is streamed."""
        request = {**_fields(request), "stream": True}
        return self.chat(context, request, self._routes.chat_stream, decoder=_Decoder, events_of=_events_of)

    @staticmethod
    def _within(
        context: ChatContext, route: str, fields: dict[str, Any], parse: Callable[[bytes], T], **more: Any
    ) -> Call[T]:
        context = _checked(context)
        token = required("token", context.token, "session() gives one; put it into the ChatContext")
        required("session_id", context.session_id, "session() gives one; put it into the ChatContext")
        ids = {"session_id": context.session_id, "conversation_id": context.conversation_id}
        given = {name: value for name, value in ids.items() if value is not None}
        for name, value in given.items():
            route = route.replace(f"{{{name}}}", quote(value, safe=""))
        headers = {"Authorization": f"Bearer {token}"}
        return post(route, {**fields, **given}, parse, replayable=False, headers=headers, **more)


def _checked(context: ChatContext) -> ChatContext:
    if not isinstance(context, ChatContext):
        raise ConfigurationError(f"context must be a ChatContext, not a {type(context).__name__}")
    return context


def _fields(request: Request | None) -> dict[str, Any]:
    if isinstance(request, BaseModel):
        return request.model_dump(mode="json", exclude_none=True)
    if request is not None and not isinstance(request, Mapping):
        raise ConfigurationError(f"request must be a model or a dict, not a {type(request).__name__}")
    return dict(request or {})

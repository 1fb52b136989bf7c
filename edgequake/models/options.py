"""The keyword options of ``query`` and ``chat``: one list each, for sync and async, whole answers and streams.

The names are the server's own, with the streaming guide's as aliases. An option that is not given, or is None,
is not sent: the server's default applies. ``extra_body`` sends any other field, nulls included.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, TypeVar, get_args

from pydantic import ConfigDict, Field, SkipValidation
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from edgequake.settings import Timeout
else:
    Timeout = Any

__all__ = [
    "NULL_IS_SENT",
    "BodyOptions",
    "ChatMessage",
    "ChatOptions",
    "ContentPart",
    "DocumentFilter",
    "FileInput",
    "HistoryMessage",
    "ImageInput",
    "Messages",
    "MixWeights",
    "OrNull",
    "QueryOptions",
    "RequestOptions",
    "UploadOptions",
]

_KnownMode: TypeAlias = Literal["naive", "local", "global", "hybrid", "mix", "bypass"]
Mode: TypeAlias = _KnownMode | str
"""How to retrieve. Any other name is refused; ``extra_body={"mode": …}`` sends one that this version does not know."""
MODES: tuple[str, ...] = get_args(_KnownMode)
"""The modes of the server."""
Granularity: TypeAlias = Literal["citation", "agent", "debug"] | str
StreamFormat: TypeAlias = Literal["v1", "v2", "v3"]


class DocumentFilter(TypedDict, total=False):
    """Limits the answer to some documents: by date, and by id or title. Give what you need."""

    date_from: str
    """The earliest date, as an ISO date or an ISO date and time. The day itself is included."""
    date_to: str
    """The latest date, in the same form. The day itself is included."""
    document_pattern: str
    """A part of the title. Upper and lower case are the same, and a comma separates alternatives."""
    document_ids: list[str]
    """The ids of the documents."""


# Written as a call because one of the names is a keyword of Python.
MixWeights = TypedDict("MixWeights", {"local": float, "global": float, "naive": float}, total=False)
MixWeights.__doc__ = """The weight of each search in ``mode="mix"``: ``local``, ``global`` and ``naive``."""


class HistoryMessage(TypedDict):
    """One earlier message of a conversation."""

    role: str
    """``user``, ``assistant`` or ``system``."""
    content: str
    """The text."""


class ContentPart(TypedDict, total=False):
    """One part of a message that is a list of parts, as other chat APIs have it. Only text parts are accepted."""

    type: str
    """``text``."""
    text: str
    """The text."""


class ChatMessage(TypedDict, total=False):
    """One message of ``chat.stream(messages=[…])``."""

    role: str
    """``user``, ``assistant`` or ``system``."""
    content: str | list[ContentPart]
    """The text, or a list of text parts."""


Messages: TypeAlias = str | Sequence[ChatMessage] | Sequence[Mapping[str, str]]
"""A message of the user as a string, or all messages so far, each as a dict with ``role`` and ``content``."""


class ImageInput(TypedDict):
    """An image for the model. You can send 4 images, each up to 20 MB, as JPEG, PNG, GIF or WebP."""

    data: str
    """The bytes in base64, without the prefix of a data URL."""
    mime_type: str
    """The type of the image, such as ``image/png``."""


T = TypeVar("T")

NULL_IS_SENT = "null is sent"
OrNull: TypeAlias = Annotated[T | None, NULL_IS_SENT]
"""An option that clears a field: None is sent as null. For all other options, None means "not given"."""

FileInput: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes]
"""A file to upload: its path, its bytes, or an open binary file. An open file is read from its start."""


class RequestOptions(TypedDict, total=False):
    """The options that every method has."""

    timeout: Annotated[float | Timeout | None, SkipValidation]
    """Seconds, a :class:`Timeout`, or None for no limit. Default: the timeout of the client."""
    headers: Mapping[str, str] | None
    """Additional HTTP headers."""


class BodyOptions(RequestOptions, total=False):
    """The options that every method with a request body has."""

    extra_body: Mapping[str, Any] | None
    """Additional fields of the body. They are sent unchanged."""


class UploadOptions(BodyOptions, total=False):
    """The options that every method for uploads has."""

    max_upload_bytes: int | None
    """The largest size of a file, in bytes. A larger file is refused and not sent. None means no limit. Default: what
    the server accepts, 50 MiB, and 100 MiB for PDFs."""


class QueryOptions(BodyOptions, total=False):
    """The options of ``query.execute``, ``query.stream`` and ``query.ask``.

    In a stream, the server ignores ``max_results``, the rerank options, ``mix_weights``, ``conversation_history``,
    ``context_only`` and ``prompt_only``. If you give one of them to ``query.stream``, you get an
    :class:`IgnoredOptionWarning`.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)  # type: ignore[misc]  # pydantic's own way to configure a TypedDict

    mode: Mode | None
    """How the server searches: ``naive``, ``local``, ``global``, ``hybrid``, ``mix`` or ``bypass``. Default ``mix``."""
    max_results: Annotated[int, Field(ge=1)] | None
    """How many sources to use. Default: decided by the server. Only for ``execute``."""
    top_k: Annotated[int, Field(ge=1)] | None
    """Another name for ``max_results``."""
    enable_rerank: bool | None
    """Whether a reranker sorts the sources. Default True. Only for ``execute``."""
    rerank: bool | None
    """Another name for ``enable_rerank``."""
    rerank_model: str | None
    """The name of the reranker. Only for ``execute``."""
    rerank_top_k: Annotated[int, Field(ge=1)] | None
    """How many sources the reranker keeps. Only for ``execute``."""
    llm_provider: str | None
    """The provider of the language model. Give it together with ``llm_model``."""
    llm_model: str | None
    """The language model that writes the answer. Give it together with ``llm_provider``."""
    provider: str | None
    """Another name for ``llm_provider``."""
    model: str | None
    """Another name for ``llm_model``."""
    system_prompt: str | None
    """A text that is added to the server's own prompt."""
    question_type: str | None
    """A value that the server defines. It is sent unchanged."""
    response_type: str | None
    """A value that the server defines. It is sent unchanged."""
    conversation_history: Sequence[HistoryMessage] | None
    """Earlier messages. The answer then has a ``conversation_id``. Only for ``execute``."""
    document_filter: DocumentFilter | None
    """Limits the answer to some documents."""
    mix_weights: MixWeights | None
    """The weight of each search in ``mode="mix"``. Only for ``execute``."""
    content_granularity: Granularity | None
    """How long the snippets of the sources are: ``citation``, ``agent`` or ``debug``."""
    include_references: bool | None
    """Whether the answer cites its sources as ``[1]``. Default False; newer servers always cite."""
    include_subgraph: bool | None
    """Whether the answer includes the part of the graph that it used. Default True."""
    context_only: bool | None
    """True finds the sources and writes no answer. Only for ``execute``."""
    prompt_only: bool | None
    """True returns the prompt instead of an answer. Only for ``execute``."""
    hl_keywords: Sequence[str] | None
    """High-level keywords, for themes. If you give them, the server does not ask its model for keywords."""
    ll_keywords: Sequence[str] | None
    """Low-level keywords, for names. If you give them, the server does not ask its model for keywords."""
    extra_headers: Mapping[str, str] | None
    """Headers that the server sends to its model provider. They are not headers of this request."""
    reasoning_effort: str | None
    """How much a reasoning model thinks, in the words of its provider. Only newer servers use it."""
    session_id: str | None
    """The id of a session. Only newer servers use it."""
    stream_format: StreamFormat | None
    """The format of a stream. Default ``v2``. ``v3`` contains whole passages; ``v1`` is plain text without sources."""


class ChatOptions(BodyOptions, total=False):
    """The options of ``chat.complete`` and ``chat.stream``."""

    __pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)  # type: ignore[misc]  # as above

    conversation_id: str | None
    """The conversation to continue. Default: a new conversation."""
    parent_id: str | None
    """The message to continue from, as a UUID."""
    mode: Mode | None
    """How the server searches. Default ``hybrid``."""
    provider: str | None
    """The provider of the language model. Give it together with ``model``."""
    model: str | None
    """A language model of the server. ``edgequake`` stands for the server's own choice and is not sent."""
    llm_provider: str | None
    """Another name for ``provider``."""
    llm_model: str | None
    """Another name for ``model``."""
    max_tokens: Annotated[int, Field(ge=1)] | None
    """The longest answer, in tokens. Every server accepts it, but not every version uses it."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None
    """From 0, the least random, to 2. Every server accepts it, but not every version uses it."""
    top_k: Annotated[int, Field(ge=1)] | None
    """How many sources to use. Every server accepts it, but not every version uses it."""
    language: str | None
    """The language of the answer, as an ISO 639-1 code such as ``en``."""
    system_prompt: str | None
    """A text that is added to the server's own prompt."""
    document_filter: DocumentFilter | None
    """Limits the answer to some documents."""
    images: Annotated[Sequence[ImageInput], Field(max_length=4)] | None
    """Up to four images, for models that accept images."""
    content_granularity: Granularity | None
    """How long the snippets of the sources are: ``citation``, ``agent`` or ``debug``."""
    reasoning_effort: str | None
    """How much a reasoning model thinks, in the words of its provider. Only newer servers use it."""

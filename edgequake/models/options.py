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
    """Which documents may answer: the dates, and (the ids or the title pattern)."""

    date_from: str
    """ISO date or date and time, inclusive."""
    date_to: str
    """ISO date or date and time, inclusive."""
    document_pattern: str
    """Parts of titles, any case; a comma means or."""
    document_ids: list[str]
    """Ids of documents."""


# Written as a call because one of the names is a keyword of Python.
MixWeights = TypedDict("MixWeights", {"local": float, "global": float, "naive": float}, total=False)
MixWeights.__doc__ = """How much each arm of ``mode="mix"`` counts."""


class HistoryMessage(TypedDict):
    """One earlier turn."""

    role: str
    """``user``, ``assistant`` or ``system``."""
    content: str
    """The text."""


class ContentPart(TypedDict, total=False):
    """One part of a message in the form of a list, as other chat APIs write it; only text parts are taken."""

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
"""One message of the user's as a string, or the messages so far: each a dict with ``role`` and ``content``."""


class ImageInput(TypedDict):
    """An image for the model: at most 4, each at most 20 MB; jpeg, png, gif or webp."""

    data: str
    """Base64, without a data-URL prefix."""
    mime_type: str
    """Such as ``image/png``."""


T = TypeVar("T")

NULL_IS_SENT = "null is sent"
OrNull: TypeAlias = Annotated[T | None, NULL_IS_SENT]
"""An option for which None is sent as null, which clears the field; elsewhere None means "not given"."""

FileInput: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes]
"""A file to upload: its path, its bytes, or an open binary file, which is read from its start."""


class RequestOptions(TypedDict, total=False):
    """What concerns the request itself, on every method."""

    timeout: Annotated[float | Timeout | None, SkipValidation]
    """Seconds, a :class:`Timeout`, or None for no limit; instead of the client's."""
    headers: Mapping[str, str] | None
    """Further HTTP headers."""


class BodyOptions(RequestOptions, total=False):
    """What concerns the request itself, on every method that has a body."""

    extra_body: Mapping[str, Any] | None
    """Further fields of the body, as they stand."""


class UploadOptions(BodyOptions, total=False):
    """What every method takes that uploads files."""

    max_upload_bytes: int | None
    """Bytes that a file may have, before it is refused without being sent; None for any number. By default what the
    server takes: 50 MiB, and 100 MiB for PDFs."""


class QueryOptions(BodyOptions, total=False):
    """The options of ``query.execute``, ``query.stream`` and ``query.ask``.

    For a stream the server does not read ``max_results``, the rerank options, ``mix_weights``,
    ``conversation_history``, ``context_only`` and ``prompt_only``: giving one to ``query.stream`` is an
    :class:`IgnoredOptionWarning`.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)  # type: ignore[misc]  # pydantic's own way to configure a TypedDict

    mode: Mode | None
    """How to retrieve: ``naive``, ``local``, ``global``, ``hybrid``, ``mix`` or ``bypass``; ``mix`` unless given."""
    max_results: Annotated[int, Field(ge=1)] | None
    """How many sources to use; the server's own number unless given. Read by ``execute`` alone."""
    top_k: Annotated[int, Field(ge=1)] | None
    """Another name for ``max_results``."""
    enable_rerank: bool | None
    """Whether a reranker sorts what was found; true unless given. Read by ``execute`` alone."""
    rerank: bool | None
    """Another name for ``enable_rerank``."""
    rerank_model: str | None
    """Which reranker. Read by ``execute`` alone."""
    rerank_top_k: Annotated[int, Field(ge=1)] | None
    """How many sources the reranker keeps. Read by ``execute`` alone."""
    llm_provider: str | None
    """Give it together with ``llm_model``."""
    llm_model: str | None
    """The model that answers; give it together with ``llm_provider``."""
    provider: str | None
    """Another name for ``llm_provider``."""
    model: str | None
    """Another name for ``llm_model``."""
    system_prompt: str | None
    """Added to the server's own prompt."""
    question_type: str | None
    """In the server's own words; sent as it is."""
    response_type: str | None
    """In the server's own words; sent as it is."""
    conversation_history: Sequence[HistoryMessage] | None
    """Earlier turns; the answer then has a ``conversation_id``. Read by ``execute`` alone."""
    document_filter: DocumentFilter | None
    """Which documents may answer."""
    mix_weights: MixWeights | None
    """For ``mode="mix"`` alone. Read by ``execute`` alone."""
    content_granularity: Granularity | None
    """How long the sources' snippets are."""
    include_references: bool | None
    """Whether the answer cites by ``[n]``; false unless given, and newer servers always cite."""
    include_subgraph: bool | None
    """Whether the answer brings its part of the graph; true unless given."""
    context_only: bool | None
    """Retrieve, and leave out the answer. Read by ``execute`` alone."""
    prompt_only: bool | None
    """Answer with the prompt instead of the model's words. Read by ``execute`` alone."""
    hl_keywords: Sequence[str] | None
    """High-level keywords; given, the server does not ask its model for them."""
    ll_keywords: Sequence[str] | None
    """Low-level keywords, likewise."""
    extra_headers: Mapping[str, str] | None
    """Headers that the server forwards to its model provider (not headers of this request)."""
    reasoning_effort: str | None
    """How much a reasoning model thinks, in its provider's words; for newer servers."""
    session_id: str | None
    """For newer servers."""
    stream_format: StreamFormat | None
    """Streams only; ``v2`` unless given. ``v3`` brings whole passages, ``v1`` bare text without sources."""


class ChatOptions(BodyOptions, total=False):
    """The options of ``chat.complete`` and ``chat.stream``."""

    __pydantic_config__ = ConfigDict(extra="forbid", arbitrary_types_allowed=True)  # type: ignore[misc]  # as above

    conversation_id: str | None
    """The conversation to go on with; a new one is begun unless given."""
    parent_id: str | None
    """The message to go on from, a UUID."""
    mode: Mode | None
    """How to retrieve; ``hybrid`` unless given."""
    provider: str | None
    """Whose model answers; give it together with ``model``."""
    model: str | None
    """A model of the server; the placeholder ``edgequake`` means the server's own choice and is not sent."""
    llm_provider: str | None
    """Another name for ``provider``."""
    llm_model: str | None
    """Another name for ``model``."""
    max_tokens: Annotated[int, Field(ge=1)] | None
    """How long the answer may be, in tokens. The server takes it, but not every version uses it."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None
    """From 0, the plainest, to 2. The server takes it, but not every version uses it."""
    top_k: Annotated[int, Field(ge=1)] | None
    """How many sources to use. The server takes it, but not every version uses it."""
    language: str | None
    """ISO 639-1, such as ``en``."""
    system_prompt: str | None
    """Added to the server's own prompt."""
    document_filter: DocumentFilter | None
    """Which documents may answer."""
    images: Annotated[Sequence[ImageInput], Field(max_length=4)] | None
    """At most four, for models that see."""
    content_granularity: Granularity | None
    """How long the sources' snippets are."""
    reasoning_effort: str | None
    """How much a reasoning model thinks, in its provider's words; for newer servers."""

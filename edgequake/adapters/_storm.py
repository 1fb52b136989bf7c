"""What Storm is asked, and what its answers and events mean."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import AliasChoices, Field, ValidationError
from pydantic_core import to_json

from edgequake._core.logs import logger
from edgequake.adapters import (
    Answer,
    EventDecoder,
    Model,
    ServiceOptions,
    error_in,
    parse_as,
    post,
    required,
    setting,
)
from edgequake.exceptions import ConfigurationError, ResponseError, StreamError
from edgequake.models.source import Source
from edgequake.settings import as_timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edgequake.adapters import AnswerState, Call
    from edgequake.settings import Timeout

__all__ = ["Calls", "Ids", "StormAnswer", "StormChunk", "StormOptions", "folded", "listen"]

_URL = "https://live-stargate.sionic.im"
Ids: TypeAlias = "Sequence[str] | None"


class _Message(Model):
    content: str | None = None


class StormChunk(Model):
    """A chunk of a streamed answer. ``str(chunk)`` is its text. Fields that this SDK does not know are kept."""

    message: _Message | None = None
    """The message of this event, whose ``content`` is the text; None if it has none."""
    contexts: list[Any] | None = None
    """The passages that the answer uses, as Storm sends them. None if this event has none."""
    chat_id: str | None = Field(None, validation_alias=AliasChoices("chat_id", "id"))
    """The id of the chat; None if this event does not name it."""
    task_id: str | None = None
    """The id of the task that writes the answer; None if this event does not name it."""
    model: str | None = None
    """The model that writes the answer; None if this event does not name it."""
    is_final_event: bool = False
    """Whether this is the last event of the answer."""

    @property
    def text(self) -> str:
        """The text that this chunk adds to the answer."""
        return (self.message.content or "") if self.message is not None else ""

    @property
    def sources(self) -> list[Source]:
        """``contexts`` as sources of this SDK."""
        return [_source(context if isinstance(context, dict) else {"text": context}) for context in self.contexts or ()]

    @property
    def metadata(self) -> dict[str, str]:
        """``chat_id``, ``task_id`` and ``model``, if Storm sent them."""
        ids = {"chat_id": self.chat_id, "task_id": self.task_id, "model": self.model}
        return {name: value for name, value in ids.items() if value is not None}

    def __str__(self) -> str:
        return self.text


class StormAnswer(Answer):
    """A whole answer: ``text``, ``contexts``, and ``metadata`` with ``chat_id``, ``task_id`` and ``model``."""

    text: str
    """The text of the answer."""
    contexts: list[Any] = Field(default_factory=list)
    """The passages that the answer uses, as Storm sends them; empty if there are none."""
    metadata: dict[str, str] = Field(default_factory=dict)
    """``chat_id``, ``task_id`` and ``model``, as far as Storm sent them."""

    def __str__(self) -> str:
        return self.text


class _Decoder(EventDecoder[StormChunk]):
    """Logs an event that reports an error or cannot be read, and tolerates ``budget`` of them."""

    def __init__(self, answer: AnswerState, budget: int) -> None:
        super().__init__(answer)
        self._faults, self._budget = 0, budget

    def chunk(self, event: dict[str, Any]) -> StormChunk | None:
        if event.get("status") == "error":
            return self._fault(_refusal(event))
        try:
            chunk = StormChunk.model_validate(event.get("data") or {})
        except ValidationError:
            return self.unreadable(to_json(event))
        seen = self.answer.seen
        seen["metadata"] = {**seen.get("metadata", {}), **chunk.metadata}
        if chunk.contexts is not None:
            seen["contexts"], self.answer.sources = chunk.contexts, chunk.sources
        self.finished = self.finished or chunk.is_final_event
        return chunk

    def unreadable(self, data: bytes) -> StormChunk | None:
        return self._fault(
            StreamError(f"Storm sent an event that cannot be read: {data[:200].decode(errors='replace')}")
        )

    def _fault(self, error: StreamError) -> StormChunk | None:
        self._faults += 1
        self.tolerated = error
        logger.warning("%s (bad event %d of this stream; %d are tolerated)", error, self._faults, self._budget)
        if self._faults > self._budget:
            raise error
        return None


def _refusal(event: dict[str, Any]) -> StreamError:
    words = event.get("error") or event.get("message") or event.get("data") or "Storm gave no reason"
    return error_in({"error": words}) or StreamError(str(words))


def _source(context: dict[str, Any]) -> Source:
    def first(*names: str) -> str | None:
        return next((str(context[name]) for name in names if context.get(name)), None)

    score = context.get("score")
    return Source(
        source_type="chunk",
        id=first("id", "contextId", "chunkId") or "",
        file_path=first("fileName", "pageName", "title", "bucketName"),
        snippet=first("context", "content", "text"),
        score=score if isinstance(score, int | float) else 0.0,
    )


def _parsed(body: bytes) -> StormAnswer:
    """A whole answer, whose text may stand where an event has it, or in ``chat`` or ``answer``."""
    event = parse_as(dict[str, Any])(body)
    if event.get("status") == "error":
        raise ResponseError(str(_refusal(event)), body=event)
    data: Any = event.get("data")
    match data:
        case {"message": {"content": str(text)}} | {"chat": {"answer": str(text)}} | {"answer": str(text)}:
            more = {name: data[name] for name in ("id", "task_id", "model", "contexts") if name in data}
            chunk = parse_as(StormChunk)(to_json(more))
            return StormAnswer(text=text, contexts=chunk.contexts or [], metadata=chunk.metadata)
    raise ResponseError("Storm's answer has no text", body=event)


def _events_of(answer: dict[str, Any]) -> list[bytes]:
    ids = {"id" if name == "chat_id" else name: value for name, value in answer["metadata"].items()}
    data = {"message": {"content": answer["text"]}, "contexts": answer["contexts"], "is_final_event": True, **ids}
    return [to_json({"status": "success", "data": data})]


def folded(state: AnswerState) -> StormAnswer:
    """The answer that a stream has brought."""
    return StormAnswer(text=state.text, **state.seen)


def listen(
    stream: Any,
    on_token: Callable[[str], Any] | None,
    on_context: Callable[[list[Any]], Any] | None,
    on_complete: Callable[[str, list[Any], dict[str, str]], Any] | None,
) -> None:
    """Has ``stream`` call these functions; what they return is returned, so that an async stream can await it."""
    if on_token is not None:
        stream.on(chunk=lambda chunk: on_token(chunk.text) if chunk.text else None)
    if on_context is not None:
        stream.on(chunk=lambda chunk: None if chunk.contexts is None else on_context(chunk.contexts))
    if on_complete is not None:
        stream.on(done=lambda answer: on_complete(answer.text, answer.contexts, answer.metadata))


class StormOptions(ServiceOptions, total=False):
    """The settings of a Storm client. A setting that you do not give comes from the environment, or has its default."""

    base_url: str | None
    """The address. Default: the environment variable ``STORM_API_URL``, or Sionic's own service."""
    api_key: str | None
    """The key, sent as ``storm-api-key``. Default: the environment variable ``STORM_API_KEY``."""
    timeout: float | Timeout | None
    """Seconds for each clock except ``total`` and those of a stream. Default: 60."""
    event_timeout: float | None
    """Seconds without an event after which a stream fails. It also limits the wait for the first event. Default: 30."""
    max_retries: int
    """How often a request may be sent again after a failure. Default 3."""
    max_stream_errors: int
    """How many events of a stream may report an error or be unreadable before it fails. Default: 3."""


class Calls:
    """What a client asks of Storm."""

    def __init__(self, options: dict[str, Any]) -> None:
        """Takes ``options`` that are Storm's own, and leaves those of every client."""
        budget = options.pop("max_stream_errors", 3)
        if isinstance(budget, bool) or not isinstance(budget, int) or budget < 0:
            raise ConfigurationError(f"max_stream_errors must be 0 or a positive whole number, not {budget!r}")
        key = setting(options.pop("api_key", None), "STORM_API_KEY", "api_key")
        silence = as_timeout(options.pop("event_timeout", 30.0)).default
        options["timeout"] = replace(as_timeout(options.get("timeout", 60.0)), first_chunk=silence, chunk=silence)
        options["base_url"] = setting(options.get("base_url"), "STORM_API_URL", "base_url", default=_URL)
        options["headers"] = {**(options.get("headers") or {}), "storm-api-key": key}
        self.stream = partial(self.answer, "/stream", decoder=partial(_Decoder, budget=budget), events_of=_events_of)

    def answer(
        self, route: str, question: str, bucket_ids: Ids, thread_id: str | None, **more: Any
    ) -> Call[StormAnswer]:
        """``POST /api/v2/answer``, or its ``/stream``."""
        if isinstance(bucket_ids, str):
            raise ConfigurationError(f"bucket_ids must be a list of ids, not {bucket_ids!r}")
        body = {"question": required("question", question), "bucketIds": list(bucket_ids or ())}
        if thread_id is not None:
            body["threadId"] = required("thread_id", thread_id)
        # A question is stored in its thread; without one, asking twice does no harm.
        return post(f"/api/v2/answer{route}", body, _parsed, replayable=thread_id is None, **more)

"""One server event becomes one chunk, whichever wire format the server speaks; the same text always comes out.

=========  =============================================================  ====================================
format     event                                                          becomes
=========  =============================================================  ====================================
guide      ``{"chunk": "Edge", "type": "token"}``                         as is
v2, v3     ``{"type": "token", "content": …}``, any other ``type``        ``chunk`` added beside ``content``
v1         raw text                                                       a token; the text as it stands
chat       as v2                                                          ``choices`` added too
OpenAI     ``{"choices": [{"delta": {"content": …}}]}``, ``[DONE]``       a token, from the delta
=========  =============================================================  ====================================

The first event decides: a JSON object with a field that one of the formats has, or else raw text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic_core import from_json, to_json

from edgequake.chunks import Chunk
from edgequake.exceptions import StreamError, StreamTruncatedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["WireDecoder", "events_of_answer"]

ChunkT = TypeVar("ChunkT", bound=Chunk)

_KNOWN_FIELDS = frozenset({"type", "chunk", "choices", "done", "error"})
# Events that are checked whole as they arrive; a stream has one or two of each.
_CHECKED = frozenset({"thinking", "context", "source", "done", "conversation", "title_update"})
_DONE = b"[DONE]"
_V1_ERROR = b"Error: "


class WireDecoder(Generic[ChunkT]):
    """Turns the data of events into chunks of ``chunk_class``, and knows whether the stream came to its end."""

    def __init__(self, chunk_class: type[ChunkT], *, openai_names: bool = False, text_only: bool = False) -> None:
        self._chunk_class = chunk_class
        self._openai_names = openai_names
        self._is_text: bool | None = True if text_only else None
        self._held: bytes | None = None
        self.finished = False
        """True once the server's final event has come; whatever fails after it takes nothing from the answer."""

    def decode(self, events: Iterable[bytes]) -> Iterator[ChunkT]:
        """The chunks of ``events``, in order; raises :class:`StreamError` for an error event and for bad data."""
        for data in events:
            if self._is_text:
                yield from self._text(data)
                continue
            try:
                event = from_json(data)
            except ValueError:
                event = None
            if type(event) is not dict or (self._is_text is None and _KNOWN_FIELDS.isdisjoint(event)):
                yield from self._unusual(data)
                continue
            self._is_text = False
            # The two commonest events first.
            kind = event.get("type")
            if kind == "token":
                text = event.get("content")
                if text is None:
                    text = event.get("chunk")
                if type(text) is not str:
                    raise self._bad(data, "its text is not a string")
                chunk = self._chunk_class(event)
                chunk["chunk"] = text
                if self._openai_names and "choices" not in event:
                    chunk["choices"] = [{"index": 0, "delta": {"content": text}, "finish_reason": None}]
            elif "choices" in event:
                chunk = self._openai(event, data)
            else:
                chunk = self._event(event, data)
            chunk._raw = data
            yield chunk

    def end(self, *, unfinished: bool) -> None:
        """The server closed the stream cleanly; raises unless it had said all.

        ``unfinished``: data had come that no blank line ended.
        """
        if self.finished:
            return
        if self._held is not None:
            raise StreamError(self._held.removeprefix(_V1_ERROR).decode("utf-8", "replace"))
        if unfinished:
            raise StreamTruncatedError("the server closed the stream in the middle of an event")
        if self._is_text is None:
            raise StreamTruncatedError("the server closed the stream without sending anything")
        if not self._is_text:
            raise StreamTruncatedError(
                "the server closed the stream without its final event: the answer may be cut short"
            )

    def _text(self, data: bytes) -> Iterator[ChunkT]:
        """Raw text (v1), as it stands.

        A v1 server reports a failure as a last token ``Error: …``; such a token is held back until the next shows
        that it was text, or the end that it was the error.
        """
        held, self._held = self._held, None
        if held is not None:
            yield self._token(held)
        if data.startswith(_V1_ERROR):
            self._held = data
        elif data:
            yield self._token(data)

    def _token(self, data: bytes) -> ChunkT:
        text = data.decode("utf-8", "replace")
        chunk = self._chunk_class({"type": "token", "content": text, "chunk": text})
        if self._openai_names:
            chunk["choices"] = [{"index": 0, "delta": {"content": text}, "finish_reason": None}]
        chunk._raw = data
        return chunk

    def _unusual(self, data: bytes) -> Iterator[ChunkT]:
        """Data that is not a JSON event: a sentinel, nothing, a JSON that only Python reads, raw text, or a fault."""
        if not data:
            return
        if data == _DONE:
            self._is_text, self.finished = False, True
            chunk = self._chunk_class({"type": "done"})
            chunk._raw = data
            yield chunk
            return
        event = _lenient_json(data)
        if isinstance(event, dict) and (self._is_text is False or not _KNOWN_FIELDS.isdisjoint(event)):
            for chunk in self.decode((to_json(event),)):
                chunk._raw = data
                yield chunk
            return
        if self._is_text is False:
            raise self._bad(data, "it is not a JSON object")
        self._is_text = True
        yield from self._text(data)

    def _event(self, event: dict[str, Any], data: bytes) -> ChunkT:
        """An event other than a token, or a token that carries no ``type``."""
        kind = event.get("type")
        chunk = self._chunk_class(event)
        if kind is None:
            kind = "error" if event.get("error") else "done" if event.get("done") is True else None
            if kind is None and event.get("chunk") is not None:
                kind = "token"
            chunk["type"] = kind or ""
        if kind == "error":
            raise self._error(chunk)
        if not isinstance(event.get("chunk", ""), str | None):
            raise self._bad(data, "its text is not a string")
        if self._openai_names and kind == "token":
            chunk["choices"] = [{"index": 0, "delta": {"content": event["chunk"]}, "finish_reason": None}]
        if kind in _CHECKED:
            _ = chunk.sources  # parses every field; a wrong type is a StreamError now, not a surprise later
            self.finished = self.finished or kind == "done"
        return chunk

    def _openai(self, event: dict[str, Any], data: bytes) -> ChunkT:
        """An event of OpenAI's wire: the text is in the first choice's delta."""
        choices = event["choices"] or [{"index": 0, "delta": {}, "finish_reason": None}]
        choice = choices[0] if isinstance(choices, list) else None
        delta = choice.get("delta") or {} if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(delta, dict):
            raise self._bad(data, "its choices are not a list with a delta")
        text = delta.get("content", choice.get("text"))
        if text is not None and not isinstance(text, str):
            raise self._bad(data, "its text is not a string")
        chunk = self._chunk_class(event)
        chunk["choices"] = choices
        chunk.setdefault("type", "token" if text else "")
        if text:
            chunk["chunk"] = text
        if event.get("error"):
            raise self._error(chunk)
        if choice.get("finish_reason") is not None:
            self.finished = True
        return chunk

    def _error(self, chunk: ChunkT) -> StreamError:
        """The error that an error event stands for, in the server's words."""
        detail = chunk.get("error")
        fields = {**chunk, **detail} if isinstance(detail, dict) else chunk
        typed = Chunk({"message": fields.get("message"), "code": fields.get("code")})
        text = typed.message or (detail if isinstance(detail, str) else None) or "the server reported an error"
        return StreamError(text, code=typed.code)

    def _bad(self, data: bytes, why: str) -> StreamError:
        shown = data[:200].decode("utf-8", "replace")
        return StreamError(f"the server sent an event that cannot be read, {why}: {shown!r}")


def _lenient_json(data: bytes) -> Any:
    """``data`` as JSON where pydantic's strict reader refused it: bad UTF-8 becomes U+FFFD, a lone surrogate too."""
    try:
        value = json.loads(data.decode("utf-8", "replace"))
        return json.loads(
            json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        )
    except (ValueError, RecursionError):
        return None


def events_of_answer(answer: dict[str, Any]) -> list[bytes]:
    """A whole JSON answer as the events of a stream: context, one token, done."""
    text = answer.get("answer", answer.get("content", ""))
    events: list[dict[str, Any]] = []
    if answer.get("conversation_id") is not None:
        events.append({"type": "conversation"} | _some(answer, "conversation_id", "user_message_id"))
    context = _some(answer, "sources", "subgraph", "bundle")
    events.append({"type": "context", "sources": [], "query_mode": answer.get("mode")} | context)
    events.append({"type": "token", "content": text})
    done = _some(
        answer,
        "stats",
        "assistant_message_id",
        "tokens_used",
        "duration_ms",
        "llm_provider",
        "llm_model",
        "usage",
    )
    events.append({"type": "done", "answer": text} | done)
    return [to_json(event) for event in events]


def _some(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: answer[name] for name in names if answer.get(name) is not None}

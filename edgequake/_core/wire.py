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

The first event decides: a JSON object with any field in it, or else raw text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic_core import from_json

from edgequake._core.json import json_bytes, lenient_json
from edgequake._core.sse import EventData
from edgequake.chunks import Chunk
from edgequake.exceptions import StreamError, StreamTruncatedError

if TYPE_CHECKING:
    from edgequake._core.answer import AnswerState

__all__ = ["WireDecoder", "events_of_answer"]

ChunkT = TypeVar("ChunkT", bound=Chunk)

# Events that are checked whole as they arrive; a stream has one or two of each.
_CHECKED = frozenset({"thinking", "context", "source", "done", "conversation", "title_update"})
_DONE = b"[DONE]"
# A value takes up to a hundred times as much memory as its JSON: the size alone does not bound what an event takes.
_LARGE = 256 * 1024
_MAX_VALUES = 500_000
_BEFORE_VALUES = (b",", b"[", b"{")
_V1_ERROR = b"Error: "
_NO_WORDS = "the server reported an error"


class WireDecoder(Generic[ChunkT]):
    """Turns the data of events into chunks of ``chunk_class``, and folds them into ``answer``."""

    def __init__(
        self,
        chunk_class: type[ChunkT],
        answer: AnswerState,
        *,
        openai_names: bool = False,
        text_only: bool = False,
    ) -> None:
        self._chunk_class = chunk_class
        self._answer = answer
        self._add_text = answer.add_text
        self._openai_names = openai_names
        self._is_text: bool | None = True if text_only else None
        self._held: bytes | None = None
        self.finished = False
        """True once the server's final event has come; whatever fails after it takes nothing from the answer."""

    def decode(self, data: bytes) -> ChunkT | None:
        """The chunk of one event, or None for one that brings none.

        Raises :class:`StreamError` for an error event and for data that cannot be read.
        """
        if self._is_text:
            return self._text(data)
        if len(data) > _LARGE and sum(map(data.count, _BEFORE_VALUES)) > _MAX_VALUES:
            raise StreamError(f"the server sent an event of more than {_MAX_VALUES} values")
        try:
            event = from_json(data, cache_strings="keys")  # words differ: to look each up takes longer than to make it
        except ValueError:
            return self._unusual(data)
        # By far the commonest events are nothing but text.
        try:
            text = event["content"] if len(event) == 2 and event["type"] == "token" else None
        except (KeyError, TypeError):  # the guide's wire, some other event, or none at all
            guides = type(event) is dict and event.get("type") == "token"
            text = event.get("chunk") if guides else None
        if type(text) is str:
            event["chunk"] = text
            if self._openai_names:
                event["choices"] = _choices(text)
        elif type(event) is not dict or not event:
            return self._unusual(data)
        else:
            text = _openai_text(event) if "choices" in event and type(data) is bytes else None
            if not text:
                self._is_text = False
                return self._event(event, data)
            event["type"] = "token"
            event["chunk"] = text
        self._is_text = False
        chunk = self._chunk_class(event)
        chunk._raw = data
        self._add_text(text)
        return chunk

    def end(self, *, unfinished: bool) -> None:
        """The server closed the stream cleanly; raises unless it had said all.

        ``unfinished``: data had come that no blank line ended.
        """
        if self.finished:
            return
        if self._held is not None:
            message, self._held = self._held.removeprefix(_V1_ERROR), None
            raise StreamError(message.decode("utf-8", "replace").strip() or _NO_WORDS)
        if unfinished:
            raise StreamTruncatedError("the server closed the stream in the middle of an event")
        if self._is_text is None:
            raise StreamTruncatedError("the server closed the stream without sending anything")
        if not self._is_text:
            raise StreamTruncatedError(
                "the server closed the stream without its final event: the answer may be cut short"
            )

    @property
    def held_text(self) -> str:
        """Text that has come and that no chunk has brought yet."""
        return (self._held or b"").decode("utf-8", "replace")

    def _text(self, data: bytes) -> ChunkT | None:
        """Raw text (v1), as it stands.

        A v1 server reports a failure as a last token ``Error: …``. Such a token is held back until the next shows
        that it was text, and comes with that; or until the end shows that it was the error.
        """
        raw = data
        if data.startswith(_V1_ERROR):
            raw, self._held = self._held or b"", data
            data = raw
        elif self._held is not None:
            data, self._held = self._held + data, None
        if not data:
            return None
        text = data.decode("utf-8", "replace")
        chunk = self._chunk_class({"type": "token", "content": text, "chunk": text})
        if self._openai_names:
            chunk["choices"] = _choices(text)
        chunk._raw = raw
        self._answer.add_text(text)
        return chunk

    def _unusual(self, data: bytes) -> ChunkT | None:
        """Data that is not a JSON event: nothing, a sentinel, a JSON that only Python reads, raw text, or a fault."""
        if not data:
            return None
        if data == _DONE:  # decides nothing: text may follow
            return self._event({"type": "done"}, data)
        try:
            event = lenient_json(data)
        except ValueError:
            event = None
        if isinstance(event, dict) and (event or self._is_text is False):
            self._is_text = False
            return self._event(event, data)
        if self._is_text is False:
            raise self._bad(data, "it is not a JSON object")
        self._is_text = True
        return self._text(data)

    def _event(self, event: dict[str, Any], data: bytes) -> ChunkT:
        """Any event that is an object."""
        chunk = self._chunk_class(event)
        choice = self._first_choice(chunk, data) if "choices" in event else {}
        kind = event.get("type")
        text = choice["delta"].get("content", choice.get("text")) if choice else None
        if text is None and kind == "token":
            text = event.get("content")
        if text is None:
            text = event.get("chunk")
        if not isinstance(text, str) and (text is not None or (kind == "token" and not choice)):
            raise self._bad(data, "its text is not a string")
        if kind is None and isinstance(data, EventData) and data.event == "error":
            kind = "error"
        if kind is None:
            is_token = text or event.get("chunk") is not None
            kind = "error" if event.get("error") else "done" if event.get("done") is True else "token" * bool(is_token)
            chunk["type"] = kind
        if not isinstance(kind, str):
            raise self._bad(data, "its type is not a string")
        if kind == "error" or (choice and event.get("error")):
            raise self._error(chunk)
        if text is not None and (text or kind == "token"):
            chunk["chunk"] = text
            if choice:
                choice["delta"]["content"] = text
            elif self._openai_names and kind == "token":
                chunk["choices"] = _choices(text)
        elif "chunk" in event:
            chunk["chunk"] = text or ""  # never null: who asks whether it is there goes on to write it
        if kind in _CHECKED:
            _ = chunk.sources  # parses every field; a wrong type is a StreamError now, not a surprise later
        self.finished = self.finished or kind == "done" or choice.get("finish_reason") is not None
        chunk._raw = data
        self._answer.add(chunk)
        return chunk

    def _first_choice(self, chunk: ChunkT, data: bytes) -> dict[str, Any]:
        """The first choice of an event of OpenAI's wire, given a delta if it has none."""
        choices = chunk["choices"] or [{"index": 0, "finish_reason": None}]
        choice = choices[0] if isinstance(choices, list) else None
        delta = choice.get("delta") or {} if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(delta, dict):
            raise self._bad(data, "its choices are not a list with a delta")
        choice = {**choice, "delta": delta}
        chunk["choices"] = [choice, *choices[1:]]
        return choice

    def _error(self, chunk: ChunkT) -> StreamError:
        """The error that an error event stands for, in the server's words."""
        detail = chunk.get("error")
        fields = {**chunk, **detail} if isinstance(detail, dict) else chunk
        typed = Chunk({"message": fields.get("message"), "code": fields.get("code")})
        text = typed.message or (detail if isinstance(detail, str) else None) or _NO_WORDS
        return StreamError(text, code=typed.code)

    def _bad(self, data: bytes, why: str) -> StreamError:
        shown = data[:200].decode("utf-8", "replace")
        return StreamError(f"the server sent an event that cannot be read, {why}: {shown!r}")


def _openai_text(event: dict[str, Any]) -> str | None:
    """The text of an event of OpenAI's wire that brings text and nothing else to take in."""
    if "type" in event or "error" in event or "done" in event:
        return None
    try:
        choice = event["choices"][0]
        text = choice["delta"]["content"]
        plain = type(text) is str and choice["finish_reason"] is None
    except (KeyError, IndexError, TypeError):
        return None
    return text if plain and not event.get("usage") else None


def _choices(text: str) -> list[dict[str, Any]]:
    """A token's text as OpenAI's wire has it."""
    return [{"index": 0, "delta": {"content": text}, "finish_reason": None}]


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
        "finish_reason",
    )
    events.append({"type": "done", "answer": text} | done)
    return [json_bytes(event) for event in events]


def _some(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: answer[name] for name in names if answer.get(name) is not None}

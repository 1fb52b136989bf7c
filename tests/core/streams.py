"""Bytes to events to chunks, as a stream reads them; and the recorded streams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from edgequake._core.answer import AnswerState
from edgequake._core.sse import EventData, SSEParser
from edgequake._core.wire import WireDecoder
from edgequake.chunks import ChatChunk, Chunk, QueryChunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FIXTURES = Path(__file__).parent.parent / "fixtures"
TEXT = "The mill grinds 42 sacks\n\n  a night [1]."
"""The text that every recorded stream brings."""
FINAL_TEXT = "The mill grinds 42 sacks\n\n  a night [1](tide-mills.md)."
"""The server's own final text, where it sends one."""
WHOLE_STREAMS = [
    "chat", "guide", "openai", "query_v1", "query_v2", "query_v2_older", "query_v3", "untyped",
]  # fmt: skip
ROOMY = 1 << 20


def recorded(name: str) -> bytes:
    return (FIXTURES / f"{name}.sse").read_bytes()


class Event(NamedTuple):
    data: bytes
    event: str = "message"
    id: str = ""
    retry: int | None = None


def event_of(data: bytes) -> Event:
    if isinstance(data, EventData):
        return Event(bytes(data), data.event, data.id, data.retry)
    return Event(data)


def parsed(*reads: bytes, limit: int = ROOMY) -> list[Event]:
    parser = SSEParser(limit)
    return [event_of(data) for read in reads for data in parser.feed(read)]


def left_unfinished(*reads: bytes) -> bool:
    parser = SSEParser(ROOMY)
    for read in reads:
        list(parser.feed(read))
    return parser.unfinished


def cuts(stream: bytes) -> Iterator[list[bytes]]:
    """The stream whole, in two at every place, and byte by byte."""
    yield [stream]
    for n in range(1, len(stream)):
        yield [stream[:n], stream[n:]]
    yield [stream[n : n + 1] for n in range(len(stream))]


class Decoded:
    """What a decoder made of some events."""

    def __init__(self, events: Iterable[bytes | str | dict[str, Any]], kind: str = "query", **options: Any) -> None:
        chunk_class = ChatChunk if kind == "chat" else QueryChunk
        self.answer = AnswerState()
        self.decoder: WireDecoder[Any] = WireDecoder(chunk_class, self.answer, openai_names=kind == "chat", **options)
        self.chunks: list[Any] = []
        for event in events:
            if (chunk := self.decoder.decode(as_data(event))) is not None:
                self.chunks.append(chunk)

    @property
    def text(self) -> str:
        return "".join(chunk.text for chunk in self.chunks)

    @property
    def types(self) -> list[str]:
        return [chunk.type for chunk in self.chunks]


def as_data(event: bytes | str | dict[str, Any]) -> bytes:
    if isinstance(event, bytes):
        return event
    return event.encode() if isinstance(event, str) else json.dumps(event, ensure_ascii=False).encode()


def decoded(*events: bytes | str | dict[str, Any], kind: str = "query", **options: Any) -> Decoded:
    return Decoded(events, kind, **options)


def one(event: bytes | str | dict[str, Any], kind: str = "query") -> Chunk:
    """The chunk of one event."""
    (chunk,) = decoded(event, kind=kind).chunks
    return chunk


def decoded_stream(name: str, *, kind: str | None = None) -> Decoded:
    """A recorded stream, decoded and ended."""
    parser = SSEParser(ROOMY)
    result = Decoded(parser.feed(recorded(name)), kind or ("chat" if name in ("chat", "openai") else "query"))
    result.decoder.end(unfinished=parser.unfinished)
    return result

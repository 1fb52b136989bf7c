"""What must hold for any bytes at all. A target takes bytes, and fails by an exception of any kind.

``make fuzz`` feeds them inputs without end; what it ever found lies in ``corpus/`` and is replayed by the tests.
"""

from __future__ import annotations

import contextlib
import json
import pickle
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

import httpcore
import httpx
from core.framing import HEAD, chunked, seen
from core.streams import ROOMY, Decoded, event_of
from fuzz import reference

from edgequake import ConfigurationError, EdgequakeClient, EdgeQuakeError, ResponseError, StreamError, Timeout
from edgequake._core.answer import chat_response, query_response
from edgequake._core.calls import parse_as
from edgequake._core.config import checked_base_url, checked_header, checked_headers
from edgequake._core.errors import api_error, is_missing_route, seconds_to_wait
from edgequake._core.sse import SSEParser
from edgequake._core.wire import events_of_answer
from edgequake.models import ChatResponse, HealthResponse, QueryResponse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edgequake.models._model import Model

__all__ = ["TARGETS"]


class Dice:
    """Choices that the first bytes of an input make; the rest is its payload."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def roll(self, sides: int) -> int:
        """A number below ``sides``; 0 when the bytes are used up."""
        self._at += 1
        return self._data[self._at - 1] % sides if self._at <= len(self._data) else 0

    def rest(self) -> bytes:
        return self._data[self._at :]


def cut(stream: bytes, dice: Dice, times: int = 4) -> list[bytes]:
    """The stream in pieces, at places that the dice choose."""
    places = sorted((dice.roll(256) * 256 + dice.roll(256)) % (len(stream) + 1) for _ in range(times))
    return [stream[a:b] for a, b in pairwise([0, *places, len(stream)])]


def singly(stream: bytes) -> list[bytes]:
    return [stream[n : n + 1] for n in range(len(stream))]


def _shown(error: EdgeQuakeError, text: str | None = None) -> None:
    """An error has words to show, and the text so far if it can have one.

    So does text that looked like the error which ends raw text, and was held back for what came next.
    """
    assert str(error)
    if text is not None:
        partial = getattr(error, "partial_text", text)
        assert partial.startswith(text)
        assert partial == text or partial.removeprefix(text).startswith("Error: ")


# -- events -----------------------------------------------------------------------------------------------------------


def _events(reads: Iterable[bytes]) -> tuple[list[reference.Event], bool]:
    parser = SSEParser(ROOMY)
    found = [event_of(data) for read in reads for data in parser.feed(read)]
    return [(e.data.decode("utf-8", "replace"), e.event, e.id, e.retry) for e in found], parser.unfinished


def events(data: bytes) -> None:
    """A stream gives the events that the rules give it, and the same however it is cut."""
    dice = Dice(data[:8])
    stream = data[8:]
    whole = _events([stream])
    assert whole[0] == reference.events(stream)
    assert _events(cut(stream, dice)) == whole
    assert _events(singly(stream)) == whole


# -- chunks -----------------------------------------------------------------------------------------------------------


def _looked_at(decoded: Decoded) -> None:
    for chunk in decoded.chunks:
        assert str(chunk) == chunk.text
        assert isinstance(chunk.type, str)
        repr(chunk)
        _ = chunk.raw, chunk.finish_reason, chunk.usage
        assert dict(pickle.loads(pickle.dumps(chunk))).keys() == chunk.keys()
        with contextlib.suppress(StreamError):  # a wrong type in a field of an event of another kind
            _ = chunk.sources, chunk.stats, chunk.subgraph, chunk.answer
        chunk.text.encode()
        assert chunk.get("choices", [{}])[0].get("delta", {}).get("content") in (None, chunk.text)
    assert decoded.answer.text == decoded.text
    assert decoded.answer.chunks_received == len(decoded.chunks)


def chunks(data: bytes) -> None:
    """Any stream is chunks and their text, or StreamError with the text so far; and the same however it is cut."""
    dice = Dice(data[:10])
    kind, text_only = ("query", "chat")[dice.roll(2)], dice.roll(4) == 3
    stream = data[10:]
    outcomes = []
    for reads in ([stream], cut(stream, dice)):
        parser = SSEParser(ROOMY)
        decoded = Decoded((), kind, text_only=text_only)
        failure = None
        try:
            for read in reads:
                for event in parser.feed(read):
                    if (chunk := decoded.decoder.decode(event)) is not None:
                        decoded.chunks.append(chunk)
            decoded.decoder.end(unfinished=parser.unfinished)
        except StreamError as error:
            failure = str(error)
            failure.encode("utf-8", "replace")
        _looked_at(decoded)
        outcomes.append((decoded.text, len(decoded.chunks), failure))
        query_response(decoded.answer).model_dump()
        chat_response(decoded.answer).model_dump()
    assert outcomes[0] == outcomes[1]


# -- texts ------------------------------------------------------------------------------------------------------------


def _v2(piece: str) -> Any:
    return {"type": "token", "content": piece}


def _guide(piece: str) -> Any:
    return {"chunk": piece, "type": "token"}


def _openai(piece: str) -> Any:
    return {"choices": [{"index": 0, "delta": {"content": piece}}]}


_WIRES: list[tuple[Callable[[str], Any], Any]] = [
    (_v2, {"type": "done", "stats": {}}),
    (_guide, {"type": "done"}),
    (_openai, "[DONE]"),
    (str, None),
]


def texts(data: bytes) -> None:
    """Any pieces of text come out as they went in: any wire format, line ends, framing and cuts."""
    dice = Dice(data)
    wire, done = _WIRES[dice.roll(4)]
    end = (b"\n", b"\r\n", b"\r")[dice.roll(3)]
    pretty, ascii_only, before = dice.roll(2), bool(dice.roll(2)), dice.roll(4)
    places = [dice.roll(256) for _ in range(8)]
    text = dice.rest().decode("utf-8", "replace")
    pieces = [text[n : n + 1 + before] for n in range(0, len(text), 1 + before)] or ["a"]
    if wire is str:  # v1 has no way to write a CR, and a last piece of that beginning is an error
        pieces = [piece.replace("\r", " ") for piece in pieces if not piece.startswith("Error: ")] or ["a"]
    stream = (b"", b"\xef\xbb\xbf", b": hi" + end + end, b"event: message" + end)[before]
    for event in [*map(wire, pieces), *([done] if done else [])]:
        words = event if isinstance(event, str) else json.dumps(event, ensure_ascii=ascii_only)
        lines = words.split("\n")
        stream += b"".join(b"data: " + line.encode() + end for line in lines) + end * (1 + pretty)
    for reads in ([stream], cut(stream, Dice(bytes(places))), singly(stream)):
        parser = SSEParser(ROOMY)
        decoded = Decoded((e for read in reads for e in parser.feed(read)), text_only=wire is str)
        decoded.decoder.end(unfinished=parser.unfinished)
        assert decoded.text == decoded.answer.answer == "".join(pieces)


# -- answers ----------------------------------------------------------------------------------------------------------

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_MODELS: list[type[Model]] = [QueryResponse, ChatResponse, HealthResponse]


def _same(model: Model, other: Model) -> bool:
    """Whether two answers are equal, NaN being equal to itself."""
    return repr(model.model_dump()) == repr(other.model_dump())


def answers(data: bytes) -> None:
    """Any body is an answer that survives a round trip and a stream, or ResponseError; any refusal can be shown."""
    dice = Dice(data)
    cls, status, with_header = _MODELS[dice.roll(3)], 100 + 2 * dice.roll(250), dice.roll(2)
    body = dice.rest()
    headers = {"retry-after": body[:30].decode("latin-1"), "location": body.decode("latin-1")} if with_header else {}
    refusal = api_error(status, "", headers, body, advice="a")
    assert str(refusal).startswith(refusal.message)
    assert refusal.message
    assert refusal.retry_after is None or refusal.retry_after >= 0
    is_missing_route(refusal)
    assert pickle.loads(pickle.dumps(refusal)).message == refusal.message
    seconds = seconds_to_wait(body.decode("latin-1"), _NOON)
    assert seconds is None or seconds >= 0
    assert parse_as(bytes)(body) == body
    try:
        answer = parse_as(cls)(body)
    except ResponseError as error:
        _shown(error)
        return
    assert _same(cls.model_validate(answer.model_dump()), answer)
    str(answer), repr(answer), dict(answer)
    if isinstance(answer, QueryResponse | ChatResponse):
        kind = "query" if isinstance(answer, QueryResponse) else "chat"
        streamed = Decoded(events_of_answer(dict(answer)), kind)
        streamed.decoder.end(unfinished=False)
        assert streamed.text == str(answer)


# -- settings ---------------------------------------------------------------------------------------------------------


def settings(data: bytes) -> None:
    """Any setting is sent as it stands, on one line, or refused as ConfigurationError."""
    text = data.decode("utf-8", "surrogateescape")
    with contextlib.suppress(ConfigurationError):
        address = checked_base_url(text)
        assert not set(address) & set("\r\n\t @?#") or "@" in address.split("/", 3)[-1]
    with contextlib.suppress(ConfigurationError):
        value = cast("str", checked_header("x", text))
        httpx.Headers({"x": value})
        assert value.isascii()
        assert value.isprintable()
    name, _, value = text.partition(":")
    with contextlib.suppress(ConfigurationError):
        (sent,) = checked_headers({name: value}).items()
        assert not set(sent[0] + sent[1].get_secret_value()) & set("\r\n\0")


# -- responses --------------------------------------------------------------------------------------------------------

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


class _Transport(httpx.HTTPTransport):
    """Real HTTP parsing over bytes that no network carries."""

    def __init__(self, reads: list[bytes]) -> None:
        self._pool = cast("Any", httpcore.ConnectionPool(network_backend=httpcore.MockBackend(reads)))


def responses(data: bytes) -> None:
    """Whatever bytes a server answers with, a caller sees an answer or an error of the SDK."""
    dice = Dice(data)
    use, framed = dice.roll(4), dice.roll(4)
    reads = cut(dice.rest(), dice)
    if framed == 1:
        reads = [_HEAD + b"\r\n", *reads]
    elif framed == 2:
        reads = [_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *(b"%x\r\n%b\r\n" % (len(r), r) for r in reads)]
    elif framed == 3:
        reads = [_HEAD + b"Content-Encoding: gzip\r\n\r\n", *reads]
    with httpx.Client(transport=_Transport(reads), trust_env=False) as transport:
        client = EdgequakeClient(
            base_url="http://h", http_client=transport, timeout=Timeout(None), max_retries=0, env={}
        )
        try:
            if use == 0:
                str(client.query.execute("q"))
            else:
                stream = client.chat.stream("q") if use == 1 else client.query.stream("q")
                parts = []
                try:
                    parts = [str(chunk) for chunk in stream]
                    assert "".join(parts) == stream.text
                    stream.final()
                except EdgeQuakeError as error:
                    _shown(error, stream.text)
                    raise
        except EdgeQuakeError as error:
            _shown(error)


# -- framing ----------------------------------------------------------------------------------------------------------


def framing(data: bytes) -> None:
    """h11 sees the same of an answer, at the same reads, whether its chunks are joined on the way or not."""
    dice = Dice(data)
    framed, times, methods = dice.roll(4), dice.roll(8), (("POST",), ("HEAD", "POST"), ("GET", "HEAD"))[dice.roll(3)]
    places = bytes(dice.roll(256) for _ in range(8))
    answer = dice.rest()
    if framed:
        answer = HEAD + (answer if framed == 1 else b"".join(map(chunked, cut(answer, dice))) + b"0\r\n\r\n")
    reads = singly(answer) if framed == 3 else cut(answer, Dice(places), times)
    assert seen(reads, reads, joined=True, methods=methods) == seen(reads, reads, joined=False, methods=methods)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "events": events,
    "chunks": chunks,
    "texts": texts,
    "answers": answers,
    "settings": settings,
    "responses": responses,
    "framing": framing,
}

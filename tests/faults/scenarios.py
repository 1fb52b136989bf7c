"""Everything that can go wrong between a server and a client, as data: what the server does, and what a user gets.

A scenario knows nothing of any client: whatever can ask a question and read the answer's text can be run through all
of them. Those of the contract are run on every client that there is.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from client.wires import ERROR_EVENT, openai, token, v2

from edgequake import (
    APIError,
    NetworkError,
    RateLimitedError,
    ResponseError,
    RetryPolicy,
    ServerError,
    ServiceUnavailableError,
    StreamError,
    StreamInterruptedError,
    StreamTruncatedError,
    Timeout,
    TimeoutError,
    UnauthorizedError,
)
from edgequake.testing import CLOSE, CUT, HALF_CLOSE, KEEP_ALIVE, RESET, Cut, Hold, Repeat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edgequake import EdgeQuakeError
    from edgequake.testing import Route

__all__ = ["CONTRACT", "ONCE_MORE", "SCENARIOS", "TEXT", "Scenario"]

ONCE_MORE = RetryPolicy(1, initial_delay=0)

TEXT = "Edge Quake\n\n 42 é 漢 🦊"
PIECES = ["Edge", " Quake\n", "\n 42 ", "é 漢 🦊"]
PARTIAL = "Edge Quake"
BEGUN = [token("Edge"), token(" Quake")]
WHOLE = v2(*PIECES)

LONG = 30.0
CLOCKS: dict[str | None, Callable[[float], Timeout]] = {
    None: lambda soon: Timeout(LONG),
    "response": lambda soon: Timeout(LONG, connect=5 * soon, response=soon),
    "first_chunk": lambda soon: Timeout(LONG, first_chunk=soon),
    "chunk": lambda soon: Timeout(LONG, chunk=soon),
    "total": lambda soon: Timeout(LONG, total=soon),
}
"""The timeouts of a client, by the clock that is to run out."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the server does for each request, and what comes of it, with one retry allowed."""

    play: Callable[[Route, Hold], object]
    """Queues the answer. The server stands at the hold until the client has read all of ``text``."""
    text: str | None = ""
    """All the text that reaches the caller: the whole answer, or what comes before the error. None: not known."""
    error: type[EdgeQuakeError] | None = None
    stage: str | None = None
    """The clock of a TimeoutError."""
    words: str = ""
    """Stands in the error's message."""
    requests: int = 1
    """How many requests the server sees of a query, which may be sent again."""
    chats: int = 1
    """How many it sees of a chat, which may not unless the first was certainly not processed."""
    after: Literal["kept", "closed"] = "closed"
    """What becomes of the connection: it serves the next request, or it is gone at once."""

    clock: str | None = None
    """The clock that runs out, where that is no error."""

    def timeout(self, soon: float) -> Timeout:
        """The client's timeouts; the clock that is to run out does so after so many seconds."""
        return CLOCKS[self.clock or self.stage](soon)


def _stream(*steps: Any, **options: Any) -> Callable[[Route, Hold], object]:
    return lambda route, read: route.stream(*(read if step is _READ else step for step in steps), **options)


def _raw(*steps: Any) -> Callable[[Route, Hold], object]:
    return lambda route, read: route.raw(*(read if step is _READ else step for step in steps))


def _reply(**options: Any) -> Callable[[Route, Hold], object]:
    return lambda route, read: route.reply(**options)


_READ: Any = object()  # the client has read all the text up to here
_SSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
_CHUNKED = _SSE + b"Transfer-Encoding: chunked\r\n\r\n"


def _bytes(*steps: Any) -> bytes:
    """Steps as the event stream they are."""
    datas = [step if isinstance(step, str) else json.dumps(step, ensure_ascii=False) for step in steps]
    return "".join(f"data: {data}\n\n" for data in datas).encode()


def _chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)


_EVENTS = _bytes(*WHOLE)
_PART = _bytes(*BEGUN)


def _gzip(data: bytes) -> bytes:
    return zlib.compress(data, wbits=31)


def _fine(play: Callable[[Route, Hold], object], **more: Any) -> Scenario:
    return Scenario(play, TEXT, after=more.pop("after", "kept"), **more)


def _interrupted(*steps: Any, **options: Any) -> Scenario:
    return Scenario(_stream(*BEGUN, *steps, **options), PARTIAL, StreamInterruptedError)


def _lost(*steps: Any) -> Scenario:
    """Broken before the answer began: a query is asked again."""
    return Scenario(_raw(*steps), "", NetworkError, requests=2)


def _late(stage: str, play: Callable[[Route, Hold], object], text: str | None = "", **more: Any) -> Scenario:
    requests = 2 if stage == "response" else 1
    return Scenario(play, text, TimeoutError, stage, requests=requests, **more)


def _refused(status: int, kind: type[EdgeQuakeError], words: str, **more: Any) -> Scenario:
    tries = {key: more.pop(key) for key in ("requests", "chats") if key in more}
    return Scenario(_reply(status=status, **more), "", kind, words=words, after="kept", **tries)


_ANSWER_BODY = {"answer": TEXT, "content": TEXT}
_PAGE = "<html><head><title>Sign in to the guest network</title></head><body>…</body></html>"

LOST = {
    "dropped before the answer": Scenario(lambda route, read: route.drop(), "", NetworkError, requests=2),
    "closed before the answer": _lost(CLOSE),
    "half-closed before the answer": _lost(HALF_CLOSE),
    "closed in the status line": _lost(b"HTTP/1.1 20", CLOSE),
    "closed in the headers": _lost(_SSE + b"X-Half: ", CLOSE),
    "reset in the headers": _lost(_SSE + b"X-Half: ", RESET),
    "not HTTP": _lost(b"SSH-2.0-OpenSSH_9.6\r\n", CLOSE),
    "a TLS alert": _lost(b"\x15\x03\x01\x00\x02\x02\x16", CLOSE),
    "HTTP/2 unasked": _lost(b"\0\0\x12\x04\0\0\0\0\0" + b"\0" * 18, CLOSE),
    "a header without a colon": _lost(_SSE + b"nonsense\r\n\r\n"),
    "a header with NUL": _lost(_SSE + b"X: a\0b\r\n\r\n"),
    "a length below zero": _lost(_SSE + b"Content-Length: -5\r\n\r\n"),
    "a length that is no number": _lost(_SSE + b"Content-Length: many\r\n\r\n"),
    "two lengths": _lost(_SSE + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
    "an unknown transfer coding": _lost(_SSE + b"Transfer-Encoding: snappy\r\n\r\n"),
    "101 Switching Protocols": _lost(b"HTTP/1.1 101 x\r\nUpgrade: foo\r\n\r\n"),
    "endless headers": _lost(_SSE, Repeat(b"X-More: " + b"y" * 500 + b"\r\n")),
    "one endless header": _lost(_SSE + b"X-More: ", Repeat(b"y" * 500)),
    "an endless status line": _lost(b"HTTP/1.1 200 ", Repeat(b"O" * 500)),
}

INTERRUPTED = {
    "reset": _interrupted(_READ, RESET),
    "reset of a body without framing": _interrupted(_READ, RESET, framing="close"),
    "reset inside an event": _interrupted(b'data: {"type":"tok', _READ, RESET),
    "closed": _interrupted(CLOSE),
    "half-closed": _interrupted(HALF_CLOSE),
    "closed before the promised length": _interrupted(CUT, framing="length"),
    "a chunk cut in the middle of its text": _interrupted(Cut(token(" graphs, and more"))),
    "a chunk cut in the middle of a character": _interrupted(Cut(b'data: {"type":"token","content":"\xf0\x9f\xa6\x8a')),
    "closed in a chunk's size": Scenario(
        _raw(_CHUNKED + _chunks(_PART) + b"2", CLOSE), PARTIAL, StreamInterruptedError
    ),
    "a chunk's size that is no number": Scenario(
        _raw(_CHUNKED + _chunks(_PART), b"zz\r\n"), PARTIAL, StreamInterruptedError
    ),
    "a chunk longer than its size": Scenario(
        _raw(_CHUNKED + _chunks(_PART), b"3\r\nmore\r\n"), PARTIAL, StreamInterruptedError
    ),
    "a chunk's size without end": Scenario(
        _raw(_CHUNKED + _chunks(_PART), Repeat(b"0" * 500)), PARTIAL, StreamInterruptedError
    ),
    "closed before any chunk": Scenario(_stream(CLOSE), "", StreamInterruptedError, requests=2),
    "closed behind a keep-alive": Scenario(_stream(KEEP_ALIVE, CLOSE), "", StreamInterruptedError, requests=2),
}  # fmt: skip

TRUNCATED = {
    "a clean end without done": Scenario(_stream(*BEGUN), PARTIAL, StreamTruncatedError, after="kept"),
    "a clean end inside an event": Scenario(_stream(*BEGUN, b"data: {"), PARTIAL, StreamTruncatedError, after="kept"),
    "a clean end before the blank line": Scenario(
        _stream(*BEGUN, b'data: {"type":"done"}\n'), PARTIAL, StreamTruncatedError, after="kept"
    ),
    "a body that ends with its connection": Scenario(
        _stream(*BEGUN, framing="close"), PARTIAL, StreamTruncatedError
    ),
    "no body": Scenario(_reply(status=204), "", StreamTruncatedError, words="without sending", after="kept"),
    "an empty body": Scenario(_stream(), "", StreamTruncatedError, words="without sending", after="kept"),
    "nothing but keep-alives": Scenario(_stream(*[KEEP_ALIVE] * 3), "", StreamTruncatedError, after="kept"),
    "nothing but a byte order mark": Scenario(_stream(b"\xef\xbb\xbf"), "", StreamTruncatedError, after="kept"),
    "compressed and cut short": Scenario(
        _stream(_gzip(_EVENTS)[:-60], headers={"Content-Encoding": "gzip"}), None, StreamInterruptedError, after="kept"
    ),
}  # fmt: skip

LATE = {
    "silence before the answer": _late("response", _raw(Hold())),
    "silence in the status line": _late("response", _raw(b"HTTP/1.1 2", Hold())),
    "silence in the headers": _late("response", _raw(_SSE, Hold())),
    "headers drop by drop": _late("response", _raw(_SSE + b"X-Slow: ", Repeat(b"x", 40), Hold())),
    "endless 1xx": _late("response", _raw(Repeat(b"HTTP/1.1 100 Continue\r\n\r\n"))),
    "silence after the headers": _late("first_chunk", _stream(Hold())),
    "silence in a chunk's size": _late("first_chunk", _raw(_CHUNKED + b"2", Hold())),
    "silence in the first event": _late("first_chunk", _stream(b'data: {"type"', Hold())),
    "the first event drop by drop": _late("first_chunk", _stream(b"data: ", Repeat(b"x", 40), Hold())),
    "endless keep-alives before the first chunk": _late("first_chunk", _stream(Repeat(KEEP_ALIVE))),
    "endless blank lines": _late("first_chunk", _stream(Repeat(b"\n"))),
    "silence between two chunks": _late("chunk", _stream(_PART, Hold()), PARTIAL),
    "silence inside an event": _late("chunk", _stream(_PART, b'data: {"type"', Hold()), PARTIAL),
    "an event drop by drop": _late("chunk", _stream(_PART, b"data: ", Repeat(b"x", 40), Hold()), PARTIAL),
    "endless keep-alives": _late("chunk", _stream(_PART, Repeat(KEEP_ALIVE)), PARTIAL),
    "endless keep-alives, compressed": _late("chunk", _stream(_PART, Repeat(KEEP_ALIVE), encoding="gzip"), PARTIAL),
    "endless events without data": _late("chunk", _stream(_PART, Repeat(b"event: x\nid: 1\n\n")), PARTIAL),
    "endless events of empty data": _late("chunk", _stream(_PART, Repeat(b"data:\n\n")), PARTIAL),
    "endless events, by the total": _late("total", _stream(Repeat(token("x"))), None),
    "endless chunks of an unknown type, by the total": _late("total", _stream(Repeat({"type": "weather"}))),
    "silence before the answer, by the total": _late("total", _raw(Hold())),
    "silence after the headers, by the total": _late("total", _stream(Hold())),
    "silence between two chunks, by the total": _late("total", _stream(_PART, Hold()), None),
    "an endless JSON answer": _late("response", _stream(b'{"answer":"', Repeat(b"x"), content_type="application/json")),
}  # fmt: skip

WRONG = {
    "a page of a guest network": Scenario(
        _reply(text=_PAGE, content_type="text/html"), "", StreamError, words="'text/html'", after="kept"
    ),
    "plain text": Scenario(
        _reply(text="hello", content_type="text/plain"), "", StreamError, words="'hello'", after="kept"
    ),
    "bytes of no kind": Scenario(_reply(body=b"\0\xff"), "", StreamError, words="octet-stream", after="kept"),
    "an endless page": Scenario(
        _stream(Repeat(b"<p>" * 1000), content_type="text/html"), "", StreamError, words="'text/html'"
    ),
    "a page that says it is events": Scenario(_stream(_PAGE.encode()), "", StreamTruncatedError, after="kept"),
    "a JSON answer of another shape": Scenario(_reply(json={"data": 1}), "", ResponseError, after="kept"),
    "a JSON answer that is cut": Scenario(
        _reply(body=b'{"answer": "Edge', content_type="application/json"), "", ResponseError, after="kept"
    ),
    "an error event": Scenario(_stream(*BEGUN, ERROR_EVENT, Hold()), PARTIAL, StreamError, words="the model went away"),
    "an error event at once": Scenario(_stream(ERROR_EVENT), "", StreamError, words="the model went away"),
    "data that is no JSON": Scenario(_stream(*BEGUN, "garbage", *WHOLE, Hold()), PARTIAL, StreamError, words="garbage"),
    "JSON that is cut": Scenario(_stream(*BEGUN, '{"type":"token","co'), PARTIAL, StreamError),
    "text that is a number": Scenario(_stream(*BEGUN, {"type": "token", "content": 42}), PARTIAL, StreamError),
    "sources that are a word": Scenario(_stream(*BEGUN, {"type": "context", "sources": "all"}), PARTIAL, StreamError),
    "compression that is none": Scenario(
        _stream(b"plain" * 9, Hold(), headers={"Content-Encoding": "gzip"}), "", StreamError, words="compression"
    ),
    "compression broken in the middle": Scenario(
        _stream(_gzip(_EVENTS)[:40] + b"\xff" * 80, headers={"Content-Encoding": "gzip"}), None, StreamError
    ),
    "an unknown compression": Scenario(
        _stream(b"\x8b\x02\x80", headers={"Content-Encoding": "lz4"}), "", StreamTruncatedError, after="kept"
    ),
}  # fmt: skip

REFUSED = {
    "401": _refused(401, UnauthorizedError, "who", json={"error": "unauthorized", "message": "who?"}),
    "429": _refused(429, RateLimitedError, "slow", text="slow down", requests=2, chats=2),
    "429 for an hour": _refused(429, RateLimitedError, "slow", text="slow", headers={"Retry-After": "3600"}),
    "500": _refused(500, ServerError, "oh no", json={"code": "INTERNAL_ERROR", "message": "oh no"}),
    "502 as a page": _refused(
        502, ServerError, "Bad gateway", text="<html><h1>Bad gateway</h1>", content_type="text/html", requests=2
    ),
    "503": _refused(503, ServiceUnavailableError, "busy", text="busy", requests=2, chats=2),
    "503 that is final": _refused(
        503, ServiceUnavailableError, "no", json={"code": "X", "message": "no", "details": {"retryable": False}}
    ),
    "504 without a word": _refused(504, ServerError, "504", requests=2),
    "an endless error page": Scenario(
        _stream(Repeat(b"x" * 1000), status=500, content_type="text/plain"), "", ServerError, words="xxx"
    ),
    "an error page that is cut": Scenario(
        _stream(b"half", CLOSE, status=500, content_type="text/plain"), "", ServerError, words="500"
    ),
    "a redirect to another host": _refused(
        307, APIError, "http://127.0.0.2:9", headers={"Location": "http://127.0.0.2:9/x"}
    ),
    "a redirect to nowhere": _refused(307, APIError, "307"),
    "a redirect that is no address": _refused(308, APIError, "308", headers={"Location": "http://[x"}),
    "a redirect that would lose the question": _refused(302, APIError, "/else", headers={"Location": "/else"}),
    "300 Multiple Choices": _refused(300, APIError, "300"),
    "304 Not Modified": _refused(304, APIError, "304"),
}  # fmt: skip

_JSON_ANSWER: Mapping[str, Any] = {"json": _ANSWER_BODY}
FINE = {
    "the whole answer": _fine(_stream(*WHOLE)),
    "with its length": _fine(_stream(*WHOLE, framing="length")),
    "until the connection closes": _fine(_stream(*WHOLE, framing="close"), after="closed"),
    "cut into single bytes": _fine(_stream(*WHOLE, cut=1)),
    "sent byte by byte": _fine(_raw(*(bytes([b]) for b in _CHUNKED + _chunks(_EVENTS, b"") ))),
    "compressed": _fine(_stream(*WHOLE, encoding="gzip")),
    "compressed and cut into single bytes": _fine(_stream(*WHOLE, encoding="gzip", cut=1)),
    "deflated": _fine(_stream(zlib.compress(_EVENTS), headers={"Content-Encoding": "deflate"})),
    "compressed twice": _fine(_stream(_gzip(_gzip(_EVENTS)), headers={"Content-Encoding": "gzip, gzip"})),
    "bytes behind the compression": _fine(_stream(_gzip(_EVENTS) + b"junk", headers={"Content-Encoding": "gzip"})),
    "with keep-alives everywhere": _fine(_stream(*(part for step in WHOLE for part in (KEEP_ALIVE, step, KEEP_ALIVE)))),
    "without a content type": _fine(_stream(*WHOLE, content_type="")),
    "of a charset that it does not have": _fine(_stream(*WHOLE, content_type="text/event-stream; charset=utf-16")),
    "with bytes that are not UTF-8": Scenario(
        _stream(b'data: {"type":"token","content":"a\xff\xf0\x9f"}\n\n', {"type": "done"}),
        "a\ufffd\ufffd",
        after="kept",
    ),
    "as JSON": _fine(_reply(**_JSON_ANSWER)),
    "as JSON of a kind of its own": _fine(_reply(**_JSON_ANSWER, content_type="application/vnd.eq+json; v=2")),
    "as OpenAI's": _fine(_stream(*openai(*PIECES))),
    "after 100 Continue and 103 Early Hints": _fine(
        _raw(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + _CHUNKED
             + _chunks(_EVENTS) + b"0\r\n\r\n")
    ),
    "with chunk extensions and trailers": _fine(
        _raw(_CHUNKED + b"%x;ext=1\r\n%b\r\n0\r\nX-Sum: 1\r\n\r\n" % (len(_EVENTS), _EVENTS))
    ),
    "with both kinds of framing": _fine(
        _raw(_SSE + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + _chunks(_EVENTS) + b"0\r\n\r\n"),
    ),
    "as HTTP/1.0": _fine(
        _raw(b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + _EVENTS, CLOSE), after="closed"
    ),
    "with lines that end with LF": _fine(_raw((_SSE + b"Content-Length: %d\r\n\r\n" % len(_EVENTS)).replace(b"\r", b"")
                                              + _EVENTS)),
    "with a folded header": _fine(_raw(_SSE + b"X: a\r\n b\r\nContent-Length: %d\r\n\r\n" % len(_EVENTS) + _EVENTS)),
    "with a header that is not ASCII": _fine(_stream(*WHOLE, headers={"X-Name": "ü"})),
    "and the connection closed": _fine(_stream(*WHOLE, headers={"Connection": "close"}), after="closed"),
    "and cut off after done": _fine(_stream(*WHOLE, CLOSE), after="closed"),
    "and reset after done": _fine(_stream(*WHOLE, _READ, RESET), after="closed"),
    "and garbage after done": _fine(_stream(*WHOLE, "garbage"), after="closed"),
    "and an error after done": _fine(_stream(*WHOLE, ERROR_EVENT), after="closed"),
    "and silence after done": _fine(_stream(_EVENTS, Hold()), after="closed", clock="chunk"),
    "and endless keep-alives after done": _fine(_stream(_EVENTS, Repeat(KEEP_ALIVE)), after="closed", clock="chunk"),
}  # fmt: skip

SCENARIOS: dict[str, Scenario] = LOST | INTERRUPTED | TRUNCATED | LATE | WRONG | REFUSED | FINE

CONTRACT = [
    # a lost connection
    "dropped before the answer", "closed in the headers", "not HTTP",
    # an interrupted stream, each way to break off
    "reset", "closed", "closed before the promised length", "a chunk cut in the middle of its text",
    "closed before any chunk",
    # a truncated answer
    "a clean end without done", "a body that ends with its connection", "no body", "compressed and cut short",
    # each clock
    "silence before the answer", "headers drop by drop", "silence after the headers",
    "endless keep-alives before the first chunk", "silence between two chunks", "endless keep-alives",
    "endless events, by the total", "silence before the answer, by the total", "an endless JSON answer",
    # an answer that is none
    "a page of a guest network", "a JSON answer of another shape", "an error event", "data that is no JSON",
    "compression that is none",
    # each class of refusal
    "401", "429", "500", "503", "504 without a word", "an endless error page", "a redirect to another host",
    # a whole answer
    "the whole answer", "cut into single bytes", "compressed", "as JSON", "as OpenAI's",
    "after 100 Continue and 103 Early Hints", "and reset after done", "and silence after done",
]  # fmt: skip

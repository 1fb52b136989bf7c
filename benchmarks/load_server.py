"""A server that streams as fast as its reader takes it: one event over and over, so that the client is the bottleneck.

The first part of a request's path says what is wanted, so that any client can ask for it with its base URL alone:
``http://127.0.0.1:1234/events=100000,framing=each/api/v1/query/stream``.

``events``   how many text events, before one that ends the stream
``framing``  ``burst`` (1000 events in one HTTP chunk), ``each`` (every event in an HTTP chunk of its own, as the
             EdgeQuake server sends them), or a number: HTTP chunks of so many bytes, wherever they cut the events
``size``     bytes of text in an event
``wire``     ``openai``: in OpenAI's wire, whatever the route
``park``     1: after its text events the stream stays open, and silent, until the client leaves

Routes without ``stream`` in their name answer with the JSON of a plain answer; ``chat/completions`` with OpenAI's wire.
"""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from functools import cache
from typing import NamedTuple

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s\r\n\r\n"
EVENTS_IN_A_BURST = 1000
BLOCK_BYTES = 1 << 20
ANSWER = {
    "answer": "Relay " * 40,
    "mode": "mix",
    "sources": [
        {
            "source_type": "chunk",
            "id": f"c{n}",
            "score": 0.5,
            "snippet": "A relay passes it on. " * 8,
            "document_id": "d",
        }
        for n in range(5)
    ],
    "stats": {"embedding_time_ms": 1, "retrieval_time_ms": 2, "generation_time_ms": 3, "total_time_ms": 6},
}


class Wanted(NamedTuple):
    """What a request's path asks for."""

    events: int = 1
    framing: str = "each"
    size: int = 6
    park: bool = False
    openai: bool = False


def wanted(path: str) -> Wanted:
    """The settings in the first part of ``path``."""
    settings = dict(item.split("=") for item in path.split("/")[1].split(",") if "=" in item)
    return Wanted(
        int(settings.get("events", 1)),
        settings.get("framing", "each"),
        int(settings.get("size", 6)),
        "park" in settings,
        path.endswith("/chat/completions") or settings.get("wire") == "openai",
    )


def event(data: object) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(data, separators=(",", ":")).encode() + b"\n\n"


def openai_event(delta: dict[str, str], finish_reason: str | None) -> bytes:
    """One event as OpenAI's chat completions send it."""
    choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]
    return event({"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices})


@cache
def events_of(size: int, openai: bool) -> tuple[bytes, bytes]:
    """A text event, and what ends a stream."""
    text = (" relay" * size)[:size]
    if openai:
        return openai_event({"content": text}, None), openai_event({}, "stop") + b"data: [DONE]\n\n"
    stats = {"sources_retrieved": 0, "tokens_used": 1, "query_mode": "mix"}
    return event({"type": "token", "content": text}), event({"type": "done", "stats": stats})


def http_chunk(data: bytes) -> bytes:
    """One chunk of HTTP's chunked coding."""
    return b"%x\r\n%s\r\n" % (len(data), data)


@cache
def framed(size: int, openai: bool, events: int, framing: str) -> bytes:
    """So many text events, as they go over the wire."""
    token = events_of(size, openai)[0]
    if framing == "each":
        return http_chunk(token) * events
    data = token * events
    piece = len(data) if framing == "burst" else int(framing)
    return b"".join(http_chunk(data[at : at + piece]) for at in range(0, len(data), piece or 1))


def serve_stream(connection: socket.socket, want: Wanted) -> None:
    """Sends one streamed answer."""
    connection.sendall(HEAD % (b"text/event-stream", b"Transfer-Encoding: chunked"))
    token, last = events_of(want.size, want.openai)
    block = max(1, min(EVENTS_IN_A_BURST, BLOCK_BYTES // len(token)))
    for left in range(want.events, 0, -block):
        connection.sendall(framed(want.size, want.openai, min(left, block), want.framing))
    if want.park:
        connection.recv(1)
        raise ConnectionError("the client has left")
    connection.sendall(http_chunk(last) + b"0\r\n\r\n")


def serve_answer(connection: socket.socket) -> None:
    """Sends one plain answer."""
    body = json.dumps(ANSWER).encode()
    connection.sendall(HEAD % (b"application/json", b"Content-Length: %d" % len(body)) + body)


def serve_connection(connection: socket.socket) -> None:
    """Answers the requests of one connection until the client leaves."""
    with suppress(ConnectionError), connection, connection.makefile("rb") as reader:
        while request := reader.readline():
            path = request.split()[1].decode("ascii")
            length = 0
            while (line := reader.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            reader.read(length)
            want = wanted(path)
            if path.endswith(("/stream", "/chat/completions")):
                serve_stream(connection, want)
            else:
                serve_answer(connection)


def main() -> None:
    """Prints its address, and serves until it is ended."""
    threading.stack_size(256 * 1024)  # a thread for each of a thousand connections
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve_connection, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()

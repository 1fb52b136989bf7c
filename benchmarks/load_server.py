"""A server that streams as fast as its reader takes it: one event over and over, so that the client is the bottleneck.

The request's ``X-Events`` header says how many events, ``X-Framing`` how they come: ``burst`` (many events in one HTTP
chunk) or ``each`` (every event in an HTTP chunk of its own, as the EdgeQuake server sends them).
"""

from __future__ import annotations

import socket
import threading

TOKEN = b'data: {"type":"token","content":" relay"}\n\n'
DONE = b'data: {"type":"done","stats":{"sources_retrieved":0,"tokens_used":1,"query_mode":"mix"}}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
EVENTS_IN_A_BURST = 1000


def chunk(data: bytes) -> bytes:
    """One HTTP chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def serve_stream(connection: socket.socket, events: int, framing: str) -> None:
    """Sends one streamed answer."""
    connection.sendall(HEAD)
    size = EVENTS_IN_A_BURST
    block = chunk(TOKEN * size) if framing == "burst" else chunk(TOKEN) * size
    for _ in range(events // size):
        connection.sendall(block)
    connection.sendall(chunk(TOKEN) * (events % size) + chunk(DONE) + b"0\r\n\r\n")


def serve_connection(connection: socket.socket) -> None:
    """Answers the requests of one connection until the client leaves."""
    with connection, connection.makefile("rb") as reader:
        while request := reader.readline():
            headers = {}
            while (line := reader.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.strip().lower()] = value.strip()
            reader.read(int(headers.get("content-length", 0)))
            if not request.strip():
                break
            try:
                serve_stream(connection, int(headers.get("x-events", 1)), headers.get("x-framing", "each"))
            except OSError:
                break


def main() -> None:
    """Prints its address, and serves until it is ended."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=serve_connection, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()

"""How long a chunk takes through a relay, from its generator to a reader in another process, with many streams at once.

``make bench-relay``, or ``python benchmarks/relay.py [--streams 100] [--chunks 100] [--per-second 20]``. Each stream
yields at the pace of a language model. The same streams written out by hand are the first row; what the others take
beyond it is what the relay adds. Times are of one clock of the machine, and include the reader's own.
"""

import argparse
import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from statistics import median, quantiles
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Mount, Route

from edgequake.relay import Relay, sse_response
from edgequake.relay.server import RelayServer

relay = Relay(max_calls=10_000)


@relay.expose
async def words(chunks: int, interval: float) -> AsyncIterator[dict[str, int]]:
    """Chunks that say when they were made."""
    await asyncio.sleep(random.random() * interval)
    for _ in range(chunks):
        await asyncio.sleep(interval)
        yield {"at": time.monotonic_ns()}


def asked(request: Request) -> AsyncIterator[dict[str, int]]:
    """The stream that a request asks for."""
    return words(int(request.query_params["chunks"]), float(request.query_params["interval"]))


async def by_hand(request: Request) -> Response:
    """The least that can be done."""

    async def lines() -> AsyncIterator[str]:
        async for chunk in asked(request):
            yield f"data: {json.dumps(chunk)}\n\n"
        yield "data: [DONE]\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream")


async def one_line(request: Request) -> Response:
    """The same with ``sse_response``."""
    return sse_response(asked(request))


def serve() -> None:
    """Serves all of them, and prints the address."""
    routes = [Route("/by-hand", by_hand), Route("/one-line", one_line), Mount("/relay", relay)]
    RelayServer(Starlette(routes=routes), on_ready=lambda url: print(url, flush=True)).serve_until_stopped()


async def over_http(url: str, method: str, path: str, body: str, delays: list[int]) -> None:
    """One stream of events; keeps the delay of each chunk in nanoseconds."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"{method} {path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
    while line := await reader.readline():
        if line.startswith(b'data: {"at"'):
            delays.append(time.monotonic_ns() - int(line[12:-2]))
    writer.close()


async def over_a_socket(url: str, body: str, delays: list[int]) -> None:
    """One stream over a WebSocket, read as lightly as the events are: the relay is measured, not a library."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
    head = f"GET /relay/ws HTTP/1.1\r\nHost: {address.netloc}\r\n{upgrade}\r\nSec-WebSocket-Key: {'A' * 22}==\r\n\r\n"
    writer.write(head.encode())
    await reader.readuntil(b"\r\n\r\n")
    call = body.encode()
    writer.write(bytes([0x81, 0x80 | len(call), 0, 0, 0, 0]) + call)  # masked with zeros, which change nothing
    while True:
        size = (await reader.readexactly(2))[1]
        if size == 126:
            size = int.from_bytes(await reader.readexactly(2))
        frame = await reader.readexactly(size)
        if frame.startswith(b'{"id":1,"chunk":{"at"'):
            delays.append(time.monotonic_ns() - int(frame[22:-2]))
        elif frame.endswith(b'"done":true}'):
            writer.close()
            return


async def measured(streams: int, one: Callable[[list[int]], Coroutine[None, None, None]]) -> list[float]:
    """The delays of all chunks, in milliseconds."""
    delays: list[int] = []
    await asyncio.gather(*(one(delays) for _ in range(streams)))
    return [delay / 1e6 for delay in delays]


def main() -> None:
    """Prints a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--chunks", type=int, default=100)
    parser.add_argument("--per-second", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve()
        return
    interval = 1 / args.per_second
    query = f"?chunks={args.chunks}&interval={interval}"
    body = json.dumps({"args": [args.chunks, interval]})
    call = json.dumps({"type": "rpc", "id": 1, "name": "words", "args": [args.chunks, interval]})
    server = subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        ways: dict[str, Callable[[list[int]], Coroutine[None, None, None]]] = {
            "by hand": lambda delays: over_http(url, "GET", f"/by-hand{query}", "", delays),
            "sse_response": lambda delays: over_http(url, "GET", f"/one-line{query}", "", delays),
            "Relay, events": lambda delays: over_http(url, "POST", "/relay/call/words", body, delays),
            "Relay, WebSocket": lambda delays: over_a_socket(url, call, delays),
        }
        found: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(args.rounds):  # in turns, so that a drift of the machine meets all alike
            for name, one in ways.items():
                found[name] += asyncio.run(measured(args.streams, one))
    finally:
        server.kill()
        server.wait()
    print(f"{args.streams} streams, {args.per_second:g} chunks a second each; milliseconds from generator to reader")
    print(f"{'way':18} {'median':>7} {'95 %':>7} {'99 %':>7}   {'added at the median':>19}")
    base = median(found["by hand"])
    for name, delays in found.items():
        cuts = quantiles(delays, n=100)
        print(f"{name:18} {cuts[49]:7.2f} {cuts[94]:7.2f} {cuts[98]:7.2f}   {cuts[49] - base:19.2f}")


if __name__ == "__main__":
    main()

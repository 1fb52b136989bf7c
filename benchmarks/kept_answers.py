"""What keeping answers costs: how late a chunk is on either worker, what two workers carry, and an answer's memory.

Part of ``make bench-relay``; or ``python benchmarks/kept_answers.py [--streams 100] [--many 1000] [--per-second 20]``.
Two workers and, for all but the first row, a Redis (``redis-server`` or ``valkey-server``, started here) share the
machine with the readers. A chunk says when its generator made it, on the one clock of the machine.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from urllib.parse import urlsplit

from redis import Redis

from edgequake.relay import Relay
from edgequake.relay.server import RelayServer

ITEM = "x" * 40  # with the time beside it about what a chunk of an answer is


def serve(store: str) -> None:
    """Serves a relay with this store, and prints its address."""
    relay = Relay(store=store)

    @relay.expose
    async def words(chunks: int, interval: float) -> AsyncIterator[dict[str, int | str]]:
        """Chunks that say when they were made."""
        await asyncio.sleep(random.random() * interval)
        for _ in range(chunks):
            if interval:
                await asyncio.sleep(interval)
            yield {"at": time.monotonic_ns(), "text": ITEM}

    @relay.expose
    async def used() -> tuple[float, int]:
        """Seconds of CPU so far, and bytes of memory now."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        with open("/proc/self/statm") as statm:  # noqa: ASYNC230 - at once
            pages = int(statm.read().split()[1])
        return usage.ru_utime + usage.ru_stime, pages * os.sysconf("SC_PAGE_SIZE")

    RelayServer(relay, on_ready=lambda url: print(url, flush=True)).serve_until_stopped()


class Reader:
    """One answer, read with as little work as can be."""

    def __init__(self) -> None:
        self.delays: list[int] = []
        self.path = ""

    async def ask(self, url: str, chunks: int, interval: float, *, stay: bool = True) -> None:
        """Asks this worker; reads there to the end, or leaves when it is known where the answer is kept."""
        body = json.dumps({"args": [chunks, interval]})
        await self._request(url, "POST", "/call/words", body, stay=stay)

    async def go_on(self, url: str) -> None:
        """Reads the answer from this worker, from its start."""
        await self._request(url, "GET", self.path, "", stay=True)

    async def _request(self, url: str, method: str, path: str, body: str, *, stay: bool) -> None:
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        head = f"{method} {path} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        while (line := await reader.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"location:"):
                self.path = "/" + line.split(b"../")[1].decode().strip()
        while stay and (line := await reader.readline()):
            if line.startswith(b'data: {"at":'):
                self.delays.append(time.monotonic_ns() - int(line[12 : line.index(b",")]))
        writer.close()


def called(url: str, name: str) -> list[float]:
    """The result of a function of the relay."""
    from edgequake.relay import RelayClient

    with RelayClient(url) as client:
        result: list[float] = client.call(name)
        return result


@contextmanager
def workers(store: str, count: int = 2) -> Iterator[list[str]]:
    """The addresses of so many workers over one store."""
    command = [sys.executable, __file__, "--serve", store]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    try:
        yield [process.stdout.readline().strip() for process in running if process.stdout is not None]
    finally:
        for process in running:
            process.kill()
            process.wait()


@contextmanager
def redis_server() -> Iterator[str | None]:
    """The address of a Redis that is started here; None where none is installed."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert process.stdout is not None
        while b"eady to accept" not in process.stdout.readline():
            pass
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait()


async def latency(urls: list[str], streams: int, chunks: int, interval: float, *, elsewhere: bool) -> list[float]:
    """How late each chunk is, in milliseconds, on the worker that makes it or on the other."""

    async def one(reader: Reader) -> None:
        await reader.ask(urls[0], chunks, interval, stay=not elsewhere)
        if elsewhere:
            await reader.go_on(urls[-1])

    readers = [Reader() for _ in range(streams)]
    await asyncio.gather(*map(one, readers))
    if elsewhere:  # the first chunks were waited for while the reader changed worker
        return [delay / 1e6 for reader in readers for delay in reader.delays[10:]]
    return [delay / 1e6 for reader in readers for delay in reader.delays]


async def carried(urls: list[str], streams: int, chunks: int, interval: float) -> tuple[list[float], int]:
    """The delays, and how many chunks came, when half of the answers are read on the worker that does not make them."""

    async def one(number: int, reader: Reader) -> None:
        here, there = urls[number % 2], urls[number // 2 % 2]
        await reader.ask(here, chunks, interval, stay=here == there)
        if here != there:
            await reader.go_on(there)

    readers = [Reader() for _ in range(streams)]
    await asyncio.gather(*(one(number, reader) for number, reader in enumerate(readers)))
    delays = [delay / 1e6 for reader in readers for delay in reader.delays[10:]]
    return delays, sum(len(reader.delays) for reader in readers)


async def together(urls: list[str], readers: int, chunks: int, interval: float) -> list[float]:
    """The delays when so many read one answer on the worker that does not make it."""
    asker = Reader()
    await asker.ask(urls[0], chunks, interval, stay=False)
    others = [Reader() for _ in range(readers)]
    for other in others:
        other.path = asker.path
    await asyncio.gather(*(other.go_on(urls[1]) for other in others))
    assert all(len(other.delays) == chunks for other in others)
    return [delay / 1e6 for other in others for delay in other.delays[10:]]


async def filled(url: str, answers: int, chunks: int) -> None:
    """So many answers of so many chunks are made and kept."""
    for start in range(0, answers, 50):
        await asyncio.gather(*(Reader().ask(url, chunks, 0) for _ in range(start, min(start + 50, answers))))


def row(name: str, delays: list[float], more: str = "") -> None:
    """Prints what a reader feels."""
    cuts = quantiles(delays, n=100)
    print(f"{name:34} {median(delays):7.2f} {cuts[94]:7.2f} {cuts[98]:7.2f}   {more}")


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--many", type=int, default=1000)
    parser.add_argument("--chunks", type=int, default=100)
    parser.add_argument("--per-second", type=float, default=20)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve(args.serve)
        return
    interval = 1 / args.per_second
    print(f"{args.streams} answers at once, {args.per_second:g} chunks a second each; ms from generator to reader")
    print(f"{'kept':34} {'median':>7} {'95 %':>7} {'99 %':>7}")
    with workers("memory://", 1) as urls:
        row("in memory", asyncio.run(latency(urls, args.streams, args.chunks, interval, elsewhere=False)))
        before = called(urls[0], "used")[1]
        asyncio.run(filled(urls[0], 1000, 500))
        memory = called(urls[0], "used")[1] - before
    with redis_server() as redis:
        if redis is None:
            print("no redis-server is installed: the rest is left out")
            return
        with workers(redis) as urls:
            for name, elsewhere in (
                ("in Redis, the worker that makes it", False),
                ("in Redis, the other worker", True),
            ):
                row(name, asyncio.run(latency(urls, args.streams, args.chunks, interval, elsewhere=elsewhere)))
            row("200 readers of one, elsewhere", asyncio.run(together(urls, 200, args.chunks, interval)))
            began, spent = time.monotonic(), [called(url, "used")[0] for url in urls]
            per_second = 5
            delays, came = asyncio.run(carried(urls, args.many, 50, 1 / per_second))
            seconds = time.monotonic() - began
            spent = [called(url, "used")[0] - before for url, before in zip(urls, spent, strict=True)]
            assert came == args.many * 50, f"{came} chunks of {args.many * 50} came"
            cpu = ", ".join(f"{share / seconds:.0%}" for share in spent)
            row(f"{args.many} answers, {per_second} chunks a second", delays, f"CPU of the two workers: {cpu}")
            with Redis.from_url(redis) as client:
                client.flushall()
                before = client.info("memory")["used_memory"]
                asyncio.run(filled(urls[0], 1000, 500))
                kept = client.info("memory")["used_memory"] - before
    size = 500 * (len(ITEM) + 40)
    print(f"\n1,000 kept answers of 500 chunks ({size / 1e3:.0f} kB of JSON each):")
    print(f"  in memory {memory / 1e6:.0f} MB, {memory / 500_000:.0f} bytes a chunk")
    print(f"  in Redis  {kept / 1e6:.0f} MB, {kept / 500_000:.0f} bytes a chunk")


if __name__ == "__main__":
    main()

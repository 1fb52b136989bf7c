"""Streams of every kind, whole, left, cancelled and broken, for as long as asked: ``make soak MINUTES=2``.

Threads with ``EdgequakeClient`` and tasks with ``AsyncEdgequakeClient`` read at once from a local server and from one
that fails in every way. At the end memory and open sockets must be what they were once all had warmed up, every text
must have been right, every error one of the SDK's, and every wait must have ended by its clock.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgequake import AsyncEdgequakeClient, EdgequakeClient, EdgeQuakeError, RetryPolicy, Timeout, TimeoutError

ROOT = Path(__file__).parent.parent
QUESTION = "How does the client retry a failed request?"
CLOCK = 0.3  # seconds
TIMEOUT = Timeout(20, response=CLOCK, first_chunk=CLOCK, chunk=CLOCK)
THREADS, TASKS = 4, 12
ROUNDS = 6
MOST_GROWTH = 5.0  # MB over the second half; in the first, all warms up


def serve() -> None:
    """Serves until stdin ends: a local server over the docs, and faults by path."""
    from edgequake.local import LocalServer
    from edgequake.testing import CLOSE, CUT, HALF_CLOSE, KEEP_ALIVE, RESET, Hold, Repeat, ScriptServer

    begun = [{"type": "token", "content": "Edge"}, {"type": "token", "content": "Quake"}]
    done = {"type": "done", "stats": {}}
    with LocalServer([ROOT / "docs"]) as local, ScriptServer() as script:
        faults: dict[str, tuple[Any, ...]] = {
            "whole": (*begun * 50, done), "long": (Repeat(begun[0], 2000), done), "reset": (*begun, RESET),
            "close": (*begun, CLOSE), "half": (*begun, HALF_CLOSE), "cut": (*begun, CUT), "short": (*begun,),
            "error": (*begun, {"type": "error", "message": "no", "code": "X"}), "garbage": (*begun, "garbage"),
            "silence": (*begun, Hold()), "dead": (*begun, Repeat(KEEP_ALIVE, 5), Hold()), "late": (Hold(),),
            "after": (*begun, done, RESET), "empty": (), "large": (b"data: ", Repeat(b"x" * 65536)),
        }  # fmt: skip
        for name, steps in faults.items():
            script.on("POST", f"/{name}").always().stream(*steps)
            script.on("POST", f"/gzip-{name}").always().stream(*steps, encoding="gzip")
        script.on("POST", "/drop").always().drop()
        script.on("POST", "/head").always().raw(b"HTTP/1.1 200 OK\r\nX: ", Hold())
        script.on("POST", "/busy").always().reply(status=503, headers={"Retry-After": "0"}, text="busy")
        script.on("POST", "/page").always().reply(status=502, text="<html><h1>Bad gateway", content_type="text/html")
        script.on("POST", "/html").always().reply(text="<html>", content_type="text/html")
        paths = [f"/{prefix}{name}" for name in faults for prefix in ("", "gzip-")]
        print(local.url, script.url, *paths, "/drop", "/head", "/busy", "/page", "/html", flush=True)
        ended = threading.Event()

        def wait_for_the_end() -> None:
            sys.stdin.read()
            ended.set()

        threading.Thread(target=wait_for_the_end, daemon=True).start()
        while not ended.wait(1):
            script.requests.clear()
            script.disconnects.clear()


@dataclass
class Tally:
    """What all workers saw."""

    streams: int = 0
    chunks: int = 0
    left: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    latest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ended(self, chunks: int, *, left: bool = False, error: BaseException | None = None, took: float = 0.0) -> None:
        """One stream more."""
        with self.lock:
            self.streams += 1
            self.chunks += chunks
            self.left += left
            if error is not None:
                self.errors[type(error).__name__] += 1
                if not isinstance(error, EdgeQuakeError):
                    self.wrong.append(repr(error))
                if isinstance(error, TimeoutError):
                    self.latest = max(self.latest, took - CLOCK)


@dataclass
class Work:
    """What the workers share."""

    local: str
    script: str
    paths: list[str]
    until: float
    answer: str
    tally: Tally = field(default_factory=Tally)

    def pick(self, draw: random.Random, client: Any, broken: Any) -> tuple[Any, bool]:
        """A stream, and whether it is of the local server, whose text is known."""
        if draw.random() < 0.4:
            return client.query.stream(QUESTION), True
        return broken.stream("POST", draw.choice(self.paths), body={}), False

    def check(self, text: str, *, known: bool) -> None:
        """A whole text must be the right one."""
        if (known and text != self.answer) or (not known and set(text) - set("EdgeQuake")):
            self.tally.wrong.append(f"wrong text: {text[:200]!r}")


def thread(work: Work, client: EdgequakeClient, broken: EdgequakeClient, seed: int) -> None:
    """Reads streams until the time is up."""
    draw = random.Random(seed)
    while time.monotonic() < work.until:
        stream, known = work.pick(draw, client, broken)
        leave_at = draw.choice([0, 1, 5, None, None, None])
        chunks, waited = 0, time.monotonic()
        try:
            with stream:
                for _ in stream:
                    chunks += 1
                    waited = time.monotonic()
                    if chunks == leave_at:
                        break
                else:
                    work.check(stream.text, known=known)
            work.tally.ended(chunks, left=chunks == leave_at)
        except Exception as error:
            work.tally.ended(chunks, error=error, took=time.monotonic() - waited)


async def task(work: Work, client: AsyncEdgequakeClient, broken: AsyncEdgequakeClient, seed: int) -> None:
    """Reads streams until the time is up; some are cancelled at any turn."""
    draw = random.Random(seed)

    async def read(stream: Any, *, known: bool, leave_at: int | None) -> None:
        chunks, waited = 0, time.monotonic()
        try:
            async with stream, aclosing(aiter(stream)) as items:
                async for _ in items:
                    chunks += 1
                    waited = time.monotonic()
                    if chunks == leave_at:
                        break
                else:
                    work.check(stream.text, known=known)
            work.tally.ended(chunks, left=chunks == leave_at)
        except asyncio.CancelledError:
            work.tally.ended(chunks, left=True)
        except Exception as error:
            work.tally.ended(chunks, error=error, took=time.monotonic() - waited)

    while time.monotonic() < work.until:
        stream, known = work.pick(draw, client, broken)
        reading = asyncio.create_task(read(stream, known=known, leave_at=draw.choice([0, 1, 5, None, None])))
        if draw.random() < 0.3:
            for _ in range(draw.randrange(60)):
                await asyncio.sleep(0)
            reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def resident() -> float:
    """Megabytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def sockets() -> int:
    """How many sockets this process has open."""
    count = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{name}").startswith("socket")
        except OSError:  # the folder's own
            continue
    return count


def round_of(work: Work) -> None:
    """Everything at once, until the time is up; then all clients are closed."""
    options: dict[str, Any] = {"retry": RetryPolicy(1, initial_delay=0.01), "env": {}}
    hurried: dict[str, Any] = options | {"timeout": TIMEOUT, "max_event_bytes": 1 << 20}

    async def tasks() -> None:
        async with (
            AsyncEdgequakeClient(base_url=work.local, timeout=20, **options) as client,
            AsyncEdgequakeClient(base_url=work.script, **hurried) as broken,
        ):
            await asyncio.gather(*(task(work, client, broken, seed) for seed in range(TASKS)))

    with (
        EdgequakeClient(base_url=work.local, timeout=20, **options) as client,
        EdgequakeClient(base_url=work.script, **hurried) as broken,
    ):
        threads = [threading.Thread(target=thread, args=(work, client, broken, 100 + n)) for n in range(THREADS)]
        threads.append(threading.Thread(target=lambda: asyncio.run(tasks())))
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    gc.collect()


def main() -> int:
    """Prints what came of it; 1 if anything was wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve()
        return 0
    import logging

    logging.getLogger("edgequake").setLevel(logging.ERROR)
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        local, script, *paths = server.stdout.readline().split()
        with EdgequakeClient(base_url=local, env={}) as client:
            answer = client.query.stream(QUESTION).final().answer
        rounds, held = [], []
        for _ in range(ROUNDS):
            until = time.monotonic() + chosen.minutes * 60 / ROUNDS
            rounds.append(Work(local, script, paths, until, answer))
            round_of(rounds[-1])
            held.append((resident(), sockets(), threading.active_count()))
        server.stdin.close()
    tallies = [work.tally for work in rounds]
    errors = sum((tally.errors for tally in tallies), Counter[str]())
    wrong = [what for tally in tallies for what in tally.wrong]
    streams, left = sum(tally.streams for tally in tallies), sum(tally.left for tally in tallies)
    print(f"streams   {streams:,}, {left:,} of them left or cancelled")
    print(f"chunks    {sum(tally.chunks for tally in tallies):,}")
    print("errors    " + ", ".join(f"{name} {count:,}" for name, count in sorted(errors.items())))
    print(f"wrong     {len(wrong)} texts or foreign errors {wrong[:3] or ''}")
    print(f"late      {max(tally.latest for tally in tallies):.2f} s after its clock, the latest timeout")
    print(f"after     {', '.join(f'round {n}' for n in range(1, ROUNDS + 1))}")
    for name, values in zip(("memory", "sockets", "threads"), zip(*held, strict=True), strict=True):
        print(f"{name:9} {', '.join(f'{value:.1f} MB' if name == 'memory' else str(value) for value in values)}")
    (before, _, _), (after, open_sockets, threads) = held[ROUNDS // 2 - 1], held[-1]
    return 0 if after - before < MOST_GROWTH and (open_sockets, threads) == (0, 1) and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())

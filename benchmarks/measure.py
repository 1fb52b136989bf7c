"""One measurement of one client, in this process: ``python measure.py WHAT CLIENT URL [COUNT]``; prints JSON.

``stream``   one stream to its end; URL may ask for any number of events
``calls``    COUNT calls without a stream, on a kept connection
``streams``  COUNT streams one after the other, on a kept connection
``many``     COUNT streams at once, in asyncio
``parked``   COUNT streams that are open at once and wait; asynchronous clients alone
``first``    COUNT times from the call to the first chunk, ours and bare httpx in turn; CLIENT says nothing

``cpu`` and ``wall`` are seconds, ``bytes`` the memory a parked stream takes, ``peak`` the process's highest memory.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from clients import ASYNC, SECONDS, STREAM, SYNC

if TYPE_CHECKING:
    from collections.abc import Iterator

WARM_UP = "/events=100,framing=each"


@contextmanager
def clocked() -> Iterator[dict[str, float]]:
    """The CPU and wall seconds of the block."""
    figures: dict[str, float] = {}
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    yield figures
    figures.update(cpu=time.process_time() - cpu, wall=time.perf_counter() - wall)


def warm_up_url(url: str) -> str:
    """The same server's address, for a short stream."""
    return url[: url.index("/", len("http://"))] + WARM_UP


def stream(name: str, url: str, count: int) -> dict[str, float]:
    if name in ASYNC:
        return asyncio.run(many(name, url, 1))
    SYNC[name](warm_up_url(url)).read()
    ways = SYNC[name](url)
    with clocked() as figures:
        figures["seen"] = ways.read()
    return figures | {"peak": peak()}


def streams(name: str, url: str, count: int) -> dict[str, float]:
    ways = SYNC[name](url)
    ways.read()
    with clocked() as figures:
        figures["seen"] = sum(ways.read() for _ in range(count))
    return figures


def calls(name: str, url: str, count: int) -> dict[str, float]:
    execute = SYNC[name](url).execute
    if execute is None:
        raise SystemExit(f"{name} has no call without a stream")
    for _ in range(20):
        execute()
    with clocked() as figures:
        for _ in range(count):
            execute()
    return figures


async def many(name: str, url: str, count: int) -> dict[str, float]:
    async with ASYNC[name](warm_up_url(url)) as ways:
        await ways.read()
    async with ASYNC[name](url) as ways:
        with clocked() as figures:
            figures["seen"] = sum(await asyncio.gather(*(ways.read() for _ in range(count))))
    return figures | {"peak": peak()}


async def parked(name: str, url: str, count: int) -> dict[str, float]:
    async with ASYNC[name](url) as ways:
        held = [await ways.begin()]
        gc.collect()
        before = resident()
        held += [await ways.begin() for _ in range(count)]
        gc.collect()
        figures = {"bytes": (resident() - before) / count}
        held.clear()
    return figures


def first(name: str, url: str, count: int) -> dict[str, float]:
    """In turn and in one process: the difference is a fraction of what the machine's load adds to either."""
    import httpx

    from edgequake import EdgequakeClient

    client = EdgequakeClient(base_url=url, timeout=SECONDS)
    bare = httpx.Client(timeout=SECONDS)
    body = {"query": "q", "stream_format": "v2"}

    def ours() -> float:
        start = time.perf_counter()
        with client.query.stream("q") as answer:
            next(answer)
            took = time.perf_counter() - start
            answer.final()
        return took

    def theirs() -> float:
        start = time.perf_counter()
        with bare.stream("POST", url + STREAM, json=body) as response:
            data = response.iter_raw()
            next(data)
            took = time.perf_counter() - start
            for _ in data:
                pass
        return took

    for _ in range(20):
        ours()
        theirs()
    pairs = [(ours(), theirs()) for _ in range(count)]
    return {
        "edgequake": median(pair[0] for pair in pairs),
        "httpx": median(pair[1] for pair in pairs),
        "more": median(pair[0] - pair[1] for pair in pairs),
    }


def resident() -> int:
    """The memory that the process has now, in bytes."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()


def peak() -> int:
    """The highest memory that the process has had, in bytes."""
    status = Path("/proc/self/status")
    if not status.exists():  # macOS, where it is in bytes
        highest: int = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return highest
    line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def allow_files(count: int) -> None:
    """Lets the process open so many sockets; says so where the system does not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + 100
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise SystemExit(f"{count} streams at once need {needed} open files, and {hard} are allowed: raise ulimit -n")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def main() -> None:
    """Measures, and prints the figures."""
    what, name, url, *rest = sys.argv[1:]
    count = int(rest[0]) if rest else 1
    allow_files(count if what in ("many", "parked") else 1)
    measures: dict[str, Any] = {
        "stream": stream,
        "streams": streams,
        "calls": calls,
        "many": many,
        "parked": parked,
        "first": first,
    }
    figures = measures[what](name, url, count)
    print(json.dumps(asyncio.run(figures) if asyncio.iscoroutine(figures) else figures))


if __name__ == "__main__":
    main()

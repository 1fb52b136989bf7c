"""Two worker processes over one Redis: readers who change worker, and workers that are killed, stopped and ended."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from relay.answers.servers import REAL, SECONDS, RedisServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

WORKER = Path(__file__).with_name("worker.py")


class Worker:
    """A process of its own."""

    def __init__(self, redis: str, lease: float) -> None:
        command = [sys.executable, str(WORKER), redis, str(lease)]
        self.lease = lease
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url, "the worker did not start"

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer("fake" if REAL is None else "real", tmp_path_factory.mktemp("redis")) as server:
        yield server


class Workers:
    """Two workers; one that has ended, or has another lease, is made anew."""

    def __init__(self, redis: str) -> None:
        self.lease = 1.0
        self._redis = redis
        self._workers: list[Worker] = []

    def two(self) -> tuple[Worker, Worker]:
        for worker in self._workers:
            if worker.lease != self.lease:
                worker.close()
        self._workers = [it for it in self._workers if it.process.poll() is None]
        while len(self._workers) < 2:
            self._workers.append(Worker(self._redis, self.lease))
        return self._workers[0], self._workers[1]

    def close(self) -> None:
        for worker in self._workers:
            worker.close()


@pytest.fixture(scope="module")
def all_workers(server: RedisServer) -> Iterator[Workers]:
    workers = Workers(server.url)
    yield workers
    workers.close()


@pytest.fixture
def workers(all_workers: Workers, pace: float) -> Workers:
    all_workers.lease = pace  # a machine that stalls ends a short one
    return all_workers


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client:
        yield client


class Reading:
    """One reader over any number of connections, as far as it has come."""

    def __init__(self, http: httpx.AsyncClient, path: str = "") -> None:
        self.path = path
        self.items: list[int] = []
        self.end = ""
        self._http = http
        self._last = ""
        self._more = asyncio.Event()

    async def ask(self, worker: Worker, at_most: int = 10**9, **kwargs: Any) -> None:
        """Asks this worker, and reads so many items."""
        async with self._http.stream("POST", f"{worker.url}/relay/call/count", json={"kwargs": kwargs}) as response:
            self.path = str(response.url.join(response.headers["location"])).removeprefix(worker.url)
            await self._take(response, at_most)

    async def go_on(self, worker: Worker, at_most: int = 10**9) -> None:
        """Reads on from this worker."""
        headers = {"last-event-id": self._last} if self._last else {}
        async with self._http.stream("GET", worker.url + self.path, headers=headers) as response:
            assert response.status_code == 200
            await self._take(response, at_most)

    async def has(self, count: int) -> None:
        """Returns when so many have come, in another task."""
        async with asyncio.timeout(SECONDS):
            while len(self.items) < count:
                self._more.clear()
                await self._more.wait()

    async def _take(self, response: httpx.Response, at_most: int) -> None:
        until, fields = len(self.items) + at_most, dict[str, str]()
        async for line in response.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            if "event" in fields:
                data = json.loads(fields["data"])
                self.end = data.get("code", data["type"])
            elif "data" in fields:
                self.items.append(json.loads(fields["data"]))
                self._last = fields["id"]
                self._more.set()
            fields = {}
            if len(self.items) >= until:
                return


@asynccontextmanager
async def beside(work: Any) -> AsyncIterator[asyncio.Task[Any]]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def upto(count: int) -> list[int]:
    return list(range(1, count + 1))


async def test_a_reader_who_changes_worker_every_few_items_gets_each_once(workers, http):
    both = workers.two()
    reader = Reading(http)
    await reader.ask(both[0], at_most=3, upto=150, pace=0.002)
    others = [Reading(http, reader.path) for _ in range(50)]

    async def hop() -> None:
        while not reader.end:
            await reader.go_on(random.choice(both), at_most=random.randint(1, 6))

    await asyncio.gather(hop(), *(other.go_on(both[number % 2]) for number, other in enumerate(others)))
    late = [Reading(http, reader.path) for _ in both]
    for one, worker in zip(late, both, strict=True):
        await one.go_on(worker)
    for one in (reader, *others, *late):
        assert (one.items, one.end) == (upto(150), "done")


async def test_any_worker_stops_an_answer(workers, http):
    here, there = workers.two()
    reader = Reading(http)
    async with beside(reader.ask(here, upto=3, end=False)) as asking:
        await reader.has(3)
        assert (await http.delete(there.url + reader.path)).status_code == 204
        await asking
    assert (reader.items, reader.end) == ([1, 2, 3], "stopped")
    assert (await http.delete(there.url + reader.path + "x")).status_code == 404


async def test_when_a_worker_is_killed_its_readers_hear_of_it_and_keep_the_text_so_far(workers, http):
    here, there = workers.two()
    asker = Reading(http)
    await asker.ask(here, at_most=5, upto=5, end=False)
    reader, late = Reading(http, asker.path), Reading(http, asker.path)
    async with beside(reader.go_on(there)) as reading:
        await reader.has(5)
        here.process.kill()
        here.close()
        await reading
    await asker.go_on(there)
    await late.go_on(there)
    for one in (asker, reader, late):
        assert (one.items, one.end) == (upto(5), "producer_lost")


async def test_a_worker_that_slept_past_its_lease_adds_nothing_behind_the_error(workers, http):
    here, there = workers.two()
    asker, reader = Reading(http), Reading(http)
    async with beside(asker.ask(here, upto=10_000, pace=0.01)) as asking:
        await asker.has(5)
        reader.path = asker.path
        async with beside(reader.go_on(there)) as reading:
            await reader.has(5)
            here.process.send_signal(signal.SIGSTOP)
            try:
                await reading
            finally:
                here.process.send_signal(signal.SIGCONT)
        await asking
    assert (reader.items, reader.end) == (upto(len(reader.items)), "producer_lost")
    assert (asker.items, asker.end) == (upto(len(asker.items)), "producer_lost")
    for worker in (here, there):
        late = Reading(http, reader.path)
        await late.go_on(worker)
        assert (late.items, late.end) == (reader.items, "producer_lost")


async def test_a_worker_that_is_asked_to_end_says_so_to_its_readers(workers, http):
    here, there = workers.two()
    asker = Reading(http)
    await asker.ask(here, at_most=2, upto=2, end=False)
    async with beside(asker.go_on(there)) as reading:
        here.process.terminate()
        await reading
    assert await asyncio.to_thread(here.process.wait, SECONDS) == -signal.SIGTERM or here.process.returncode == 0
    here.close()
    assert (asker.items, asker.end) == ([1, 2], "interrupted")

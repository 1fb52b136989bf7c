from __future__ import annotations

import asyncio
import contextvars
import gc
import json
import os
import subprocess
import sys
import threading
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
import trio

from edgequake import ConfigurationError, NetworkError, NotFoundError, RateLimitedError, ServerError, UnauthorizedError
from edgequake.batch import BatchProgress, async_run, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS = 60


@pytest.fixture(params=["threads", "tasks"])
def do(request: pytest.FixtureRequest) -> Callable[..., BatchProgress]:
    """Runs a batch of a plain function, in threads or in tasks."""
    if request.param == "threads":
        return run

    def in_tasks(work: Callable[[Any], Any], items: Any, **options: Any) -> BatchProgress:
        async def task(item: Any) -> Any:
            return await asyncio.to_thread(work, item)

        return asyncio.run(async_run(task, items, **options))

    return in_tasks


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


def rows(path: Path) -> dict[Any, Any]:
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert len({line["id"] for line in lines}) == len(lines)
    return {line.pop("id"): line for line in lines}


def missing(item: Any) -> dict[str, Any]:
    raise NotFoundError("no such thing", status_code=404)


def test_every_item_has_its_line_and_a_second_run_does_what_failed_or_is_missing(do: Any, path: Path):
    told: list[BatchProgress] = []
    lines: list[Any] = []
    options = {"key": lambda n: n, "journal": path, "fields": lambda n: {"of": f"item {n}"}}
    first = do(lambda n: missing(n) if n == 2 else {"square": n * n}, [1, 2, 3], on_progress=told.append, **options)
    assert (first.done, first.failed, first.skipped, first.total) == (3, 1, 0, 3)
    error = {"type": "NotFoundError", "message": "no such thing (404)", "status_code": 404}
    assert rows(path) == {1: {"of": "item 1", "square": 1}, 2: {"of": "item 2", "error": error}, 3: {
        "of": "item 3", "square": 9}}  # fmt: skip
    assert [(p.done, p.total) for p in told] == [(1, 3), (2, 3), (3, 3)]
    second = do(lambda n: {"square": -n}, [1, 2, 3, 4], on_done=lines.append, **options)
    assert (second.done, second.failed, second.skipped, second.completed) == (2, 0, 2, 4)
    assert {key: row["square"] for key, row in rows(path).items()} == {1: 1, 3: 9, 2: -2, 4: -4}
    assert sorted(line["id"] for line in lines) == [2, 4]


def test_items_are_taken_as_there_is_room_and_as_many_are_done_at_once_as_asked_for(do: Any):
    done: list[Any] = []
    together = threading.Barrier(3)

    def items() -> Iterator[int]:
        for n in range(9):
            assert n - len(done) < 3
            yield n

    def work(n: int) -> dict[str, int]:
        together.wait(SECONDS)  # breaks unless three are here at once
        return {"n": n}

    progress = do(work, items(), key=str, concurrency=3, total=9, on_done=done.append)
    assert (progress.done, progress.total, progress.limit) == (9, 9, 3)


def test_a_busy_server_halves_the_number_at_once_and_every_item_is_done(do: Any, path: Path):
    all_here = threading.Barrier(4)
    asked: list[int] = []

    def work(n: int) -> dict[str, int]:
        asked.append(n)
        if len(asked) <= 4:
            all_here.wait(SECONDS)
            raise RateLimitedError("slow down", status_code=429, retry_after=0.0)
        return {"n": n}

    limits: list[int] = []
    do(work, range(12), key=str, journal=path, concurrency=4, on_progress=lambda p: limits.append(p.limit))
    assert sorted(rows(path)) == sorted(map(str, range(12)))
    assert len(asked) == 16
    assert (min(limits) < 4, limits[-1]) == (True, 4)


def test_an_item_that_failed_on_the_way_is_tried_again(do: Any):
    tries: list[int] = []

    def work(n: int) -> dict[str, int]:
        tries.append(n)
        if len(tries) == 1:
            raise RateLimitedError("first", status_code=429, retry_after=0.01)
        if len(tries) == 2:
            raise ServerError("second", status_code=502, retry_after=0.0)
        return {}

    assert do(work, [7], key=str).failed == 0
    assert tries == [7, 7, 7]


def _unreachable() -> NetworkError:
    error = NetworkError("refused")
    error.request_sent = False
    return error


@pytest.mark.parametrize("error", [UnauthorizedError("bad key", status_code=401), ZeroDivisionError("a bug")])
def test_an_error_that_is_not_the_items_own_ends_the_batch_and_the_rest_is_for_the_next_run(
    do: Any, path: Path, error: Exception
):
    done: list[int] = []

    def work(n: int) -> dict[str, int]:
        if n == 3:
            raise error
        done.append(n)
        return {}

    with pytest.raises(type(error)) as raised:
        do(work, range(100), key=lambda n: n, journal=path, concurrency=1)
    assert raised.value is error
    assert (done, list(rows(path))) == ([0, 1, 2], [0, 1, 2])
    assert do(lambda n: {}, range(6), key=lambda n: n, journal=path).done == 3


def test_a_long_pause_ends_with_the_batch(do: Any):
    both_here = threading.Barrier(2)

    def work(n: int) -> dict[str, int]:
        both_here.wait(SECONDS)
        if n == 0:
            raise RateLimitedError("much later", status_code=429, retry_after=600.0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        do(work, range(9), key=str, concurrency=2)


def test_a_server_that_asks_for_a_very_long_pause_ends_the_batch_at_once(do: Any, path: Path):
    began: list[int] = []

    def work(n: int) -> dict[str, int]:
        began.append(n)
        raise RateLimitedError("tomorrow", status_code=429, retry_after=601.0)

    with pytest.raises(RateLimitedError, match="tomorrow"):
        do(work, range(2), key=lambda n: n, journal=path, concurrency=1)
    assert (began, rows(path)) == ([0], {})


def test_a_server_out_of_reach_ends_the_batch_after_three_items(do: Any, path: Path):
    def work(n: int) -> dict[str, int]:
        raise _unreachable()

    with pytest.raises(NetworkError, match="refused"):
        do(work, range(100), key=lambda n: n, journal=path, concurrency=1, max_retries=0)
    assert list(rows(path)) == [0, 1]


@pytest.mark.parametrize(
    ("items", "options", "words"),
    [
        ([1, 2, 1], {}, "two items have the same key: 1"),
        ([None], {}, "an item's key must be a string or a whole number, not None"),
        ([True], {}, "not True"),
        ([1], {"concurrency": 0}, "concurrency must be a whole number, at least 1, not 0"),
        ([1], {"concurrency": 2.5}, r"not 2\.5"),
    ],
)
def test_bad_input_says_what_is_wrong(do: Any, items: Any, options: Any, words: str):
    with pytest.raises(ConfigurationError, match=words):
        do(lambda n: {}, items, key=lambda n: n, **options)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"id": 2}, "returned a field 'id', which the journal uses itself: give it another name"),
        ({"error": None}, "returned a field 'error'"),
        (None, "must return a dict, not NoneType"),
    ],
)
def test_a_row_that_the_next_run_would_take_for_another_is_refused(do: Any, path: Path, row: Any, words: str):
    began: list[int] = []
    options: dict[str, Any] = {"key": lambda n: n, "journal": path, "concurrency": 1}
    with pytest.raises(ConfigurationError, match=f"work {words}"):
        do(lambda n: row, [1, 2], **options)
    with pytest.raises(ConfigurationError, match=f"fields {words}"):
        do(began.append, [1, 2], fields=lambda n: row, **options)
    assert (began, rows(path)) == ([], {})
    do(lambda n: {"id": n, "square": n * n}, [1, 2], **options)
    assert rows(path) == {1: {"square": 1}, 2: {"square": 4}}


def test_nothing_to_do_is_no_error(do: Any, path: Path):
    assert do(missing, [], key=str, journal=path) == BatchProgress(total=0, elapsed=pytest.approx(0, abs=60), limit=8)


def test_workers_see_the_context_of_their_caller(do: Any):
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="none")
    seen = []
    name.set("mine")
    do(lambda n: seen.append(name.get()) or {}, range(3), key=str)
    assert seen == ["mine"] * 3


async def test_an_answer_that_has_come_is_kept_when_the_task_is_cancelled(path: Path, monkeypatch: pytest.MonkeyPatch):
    syncing, go = threading.Event(), threading.Event()

    def sync(descriptor: int) -> None:
        syncing.set()
        assert go.wait(SECONDS)

    async def work(n: int) -> dict[str, int]:
        if n:
            await asyncio.Event().wait()
        return {"n": n}

    monkeypatch.setattr(os, "fsync", sync)
    batch = asyncio.create_task(async_run(work, range(5), key=lambda n: n, journal=path, concurrency=2))
    assert await asyncio.to_thread(syncing.wait, SECONDS)
    batch.cancel()
    asyncio.get_running_loop().call_soon(go.set)
    with pytest.raises(asyncio.CancelledError):
        await batch
    assert rows(path) == {0: {"n": 0}}


def test_it_runs_in_trio_too(path: Path):
    async def work(n: int) -> dict[str, int]:
        await trio.lowlevel.checkpoint()
        return {"n": n}

    async def main() -> BatchProgress:
        return await async_run(work, range(5), key=lambda n: n, journal=path, concurrency=2)

    assert trio.run(main).done == 5
    assert len(rows(path)) == 5


INTERRUPTED = """
import os, signal, sys, threading
from edgequake.batch import run

interrupted = threading.Event()

def interrupt(*_):
    interrupted.set()
    raise KeyboardInterrupt

def work(n):
    if n == 1:
        os.kill(os.getpid(), signal.SIGINT)
    assert interrupted.wait(60)
    return {"n": n}

signal.signal(signal.SIGINT, interrupt)
try:
    run(work, range(10**9), key=str, journal=sys.argv[1], concurrency=2)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_lets_threads_end_the_items_that_they_are_at(path: Path):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(path)], capture_output=True, text=True, timeout=SECONDS * 3, check=True
    )
    assert (done.stdout, done.stderr) == ("interrupted\n", "")
    assert {"0", "1"} <= set(rows(path))


def test_memory_does_not_grow_with_the_number_of_items(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    used: dict[int, int] = {}

    def measure(progress: BatchProgress) -> None:
        if progress.done in (500, 1100):
            gc.collect()
            used[progress.done] = tracemalloc.get_traced_memory()[0]

    async def work(n: int) -> dict[str, str]:
        return {"answer": "x" * 100}

    tracemalloc.start()
    try:
        asyncio.run(async_run(work, iter(range(1150)), key=lambda n: n, journal=path, on_progress=measure))
    finally:
        tracemalloc.stop()
    assert used[1100] - used[500] < 16 * 1024

"""Breaks the modules that every stream goes through, and counts how many mistakes a test sees: ``make mutation``.

The mistakes are mutmut's. mutmut itself wraps each function in another, and Python 3.11 crashes where that is an
asynchronous generator. Here a mutant is the function itself with other code, in a fork of a process that has collected
the tests. It meets the tests that come to its line: first those that saw others there, then the shortest.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pickle
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import coverage
import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(ROOT / "scripts")]

from mutants import mutants_of, path_of, places  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mutants import Mutant, Place

MODULES = {
    "sse": "edgequake._core.sse",
    "wire": "edgequake._core.wire",
    "retry": "edgequake._core.retry",
    "rechunk": "edgequake._http.rechunk",
    "reader": "edgequake._async.reader",
    "opening": "edgequake._async.opening",
    "sender": "edgequake._async.sender",
    "session": "edgequake._async.session",
}
AT_LEAST = 92  # percent of the mutants of a module
# What a stream costs is no question here, and the memory tests count what the whole process holds.
TESTS = ["tests/core", "tests/http", "tests/client", "tests/tools", "tests/faults", "tests/adapters", "tests/api",
         "tests/flows/test_login.py", "--ignore=tests/core/test_cost.py", "--ignore=tests/faults/test_memory.py",
         "--ignore=tests/api/test_memory.py"]  # fmt: skip
PYTEST = ["-s", "-p", "no:randomly", "--hypothesis-seed=0", f"--rootdir={ROOT}", *TESTS]

BUDGET = 8.0  # CPU seconds of tests that a mutant meets, before it counts as unseen
PATIENCE = 4.0  # seconds, and ten times what a test costs; one that takes longer hangs, and so has seen the mutant
MEMORY = 6 << 30  # bytes of addresses for a mutant that collects without end
UNSEEN = -1


class Mutation:
    """A plugin of pytest that takes the place of its loop over the tests."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.items: list[pytest.Item] = []
        self.cost: dict[int, float] = {}  # CPU seconds, by the number of a test
        self.reached: dict[tuple[str, int], set[int]] = {}  # by module and line: the tests that come there
        self.killers: dict[str, Counter[int]] = defaultdict(Counter)  # by function
        self.scores: dict[str, float] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = session.items
        started = time.monotonic()
        self.measure()
        for name in self.names:
            mutants = [*mutants_of(MODULES[name])]
            unseen = 0
            for mutant, killer in forked(mutants, self.killer):
                if killer == UNSEEN:
                    unseen += 1
                    print(shown(mutant), flush=True)
                elif killer is not None:
                    self.killers[mutant.function][killer] += 1
            seen = len(mutants) - unseen
            self.scores[name] = 100 * seen / len(mutants)
            print(f"{name}: {seen} of {len(mutants)} mistakes are seen, {self.scores[name]:.1f} %", flush=True)
        print(f"in {(time.monotonic() - started) / 60:.0f} minutes, with {len(self.cost)} tests")
        return True

    def measure(self) -> None:
        """Finds what each test costs, and which lines it comes to; leaves out those that fail unbroken."""
        count = os.cpu_count() or 2
        parts = [range(part, len(self.items), count) for part in range(count)]
        for _, (cost, reached, failed) in forked(parts, self.measured):
            self.cost |= cost
            for line, tests in reached.items():
                self.reached.setdefault(line, set()).update(tests)
            for number in failed:
                print(f"left out, for it fails with no mistake: {self.items[number].nodeid}")

    def measured(self, numbers: Iterable[int]) -> tuple[dict[int, float], dict[tuple[str, int], set[int]], list[int]]:
        modules = {str(path_of(twin)): twin for name in self.names for twin in twins(MODULES[name])}
        tracer = coverage.Coverage(data_file=None, config_file=False, include=[*modules])
        tracer.start()
        cost, failed = {}, []
        for number in numbers:
            tracer.switch_context(str(number))
            before = cpu_seconds()
            if fails(self.items[number]):
                failed.append(number)
            else:
                cost[number] = cpu_seconds() - before
        tracer.stop()
        data = tracer.get_data()
        reached = {
            (module, line): {int(context) for context in contexts if context} & cost.keys()
            for path, module in modules.items()
            for line, contexts in data.contexts_by_lineno(path).items()
        }
        return cost, reached, failed

    def killer(self, mutant: Mutant) -> int:
        """The number of a test that fails with the mutant."""
        everywhere = [*places(mutant)]
        for place in everywhere:
            function_of(place).__code__ = place.code
        for number in self.order(mutant, {number for place in everywhere for number in self.reaching(place)}):
            signal.setitimer(signal.ITIMER_REAL, PATIENCE + 10 * self.cost[number])  # its signal ends the process
            if fails(self.items[number]):
                return number
        return UNSEEN

    def order(self, mutant: Mutant, numbers: set[int]) -> Iterator[int]:
        """The tests that the mutant meets: one case of each test, then a second …"""
        killers = self.killers[mutant.function]
        cases: Counter[str] = Counter()
        turns = {}
        for number in sorted(numbers, key=self.cost.__getitem__):
            test = self.items[number].nodeid.partition("[")[0]
            turns[number] = (-killers[number], cases[test], self.cost[number])
            cases[test] += 1
        left = BUDGET
        for number in sorted(turns, key=turns.__getitem__):
            left -= self.cost[number]
            if left < 0:
                return
            yield number

    def reaching(self, place: Place) -> set[int]:
        """The tests that come to the place, or to the next line above that is traced: a line can go on for several."""
        for line in range(place.line, 0, -1):
            if (place.module, line) in self.reached:
                return self.reached[place.module, line]
        return set()


def forked(jobs: Iterable[Any], work: Callable[[Any], Any]) -> Iterator[tuple[Any, Any]]:
    """Each job with its result from a process of its own, as they end; None from one that was killed."""
    running: dict[int, tuple[Any, Path]] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:

        def ended() -> tuple[Any, Any]:
            process, status = os.wait()
            with suppress(ProcessLookupError):
                os.killpg(process, signal.SIGKILL)  # what its tests have started
            job, folder = running.pop(process)
            result = (folder / "result").read_bytes() if (folder / "result").exists() else None
            if result is None and not os.WIFSIGNALED(status):
                raise SystemExit(f"a process ended early, with {(folder / 'error').read_text()}")
            shutil.rmtree(folder, ignore_errors=True)
            return job, None if result is None else pickle.loads(result)

        for number, job in enumerate(jobs):
            if len(running) == (os.cpu_count() or 2):
                yield ended()
            folder = Path(name) / str(number)
            folder.mkdir()
            if process := os.fork():
                running[process] = (job, folder)
                continue
            try:
                in_child(folder, work, job)
            except BaseException:
                (folder / "error").write_text(traceback.format_exc())
            finally:
                os._exit(0)
        while running:
            yield ended()


def in_child(folder: Path, work: Callable[[Any], Any], job: Any) -> None:
    """Does one job, in silence."""
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(folder)
    (folder / "result").write_bytes(pickle.dumps(work(job)))


def fails(item: pytest.Item) -> bool:
    """Runs one test."""
    before = item.session.testsfailed
    try:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
    except BaseException:  # a mistake may well end the whole run
        return True
    return item.session.testsfailed > before


def cpu_seconds() -> float:
    """Of this process and of those it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def twins(module: str) -> set[str]:
    """The module, and the synchronous one that is made from it."""
    return {module, module.replace("._async.", "._sync.")}


def function_of(place: Place) -> Any:
    """The function that a mistake is in."""
    found = importlib.import_module(place.module)
    for name in place.function.split("."):
        found = vars(found)[name]
    return found.fget if isinstance(found, property) else found


def shown(mutant: Mutant) -> str:
    """A line about a mistake that no test sees."""
    was, now = (" ".join(code.split())[:150] for code in (mutant.was, mutant.now))
    return f"{path_of(mutant.module).relative_to(ROOT)}:{mutant.line}: {was}  ->  {now}"


def main() -> int:
    """1 if tests see too few of the mutants of a module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="module", help=" ".join(MODULES))
    mutation = Mutation(parser.parse_args().names or [*MODULES])
    os.chdir(ROOT)
    pytest.main(PYTEST, plugins=[mutation])
    return 1 if min(mutation.scores.values(), default=0) < AT_LEAST else 0


if __name__ == "__main__":
    sys.exit(main())

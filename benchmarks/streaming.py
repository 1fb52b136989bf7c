"""How much the clients cost, side by side: ``make bench``; ``make bench QUICK=1`` in about a minute.

Every measurement is a process of its own, and clients take turns in short rounds. The lowest round of a client counts:
what else the machine does makes a round dearer. Compare the ratios, not the microseconds. CPU is that of the client's
process. A full run writes the figures to ``benchmarks/results/``, and from them the tables and the chart of
``docs/performance.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from chart import draw
from figures import Figures, as_json
from report import print_all, write_page

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS = HERE / "results" / "streaming.json"
OFFICIAL = ROOT / ".bench" / "official" / "bin" / "python"
AT_MOST = 120  # seconds that one measurement may take

OTHERS = ["edgequake-sdk", "httpx-sse + pydantic", "httpx", "openai", "socket + orjson"]
SYNC = ["edgequake", "edgequake, OpenAI wire", *OTHERS]
ASYNC = ["edgequake async", "edgequake[aiohttp]", "httpx async", "httpx over aiohttp"]
IMPORTS = {
    "edgequake": "import edgequake",
    "edgequake, the client": "from edgequake import EdgequakeClient",
    "httpx + pydantic": "import httpx; from pydantic import BaseModel",
    "edgequake-sdk": "from edgequake import EdgeQuake",
    "openai": "from openai import OpenAI",
}
# Programs that end with the first text of a stream, each as its users would write it.
COLD_STARTS = {
    "edgequake": """
from edgequake import EdgequakeClient

for chunk in EdgequakeClient(base_url="{url}").query.stream("q"):
    if chunk.text:
        break
""",
    "httpx + pydantic": """
import httpx
from pydantic import BaseModel

class Event(BaseModel):
    type: str
    content: str = ""

with httpx.Client() as client, client.stream("POST", "{url}/api/v1/query/stream", json={{"query": "q"}}) as response:
    for line in response.iter_lines():
        if line.startswith("data:") and Event.model_validate_json(line[5:]).content:
            break
""",
    "openai": """
from openai import OpenAI

messages = [{{"role": "user", "content": "q"}}]
client = OpenAI(base_url="{url}", api_key="k")
for event in client.chat.completions.create(model="m", messages=messages, stream=True):
    if event.choices[0].delta.content:
        break
""",
}
CLOCK = "\nimport time\nprint(time.process_time())"


class Run(NamedTuple):
    """One measurement: what ``measure.py`` is told, and how its figure becomes a value."""

    measure: str
    client: str
    what: str
    settings: str
    times: int = 1
    figure: str = "cpu"
    scale: float = 1e6
    per: float = 1
    less: float = 0


class Size(NamedTuple):
    """How long a run is."""

    rounds: int
    events: int
    calls: int
    pairs: int
    curve_rounds: int
    most_events: int
    starts: int


FULL = Size(rounds=10, events=100_000, calls=500, pairs=400, curve_rounds=2, most_events=10_000_000, starts=3)
QUICK = Size(rounds=3, events=10_000, calls=100, pairs=100, curve_rounds=1, most_events=1_000_000, starts=3)


def side_by_side(size: Size) -> Iterator[Run]:
    """What is measured of every client, a round."""
    for framing in ("burst", "each"):
        for client in SYNC + ASYNC:
            events = size.events // 20 if client == "openai" else size.events  # as long as the others take
            yield Run(framing, client, "stream", f"events={events},framing={framing}", per=events)
    for client in ("edgequake", "edgequake-sdk", "httpx"):
        yield Run("execute", client, "calls", "", size.calls, per=size.calls)
    for client in ("edgequake", "edgequake-sdk", "httpx", "openai"):
        calls = size.calls // 4 if client == "openai" else size.calls
        yield Run("streams of 20", client, "streams", "events=20,framing=each", calls, per=calls)
    yield from at_once(200, size)


def curves(size: Size) -> Iterator[Run]:
    """How the cost grows: with the events, their size, their cuts, and the streams at once."""
    events = 10_000
    while events <= size.most_events:
        settings = f"events={events},framing=burst"
        yield Run(f"events {events}", "edgequake", "stream", settings, per=events)
        text = 6 * events  # which the stream keeps for final()
        yield Run(f"memory {events}", "edgequake", "stream", settings, figure="peak", scale=1 / 2**20, less=text)
        events *= 10
    total = size.events
    for letters in (6, 60, 600, 6000, 60_000):
        count = min(total, 300_000_000 // letters // 20)
        yield Run(f"size {letters}", "edgequake", "stream", f"events={count},framing=each,size={letters}", per=count)
    for cut in (1, 8, 64, 1024, 65_536):
        count = total // 20
        yield Run(f"cut {cut}", "edgequake", "stream", f"events={count},framing={cut}", per=count)
    for streams in (1, 10, 100, 1000):
        yield from at_once(streams, size)
    for client in ASYNC:
        yield Run("parked", client, "parked", "events=2,park=1", 500, figure="bytes", scale=1 / 1024)


def at_once(streams: int, size: Size) -> Iterator[Run]:
    """So many streams at the same time; opening them is among it."""
    each = max(size.events // streams, 20)
    for client in ASYNC[:3]:
        run = Run(f"at once {streams}", client, "many", f"events={each},framing=each", streams, per=each * streams)
        yield run
        yield run._replace(measure=f"{run.measure}, wall", figure="wall")


class Bench:
    """Runs measurements against one load server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.figures = Figures()
        self._done: dict[tuple[Any, ...], dict[str, float]] = {}
        self._said: set[str] = set()

    def round(self, runs: list[Run], number: int) -> None:
        """Each of ``runs`` once. Every round begins with another, so that none is always the first."""
        self._done.clear()
        at = number % len(runs)
        for run in [*runs[at:], *runs[:at]]:
            figures = self._measured(run)
            if figures is not None:
                self.figures.add(run.measure, run.client, (figures[run.figure] - run.less) * run.scale / run.per)

    def first_chunks(self, pairs: int) -> None:
        """The time to the first chunk of ours and of bare httpx, in milliseconds."""
        run = Run("first", "edgequake", "first", "events=5,framing=each", pairs)
        for name, seconds in (self._measured(run) or {}).items():
            self.figures.add("first", name, seconds * 1000)
        self._done.clear()

    def imports(self) -> None:
        """The CPU, in milliseconds, that a process takes to import each package, above an empty one's."""
        nothing = self._cpu_seconds("edgequake", "")
        for client, code in IMPORTS.items():
            self.figures.add("import", client, (self._cpu_seconds(client, code) - nothing) * 1000)

    def cold_starts(self, times: int) -> None:
        """The CPU, in milliseconds, of a process up to the first text, so many times in turn."""
        url = f"{self.url}/events=20,framing=each"
        for _ in range(times):
            for client, code in COLD_STARTS.items():
                self.figures.add("cold start", client, self._cpu_seconds(client, code.format(url=url)) * 1000)

    def _cpu_seconds(self, client: str, code: str) -> float:
        return float(run_python(client, ["-c", code + CLOCK]))

    def _measured(self, run: Run) -> dict[str, float] | None:
        key = (run.what, run.client, run.settings, run.times)
        if key not in self._done:  # one run can give two figures
            url = f"{self.url}/{run.settings or 'events=1'}"
            try:
                said = run_python(run.client, [str(HERE / "measure.py"), run.what, run.client, url, str(run.times)])
            except subprocess.TimeoutExpired:
                self._say(f"{run.measure}, {run.client}: left out: not done in {AT_MOST} s")
                return None
            except subprocess.CalledProcessError as error:
                self._say(f"{run.measure}, {run.client}: left out: {error.stderr.strip().splitlines()[-1]}")
                return None
            self._done[key] = json.loads(said)
        return self._done[key]

    def _say(self, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            print(text, file=sys.stderr)


def run_python(client: str, arguments: list[str]) -> str:
    """What a Python of the client's environment prints."""
    python = str(OFFICIAL) if client == "edgequake-sdk" else sys.executable
    done = subprocess.run([python, *arguments], check=True, capture_output=True, text=True, timeout=AT_MOST)
    return done.stdout


@contextmanager
def load_server() -> Iterator[str]:
    """The address of a load server, while the block runs."""
    server = subprocess.Popen([sys.executable, str(HERE / "load_server.py")], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.communicate()


def machine(size: Size) -> dict[str, Any]:
    """What the figures were taken on, in words."""
    code = "from importlib.metadata import version; print(version('edgequake-sdk'))"
    versions = {"edgequake-sdk": run_python("edgequake-sdk", ["-c", code]).strip()}
    names = ["httpx", "httpcore", "h11", "httpx-aiohttp", "aiohttp", "httpx-sse", "pydantic", "openai", "orjson"]
    return {
        "system": f"{platform.system()} on {platform.machine()}",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "load before": round(os.getloadavg()[0], 1),
        "rounds": size.rounds,
        "events": size.events,
        "versions": {name: version(name) for name in names} | versions,
    }


def main() -> None:
    """Measures, prints, and after a full run writes what the documentation shows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute; writes nothing into the repository")
    parser.add_argument("--events", type=int, default=FULL.events, help="in a full run, of a stream")
    parser.add_argument("--report", action="store_true", help="measure nothing: write the page from the last full run")
    args = parser.parse_args()
    if not args.report:
        size = QUICK if args.quick else FULL._replace(events=args.events)
        record = measured(size)
        print_all(record)
        if args.quick:
            return
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    record = json.loads(RESULTS.read_text("utf-8"))
    draw(record, ROOT / "docs" / "images" / "performance.svg")
    write_page(record, ROOT / "docs" / "performance.md")


def measured(size: Size) -> dict[str, Any]:
    """All figures of one run."""
    about = machine(size)
    with load_server() as url:
        bench = Bench(url)
        everyone, growing = list(side_by_side(size)), list(curves(size))
        for number in range(size.rounds):
            print(f"round {number + 1} of {size.rounds}", file=sys.stderr)
            bench.round(everyone, number)
            bench.first_chunks(size.pairs)
            bench.imports()
            bench.cold_starts(size.starts)
        for number in range(size.curve_rounds):
            print(f"curves, round {number + 1} of {size.curve_rounds}", file=sys.stderr)
            bench.round(growing, number)
    return as_json(bench.figures, about)


if __name__ == "__main__":
    main()

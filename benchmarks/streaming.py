"""CPU per chunk of one stream, side by side with other ways to read it; and the time to import the package.

``make bench``, or ``python benchmarks/streaming.py [--events 100000] [--rounds 5]``. Clients take turns, each in a
process of its own, so that a drift of the machine meets all alike: compare the ratios, not the microseconds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
PAIRS = [  # ours, framing, against
    ("edgequake", "burst", "httpx-sse+pydantic"),
    ("edgequake", "each", "httpx"),
    ("edgequake-async", "each", "httpx-async"),
]


def cpu_seconds(name: str, url: str, events: int, framing: str) -> float:
    """The CPU that one client took for one stream."""
    command = [sys.executable, str(HERE / "clients.py"), name, url, str(events), framing]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(json.loads(result.stdout)["cpu"])


def import_seconds(modules: str) -> float:
    """The wall time of a process that imports ``modules``, less that of one that imports nothing."""
    times = []
    for code in ("pass", f"import {modules}"):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        times.append(time.perf_counter() - start)
    return times[1] - times[0]


def main() -> None:
    """Prints a row for each comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    server = subprocess.Popen([sys.executable, str(HERE / "load_server.py")], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        print(f"{'client':18} {'events':6} {'µs/chunk':>9}   {'against':20} {'µs/chunk':>9} {'ratio':>6}")
        for ours, framing, against in PAIRS:
            rows = [
                [cpu_seconds(name, url, args.events, framing) for name in (ours, against)] for _ in range(args.rounds)
            ]
            mine, other = (median(column) / args.events * 1e6 for column in zip(*rows, strict=True))
            ratio = median(row[0] / row[1] for row in rows)
            print(f"{ours:18} {framing:6} {mine:9.2f}   {against:20} {other:9.2f} {ratio:6.2f}")
    finally:
        server.kill()
        server.wait()
    pairs = [(import_seconds("edgequake"), import_seconds("httpx, pydantic")) for _ in range(args.rounds * 3)]
    mine, other = (median(column) * 1000 for column in zip(*pairs, strict=True))
    print(f"import: edgequake {mine:.0f} ms, httpx and pydantic {other:.0f} ms, ratio {mine / other:.2f}")


if __name__ == "__main__":
    main()

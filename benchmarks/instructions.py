"""Machine instructions a chunk takes, counted by valgrind: ``make instructions``, where valgrind is installed.

They hardly depend on what else the machine does. Each count is the difference between two streams of the same program,
so that starting it costs nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from streaming import load_server

HERE = Path(__file__).resolve().parent
FEW, MANY = 1000, 3000
CLIENTS = [
    ("burst", ["edgequake", "edgequake, OpenAI wire", "edgequake async", "httpx-sse + pydantic"]),
    ("each", ["edgequake", "edgequake, OpenAI wire", "httpx", "edgequake async", "httpx async", "edgequake[aiohttp]"]),
]


def instructions(client: str, url: str) -> int:
    """How many instructions a process took that reads one stream."""
    measured = [str(HERE / "measure.py"), "stream", client, url]
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, *measured]
    # Hashes that differ from run to run would change what dicts cost.
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=600, env={**os.environ, "PYTHONHASHSEED": "0"}
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        raise SystemExit(f"valgrind counted nothing: {done.stderr[-500:]}")
    return int(found[1])


def main() -> None:
    """Prints a row for each client."""
    if shutil.which("valgrind") is None:
        raise SystemExit("make instructions needs valgrind: apt-get install valgrind, or brew install valgrind")
    with load_server() as url:
        for framing, clients in CLIENTS:
            for client in clients:
                few, many = (instructions(client, f"{url}/events={n},framing={framing}") for n in (FEW, MANY))
                print(f"{framing:6} {client:22} {(many - few) / (MANY - FEW):10,.0f} instructions a chunk", flush=True)


if __name__ == "__main__":
    main()

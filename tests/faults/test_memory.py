"""A hostile stream ends in an error before it fills the memory."""

from __future__ import annotations

import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from client.wires import STREAM, token

from edgequake.testing import Repeat, ScriptServer

MEGABYTE = 1 << 20
AT_MOST = 100 * MEGABYTE

READ = """
import re
from pathlib import Path
from edgequake import EdgequakeClient, EdgeQuakeError

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

with EdgequakeClient(timeout=20, max_retries=0) as client:
    "".join(map(str, client.query.stream("warm")))
    before, failure = peak(), None
    try:
        for chunk in client.query.stream("q"):
            pass
    except EdgeQuakeError as error:
        failure = type(error).__name__
    print(failure, peak() - before)
"""


def bomb(megabytes: int) -> bytes:
    """So many megabytes of one event, about a thousandth of that long."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(b'data: {"type":"token","content":"')]
    parts += [packer.compress(b"x" * MEGABYTE) for _ in range(megabytes)]
    return b"".join(parts) + packer.flush()


# name: (steps, options of the stream)
HOSTILE = {
    "an endless line": ([b"data: ", Repeat(b"x" * 65536)], {}),
    "an endless line, compressed": ([b"data: ", Repeat(b"x" * 65536)], {"encoding": "gzip"}),
    "an endless page": ([Repeat(b"x" * 65536)], {"content_type": "text/html"}),
    "an endless error": ([Repeat(b"x" * 65536)], {"status": 500}),
    "endless short data lines": ([Repeat(b"data:ab\n" * 8192)], {}),
    "a large JSON answer": ([b'{"answer":"', Repeat(b"x" * 65536, 2400), b'"}'], {"content_type": "application/json"}),
    "a bomb": ([bomb(500)], {"headers": {"Content-Encoding": "gzip"}}),
    "a large event of small objects": ([b'data: {"type":"x","x":[' + b",".join([b"{}"] * 5_000_000) + b"]}\n\n"], {}),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_stream_is_refused_in_bounded_memory(name):
    steps, options = HOSTILE[name]
    with ScriptServer() as server:
        server.on("POST", STREAM).stream(token("a"), {"type": "done"}).stream(*steps, **options)
        ran = subprocess.run(
            [sys.executable, "-c", READ],
            env={"EDGEQUAKE_BASE_URL": server.url},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    failure, grown = ran.stdout.split()
    assert int(grown) < AT_MOST
    assert failure.endswith("Error")

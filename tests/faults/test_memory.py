"""A hostile stream ends in an error before it fills the memory."""

from __future__ import annotations

import os
import zlib
from pathlib import Path

import pytest
from client.wires import STREAM, token

from edgequake.testing import Repeat, ScriptServer

MEGABYTE = 1 << 20
AT_MOST = 100 * MEGABYTE

READ = """
import asyncio, re, sys
from pathlib import Path
from edgequake import AsyncEdgequakeClient, EdgequakeClient, EdgeQuakeError

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

def read():
    with EdgequakeClient(timeout=120, max_retries=0) as client:
        for chunk in client.query.stream("q"):
            pass

async def read_async():
    async with AsyncEdgequakeClient(timeout=120, max_retries=0) as client:
        async for chunk in client.query.stream("q"):
            pass

ask = read if sys.argv[1] == "sync" else lambda: asyncio.run(read_async())
ask()
before, failure = peak(), None
try:
    ask()
except EdgeQuakeError as error:
    failure = type(error).__name__
print(failure, peak() - before)
"""


def bomb(megabytes: int) -> bytes:
    """So many megabytes of one event that does not end, about a thousandth of that long."""
    packer = zlib.compressobj(9, wbits=31)
    head, megabyte = (
        packer.compress(text) + packer.flush(zlib.Z_FULL_FLUSH)
        for text in (b'data: {"type":"token","content":"', b"x" * MEGABYTE)
    )
    return head + megabyte * megabytes


# name: (the client, steps, options of the stream)
HOSTILE = {
    "an endless line": ("sync", [b"data: ", Repeat(b"x" * 65536)], {}),
    "an endless line, compressed": ("async", [b"data: ", Repeat(b"x" * 65536)], {"encoding": "gzip"}),
    "an endless page": ("async", [Repeat(b"x" * 65536)], {"content_type": "text/html"}),
    "an endless error": ("sync", [Repeat(b"x" * 65536)], {"status": 500}),
    "endless short data lines": ("sync", [Repeat(b"data:abcde\n" * 8192)], {}),  # a string each would take 170 MB
    "a large JSON answer": (
        "async", [b'{"answer":"', Repeat(b"x" * 65536, 2400), b'"}'], {"content_type": "application/json"}
    ),
    "a bomb": ("sync", [bomb(500)], {"headers": {"Content-Encoding": "gzip"}}),
    "a large event of small objects": (
        "sync", [b'data: {"type":"x","x":[', Repeat(b"{}," * 10_000, 500), b"{}]}\n\n"], {}
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_stream_is_refused_in_bounded_memory(processes, name):
    client, steps, options = HOSTILE[name]
    with ScriptServer() as server:
        server.on("POST", STREAM).stream(token("a"), {"type": "done"}).stream(*steps, **options)
        env = {"EDGEQUAKE_BASE_URL": server.url, "SSL_CERT_DIR": os.devnull}
        ran = processes.run(READ, client, env=env)
    assert ran.stderr == ""
    failure, grown = ran.stdout.split()
    assert int(grown) < AT_MOST
    assert failure.endswith("Error")

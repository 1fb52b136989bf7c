"""Large files go through in pieces, in both directions: a process of its own shows what it takes."""

from __future__ import annotations

import os
import socket
import threading

from forks import processes

__all__ = ["processes"]

SIZE = int(os.environ.get("UPLOAD_MB", "32")) * 1024 * 1024
"""Bytes of the file; `make memory` takes 1 GB."""
MOST = 12 * 1024 * 1024
"""Bytes that the process may grow by, whatever the size."""

PROGRAM = """
import asyncio, resource, sys
from edgequake import AsyncEdgequakeClient, EdgequakeClient

url, path, to, kind = sys.argv[1:]
options = {"base_url": url, "env": {}, "max_retries": 0}

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def upload(client, file):
    return client.documents.upload_file(file, max_upload_bytes=None)

async def main():
    async with AsyncEdgequakeClient(**options, transport=kind) as client:
        await upload(client, path + ".small")
        before = peak()
        await upload(client, path)
        await client.documents.download("d", to=to)
        return peak() - before

if kind == "sync":
    with EdgequakeClient(**options) as client:
        upload(client, path + ".small")
        before = peak()
        upload(client, path)
        client.documents.download("d", to=to)
        print(peak() - before)
else:
    print(asyncio.run(main()))
"""


def serve(listener):
    """Takes any upload and throws it away; sends a large body to any GET."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as reader:
            while line := reader.readline():
                length = 0
                while header := reader.readline().strip():
                    name, _, value = header.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                while length:
                    length -= len(reader.read(min(length, 1 << 20)))
                if line.startswith(b"POST"):
                    body = b'{"status": "pending"}'
                    connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                else:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
                    for _ in range(SIZE >> 20):
                        connection.sendall(b"\0" * (1 << 20))


def test_a_large_file_takes_little_memory(processes, tmp_path):
    path, to = tmp_path / "zeros.md", tmp_path / "back.bin"
    with path.open("wb") as file:
        file.truncate(SIZE)  # takes no room on the disk
    (tmp_path / "zeros.md.small").write_bytes(b"x")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        for kind in ("sync", "httpx", "aiohttp"):
            done = processes.run(PROGRAM, url, str(path), str(to), kind)
            assert done.stderr == "", kind
            assert int(done.stdout) < MOST, kind
            assert to.stat().st_size == SIZE, kind
            to.unlink()
        listener.shutdown(socket.SHUT_RDWR)

"""What a process holds before and after: whatever a test did, it must be the same."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from client.conftest import caller, closed_port, server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgequake.testing import ScriptServer

__all__ = ["caller", "closed_port", "nothing_left", "server"]

FDS = Path("/proc/self/fd") if Path("/proc/self/fd").exists() else Path("/dev/fd")


def held() -> tuple[Counter[str], set[threading.Thread]]:
    """The kinds of open files, and the threads, of this process."""
    kinds: Counter[str] = Counter()
    for fd in list(FDS.iterdir()):
        try:
            kinds[os.readlink(fd).partition(":")[0]] += 1
        except OSError:  # the one that lists them
            continue
    # Trio keeps idle worker threads for a while, for whoever asks next.
    return kinds, {thread for thread in threading.enumerate() if not thread.name.startswith("Trio thread")}


@pytest.fixture
def nothing_left(server: ScriptServer) -> Iterator[None]:
    """The test leaves no socket, no thread and no task; a ResourceWarning fails it as any warning does."""
    gc.collect()
    gc.freeze()  # what is here now is not looked at again
    files, threads = held()
    before = set(map(id, kept := _tasks()))  # of servers that last for the whole session
    yield
    gc.collect()
    server.wait_until_closed()
    server.wait_until_idle()
    server.stop()  # its own sockets are not counted
    now_files, now_threads = held()
    assert now_files["socket"] <= files["socket"]
    assert now_files["pipe"] <= files["pipe"]
    assert now_threads <= threads
    assert not [task for task in _tasks() if id(task) not in before and not task.done()]
    del kept


def _tasks() -> list[asyncio.Task[object]]:
    return [thing for thing in gc.get_objects() if isinstance(thing, asyncio.Task)]

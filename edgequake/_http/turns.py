"""Blocks that one task, or one thread, enters at a time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from edgequake._http.clients import async_owner_key

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

__all__ = ["AsyncTurns", "Turns"]


class AsyncTurns:
    """``async with turns:`` lets the tasks of an event loop in one after the other, each loop by itself."""

    def __init__(self) -> None:
        self._locks: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()

    def _lock(self) -> Any:
        from anyio import Lock  # loaded by httpx's first async request

        loop = async_owner_key()
        if loop not in self._locks:
            self._locks[loop] = Lock()
        return self._locks[loop]

    async def __aenter__(self) -> None:
        await self._lock().acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock().release()


Turns = threading.Lock
"""The twin for threads."""

"""Language models for tests."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator


class Says:
    """Gives its pieces, and fails after them when told to; what it was asked is kept."""

    def __init__(self, *pieces: str, error: Exception | None = None) -> None:
        self.model = "told-1"
        self.provider = "telling"
        self.api_key = "very-secret-value"
        self.pieces = pieces
        self.error = error
        self.prompts: list[str] = []

    async def astream(self, prompt: str) -> AsyncIterator[str]:
        self.prompts.append(prompt)
        for piece in self.pieces:
            yield piece
        if self.error is not None:
            raise self.error


class SaysBlocking:
    """The same from blocking code."""

    def __init__(self, *pieces: str) -> None:
        self.pieces = pieces
        self.closed = 0

    def stream(self, prompt: str) -> Iterator[str]:
        try:
            yield from self.pieces
        finally:
            self.closed += 1


class Endless:
    """Gives one piece and waits until it is closed; `open` counts the answers that are not."""

    def __init__(self) -> None:
        self.open = 0
        self._changed = threading.Condition()

    async def astream(self, prompt: str) -> AsyncIterator[str]:
        self._add(1)
        try:
            yield "so"
            await asyncio.Event().wait()
        finally:
            self._add(-1)

    def wait_until(self, count: int) -> None:
        """Return when so many answers are open."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.open == count, 60), self.open

    def _add(self, count: int) -> None:
        with self._changed:
            self.open += count
            self._changed.notify_all()

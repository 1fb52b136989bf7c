"""What one answer has said so far, for any number of readers at once. No I/O."""

from __future__ import annotations

import asyncio
import hashlib
import re
from array import array
from base64 import urlsafe_b64encode
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from edgequake._serving.tasks import LeftError
from edgequake.relay.errors import RelayError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["END", "START", "Feed", "Log", "Position", "private_name", "written"]

_AT_ONCE: Final = 256
END: Final = "e"


class Position(NamedTuple):
    """How far a reader has come: an SSE event's id, and what ``Last-Event-ID`` says."""

    epoch: int
    """When the answer began, in milliseconds: no other answer of the same key has the same."""
    number: int
    """The last item that the reader has, counted from 1; 0 for none."""
    ended: bool = False
    """Whether the reader has the end as well."""

    @classmethod
    def parsed(cls, text: str) -> Position:
        """The position that a reader names. Raises RelayError for what is none."""
        found = re.fullmatch(r"(\d{1,15})-(?:(\d{1,12})|e)", text)
        if found is None:
            raise RelayError("bad_request", "a position in an answer is the id of its last event, as 1700000000000-5")
        return cls(int(found[1]), int(found[2] or 0), found[2] is None)


START: Final = Position(0, 0)


def written(epoch: int, number: int | str) -> str:
    """A position as text; ``END`` is that of the end."""
    return f"{epoch}-{number}"


def private_name(owner: str, key: str) -> str:
    """Under what an answer is kept: nobody but its owner can name it, and it tells neither the owner nor the key."""
    inner = hashlib.sha256(owner.encode()).digest()
    return urlsafe_b64encode(hashlib.sha256(inner + key.encode()).digest()[:18]).decode()


class Log:
    """The items of one answer as JSON, and its end once it has come. Readers wait for what is not there yet."""

    def __init__(self, epoch: int = 0) -> None:
        self.epoch = epoch
        self._items: list[bytes] = []
        self._joined = b""
        self._ends: array[int] | None = None  # of each item in that, once it is joined
        self.end: bytes | None = None
        """The last event as JSON: ``{"type": "done"}``, or an error."""
        self.size = 0
        """Bytes of all items."""
        self.readers = 0
        self.changed: Callable[[], None] | None = None
        """Called when something has come."""
        self._waiting: list[asyncio.Future[None]] = []
        self._cut = False

    @property
    def count(self) -> int:
        """How many items have come."""
        return len(self._items if self._ends is None else self._ends)

    def part(self, after: int, upto: int) -> list[bytes]:
        """The items after so many, up to that many."""
        if self._ends is None or after >= len(self._ends):
            return self._items[after:upto]
        bounds = [self._ends[after - 1] if after else 0, *self._ends[after:upto]]
        return [self._joined[start:end] for start, end in pairwise(bounds)]

    def compact(self) -> None:
        """Joins the items of an answer that has ended: each is a bytes object of 33 bytes and its text otherwise."""
        if self._ends is None:
            self._joined, self._ends = b"".join(self._items), array("L", accumulate(map(len, self._items)))
            self._items = []

    def append(self, *items: bytes) -> None:
        """More items have come; behind the end nothing does."""
        if self.end is None:
            self._items += items
            self.size += sum(map(len, items))
            self._wake()

    def finish(self, end: bytes) -> None:
        """The answer has ended; the first end counts."""
        if self.end is None:
            self.end = end
            self._wake()

    def cut(self) -> None:
        """Its readers here get no more of it, and no end: they may go on elsewhere."""
        self._cut = True
        self._wake()

    async def read(self, after: int) -> tuple[Sequence[bytes], bytes | None]:
        """The next items after that many; with them, or alone, the end, once nothing is missing before it.

        Waits until there is something. Raises LeftError when this process has no more of it to give.
        """
        while self.count <= after and self.end is None:
            if self._cut:
                raise LeftError
            changed = asyncio.get_running_loop().create_future()
            self._waiting.append(changed)
            await changed
        items = self.part(after, after + _AT_ONCE)
        return items, self.end if after + len(items) >= self.count else None

    def _wake(self) -> None:
        if self.changed is not None:
            self.changed()
        waiting, self._waiting = self._waiting, []
        for reader in waiting:
            if not reader.done():
                reader.set_result(None)


class Feed:
    """One reader's view of an answer, at the pace of this reader. A context manager: who reads is counted."""

    def __init__(self, log: Log, left: Callable[[], None] = lambda: None) -> None:
        self._log = log
        self._left = left

    @property
    def epoch(self) -> int:
        """When the answer began, in milliseconds."""
        return self._log.epoch

    def __enter__(self) -> Self:
        self._log.readers += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._log.readers -= 1
        self._left()

    def check(self, position: Position) -> None:
        """Raises RelayError for a position in another answer."""
        if position is not START and position.epoch != self._log.epoch:
            raise RelayError("gone", "this position is one of another answer: read this one from its start")

    async def read(self, after: int) -> tuple[Sequence[bytes], bytes | None]:
        """The next items, waited for; see ``Log.read``."""
        return await self._log.read(after)

# Generated from edgequake/batch/_async by scripts/unasync.py: change that, and run `make generate`.
"""Does many items, a few at a time, and keeps a journal of them."""

from __future__ import annotations

import threading
from collections.abc import Sized
from contextlib import ExitStack, closing
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from edgequake._core.logs import logger
from edgequake.batch.crew import Crew, blocking
from edgequake.batch.failures import Failures, Tries, describe
from edgequake.batch.journal import Journal, Keys, checked_fields
from edgequake.batch.pace import Pace
from edgequake.batch.progress import Tally
from edgequake.exceptions import ConfigurationError, EdgeQuakeError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping

    from edgequake.batch.crew import Work
    from edgequake.batch.progress import BatchProgress

__all__ = ["Runner", "run"]

T = TypeVar("T")


def run(
    work: Work[T],
    items: Iterable[T],
    *,
    key: Callable[[T], str | int],
    journal: str | os.PathLike[str] | None = None,
    fields: Callable[[T], Mapping[str, Any]] | None = None,
    concurrency: int = 8,
    total: int | None = None,
    max_retries: int = 3,
    replayable: bool = True,
    on_progress: Callable[[BatchProgress], object] | None = None,
    on_done: Callable[[dict[str, Any]], object] | None = None,
) -> BatchProgress:
    """Calls ``work`` for each of ``items``, at most ``concurrency`` at once. Returns the final progress.

    Each item that ends becomes a line of ``journal``: ``{"id": key, **fields, **result}``. If the item failed,
    ``"error"`` stands in place of the result. The line is on the disk before the next item begins. If a run is
    interrupted, even by ``kill -9``, start it again: items with a result are skipped, and failed items are tried again.

    An item fails if ``work`` raises an :class:`edgequake.EdgeQuakeError`. If the server is busy (429, 503), no item
    begins for a while, the item is tried again, and half as many items run at once. The number grows again later.

    The whole batch ends with the error in four cases: the key is refused (401, 403); three items in a row do not reach
    the server or find it too busy; the server asks for a pause of more than ten minutes; or ``work`` raises any other
    error. The journal stays complete.

    :param work: a function that handles an item and returns a dict of JSON data, without ``"error"`` or another
        ``"id"``. Give its client ``max_retries=0``, because the batch repeats failed items itself.
    :param items: the items. They are taken one by one when there is room.
    :param key: a function that returns an item's key, a string or a number. Every item needs a key of its own.
    :param journal: a file. It is created if it does not exist. Without it nothing is kept and nothing is skipped.
    :param fields: a function that returns more fields for an item's line.
    :param concurrency: how many items run at once at most.
    :param total: how many items there are. It is used to estimate the time left. A list needs none.
    :param max_retries: how often an item is tried again after a failure.
    :param replayable: whether an item may be tried again if the server may already have received it.
    :param on_progress: called after each item.
    :param on_done: called with each line after it has been written.
    :raises ConfigurationError: ``journal`` is a file of another kind or another run writes it, two items have the same
        key, or ``work`` returned no such dict.
    :raises OSError: the journal cannot be written, for example because the disk is full.
    """
    with ExitStack() as stack:
        opened = None
        if journal is not None:
            opened = stack.enter_context(blocking(Journal, journal, "id"))
        runner = Runner(
            work, items, key=key, key_name="id", journal=opened, fields=fields, concurrency=concurrency, total=total,
            max_retries=max_retries, replayable=replayable, on_progress=on_progress, on_done=on_done,
        )  # fmt: skip
        return runner.run()


class Runner(Generic[T]):
    """Does what :func:`run` says, with a journal that is open already.

    :param key_name: under which name a line holds its item's key.
    :param resume: False does again what the journal has.
    """

    def __init__(
        self,
        work: Work[T],
        items: Iterable[T],
        *,
        key: Callable[[T], str | int],
        key_name: str,
        journal: Journal | None,
        fields: Callable[[T], Mapping[str, Any]] | None,
        concurrency: int,
        total: int | None,
        max_retries: int,
        replayable: bool,
        on_progress: Callable[[BatchProgress], object] | None,
        on_done: Callable[[dict[str, Any]], object] | None,
        resume: bool = True,
    ) -> None:
        if isinstance(concurrency, bool) or not isinstance(concurrency, int) or concurrency < 1:
            raise ConfigurationError(f"concurrency must be a whole number, at least 1, not {concurrency!r}")
        self._work = work
        self._items = iter(items)
        self._key, self._key_name = key, key_name
        self._fields = fields
        self._journal = journal
        self._done = journal.done if journal is not None and resume else ()
        self._concurrency = concurrency
        self._tries = partial(Tries, max_retries, replayable=replayable)
        self._on_progress, self._on_done = on_progress, on_done
        self._pace = Pace(concurrency)
        self._crew = Crew(self._pace)
        self._failures = Failures()
        self._tally = Tally(len(items) if total is None and isinstance(items, Sized) else total, monotonic())
        self._lock = threading.Lock()  # held over no wait

    def run(self) -> BatchProgress:
        """Does all the items; returns how far it came."""
        with closing(Keys()) as self._begun:
            self._crew.run(self._worker, self._concurrency)
        return self._tally.progress(monotonic(), self._pace.limit)

    def _worker(self) -> None:
        for item, key, done in iter(self._next, None):
            if done:
                self._crew.sleep(0)
                continue
            fields = checked_fields(self._fields(item), "fields", self._key_name, key) if self._fields else {}
            line = {self._key_name: key, **fields, **self._outcome(item, key)}
            if self._journal is not None:
                blocking(self._journal.append, line)
            self._ended(line)

    def _next(self) -> tuple[T, str | int, bool] | None:
        """The next item, its key, and whether it is done already; None after the last."""
        with self._lock:
            for item in self._items:
                key = self._key(item)
                if key in self._done:
                    self._tally.skip()
                    return item, key, True
                if not self._begun.add(key):
                    raise ConfigurationError(f"two items have the same key: {key!r}")
                return item, key, False
        return None

    def _outcome(self, item: T, key: str | int) -> Mapping[str, Any]:
        """What the work returned, or the error that the last try of it raised."""
        tries = self._tries()
        while True:
            begun = self._crew.begin()
            try:
                result = self._work(item)
            except EdgeQuakeError as error:
                self._crew.end(begun, error)
                seconds = tries.again(error)
                if seconds is None:
                    if self._failures.end_the_batch(error):
                        raise
                    return {"error": describe(error)}
                logger.warning("%s; another try follows, at most %d items at once", error, self._pace.limit)
            else:
                self._crew.end(begun, None)
                self._failures.succeeded()
                return checked_fields(result, "work", self._key_name, key)
            self._crew.sleep(seconds)

    def _ended(self, line: dict[str, Any]) -> None:
        with self._lock:
            now = monotonic()
            self._tally.ended(now, failed="error" in line)
            if self._on_done is not None:
                self._on_done(line)
            if self._on_progress is not None:
                self._on_progress(self._tally.progress(now, self._pace.limit))

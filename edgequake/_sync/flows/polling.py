# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Carries out a wait: asks, pauses and tells, as its steps say."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from edgequake._core.polling import Ask, Pause
from edgequake._core.results import result
from edgequake._http.waiting import sleep
from edgequake.exceptions import EdgeQuakeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Callable, Mapping

    from edgequake._core.polling import Steps
    from edgequake.settings import Timeout

__all__ = ["Followed", "Wait"]

P = TypeVar("P")
T = TypeVar("T")


class Wait(Generic[P, T]):
    """Work of the server that is waited for: iterate it to be told how far it is.

    ::

        for progress in client.documents.watch(upload):
            print(progress.stage, progress.percent)

    Nothing is asked until it is iterated. ``result`` has what the work came to when the loop has ended.
    """

    def __init__(
        self,
        begin: Callable[[], Steps[T]],
        questions: Mapping[str, Callable[..., Any]],
        timeout: Timeout,
        on_end: Callable[[], Any] | None = None,
    ) -> None:
        self._begin = begin
        self._questions = questions
        self._timeout = timeout
        self._on_end = on_end
        self.result: T | None = None
        """What the work came to; None until it has ended."""

    def __iter__(self) -> Iterator[P]:
        try:
            for progress in self._told():
                yield progress
        finally:
            if self._on_end is not None:
                self._on_end()

    def _told(self) -> Iterator[P]:
        steps = self._begin()
        came: Any = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as ended:
                self.result = ended.value
                return
            came = None
            if isinstance(step, Ask):
                came = self._answer(step)
            elif isinstance(step, Pause):
                sleep(step.seconds)
            else:
                yield step.progress

    def finished(self, on_progress: Callable[[P], object] | None = None) -> T:
        """What the work came to; ``on_progress`` is called whenever it has come further."""
        for progress in self:
            if on_progress is not None:
                result(on_progress(progress))
        return cast("T", self.result)

    def _answer(self, step: Ask) -> Any:
        total = None if step.seconds == math.inf else step.seconds
        shortest = min((one for one in (total, self._timeout.total) if one is not None), default=None)
        try:
            return self._questions[step.name](step.id, timeout=replace(self._timeout, total=shortest))
        except EdgeQuakeError as error:
            return error


class Followed:
    """The stream that tells how far a PDF is, one event a question.

    :param opened: makes the stream of a track id.
    """

    def __init__(self, opened: Callable[..., Any]) -> None:
        self._opened = opened
        self._stream: Any = None

    def begin(self, track_id: str, **options: Any) -> None:
        """Begins to follow a track id; nothing is sent before the first event is asked for."""
        self.close()
        self._stream = self._opened(track_id, **options)

    def event(self, _: str, **__: Any) -> Any:
        """The next event; None at the end."""
        return next(self._stream, None)

    def close(self) -> None:
        """Releases the connection."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

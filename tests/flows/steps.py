"""Drives the steps of a wait on a clock of its own, against answers that a test gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edgequake import EdgeQuakeError, NotFoundError
from edgequake._core.polling import Ask, Pause, Polling

if TYPE_CHECKING:
    from collections.abc import Callable

MISSING = NotFoundError("no such thing", status_code=404, code="NOT_FOUND")
NO_ROUTE = NotFoundError("no such route", status_code=404)


@dataclass
class Driven:
    """What came of a wait."""

    result: Any = None
    error: BaseException | None = None
    asked: list[str] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    seconds: float = 0.0


def drive(
    begin: Callable[[Polling], Any],
    answers: dict[str, list[Any]],
    *,
    timeout: float | None = 600.0,
    poll_interval: float = 1.0,
    each_takes: float = 0.0,
) -> Driven:
    """Runs the steps; the last answer to a question is given again and again."""
    driven = Driven()
    steps = begin(Polling(timeout, poll_interval, lambda: driven.seconds, lambda: 0.5))
    came: Any = None
    try:
        while True:
            step = steps.send(came)
            came = None
            if isinstance(step, Ask):
                driven.asked.append(f"{step.name} {step.id}")
                driven.seconds += each_takes
                queue = answers[step.name]
                came = queue.pop(0) if len(queue) > 1 else queue[0]
            elif isinstance(step, Pause):
                driven.pauses.append(round(step.seconds, 3))
                driven.seconds += step.seconds
            else:
                driven.told.append(step.progress)
    except StopIteration as ended:
        driven.result = ended.value
    except EdgeQuakeError as error:
        driven.error = error
    return driven

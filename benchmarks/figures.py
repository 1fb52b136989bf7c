"""What has been measured, and what is aimed at."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple


class Spread(NamedTuple):
    """The lowest of some rounds, which is the cost: what else runs on a machine makes a round dearer, never cheaper."""

    low: float
    median: float
    high: float


class Reached(NamedTuple):
    """What is held against an aim, and between what it was in the rounds."""

    figure: float
    low: float
    high: float


def spread(values: list[float]) -> Spread:
    """The spread of ``values``."""
    return Spread(min(values), median(values), max(values))


@dataclass
class Figures:
    """Values by measure and client, one of each round."""

    rounds: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, measure: str, client: str, value: float) -> None:
        """Takes in a value of one more round."""
        self.rounds.setdefault(measure, {}).setdefault(client, []).append(value)

    def ratio(self, measure: str, ours: str, against: str) -> Reached | None:
        """Our lowest cost by theirs, and the range of the rounds' own ratios; None if one was not measured."""
        mine, theirs = (self._values(measure, client) for client in (ours, against))
        if not mine or not theirs:
            return None
        ratios = [a / b for a, b in zip(mine, theirs, strict=False)]
        return Reached(min(mine) / min(theirs), min(ratios), max(ratios))

    def difference(self, measure: str, client: str) -> Reached | None:
        """The median of what is a difference already, which other work on the machine can make smaller too."""
        values = self._values(measure, client)
        return Reached(median(values), min(values), max(values)) if values else None

    def _values(self, measure: str, client: str) -> list[float]:
        return self.rounds.get(measure, {}).get(client, [])


class Aim(NamedTuple):
    """At most so much of what another client takes."""

    title: str
    measure: str
    ours: str
    against: str
    at_most: float
    more: bool = False
    """The measure is a difference in milliseconds, and no ratio."""

    def reached(self, figures: Figures) -> Reached | None:
        """What was reached, if it was measured."""
        if self.more:
            return figures.difference(self.measure, "more")
        return figures.ratio(self.measure, self.ours, self.against)


AIMS = [
    Aim("sync, burst", "burst", "edgequake", "httpx-sse + pydantic", 0.50),
    Aim("sync, burst", "burst", "edgequake", "edgequake-sdk", 0.85),
    Aim("sync, burst", "burst", "edgequake", "openai", 0.02),
    Aim("sync, one event a chunk", "each", "edgequake", "httpx", 0.30),
    Aim("async, one event a chunk", "each", "edgequake async", "httpx async", 0.30),
    Aim("async over `edgequake[aiohttp]`", "each", "edgequake[aiohttp]", "edgequake-sdk", 0.30),
    Aim("async, 200 streams at once", "at once 200", "edgequake async", "httpx async", 0.60),
    Aim("OpenAI's wire, burst", "burst", "edgequake, OpenAI wire", "edgequake", 2.0),
    Aim("OpenAI's wire, one event a chunk", "each", "edgequake, OpenAI wire", "edgequake", 2.0),
    Aim("`execute()`, kept connection", "execute", "edgequake", "httpx", 1.15),
    Aim("time to first chunk, ms more", "first", "edgequake", "httpx", 0.3, more=True),
    Aim("from starting Python to the first text", "cold start", "edgequake", "httpx + pydantic", 1.15),
]


def as_json(figures: Figures, machine: dict[str, Any]) -> dict[str, Any]:
    """Everything, for the record."""
    measures = {
        measure: {client: spread(values)._asdict() | {"rounds": values} for client, values in clients.items()}
        for measure, clients in figures.rounds.items()
    }
    aims = []
    for aim in AIMS:
        reached = aim.reached(figures)
        aims.append(aim._asdict() | {"reached": reached and reached._asdict()})
    return {"machine": machine, "aims": aims, "measures": measures}

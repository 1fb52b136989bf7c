"""What has been measured, and what is aimed at."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Any, NamedTuple


class Spread(NamedTuple):
    """The median of some rounds, and their lowest and highest."""

    median: float
    low: float
    high: float


def spread(values: list[float]) -> Spread:
    """The spread of ``values``."""
    return Spread(median(values), min(values), max(values))


@dataclass
class Figures:
    """Values by measure and client, one of each round."""

    rounds: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, measure: str, client: str, value: float) -> None:
        """Takes in a value of one more round."""
        self.rounds.setdefault(measure, {}).setdefault(client, []).append(value)

    def of(self, measure: str, client: str) -> Spread | None:
        """The spread of what was measured, if it was."""
        values = self.rounds.get(measure, {}).get(client)
        return spread(values) if values else None

    def ratio(self, measure: str, ours: str, against: str, other: str | None = None) -> Spread | None:
        """The spread of the rounds' ratios: a drift of the machine meets both sides of one round alike."""
        mine, theirs = (
            self.rounds.get(name, {}).get(client, []) for name, client in [(measure, ours), (other or measure, against)]
        )
        pairs = [a / b for a, b in zip(mine, theirs, strict=False)]
        return spread(pairs) if pairs else None


class Aim(NamedTuple):
    """At most so much of what another client takes."""

    title: str
    measure: str
    ours: str
    against: str
    at_most: float
    more: bool = False
    """The measure is a difference in milliseconds, and no ratio."""

    def reached(self, figures: Figures) -> Spread | None:
        """What was reached, if it was measured."""
        if self.more:
            return figures.of(self.measure, "more")
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

"""What a passage holds of a question, and the rows of its table that do."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from edgequake.local.words import words

_RULE = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)+[\s:|-]*")
_LEAST_OF_BEST = 0.6


@dataclass(frozen=True, slots=True)
class Held:
    """One thing of a question that a passage holds: how much it counts, and the words that say it, in lower case.

    ``named`` says whether the headings or the title have it too, ``in_passing`` that it is common and said once.
    """

    weight: float
    said: tuple[str, ...]
    named: bool
    in_passing: bool


def excerpt_of(text: str, held: Sequence[Held]) -> tuple[str, float]:
    """A passage without the rows of its table that do not fit, and how much that holds of the question.

    The rows of a table and the lines of a log are statements of their own: what two of them say does not add up.
    """
    lines = text.split("\n")
    rows = _rows(lines)
    if not rows:
        return text, sum(thing.weight for thing in held)
    said = {at: frozenset(words(lines[at])) for at in rows}
    others = frozenset(words("\n".join(line for at, line in enumerate(lines) if at not in said)))
    apart = [thing for thing in held if not thing.named and others.isdisjoint(thing.said)]
    values = {at: sum(thing.weight for thing in apart if row.intersection(thing.said)) for at, row in said.items()}
    best = max(values.values())
    kept = sum(thing.weight for thing in held if thing not in apart) + best
    left = {at for at, value in values.items() if value < _LEAST_OF_BEST * best}
    return "\n".join(line for at, line in enumerate(lines) if at not in left), kept


def _rows(lines: Sequence[str]) -> list[int]:
    """Which lines are rows of a Markdown table, its head and rule aside, or lines of a log."""
    found: list[int] = []
    inside = ""
    for at, line in enumerate(lines):
        if line == "```log":
            inside = "log"
        elif at and "|" in lines[at - 1] and _RULE.fullmatch(line):
            inside = "table"
        elif line == "```" or (inside == "table" and "|" not in line):
            inside = ""
        elif inside:
            found.append(at)
    return found

"""Which sources an answer cites, and where each of them stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgequake.models.source import Source

__all__ = ["cited", "numbered", "place_of", "span"]

_CITATION = re.compile(r"\[\^?(\d{1,4}(?:\s*[,;]\s*\^?\d{1,4})*)\]")


def numbered(sources: Sequence[Source]) -> list[tuple[int | None, Source]]:
    """The sources with the numbers that answers cite them by: their own, else that of their place."""
    if any(source.reference_id is not None for source in sources):
        return [(source.reference_id, source) for source in sources]
    return list(enumerate(sources, 1))


def cited(answer: str, sources: Sequence[Source]) -> list[tuple[int | None, Source]]:
    """Those that ``answer`` cites, as in ``[1]``, ``[1, 3]`` or ``[^1]``."""
    numbers = {int(number) for found in _CITATION.findall(answer) for number in re.findall(r"\d+", found)}
    return [(number, source) for number, source in numbered(sources) if number in numbers]


def place_of(source: Source) -> str:
    """Where a source stands: ``errors.md:77``, ``plan.pdf p. 3-4``, ``MIRA (person)``."""
    if source.source_type in ("entity", "relationship"):
        kind = source.entity_type or source.source_type
        return f"{source.id or source.label} ({kind.lower()})"
    if source.start_line is not None:
        return f"{source.label}:{source.start_line}"  # editors and terminals open that
    pages = "" if source.page_start is None else f" p. {span(source.page_start, source.page_end)}"
    return f"{source.label}{pages}"


def span(first: int, last: int | None) -> str:
    """``3``, or ``3-4``."""
    return str(first) if last is None or last == first else f"{first}-{last}"

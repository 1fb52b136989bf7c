"""The sources of an answer, as a table for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from edgequake._core.citations import numbered, span
from edgequake.display.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from edgequake import Source

__all__ = ["numbered_table", "sources_table"]

_MOST_OF_THE_GRAPH = 5


def sources_table(sources: Sequence[Source], *, whole: bool = False) -> RenderableType:
    """The sources, numbered as the answer cites them.

    Of a large graph the first few, and how many more there are, unless the ``whole`` is wanted.
    """
    return numbered_table(numbered(sources), whole=whole)


def numbered_table(sources: Sequence[tuple[int | None, Source]], *, whole: bool = True) -> RenderableType:
    """The sources with these numbers, as ``sources_table`` shows them."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(style="dim", overflow="fold")
    table.add_column(style="dim", justify="right", no_wrap=True)
    shown: dict[str, int] = {}
    for number, source in sources:
        kind = source.source_type
        shown[kind] = shown.get(kind, 0) + 1
        if kind in _GRAPH and shown[kind] > _MOST_OF_THE_GRAPH and not whole:
            continue
        table.add_row(
            Text("·" if number is None else f"[{number}]"), _name(source), _kind(source), Text(f"{source.score:.2f}")
        )
    left = {kind: shown.get(kind, 0) - _MOST_OF_THE_GRAPH for kind in _GRAPH}
    more = [f"{number} more {_GRAPH[kind]}" for kind, number in left.items() if number > 0]
    rest = [Text(f"and {', '.join(more)}", style="dim")] if more and not whole else []
    return Padding(Group(table, *rest), (0, 0, 0, 2))


_GRAPH = {"entity": "entities", "relationship": "relationships"}


def _name(source: Source) -> Text:
    if source.source_type in _GRAPH:
        return Text(one_line((source.id or source.label).replace("->", " → ")))
    name = Text(one_line(source.label))
    if source.start_line is not None:
        name.append(f":{span(source.start_line, source.end_line)}", style="dim")
    return name


def _kind(source: Source) -> Text:
    """What the source is, when that is not a passage; the pages of a passage from a paged document."""
    if source.source_type not in _GRAPH:
        return Text("" if source.page_start is None else f"p. {span(source.page_start, source.page_end)}")
    if source.entity_type:
        return Text(f"{source.source_type} ({one_line(source.entity_type).lower()})")
    return Text(source.source_type)

"""What commands show of lists and objects: a table on a terminal, lines with tabs into a pipe, or JSON."""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from edgequake.cli.errors import say
from edgequake.cli.views import as_json
from edgequake.display.text import one_line
from edgequake.exceptions import ResponseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgequake.models._model import Model

__all__ = ["dumped", "first_of", "show_fields", "show_json", "show_rows"]

T = TypeVar("T")

_ANY_WIDTH = 1 << 20


def first_of(items: Iterable[T], limit: int) -> Iterator[T]:
    """The first ``limit`` of the server's ``items``; says on stderr if there are more."""
    rest = iter(items)
    number = 0
    for number, item in enumerate(islice(rest, limit), 1):  # noqa: B007 - the last is looked at below
        yield item
    try:
        more = number == limit and any(True for _ in rest)
    except ResponseError:  # the server has more, and gives no way to them
        more = True
    if more:
        say(f"these are the first {limit}, and the server has more: --limit shows more of them")


def dumped(answer: Model) -> dict[str, Any]:
    """What the server sent."""
    return answer.model_dump(mode="json", exclude_unset=True, by_alias=True)


def show_json(value: Any) -> None:
    """Writes ``value`` as JSON."""
    sys.stdout.write(as_json(value))


def show_rows(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, none: str) -> None:
    """Writes a table; a column whose name begins with ``#`` holds numbers.

    On a terminal ``none`` is said where there are no rows, and a table that is too wide for it becomes a list.
    """
    texts = ([_text(value) for value in row] for row in rows)
    if not sys.stdout.isatty():
        for row in texts:
            sys.stdout.write("\t".join(row) + "\n")
        return
    from rich.console import Console  # a pipe does without
    from rich.measure import Measurement
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for name in columns:
        justify: Literal["left", "right"] = "right" if name.startswith("#") else "left"
        table.add_column(name.removeprefix("#"), justify=justify, overflow="fold", no_wrap=name == "id")
    told = list(texts)
    for row in told:
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    if not told:
        console.print(Text(none, style="dim"))
    elif Measurement.get(console, console.options.update(width=_ANY_WIDTH), table).minimum <= console.width:
        console.print(table)
    else:  # words would be broken to fit
        for row in told:
            facts = zip((name.removeprefix("#") for name in columns[1:]), row[1:], strict=True)
            words = " · ".join(f"{name} {value}" for name, value in facts if value)
            console.print(Text(row[0]), Padding(Text(words, style="dim"), (0, 0, 0, 4), expand=False), sep="\n")


def show_fields(fields: Iterable[tuple[str, Any]]) -> None:
    """Writes names and values, those without a value left out."""
    known = [(name, _text(value)) for name, value in fields if value not in (None, "", [], {})]
    if not sys.stdout.isatty():
        sys.stdout.writelines(f"{name}: {value}\n" for name, value in known)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name, value in known:
        table.add_row(Text(name), Text(value))
    Console(highlight=False).print(table)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    return one_line(str(value))

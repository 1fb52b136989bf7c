"""Prints figures, and writes them into the documentation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[list[str]]

MEASURES = {
    "burst": "CPU, µs an event, 1000 events in an HTTP chunk",
    "each": "CPU, µs an event, one event in an HTTP chunk",
    "execute": "CPU, µs a call without a stream",
    "streams of 20": "CPU, µs a stream of 20 events",
    "first": "wall, ms to the first chunk",
    "import": "CPU, ms to import",
    "cold start": "CPU, ms from starting Python to the first text",
    "parked": "memory, KiB a stream that waits",
}
CURVES = {
    "events": "CPU, µs an event, by the number of events of one stream",
    "memory": "peak memory of the process without the answer's own text, MiB, by the number of events",
    "size": "CPU, µs an event, by the letters of its text",
    "cut": "CPU, µs an event of 44 bytes, by the bytes of an HTTP chunk",
    "at once": "CPU, µs an event, by the number of streams at once; opening them is among it",
}


def figure(value: float) -> str:
    """A number with as many places as it deserves."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def aims(record: dict[str, Any]) -> Rows:
    """A row for each aim."""
    rows = [["ours", "against", "aim, at most", "reached", "from .. to"]]
    for aim in record["aims"]:
        sign = "+" if aim["more"] else ""
        reached = aim["reached"]
        row = [aim["title"], aim["against"], f"{sign}{aim['at_most']:.2f}"]
        if reached is None:
            rows.append([*row, "not measured", ""])
            continue
        within = "" if reached["figure"] <= aim["at_most"] else " (missed)"
        between = f"{sign}{reached['low']:.3f} .. {sign}{reached['high']:.3f}"
        rows.append([*row, f"{sign}{reached['figure']:.3f}{within}", between])
    return rows


def clients(record: dict[str, Any], measure: str) -> Rows:
    """A row for each client."""
    rows = [["client", "lowest", "median", "highest", "edgequake to this"]]
    measured = {client: spread for client, spread in record["measures"].get(measure, {}).items() if client != "more"}
    mine = next(measured[name] for name in ("edgequake", "edgequake async") if name in measured)
    for client, spread in sorted(measured.items(), key=lambda item: item[1]["low"]):
        ratio = "" if spread is mine else f"{mine['low'] / spread['low']:.2f}"
        rows.append([client, *(figure(spread[name]) for name in ("low", "median", "high")), ratio])
    return rows


def curve(record: dict[str, Any], name: str) -> Rows:
    """A column for each step, a row for each client."""
    pattern = re.compile(rf"{name} (\d+)(, wall)?$")
    steps = {int(match[1]): measure for measure in record["measures"] if (match := pattern.match(measure))}
    walls = [measure for measure in record["measures"] if measure.startswith(name) and measure.endswith(", wall")]
    names = list(dict.fromkeys(client for step in sorted(steps) for client in record["measures"][f"{name} {step}"]))
    rows = [["client", *(f"{step:,}" for step in sorted(steps))]]
    for client in names:
        for suffix in ("", ", wall") if walls else ("",):
            cells = [record["measures"].get(f"{name} {step}{suffix}", {}).get(client) for step in sorted(steps)]
            rows.append([client + suffix, *("-" if cell is None else figure(cell["low"]) for cell in cells)])
    return rows


def in_columns(rows: Rows) -> str:
    """Rows for a terminal."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        first, *rest = (cell.replace("`", "") for cell in row)
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines)


def in_markdown(rows: Rows) -> str:
    """Rows as a table of the documentation."""
    head, *body = rows
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body])


def about(record: dict[str, Any]) -> str:
    """What the figures were taken on."""
    machine = record["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['system']}, {machine['cores']} cores, Python {machine['python']}; {machine['rounds']} rounds, "
        f"streams of {machine['events']:,} events; load average {machine['load before']} "
        f"as the run began. {versions}."
    )


def parts(record: dict[str, Any]) -> list[tuple[str, Rows]]:
    """Every table, with its title."""
    tables = [("Aims: ours as a ratio of the other", aims(record))]
    tables += [(title, clients(record, name)) for name, title in MEASURES.items() if name in record["measures"]]
    tables += [(title, curve(record, name)) for name, title in CURVES.items()]
    return tables


def print_all(record: dict[str, Any]) -> None:
    """All tables, for a terminal."""
    print(about(record))
    for title, rows in parts(record):
        print(f"\n{title}\n{in_columns(rows)}")


def write_page(record: dict[str, Any], page: Path) -> None:
    """Puts the tables where the page's markers are: one for the aims, one for the rest."""
    (_, first), *rest = parts(record)
    written = {
        "aims": f"{in_markdown(first)}\n\n{about(record)}",
        "figures": "\n\n".join(f"{title}:\n\n{in_markdown(rows)}" for title, rows in rest),
    }
    text = page.read_text("utf-8")
    for name, tables in written.items():
        marker = re.compile(rf"(<!-- {name}: make bench -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        found = marker.search(text)
        if found is None:
            raise SystemExit(f"{page} has no marker for the {name}")
        text = f"{text[: found.start()]}{found[1]}\n{tables}\n\n{found[2]}{text[found.end() :]}"
    page.write_text(text, "utf-8")

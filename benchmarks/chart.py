"""Draws the CPU per event of every client as bars: one SVG for a wide page and one for a phone, for light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from pathlib import Path


class Shape(NamedTuple):
    """Where things stand, in pixels: beside its bar a name needs ``names`` of them, above it none."""

    width: int
    names: int
    line: int
    """How much lower the bar begins than its name."""


WIDE, PHONE = Shape(760, 180, 0), Shape(340, 0, 18)
BAR, GAP, TOP = 18, 6, 34
PANELS = {"each": "µs per event: one event in an HTTP chunk", "burst": "µs per event: 1000 events in an HTTP chunk"}
STYLE = """text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; }
.ours { fill: #1a7f64; } .other { fill: #9aa4af; } .cut { stroke: #fff; stroke-width: 3; fill: none; }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .ours { fill: #3fb58f; } .other { fill: #6b7681; }
.cut { stroke: #1f2328; } }"""


def bars(measured: dict[str, Any], title: str, top: int, shape: Shape) -> tuple[list[str], int]:
    """One panel, and where it ends. A bar that is far longer than the others is cut, and shows it."""
    values = sorted((spread["low"], client) for client, spread in measured.items())
    room = shape.width - shape.names - 110
    longest = max(value for value, client in values if client != "openai")
    lines = [f'<text class="title" x="0" y="{top + 16}">{escape(title)}</text>']
    y = top + TOP
    for value, client in values:
        width = min(value / longest, 1.0) * room
        kind = "ours" if client.startswith("edgequake") and client != "edgequake-sdk" else "other"
        cut = value > 1.5 * longest
        if cut:
            width = room + 30
        place = f'x="{shape.names - 8}" text-anchor="end"' if shape.names else 'x="0"'
        lines.append(f'<text {place} y="{y + 14}">{escape(client)}</text>')
        y += shape.line
        lines.append(
            f'<rect class="{kind}" x="{shape.names}" y="{y}" width="{max(width, 1):.1f}" height="{BAR}" rx="2"/>'
        )
        if cut:
            end = shape.names + width - 40
            lines.append(f'<path class="cut" d="M{end:.1f} {y + BAR + 1}l8 {-BAR - 2}m6 0l-8 {BAR + 2}"/>')
        lines.append(f'<text x="{shape.names + width + 6:.1f}" y="{y + 14}">{value:.2f}</text>')
        y += BAR + GAP
    return lines, y + 14


def draw(record: dict[str, Any], path: Path) -> None:
    """Writes the chart of ``record`` to ``path``, and the phone's beside it, as ``…-phone.svg``."""
    for shape, file in ((WIDE, path), (PHONE, path.with_stem(f"{path.stem}-phone"))):
        lines: list[str] = []
        top = 4
        for measure, title in PANELS.items():
            panel, top = bars(record["measures"][measure], title, top, shape)
            lines += panel
        label = "Bars: CPU per event of each client; shorter is better"
        svg = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {shape.width} {top}" role="img"',
            f' aria-label="{label}">',
            f"<style>{STYLE}</style>",
            *lines,
            "</svg>",
        ]
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(svg) + "\n", "utf-8")

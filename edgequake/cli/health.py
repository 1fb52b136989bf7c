"""What ``edgequake health`` shows of a server."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from edgequake.cli.views import as_json
from edgequake.display.text import one_line

if TYPE_CHECKING:
    from edgequake import HealthResponse

__all__ = ["show_health"]


def show_health(health: HealthResponse, *, raw: bool) -> None:
    """Writes the server's state: a table on a terminal, ``name: value`` into a pipe, or what the server sent."""
    if raw:
        sys.stdout.write(as_json(health.model_dump(mode="json", exclude_unset=True)))
        return
    rows = [(name, one_line(value)) for name, value in _facts(health) if value]
    if sys.stdout.isatty():
        _show_table(rows, health)
        return
    rows += [(name, _word(value)) for name, value in _components(health)]
    sys.stdout.writelines(f"{name}: {value}\n" for name, value in rows)


def _facts(health: HealthResponse) -> list[tuple[str, str]]:
    llm = (health.providers or {}).get("llm")
    model = [llm.get("name"), llm.get("model")] if isinstance(llm, dict) else [health.llm_provider_name]
    return [
        ("status", health.status),
        ("version", health.version or ""),
        ("storage", health.storage_mode or ""),
        ("workspace", health.workspace_id or ""),
        ("model", "/".join(str(name) for name in model if name)),
    ]


def _components(health: HealthResponse) -> list[tuple[str, Any]]:
    return [(one_line(name), value) for name, value in (health.components or {}).items()]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return one_line(str(value))


def _show_table(rows: list[tuple[str, str]], health: HealthResponse) -> None:
    from rich.console import Console  # a pipe does without
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    color = "green" if health.healthy else "red"
    for name, value in rows:
        table.add_row(Text(name), Text(f"● {value}", style=color) if name == "status" else Text(value))
    for n, (name, value) in enumerate(_components(health)):
        mark = Text("✓ ", style="green") if value is True else Text("- ", style="dim" if health.healthy else "red")
        mark.append(name, style="default" if value is True else "dim")
        if not isinstance(value, bool):
            mark = Text(f"{name}: {_word(value)}")
        table.add_row(Text("" if n else "components"), mark)
    Console(highlight=False).print(Padding(table, (0, 0, 0, 2)))

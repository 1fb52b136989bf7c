"""Writes the table of methods in docs/migrating.md, from the list of the server's routes; ``--check`` only compares."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "migrating.md"
ROUTES = ROOT / "tests" / "fixtures" / "api" / "routes.json"
BEGIN, END = "<!-- methods: made by scripts/migration_table.py -->\n", "<!-- end of methods -->\n"


def table() -> str:
    """A row for each method of edgequake-sdk, and its name here."""
    rows = [
        f"| `{route['official_name']}` | `{name}` |\n"
        for route in json.loads(ROUTES.read_text("utf-8"))
        if route.get("official_name")
        for name in [f"{route['resource']}.{route['method_name']}".removeprefix("client.")]
    ]
    return "".join(["| edgequake-sdk 0.4.1 | edgequake |\n|---|---|\n", *sorted(set(rows))])


def page() -> str:
    """The page with the table as it should be."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    """Writes or compares the page; 1 if it was stale."""
    wanted = page()
    stale = PAGE.read_text("utf-8") != wanted
    if "--check" in sys.argv:
        return int(stale)
    PAGE.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The lowest version of each direct dependency, as constraints for pip: for ``make test-minimum``.

A bound of pyproject.toml is true if the tests pass with it. Tools (``dev``, ``docs``) are as new as they can be.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
TOOLS = {"dev", "docs"}


def lowest(requirement: str) -> str | None:
    """``httpx[socks]>=0.27,<1`` as ``httpx==0.27``; None for one without a lower bound."""
    name, bounds = re.fullmatch(r"([\w.-]+)(?:\[[^\]]*\])?(.*)", requirement.replace(" ", "")).groups()
    found = re.search(r">=([\w.]+)", bounds)
    return None if found is None else f"{name}=={found[1]}"


def constraints() -> list[str]:
    """A line for each package that is needed to run, the highest of its lower bounds where there are several."""
    project = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *(one for name in extras.keys() - TOOLS for one in extras[name])]
    found: dict[str, str] = {}
    for line in filter(None, map(lowest, needed)):
        name, _, version = line.partition("==")
        found[name] = max(
            version, found.get(name, ""), key=lambda text: [int(part) for part in text.split(".") if part]
        )
    return [f"{name}=={version}" for name, version in sorted(found.items())]


if __name__ == "__main__":
    print("\n".join(constraints()))

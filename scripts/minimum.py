"""The lowest version of each direct dependency, as constraints for pip: for ``make test-minimum``.

``minimum.py`` prints those of what the package needs, its extras included; ``minimum.py mcp langchain`` those of these
extras alone: frameworks that want newer versions of what the package needs.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
FRAMEWORKS = {"langchain", "llamaindex", "mcp"}
TOOLS = {"dev", "docs"}  # as new as they can be


def constraints(only: list[str]) -> list[str]:
    """A line for each package that has a lower bound. SystemExit where it has two: one of them would not be tested."""
    project = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    wanted = only or extras.keys() - TOOLS - FRAMEWORKS
    needed = [one for name in wanted for one in extras[name]] + ([] if only else project["dependencies"])
    found: dict[str, tuple[int, ...]] = {}
    for requirement in needed:
        if bound := re.fullmatch(r"([\w.-]+)(?:\[.*\])?>=([\d.]+).*", requirement.replace(" ", "")):
            version = tuple(map(int, bound[2].split(".")))
            if found.setdefault(bound[1], version) != version:
                sys.exit(f"{bound[1]} has two lower bounds: one of them would not be tested")
    return [f"{name}=={'.'.join(map(str, version))}" for name, version in sorted(found.items())]


if __name__ == "__main__":
    print("\n".join(constraints(sys.argv[1:])))

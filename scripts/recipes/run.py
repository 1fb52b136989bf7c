"""Runs each recipe of docs/integrations/recipes.md as it stands, over a local server: ``make test-recipes``.

Each has an environment of its own in ``.recipes``, with the version that the page names: these packages would change
the versions of the project's own tools. A recipe whose app waits for somebody is driven by the script of its name.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

from edgequake.local import LocalServer

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "integrations" / "recipes.md"
ENVIRONMENTS = ROOT / ".recipes"
GATEWAY = "http://localhost:8090"  # on the page
EXPECTED = "Knowledge graphs hold facts as entities"
SECONDS = 180

_SECTION = re.compile(
    r"^## (?P<title>[^\n]+)\n\nTried with (?P<package>[\w.\[\]-]+) (?P<version>[\d.]+\d).*?"
    r"^```python\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """One section of the page."""

    title: str
    package: str
    version: str
    code: str

    @property
    def name(self) -> str:
        """The title as a file's name."""
        return self.title.lower().replace(" ", "_")

    @property
    def driver(self) -> Path | None:
        """The script that uses the recipe's app, if it has one."""
        path = Path(__file__).parent / f"drive_{self.name}.py"
        return path if path.exists() else None


def recipes() -> list[Recipe]:
    """The recipes of the page."""
    return [Recipe(**found.groupdict()) for found in _SECTION.finditer(PAGE.read_text("utf-8"))]


def python_of(recipe: Recipe) -> Path:
    """The interpreter of the recipe's environment, which is made if it is not there."""
    folder = ENVIRONMENTS / recipe.name
    python = folder / "bin" / "python"
    needs = f"{recipe.package}=={recipe.version}"
    made = folder / ".made"
    if not made.exists() or made.read_text() != needs:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install: list[str | Path] = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, needs, "--editable", ROOT], check=True)
        made.write_text(needs)
    return python


def run(recipe: Recipe, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What the recipe printed, with the local server at ``url``."""
    app = folder / f"{recipe.name}_app.py"
    app.write_text(recipe.code.replace(GATEWAY, url))
    driver = recipe.driver
    program = [app] if driver is None else [driver, app]
    environment = {**os.environ, "EDGEQUAKE_BASE_URL": url, "PYTHONWARNINGS": "ignore"}
    return subprocess.run(
        [python_of(recipe), *program],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def main(names: list[str]) -> int:
    """Runs those recipes, or all; returns how many did not work."""
    found = recipes()
    if unknown := set(names) - {one.name for one in found}:
        raise SystemExit(f"no such recipe: {', '.join(sorted(unknown))}; there are {', '.join(r.name for r in found)}")
    failed = 0
    with LocalServer([ROOT / "examples" / "notes"]) as server, tempfile.TemporaryDirectory() as folder:
        for recipe in found:
            if names and recipe.name not in names:
                continue
            since = time.monotonic()
            python_of(recipe)
            installed = time.monotonic()
            done = run(recipe, server.url, Path(folder))
            right = done.returncode == 0 and EXPECTED in done.stdout
            failed += not right
            took = f"installed in {installed - since:.0f} s, ran in {time.monotonic() - installed:.0f} s"
            print(
                f"{'right' if right else 'WRONG'}  {recipe.title} ({recipe.package} {recipe.version}): {took}",
                flush=True,
            )
            if not right:
                print(textwrap.indent(done.stdout, "    "), flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

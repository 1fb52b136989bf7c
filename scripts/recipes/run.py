"""Runs each recipe of docs/integrations/recipes.md as it stands, over a local server: ``make test-recipes``.

Each has an environment of its own in ``.recipes``, with the version that the page names: these packages would change
the versions of the project's own tools. A recipe whose app waits for somebody is driven by the script of its name. Each
runs once more over a server whose answers break: that must be an error, never a short answer.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from edgequake.local import LocalServer
from edgequake.testing import CUT, ScriptServer

if TYPE_CHECKING:
    from collections.abc import Iterator

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


@contextmanager
def breaking() -> Iterator[tuple[str, str]]:
    """A server whose answers break, and a gateway to it: their addresses."""
    with ScriptServer() as server:
        token = {"type": "token", "content": "Knowledge graphs hold "}
        server.on("POST", "/api/v1/query/stream").always().stream(token, CUT)
        server.on("POST", "/api/v1/query").always().reply(status=500)
        command = [sys.executable, "-m", "edgequake", "gateway", "--port", "0", "--base-url", server.url]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as gateway:
            assert gateway.stdout is not None
            try:
                yield server.url, gateway.stdout.readline().strip()
            finally:
                gateway.terminate()


def run(recipe: Recipe, url: str, gateway: str, folder: Path) -> tuple[int, str]:
    """The status with which the recipe ended, and what it printed."""
    app = folder / f"{recipe.name}_app.py"
    app.write_text(recipe.code.replace(GATEWAY, gateway))
    driver = recipe.driver
    program = [app] if driver is None else [driver, app]
    environment = {**os.environ, "EDGEQUAKE_BASE_URL": url, "PYTHONWARNINGS": "ignore"}
    pipe: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    command = [python_of(recipe), *program]
    with subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True, **pipe) as process:
        try:
            printed, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return 1, f"not finished within {SECONDS} s"
        finally:
            with suppress(ProcessLookupError):  # usually all have ended
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, printed


def fault_of(recipe: Recipe, server: str, broken: str, gateway: str, folder: Path) -> str:
    """What is wrong with the recipe; empty if nothing is."""
    status, printed = run(recipe, server, server, folder)
    if status or EXPECTED not in printed:
        return f"ended with {status}:\n{printed}"
    status, printed = run(recipe, broken, gateway, folder)
    return "" if status else f"took a part for the whole answer:\n{printed}"


def main(names: list[str]) -> int:
    """Runs those recipes, or all; returns how many did not work."""
    found = recipes()
    if unknown := set(names) - {one.name for one in found}:
        raise SystemExit(f"no such recipe: {', '.join(sorted(unknown))}; there are {', '.join(r.name for r in found)}")
    failed = 0
    with (
        LocalServer([ROOT / "examples" / "notes"]) as server,
        breaking() as (broken, gateway),
        TemporaryDirectory() as folder,
    ):
        for recipe in found:
            if names and recipe.name not in names:
                continue
            since = time.monotonic()
            python_of(recipe)
            installed = time.monotonic()
            fault = fault_of(recipe, server.url, broken, gateway, Path(folder))
            failed += bool(fault)
            took = f"installed in {installed - since:.0f} s, ran in {time.monotonic() - installed:.0f} s"
            verdict = "WRONG" if fault else "right"
            print(f"{verdict}  {recipe.title} ({recipe.package} {recipe.version}): {took}", flush=True)
            if fault:
                print(textwrap.indent(fault, "    "), flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

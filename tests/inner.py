"""Tests that a test runs, by pytest in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def run_pytest(folder: Path, plugin: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the tests of ``folder``. The other plugins that are installed here stay away: to load them takes seconds."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--disable-plugin-autoload",
        "-p",
        plugin,
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [*command, *options, str(folder)],
        cwd=folder,
        env={**os.environ, "PYTEST_ADDOPTS": "", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

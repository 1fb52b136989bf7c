"""The layout of CONTRIBUTING.md: which imports are allowed, and how large a file may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_imports_keep_the_contracts_of_pyproject() -> None:
    command = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kept, 0 broken" in done.stdout


def test_files_and_classes_stay_small() -> None:
    large = []
    for path in (ROOT / "edgequake").rglob("*.py"):
        source = path.read_text("utf-8")
        lines = source.count("\n")
        if lines > 200:
            classes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
            large += [one.name for one in classes if (one.end_lineno or 0) - one.lineno >= 200]
        if lines > 400:
            large.append(str(path.relative_to(ROOT)))
    assert large == []

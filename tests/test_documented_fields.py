"""Every public field of a value that a caller reads or gives says what it is, and docstrings are of one dialect."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "edgequake"
MODULES = [
    *sorted(path for path in (PACKAGE / "models").glob("*.py") if path.name != "_model.py"),
    *(PACKAGE / name for name in ("settings.py", "exceptions.py", "chunks.py", "events.py")),
    *(PACKAGE / "_core" / name for name in ("calls.py", "records.py", "stats.py", "timing.py")),
    *(PACKAGE / "adapters" / name for name in ("_events.py", "_gpo.py", "_storm.py")),
    *(PACKAGE / "integrations/langchain" / name for name in ("_chat.py", "_retriever.py")),
    *(PACKAGE / name for name in ("_async/client.py", "batch/progress.py", "rag/config.py", "testing/_requests.py")),
]


def undocumented(module: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
            continue
        for statement, after in zip(node.body, [*node.body[1:], None], strict=True):
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            if statement.target.id.startswith("_") or "ClassVar" in ast.unparse(statement.annotation):
                continue
            text = after.value if isinstance(after, ast.Expr) else None
            if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
                found.append(f"{node.name}.{statement.target.id}")
    return found


def test_every_public_field_has_a_docstring() -> None:
    missing = {path.relative_to(PACKAGE).as_posix(): undocumented(path) for path in MODULES}
    assert {path: fields for path, fields in missing.items() if fields} == {}


# Of commands and of an assistant's tools: these are shown as they stand.
SHOWN_AS_THEY_STAND = ("cli", "integrations/mcp")


def single_backticks(module: Path) -> list[str]:
    texts = [
        node.value.value
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    return [found for text in texts for found in re.findall(r"`[^`]+`", re.sub(r"``[^`]+``|:\w+:`[^`]+`", "", text))]


def test_docstrings_write_code_in_double_backticks() -> None:
    wrong = {}
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(SHOWN_AS_THEY_STAND) and "_sync" not in name and (found := single_backticks(path)):
            wrong[name] = found
    assert wrong == {}

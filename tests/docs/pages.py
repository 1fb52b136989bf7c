"""The code blocks of a page: what runs, what it is to print, and why one does not run."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "examples/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]

_FENCE = re.compile(
    r"(?:^<!-- not run: (?P<why>[^\n]+?) -->\n+)?"
    r"^(?P<indent> *)```(?P<language>\w+)[^\n]*\n(?P<code>.*?)^(?P=indent)```$"
    r'(?:\s+^(?P=indent)```text title="Output"\n(?P<output>.*?)^(?P=indent)```$)?',
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block, the line its code begins at, and the output that is shown below it."""

    page: Path
    line: int
    language: str
    code: str
    output: str | None
    why_not_run: str | None

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path, *languages: str) -> Iterator[Block]:
    """The blocks in these languages, or in any; what a program printed belongs to the block above it."""
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        if not languages or found["language"] in languages:
            yield Block(
                page,
                text.count("\n", 0, found.start("code")) + 1,
                found["language"],
                textwrap.dedent(found["code"]),
                None if found["output"] is None else textwrap.dedent(found["output"]),
                found["why"],
            )


_MEASURED = re.compile(r"\d+\.\d+|\d+(?= ms\b)")


def agrees(shown: str, printed: str) -> bool:
    """Whether what a page shows is what was printed: but for measured figures, and where … stands for anything."""
    pattern = ".*?".join(re.escape(part) for part in _plain(shown).split("…"))
    return re.fullmatch(pattern, _plain(printed), re.DOTALL) is not None


def _plain(text: str) -> str:
    return _MEASURED.sub("N", "\n".join(line.rstrip() for line in text.strip().splitlines()))

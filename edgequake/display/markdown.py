"""Markdown that is still being written: cut into blocks, and each rendered with nothing of its text left out."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from rich.markdown import Markdown
from rich.segment import Segment

from edgequake._streams.regroup import Lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console, ConsoleOptions, RenderableType

__all__ = ["Blocks", "Rendered", "rendered"]

_LIST_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,9}[.)])\s")
_FENCE = re.compile(r" {0,3}(```+(?![^\n]*`)|~~~+)")  # not one that ends in its own line: that is code in a text
_DELIMITERS = re.compile(r" {0,3}\|?(?: *:?-+:? *\|)* *:?-+:? *(?:\| *)?")
_SEPARATOR = re.compile(r"(?<=\S)\s*(?<!\\)\|(?=\s*\S)")


class Blocks:
    """Markdown as it comes, block by block; a list, or a fenced piece of code, is one block."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._block: list[str] = []
        self._after_blank = False
        self._is_list = False
        self._fence = ""

    @property
    def current(self) -> str:
        """The block that is not known to be whole."""
        return "".join([*self._block, self._lines.held])

    def end(self, most: int) -> str:
        """The last lines of :attr:`current`, about ``most`` characters, code still as code."""
        text = self.current
        if len(text) <= most:
            return text
        text = text[-most:]
        rest = text.partition("\n")[2] or text
        return f"{self._fence}\n{rest}" if self._fence else rest

    def feed(self, text: str) -> list[str]:
        """The blocks that ``text`` shows to be whole."""
        whole: list[str] = []
        for line in self._lines.feed(text):
            if self._begins_another(line):
                whole.append("".join(self._block))
                self._block, self._is_list = [], False
            self._block.append(line)
            self._after_blank = not line.strip()
            self._is_list = self._is_list or _LIST_ITEM.match(line) is not None
            self._fence = _fence_after(line, self._fence)
        return whole

    def flush(self) -> str:
        """What is left."""
        rest = self.current
        self.__dict__.update(Blocks().__dict__)
        return rest

    def _begins_another(self, line: str) -> bool:
        if not self._after_blank or self._fence or not line.strip() or line[0] in " \t":
            return False
        return not (self._is_list and _LIST_ITEM.match(line))


def rendered(console: Console, text: str, width: int) -> list[list[Segment]]:
    """``text`` as lines of the terminal. Line breaks, HTML, links and references stay to be seen."""
    lines = console.render_lines(_Whole(text), console.options.update(width=width), pad=False)
    lines = [_stripped(line) for line in lines]
    while lines and not lines[0]:
        del lines[0]
    while lines and not lines[-1]:
        del lines[-1]
    return lines


class Rendered:
    """Lines that are ready to be shown."""

    def __init__(self, lines: Iterable[list[Segment]]) -> None:
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType | Segment]:
        for line in self._lines:
            yield from line
            yield Segment.line()


class _Whole(Markdown):
    """Markdown without what would take parts of an answer away: HTML, definitions of links, bare pictures."""

    def __init__(self, text: str) -> None:
        super().__init__("", hyperlinks=False)
        self.parsed = _parser().parse(_as_written(text))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["strikethrough", "table"])
    return parser.disable(["image", "reference"])


def as_html(text: str) -> str:
    """Markdown as HTML that runs nothing and loads nothing, whoever wrote it: tags are shown as text."""
    html: str = _parser().render(_as_written(text))
    return html


def _as_written(text: str) -> str:
    """``text`` without what Markdown would take away: line breaks, and the cells of a row that has more than its table.

    A line break is made a hard one; the last cell of such a row holds the rest of it.
    """
    fence, columns, before = "", 0, ""
    lines: list[str] = []
    for line in text.split("\n"):
        fence = _fence_after(line, fence)
        if fence or not line.strip():
            columns = 0
            lines.append(line)
        else:
            cells = _separators(line)
            if not columns and _DELIMITERS.fullmatch(line) and "|" in before and len(_separators(before)) == len(cells):
                columns = len(cells) + 1
            lines.append(f"{_escaped(line, cells[columns - 1 :] if columns else [])}  ")
        before = line
    return "\n".join(lines)


def _escaped(line: str, places: list[int]) -> str:
    """``line`` with a backslash before each of the ``places``."""
    pieces = [line[start:end] for start, end in pairwise([0, *places, len(line)])]
    return "\\".join(pieces)


def _separators(row: str) -> list[int]:
    """Where the cells of a row are divided."""
    return [found.end() - 1 for found in _SEPARATOR.finditer(row)]


def _fence_after(line: str, fence: str) -> str:
    """The fence that code after ``line`` is in; ``fence`` is that of the line itself."""
    found = _FENCE.match(line)
    if found is None or (fence and (not line.strip().startswith(fence) or line.strip(" `~\n"))):
        return fence
    return "" if fence else found[1]


def _stripped(line: list[Segment]) -> list[Segment]:
    """``line`` without the blanks that fill it up, unless they have a colour."""
    line = list(line)
    while line:
        last = line.pop()
        if last.style is not None and last.style.bgcolor is not None:
            return [*line, last]
        if text := last.text.rstrip():
            return [*line, Segment(text, last.style)]
    return line

"""Text made fit for a terminal: without control characters, and wrapped at words while it comes."""

from __future__ import annotations

import re

from rich.cells import cell_len

__all__ = ["WordWrap", "one_line", "plain", "printable", "sendable"]

# Control characters steer a terminal. C0 and DEL have pictures (ESC is shown as ␛), C1 has none.
_PICTURES: dict[int, int | None] = {code: 0x2400 + code for code in range(0x20)}
_PICTURES |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_PICTURES |= {0x7F: 0x2421, ord("\r"): None}
del _PICTURES[ord("\n")], _PICTURES[ord("\t")]

_RUNS = re.compile(r"\n|[^\S\n]+|\S+")
_LIST_MARK = re.compile(r"[-*+•]|\d{1,3}[.)]")
_FENCES = ("```", "~~~")


def printable(text: str) -> str:
    """``text`` with its control characters made visible, so that it cannot steer a terminal.

    Newlines and tabs stay; carriage returns go.
    """
    return text.translate(_PICTURES)


def one_line(text: str) -> str:
    """``text`` as one printable line."""
    return printable(" ".join(text.split()))


def plain(message: str) -> str:
    """An error's message as one printable line, without the number that the system gives the error."""
    return re.sub(r"\[Errno -?\d+\] ", "", one_line(message))


def sendable(text: str) -> str:
    """``text`` as JSON can carry it: bytes of another encoding come as lone surrogates, which it cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class WordWrap:
    """Breaks streamed text between words, not within them, at ``width`` cells.

    A word is shown as it comes; if its end does not fit, what was shown of it is erased and written on a new line.
    Code blocks, indented lines and tables are left as they are, and the lines of a list item stay under its text.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._fenced = False
        self._begin_line()

    def _begin_line(self) -> None:
        self._column = 0
        self._space = ""  # white space that is not written yet: it goes if the line ends here
        self._word = ""
        self._first_word = ""
        self._margin = 0  # cells before the first word
        self._indent = 0  # cells before the further lines of a list item

    def feed(self, text: str) -> str:
        """What to write for ``text``. Space at the end of a line is not written."""
        return "".join(self._run(run) for run in _RUNS.findall(text))

    def _run(self, run: str) -> str:
        if run == "\n":
            self._end_word()
            self._fenced ^= self._first_word.startswith(_FENCES)
            self._begin_line()
            return run
        if run.isspace():
            self._end_word()
            self._space += run.replace("\t", "    ")
            return ""
        return self._part_of_word(run)

    def _end_word(self) -> None:
        if self._word and not self._first_word:
            self._first_word = self._word
            if _LIST_MARK.fullmatch(self._word):
                self._indent = self._column + 1
        self._word = ""

    def _part_of_word(self, part: str) -> str:
        shown = cell_len(self._word)
        start = self._column - shown + len(self._space)
        if not self._first_word:
            self._margin = start
        self._word += part
        cells = cell_len(self._word)
        if start + cells > self._width and start > self._indent and not self._as_it_stands():
            self._space = ""
            self._column = self._indent + cells
            erased = f"\x1b[{shown}D\x1b[K" if shown else ""
            return f"{erased}\n{' ' * self._indent}{self._word}"
        self._column = start + cells
        space, self._space = self._space, ""
        return space + part

    def _as_it_stands(self) -> bool:
        """Whether this line is one of those that are left alone."""
        return self._fenced or self._margin >= 4 or self._first_word.startswith("|")

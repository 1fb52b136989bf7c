"""The citations of a language model's answer, checked while it streams."""

import re

_MARK = re.compile(r"[ \t]*\[(\d{1,4}(?:\s*,\s*\d{1,4})*)\]")
_BEGUN = re.compile(r"[ \t]*(?:\[[\d\s,]{0,40})?$")


class Citations:
    """Takes marks out of a text that cite no source: ``[9]`` where there are eight.

    What looks like a mark inside code is left alone. What may be the beginning of a mark is held back until the next
    piece.
    """

    def __init__(self, sources: int) -> None:
        self._sources = sources
        self._held = ""
        self._in_block = False
        self._line = ""

    def feed(self, piece: str) -> str:
        """The text that can be shown, now that this piece has come."""
        text = self._held + piece
        begun = _BEGUN.search(text)
        assert begun is not None  # of nothing, at the end
        self._held = text[begun.start() :]
        return self._checked(text[: begun.start()])

    def rest(self) -> str:
        """What was held back, at the end."""
        held, self._held = self._held, ""
        return self._checked(held)

    def _checked(self, text: str) -> str:
        shown: list[str] = []
        at = 0
        for mark in _MARK.finditer(text):
            shown.append(self._passed(text[at : mark.start()]))
            shown.append(mark[0] if self._in_code else self._valid(mark))
            at = mark.end()
        return "".join([*shown, self._passed(text[at:])])

    def _valid(self, mark: re.Match[str]) -> str:
        numbers = [int(number) for number in re.findall(r"\d+", mark[1])]
        valid = [str(number) for number in numbers if 1 <= number <= self._sources]
        if len(valid) == len(numbers):
            return mark[0]
        return f"{mark[0][: mark[0].index('[')]}[{', '.join(valid)}]" if valid else ""

    @property
    def _in_code(self) -> bool:
        return self._in_block or self._line.count("`") % 2 == 1

    def _passed(self, text: str) -> str:
        """The same text, after which it is known whether what follows is inside code."""
        *ended, self._line = (self._line + text).split("\n")
        for line in ended:
            self._in_block ^= line.lstrip().startswith("```")
        return text

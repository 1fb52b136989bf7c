"""Text made fit for a terminal: without control characters."""

from __future__ import annotations

from rich.text import Text

__all__ = ["dim", "one_line", "printable"]

# Control characters steer a terminal. C0 and DEL have pictures (ESC is shown as ␛), C1 has none.
_PICTURES: dict[int, int | None] = {code: 0x2400 + code for code in range(0x20)}
_PICTURES |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_PICTURES |= {0x7F: 0x2421, ord("\r"): None}
_PICTURES |= {0x202D: 0xFFFD, 0x202E: 0xFFFD}  # they turn what follows round: a name ends otherwise than it seems
del _PICTURES[ord("\n")], _PICTURES[ord("\t")]


def printable(text: str) -> str:
    """``text`` with its control characters made visible, so that it cannot steer a terminal.

    Newlines and tabs stay; carriage returns go.
    """
    return text.translate(_PICTURES)


def one_line(text: str) -> str:
    """``text`` as one printable line."""
    return printable(" ".join(text.split()))


def dim(words: str) -> Text:
    """``words`` as one dim line."""
    return Text(one_line(words), style="dim")

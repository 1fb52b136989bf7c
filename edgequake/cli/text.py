"""Text made fit for a terminal: without control characters."""

from __future__ import annotations

import re

__all__ = ["one_line", "plain", "printable", "sendable"]

# Control characters steer a terminal. C0 and DEL have pictures (ESC is shown as ␛), C1 has none.
_PICTURES: dict[int, int | None] = {code: 0x2400 + code for code in range(0x20)}
_PICTURES |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_PICTURES |= {0x7F: 0x2421, ord("\r"): None}
del _PICTURES[ord("\n")], _PICTURES[ord("\t")]


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

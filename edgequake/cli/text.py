"""Text between a terminal and the server: messages as one line, input as JSON can carry it."""

from __future__ import annotations

import re

from edgequake.display.text import one_line

__all__ = ["plain", "sendable"]


def plain(message: str) -> str:
    """An error's message as one printable line, without the number that the system gives the error."""
    return re.sub(r"\[Errno -?\d+\] ", "", one_line(message))


def sendable(text: str) -> str:
    """``text`` as JSON can carry it: bytes of another encoding come as lone surrogates, which it cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

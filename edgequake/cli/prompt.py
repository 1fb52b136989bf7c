"""Messages typed at a terminal, with the line editing and history of readline where there is one."""

from __future__ import annotations

from typing import Any

try:
    import readline as _readline
except ImportError:  # Windows: its own console edits lines
    _readline = None  # type: ignore[assignment]  # a module that not every platform has

__all__ = ["Prompt"]

_FIRST, _FURTHER = "> ", "… "
_QUOTES = '"""'


class Prompt:
    """Asks for one message after the other."""

    def __init__(self, *, colored: bool) -> None:
        self._lines = 0
        if _readline is not None:
            _readline.parse_and_bind("set enable-bracketed-paste on")  # several lines pasted are one message
        # readline is told (\001 … \002) what takes no room; anything else would show that.
        self._color = ("\001\x1b[1;36m\002", "\001\x1b[0m\002") if colored and _readline is not None else ("", "")

    def read(self) -> str:
        '''The next message: a line, with those after it while they end with a backslash, or all between two ``"""``.

        Raises EOFError for Ctrl-D, KeyboardInterrupt for Ctrl-C.
        '''
        self._lines = 0
        text = self._line(_FIRST)
        if text.lstrip().startswith(_QUOTES):
            text = text.lstrip().removeprefix(_QUOTES)
            while not text.rstrip().endswith(_QUOTES):
                text += "\n" + self._line(_FURTHER)
            return text.rstrip().removesuffix(_QUOTES).strip("\n")
        while text.endswith("\\"):
            text = f"{text[:-1]}\n{self._line(_FURTHER)}"
        return text

    @property
    def begun(self) -> bool:
        """Whether part of a message had been typed when Ctrl-C came."""
        typed: Any = "" if _readline is None else _readline.get_line_buffer()
        return self._lines > 0 or bool(typed.strip())

    def _line(self, prompt: str) -> str:
        begin, end = self._color
        line = input(f"{begin}{prompt}{end}")
        self._lines += 1
        return line

"""Messages typed at a terminal, with the line editing and history of readline where there is one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

try:
    import readline as _readline
except ImportError:  # Windows: its own console edits lines
    _readline = None  # type: ignore[assignment]  # a module that not every platform has

__all__ = ["Prompt", "history_file"]

_FIRST, _FURTHER = "> ", "… "
_QUOTES = '"""'
_KEPT_LINES = 1000


def history_file() -> Path | None:
    """Where what was typed is kept for the next time; None where there is no home folder, as in some containers."""
    state = os.environ.get("XDG_STATE_HOME")
    try:
        return (Path(state) if state else Path.home() / ".local" / "state") / "edgequake" / "chat_history"
    except RuntimeError:
        return None


class Prompt:
    """Asks for one message after the other.

    With a ``history`` file, the lines typed are there the next time; only its owner can read it. One that cannot be
    written to is done without.
    """

    def __init__(self, *, colored: bool, history: Path | None = None) -> None:
        self._lines = 0
        self._history = None if _readline is None or history is None else _opened(history)
        if _readline is not None:
            _readline.parse_and_bind("set enable-bracketed-paste on")  # several lines pasted are one message
            _readline.set_history_length(_KEPT_LINES)
            if self._history is not None:
                with suppress(OSError):
                    _readline.read_history_file(self._history)
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
        before = _kept()
        line = input(f"{begin}{prompt}{end}")
        self._lines += 1
        if _readline is not None and self._history is not None and _kept() > before:
            with suppress(OSError):
                _readline.append_history_file(1, self._history)  # at once: other sessions may write to it too
        return line


def _kept() -> int:
    """How many lines readline remembers."""
    return 0 if _readline is None else _readline.get_current_history_length()


def _opened(history: Path) -> Path | None:
    """The file, there for its owner alone; None if that cannot be."""
    try:
        history.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        history.touch(mode=0o600)
        history.chmod(0o600)  # one that was there before may be open to others
    except OSError:
        return None
    return history

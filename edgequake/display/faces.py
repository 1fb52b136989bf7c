"""Where a live answer is shown: a terminal, a pipe, or a notebook."""

from __future__ import annotations

import io
import sys
from html import escape
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner

from edgequake.display.markdown import Blocks, Rendered, as_html, rendered
from edgequake.display.text import dim, one_line

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["Face", "face_of", "is_plain"]

_WIDEST = 100
_PAINTED_A_SECOND = 12
_PAINTED = 20_000  # characters of a long block: more than a terminal has room for
_SHORT = 2000  # a notebook is sent the whole text each time: a short one with every piece


class Face(Protocol):
    """Where an answer is shown."""

    read_by_a_person: bool
    """False for a pipe."""

    def begin(self) -> None:
        """Shows that the answer is being waited for."""

    def say(self, words: str) -> None:
        """Shows what the server is doing, while there is no text."""

    def add(self, text: str) -> None:
        """Shows the next piece of the text."""

    def end(self, *, quietly: bool) -> None:
        """Shows what is left of the text, unless ``quietly``, and takes the waiting indicator away."""

    def print(self, what: RenderableType) -> None:
        """Shows ``what`` below the text."""


def face_of(console: Console, waiting: str) -> Face:
    """The face that fits where ``console`` writes; ``waiting`` are the words until the first text."""
    if console.file is sys.stdout and (display := _notebook()) is not None:
        return _Notebook(display, waiting)
    return _Plain(console) if is_plain(console) else _Terminal(console, waiting)


def _notebook() -> Any:
    """``IPython.display``, if this runs in a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if any(kind.__name__ == "ZMQInteractiveShell" for kind in type(shell).__mro__):
        return import_module("IPython.display")
    return None


def is_plain(console: Console) -> bool:
    """Whether ``console`` cannot erase what it shows."""
    return not console.is_terminal or console.is_dumb_terminal or console.legacy_windows


class _Plain:
    """A pipe, or a terminal that cannot erase: the text as it comes, and a line's end at its end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._at_line_start = True
        self.read_by_a_person = console.is_terminal

    def begin(self) -> None:
        pass

    def say(self, words: str) -> None:
        pass

    def add(self, text: str) -> None:
        self._at_line_start = text.endswith("\n")
        self._console.file.write(text)
        self._console.file.flush()

    def end(self, *, quietly: bool) -> None:
        if not self._at_line_start and not quietly:
            self.add("\n")

    def print(self, what: RenderableType) -> None:
        self._console.print(what)


class _Terminal:
    """A terminal: whole blocks of Markdown are printed once, and the last one is painted anew as it grows."""

    read_by_a_person = True

    def __init__(self, console: Console, waiting: str) -> None:
        self._console = console
        self._width = min(console.width - 1, _WIDEST)
        self._spinner = Spinner("dots", text=dim(waiting), style="cyan")
        self._blocks = Blocks()
        self._printed = False
        self._shown = False
        self._live = Live(
            console=console,
            get_renderable=self._now,
            transient=True,
            refresh_per_second=_PAINTED_A_SECOND,
            redirect_stdout=False,
            redirect_stderr=sys.stderr.isatty(),  # the log is written above the answer, not over it
        )

    def begin(self) -> None:
        self._live.start(refresh=True)
        self._shown = True

    def say(self, words: str) -> None:
        self._spinner.update(text=dim(words))

    def add(self, text: str) -> None:
        for block in self._blocks.feed(text):
            self._print(block)

    def end(self, *, quietly: bool) -> None:
        cut_short = self._shown and not self._live.is_started
        self._live.stop()
        self._shown = False
        if not quietly:
            self._print(self._blocks.flush())
        if cut_short:  # Ctrl-C came while it was being taken away: it may have left the cursor hidden
            self._console.show_cursor()

    def print(self, what: RenderableType) -> None:
        self._console.print(what)

    def _print(self, block: str) -> None:
        if lines := rendered(self._console, block, self._width):
            lines = [[], *lines] if self._printed else lines
            self._printed = True
            self._console.print(Rendered(lines))

    def _now(self) -> RenderableType:
        """What is painted: the last lines of the block that is being written, as many as there is room for."""
        lines = rendered(self._console, self._blocks.end(_PAINTED), self._width)
        if not lines:
            return Rendered([]) if self._printed else self._spinner
        room = max(1, self._console.height - 2)
        return Rendered([[], *lines][-room:] if self._printed else lines[-room:])


class _Notebook:
    """A notebook's output: one display that is updated."""

    read_by_a_person = True

    def __init__(self, display: Any, waiting: str) -> None:
        self._display = display
        self._waiting = waiting
        self._handle: Any = None
        self._text = ""
        self._painted = 0.0

    def begin(self) -> None:
        self._handle = self._display.display(_output(self._waiting, dimmed=True), raw=True, display_id=True)

    def say(self, words: str) -> None:
        if not self._text:
            self._handle.update(_output(one_line(words), dimmed=True), raw=True)

    def add(self, text: str) -> None:
        self._text += text
        now = monotonic()
        if len(self._text) < _SHORT or now - self._painted >= 1 / _PAINTED_A_SECOND:
            self._painted = now
            self._paint()

    def end(self, *, quietly: bool) -> None:
        self._paint()

    def print(self, what: RenderableType) -> None:
        written = io.StringIO()
        Console(file=written, width=_WIDEST, force_jupyter=False, force_terminal=False).print(what)
        self._display.display(self._display.Pretty(written.getvalue().strip("\n")))

    def _paint(self) -> None:
        self._handle.update(_output(self._text), raw=True)


def _output(text: str, *, dimmed: bool = False) -> dict[str, str]:
    """What a notebook shows: as HTML, for a notebook runs the scripts that stand in Markdown."""
    return {"text/html": f"<em>{escape(text)}</em>" if dimmed else as_html(text), "text/plain": text}

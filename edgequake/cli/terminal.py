"""What a person sees on a terminal: the answer as it comes, its sources, and how long it took."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from edgequake.cli.views import left_to_show, sources_shown, timing_of
from edgequake.display import StreamDisplay
from edgequake.display.sources import numbered_table
from edgequake.display.text import dim

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import RenderableType

    from edgequake import EdgeQuakeError
    from edgequake.cli.views import Outcome, Shown

__all__ = ["TerminalView", "TurnView", "Waiting"]


class Waiting:
    """A spinner with a few words, inside a ``with`` block or until it is stopped; it leaves nothing behind."""

    def __init__(self, console: Console, words: str = "") -> None:
        self._shown = False
        self._spinner = Spinner("dots", text=dim(words), style="cyan")
        self._live = Live(
            self._spinner,
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=sys.stderr.isatty(),  # the log is written above the spinner, not over it
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        self._shown = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        cut_short = self._shown and not self._live.is_started
        self.stop()
        if cut_short:  # Ctrl-C came while it was being taken away: it may have left the cursor hidden
            self._live.console.show_cursor()

    def say(self, words: str) -> None:
        """Changes the words."""
        self._spinner.update(text=dim(words))

    def stop(self) -> None:
        """Takes the spinner away; stopping twice does no harm."""
        self._live.stop()
        self._shown = False


class TerminalView:
    """Shows an answer to a person."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self._display = StreamDisplay(Console(highlight=False), waiting="asking…")

    def __enter__(self) -> Self:
        self._display.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes the typing indicator away and ends the last line."""
        self._display.__exit__(kind, error, trace)

    def stage(self, words: str) -> None:
        """Says beside the typing indicator what is being waited for."""
        self._display.stage(words)

    def text(self, piece: str) -> None:
        """Shows ``piece`` at once; the first one that is not blank takes the typing indicator away."""
        self._display.text(piece)

    def outcome(self, outcome: Outcome) -> None:
        """Shows what the stream did not bring, the sources, and the line of timing if it is wanted."""
        self.text(left_to_show(outcome))
        parts: list[RenderableType] = [] if self._display.begun else [dim("(no answer)")]
        self._display.conclude(*parts, *self._below(outcome))

    def failure(self, outcome: Outcome, error: EdgeQuakeError) -> None:
        """Shows nothing more: the text is there."""

    def _below(self, outcome: Outcome) -> list[RenderableType]:
        """What stands below the answer."""
        sources = sources_shown(outcome, self._shown)
        below: list[RenderableType] = []
        if sources:
            below += ["", Text("Sources", style="bold"), numbered_table(sources)]
        if left := len(outcome.response.sources) - len(sources):
            below += [] if sources else [""]
            words = f"and {left} more" if sources else f"{_counted(left)}, none of them cited"
            below.append(Text(f"  {words}: --all-sources", style="dim"))
        return [*below, "", dim(timing_of(outcome))] if self._shown.timing else below


class TurnView(TerminalView):
    """Shows one answer of a conversation: the sources that it cites, and how many there are."""

    def _below(self, outcome: Outcome) -> list[RenderableType]:
        sources = sources_shown(outcome, self._shown)
        number = len(outcome.response.sources)
        facts = [f"{_counted(number)} (/sources)"] if number else []
        facts += [timing_of(outcome)] if self._shown.timing else []
        table = ["", numbered_table(sources)] if sources else []
        return [*table, *([Text(f"  {' · '.join(facts)}", style="dim")] if facts else [])]


def _counted(number: int) -> str:
    return f"{number} source{'' if number == 1 else 's'}"

"""What a person sees on a terminal: a spinner, the answer as it comes, its sources, and how long it took."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

from rich.console import Console, Group
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from edgequake.cli.text import WordWrap, one_line, printable
from edgequake.cli.views import left_to_show

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from rich.console import RenderableType

    from edgequake import EdgeQuakeError, Source, StreamTiming
    from edgequake.cli.views import Outcome

__all__ = ["TerminalView", "TurnView", "Waiting", "is_plain", "sources_table", "timing_line"]

_WIDEST = 100
_MOST_OF_THE_GRAPH = 5


class Waiting:
    """A spinner with a few words, inside a ``with`` block or until it is stopped; it leaves nothing behind."""

    def __init__(self, console: Console, words: str = "") -> None:
        self._shown = False
        self._spinner = Spinner("dots", text=_dim(words), style="cyan")
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
        self._spinner.update(text=_dim(words))

    def stop(self) -> None:
        """Takes the spinner away; stopping twice does no harm."""
        self._live.stop()
        self._shown = False


class TerminalView:
    """Shows an answer to a person."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._waiting = Waiting(self._console, "asking…")
        self._wrap = None if is_plain(self._console) else WordWrap(min(self._console.width - 1, _WIDEST))
        self._begun = False
        self._at_line_start = True

    def __enter__(self) -> Self:
        self._waiting.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes the spinner away and ends the last line."""
        self._waiting.__exit__(kind, error, trace)
        if not isinstance(error, BrokenPipeError):
            self._end_line()

    def stage(self, words: str) -> None:
        """Says beside the spinner what is being waited for."""
        self._waiting.say(words)

    def text(self, piece: str) -> None:
        """Writes ``piece`` at once; the first one that is not blank takes the spinner away."""
        piece = printable(piece)
        if not self._begun:
            piece = piece.lstrip()
            if not piece:
                return
            self._waiting.stop()
            self._begun = True
        self._write(self._wrap.feed(piece) if self._wrap else piece)

    def outcome(self, outcome: Outcome) -> None:
        """Writes what the stream did not bring, the sources, and the line of timing."""
        self.text(left_to_show(outcome))
        self._waiting.stop()
        self._end_line()
        parts: list[RenderableType] = [] if self._begun else [_dim("(no answer)")]
        self._console.print(Group(*parts, *self._below(outcome)))

    def failure(self, outcome: Outcome, error: EdgeQuakeError) -> None:
        """Shows nothing more: the text is there."""

    def _below(self, outcome: Outcome) -> list[RenderableType]:
        """What stands below the answer."""
        sources = outcome.response.sources
        shown: list[RenderableType] = ["", Text("Sources", style="bold"), sources_table(sources)] if sources else []
        return [*shown, "", timing_line(outcome)]

    def _write(self, text: str) -> None:
        if text:
            self._at_line_start = text.endswith("\n")
            sys.stdout.write(text)
            sys.stdout.flush()

    def _end_line(self) -> None:
        if not self._at_line_start:
            self._write("\n")


class TurnView(TerminalView):
    """Shows one answer of a conversation, its sources only counted."""

    def _below(self, outcome: Outcome) -> list[RenderableType]:
        number = len(outcome.response.sources)
        counted = f"{number} source{'' if number == 1 else 's'} (/sources) · " if number else ""
        return [_dim(counted + timing_line(outcome).plain)]


def sources_table(sources: Iterable[Source], *, whole: bool = False) -> RenderableType:
    """The sources, numbered as the answer cites them.

    Of a large graph the first few, and how many more there are, unless the ``whole`` of it is wanted.
    """
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", style="cyan", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(style="dim", overflow="fold")
    table.add_column(style="dim", justify="right", no_wrap=True)
    sources = list(sources)
    numbered = any(source.reference_id is not None for source in sources)
    shown: dict[str, int] = {}
    for n, source in enumerate(sources, 1):
        kind = source.source_type
        shown[kind] = shown.get(kind, 0) + 1
        if kind in _GRAPH and shown[kind] > _MOST_OF_THE_GRAPH and not whole:
            continue
        number = source.reference_id if numbered else n
        table.add_row(
            Text("·" if number is None else f"[{number}]"), _name(source), _kind(source), Text(f"{source.score:.2f}")
        )
    left = {kind: shown.get(kind, 0) - _MOST_OF_THE_GRAPH for kind in _GRAPH}
    more = [f"{number} more {_GRAPH[kind]}" for kind, number in left.items() if number > 0]
    rest = [_dim(f"and {', '.join(more)}: --json shows all")] if more and not whole else []
    return Padding(Group(table, *rest), (0, 0, 0, 2))


_GRAPH = {"entity": "entities", "relationship": "relationships"}


def _name(source: Source) -> Text:
    if source.source_type in _GRAPH:
        return Text(one_line((source.id or source.label).replace("->", " → ")))
    name = Text(one_line(source.label))
    if source.start_line is not None:
        name.append(f":{_span(source.start_line, source.end_line)}", style="dim")
    return name


def _kind(source: Source) -> Text:
    """What the source is, when that is not a passage; the pages of a passage from a paged document."""
    if source.source_type not in _GRAPH:
        return Text("" if source.page_start is None else f"p. {_span(source.page_start, source.page_end)}")
    if source.entity_type:
        return Text(f"{source.source_type} ({one_line(source.entity_type).lower()})")
    return Text(source.source_type)


def _span(first: int, last: int | None) -> str:
    return str(first) if last is None or last == first else f"{first}-{last}"


def timing_line(outcome: Outcome) -> Text:
    """How long the answer took, in which mode, and from which model, in one dim line."""
    response = outcome.response
    model = [response.stats.llm_provider, response.stats.llm_model]
    parts = [
        *_times(outcome.timing),
        one_line(response.mode or ""),
        one_line("/".join(name for name in model if name)),
    ]
    return _dim(" · ".join(part for part in parts if part))


def _times(timing: StreamTiming) -> list[str]:
    total = _duration(timing.total or 0.0)
    if not timing.chunks:
        return [f"answered in {total}"]
    chunks = f"{timing.chunks} chunk{'s' if timing.chunks > 1 else ''} in {total}"
    if (rate := timing.chunks_per_second) is not None:
        chunks += f" ({rate:,.0f}/s)" if rate >= 10 else f" ({rate:.1f}/s)"
    first = timing.time_to_first_chunk
    return [chunks] if first is None else [f"first chunk after {_duration(first)}", chunks]


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"


def _dim(words: str) -> Text:
    return Text(one_line(words), style="dim")


def is_plain(console: Console) -> bool:
    """Whether the terminal cannot erase what it shows."""
    return not console.is_terminal or console.is_dumb_terminal or console.legacy_windows

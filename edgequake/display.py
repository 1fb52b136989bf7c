"""Shows an answer while it streams: on a terminal, into a pipe, or in a Jupyter notebook.

::

    from edgequake import EdgequakeClient
    from edgequake.display import StreamDisplay

    answer = StreamDisplay().show(EdgequakeClient().query.stream("What is EdgeQuake?"))

Needs ``pip install "edgequake[cli]"``.
"""

from __future__ import annotations

import io
import sys
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from edgequake._core.anychunk import AnyChunk
from edgequake._markdown import Blocks, Rendered, rendered
from edgequake.chunks import Chunk
from edgequake.cli.sources import sources_table
from edgequake.cli.text import one_line, printable
from edgequake.cli.views import stage_of
from edgequake.models._model import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from rich.console import RenderableType

    from edgequake._async.stream import AsyncStream
    from edgequake._core.timing import StreamTiming
    from edgequake._sync.stream import Stream
    from edgequake.models.source import Source

__all__ = ["StreamDisplay"]

ChunkT = TypeVar("ChunkT", bound=AnyChunk)
AnswerT = TypeVar("AnswerT", bound=Answer)

_WIDEST = 100
_PAINTED_A_SECOND = 12
_PAINTED = 20_000  # characters of a long block: more than a terminal has room for
_SHORT = 2000  # a notebook is sent the whole text each time: a short one with every piece


class StreamDisplay:
    """A typing indicator until the first text, the answer as live Markdown, then its sources and figures.

    In a pipe, and on a terminal that cannot erase, the text comes as it is. A notebook gets one output that grows.
    The figures are tokens (the server's count, or else the chunks with text), seconds, and tokens a second.

    :meth:`show` and :meth:`ashow` do all of it; ``with`` and the other methods are for loops of your own.

    :param console: where to show it; a ``rich`` console of your own, else one on stdout.
    :param waiting: the words beside the typing indicator.
    :param summary: whether sources and figures follow. Default: where a person reads it, so not in a pipe.
    """

    def __init__(
        self, console: Console | None = None, *, waiting: str = "thinking…", summary: bool | None = None
    ) -> None:
        self._console = Console(highlight=False) if console is None else console
        self._waiting = waiting
        self._wanted = summary
        self._clear()
        self.begun: bool
        """Whether any text has been shown."""

    def show(self, stream: Stream[ChunkT, AnswerT]) -> AnswerT:
        """Shows the whole of ``stream`` and returns its answer; raises what iterating it raises, the text shown."""
        with self, stream:
            for chunk in stream:
                self.chunk(chunk)
            answer = stream.final()
            self._conclude(stream, answer)
        return answer

    async def ashow(self, stream: AsyncStream[ChunkT, AnswerT]) -> AnswerT:
        """:meth:`show`, for an async stream."""
        with self:
            async with stream:
                async for chunk in stream:
                    self.chunk(chunk)
                answer = await stream.final()
                self._conclude(stream, answer)
        return answer

    def __enter__(self) -> Self:
        self._clear()
        self._face.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes the typing indicator away; the text that came stays."""
        self._face.end(quietly=isinstance(error, BrokenPipeError))

    def chunk(self, chunk: AnyChunk) -> None:
        """Shows a chunk: its text, or beside the typing indicator what the server is doing."""
        if text := chunk.text:
            self._tokens += 1
            self.text(text)
        elif isinstance(chunk, Chunk) and (words := stage_of(chunk)):
            self.stage(words)

    def stage(self, words: str) -> None:
        """Says beside the typing indicator what is being waited for."""
        self._face.say(words)

    def text(self, piece: str) -> None:
        """Shows the next piece of the answer. Control characters are made visible, so that they steer nothing."""
        piece = printable(piece)
        if not self.begun:
            piece = piece.lstrip()
        if piece:
            self.begun = True
            self._face.add(piece)

    def conclude(self, *below: RenderableType) -> None:
        """Ends the answer, and shows ``below`` under it."""
        self._face.end(quietly=False)
        if below:
            self._face.print(Group(*below))

    def _clear(self) -> None:
        """Makes it ready for an answer, the first or another."""
        self._face = _face(self._console, self._waiting)
        self._summary = self._face.read_by_a_person if self._wanted is None else self._wanted
        self._tokens = 0
        self.begun = False

    def _conclude(self, stream: Stream[Any, Any] | AsyncStream[Any, Any], answer: Answer) -> None:
        whole = str(answer)
        if whole.startswith(stream.text):  # the server's final text may have more at its end
            self.text(whole[len(stream.text) :])
        empty = [] if self.begun or not self._summary else [_dim("(no answer)")]
        self.conclude(*empty, *self._below(stream.sources, stream.timing, stream.stats.tokens_used))

    def _below(self, sources: list[Source], timing: StreamTiming, tokens: int | None) -> Iterable[RenderableType]:
        if self._summary:
            if sources:
                yield from ("", Text("Sources", style="bold"), sources_table(sources, hint=""))
            yield from ("", _dim(_figures(timing, self._tokens if tokens is None else tokens)))


def _figures(timing: StreamTiming, tokens: int) -> str:
    """``12 tokens in 0.50 s (30.1 tokens/s), the first after 0.10 s``."""
    total, first = timing.total or 0.0, timing.time_to_first_chunk or 0.0
    words = f"{tokens} token{'' if tokens == 1 else 's'} in {total:.2f} s"
    if tokens > 1 and total > first:
        words += f" ({(tokens - 1) / (total - first):,.1f} tokens/s)"
    return words if timing.time_to_first_chunk is None else f"{words}, the first after {first:.2f} s"


class _Face(Protocol):
    """Where it is shown."""

    read_by_a_person: bool

    def begin(self) -> None: ...
    def say(self, words: str) -> None: ...
    def add(self, text: str) -> None: ...
    def end(self, *, quietly: bool) -> None: ...
    def print(self, what: RenderableType) -> None: ...


def _face(console: Console, waiting: str) -> _Face:
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
    """A terminal: whole blocks of Markdown are printed for good, and the last one is painted anew as it grows."""

    read_by_a_person = True

    def __init__(self, console: Console, waiting: str) -> None:
        self._console = console
        self._width = min(console.width - 1, _WIDEST)
        self._spinner = Spinner("dots", text=_dim(waiting), style="cyan")
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
        self._spinner.update(text=_dim(words))

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
        self._handle = self._display.display(self._display.Markdown(f"*{self._waiting}*"), display_id=True)

    def say(self, words: str) -> None:
        if not self._text:
            self._handle.update(self._display.Markdown(f"*{one_line(words)}*"))

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
        self._handle.update(self._display.Markdown(self._text))


def _dim(words: str) -> Text:
    return Text(one_line(words), style="dim")

"""``StreamDisplay``: an answer that is shown while it streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from rich.console import Console, Group
from rich.text import Text

from edgequake._core.protocols import AnyChunk
from edgequake.chunks import Chunk
from edgequake.display.faces import face_of
from edgequake.display.sources import sources_table
from edgequake.display.stages import stage_of
from edgequake.display.text import dim, printable
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


class StreamDisplay:
    """Shows an answer while it streams: as live Markdown, and then its sources and its statistics.

    It shows a typing indicator until the first text comes. In a pipe, and on a terminal that cannot erase, the text is
    shown unchanged. In a notebook, the answer is one output that grows. The statistics are tokens, seconds, and tokens
    per second. If the server does not count tokens, each chunk with text counts as one.

    :meth:`show` and :meth:`ashow` do everything. For a loop of your own, use ``with`` and the other methods.

    :param console: a ``rich`` console. Default: a console on stdout.
    :param waiting: the words beside the typing indicator.
    :param summary: whether to show sources and statistics. Default: True, but False in a pipe.
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
        """Shows all of ``stream`` and returns its answer. If the stream fails, the text stays. The error is raised."""
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
        """Removes the typing indicator. The text stays."""
        self._face.end(quietly=isinstance(error, BrokenPipeError))

    def chunk(self, chunk: AnyChunk) -> None:
        """Shows the text of a chunk. A chunk without text may change the words beside the typing indicator."""
        if text := chunk.text:
            self._tokens += 1
            self.text(text)
        elif isinstance(chunk, Chunk) and (words := stage_of(chunk)):
            self.stage(words)

    def stage(self, words: str) -> None:
        """Shows ``words`` beside the typing indicator."""
        self._face.say(words)

    def text(self, piece: str) -> None:
        """Shows the next piece of the answer. Control characters are shown as visible signs and have no effect."""
        piece = printable(piece)
        if not self.begun:
            piece = piece.lstrip()
        if piece:
            self.begun = True
            self._face.add(piece)

    def conclude(self, *below: RenderableType) -> None:
        """Ends the answer and shows ``below`` under it."""
        self._face.end(quietly=False)
        if below:
            self._face.print(Group(*below))

    def _clear(self) -> None:
        """Makes it ready for an answer, the first or another."""
        self._face = face_of(self._console, self._waiting)
        self._summary = self._face.read_by_a_person if self._wanted is None else self._wanted
        self._tokens = 0
        self.begun = False

    def _conclude(self, stream: Stream[Any, Any] | AsyncStream[Any, Any], answer: Answer) -> None:
        whole = str(answer)
        if whole.startswith(stream.text):  # the server's final text may have more at its end
            self.text(whole[len(stream.text) :])
        empty = [] if self.begun or not self._summary else [dim("(no answer)")]
        self.conclude(*empty, *self._below(stream.sources, stream.timing, stream.stats.tokens_used))

    def _below(self, sources: list[Source], timing: StreamTiming, tokens: int | None) -> Iterable[RenderableType]:
        if self._summary:
            if sources:
                yield from ("", Text("Sources", style="bold"), sources_table(sources))
            yield from ("", dim(_figures(timing, self._tokens if tokens is None else tokens)))


def _figures(timing: StreamTiming, tokens: int) -> str:
    """``12 tokens in 0.50 s (30.1 tokens/s), the first after 0.10 s``."""
    total, first = timing.total or 0.0, timing.time_to_first_chunk or 0.0
    words = f"{tokens} token{'' if tokens == 1 else 's'} in {total:.2f} s"
    if tokens > 1 and total > first:
        words += f" ({(tokens - 1) / (total - first):,.1f} tokens/s)"
    return words if timing.time_to_first_chunk is None else f"{words}, the first after {first:.2f} s"

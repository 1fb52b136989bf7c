"""What a command shows of an answer: on a terminal (see :mod:`edgequake.cli.terminal`), into a pipe, or as JSON."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from edgequake._core.citations import cited, numbered, place_of
from edgequake.cli.errors import say
from edgequake.cli.text import plain
from edgequake.display.text import one_line, printable

if TYPE_CHECKING:
    from types import TracebackType

    from edgequake import EdgeQuakeError, QueryResponse, Source, StreamTiming

__all__ = ["JSONView", "Outcome", "PipeView", "Shown", "View", "as_json", "left_to_show", "sources_shown", "timing_of"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A whole answer, and how it came."""

    response: QueryResponse
    streamed: str
    """The text that was shown on the way."""
    timing: StreamTiming
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of an answer beside its text. The sources that it cites are always shown."""

    all_sources: bool = False
    """Every source, not only those that the answer cites."""
    timing: bool = False
    """How long it took."""


class View(Protocol):
    """Shows one answer, inside a ``with`` block that it tidies up after, however that ends."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def stage(self, words: str) -> None:
        """Says what is being waited for."""

    def text(self, piece: str) -> None:
        """Shows the next piece of the answer."""

    def outcome(self, outcome: Outcome) -> None:
        """Shows what is left when the answer is whole."""

    def failure(self, outcome: Outcome, error: EdgeQuakeError) -> None:
        """Shows what came before ``error``; the error itself is told elsewhere."""


class _Quiet:
    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def stage(self, words: str) -> None:
        pass

    def text(self, piece: str) -> None:
        pass

    def failure(self, outcome: Outcome, error: EdgeQuakeError) -> None:
        pass


class PipeView(_Quiet):
    """The answer's text as it comes, and the sources that it cites, a line each; ``before`` goes before all that."""

    def __init__(self, shown: Shown, before: str = "") -> None:
        self._shown = shown
        self._before = before
        self._held = ""  # newlines that may turn out to be the last
        self._begun = False
        self._outcome: Outcome | None = None

    def text(self, piece: str) -> None:
        """Writes ``piece``, but for the newlines at its end."""
        text = self._held + printable(piece)  # what reads the pipe may be a terminal
        shown = text.rstrip("\n")
        self._held = text[len(shown) :]
        if shown:
            self._begun = True
            sys.stdout.write(self._before + shown)
            self._before = ""
            sys.stdout.flush()

    def outcome(self, outcome: Outcome) -> None:
        """Writes what the stream did not bring."""
        self.text(left_to_show(outcome))
        self._outcome = outcome

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the last line, and writes the sources."""
        if isinstance(error, BrokenPipeError):
            return
        outcome = self._outcome
        lines = [] if outcome is None else [_line(*one) for one in sources_shown(outcome, self._shown)]
        if self._begun:
            lines[:0] = ["\n", "\n"] if lines else ["\n"]
        sys.stdout.write("".join(lines))
        sys.stdout.flush()
        if outcome is not None and self._shown.timing:
            say(timing_of(outcome))


class JSONView(_Quiet):
    """One JSON object, when the answer is whole or has failed."""

    def outcome(self, outcome: Outcome) -> None:
        """Writes the object."""
        self._write(outcome)

    def failure(self, outcome: Outcome, error: EdgeQuakeError) -> None:
        """Writes the object with what came, and the ``error``."""
        told = {"type": type(error).__name__, "code": getattr(error, "code", None), "message": plain(str(error))}
        self._write(outcome, error=told)

    @staticmethod
    def _write(outcome: Outcome, **more: Any) -> None:
        response, timing = outcome.response, outcome.timing
        fields = response.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        known = {
            "answer": response.answer,
            "mode": response.mode,
            "provider": response.stats.llm_provider,
            "model": response.stats.llm_model,
            "sources": fields.pop("sources", []),
            "stats": fields.pop("stats", {}),
            "timing": {
                "time_to_first_byte": timing.time_to_first_byte,
                "time_to_first_chunk": timing.time_to_first_chunk,
                "total": timing.total,
                "chunks": timing.chunks,
                "chunks_per_second": timing.chunks_per_second,
            },
            "request_id": outcome.request_id,
        }
        further = {name: fields[name] for name in fields.keys() - known.keys()}
        sys.stdout.write(as_json(known | further | more))


def _line(number: int | None, source: Source) -> str:
    return f"[{'·' if number is None else number}] {one_line(place_of(source))}\n"


def sources_shown(outcome: Outcome, shown: Shown) -> list[tuple[int | None, Source]]:
    """The sources to show, with their numbers."""
    sources = outcome.response.sources
    return numbered(sources) if shown.all_sources else cited(outcome.response.answer, sources)


def left_to_show(outcome: Outcome) -> str:
    """What the final text adds to the text streamed; nothing when the server has rewritten it."""
    answer, streamed = outcome.response.answer, outcome.streamed
    return answer[len(streamed) :] if answer.startswith(streamed) else ""


def as_json(value: Any, *, one_line: bool = False) -> str:
    """``value`` as JSON: a line of it for a program, indented on a terminal, no control character ever raw.

    With ``one_line`` it is a line on a terminal too, for output of many lines.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() and not one_line else None)
    return re.sub("[\x7f-\x9f\u202d\u202e\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def timing_of(outcome: Outcome) -> str:
    """How long the answer took, in which mode, and from which model, in one line."""
    response = outcome.response
    model = [response.stats.llm_provider, response.stats.llm_model]
    parts = [
        *_times(outcome.timing),
        one_line(response.mode or ""),
        one_line("/".join(name for name in model if name)),
    ]
    return " · ".join(part for part in parts if part)


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

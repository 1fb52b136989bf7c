"""What a command shows of an answer: on a terminal (see :mod:`edgequake.cli.terminal`), into a pipe, or as JSON."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from edgequake.cli.text import plain

if TYPE_CHECKING:
    from types import TracebackType

    from edgequake import EdgeQuakeError, QueryResponse, StreamTiming

__all__ = ["JSONView", "Outcome", "PipeView", "View", "as_json", "left_to_show"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A whole answer, and how it came."""

    response: QueryResponse
    streamed: str
    """The text that was shown on the way."""
    timing: StreamTiming
    request_id: str | None = None


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
    """The answer's text alone, as it comes, with one newline at its end; ``before`` goes before it."""

    def __init__(self, before: str = "") -> None:
        self._before = before
        self._held = ""  # newlines that may turn out to be the last
        self._begun = False

    def text(self, piece: str) -> None:
        """Writes ``piece``, but for the newlines at its end."""
        text = self._held + piece
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the last line."""
        if self._begun and not isinstance(error, BrokenPipeError):
            sys.stdout.write("\n")
            sys.stdout.flush()


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


def left_to_show(outcome: Outcome) -> str:
    """What the final text adds to the text streamed; nothing when the server has rewritten it."""
    answer, streamed = outcome.response.answer, outcome.streamed
    return answer[len(streamed) :] if answer.startswith(streamed) else ""


def as_json(value: Any) -> str:
    """``value`` as JSON: a line of it for a program, indented on a terminal, no control character ever raw."""
    text = json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None)
    return re.sub("[\x7f-\x9f\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"

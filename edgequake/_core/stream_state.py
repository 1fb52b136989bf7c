"""How far a stream has come: its answer, its times, and how it ended."""

from __future__ import annotations

from edgequake._core.answer import AnswerState
from edgequake._core.timing import StreamTiming
from edgequake.exceptions import EdgeQuakeError, NetworkError, StreamError, TimeoutError

__all__ = ["BUSY", "StreamState"]

BUSY = "this stream is being read by another thread or task"


class StreamState:
    """What is known of a stream while it is read, and after. Whoever reads it sets the fields."""

    def __init__(self) -> None:
        self.answer = AnswerState()
        self.marks: dict[str, float] = {}
        """When the stream began (``start``), its answer (``first_byte``), and its first chunk (``first_chunk``)."""
        self.read_at = 0.0
        """When the latest read began or ended."""
        self.failure: EdgeQuakeError | None = None
        self.ended = False
        """True once the whole answer has been read."""
        self.closed = False

    @property
    def held_text(self) -> str:
        """Text that has come and that no chunk has brought yet."""
        return ""

    @property
    def state(self) -> str:
        """How far the reading has come, in words."""
        count = self.answer.chunks_received
        chunks = f"{count} chunk{'' if count == 1 else 's'}"
        if self.failure is not None:
            return f"failed after {chunks}: {type(self.failure).__name__}"
        if self.ended:
            return f"read to its end, {chunks}"
        if self.closed:
            return f"closed before its end, after {chunks}"
        return f"open, {chunks} so far" if "first_byte" in self.marks else "not begun"

    @property
    def timing(self) -> StreamTiming:
        """The stream's times so far."""
        marks = self.marks
        since = {name: at - marks["start"] for name, at in marks.items()}
        last = self.read_at or marks.get("first_chunk")  # one read may bring many chunks
        return StreamTiming(
            time_to_first_byte=since.get("first_byte"),
            time_to_first_chunk=since.get("first_chunk"),
            total=last - marks["start"] if last and marks else None,
            chunks=self.answer.chunks_received,
        )

    def check(self) -> None:
        """Raises the failure that ended the stream, or that it was closed before its end."""
        if self.failure is not None:
            raise self.failure
        if self.closed and not self.ended:
            raise self.closed_early()

    def closed_early(self) -> StreamError:
        """The error of a stream that was closed before its end."""
        error = StreamError("this stream was closed before its end")
        self.with_text(error)
        return error

    def with_text(self, error: EdgeQuakeError) -> EdgeQuakeError:
        """``error`` with the text so far."""
        if isinstance(error, NetworkError | TimeoutError | StreamError):
            error.partial_text = self.answer.text + self.held_text
            error.chunks_received = self.answer.chunks_received
        return error

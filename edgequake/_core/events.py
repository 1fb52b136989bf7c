"""The event streams that bring no text: the graph, and how far a PDF is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import ValidationError

from edgequake._core.json import json_bytes, parse_json
from edgequake._core.sse import EventData
from edgequake.exceptions import StreamError, StreamTruncatedError
from edgequake.models._model import Model, explain
from edgequake.models.graph import GraphEvent
from edgequake.models.pdf import PdfProgressEvent

if TYPE_CHECKING:
    from edgequake._core.answer import AnswerState

__all__ = ["GraphDecoder", "PdfProgressDecoder", "events_of_graph", "events_of_progress", "is_graph_content"]

EventT = TypeVar("EventT", bound=Model)

_PDF_ENDS = ("complete", "error", "timeout")


class _EventDecoder(ABC, Generic[EventT]):
    """Turns the data of each event into a model."""

    held_text: ClassVar[str] = ""

    def __init__(self, answer: AnswerState) -> None:
        self._answer = answer
        self.finished = False
        """True once the final event has come."""

    @abstractmethod
    def event(self, fields: dict[str, Any], name: str | None) -> EventT:
        """The event of these fields; ``name`` is that of its ``event:`` line, if it had one."""

    def decode(self, data: bytes) -> EventT | None:
        """The event, or None for one without data; raises :class:`StreamError` for one that cannot be read."""
        if not data:
            return None
        try:
            fields = parse_json(data)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            shown = data[:200].decode("utf-8", "replace")
            raise StreamError(f"the server sent an event that is not a JSON object: {shown!r}")
        try:
            event = self.event(fields, data.event if isinstance(data, EventData) else None)
        except ValidationError as error:
            raise StreamError(f"the server sent an event with {explain(error)}") from error
        self._answer.add_text("")  # counts it
        return event

    def end(self, *, unfinished: bool) -> None:
        """Raises unless the final event has come."""
        if not self.finished:
            raise StreamTruncatedError("the server closed the stream without its final event")


class GraphDecoder(_EventDecoder[GraphEvent]):
    """The events of ``GET /api/v1/graph/stream``."""

    def event(self, fields: dict[str, Any], name: str | None) -> GraphEvent:
        """As of any; an ``error`` is raised."""
        if fields.get("type", name) == "error":
            raise _graph_error(fields)
        event = GraphEvent.model_validate(fields)
        self.finished = self.finished or event.type == "done"
        return event


def is_graph_content(data: bytes) -> bool:
    """False for metadata; raises the error of a server that is busy for a moment."""
    try:
        fields = parse_json(data)
    except ValueError:
        return True
    if not isinstance(fields, dict):
        return True
    if fields.get("reason") == "transient_congestion":
        raise _graph_error(fields)
    return fields.get("type") != "metadata"


def _graph_error(fields: dict[str, Any]) -> StreamError:
    seconds = fields.get("retry_after_secs")
    return StreamError(
        str(fields.get("message") or "the server reported an error without a message"),
        reason=fields.get("reason"),
        retry_after=seconds if isinstance(seconds, int | float) else None,
    )


class PdfProgressDecoder(_EventDecoder[PdfProgressEvent]):
    """The events of ``GET /api/v1/documents/pdf/progress/stream/{track_id}``, which have ``event:`` names."""

    def event(self, fields: dict[str, Any], name: str | None) -> PdfProgressEvent:
        """As of any; ``error`` and ``timeout`` are events too."""
        if "error" in fields and "track_id" not in fields:
            event = PdfProgressEvent.model_validate({"type": name or "timeout", "error": fields["error"]})
        else:
            ended = "complete" if fields.get("is_complete") else "error" if fields.get("is_failed") else "progress"
            event = PdfProgressEvent.model_validate({"type": name or ended, "progress": fields})
        self.finished = self.finished or event.type in _PDF_ENDS
        return event


def events_of_graph(answer: dict[str, Any]) -> list[bytes]:
    """A graph that came whole, as the events of a stream."""
    metadata = {name: answer.get(name) for name in ("total_nodes", "total_edges", "is_truncated")}
    events = [
        {"type": "metadata"} | metadata,
        {"type": "nodes", "nodes": answer.get("nodes", [])},
        {"type": "edges", "edges": answer.get("edges", [])},
        {"type": "done"},
    ]
    return [json_bytes(event) for event in events]


def events_of_progress(answer: dict[str, Any]) -> list[bytes]:
    """Progress that came as a plain answer, as the only event of a stream."""
    return [json_bytes(answer)]

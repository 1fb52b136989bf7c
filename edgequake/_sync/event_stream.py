# Generated from edgequake/_async by scripts/unasync.py: change that, and run `make generate`.
"""Streams of events that bring no text: the graph, and how far a PDF is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from edgequake._sync.base_stream import BaseStream
from edgequake._sync.reader import Reader
from edgequake.chunks import Chunk
from edgequake.models._model import Model
from edgequake.models.graph import Graph, GraphEdge, GraphEvent, GraphNode
from edgequake.models.pdf import PdfProgressEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgequake._sync.session import Session
    from edgequake._core.calls import Call

__all__ = ["EventStream", "GraphStream", "PdfProgressStream"]

EventT = TypeVar("EventT", bound=Model)


class Reading(Generic[EventT]):
    """The state of one stream. Its generator holds this and not the stream: so leaving a loop frees the connection."""

    def __init__(self, session: Session, call: Call[Any]) -> None:
        self.reader: Reader[Any] = Reader(session, call, Chunk, openai_names=False, fallback=None)
        self.last: EventT

    def take(self, event: EventT) -> None:
        """Keeps what is to be kept of an event."""
        self.last = event

    def events(self) -> Iterator[EventT]:
        """The events, in order."""
        for event in self.reader.chunks():
            self.take(event)
            yield event


class EventStream(BaseStream[EventT]):
    """Events as they come: iterate it, also as a context manager.

    Nothing is sent until the first iteration or ``with``. The end of the ``with`` block, ``close()``, cancellation and
    garbage collection release the connection at once. So does leaving a loop over the call itself.
    """

    def __init__(self, reading: Reading[EventT]) -> None:
        self._reading: Reading[EventT] = reading
        self._items: Iterator[EventT] = reading.events()

    @property
    def _reader(self) -> Reader[Any]:
        return self._reading.reader

    def _read_on(self) -> bool:
        """Reads one more event; False at the end."""
        self._check_alone()
        return next(self._items, None) is not None


class PdfProgressStream(EventStream[PdfProgressEvent]):
    """How far a PDF is, event by event: what ``documents.pdf.stream_progress()`` returns.

    ::

        for event in client.documents.pdf.stream_progress(upload):
            if event.progress is not None:
                print(event.progress.overall_percentage)
    """

    def final(self) -> PdfProgressEvent:
        """The last event, ``complete``, ``error`` or ``timeout``; reads what is left of the stream first."""
        while self._read_on():
            pass
        return self._reading.last


class GraphReading(Reading[GraphEvent]):
    """What has come of the graph."""

    def __init__(self, session: Session, call: Call[Any]) -> None:
        super().__init__(session, call)
        self.graph = Graph()
        self.metadata: GraphEvent | None = None
        self.nodes_ended = False

    def take(self, event: GraphEvent) -> None:
        """Adds an event to the graph."""
        super().take(event)
        self.nodes_ended = self.nodes_ended or event.type in ("edges", "done")
        self.graph.nodes += event.nodes
        self.graph.edges += event.edges
        if event.type == "metadata":
            self.metadata = event
            self.graph.total_nodes, self.graph.total_edges = event.total_nodes, event.total_edges
            self.graph.is_truncated = event.is_truncated


class GraphStream(EventStream[GraphEvent]):
    """A part of the graph, event by event: what ``graph.stream()`` returns.

    ::

        with client.graph.stream(max_nodes=200) as stream:
            for node in stream.nodes():
                print(node.id, int(node.degree or 0))
            graph = stream.final()

    The events are ``metadata``, ``nodes`` (several), ``edges`` and ``done``. If the server is busy for a moment
    (``transient_congestion``) before any node has come, it is asked again. For this, you get ``metadata`` together with
    the first nodes.
    """

    def __init__(self, reading: GraphReading) -> None:
        super().__init__(reading)
        self._graph = reading

    @property
    def metadata(self) -> GraphEvent | None:
        """How much there is, and how much of it will come; None until the first event has come."""
        return self._graph.metadata

    def nodes(self) -> Iterator[GraphNode]:
        """The nodes, from the first; ends when all have come, before the edges are waited for."""
        given = 0
        reading = self._graph
        while True:
            for node in reading.graph.nodes[given:]:
                given += 1
                yield node
            if reading.nodes_ended or not self._read_on():
                return

    def edges(self) -> Iterator[GraphEdge]:
        """The edges, which come after all nodes."""
        given = 0
        reading = self._graph
        while True:
            for edge in reading.graph.edges[given:]:
                given += 1
                yield edge
            if not self._read_on():
                return

    def final(self) -> Graph:
        """The whole graph; reads what is left of the stream first.

        Raises the error that ended the stream, or :class:`StreamError` if it was closed before its end.
        """
        while self._read_on():
            pass
        graph = self._graph.graph
        graph._request_id = self.request_id
        return graph

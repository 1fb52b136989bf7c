"""Streams of events that bring no text: the graph, and how far a PDF is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from edgequake._async.reader import AsyncReader
from edgequake._async.toolchain import BUSY
from edgequake._http.waiting import async_sleep
from edgequake.chunks import Chunk
from edgequake.exceptions import StreamError
from edgequake.models._model import Model
from edgequake.models.graph import Graph, GraphEdge, GraphEvent, GraphNode
from edgequake.models.pdf import PdfProgressEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator
    from types import TracebackType

    from edgequake._async.session import AsyncSession
    from edgequake._core.calls import Call
    from edgequake._http.requests import Response

__all__ = ["AsyncEventStream", "AsyncGraphStream", "AsyncPdfProgressStream"]

EventT = TypeVar("EventT", bound=Model)


class AsyncReading(Generic[EventT]):
    """The state of one stream. Its generator holds this and not the stream: so leaving a loop frees the connection."""

    def __init__(self, session: AsyncSession, call: Call[Any]) -> None:
        self._session = session
        self._call = call
        self.reader = self._new_reader()
        self.last: EventT
        self.closed = False

    def take(self, event: EventT) -> bool:
        """Keeps what is to be kept of an event; False for one that is not to be shown."""
        self.last = event
        return True

    def may_restart(self, error: StreamError) -> bool:
        """True when the stream can begin anew after ``error``."""
        return False

    async def events(self) -> AsyncIterator[EventT]:
        """The events, in order."""
        policy = self._session.config.retry
        tries_left = policy.max_retries
        wait: float | None = 0.0
        while wait is not None:
            wait = None
            try:
                async for event in self.reader.chunks():
                    if self.take(event):
                        yield event
            except StreamError as error:
                wait = policy.initial_delay if error.retry_after is None else error.retry_after
                if not self.may_restart(error) or not tries_left or wait > policy.max_retry_after:
                    raise
                tries_left -= 1
                await async_sleep(wait)
                if self.closed:
                    raise
                self.reader = self._new_reader()

    async def aclose(self) -> None:
        """Releases the connection."""
        self.closed = True
        await self.reader.aclose()

    def _new_reader(self) -> AsyncReader[Any]:
        return AsyncReader(self._session, self._call, Chunk, openai_names=False, fallback=None)


class AsyncEventStream(Generic[EventT]):
    """Events as they come: iterate it, also as a context manager.

    Nothing is sent until the first iteration or ``with``. The end of the ``with`` block, ``aclose()``, cancellation and
    garbage collection give the connection back at once; so does leaving a loop over the call itself.
    """

    def __init__(self, reading: AsyncReading[EventT]) -> None:
        self._reading: AsyncReading[EventT] = reading
        self._events: AsyncIterator[EventT] = reading.events()

    def __aiter__(self) -> AsyncIterator[EventT]:
        self._check_alone()
        return self._events

    async def __anext__(self) -> EventT:
        self._check_alone()
        return await anext(self._events)

    async def __aenter__(self) -> Self:
        await self._reading.reader.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends the stream and releases its connection; closing twice is fine."""
        await self._reading.aclose()

    async def close(self) -> None:  # async only
        """The same as ``aclose``."""
        await self.aclose()

    def __await__(self) -> Generator[object, None, Self]:  # async only
        """Opens the stream, for those who write ``await client.graph.stream(…)``."""
        return self.__aenter__().__await__()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._reading.reader.route}: {self._reading.reader.state}>"

    @property
    def response(self) -> Response | None:
        """The ``httpx.Response`` behind the stream; None until it has begun."""
        response: Response | None = self._reading.reader.response
        return response

    @property
    def request_id(self) -> str | None:
        """The server's id of this request; None until the answer has begun."""
        return None if self.response is None else self.response.headers.get("x-request-id")

    def _check_alone(self) -> None:
        self._reading.reader.check()
        if getattr(self._events, "ag_running", False):
            raise StreamError(BUSY)

    async def _read_on(self) -> bool:
        """Reads one more event; False at the end."""
        self._check_alone()
        return await anext(self._events, None) is not None


class AsyncPdfProgressStream(AsyncEventStream[PdfProgressEvent]):
    """How far a PDF is, event by event: what ``documents.pdf.stream_progress()`` returns.

    ::

        async for event in client.documents.pdf.stream_progress(upload):
            if event.progress is not None:
                print(event.progress.overall_percentage)
    """

    async def final(self) -> PdfProgressEvent:
        """The last event, ``complete``, ``error`` or ``timeout``; reads what is left of the stream first."""
        while await self._read_on():
            pass
        return self._reading.last


class AsyncGraphReading(AsyncReading[GraphEvent]):
    """What has come of the graph."""

    def __init__(self, session: AsyncSession, call: Call[Any]) -> None:
        super().__init__(session, call)
        self.graph = Graph()
        self.metadata: GraphEvent | None = None
        self.nodes_ended = False

    def take(self, event: GraphEvent) -> bool:
        """Adds an event to the graph; False for metadata that comes again."""
        super().take(event)
        self.nodes_ended = self.nodes_ended or event.type in ("edges", "done")
        self.graph.nodes += event.nodes
        self.graph.edges += event.edges
        if event.type != "metadata":
            return True
        again, self.metadata = self.metadata is not None, event
        self.graph.total_nodes, self.graph.total_edges = event.total_nodes, event.total_edges
        self.graph.is_truncated = event.is_truncated
        return not again

    def may_restart(self, error: StreamError) -> bool:
        """True for a server that was busy for a moment, before any node came."""
        return error.reason == "transient_congestion" and not self.graph.nodes and not self.nodes_ended


class AsyncGraphStream(AsyncEventStream[GraphEvent]):
    """A part of the graph, event by event: what ``graph.stream()`` returns.

    ::

        async with client.graph.stream(max_nodes=200) as stream:
            async for node in stream.nodes():
                print(node.id, int(node.degree or 0))
            graph = await stream.final()

    The events are ``metadata``, ``nodes`` (several), ``edges`` and ``done``. A server that is busy for a moment
    (``transient_congestion``) is asked again if no node has come.
    """

    def __init__(self, reading: AsyncGraphReading) -> None:
        super().__init__(reading)
        self._graph = reading

    @property
    def metadata(self) -> GraphEvent | None:
        """How much there is, and how much of it will come; None until the first event has come."""
        return self._graph.metadata

    async def nodes(self) -> AsyncIterator[GraphNode]:
        """The nodes, from the first; ends when all have come, before the edges are waited for."""
        given = 0
        reading = self._graph
        while True:
            for node in reading.graph.nodes[given:]:
                given += 1
                yield node
            if reading.nodes_ended or not await self._read_on():
                return

    async def edges(self) -> AsyncIterator[GraphEdge]:
        """The edges, which come after all nodes."""
        given = 0
        reading = self._graph
        while True:
            for edge in reading.graph.edges[given:]:
                given += 1
                yield edge
            if not await self._read_on():
                return

    async def final(self) -> Graph:
        """The whole graph; reads what is left of the stream first.

        Raises the error that ended the stream, or :class:`StreamError` if it was closed before its end.
        """
        while await self._read_on():
            pass
        graph = self._graph.graph
        graph._request_id = self.request_id
        return graph

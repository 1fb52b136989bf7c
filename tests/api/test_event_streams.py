"""The graph and the progress of a PDF, event by event."""

from __future__ import annotations

import httpx
import pytest
from api.conftest import SAMPLES, Caller, reply, sample

from edgequake import ConfigurationError, ServiceUnavailableError, StreamError, StreamTruncatedError, Timeout

UPLOAD = "trk-site-plan"


def recorded(name):
    return events((SAMPLES / name).read_bytes())


def events(body):
    return reply(content=body, headers={"content-type": "text/event-stream"})


def fails(caller: Caller, stream):
    """The error that reading the stream raises, and what came before it."""
    got = []
    with pytest.raises(StreamError) as caught:
        caller.collect_into(got, stream)
    return caught.value, got


def test_the_graph_comes_as_events_and_as_a_whole(caller):
    caller.server.answers(recorded("graph.sse"))
    stream = caller.client().graph.stream(start_node="MIRA", max_nodes=2, batch_size=10)
    assert (caller.server.requests, stream.metadata, stream.request_id) == ([], None, None)
    got = caller.collect(stream)
    assert caller.server.asked == ["GET /api/v1/graph/stream?start_node=MIRA&max_nodes=2&batch_size=10"]
    assert caller.server.requests[0].headers["accept"] == "text/event-stream"
    assert [event.type for event in got] == ["metadata", "nodes", "edges", "done"]
    assert (got[1].batch, got[1].total_batches, got[3].nodes_count, got[3].duration_ms) == (1, 1, 2, 84)
    assert not any(event.model_extra for event in got)
    graph = caller.run(stream.final())
    assert [node.id for node in graph.nodes] == ["MIRA_OKAFOR", "ORION_RELAY"]
    assert [edge.relationship_type for edge in graph.edges] == ["OPERATES"]
    assert (graph.total_nodes, graph.is_truncated, graph.request_id) == (214, True, "r-1")
    assert stream.metadata.nodes_to_stream == 2


def test_nodes_and_edges_can_be_read_one_by_one_and_again(caller):
    caller.server.answers(recorded("graph.sse"))
    stream = caller.client().graph.stream()
    for _ in range(2):
        assert [int(node.degree) for node in caller.collect(stream.nodes())] == [5, 3]
    for _ in range(2):
        assert [edge.target for edge in caller.collect(stream.edges())] == ["ORION_RELAY"]
    assert len(caller.run(stream.final()).nodes) == 2
    assert len(caller.server.requests) == 1


def test_a_graph_that_comes_whole_is_a_stream_too(caller):
    caller.server.answers(reply(json=sample("graph")))
    stream = caller.client().graph.stream()
    assert [event.type for event in caller.collect(stream)] == ["metadata", "nodes", "edges", "done"]
    graph = caller.run(stream.final())
    assert (len(graph.nodes), len(graph.edges), graph.total_edges) == (2, 1, 390)


BUSY = b'data: {"type":"error","message":"busy","reason":"transient_congestion","retry_after_secs":%d}\n\n'


def test_a_server_that_is_busy_for_a_moment_is_asked_again_before_any_node(caller):
    metadata, nodes = (SAMPLES / "graph.sse").read_bytes().split(b"\n\n")[:2]
    busy = BUSY % 0
    caller.server.answers(events(metadata + b"\n\n" + busy), events(busy), recorded("graph.sse"))
    stream = caller.client().graph.stream()
    assert [event.type for event in caller.collect(stream)] == ["metadata", "nodes", "edges", "done"]  # metadata once
    assert len(caller.server.requests) == 3
    caller.server.answers(events(metadata + b"\n\n" + nodes + b"\n\n" + busy))
    error, got = fails(caller, caller.client().graph.stream())
    assert (str(error), error.reason, error.retry_after) == ("busy", "transient_congestion", 0)
    assert [event.type for event in got] == ["metadata", "nodes"]
    assert len(caller.server.requests) == 1
    caller.server.answers(events(busy))  # it stays busy
    fails(caller, caller.client().graph.stream())
    assert len(caller.server.requests) == 4


def test_a_retry_of_a_busy_graph_is_logged_counted_and_bounded_as_any(caller, caplog):
    calls = []
    caller.server.answers(events(BUSY % 0), recorded("graph.sse"))
    caller.collect(caller.client(on_call=calls.append).graph.stream())
    assert [(call.outcome, call.retries) for call in calls] == [("completed", 1)]
    assert [record.message for record in caplog.records] == [
        "GET /api/v1/graph/stream failed: busy; retry 1 of 3 in 0.00 s"
    ]
    caller.server.answers(events(BUSY % 20))
    error, _ = fails(caller, caller.client(timeout=Timeout(30, total=15)).graph.stream())  # which a wait would exceed
    assert str(error) == "busy"
    assert len(caller.server.requests) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'data: {"type":"error","message":"too large","reason":"limit"}\n\n', "too large"),
        (b'data: {"type":"error"}\n\n', "the server reported an error without a message"),
        (b"data: nothing\n\n", "an event that is not a JSON object: 'nothing'"),
        (b"data: [1]\n\n", "an event that is not a JSON object"),
        (b'data: {"type":"nodes","nodes":5}\n\n', "an event with nodes: Input should be a valid list"),
        (b'data: {"type":"metadata"}\n\ndata: \n\n', "closed the stream without its final event"),
        (b"", "closed the stream without its final event"),
    ],
)
def test_what_is_wrong_with_a_graph_is_said(caller, body, words):
    caller.server.answers(events(body))
    stream = caller.client().graph.stream()
    error, _ = fails(caller, stream)
    assert words in str(error)
    assert isinstance(error, StreamTruncatedError) == ("final event" in words)
    again, _ = fails(caller, stream)  # nobody takes the part for the whole
    assert again is error


def test_a_refusal_and_a_missing_setting_are_those_of_any_call(caller):
    caller.server.answers(reply(503, json={"code": "SERVICE_UNAVAILABLE", "message": "busy"}))
    with pytest.raises(ServiceUnavailableError, match="busy"):
        caller.collect(caller.client().graph.stream())
    assert len(caller.server.requests) == 4
    for setting in ("tenant_id", "workspace_id"):
        with pytest.raises(ConfigurationError, match=f"^graph.stream needs {setting}"):
            caller.client(**{setting: None}).graph.stream()


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("pdf_progress.sse", ["progress", "progress", "complete"]),
        ("pdf_progress_failed.sse", ["progress", "error"]),
        ("pdf_progress_timeout.sse", ["timeout"]),
    ],
)
def test_the_progress_of_a_pdf_ends_with_what_became_of_it(caller, name, types):
    caller.server.answers(recorded(name))
    stream = caller.client().documents.pdf.stream_progress(UPLOAD)
    got = caller.collect(stream)
    assert caller.server.asked == [f"GET /api/v1/documents/pdf/progress/stream/{UPLOAD}"]
    assert [event.type for event in got] == types
    last = caller.run(stream.final())
    assert last is got[-1]
    match last.type:
        case "complete":
            assert last.progress.is_complete
        case "error":
            assert last.progress.phases[1].error.code == "VISION_PROVIDER_ERROR"
        case "timeout":
            assert (last.progress, last.error) == (None, "no progress recorded for this id")


def test_progress_without_names_is_told_by_its_fields(caller):
    whole = sample("pdf_progress")
    for fields, kind in (({}, "progress"), ({"is_complete": True}, "complete"), ({"is_failed": True}, "error")):
        caller.server.answers(reply(json={**whole, **fields}))
        stream = caller.client().documents.pdf.stream_progress(UPLOAD)
        if kind == "progress":
            error, (event,) = fails(caller, stream)
            assert isinstance(error, StreamTruncatedError)
        else:
            (event,) = caller.collect(stream)
        assert event.type == kind


class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The beginning of a graph, and whether the client let go of it."""

    closed = False
    body = b'data: {"type":"metadata","total_nodes":1}\n\n'

    def __iter__(self):
        while True:
            yield self.body

    async def __aiter__(self):
        while True:
            yield self.body

    def close(self):
        self.closed = True

    async def aclose(self):
        self.closed = True


def test_leaving_a_stream_gives_its_connection_back(caller):
    body = Endless()
    caller.server._next = lambda _: httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=body)
    client = caller.client()

    async def left_async():
        async with client.graph.stream() as stream:
            assert (await anext(stream)).total_nodes == 1
        return stream

    def left():
        with client.graph.stream() as stream:
            assert next(stream).total_nodes == 1
        return stream

    stream = caller.run(left_async()) if caller.is_async else left()
    assert body.closed
    assert repr(stream).endswith("GraphStream GET /api/v1/graph/stream: closed before its end, after 1 chunk>")
    assert stream.response.status_code == 200
    with pytest.raises(StreamError, match="closed before its end"):
        caller.run(stream.final())

"""A part of the graph as a whole, and as networkx has it; PDFs that are followed."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from flows.conftest import SAMPLES, reply, sample

from edgequake import ConfigurationError
from edgequake.models.uploads import Upload

SSE = {"content-type": "text/event-stream"}


def stream(name: str) -> Any:
    return reply(content=(SAMPLES / f"{name}.sse").read_bytes(), headers=SSE)


def test_the_graph_is_loaded_whole(caller: Any):
    caller.server.on("GET /api/v1/graph/stream", stream("graph"))
    graph = caller.call(lambda c: c.graph.load(max_nodes=50))
    assert (len(graph.nodes) > 0, len(graph.edges) > 0, graph.total_nodes is not None) == (True, True, True)


def test_networkx_gets_nodes_edges_and_totals(caller: Any):
    caller.server.on("GET /api/v1/graph/stream", stream("graph"))
    loaded = caller.call(lambda c: c.graph.load())
    made = caller.call(lambda c: c.graph.to_networkx())
    assert (made.is_directed(), made.is_multigraph()) == (True, True)
    assert set(made) >= {node.id for node in loaded.nodes}
    assert made.number_of_edges() == len(loaded.edges)
    first = loaded.nodes[0]
    assert made.nodes[first.id]["node_type"] == first.node_type
    edge = loaded.edges[0]
    attributes = made[edge.source][edge.target][edge.id or edge.relationship_type]
    assert attributes["relationship_type"] == edge.relationship_type
    assert made.graph["total_nodes"] == loaded.total_nodes


def test_without_networkx_it_says_what_to_install(caller: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "networkx", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'edgequake\[graph\]'"):
        caller.call(lambda c: c.graph.to_networkx())
    assert caller.server.requests == []


PDF = Upload.model_validate(sample("pdf_upload_200") | {"track_id": "trk-site-plan"})
PROGRESS = "GET /api/v1/documents/pdf/progress/stream/trk-site-plan"
DOCUMENT_ID = "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c05"


def test_a_pdf_is_followed_by_its_stream(caller: Any):
    caller.server.on(PROGRESS, stream("pdf_progress"))
    done = sample("document_detail") | {"id": DOCUMENT_ID, "status": "completed"}
    caller.server.on(f"GET /api/v1/documents/{DOCUMENT_ID}", reply(json=done))
    told: list[Any] = []
    ingestion = caller.call(lambda c: c.documents.wait(PDF, on_progress=told.append))
    assert (ingestion.ok, ingestion.document.id, len(caller.server.requests)) == (True, DOCUMENT_ID, 2)
    assert [one.percent for one in told][:2] == [18.5, 71.0]


@pytest.mark.parametrize("answer", [stream("pdf_progress_timeout"), reply(404), reply(content=b"", headers=SSE)])
def test_a_stream_that_says_nothing_is_followed_by_questions(caller: Any, answer: Any):
    caller.server.on(PROGRESS, answer)
    caller.server.on("GET /api/v1/documents/pdf/progress/trk-site-plan", reply(404, json={"code": "NOT_FOUND"}))
    caller.server.on(f"GET /api/v1/documents/pdf/{PDF.pdf_id}", reply(json=sample("pdf_status")))
    done = sample("document_detail") | {"id": DOCUMENT_ID, "status": "completed"}
    caller.server.on(f"GET /api/v1/documents/{DOCUMENT_ID}", reply(json=done))
    assert caller.call(lambda c: c.documents.wait(PDF, poll_interval=0.0)).ok

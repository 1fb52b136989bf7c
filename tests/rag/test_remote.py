"""An EdgeQuake client as the backend of a `StreamingRAG`."""

import asyncio

import pytest

from edgequake import AsyncEdgequakeClient, EdgequakeClient
from edgequake.rag import EventType, StreamConfig, StreamingRAG
from edgequake.testing import ScriptServer

SOURCES = [{"source_type": "chunk", "id": "a-chunk-0", "score": 0.5, "snippet": "Edges join nodes.", "reference_id": 1}]


class EchoLLM:
    async def astream(self, prompt):
        yield "From: "
        yield prompt


@pytest.fixture
def server():
    with ScriptServer() as server:
        server.on("POST", "/api/v1/query").always().reply(
            json={"answer": "Edges  join\nnodes [1].", "mode": "mix", "sources": SOURCES, "stats": {}}
        )
        yield server


@pytest.mark.parametrize("client_class", [EdgequakeClient, AsyncEdgequakeClient])
def test_without_an_llm_the_servers_whole_answer_comes_in_chunks(server, client_class):
    rag = StreamingRAG(client_class(base_url=server.url), config=StreamConfig(chunk_size=1, sim_delay=0))
    events = list(rag.stream_events("What do edges do?", {"mode": "local"}))
    assert "".join(map(str, events)) == "Edges  join\nnodes [1]."
    assert events[1].type is EventType.RETRIEVAL_DONE
    assert events[1].data["docs"][0]["text"] == "Edges join nodes."
    retrieval, generation = (request.json for request in server.requests)
    assert retrieval["context_only"] is True
    assert generation == {"query": "What do edges do?", "mode": "local"}


def test_an_llm_of_ones_own_answers_from_what_the_server_retrieved(server):
    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client:
            return [text async for text in StreamingRAG(client, EchoLLM()).astream("What do edges do?")]

    answer = "".join(asyncio.run(main()))
    assert answer.startswith("From: ")
    assert "Edges join nodes." in answer
    assert len(server.requests) == 1


def test_a_server_that_fails_is_an_error_event(server):
    with ScriptServer() as failing:
        failing.on("POST", "/api/v1/query").reply(status=500, json={"code": "QUERY_ERROR", "message": "no graph"})
        with EdgequakeClient(base_url=failing.url) as client:
            *_, last = StreamingRAG(client).stream_events("Why?")
    assert last.type is EventType.ERROR
    assert last.data["stage"] == "retrieval"
    assert "no graph" in last.data["msg"]

"""LlamaIndex's retriever and query engine, by themselves and inside LlamaIndex's own engines."""

import asyncio

import pytest
from late import Late

from edgequake import AsyncEdgequakeClient, ConfigurationError, EdgequakeClient, NotFoundError, StreamInterruptedError
from edgequake.testing import CLOSE, Hold

llms = Late("llama_index.core.llms")
schema = Late("llama_index.core.schema")
ours = Late("edgequake.integrations.llamaindex")
SOURCES = [
    {"source_type": "chunk", "id": "d1-chunk-0", "score": 0.9, "snippet": "EdgeQuake is …", "file_path": "notes.md"},
    {"source_type": "entity", "score": 0.2},
]
CONTEXT = {"type": "context", "query_mode": "hybrid", "sources": SOURCES}
HALF = {"type": "token", "content": "Half"}
REST = {"type": "token", "content": " and half."}
DONE = {"type": "done", "stats": {"tokens_used": 7}}
CLIENTS = {"blocking": EdgequakeClient, "async": AsyncEdgequakeClient}


@pytest.fixture
def blocking(script):
    with EdgequakeClient(base_url=script.url, max_retries=0) as client:
        yield client


@pytest.fixture(params=CLIENTS.values(), ids=list(CLIENTS))
async def client(request, script):
    """A client of either kind: both serve async calls."""
    client = request.param(base_url=script.url, max_retries=0)
    yield client
    await client.aclose() if isinstance(client, AsyncEdgequakeClient) else client.close()


async def test_an_answer_has_its_sources_as_nodes(client, script):
    script.stream(CONTEXT, HALF, REST, DONE)
    response = await ours.EdgequakeQueryEngine(client, mode="hybrid").aquery("What?")
    assert str(response) == "Half and half."
    assert [(one.score, one.node.node_id, one.node.text) for one in response.source_nodes[:1]] == [
        (0.9, "d1-chunk-0", "EdgeQuake is …")
    ]
    assert response.metadata["stats"]["tokens_used"] == 7
    assert script.requests[0].json["mode"] == "hybrid"


async def test_a_streamed_answer_has_its_sources_before_its_text(client, script):
    script.stream(CONTEXT, HALF, REST, DONE)
    response = await ours.EdgequakeQueryEngine(client, streaming=True).aquery("What?")
    assert response.source_nodes[0].node.metadata["source"] == "notes.md"
    assert [text async for text in response.async_response_gen()] == ["Half", " and half."]
    assert response.metadata["mode"] == "hybrid"


def test_a_blocking_stream_too_and_sources_that_come_late_are_added(blocking, script):
    script.stream(HALF | {"chunk": "Half"}, {"type": "source", "source": "late.md"}, DONE)
    response = ours.EdgequakeQueryEngine(blocking, streaming=True).query("What?")
    assert response.source_nodes == []
    assert str(response) == "Half"
    assert response.source_nodes[0].node.metadata["source"] == "late.md"


def test_an_answer_that_breaks_is_raised_each_time_it_is_read(blocking, script):
    script.stream(CONTEXT, HALF, CLOSE).stream(CONTEXT, HALF, CLOSE)
    with pytest.raises(StreamInterruptedError):
        ours.EdgequakeQueryEngine(blocking).query("What?")
    response = ours.EdgequakeQueryEngine(blocking, streaming=True).query("What?")
    for _ in range(2):
        with pytest.raises(StreamInterruptedError) as caught:
            str(response)
    assert caught.value.partial_text == "Half"


async def test_an_async_answer_that_breaks_is_raised(client, script):
    script.stream(CONTEXT, HALF, CLOSE).stream(CONTEXT, HALF, CLOSE)
    with pytest.raises(StreamInterruptedError):
        await ours.EdgequakeQueryEngine(client).aquery("What?")
    response = await ours.EdgequakeQueryEngine(client, streaming=True).aquery("What?")
    with pytest.raises(StreamInterruptedError):
        await response.get_response()


def test_a_stream_that_breaks_before_its_text_is_raised_by_the_query(blocking, script):
    script.reply(status=404, json={"code": "NOT_FOUND", "message": "no such workspace"})
    with pytest.raises(NotFoundError, match="no such workspace"):
        ours.EdgequakeQueryEngine(blocking, streaming=True).query("What?")


async def test_an_answer_that_nobody_reads_on_is_ended(client, script):
    script.stream(HALF, Hold())
    response = await ours.EdgequakeQueryEngine(client, streaming=True).aquery("What?")
    del response
    await asyncio.to_thread(script.wait_for_disconnect)  # the loop holds the last result until the next step


async def test_an_empty_answer_is_whole(client, script):
    script.stream(CONTEXT, DONE)
    response = await ours.EdgequakeQueryEngine(client, streaming=True).aquery("What?")
    assert [text async for text in response.async_response_gen()] == []


async def test_a_retriever_gives_nodes_and_raises_what_fails(client, script):
    script.reply(json={"answer": "", "sources": SOURCES}).reply(status=404, json={"message": "gone"})
    retriever = ours.EdgequakeRetriever(client, similarity_top_k=2, mode="local", options={"document_filter": {}})
    passage, entity = await retriever.aretrieve("What?")
    with pytest.raises(NotFoundError, match="gone"):
        await retriever.aretrieve("What?")
    assert passage.node.get_content(schema.MetadataMode.LLM) == "source: notes.md\n\nEdgeQuake is …"
    assert (entity.score, entity.node.text) == (0.2, "entity")
    body = script.requests[0].json
    assert (body["max_results"], body["context_only"], body["mode"]) == (2, True, "local")


@pytest.mark.parametrize("name", ["EdgequakeRetriever", "EdgequakeQueryEngine"])
def test_a_mode_that_is_none_is_refused_at_once(name):
    with pytest.raises(ConfigurationError, match="did you mean 'hybrid'"):
        getattr(ours, name)(client_options={}, mode="hybird")


def test_a_client_that_is_none_is_refused(script):
    with pytest.raises(ConfigurationError, match="an EdgequakeClient or an AsyncEdgequakeClient, not str"):
        ours.EdgequakeRetriever("http://localhost:8080")


def test_the_retriever_feeds_an_engine_with_another_model(blocking, script):
    script.reply(json={"answer": "", "sources": SOURCES})
    from llama_index.core.postprocessor import SimilarityPostprocessor
    from llama_index.core.query_engine import RetrieverQueryEngine
    from llama_index.core.response_synthesizers import ResponseMode, get_response_synthesizer

    synthesizer = get_response_synthesizer(llm=llms.MockLLM(), response_mode=ResponseMode.SIMPLE_SUMMARIZE)
    engine = RetrieverQueryEngine(
        ours.EdgequakeRetriever(blocking), synthesizer, [SimilarityPostprocessor(similarity_cutoff=0.5)]
    )
    response = engine.query("What is EdgeQuake?")
    assert "EdgeQuake is …" in str(response)  # the mock says what it was asked
    assert [one.score for one in response.source_nodes] == [0.9]


def test_a_chat_engine_streams_its_answers(blocking, script):
    from llama_index.core.chat_engine import CondenseQuestionChatEngine
    from llama_index.core.memory import ChatMemoryBuffer

    script.stream(CONTEXT, HALF, REST, DONE)
    engine = CondenseQuestionChatEngine.from_defaults(
        ours.EdgequakeQueryEngine(blocking, streaming=True), llm=llms.MockLLM(), memory=ChatMemoryBuffer.from_defaults()
    )
    response = engine.stream_chat("What is EdgeQuake?")
    assert "".join(response.response_gen) == "Half and half."
    assert response.source_nodes[0].node.node_id == "d1-chunk-0"


async def test_an_agent_calls_it_as_a_tool(client, script):
    from llama_index.core.tools import QueryEngineTool

    script.stream(CONTEXT, HALF, DONE)
    tool = QueryEngineTool.from_defaults(ours.EdgequakeQueryEngine(client), name="notes", description="The notes.")
    output = await tool.acall("What?")
    assert (output.content, output.is_error) == ("Half", False)

"""LangChain's chat model and retriever: LangChain's own standard tests, and what those do not ask."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from late import Late
from tables import table

from edgequake import (
    AsyncEdgequakeClient,
    ConfigurationError,
    EdgequakeClient,
    NotFoundError,
    StreamInterruptedError,
    StreamTruncatedError,
)
from edgequake.testing import CLOSE, Hold

caches = Late("langchain_core.caches")
ours = Late("edgequake.integrations.langchain")
SUITE = Path(__file__).with_name("langchain_suite.py")
PLUGINS = ["asyncio", "benchmark", "recording", "syrupy"]  # what the suite uses
SOURCES = [
    {"source_type": "chunk", "id": "d1-chunk-0", "score": 0.9, "snippet": "EdgeQuake is …", "file_path": "notes.md"},
    {"source_type": "entity", "id": "EDGEQUAKE", "score": 0.5},
]
CONTEXT = {"type": "context", "query_mode": "hybrid", "sources": SOURCES}
HALF = {"type": "token", "content": "Half"}
REST = {"type": "token", "content": " and half."}
DONE = {"type": "done", "stats": {"tokens_used": 7}}
CLIENTS = {"blocking": EdgequakeClient, "async": AsyncEdgequakeClient}


def test_the_standard_tests_of_langchain_pass():
    options = ["-c", "/dev/null", f"--rootdir={SUITE.parent}", "--noconftest", "--import-mode=importlib"]
    options += ["--disable-plugin-autoload", *(word for plugin in PLUGINS for word in ("-p", plugin))]
    command = [sys.executable, "-m", "pytest", "-q", *options, "-o", "asyncio_mode=auto", "--benchmark-disable", SUITE]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stdout
    assert int(re.search(r"(\d+) passed", ended.stdout)[1]) >= 33


@pytest.fixture(params=CLIENTS.values(), ids=list(CLIENTS))
async def model(request, script):
    """A model over the scripted server, with a client of either kind."""
    client = request.param(base_url=script.url, max_retries=0)
    yield ours.ChatEdgequake(client=client, mode="hybrid")
    await client.aclose() if isinstance(client, AsyncEdgequakeClient) else client.close()


@pytest.fixture
def blocking(script):
    with EdgequakeClient(base_url=script.url, max_retries=0) as client:
        yield client


async def test_an_answer_comes_whole_or_in_pieces_with_its_sources_told_once(model, script):
    script.stream(CONTEXT, HALF, REST, DONE).stream(CONTEXT, HALF, REST, DONE)
    whole = await model.ainvoke("What is EdgeQuake?")
    first, *_, last = chunks = [chunk async for chunk in model.astream("What is EdgeQuake?")]
    assert whole.content == "Half and half."
    assert whole.response_metadata["sources"] == SOURCES == first.response_metadata["sources"]
    assert whole.response_metadata["model_name"] == "edgequake-hybrid" == last.response_metadata["model_name"]
    assert whole.response_metadata["stats"]["tokens_used"] == 7
    assert [chunk.content for chunk in chunks] == ["Half", " and half.", ""]
    assert sum("sources" in chunk.response_metadata for chunk in chunks) == 1
    assert last.chunk_position == "last"


BROKEN = {
    "interrupted": ([CONTEXT, HALF, CLOSE], StreamInterruptedError),
    "truncated": ([CONTEXT, HALF], StreamTruncatedError),
}


@pytest.mark.parametrize(("steps", "kind"), BROKEN.values(), ids=list(BROKEN))
async def test_an_answer_that_breaks_is_raised_never_a_short_one(model, script, steps, kind):
    script.stream(*steps).stream(*steps)
    with pytest.raises(kind) as caught:
        await model.ainvoke("What?")
    assert caught.value.partial_text == "Half"
    pieces = model.astream("What?")
    assert (await anext(pieces)).content == "Half"
    with pytest.raises(kind):
        await anext(pieces)


def test_callbacks_are_told_each_piece_once_and_of_an_error(blocking, script):
    from langchain_core.callbacks import BaseCallbackHandler

    class Recorded(BaseCallbackHandler):
        def __init__(self):
            self.seen = []

        def on_llm_new_token(self, token, **kwargs):
            self.seen.append(token)

        def on_llm_error(self, error, **kwargs):
            self.seen.append(type(error))

    script.stream(HALF, REST, CLOSE)
    told = Recorded()
    pieces = ours.ChatEdgequake(client=blocking).stream("What?", config={"callbacks": [told]})
    with pytest.raises(StreamInterruptedError):
        list(pieces)
    assert told.seen == ["Half", " and half.", StreamInterruptedError]


def test_a_stream_that_is_left_ends_the_answer(blocking, script):
    script.stream(HALF, Hold())
    pieces = ours.ChatEdgequake(client=blocking).stream("What?")
    next(pieces)
    pieces.close()
    script.wait_for_disconnect()


def test_messages_and_options_reach_the_server(blocking, script):
    script.stream(HALF, DONE).stream(HALF, DONE)
    model = ours.ChatEdgequake(
        client=blocking, mode="hybrid", options={"system_prompt": "Always.", "reasoning_effort": "low"}
    )
    turns = [("system", "Be brief."), ("user", "Who?"), ("assistant", "I."), ("user", "What?")]
    model.invoke(turns, reasoning_effort="high", tools=[])
    model.invoke("What?", model="edgequake-local")
    first, second = (request.json for request in script.requests)
    assert first["query"] == "What?"
    assert first["system_prompt"] == "Always.\n\nBe brief.\n\nThe conversation so far:\nuser: Who?\nassistant: I."
    assert (first["mode"], first["reasoning_effort"]) == ("hybrid", "high")
    assert (second["mode"], second["reasoning_effort"]) == ("local", "low")
    with pytest.raises(ConfigurationError, match="there is no model 'gpt-5'; those here: edgequake, "):
        model.invoke("What?", model="gpt-5")


def test_the_clients_settings_can_be_given_in_place_of_one(script):
    script.reply(status=503, json={"message": "busy"}, headers={"Retry-After": "0"}).stream(HALF, DONE)
    options = {"base_url": script.url, "max_retries": 0}
    model = ours.ChatEdgequake(client_options=options, api_key="secret-key", max_retries=1, timeout=7)
    assert model.invoke("What?").content == "Half"
    assert [request.headers["x-api-key"] for request in script.requests] == ["secret-key"] * 2
    told = model.asdict() if hasattr(model, "asdict") else model.dict()
    assert "secret-key" not in f"{model!r}{model}{told}{model.model_dump()}{model._get_llm_string()}"


def test_answers_of_two_servers_are_not_taken_for_each_other(blocking, script):
    script.stream(HALF, DONE).stream(REST, DONE)
    cache = caches.InMemoryCache()
    mine = ours.ChatEdgequake(client=blocking, cache=cache)
    other = ours.ChatEdgequake(client=blocking.with_options(workspace_id="default"), cache=cache)
    assert [one.invoke("What?").content for one in (mine, mine, other)] == ["Half", "Half", " and half."]


def test_what_the_server_has_nothing_like_is_said(script):
    with pytest.warns(UserWarning, match="ChatEdgequake ignores max_tokens, stop: the server"):
        ours.ChatEdgequake(client_options={"base_url": script.url}, max_tokens=10, stop=["."])
    with pytest.warns(UserWarning, match="ChatEdgequake ignores temperature: the server"):
        ours.ChatEdgequake(client_options={"base_url": script.url}, temperature=0)


@pytest.mark.parametrize(
    "use",
    [
        lambda model, *args, **options: model.invoke(*args, **options),
        lambda model, *args, **options: list(model.stream(*args, **options)),
    ],
)
def test_an_option_of_a_call_that_no_query_has_is_said(blocking, script, use):
    script.stream(HALF, DONE)
    model = ours.ChatEdgequake(client=blocking)
    with pytest.warns(UserWarning, match="ChatEdgequake ignores stop, temperature, document_filtr: the server"):
        use(model, "What?", stop=["."], temperature=0, document_filtr={"title": "a"}, mode="mix")
    assert script.requests[-1].json["mode"] == "mix"


@table("kind", ["ChatEdgequake", "EdgequakeRetriever"])
@table(
    ("settings", "words"),
    [
        ({"client": EdgequakeClient(), "client_options": {"api_key": "sk-1"}}, "client or client_options, not both"),
        ({"client_options": {"base_url": "nowhere", "api_key": "sk-1"}}, "base_url"),
        ({"client_options": {"api_key": "sk-1"}, "moed": "hybrid"}, "moed"),
        ({"client": "http://localhost:8080"}, "client"),
        ({"mode": "hybird"}, "did you mean 'hybrid'"),
        ({"options": {"top_k": 0}}, "top_k: Input should be greater than or equal to 1"),
    ],
)
def test_what_cannot_work_is_said_at_once_without_the_key(kind, settings, words):
    with pytest.raises(ValueError, match=words) as caught:
        getattr(ours, kind)(**settings)
    assert "sk-1" not in str(caught.value)


def test_a_call_may_add_the_model_to_a_provider(blocking, script):
    script.stream(HALF, DONE)
    ours.ChatEdgequake(client=blocking, options={"llm_provider": "ollama"}).invoke("What?", llm_model="gemma3")
    body = script.requests[0].json
    assert (body["llm_provider"], body["llm_model"]) == ("ollama", "gemma3")


def test_a_retriever_of_no_documents_is_refused_at_once():
    with pytest.raises(ValueError, match="max_results: Input should be greater than or equal to 1"):
        ours.EdgequakeRetriever(client_options={}, k=0)


async def test_an_async_client_serves_async_calls_alone(script):
    async with AsyncEdgequakeClient(base_url=script.url) as client:
        with pytest.raises(ConfigurationError, match="give client_options=… to have both"):
            ours.ChatEdgequake(client=client).invoke("What?")
        with pytest.raises(ConfigurationError, match="give client_options=… to have both"):
            ours.EdgequakeRetriever(client=client).invoke("What?")


@pytest.mark.parametrize("kind", CLIENTS.values(), ids=list(CLIENTS))
async def test_a_retriever_gives_documents_and_raises_what_fails(kind, script):
    script.reply(json={"answer": "", "sources": SOURCES}).reply(
        status=404, json={"code": "NOT_FOUND", "message": "gone"}
    )
    client = kind(base_url=script.url, max_retries=0)
    retriever = ours.EdgequakeRetriever(client=client, k=5, mode="local")
    passage, entity = await retriever.ainvoke("What?")
    with pytest.raises(NotFoundError, match="gone"):
        await retriever.ainvoke("What?", k=1)
    await client.aclose() if isinstance(client, AsyncEdgequakeClient) else client.close()
    assert (passage.id, passage.page_content, passage.metadata["source"]) == (
        "d1-chunk-0",
        "EdgeQuake is …",
        "notes.md",
    )
    assert (entity.page_content, entity.metadata["source_type"]) == ("EDGEQUAKE", "entity")
    assert [request.json["max_results"] for request in script.requests] == [5, 1]
    assert script.requests[0].json["context_only"] is True
    assert script.requests[0].json["mode"] == "local"

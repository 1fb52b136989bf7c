"""`OpenAICompatibleLLM` against a server that speaks OpenAI's streaming wire over a socket."""

import asyncio
import pickle

import pytest
from tables import table

from edgequake import (
    ConfigurationError,
    NetworkError,
    RateLimitedError,
    StreamError,
    StreamInterruptedError,
    StreamTruncatedError,
    UnauthorizedError,
)
from edgequake.rag import AsyncStreamableLLM, EventType, OpenAICompatibleLLM, StreamingRAG, SyncStreamableLLM
from edgequake.testing import CLOSE, KEEP_ALIVE, RESET, Hold, ScriptServer

PATH = "/v1/chat/completions"
PIECES = ["Graph", "RAG \n", "walks  ", "“edges” 🧭"]


def piece(content, finish=None):
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": content, "finish_reason": finish}]}


ANSWER = [
    piece({"role": "assistant", "content": ""}),
    *(piece({"content": text}) for text in PIECES),
    KEEP_ALIVE,
    piece({}, "stop"),
    {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}},
    "[DONE]",
]


@pytest.fixture
def server():
    with ScriptServer() as server:
        yield server


@pytest.fixture(params=["sync", "async"])
def pieces_of(request):
    """The pieces of an answer, by the method of either protocol."""

    def collect(llm, prompt="Why?"):
        if request.param == "sync":
            return list(llm.stream(prompt))

        async def main():
            return [text async for text in llm.astream(prompt)]

        return asyncio.run(main())

    return collect


def llm_at(server, **options):
    return OpenAICompatibleLLM(f"{server.url}/v1", "tiny", "sk-secret", max_retries=0, **options)


def test_it_satisfies_both_protocols():
    llm = OpenAICompatibleLLM("http://127.0.0.1:9/v1", "tiny")
    assert isinstance(llm, SyncStreamableLLM)
    assert isinstance(llm, AsyncStreamableLLM)
    assert llm.provider == "127.0.0.1:9"
    assert "secret" not in repr(OpenAICompatibleLLM("http://127.0.0.1:9/v1", "tiny", "sk-secret"))


def test_the_key_shows_nowhere_and_does_not_travel():
    llm = OpenAICompatibleLLM("http://127.0.0.1:9/v1", "tiny", "sk-secret", headers={"X-Other": "sk-secret"})
    assert "sk-secret" not in repr(vars(llm))
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(llm)


def test_every_piece_comes_as_it_was_sent(server, pieces_of):
    server.on("POST", PATH).stream(*ANSWER)
    assert pieces_of(llm_at(server)) == PIECES
    server.assert_done()


def test_the_request_carries_model_prompt_and_options_and_nothing_of_the_edgequake_server(
    server, pieces_of, monkeypatch
):
    monkeypatch.setenv("EDGEQUAKE_API_KEY", "for-another-server")
    monkeypatch.setenv("EDGEQUAKE_TENANT_ID", "a-tenant")
    server.on("POST", PATH).stream(*ANSWER)
    llm = llm_at(server, system_prompt="Be brief.", temperature=0.2, max_tokens=50, extra_body={"seed": 7})
    pieces_of(llm, "Why {braces}?")
    (request,) = server.requests
    assert request.json == {
        "model": "tiny",
        "stream": True,
        "temperature": 0.2,
        "max_tokens": 50,
        "seed": 7,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Why {braces}?"},
        ],
    }
    assert request.headers["authorization"] == "Bearer sk-secret"
    assert "x-api-key" not in request.headers
    assert "x-tenant-id" not in request.headers


def test_an_address_below_api_v1_is_left_as_it_is(server, pieces_of, caplog):
    server.on("POST", "/api/v1/chat/completions").stream(*ANSWER)
    assert pieces_of(OpenAICompatibleLLM(f"{server.url}/api/v1/", "tiny")) == PIECES
    assert caplog.records == []


@pytest.mark.parametrize("key", ["", "sk-1\n"])
def test_a_key_that_cannot_be_sent_is_refused_by_its_name(key):
    with pytest.raises(ConfigurationError, match=r"^api_key must not be empty or begin or end"):
        OpenAICompatibleLLM("http://h/v1", "tiny", key)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([piece({"content": "Gra"}), CLOSE], StreamInterruptedError),
        ([piece({"content": "Gra"})], StreamTruncatedError),
        ([piece({"content": "Gra"}), {"error": {"message": "out of memory", "code": "oom"}}], StreamError),
        ([piece({"content": 7})], StreamError),
    ],
    ids=["cut", "no end", "an error event", "text of a wrong type"],
)
def test_an_answer_that_is_not_whole_raises(server, pieces_of, steps, expected):
    server.on("POST", PATH).stream(*steps)
    with pytest.raises(expected):
        pieces_of(llm_at(server))


def test_a_refusal_raises_the_error_of_its_status_in_the_servers_words(server, pieces_of):
    server.on("POST", PATH).reply(status=401, json={"error": {"message": "Incorrect API key", "code": "invalid_key"}})
    with pytest.raises(UnauthorizedError, match="Incorrect API key") as caught:
        pieces_of(llm_at(server))
    assert caught.value.code == "invalid_key"
    assert "sk-secret" not in str(caught.value)


def test_a_busy_server_is_asked_again(server, pieces_of):
    server.on("POST", PATH).reply(status=429, headers={"Retry-After": "0"}, json={"error": {"message": "busy"}})
    server.on("POST", PATH).stream(*ANSWER)
    llm = OpenAICompatibleLLM(f"{server.url}/v1", "tiny", max_retries=1)
    assert pieces_of(llm) == PIECES
    server.on("POST", PATH).reply(status=429, headers={"Retry-After": "0"}, json={"error": {"message": "busy"}})
    with pytest.raises(RateLimitedError):
        pieces_of(llm_at(server))


def test_a_server_that_is_not_there_is_a_network_error(pieces_of):
    with ScriptServer() as gone:
        url = gone.url
    with pytest.raises(NetworkError, match="cannot reach"):
        pieces_of(OpenAICompatibleLLM(url, "tiny", max_retries=0))


@table(
    ("base_url", "model", "says"),
    [("localhost:11434", "tiny", "http"), ("http://localhost", " ", "model"), (None, "tiny", "base_url")],
)
def test_settings_that_cannot_work_are_said_at_once(base_url, model, says):
    with pytest.raises(ConfigurationError, match=says):
        OpenAICompatibleLLM(base_url, model)


def test_a_consumer_that_leaves_ends_the_generation_on_the_server(server):
    hold = Hold()
    server.on("POST", PATH).stream(piece({"content": "Gra"}), hold)
    stream = llm_at(server).stream("Why?")
    assert next(stream) == "Gra"
    hold.wait_until_reached()
    stream.close()
    assert server.wait_for_disconnect()[0].path == PATH


def test_streaming_rag_generates_with_it(server):
    class Backend:
        def retrieve(self, query):
            return ["Edges join nodes."]

    server.on("POST", PATH).stream(*ANSWER).stream(piece({"content": "Gra"}), RESET)
    rag = StreamingRAG(Backend(), llm_at(server))
    assert repr(rag) == "StreamingRAG(llm=async, chunk_size=10)"
    assert rag.query("Why edges?")["answer"] == "".join(PIECES)
    assert "Edges join nodes." in server.requests[0].json["messages"][-1]["content"]
    *_, last = rag.stream_events("Why edges?")
    assert last.type is EventType.ERROR
    assert last.data["stage"] == "generation"

"""The language model of `edgequake.rag` behind the server, over real sockets."""

import socket

import httpx
import pytest
from local.reading import events, text_of

from edgequake.local import LocalServer
from edgequake.testing import ScriptServer

OpenAICompatibleLLM = pytest.importorskip("edgequake.rag.llm").OpenAICompatibleLLM
KEY = "very-secret-key-9"
QUERY = {"query": "Who operates the Orion relay?"}


def streamed(server: LocalServer) -> list[dict]:
    return events(httpx.post(f"{server.url}/api/v1/query/stream", json=QUERY, trust_env=False, timeout=60).text)


def piece(text: str) -> dict:
    return {"choices": [{"index": 0, "delta": {"content": text}}]}


def test_an_openai_server_answers_through_this_one(folder) -> None:
    with ScriptServer() as script:
        script.on("POST", "/v1/chat/completions").stream(piece("Mira"), piece(" does [1]."), b"data: [DONE]\n\n")
        llm = OpenAICompatibleLLM(f"http://127.0.0.1:{script.port}/v1", "small", KEY)
        with LocalServer(folder, llm=llm) as server:
            found = streamed(server)
        asked = script.requests[0]
    assert text_of(found) == "Mira does [1]."
    assert found[-1]["llm_model"] == "small"
    assert b"It is operated by Mira Okafor" in asked.body


def test_one_that_refuses_is_one_line_without_the_key(folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    llm = OpenAICompatibleLLM(f"http://127.0.0.1:{port}/v1", "small", KEY, max_retries=0)
    with LocalServer(folder, llm=llm) as server:
        found = streamed(server)
        whole = httpx.post(f"{server.url}/api/v1/query", json=QUERY, trust_env=False, timeout=60)
    assert (found[-1]["type"], found[-1]["code"]) == ("error", "STREAM_ERROR")
    assert (whole.status_code, whole.json()["code"]) == (502, "LLM_ERROR")
    for words in (found[-1]["message"], whole.json()["message"]):
        assert words
        assert "\n" not in words
        assert KEY not in words


def test_a_key_that_the_refusal_repeats_is_not_passed_on(folder) -> None:
    words = f"Incorrect API key provided: {KEY}, for the team known as blue-harbour, on try 1"
    with ScriptServer() as script:
        for _ in range(2):
            script.on("POST", "/v1/chat/completions").reply(status=401, json={"error": {"message": words}})
        url = f"http://127.0.0.1:{script.port}/v1"
        llm = OpenAICompatibleLLM(url, "small", KEY, headers={"X-Team": "blue-harbour", "X-Try": "1"})
        with LocalServer(folder, llm=llm) as server:
            found = streamed(server)
            whole = httpx.post(f"{server.url}/api/v1/query", json=QUERY, trust_env=False, timeout=60)
    for message in (found[-1]["message"], whole.json()["message"]):
        assert "Incorrect API key provided: ***, for the team known as ***, on try 1" in message

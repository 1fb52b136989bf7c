"""A language model behind OpenAI's wire answers through the server, over real sockets."""

import re
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from local.models import ModelServer
from local.reading import datas, events, text_of

from edgequake import Timeout
from edgequake.local import LocalServer
from edgequake.rag import OpenAICompatibleLLM
from edgequake.testing import ScriptServer

KEY = "very-secret-key-9"
QUERY = {"query": "Who operates the Orion relay?"}


@pytest.fixture(scope="module")
def models() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


def asked(folder, llm: OpenAICompatibleLLM, path: str = "/api/v1/query/stream", **body: Any) -> httpx.Response:
    with LocalServer(folder, llm=llm) as server:
        return httpx.post(f"{server.url}{path}", json={**QUERY, **body}, trust_env=False, timeout=60)


def test_a_model_s_answer_streams_and_cites_only_what_is_there(folder, models: ModelServer) -> None:
    llm = OpenAICompatibleLLM(models.url, "reads", KEY)
    found = events(asked(folder, llm, content_granularity="agent").text)
    text = text_of(found)
    assert text == found[-1]["answer"]
    passages = [source for source in found[1]["sources"] if source["source_type"] == "chunk"]
    cited = {int(number) for number in re.findall(r"\d+", "".join(re.findall(r"\[[\d, ]+\]", text)))}
    assert cited == {1}
    assert "It is operated by Mira Okafor's team" in passages[0]["snippet"]
    assert text == "The Orion relay moved to the Lyon site in March [1]. Surely, [1]."
    assert len([event for event in found if event["type"] == "token"]) > 5
    assert (found[-1]["llm_model"], found[-1]["llm_provider"]) == ("reads", models.url.split("/")[2])
    request = models.requests[-1]
    assert request["authorization"] == f"Bearer {KEY}"
    assert "Invent nothing" in request["messages"][-1]["content"]


def test_the_conversation_goes_along(folder, caller, models: ModelServer) -> None:
    with LocalServer(folder, llm=OpenAICompatibleLLM(models.url, "reads")) as server:
        url = f"{server.url}/api/v1/chat/completions"
        said = {"message": "Who operates the Orion relay?"}
        first = httpx.post(url, json=said, headers=caller, trust_env=False, timeout=60).json()
        more = {"message": "And how much power does it draw?", "conversation_id": first["conversation_id"]}
        second = httpx.post(url, json=more, headers=caller, trust_env=False, timeout=60).json()
    assert "40 kW" in second["content"]
    prompt = models.requests[-1]["messages"][-1]["content"]
    assert f"User: Who operates the Orion relay?\nAssistant: {first['content']}" in prompt


FAILURES = {
    "missing": r"POST http://[\d.:]+/v1/chat/completions: model 'missing' not found, try pulling it first \(404\)",
    "cuts": "the server closed the stream without its final event: the answer may be cut short",
    "stuck": r"POST /chat/completions: timeout: no first chunk within [\d.]+ s of the answer's beginning",
}


@pytest.mark.parametrize("model", FAILURES)
def test_a_model_that_fails_is_one_clear_line(folder, models: ModelServer, model: str, soon: float) -> None:
    llm = OpenAICompatibleLLM(models.url, model, timeout=Timeout(30, first_chunk=soon), max_retries=0)
    last = events(asked(folder, llm).text)[-1]
    assert (last["type"], last["code"]) == ("error", "STREAM_ERROR")
    where = models.url.split("/")[2]
    assert re.fullmatch(f"the language model {model} at {where} failed: {FAILURES[model]}", last["message"])


def test_a_model_that_says_nothing_is_one_clear_line_in_every_form(folder, models: ModelServer) -> None:
    llm = OpenAICompatibleLLM(models.url, "silent")
    words = f"the language model silent at {models.url.split('/')[2]} gave no answer"
    assert events(asked(folder, llm).text)[-1]["message"] == words
    assert datas(asked(folder, llm, stream_format="v1").text) == [f"Error: {words}"]
    whole = asked(folder, llm, "/api/v1/query")
    assert (whole.status_code, whole.json()["message"]) == (502, f"LLM error: {words}")


def test_a_model_that_is_down_is_one_clear_line_without_the_key(folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    llm = OpenAICompatibleLLM(f"http://127.0.0.1:{port}/v1", "small", KEY, max_retries=0)
    message = events(asked(folder, llm).text)[-1]["message"]
    assert message.startswith(
        f"the language model small at 127.0.0.1:{port} failed: cannot reach http://127.0.0.1:{port}"
    )
    assert "\n" not in message
    assert KEY not in message


def test_a_key_that_the_refusal_repeats_is_not_passed_on(folder) -> None:
    words = f"Incorrect API key provided: {KEY}, for the team known as blue-harbour, on try 1"
    with ScriptServer() as script:
        for _ in range(2):
            script.on("POST", "/v1/chat/completions").reply(status=401, json={"error": {"message": words}})
        url = f"http://127.0.0.1:{script.port}/v1"
        llm = OpenAICompatibleLLM(url, "small", KEY, headers={"X-Team": "blue-harbour", "X-Try": "1"})
        messages = [
            events(asked(folder, llm).text)[-1]["message"],
            asked(folder, llm, "/api/v1/query").json()["message"],
        ]
    for message in messages:
        assert "Incorrect API key provided: ***, for the team known as ***, on try 1" in message

"""The gateway as OpenAI's own client uses it: whole answers, streams, and errors of its own classes."""

from contextlib import ExitStack

import httpx
import pytest
from late import Late
from tables import table

from edgequake import AsyncEdgequakeClient, ConfigurationError
from edgequake.integrations.openai_api import create_app
from edgequake.testing import CLOSE, Hold, ScriptServer

openai = Late("openai")

CONTEXT = {
    "type": "context",
    "query_mode": "hybrid",
    "retrieval_time_ms": 3,
    "sources": [
        {"source_type": "chunk", "id": "d1-chunk-0", "score": 0.9, "snippet": "EdgeQuake is …", "file_path": "notes.md"}
    ],
}
DONE = {"type": "done", "stats": {"tokens_used": 7}}
HALF = {"type": "token", "content": "Half"}
ASKED = [{"role": "user", "content": "What is EdgeQuake?"}]


@pytest.fixture
def caller():
    """Makes OpenAI's clients, and closes them."""
    with ExitStack() as stack:

        def made(gateway, key="any", **settings):
            client = openai.OpenAI(base_url=f"{gateway.url}/v1", api_key=key, max_retries=0, **settings)
            return stack.enter_context(client)

        yield made


def streamed(client, **more):
    return client.chat.completions.create(model="edgequake", messages=ASKED, stream=True, **more)


def test_the_retrieval_modes_are_the_models(caller, gateway_to_notes):
    client = caller(gateway_to_notes)
    names = [model.id for model in client.models.list()]
    assert names == ["edgequake", *(f"edgequake-{m}" for m in ("naive", "local", "global", "hybrid", "mix", "bypass"))]
    assert client.models.retrieve("edgequake-mix").owned_by == "edgequake"
    with pytest.raises(openai.NotFoundError, match="there is no model 'gpt-5'; those here: edgequake"):
        client.models.retrieve("gpt-5")


def test_a_whole_answer_has_its_text_sources_usage_and_request_id(caller, gateway_to_notes):
    client = caller(gateway_to_notes)
    answer = client.chat.completions.create(model="edgequake-hybrid", messages=ASKED)
    assert answer.choices[0].message.content.count("EdgeQuake is a Graph-RAG server") == 1
    assert answer.choices[0].finish_reason == "stop"
    assert answer.sources[0]["file_path"] == "edgequake.md"
    assert answer.usage.completion_tokens == answer.usage.total_tokens > 0
    assert answer._request_id


def test_a_streamed_answer_brings_its_sources_first_and_its_usage_last(caller, gateway_to_notes):
    client = caller(gateway_to_notes)
    whole = client.chat.completions.create(model="edgequake", messages=ASKED)
    first, *middle, end, last = streamed(client, stream_options={"include_usage": True})
    assert (first.choices[0].delta.role, first.sources) == ("assistant", whole.sources)
    assert "".join(chunk.choices[0].delta.content for chunk in middle) == whole.choices[0].message.content
    assert end.choices[0].finish_reason == "stop"
    assert (last.choices, last.usage) == ([], whole.usage)


def test_the_stream_helper_of_the_client_gathers_the_same_answer(caller, gateway_to_notes):
    client = caller(gateway_to_notes)
    with client.chat.completions.stream(model="edgequake", messages=ASKED) as stream:
        pieces = [event.delta for event in stream if event.type == "content.delta"]
        gathered = stream.get_final_completion()
    assert gathered.choices[0].message.content == "".join(pieces)
    assert gathered.sources[0]["file_path"] == "edgequake.md"


async def test_the_async_client_reads_the_same(caller, gateway_to_notes):
    gateway = gateway_to_notes
    async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key="any", max_retries=0) as client:
        chunks = [chunk async for chunk in await streamed(client)]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == caller(gateway).chat.completions.create(model="edgequake", messages=ASKED).choices[0].message.content


def test_the_local_server_speaks_the_same_api_itself(caller, notes):
    client = caller(notes)
    first, *rest = streamed(client)
    assert first.sources[0]["file_path"] == "edgequake.md"
    whole = client.chat.completions.create(model="edgequake", messages=ASKED)
    assert len(whole._request_id) == 36
    assert "Graph-RAG" in "".join(chunk.choices[0].delta.content or "" for chunk in rest)
    with pytest.raises(openai.BadRequestError, match="must not be empty"):
        client.chat.completions.create(model="edgequake", messages=[{"role": "user", "content": " "}])


def test_what_came_before_the_question_goes_into_the_prompt(caller, gateway_to_script, script):
    script.stream(HALF, DONE)
    caller(gateway_to_script).chat.completions.create(
        model="edgequake-local",
        messages=[
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is EdgeQuake?"},
            {"role": "assistant", "content": None, "tool_calls": []},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "A server."}]},
            {"role": "user", "content": [{"type": "text", "text": "And "}, "RAG?"]},
        ],
        reasoning_effort="low",
        temperature=0,
        extra_body={"document_filter": {"document_pattern": "notes"}},
    )
    [request] = script.requests
    prompt = "Be brief.\n\nThe conversation so far:\nuser: What is EdgeQuake?\nassistant: A server."
    assert request.json == {
        "query": "And RAG?",
        "stream_format": "v2",
        "mode": "local",
        "system_prompt": prompt,
        "document_filter": {"document_pattern": "notes"},
        "reasoning_effort": "low",
    }


def test_an_answer_without_text_is_whole_too(caller, gateway_to_script, script):
    script.stream(CONTEXT, DONE)
    first, last = streamed(caller(gateway_to_script))
    assert (first.choices[0].delta.content, last.choices[0].finish_reason) == ("", "stop")
    assert first.sources[0]["id"] == "d1-chunk-0"


def test_sources_that_come_behind_the_text_come_with_the_end(caller, gateway_to_script, script):
    script.stream({"chunk": "So.", "type": "token"}, {"type": "source", "source": "a.md"}, {"type": "done"})
    *_, last = streamed(caller(gateway_to_script))
    assert last.sources[0]["file_path"] == "a.md"


BAD = {
    "nothing is asked": ({"messages": [{"role": "user", "content": " "}]}, "must not be empty"),
    "nobody asks": ({"messages": []}, "at least one with the role 'user'"),
    "a picture": (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
        "a part of type 'image_url'; a query takes text alone",
    ),
    "content that is neither": ({"messages": [{"role": "user", "content": 3}]}, "must be a string or a list of text"),
    "a part that is neither": ({"messages": [{"role": "user", "content": [3]}]}, "a part that is not text"),
    "two answers": ({"n": 2}, "n: Input should be 1"),
    "JSON": ({"response_format": {"type": "json_object"}}, "response_format.type: Input should be 'text'"),
    "a tool that must be called": ({"tool_choice": "required"}, "tool_choice"),
    "probabilities": ({"logprobs": True}, "logprobs"),
}


@pytest.mark.parametrize(("body", "words"), BAD.values(), ids=list(BAD))
def test_what_no_query_can_do_is_a_bad_request(caller, gateway_to_script, script, body, words):
    with pytest.raises(openai.BadRequestError, match=words) as caught:
        caller(gateway_to_script).chat.completions.create(**{"model": "edgequake", "messages": ASKED, **body})
    assert caught.value.type == "invalid_request_error"
    assert script.requests == []


REFUSED = {
    400: ("BadRequestError", "the server's words"),
    422: ("UnprocessableEntityError", "the server's words"),
    429: ("RateLimitError", "the server's words"),
    401: ("InternalServerError", "refused the gateway's own key"),
    403: ("InternalServerError", "refused the gateway's own key"),
    404: ("InternalServerError", "could not be completed"),
    500: ("InternalServerError", "could not be completed"),
    503: ("InternalServerError", "is busy"),
}


@pytest.mark.parametrize("status", REFUSED)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_refusal_is_a_status_also_of_a_stream(caller, gateway_to_script, script, status, stream, caplog):
    kind, words = REFUSED[status]
    script.reply(status=status, json={"code": "C", "message": "the server's words"}, headers={"Retry-After": "7"})
    client = caller(gateway_to_script)
    with pytest.raises(getattr(openai, kind), match=words) as caught:
        client.chat.completions.create(model="edgequake", messages=ASKED, stream=stream)
    assert caught.value.status_code == (status if status in (400, 422, 429, 503) else 502)
    if status in (429, 503):
        assert caught.value.response.headers["retry-after"] == "7"
    assert ("the server's words" in caplog.text) == (status not in (400, 422, 429))


def test_a_server_that_cannot_be_reached_says_nothing_of_where_it_is(caller, open_gateway, caplog):
    with ScriptServer() as gone:
        pass
    with pytest.raises(openai.InternalServerError, match="could not be completed") as caught:
        streamed(caller(open_gateway(gone.url)))
    assert str(gone.port) not in caught.value.response.text
    assert str(gone.port) in caplog.text


def test_a_server_that_is_silent_is_a_timeout(caller, open_gateway, script, soon):
    script.raw(Hold())
    with pytest.raises(openai.InternalServerError, match="took too long") as caught:
        streamed(caller(open_gateway(script.url, timeout=soon)))
    assert caught.value.status_code == 504
    script.wait_for_requests(1)


BROKEN = {
    "closed": [CONTEXT, HALF, CLOSE],
    "ended without its last event": [CONTEXT, HALF],
    "an error event": [CONTEXT, HALF, {"type": "error", "code": "STREAM_ERROR", "message": "secret-of-the-model"}],
}


@pytest.mark.parametrize("steps", BROKEN.values(), ids=list(BROKEN))
def test_a_stream_that_breaks_raises_in_the_client(caller, gateway_to_script, script, steps, caplog):
    script.stream(*steps).stream(*steps)
    client = caller(gateway_to_script)
    chunks = streamed(client)
    assert [next(chunks).choices[0].delta.content for _ in range(2)] == ["", "Half"]
    with pytest.raises(openai.APIError, match="could not be completed") as caught:
        next(chunks)
    assert caught.value.code == "upstream_error"
    with pytest.raises(openai.InternalServerError, match="could not be completed"):
        client.chat.completions.create(model="edgequake", messages=ASKED)
    assert "an answer failed" in caplog.text


def test_a_caller_without_the_key_is_not_let_in(caller, open_gateway, scripted):
    gateway = open_gateway(scripted.url, api_key="key-1")
    with pytest.raises(openai.AuthenticationError, match="send the API key as Authorization: Bearer") as caught:
        caller(gateway, "key-2").models.list()
    assert caught.value.code == "invalid_api_key"
    assert caller(gateway, "key-1").models.list().data


@table("key", ["", " ", "schlüssel"])
def test_a_key_that_no_caller_can_send_is_refused_at_once(key):
    with pytest.raises(ConfigurationError, match="the API key must be"):
        create_app(AsyncEdgequakeClient(), api_key=key)


def test_a_caller_that_leaves_ends_the_answer(caller, gateway_to_script, script):
    script.stream(CONTEXT, HALF, Hold())
    stream = streamed(caller(gateway_to_script))
    while next(stream).choices[0].delta.content != "Half":
        pass
    stream.close()
    script.wait_for_disconnect()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_caller_that_leaves_before_the_answer_begins_ends_it(caller, gateway_to_script, script, stream, soon):
    hold = Hold()
    script.raw(hold)
    client = caller(gateway_to_script, timeout=soon)
    with pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model="edgequake", messages=ASKED, stream=stream)
    script.wait_for_disconnect()


def test_a_silence_is_broken_by_comments_that_clients_pass_over(open_gateway, script):
    hold = Hold()
    script.stream(HALF, hold, DONE)
    gateway = open_gateway(script.url, keep_alive=0.01)
    body = {"messages": ASKED, "stream": True}
    with httpx.stream("POST", f"{gateway.url}/v1/chat/completions", json=body, trust_env=False) as answer:
        seen = b""
        for data in answer.iter_raw():
            seen += data
            if b": keep-alive" in data:
                hold.release()
    assert b"Half" in seen
    assert seen.endswith(b"data: [DONE]\n\n")


OTHER = {
    "a form of another site": ({"content": "{}", "headers": {"content-type": "text/plain"}}, 415, "send JSON"),
    "no JSON": ({"content": "{", "headers": {"content-type": "application/json"}}, 400, "Invalid JSON"),
    "too much": ({"json": {"messages": [{"role": "user", "content": "x" * (4 << 20)}]}}, 413, "more than"),
}


@pytest.mark.parametrize(("request_", "status", "words"), OTHER.values(), ids=list(OTHER))
def test_a_body_that_cannot_be_taken_is_refused(gateway_to_script, script, request_, status, words):
    url = f"{gateway_to_script.url}/v1/chat/completions"
    answer = httpx.post(url, trust_env=False, **request_)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


def test_a_route_that_is_not_there_is_an_error_of_the_same_shape(caller, gateway_to_script, script):
    with pytest.raises(openai.NotFoundError, match="POST /v1/embeddings: Not Found"):
        caller(gateway_to_script).embeddings.create(model="edgequake", input="x")

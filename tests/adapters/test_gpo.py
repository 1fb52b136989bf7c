"""What is GPO's own: sessions and conversations, its routes, its events."""

from __future__ import annotations

import asyncio

import pytest
from adapters.services import CONTEXT, GPO, QUESTION, SECRET
from pydantic import ValidationError

from edgequake import ConfigurationError, ResponseError, StreamError, StreamInterruptedError
from edgequake.adapters.gpo import (
    ChatContext,
    ChatRequest,
    ChatResponse,
    CitationSource,
    GPOCoreClient,
    GPOCoreSyncClient,
    Routes,
    SessionContext,
    StreamingChatRequest,
    StreamingChunk,
)
from edgequake.testing import CUT, ScriptServer

CITED = {"title": "VAT law", "relevance_score": 0.9, "content_excerpt": "Article 1 …", "page": 3}


@pytest.fixture
def service():
    return GPO


def test_from_a_session_to_a_streamed_answer(caller, server, route):
    server.on("POST", "/sessions").reply(json={"session_id": "s", "token": "t", "expires": 9})
    server.on("POST", "/conversations").reply(json={"conversation_id": "c"})
    route.stream({"content": "Due"}, {"sources": [CITED], "is_complete": True})
    client = caller.client()
    session = caller.run(client.session(SessionContext(instance_id="i", user_id="u", project_id="p")))
    context = ChatContext(session_id=session.session_id, token=session.token)
    conversation = caller.run(client.start_conversation(context=context, request={"title": "Taxes"}))
    context = ChatContext(
        session_id=session.session_id, conversation_id=conversation.conversation_id, token=session.token
    )
    request = StreamingChatRequest(query="VAT?", use_openai=True, stream=True, language="es")
    stream = client.chat_stream(context=context, request=request)
    assert caller.text(stream) == "Due"
    assert session["expires"] == 9
    assert [sent.json for sent in server.requests] == [
        {"instance_id": "i", "user_id": "u", "project_id": "p"},
        {"title": "Taxes", "session_id": "s"},
        {"query": "VAT?", "use_openai": True, "stream": True, "language": "es"}
        | {"session_id": "s", "conversation_id": "c"},
    ]
    assert [sent.headers.get("Authorization") for sent in server.requests] == [None, "Bearer t", "Bearer t"]


def test_a_chunk_has_the_documents_fields(caller, route):
    route.stream(
        {"content": "a", "later": 1},
        {"content": None, "sources": [{"title": "x"}], "metadata": {"tokens": 3}},
        {"sources": [CITED], "is_complete": True, "metadata": {"model": "m"}},
    )
    stream = caller.client().chat_stream(context=CONTEXT, request=QUESTION)
    first, second, last = caller.collect(stream)
    assert isinstance(first, StreamingChunk)
    assert (first.content, first.sources, first.is_complete, first.metadata) == ("a", None, False, None)
    assert (second.content, str(second), second.metadata) == (None, "", {"tokens": 3})
    (source,) = last.sources
    assert isinstance(source, CitationSource)
    assert (source.title, source.relevance_score, source.content_excerpt, source.page) == tuple(CITED.values())
    assert last.is_complete
    answer = caller.final(stream)
    assert isinstance(answer, ChatResponse)
    assert (answer.message_content, [cited.title for cited in answer.sources]) == ("a", ["x", "VAT law"])
    assert answer.metadata == {"tokens": 3, "model": "m"}
    assert [(ours.label, ours.score, ours.snippet) for ours in stream.sources][1] == ("VAT law", 0.9, "Article 1 …")


def test_a_whole_answer_brings_sources_too(caller, server):
    server.on("POST", "/chat").reply(json={"message_content": "Due.", "sources": [CITED], "id": 7})
    request = ChatRequest(query=QUESTION.query, use_openai=QUESTION.use_openai)
    answer = caller.run(caller.client().chat(context=CONTEXT, request=request))
    assert (str(answer), answer.text, answer.sources[0].title, answer["id"]) == ("Due.", "Due.", "VAT law", 7)
    assert "stream" not in server.requests[0].json


@pytest.mark.parametrize(
    ("event", "words", "code"),
    [
        ({"error": "in words"}, "in words", None),
        ({"error": {"message": "too long", "code": 413}, "content": "x"}, "too long", "413"),
        ({"error": {"why": "x"}}, '{"why":"x"}', None),
        (b'event: error\ndata: {"message": "by its name"}\n\n', "by its name", None),
    ],
    ids=["words", "object", "other", "name"],
)
def test_an_event_with_an_error_is_raised_in_the_services_words(caller, route, event, words, code):
    route.stream({"content": "a", "error": None}, event, GPO.final)
    error = caller.fails(caller.client().chat_stream(context=CONTEXT, request=QUESTION))
    assert (type(error), error.message, error.code, error.partial_text) == (StreamError, words, code, "a")


@pytest.mark.parametrize("event", ["not json", "7", {"sources": 3}, {"is_complete": "perhaps"}, {"content": ["a"]}])
def test_an_event_of_the_wrong_shape_is_a_stream_error(caller, route, event):
    route.stream({"content": "a"}, event)
    error = caller.fails(caller.client().chat_stream(context=CONTEXT, request=QUESTION))
    assert (type(error), error.partial_text) == (StreamError, "a")


def test_openais_last_word_is_no_event(caller, route):
    route.stream(*GPO.steps("a"), "[DONE]")
    assert caller.text(caller.client().chat_stream(context=CONTEXT, request=QUESTION)) == "a"


def test_bad_bytes_in_a_text_are_replaced(caller, route):
    route.stream(b'data: {"content": "a\xff"}\n\n', GPO.final)
    assert caller.text(caller.client().chat_stream(context=CONTEXT, request=QUESTION)) == "a\ufffd"


def test_a_stream_that_breaks_can_be_asked_for_whole(caller, server, route):
    """The document's way to recover."""
    route.stream({"content": "a"}, CUT)
    server.on("POST", "/chat").reply(json={"message_content": "whole"})
    client = caller.client()
    assert type(caller.fails(client.chat_stream(context=CONTEXT, request=QUESTION))) is StreamInterruptedError
    assert caller.run(client.chat(context=CONTEXT, request=ChatRequest(query="q"))).message_content == "whole"


def test_routes_are_the_deployments(caller, server):
    routes = Routes(session="/v1/s", chat_stream="/v1/{session_id}/{conversation_id}/stream")
    server.on("POST", "/v1/s").reply(json={"session_id": "s"})
    server.on("POST", "/v1/a%2Fb/c/stream").stream(*GPO.steps("a"))
    client = caller.client(routes=routes)
    assert caller.run(client.session(SessionContext(instance_id="i", user_id="u"))).token is None
    context = ChatContext(session_id="a/b", conversation_id="c", token="t")
    assert caller.text(client.chat_stream(context=context, request={"query": "q"})) == "a"


def test_the_address_comes_from_the_environment(monkeypatch, server):
    with pytest.raises(ConfigurationError, match="set GPO_BASE_URL"):
        GPOCoreSyncClient()
    monkeypatch.setenv("GPO_BASE_URL", server.url)
    assert repr(GPOCoreSyncClient()) == f"GPOCoreSyncClient(base_url={server.url!r})"
    assert repr(GPOCoreClient()).startswith("GPOCoreClient(")


@pytest.mark.parametrize(
    ("context", "request_", "words"),
    [
        (ChatContext(conversation_id="c", token="t"), QUESTION, "session_id"),
        (ChatContext(session_id="s", token="t"), QUESTION, "conversation_id must not be empty: start_conversation"),
        (ChatContext(session_id="s", conversation_id="c"), QUESTION, "token must not be empty"),
        (ChatContext(session_id="s", conversation_id="c", token="a\nb"), QUESTION, "white space or|line breaks"),
        (CONTEXT, ChatRequest(query=" "), "query must not be empty"),
        (CONTEXT, {}, "query must not be empty"),
        (CONTEXT, "q", "request must be a model or a dict"),
        ({"session_id": "s"}, QUESTION, "context must be a ChatContext"),
    ],
)
def test_what_is_missing_is_told_before_anything_is_sent(caller, server, context, request_, words):
    client = caller.client()
    with pytest.raises(ConfigurationError, match=words):
        client.chat_stream(context=context, request=request_)
    with pytest.raises(ConfigurationError, match=words):
        caller.run(client.chat(context=context, request=request_))
    assert server.requests == []


def test_routes_of_another_kind_are_refused():
    with pytest.raises(ConfigurationError, match="routes must be a Routes"):
        GPOCoreSyncClient(base_url="http://localhost", routes={"chat": "/"})


def test_an_answer_without_what_was_promised_is_a_response_error(caller, server):
    server.on("POST", "/sessions").reply(json={"id": 7})
    with pytest.raises(ResponseError, match="session_id"):
        caller.call(lambda client: client.session(SessionContext(instance_id="i", user_id="u")))


def test_no_token_shows_where_it_is_kept():
    assert SECRET not in repr(CONTEXT)
    with pytest.raises(ValidationError) as caught:
        ChatContext(session_id="s", token=[SECRET])
    assert SECRET not in str(caught.value)


def test_a_processor_that_is_slower_than_the_service(server):
    """The document's own buffer with backpressure, on a service that would go on for ever."""
    server.on("POST", GPO.path).stream(*[{"content": f"{n} "} for n in range(25)], GPO.final)

    async def main():
        async with GPOCoreClient(base_url=server.url) as client:
            buffer, processed, paused = [], "", False
            async for chunk in client.chat_stream(context=CONTEXT, request=QUESTION):
                buffer.append(chunk)
                paused = paused or len(buffer) >= 10
                while buffer and (paused or chunk.is_complete):
                    processed += buffer.pop(0).content or ""
                    await asyncio.sleep(0)
                    paused = paused and len(buffer) > 5
            assert processed == "".join(f"{n} " for n in range(25))

    asyncio.run(main())


def test_two_services_at_once(caller, route):
    route.always().stream(*GPO.steps("a"))
    with ScriptServer() as other:
        other.on("POST", GPO.path).stream(*GPO.steps("b"))
        first, second = caller.client(), caller.client(base_url=other.url)
        assert caller.text(second.chat_stream(context=CONTEXT, request=QUESTION)) == "b"
        assert caller.text(first.chat_stream(context=CONTEXT, request=QUESTION)) == "a"

"""The server as this package's own clients read it."""

import asyncio

import pytest
from local.contract import CHAT, CHAT_EVENTS, HEALTH, QUERY, check
from local.reading import events

from edgequake import AsyncEdgequakeClient, EdgequakeClient
from edgequake.models import ChatResponse, QueryResponse

QUESTION = "Who operates the Orion relay?"
ANSWER = "It is operated by Mira Okafor's team."


@pytest.fixture
def sdk(server, caller):
    ids = {"tenant_id": caller["X-Tenant-ID"], "user_id": caller["X-User-ID"]}
    with EdgequakeClient(base_url=server.url, **ids) as client:
        yield client


@pytest.mark.parametrize("stream_format", ["v1", "v2", "v3"])
def test_a_stream_ends_in_the_answer_that_execute_gives(sdk: EdgequakeClient, stream_format: str) -> None:
    whole = sdk.query.execute(QUESTION, mode="mix")
    with sdk.query.stream(QUESTION, mode="mix", stream_format=stream_format) as stream:
        text = "".join(stream.text_stream)
        final = stream.final()
    assert ANSWER in text
    assert final.answer == whole.answer == text
    if stream_format != "v1":
        assert [source.id for source in final.sources] == [source.id for source in whole.sources]
        assert final.stats.llm_model == "extractive"
    if stream_format == "v3":
        assert final.bundle is not None
        assert final.bundle.chunks


def test_every_field_of_an_answer_is_one_the_models_know(client, caller) -> None:
    found = client.post("/api/v1/query", json={"query": QUESTION}).json()
    check(found, QUERY)
    model = QueryResponse.model_validate(found)
    for part in (model, model.stats, *model.sources, model.subgraph, *model.subgraph.entities):
        assert not part.model_extra
    said = client.post("/api/v1/chat/completions", json={"message": QUESTION}, headers=caller).json()
    check(said, CHAT)
    assert not ChatResponse.model_validate(said).model_extra
    for event in events(client.post("/api/v1/chat/completions/stream", json={"message": "x"}, headers=caller).text):
        check(event, CHAT_EVENTS[event["type"]])
    check(client.get("/health").json(), HEALTH)


def test_chat_goes_on_from_its_stream(sdk: EdgequakeClient) -> None:
    with sdk.chat.stream(QUESTION) as stream:
        text = "".join(stream.text_stream)
        first = stream.final()
    assert ANSWER in text
    again = sdk.chat.complete("Where did it move?", conversation_id=first.conversation_id)
    assert "Lyon" in again.content
    assert again.conversation_id == first.conversation_id
    assert sdk.health().status == "healthy"


async def test_fifty_clients_streaming_at_once_all_get_whole_answers(server) -> None:
    async def one(number: int) -> str:
        async with AsyncEdgequakeClient(base_url=server.url, timeout=120) as client:
            stream_format = ("v1", "v2", "v3")[number % 3]
            async with client.query.stream(QUESTION, stream_format=stream_format) as stream:
                return (await stream.final()).answer

    answers = await asyncio.gather(*map(one, range(50)))
    assert len(set(answers)) == 1
    assert ANSWER in answers[0]

"""The tools of streams and the adapters as a user writes them; read by the type checkers, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import assert_type

from edgequake import AsyncEdgequakeClient, AsyncQueryStream, EdgequakeClient, QueryChunk, QueryResponse, QueryStream
from edgequake.adapters import AsyncStream, Stream
from edgequake.adapters.gpo import (
    ChatContext,
    ChatRequest,
    ChatResponse,
    CitationSource,
    Conversation,
    GPOCoreClient,
    GPOCoreSyncClient,
    Session,
    SessionContext,
    StreamingChatRequest,
    StreamingChunk,
)
from edgequake.adapters.storm import AsyncStormClient, StormAnswer, StormChunk, StormClient
from edgequake.display import StreamDisplay  # noqa: TC001 - shown as a user imports it


def seen(chunk: QueryChunk) -> None: ...


async def seen_later(answer: QueryResponse) -> None: ...


def tools(client: EdgequakeClient, display: StreamDisplay) -> None:
    stream = client.query.stream("q")
    assert_type(stream.words(), Iterator[str])
    assert_type(stream.batched(max_chars=80, max_wait=None), Iterator[str])
    assert_type(stream.on(chunk=seen, done=lambda answer: answer.sources).prefetch(8).tee(Path("a.txt")), QueryStream)
    assert_type(stream.run(), QueryResponse)
    assert_type(display.show(stream), QueryResponse)
    assert_type(client.stats.total_streams, int)
    assert_type(client.stats.average_latency, float | None)


async def async_tools(client: AsyncEdgequakeClient, display: StreamDisplay) -> None:
    stream = client.query.stream("q")
    assert_type(stream.sentences(), AsyncIterator[str])
    assert_type(stream.on(chunk=seen, done=seen_later).prefetch(8), AsyncQueryStream)
    assert_type(await stream.run(), QueryResponse)
    assert_type(await display.ashow(stream), QueryResponse)


def storm(client: StormClient) -> None:
    stream = client.stream("q", ["b"], "t")
    assert_type(stream, Stream[StormChunk, StormAnswer])
    for chunk in stream.prefetch(4):
        assert_type(chunk.text, str)
        assert_type(chunk.chat_id, str | None)
    assert_type(stream.final(), StormAnswer)
    assert_type(client.robust_answer("q"), StormAnswer)
    answer, _, metadata = client.stream_with_callbacks("q", on_token=print)
    assert_type(answer, str)
    assert_type(metadata, dict[str, str])


async def async_storm() -> None:
    async with AsyncStormClient(api_key="k", event_timeout=5, rate_limit="10/s") as client:
        assert_type(client.stream("q"), AsyncStream[StormChunk, StormAnswer])
        assert_type(await client.answer("q"), StormAnswer)


async def gpo() -> None:
    async with GPOCoreClient(base_url="http://localhost") as client:
        session = await client.session(SessionContext(instance_id="i", user_id="u"))
        assert_type(session, Session)
        context = ChatContext(session_id=session.session_id, token=session.token)
        assert_type(await client.start_conversation(context=context, request={"title": "t"}), Conversation)
        async for chunk in client.chat_stream(context=context, request=StreamingChatRequest(query="q")):
            assert_type(chunk, StreamingChunk)
            assert_type(chunk.sources, list[CitationSource] | None)


def gpo_sync(client: GPOCoreSyncClient, context: ChatContext) -> None:
    assert_type(client.chat(context=context, request=ChatRequest(query="q")), ChatResponse)
    assert_type(
        client.chat_stream(context=context, request={"query": "q"}).final(),
        ChatResponse,
    )

"""The public surface as a user writes it; read by the type checkers, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, assert_type

import httpx
from httpx_sse import ServerSentEvent
from pydantic import BaseModel

import edgequake
from edgequake import (
    APIError,
    AsyncChatStream,
    AsyncEdgeQuake,
    AsyncEdgequakeClient,
    AsyncPager,
    AsyncQueryStream,
    CallRecord,
    ChatChunk,
    ChatMessage,
    ChatResponse,
    ChatStream,
    Chunk,
    ChunkType,
    ContextBundle,
    EdgeQuake,
    EdgequakeClient,
    EdgeQuakeError,
    EventType,
    HealthResponse,
    NetworkError,
    Pager,
    QueryChunk,
    QueryOptions,
    QueryResponse,
    QueryStats,
    QueryStream,
    RetryPolicy,
    Source,
    StreamError,
    StreamEvent,
    StreamTiming,
    Subgraph,
    Timeout,
    TimeoutError,
)
from edgequake.exceptions import TimeoutStage
from edgequake.models.conversations import Conversation
from edgequake.models.documents import Document, DocumentDetail, DocumentPage, TrackStatus
from edgequake.models.folders import Folder
from edgequake.models.graph import Graph, GraphEvent, GraphNode

# -- clients ----------------------------------------------------------------------------------------------------------


async def fresh_token() -> str:
    return "token"


def watch(record: CallRecord) -> None:
    assert_type(record.timing, StreamTiming)
    assert_type(record.error, Exception | None)
    assert_type(record.tokens, int | None)


def clients() -> None:
    assert_type(EdgeQuake(), EdgequakeClient)
    assert_type(AsyncEdgeQuake(), AsyncEdgequakeClient)
    client = EdgequakeClient(
        base_url="http://localhost:8080",
        api_key=None,
        jwt=lambda: "token",
        tenant_id="default",
        workspace_id=None,
        user_id="00000000-0000-0000-0000-000000000001",
        timeout=Timeout(30, chunk=None, total=300),
        retry=RetryPolicy(max_retries=5, max_delay=4),
        headers={"X-A": "a"},
        http_client=httpx.Client(),
        max_event_bytes=1 << 20,
        on_call=watch,
    )
    assert_type(client.with_options(on_call=None), EdgequakeClient)
    AsyncEdgequakeClient(jwt=fresh_token, http_client=httpx.AsyncClient(), timeout=None, max_retries=0)
    assert_type(client.with_options(timeout=5, max_retries=0, headers={"X-A": "a"}, workspace_id=None), EdgequakeClient)
    assert_type(client.health(), HealthResponse)
    with EdgequakeClient(timeout=2.5) as entered:
        assert_type(entered, EdgequakeClient)
    client.close()
    assert_type(edgequake.__version__, str)


class MyClient(EdgequakeClient):
    pass


def subclasses(client: MyClient) -> None:
    assert_type(client.with_options(timeout=5), MyClient)
    with client as entered:
        assert_type(entered, MyClient)


async def async_clients() -> None:
    async with AsyncEdgequakeClient() as client:
        assert_type(client, AsyncEdgequakeClient)
        assert_type(client.with_options(timeout=None), AsyncEdgequakeClient)
        assert_type(await client.health(), HealthResponse)
        await client.aclose()


# -- queries ----------------------------------------------------------------------------------------------------------


def queries(client: EdgequakeClient) -> None:
    answer = client.query.execute("q", mode="hybrid", top_k=10, document_filter={"document_ids": ["m"]})
    assert_type(answer, QueryResponse)
    assert_type(answer.answer, str)
    assert_type(answer["answer"], Any)
    assert_type(answer.sources, list[Source])
    assert_type(answer.sources[0].score, float)
    assert_type(answer.stats, QueryStats)
    assert_type(answer.subgraph, Subgraph | None)
    assert_type(answer.request_id, str | None)
    assert_type(client.query.ask("q", on_text=print, llm_provider="p", llm_model="m"), QueryResponse)

    for chunk in client.query.stream(query="q", extra_body={"mode": "one of a later server"}, timeout=Timeout(5)):
        assert_type(chunk, QueryChunk)
        assert_type(chunk.type, str)
        assert_type(chunk.text, str)
        assert_type(chunk.thinking, str)
        assert_type(chunk.sources, list[Source])
        assert_type(chunk.source, Source | None)
        assert_type(chunk.subgraph, Subgraph | None)
        assert_type(chunk.bundle, ContextBundle | None)
        assert_type(chunk.stats, QueryStats | None)
        assert_type(chunk.answer, str | None)
        assert_type(chunk.finish_reason, str | None)
        assert_type(chunk.usage, dict[str, Any] | None)
        assert_type(chunk.raw, str)
        assert_type(chunk["chunk"], Any)
        print(chunk, end="", flush=True)
        if chunk.type == ChunkType.DONE:
            break

    with client.query.stream("q", fallback=True, extra_body={"new": 1}) as stream:
        assert_type(stream, QueryStream)
        assert_type(stream.text_stream, Iterator[str])
        assert_type(next(stream), QueryChunk)
        assert_type(iter(stream), Iterator[QueryChunk])
        assert_type(stream.final(), QueryResponse)
        assert_type(stream.text, str)
        assert_type(stream.sources, list[Source])
        assert_type(stream.stats, QueryStats)
        assert_type(stream.request_id, str | None)
        assert_type(stream.response, httpx.Response | None)
        assert_type(stream.failure, EdgeQuakeError | None)
        assert_type(stream.timing, StreamTiming)
        assert_type(stream.timing.chunks_per_second, float | None)
        for event in stream.events():
            assert_type(event, ServerSentEvent)
        stream.close()

    for moment in client.query.stream_events("q", mode="mix"):
        assert_type(moment, StreamEvent)
        assert_type(moment.type, EventType)
        assert_type(moment.is_chunk, bool)
        assert_type(moment.latency, float)


async def async_queries(client: AsyncEdgequakeClient) -> None:
    assert_type(await client.query.execute("q"), QueryResponse)
    assert_type(await client.query.ask("q", on_text=lambda text: None), QueryResponse)
    async for chunk in client.query.stream("q", hl_keywords=["a"], ll_keywords=("b",)):
        assert_type(chunk, QueryChunk)
    async for chunk in await client.query.stream("q"):
        assert_type(chunk, QueryChunk)
    async with client.query.stream("q") as stream:
        assert_type(stream, AsyncQueryStream)
        assert_type(stream.text_stream, AsyncIterator[str])
        assert_type(await anext(stream), QueryChunk)
        assert_type(await stream.final(), QueryResponse)
        async for event in stream.events():
            assert_type(event, ServerSentEvent)
        await stream.aclose()
    async for moment in client.query.stream_events("q"):
        assert_type(moment, StreamEvent)


def options_in_one_place(client: EdgequakeClient) -> None:
    options: QueryOptions = {"mode": "local", "timeout": None, "headers": {"X-A": "a"}, "stream_format": "v3"}
    client.query.execute("q", **options)
    client.query.stream("q", **options)


# -- chats ------------------------------------------------------------------------------------------------------------


def chats(client: EdgequakeClient) -> None:
    messages: list[ChatMessage] = [{"role": "system", "content": "Be brief."}]
    messages.append({"role": "user", "content": [{"type": "text", "text": "m"}]})
    assert_type(client.chat.complete(messages, temperature=0.5), ChatResponse)
    assert_type(client.chat.completions("m").content, str)
    assert_type(client.chat.complete("m").answer, str)
    for chunk in client.chat.stream(model="edgequake", messages=[{"role": "user", "content": "m"}]):
        assert_type(chunk, ChatChunk)
        assert_type(chunk.conversation_id, str | None)
        assert_type(chunk.title, str | None)
        assert_type(chunk.tokens_used, int | None)
        delta = chunk.get("choices", [{}])[0].get("delta", {}).get("content")
        if delta:
            print(delta)
    with client.chat.stream("m", conversation_id=None, images=[{"data": "", "mime_type": "image/png"}]) as stream:
        assert_type(stream, ChatStream)
        assert_type(stream.final(), ChatResponse)
        assert_type(stream.conversation_id, str | None)
        assert_type(stream.title, str | None)


async def async_chats(client: AsyncEdgequakeClient) -> None:
    assert_type(await client.chat.complete("m"), ChatResponse)
    assert_type(await client.chat.completions("m"), ChatResponse)
    async for chunk in client.chat.stream("m"):
        assert_type(chunk, ChatChunk)
    async with client.chat.stream("m") as stream:
        assert_type(stream, AsyncChatStream)
        assert_type(await stream.final(), ChatResponse)


# -- chunks -----------------------------------------------------------------------------------------------------------


def chunks(chunk: QueryChunk | ChatChunk) -> str:
    match chunk:
        case ChatChunk(type="conversation", conversation_id=str(conversation)):
            return conversation
        case QueryChunk("token", text):
            return assert_type(text, str)
        case Chunk(sources=[first, *_]):
            assert_type(first, Source)
            return first.label
        case {"type": "weather", "wind": _}:
            return "weather"
    return str(chunk)


class Page(BaseModel):
    first: QueryChunk
    rest: list[Chunk] = []


def chunks_by_hand() -> None:
    assert_type(Page(first=QueryChunk(type="token")).first.text, str)
    assert_type(Chunk({"type": "token"}).get("type"), Any | None)


# -- any request ------------------------------------------------------------------------------------------------------


def any_request(client: EdgequakeClient) -> None:
    assert_type(client.request("GET", "/api/v1/models", cast_to=dict[str, Any]), dict[str, Any])
    assert_type(client.request("GET", "/x", cast_to=list[Page], params={"n": 1}), list[Page])
    assert_type(client.request("POST", "/x", cast_to=Page, body={"a": 1}, idempotent=True, timeout=None), Page)
    assert_type(client.request("GET", "/x", cast_to=bytes, headers={"X-A": "a"}), bytes)
    client.request("DELETE", "/x", cast_to=type(None))
    for chunk in client.stream("POST", "/v1/chat/completions", body={"stream": True}):
        assert_type(chunk, ChatChunk)


async def any_async_request(client: AsyncEdgequakeClient) -> None:
    assert_type(await client.request("GET", "/x", cast_to=Page), Page)
    async for chunk in client.stream("POST", "/v1/chat/completions"):
        assert_type(chunk, ChatChunk)


# -- errors -----------------------------------------------------------------------------------------------------------


def errors(client: EdgequakeClient) -> None:
    try:
        client.health()
    except APIError as error:
        assert_type(error.status_code, int)
        assert_type(error.code, str | None)
        assert_type(error.retry_after, float | None)
        assert_type(error.request_id, str | None)
        assert_type(error.message, str)
    except TimeoutError as error:
        assert_type(error.stage, TimeoutStage)
        assert_type(error.partial_text, str)
    except NetworkError as error:
        assert_type(error.request_sent, bool)
        assert_type(error.chunks_received, int)
    except StreamError as error:
        assert_type(error.code, str | None)
    except EdgeQuakeError as error:
        assert_type(error.message, str)


def errors_are_builtin_ones_too(client: EdgequakeClient) -> None:
    try:
        client.health()
    except ConnectionError:
        pass
    except ValueError:
        pass


# -- resources --------------------------------------------------------------------------------------------------------


def resources(client: EdgequakeClient) -> None:
    listed = client.documents.list(status="failed", page_size=10)
    assert_type(listed, Pager[Document, DocumentPage])
    for document in listed:
        assert_type(document, Document)
        assert_type(client.documents.get(document), DocumentDetail)
    assert_type(listed.first_page(), DocumentPage)
    assert_type(listed.all(limit=3), list[Document])
    for page in listed.pages():
        assert_type(page, DocumentPage)
    upload = client.documents.upload_file(Path("a.md"), metadata={"a": 1}, max_upload_bytes=None)
    assert_type(client.documents.track(upload), TrackStatus)
    assert_type(client.documents.download("d-1"), bytes)
    assert_type(client.documents.download("d-1", to="a.pdf"), Path)
    assert_type(client.documents.markdown("d-1"), str)
    assert_type(client.documents.pdf.delete("p-1"), None)
    assert_type(client.folders.list(), list[Folder])
    assert_type(client.conversations.update("c-1", folder_id=None), Conversation)
    for event in client.graph.stream(max_nodes=5):
        assert_type(event, GraphEvent)
    assert_type(client.graph.stream().final(), Graph)


async def async_resources(client: AsyncEdgequakeClient) -> None:
    listed = client.documents.list()
    assert_type(listed, AsyncPager[Document, DocumentPage])
    assert_type(await listed, DocumentPage)
    assert_type(await listed.all(), list[Document])
    async for document in listed:
        assert_type(await client.documents.get(document), DocumentDetail)
    assert_type(await client.documents.download("d-1", to=Path("a.pdf")), Path)
    async with client.graph.stream() as stream:
        async for node in stream.nodes():
            assert_type(node, GraphNode)
        assert_type(await stream.final(), Graph)

"""What the type checker tells a user who writes it wrongly: each line holds the error that it must have.

Read by mypy, which complains of an ``ignore`` that is not needed; never run.
"""

from __future__ import annotations

from edgequake import AsyncEdgequakeClient, EdgequakeClient, QueryChunk, RetryPolicy, Timeout


def clients() -> None:
    EdgequakeClient("http://localhost")  # type: ignore[call-arg]
    EdgequakeClient(base_url=8080)  # type: ignore[arg-type]
    EdgequakeClient(api_key=b"key")  # type: ignore[arg-type]
    EdgequakeClient(timeout="30")  # type: ignore[arg-type]
    EdgequakeClient(max_retries=None)  # type: ignore[arg-type]
    EdgequakeClient(retries=3)  # type: ignore[call-arg]
    EdgequakeClient(on_call=lambda: None)  # type: ignore[arg-type, misc]
    EdgequakeClient(http_client=object())  # type: ignore[arg-type]
    EdgequakeClient().with_options(base_url="http://localhost")  # type: ignore[call-arg]
    EdgequakeClient().with_options(timeout="30")  # type: ignore[arg-type]
    Timeout(total="60")  # type: ignore[arg-type]
    RetryPolicy(max_retries="3")  # type: ignore[arg-type]
    Timeout(30).chunk = 5  # type: ignore[misc]


def queries(client: EdgequakeClient) -> None:
    client.query.execute()  # type: ignore[call-arg]
    client.query.execute(5)  # type: ignore[arg-type]
    client.query.execute("q", topk=10)  # type: ignore[call-arg]
    client.query.execute("q", top_k="10")  # type: ignore[arg-type]
    client.query.stream("q", mode=5)  # type: ignore[arg-type]
    client.query.stream("q", stream_format="v9")  # type: ignore[arg-type]
    client.query.stream("q", document_filter={"ids": ["m"]})  # type: ignore[arg-type]
    client.query.stream("q", conversation_history=[{"role": "user"}])  # type: ignore[typeddict-item]
    client.query.stream("q", fallback="yes")  # type: ignore[arg-type]
    client.query.stream("q", conversation_id="c")  # type: ignore[call-arg]
    client.query.ask("q", on_text=5)  # type: ignore[arg-type]
    client.query.ask("q", fallback=True)  # type: ignore[call-arg]
    client.query.stream("q").unknown  # type: ignore[attr-defined]  # noqa: B018


def chats(client: EdgequakeClient) -> None:
    client.chat.complete()  # type: ignore[call-arg]
    client.chat.complete([5])  # type: ignore[arg-type]
    client.chat.complete("m", max_token=5)  # type: ignore[call-arg]
    client.chat.stream("m", images=[{"data": ""}])  # type: ignore[typeddict-item]


def chunks(chunk: QueryChunk) -> None:
    chunk.conversation_id  # type: ignore[attr-defined]  # noqa: B018
    chunk.text = "x"  # type: ignore[misc]
    chunk.content  # type: ignore[attr-defined]  # noqa: B018


def requests(client: EdgequakeClient) -> None:
    client.request("GET", "/x")  # type: ignore[call-arg]
    client.request("GET", "/x", cast_to=dict, json={})  # type: ignore[call-arg]


async def streams(client: AsyncEdgequakeClient) -> None:
    for chunk in client.query.stream("q"):  # type: ignore[attr-defined]
        print(chunk)
    with client.query.stream("q"):  # type: ignore[attr-defined]
        pass
    client.query.execute("q").answer  # type: ignore[attr-defined]  # noqa: B018


def sync_streams(client: EdgequakeClient) -> None:
    async def wrong() -> None:
        async for chunk in client.query.stream("q"):  # type: ignore[attr-defined]
            print(chunk)

    wrong()  # type: ignore[unused-coroutine]

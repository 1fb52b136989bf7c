"""`sse_response` and `relay_websocket` in a Starlette or FastAPI application, over real sockets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from relay.serving import ENOUGH, SECONDS, Open, Served, events_in
from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route, WebSocketRoute
from websockets.sync.client import connect

from edgequake import AsyncEdgequakeClient, ConfigurationError, EdgequakeClient
from edgequake.relay import SSE_HEADERS, relay_websocket, sse_lines, sse_response
from edgequake.testing import Hold

TOKEN = {"type": "token", "content": "half"}


async def few() -> AsyncIterator[int]:
    yield 1
    yield 2


def served(endpoint: Any, client: Any = None) -> Served:
    """An application of one route; it closes its client when it ends."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        yield
        if isinstance(client, AsyncEdgequakeClient):
            await client.aclose()
        elif client is not None:
            client.close()

    return Served(Starlette(routes=[Route("/{_:path}", endpoint, methods=["GET", "POST"])], lifespan=lifespan))


def opened(server: Served) -> Any:
    return httpx.stream("GET", server.url, trust_env=False, timeout=SECONDS)


def test_the_stream_goes_out_with_headers_that_keep_proxies_from_holding_it():
    async def endpoint(request: Any) -> Any:
        return sse_response(few(), headers={"X-Mine": "yes"})

    with served(endpoint) as server:
        response = httpx.get(server.url, trust_env=False)
    assert {name: response.headers[name] for name in SSE_HEADERS} == SSE_HEADERS
    assert response.headers["x-mine"] == "yes"
    assert events_in(response.content) == [("message", 1), ("message", 2), ("done", {"type": "done"})]


def test_a_comment_breaks_each_silence():
    async def waits() -> AsyncIterator[int]:
        yield 1
        await asyncio.Event().wait()

    async def endpoint(request: Any) -> Any:
        return sse_response(waits(), keep_alive=0.01)

    with served(endpoint) as server, opened(server) as response:
        seen = b""
        for data in response.iter_bytes():
            seen += data
            if seen.partition(b"id: 1\n")[2].count(b": keep-alive\n\n") >= 2:
                break


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_a_browser_that_leaves_ends_the_stream_of_a_client_at_once(edgequake_script, kind):
    hold = Hold()
    edgequake_script.stream(TOKEN, hold)

    make = AsyncEdgequakeClient if kind == "async" else EdgequakeClient
    client = make(base_url=edgequake_script.url)

    async def endpoint(request: Any) -> Any:
        return sse_response(client.query.stream("q"), keep_alive=None)

    with served(endpoint, client) as server:
        with opened(server) as response:
            assert b"half" in next(response.iter_bytes())
            hold.wait_until_reached()
        edgequake_script.wait_for_disconnect()
        server.wait_until_idle()


def test_a_stream_that_was_opened_is_closed_when_the_browser_left_before_its_first_event(edgequake_script):
    edgequake_script.stream(Hold())
    client = AsyncEdgequakeClient(base_url=edgequake_script.url)

    async def endpoint(request: Any) -> Any:
        stream = await client.query.stream("q")
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return sse_response(stream)

    with served(endpoint, client) as server:
        with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as browser:
            browser.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            edgequake_script.wait_for_requests(1)
        edgequake_script.wait_for_disconnect()
        server.wait_until_idle()


@pytest.mark.parametrize("respond", [sse_response, lambda stream: StreamingResponse(sse_lines(stream))])
def test_a_generator_that_is_faster_than_the_browser_is_held_back(respond):
    source = Open()

    async def endpoint(request: Any) -> Any:
        return respond(source.blobs())

    with served(endpoint) as server:
        with opened(server) as response:
            next(response.iter_raw())
            server.wait_until_held(lambda: source.made)
            assert source.made < ENOUGH
        source.wait_for(0)
        server.wait_until_idle()


def test_what_is_no_stream_is_refused():
    with pytest.raises(ConfigurationError, match="iterable"):
        sse_response("text")


def test_a_client_of_this_sdk_reads_a_relayed_stream(local_server):
    upstream = AsyncEdgequakeClient(base_url=local_server.url)

    async def endpoint(request: Any) -> Any:
        return sse_response(upstream.query.stream((await request.json())["query"]))

    with served(endpoint, upstream) as server, EdgequakeClient(base_url=server.url) as client:
        answer = client.query.stream("Who operates the Orion relay?").final()
    assert "Mira Okafor" in answer.answer
    assert answer.sources
    assert answer.stats.total_time_ms is not None


# -- WebSockets -------------------------------------------------------------------------------------------------------


def talk(stream: Any, **options: Any) -> Any:
    """An endpoint that answers each message with a stream, and keeps what `relay_websocket` returned."""
    results: list[bool] = []

    async def endpoint(websocket: Any) -> None:
        await websocket.accept()
        while True:
            if (await websocket.receive())["type"] == "websocket.disconnect":
                return
            results.append(await relay_websocket(websocket, stream(), **options))
            if not results[-1]:
                return

    return Served(Starlette(routes=[WebSocketRoute("/", endpoint)])), results


def frames(connection: Any, message: str = "go") -> list[Any]:
    connection.send(message)
    found: list[Any] = []
    while not found or not {"done", "error"} & found[-1].keys():
        found.append(json.loads(connection.recv(timeout=SECONDS)))
    return found


def test_each_stream_over_a_websocket_has_numbered_chunks_and_an_end():
    server, results = talk(few)
    with server, connect(server.ws, proxy=None) as connection:
        for _ in range(2):
            assert frames(connection) == [{"id": 1, "chunk": 1}, {"id": 2, "chunk": 2}, {"done": True}]
    assert results == [True, True]


def test_an_error_over_a_websocket_is_a_frame_with_a_safe_message(caplog):
    async def fails() -> AsyncIterator[int]:
        yield 1
        raise KeyError("s3cret")

    server, _ = talk(fails)
    with server, connect(server.ws, proxy=None) as connection:
        assert frames(connection)[-1] == {
            "error": {"code": "internal_error", "message": "internal error", "data": None}
        }
    server, _ = talk(fails, details=True)
    with server, connect(server.ws, proxy=None) as connection:
        assert "s3cret" in frames(connection)[-1]["error"]["message"]


def test_a_browser_can_cancel_and_is_refused_anything_else_meanwhile():
    source = Open()
    server, results = talk(source.stuck)
    with server, connect(server.ws, proxy=None) as connection:
        connection.send("go")
        assert json.loads(connection.recv(timeout=SECONDS)) == {"id": 1, "chunk": "so"}
        connection.send("another question")
        assert json.loads(connection.recv(timeout=SECONDS))["refused"]["code"] == "busy"
        assert frames(connection, '{"type": "cancel"}') == [{"done": True, "cancelled": True}]
        source.wait_for(0)
    assert results == [True]


def test_a_generator_that_ignores_its_cancellation_is_closed_when_it_yields():
    source = Open()

    async def endpoint(request: Any) -> Any:
        return sse_response(source.stubborn())

    with served(endpoint) as server:
        with opened(server) as response:
            next(response.iter_raw())
        source.wait_for(0)
    server, results = talk(source.stubborn)
    with server, connect(server.ws, proxy=None) as connection:
        connection.send("go")
        connection.recv(timeout=SECONDS)
        assert frames(connection, '{"type": "cancel"}') == [{"done": True, "cancelled": True}]
        source.wait_for(0)
    assert results == [True]


def test_a_browser_that_leaves_a_websocket_closes_the_stream():
    source = Open()
    server, results = talk(source.stuck)
    with server:
        with connect(server.ws, proxy=None) as connection:
            connection.send("go")
            connection.recv(timeout=SECONDS)
        source.wait_for(0)
        server.wait_until_idle()
    assert results == [False]


def test_a_websocket_that_is_gone_gets_nothing():
    source = Open()
    server, results = talk(source.endless)
    with server:
        with connect(server.ws, proxy=None) as connection:
            connection.send("go")
            connection.recv(timeout=SECONDS)
            connection.socket.close()
        source.wait_for(0)
        server.wait_until_idle()
    assert results == [False]


async def test_a_question_that_follows_the_end_at_once_is_the_applications_to_receive():
    messages: asyncio.Queue[Any] = asyncio.Queue()
    messages.put_nowait({"type": "websocket.connect"})
    sent: list[str] = []

    async def send(message: Any) -> None:
        sent.append(message.get("text", message["type"]))
        if sent[-1] == '{"done":true}':
            messages.put_nowait({"type": "websocket.receive", "text": "and now?"})
            for _ in range(9):  # the socket is slow, the browser is not
                await asyncio.sleep(0)

    websocket = WebSocket({"type": "websocket", "headers": []}, messages.get, send)
    assert await relay_websocket(websocket, [5])
    assert sent == ["websocket.accept", '{"id":1,"chunk":5}', '{"done":true}']
    assert await websocket.receive_text() == "and now?"
    messages.put_nowait({"type": "websocket.disconnect"})
    assert (await websocket.receive())["type"] == "websocket.disconnect"
    assert not await relay_websocket(websocket, [5])


def test_a_websocket_of_fastapi_is_accepted_when_it_was_not():
    app = FastAPI()

    @app.websocket("/ask")
    async def ask(websocket: WebSocket) -> None:
        assert await relay_websocket(websocket, numbers())

    def numbers() -> Iterator[int]:
        yield 5

    with Served(app) as server, connect(f"{server.ws}/ask", proxy=None) as connection:
        assert json.loads(connection.recv(timeout=SECONDS)) == {"id": 1, "chunk": 5}
        assert json.loads(connection.recv(timeout=SECONDS)) == {"done": True}

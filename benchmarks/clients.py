"""The clients that are compared. Each function takes the load server's address and gives a client's :class:`Ways`.

Imports wait until a client is asked for: they are not all installed in one environment, and two share a name.
"""

from __future__ import annotations

import socket
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

STREAM = "/api/v1/query/stream"
EXECUTE = "/api/v1/query"
BODY = {"query": "q", "stream_format": "v2"}
SECONDS = 120.0


class Ways(NamedTuple):
    """What a client can do."""

    read: Callable[[], int]
    """Reads a stream to its end; the number of events with text (bare clients: of reads)."""
    execute: Callable[[], object] | None = None
    """A call without a stream."""


class AsyncWays(NamedTuple):
    """What an asynchronous client can do."""

    read: Callable[[], Awaitable[int]]
    """Reads a stream to its end; the number of events with text (bare clients: of reads)."""
    begin: Callable[[], Awaitable[object]]
    """Reads the first event; what it returns holds the stream open."""


def edgequake(url: str) -> Ways:
    from edgequake import EdgequakeClient

    client = EdgequakeClient(base_url=url, timeout=SECONDS)

    def read() -> int:
        seen = 0
        for chunk in client.query.stream("q"):
            seen += bool(chunk.text)
        return seen

    return Ways(read, lambda: client.query.execute("q"))


def edgequake_openai_wire(url: str) -> Ways:
    """Ours, reading OpenAI's wire, whose events are longer."""
    return edgequake(url.replace("/events=", "/wire=openai,events="))


def edgequake_sdk(url: str) -> Ways:
    """The official SDK, in an environment of its own: its package has our name."""
    import edgequake as official

    client: Any = vars(official)["EdgeQuake"](base_url=url, timeout=SECONDS)

    def read() -> int:
        seen = 0
        for event in client.query.stream("q"):
            seen += event is not None  # it has no text for this wire
        return seen - 1  # the final event

    return Ways(read, lambda: client.query.execute("q"))


def openai(url: str) -> Ways:
    """On OpenAI's own wire, the only one it reads."""
    import openai  # type: ignore[import-not-found, unused-ignore]  # in the benchmark's environment alone

    client: Any = openai.OpenAI(base_url=url, api_key="k", timeout=SECONDS)
    messages = [{"role": "user", "content": "q"}]

    def read() -> int:
        seen = 0
        for event in client.chat.completions.create(model="m", messages=messages, stream=True):
            seen += bool(event.choices[0].delta.content)
        return seen

    return Ways(read)


def httpx_sse_and_pydantic(url: str) -> Ways:
    import httpx
    from httpx_sse import connect_sse
    from pydantic import BaseModel

    class Event(BaseModel):
        type: str
        content: str = ""

    client = httpx.Client(timeout=SECONDS)

    def read() -> int:
        seen = 0
        with connect_sse(client, "POST", url + STREAM, json=BODY) as source:
            for event in source.iter_sse():
                seen += bool(Event.model_validate_json(event.data).content)
        return seen

    return Ways(read)


def bare_httpx(url: str) -> Ways:
    """Counts what comes, and reads nothing of it."""
    import httpx

    client = httpx.Client(timeout=SECONDS)

    def read() -> int:
        seen = 0
        with client.stream("POST", url + STREAM, json=BODY) as response:
            for _ in response.iter_raw():
                seen += 1
        return seen

    return Ways(read, lambda: client.post(url + EXECUTE, json=BODY).json())


def bare_socket(url: str) -> Ways:
    """No HTTP client at all; what Python could do at best."""
    import orjson  # type: ignore[import-not-found, unused-ignore]  # in the benchmark's environment alone

    address = urlsplit(url)
    request = f"POST {address.path}{STREAM} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n".encode()

    def read() -> int:
        seen = 0
        rest = b""
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(request)
            while not rest.endswith(b"0\r\n\r\n"):
                *lines, rest = (rest + connection.recv(65536)).split(b"\n\n")
                for line in lines:
                    seen += "content" in orjson.loads(line[line.index(b"data: ") + 6 :])
        return seen

    return Ways(read)


@asynccontextmanager
async def edgequake_async(url: str, **options: Any) -> AsyncIterator[AsyncWays]:
    from edgequake import AsyncEdgequakeClient

    async with AsyncEdgequakeClient(base_url=url, timeout=SECONDS, **options) as client:

        async def read() -> int:
            seen = 0
            async for chunk in client.query.stream("q"):
                seen += bool(chunk.text)
            return seen

        async def begin() -> object:
            stream = client.query.stream("q")
            await anext(stream)
            return stream

        yield AsyncWays(read, begin)


@asynccontextmanager
async def edgequake_aiohttp(url: str) -> AsyncIterator[AsyncWays]:
    import inspect

    from edgequake import AsyncEdgequakeClient

    if "transport" in inspect.signature(AsyncEdgequakeClient).parameters:
        async with edgequake_async(url, transport="aiohttp") as ways:
            yield ways
        return
    import httpx
    from httpx_aiohttp import AiohttpTransport

    async with (
        httpx.AsyncClient(transport=AiohttpTransport(limits=httpx.Limits(max_connections=0))) as http_client,
        edgequake_async(url, http_client=http_client) as ways,
    ):
        yield ways


@asynccontextmanager
async def bare_httpx_async(url: str, *, over_aiohttp: bool = False) -> AsyncIterator[AsyncWays]:
    """Counts what comes, and reads nothing of it."""
    import httpx

    options: dict[str, Any] = {"limits": httpx.Limits(max_connections=None, max_keepalive_connections=100)}
    if over_aiohttp:
        from httpx_aiohttp import AiohttpTransport

        # 0, for None leaves aiohttp its own limit of 100: the next stream would wait for ever.
        options["transport"] = AiohttpTransport(limits=httpx.Limits(max_connections=0))
    async with httpx.AsyncClient(timeout=SECONDS, **options) as client:

        async def read() -> int:
            seen = 0
            async with client.stream("POST", url + STREAM, json=BODY) as response:
                async for _ in response.aiter_raw():
                    seen += 1
            return seen

        async def begin() -> object:
            response = await client.send(client.build_request("POST", url + STREAM, json=BODY), stream=True)
            body = response.aiter_raw()
            await anext(body)
            return response, body

        yield AsyncWays(read, begin)


SYNC: dict[str, Callable[[str], Ways]] = {
    "edgequake": edgequake,
    "edgequake, OpenAI wire": edgequake_openai_wire,
    "edgequake-sdk": edgequake_sdk,
    "openai": openai,
    "httpx-sse + pydantic": httpx_sse_and_pydantic,
    "httpx": bare_httpx,
    "socket + orjson": bare_socket,
}
ASYNC: dict[str, Callable[[str], AbstractAsyncContextManager[AsyncWays]]] = {
    "edgequake async": edgequake_async,
    "edgequake[aiohttp]": edgequake_aiohttp,
    "httpx async": bare_httpx_async,
    "httpx over aiohttp": partial(bare_httpx_async, over_aiohttp=True),
}

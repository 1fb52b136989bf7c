"""Many streams at once, and many calls that die at random points: each whole, and nothing left open."""

import asyncio
import contextlib
import gc
import json
import random
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from relay.apps import App
from relay.serving import SECONDS, Served
from websockets.asyncio.client import connect

from edgequake import AsyncEdgequakeClient, EdgequakeClient, QueryChunk, QueryStream
from edgequake.relay import AsyncRelayClient
from edgequake.testing import CLOSE, RESET, Hold

WORDS = 8
AT_ONCE = 50


async def test_the_streams_of_many_browsers_at_once_are_each_whole(many):
    streams = min(many, 500)  # each takes two of the files that this process may open
    app = App(max_calls=streams)
    text = " ".join(f"wörd-{number}" for number in range(WORDS))
    expected = [f"{word} " for word in text.split()]

    async def over_http(number: int, client: AsyncRelayClient) -> list[str]:
        return [word async for word in await client.ai_response(f"{text} {number}")]

    async def over_a_socket(number: int, url: str) -> list[str]:
        words = []
        async with connect(f"{url}/ws", proxy=None) as socket:
            call = {"type": "rpc", "id": number, "name": "ai_response", "args": [f"{text} {number}"]}
            await socket.send(json.dumps(call))
            async for frame in socket:
                message = json.loads(frame)
                assert message["id"] == number
                if "done" in message:
                    return words
                words += [message["chunk"]] if "chunk" in message else []
        raise AssertionError(f"{number} ended early")

    with Served(app.relay) as served:
        async with AsyncRelayClient(served.url, timeout=SECONDS) as client, asyncio.timeout(2 * SECONDS):
            answers = await asyncio.gather(
                *(over_http(number, client) for number in range(streams // 2)),
                *(over_a_socket(number, served.ws) for number in range(streams // 2, streams)),
            )
        assert [words[-1] for words in answers] == [f"{number} " for number in range(streams)]
        assert all(words[:-1] == expected for words in answers)
        await asyncio.to_thread(served.wait_until_idle)


class Fragile(App):
    """Functions whose ends vary, over a server that breaks its streams at random points."""

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self.client = AsyncEdgequakeClient(base_url=upstream, max_retries=0)
        self.blocking = EdgequakeClient(base_url=upstream, max_retries=0)
        counted = self.open

        async def ask(question: str) -> AsyncIterator[QueryChunk]:
            with counted:
                async for chunk in self.client.query.stream(question):
                    yield chunk

        def ask_blocking(question: str) -> QueryStream:
            return self.blocking.query.stream(question)  # the stream itself: it can be closed while a thread reads it

        async def raises(after: int) -> AsyncIterator[int]:
            with counted:
                for number in range(after):
                    yield number
                raise KeyError(after)

        for function in (ask, ask_blocking, raises):
            self.relay.expose(function)

    async def close(self) -> None:
        await self.client.aclose()
        self.blocking.close()


@pytest.fixture
def fragile(edgequake_script, many):
    token = {"type": "token", "content": "x" * 100}
    draw = random.Random(7)
    for _ in range(many):
        end: Any = draw.choice([CLOSE, RESET, Hold(), {"type": "done"}])
        edgequake_script.stream(*[token] * draw.randrange(6), end)
    edgequake_script.always().stream(CLOSE)
    return Fragile(edgequake_script.url)


async def test_calls_that_die_at_random_points_leave_nothing_open(fragile, many, edgequake_script, caplog):
    draw = random.Random(3)
    caplog.set_level("CRITICAL")

    async def one_http_call(http: httpx.AsyncClient, name: str, args: list[Any]) -> None:
        async with http.stream("POST", f"/call/{name}", json={"args": args}) as response:
            left = draw.randrange(8)
            async for _ in response.aiter_lines():
                left -= 1
                if left <= 0:
                    return

    async def one_socket(url: str, calls: list[tuple[str, list[Any]]]) -> None:
        async with connect(f"{url}/ws", proxy=None, close_timeout=0.05) as socket:
            for number, (name, args) in enumerate(calls):
                window = draw.choice([1, 3, None])
                await socket.send(
                    json.dumps({"type": "rpc", "id": number, "name": name, "args": args, "window": window})
                )
                if draw.random() < 0.3:
                    await socket.send(json.dumps({"type": "cancel", "id": draw.randrange(number + 1)}))
            for _ in range(draw.randrange(6)):
                async with asyncio.timeout(draw.random() / 20):
                    await socket.recv()
            if draw.random() < 0.5:
                socket.transport.abort()

    def a_call() -> tuple[str, list[Any]]:
        name = draw.choice(["ask", "ask_blocking", "raises", "blobs", "stuck", "ai_response"])
        given = {"raises": [draw.randrange(5)], "blobs": [], "stuck": []}
        return name, given.get(name, ["what is that"])

    async def dying(url: str, http: httpx.AsyncClient, gate: asyncio.Semaphore) -> int:
        async with gate:
            kind = draw.random()
            with contextlib.suppress(Exception):
                if kind < 0.4:
                    async with asyncio.timeout(draw.choice([0.01, 0.1, 0.3])):
                        await one_http_call(http, *a_call())
                    return 1
                calls = [a_call() for _ in range(draw.randrange(4, 16))]
                async with asyncio.timeout(5):
                    await one_socket(url, calls)
                return len(calls)
            return 1

    threads = set(threading.enumerate())
    with Served(fragile.relay) as served:
        gate = asyncio.Semaphore(AT_ONCE)
        async with httpx.AsyncClient(
            base_url=served.url, trust_env=False, timeout=SECONDS, limits=httpx.Limits()
        ) as http:
            died = 0
            while died < many or fragile.open.ever < many / 4:
                died += sum(await asyncio.gather(*(dying(served.ws, http, gate) for _ in range(AT_ONCE))))
        await asyncio.to_thread(fragile.open.wait_for, 0)
        await asyncio.to_thread(served.wait_until_idle)
        await asyncio.to_thread(served.wait_until, lambda: not served.connections)
        closing = asyncio.run_coroutine_threadsafe(fragile.close(), served.loop)
        await asyncio.wrap_future(closing)
        await asyncio.to_thread(edgequake_script.wait_until_closed, SECONDS)
    gc.collect()
    for thread in set(threading.enumerate()) - threads:
        if thread.name.startswith("edgequake"):
            thread.join(SECONDS)
            assert not thread.is_alive()

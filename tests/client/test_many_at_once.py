"""One client serves many threads, or many tasks, at once; and async code on trio as on asyncio."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import trio
import trio.testing
from client.wires import CHAT_STREAM, DONE, PIECES, QUERY, STREAM, TEXT, chat, token, v2

from edgequake import (
    AsyncEdgequakeClient,
    EdgequakeClient,
    NetworkError,
    RetryPolicy,
    StreamError,
    StreamInterruptedError,
    Timeout,
    TimeoutError,
)
from edgequake.testing import KEEP_ALIVE, RESET, Hold, Repeat

AT_ONCE = RetryPolicy(initial_delay=0)


def test_one_client_in_sixteen_threads(server):
    """All begin together, on a client that has not been used yet."""
    server.on("POST", STREAM).always().stream(*v2(*PIECES))
    server.on("POST", QUERY).always().reply(json={"answer": TEXT})
    together = threading.Barrier(16)

    def work(n):
        together.wait(60)
        for _ in range(3):
            assert "".join(map(str, client.query.stream(f"{n}"))) == TEXT
            assert client.query.execute(f"{n}").answer == TEXT

    with EdgequakeClient(base_url=server.url, timeout=60) as client, ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))
    assert len(server.requests) == 96
    assert server.connections <= 16
    server.wait_until_closed()


def test_threads_that_first_use_a_client_together_share_one_pool(server, monkeypatch):
    """A slow start must not leave a second pool behind, which nobody would close."""
    from edgequake._sync import connections

    server.always().reply(json={"status": "healthy"})
    together = threading.Barrier(4)
    made = []

    def make_slowly(*owner, make=connections.client):
        made.append(make(*owner))
        threading.Event().wait(0.05)  # time for the others to come in, if they can
        return made[-1]

    def work(_):
        together.wait(60)
        client.health()

    monkeypatch.setattr(connections, "client", make_slowly)
    with EdgequakeClient(base_url=server.url) as client, ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert len(made) == 1


def test_the_streams_of_one_thread_do_not_mix(caller, server):
    for text in ("ab", "cd"):
        server.on("POST", STREAM).stream(*map(token, text), DONE)
    client = caller.client()
    first, second = client.query.stream("1"), client.query.stream("2")
    turns = [caller.next(stream) for stream in (first, second, second, first)]
    assert list(map(str, turns)) == ["a", "c", "d", "b"]
    assert (caller.final(first).answer, caller.final(second).answer) == ("ab", "cd")
    assert server.connections == 2


def test_more_async_streams_than_a_pool_holds_cancelled_at_once(server):
    server.on("POST", STREAM).always().stream(token("x"), Hold())

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url, timeout=60) as client:

            async def read():
                async for _ in client.query.stream("q"):
                    pass

            readers = [asyncio.create_task(read()) for _ in range(120)]
            await asyncio.to_thread(server.wait_for_requests, 120, 60)
            for reader in readers:
                reader.cancel()
            ended = await asyncio.gather(*readers, return_exceptions=True)
            assert {type(end) for end in ended} == {asyncio.CancelledError}
            await asyncio.to_thread(server.wait_until_closed, 60)

    asyncio.run(main())


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # a loop that ends leaves its sockets open
def test_an_async_client_serves_one_loop_after_another(server):
    server.on("POST", STREAM).always().stream(*v2("a"))
    client = AsyncEdgequakeClient(base_url=server.url)

    async def ask():
        return [str(chunk) async for chunk in client.query.stream("q")]

    for _ in range(4):
        assert "".join(asyncio.run(ask())) == "a"
        gc.collect()
    assert "".join(trio.run(ask)) == "a"
    asyncio.run(client.aclose())
    del ask
    gc.collect()
    server.wait_until_closed()


def test_an_async_client_serves_two_loops_at_once(server):
    """Each loop has connections of its own, and closes them."""
    server.on("POST", STREAM).always().stream(*v2("a"))
    client = AsyncEdgequakeClient(base_url=server.url)
    together = threading.Barrier(2)

    async def ask():
        stream = await client.query.stream("q")
        together.wait(60)
        answer = await stream.final()
        together.wait(60)
        await client.aclose()
        return answer.answer

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda _: asyncio.run(ask()), range(2))) == ["a", "a"]
    server.wait_until_closed()


# -- trio -------------------------------------------------------------------------------------------------------------


def test_a_stream_on_trio(server):
    server.on("POST", STREAM).drop().stream(*v2(*PIECES), encoding="gzip", cut=5)
    server.on("POST", QUERY).reply(status=503).reply(json={"answer": TEXT})
    server.on("POST", CHAT_STREAM).stream(*chat(*PIECES))

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url, retry=AT_ONCE) as client:
            async with client.query.stream("q") as stream:
                assert "".join([text async for text in stream.text_stream]) == TEXT
                assert (await stream.final()).answer == TEXT
            assert (await client.query.execute("q")).answer == TEXT
            assert (await client.chat.stream("q").final()).content == TEXT
            assert str(await client.query.ask("q")) == TEXT

    server.on("POST", STREAM).stream(*v2(*PIECES))
    trio.run(main)
    server.wait_until_closed()


@pytest.mark.parametrize("rest", [Hold(), Repeat(KEEP_ALIVE)], ids=["silence", "keep-alives"])
def test_a_stream_on_trio_does_not_wait_for_ever(server, rest):
    server.on("POST", STREAM).stream(token("Edge"), rest)

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url, timeout=Timeout(30, chunk=0.15)) as client:
            stream = client.query.stream("q")
            with pytest.raises(TimeoutError) as caught:
                await stream.final()
            assert (caught.value.stage, caught.value.partial_text) == ("chunk", "Edge")

    trio.run(main)
    server.wait_until_closed()


def test_a_stream_on_trio_that_breaks(server):
    hold = Hold()
    server.on("POST", STREAM).stream(token("Edge"), hold, RESET)

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client:
            stream = client.query.stream("q")
            assert str(await anext(stream)) == "Edge"
            hold.release()
            with pytest.raises(StreamInterruptedError):
                await anext(stream)

    trio.run(main)


def test_a_cancelled_scope_on_trio_releases_the_connection(server):
    hold = Hold()
    server.on("POST", STREAM).stream(token("Edge"), hold)

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client:

            async def read():
                async with client.query.stream("q") as stream:
                    async for _ in stream:
                        pass

            async with trio.open_nursery() as nursery:
                nursery.start_soon(read)
                await trio.to_thread.run_sync(hold.wait_until_reached)
                nursery.cancel_scope.cancel()
            await trio.to_thread.run_sync(server.wait_until_closed)

    trio.run(main)
    assert len(server.disconnects) == 1


def test_closing_from_another_task_on_trio_wakes_the_reader(server):
    hold = Hold()
    server.on("POST", STREAM).stream(token("Edge"), hold)

    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client, trio.open_nursery() as nursery:
            stream = client.query.stream("q")
            assert str(await anext(stream)) == "Edge"

            async def read():
                with pytest.raises(StreamError, match="closed before its end"):
                    await anext(stream)

            nursery.start_soon(read)
            await trio.testing.wait_all_tasks_blocked()
            await stream.aclose()

    trio.run(main)
    server.wait_until_closed()


def test_a_refused_connection_on_trio(closed_port):
    async def main():
        async with AsyncEdgequakeClient(base_url=f"http://127.0.0.1:{closed_port}", retry=AT_ONCE) as client:
            with pytest.raises(NetworkError, match="cannot reach"):
                await client.health()

    trio.run(main)

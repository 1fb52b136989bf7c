"""Many streams that nobody reads to the end leave nothing behind, and the pool whole; ``make soak`` takes more."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import trio
from client.wires import CHAT_STREAM, QUERY, STREAM, TEXT, token, v2

from edgequake import AsyncEdgequakeClient, EdgequakeClient, EdgeQuakeError
from edgequake.testing import Hold

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

pytestmark = pytest.mark.usefixtures("nothing_left")

AT_ONCE = 50
ON_TRIO = pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")  # httpx's; see test_trio.py


@pytest.fixture
def endless(server):
    """Every stream says a few words and then no more; everything else is answered."""
    server.on("POST", STREAM).always().stream(token("a"), token("b"), token("c"), Hold())
    server.on("POST", CHAT_STREAM).always().stream(token("a"), token("b"), Hold())
    server.on("POST", QUERY).always().reply(json={"answer": TEXT})
    return server


# -- abandoned --------------------------------------------------------------------------------------------------------


def abandon(stream: Any, draw: random.Random) -> None:
    """Leaves a stream in one of the ways that a program does."""
    match draw.randrange(7):
        case 0:
            for _ in stream:
                break
        case 1:
            with contextlib.suppress(LookupError):
                for _ in stream:
                    raise LookupError
        case 2:
            with stream:
                pass
        case 3:
            with contextlib.suppress(LookupError), stream:
                next(stream)
                raise LookupError
        case 4:
            next(stream)
            stream.close()
        case 5:
            next(stream.text_stream)
        case 6:
            stream.__enter__()


def test_many_streams_abandoned_by_threads(endless, many):
    def work(seed: int) -> None:
        draw = random.Random(seed)
        for _ in range(many // AT_ONCE):
            abandon(draw.choice([client.query, client.chat]).stream("q"), draw)

    with EdgequakeClient(base_url=endless.url) as client:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(AT_ONCE)))
        gc.collect()
        endless.wait_until_idle()
        endless.wait_until_closed()
        assert client.query.execute("q").answer == TEXT
        assert endless.open_connections == 1
    assert len(endless.requests) == many + 1


async def abandon_async(stream: Any, draw: random.Random) -> None:
    match draw.randrange(7):
        case 0:
            async for _ in stream:
                break
        case 1:
            with contextlib.suppress(LookupError):
                async for _ in stream:
                    raise LookupError
        case 2:
            async with stream:
                pass
        case 3:
            with contextlib.suppress(LookupError):
                async with stream:
                    await anext(stream)
                    raise LookupError
        case 4:
            await anext(stream)
            await stream.aclose()
        case 5:
            await anext(stream.text_stream)
        case 6:
            await stream


def test_many_streams_abandoned_by_tasks(endless, many):
    async def main() -> None:
        async with AsyncEdgequakeClient(base_url=endless.url) as client:

            async def work(seed: int) -> None:
                draw = random.Random(seed)
                for _ in range(many // AT_ONCE):
                    await abandon_async(draw.choice([client.query, client.chat]).stream("q"), draw)

            await asyncio.gather(*map(work, range(AT_ONCE)))
            gc.collect()
            await asyncio.to_thread(endless.wait_until_closed)
            assert (await client.query.execute("q")).answer == TEXT
            assert endless.open_connections == 1

    asyncio.run(main())
    assert len(endless.requests) == many + 1


def test_many_streams_at_once_do_not_wait_for_each_other(server, many):
    """None has to wait for a place in a pool, of which httpx has 100: all have begun before the first ends."""
    at_once = min(many, 500)  # each takes two of the files that this process may open
    hold = Hold()
    server.on("POST", STREAM).always().stream(token(TEXT), hold, {"type": "done"})

    async def main() -> list[str]:
        async with AsyncEdgequakeClient(base_url=server.url, timeout=60) as client:

            async def read() -> str:
                return "".join([str(chunk) async for chunk in client.query.stream("q")])

            readers = [asyncio.create_task(read()) for _ in range(at_once)]
            await asyncio.to_thread(server.wait_for_requests, at_once, 60)
            hold.release()
            return await asyncio.gather(*readers)

    assert asyncio.run(main()) == [TEXT] * at_once
    assert server.connections == at_once
    server.wait_until_closed()


# -- cancelled --------------------------------------------------------------------------------------------------------


async def read_all(client: AsyncEdgequakeClient, done: list[str]) -> None:
    done.append("".join([str(chunk) async for chunk in client.query.stream("q")]))


@pytest.fixture
def talking(server):
    server.on("POST", STREAM).always().stream(*v2("Edge", "Quake"))
    server.on("POST", QUERY).always().reply(json={"answer": TEXT})
    return server


def whole_again(server, client: AsyncEdgequakeClient, to_thread: Callable[..., Awaitable[Any]]) -> Awaitable[None]:
    """No answer is under way, and a question is answered on a connection of the pool."""

    async def check() -> None:
        await to_thread(server.wait_until_idle)
        assert (await client.query.execute("q")).answer == TEXT
        await to_thread(partial(server.wait_until_closed, left=AT_ONCE))

    return check()


def test_many_streams_cancelled_at_every_turn(talking, many):
    """Each is cancelled one turn of the loop later than the one before, so that every await is hit many times."""
    done: list[str] = []

    async def main() -> None:
        async with AsyncEdgequakeClient(base_url=talking.url) as client:

            async def cancel_after(turns: int) -> None:
                task = asyncio.create_task(read_all(client, done))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

            for start in range(0, many, AT_ONCE):
                await asyncio.gather(*(cancel_after(n) for n in range(start % 100, start % 100 + AT_ONCE)))
            await whole_again(talking, client, asyncio.to_thread)

    asyncio.run(main())
    assert set(done) <= {"EdgeQuake"}


def test_streams_cancelled_one_after_another_share_one_connection(talking):
    """Whatever the turn, what was opened for a stream serves the next one or is closed."""

    async def main() -> None:
        async with AsyncEdgequakeClient(base_url=talking.url) as client:
            for turns in [*range(100)] * 2:
                task = asyncio.create_task(read_all(client, []))
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            await asyncio.to_thread(talking.wait_until_idle)
            await client.query.execute("q")
            await asyncio.to_thread(talking.wait_until_closed, left=1)

    asyncio.run(main())


@ON_TRIO
def test_many_streams_cancelled_at_every_turn_on_trio(talking, many):
    done: list[str] = []

    async def main() -> None:
        async with AsyncEdgequakeClient(base_url=talking.url) as client:

            async def cancel_after(turns: int) -> None:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(read_all, client, done)
                    for _ in range(turns):
                        await trio.lowlevel.checkpoint()
                    nursery.cancel_scope.cancel()

            for start in range(0, many, AT_ONCE):
                async with trio.open_nursery() as nursery:
                    for n in range(start % 100, start % 100 + AT_ONCE):
                        nursery.start_soon(cancel_after, n)
            await whole_again(talking, client, trio.to_thread.run_sync)

    trio.run(main)
    assert set(done) <= {"EdgeQuake"}


def test_fifty_streams_cancelled_while_they_fail(server):
    """The cancellation meets a retry, an error body or a fallback."""
    server.on("POST", STREAM).always().reply(status=503, headers={"Retry-After": "0"}, text="busy")
    server.on("POST", QUERY).always().reply(status=500, text="no")

    async def main() -> None:
        async with AsyncEdgequakeClient(base_url=server.url) as client:

            async def cancel_after(turns: int) -> None:
                task = asyncio.create_task(client.query.stream("q", fallback=True).final())
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, EdgeQuakeError):
                    await task

            await asyncio.gather(*map(cancel_after, range(0, 200, 4)))
            await asyncio.to_thread(server.wait_until_idle)

    asyncio.run(main())

"""A task that is cancelled again while it gives its connection back still gives it back."""

import asyncio

from edgequake import AsyncEdgequakeClient, StreamError
from edgequake.testing import Hold

STREAM = "/api/v1/query/stream"


def test_a_second_cancellation_in_the_middle_of_closing_leaves_nothing_open(server):
    async def main():
        async with AsyncEdgequakeClient(base_url=server.url) as client:
            for _ in range(20):
                hold = Hold()
                server.on("POST", STREAM).stream({"type": "token", "content": "a"}, hold)
                stream = client.query.stream("q")
                assert (await anext(stream)).text == "a"
                closing = asyncio.create_task(stream.aclose())
                await asyncio.sleep(0)  # it has begun
                closing.cancel()
                await asyncio.gather(closing, return_exceptions=True)
            await asyncio.to_thread(server.wait_until_closed)

    asyncio.run(main())


def test_a_cancellation_in_the_middle_of_closing_the_client_leaves_nothing_open(server):
    server.on("POST", STREAM).always().stream({"type": "token", "content": "a"}, Hold())

    async def read(stream):
        async for _ in stream:
            begun.release()

    async def main():
        client = AsyncEdgequakeClient(base_url=server.url)
        reading = [asyncio.create_task(read(client.query.stream("q"))) for _ in range(5)]
        for _ in reading:
            await begun.acquire()
        closing = asyncio.create_task(client.aclose())
        await asyncio.sleep(0)  # it has begun
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        ended = await asyncio.wait_for(asyncio.gather(*reading, return_exceptions=True), 60)
        assert {(type(error), str(error)) for error in ended} == {
            (StreamError, "this stream was closed before its end")
        }
        await asyncio.to_thread(server.wait_until_closed)

    begun = asyncio.Semaphore(0)
    asyncio.run(main())

import asyncio

from edgequake import AsyncEdgequakeClient


async def stream_query_async():
    client = AsyncEdgequakeClient(api_key="your-key")

    async for chunk in client.query.stream(query="What is EdgeQuake?"):
        if isinstance(chunk, dict) and "chunk" in chunk:
            print(chunk["chunk"], end="", flush=True)
        await asyncio.sleep(0)

    print()


asyncio.run(stream_query_async())

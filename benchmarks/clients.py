"""The clients that are compared; each run is a process of its own: ``python clients.py NAME URL EVENTS FRAMING``.

It prints one line of JSON: seconds of CPU between the request and the last event, and how many events were seen.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable  # noqa: TC003 - the table below is made when run

PATH = "/api/v1/query/stream"
BODY = {"query": "q", "stream_format": "v2"}


def edgequake_sync(url: str, headers: dict[str, str]) -> int:
    from edgequake import EdgequakeClient

    with EdgequakeClient(base_url=url) as client:
        return sum(1 for chunk in client.query.stream("q", headers=headers) if chunk.text)


def edgequake_async(url: str, headers: dict[str, str]) -> int:
    from edgequake import AsyncEdgequakeClient

    async def main() -> int:
        seen = 0
        async with AsyncEdgequakeClient(base_url=url) as client:
            async for chunk in client.query.stream("q", headers=headers):
                seen += bool(chunk.text)
        return seen

    return asyncio.run(main())


def httpx_sse_and_pydantic(url: str, headers: dict[str, str]) -> int:
    import httpx
    from httpx_sse import connect_sse
    from pydantic import BaseModel

    class Event(BaseModel):
        type: str
        content: str = ""

    seen = 0
    with httpx.Client() as client, connect_sse(client, "POST", url + PATH, json=BODY, headers=headers) as source:
        for event in source.iter_sse():
            seen += bool(Event.model_validate_json(event.data).content)
    return seen


def bare_httpx(url: str, headers: dict[str, str]) -> int:
    import httpx

    size = 0
    with httpx.Client() as client, client.stream("POST", url + PATH, json=BODY, headers=headers) as response:
        for data in response.iter_raw():
            size += len(data)
    return size


def bare_httpx_async(url: str, headers: dict[str, str]) -> int:
    import httpx

    async def main() -> int:
        size = 0
        async with (
            httpx.AsyncClient() as client,
            client.stream("POST", url + PATH, json=BODY, headers=headers) as response,
        ):
            async for data in response.aiter_raw():
                size += len(data)
        return size

    return asyncio.run(main())


CLIENTS: dict[str, Callable[[str, dict[str, str]], int]] = {
    "edgequake": edgequake_sync,
    "edgequake-async": edgequake_async,
    "httpx-sse+pydantic": httpx_sse_and_pydantic,
    "httpx": bare_httpx,
    "httpx-async": bare_httpx_async,
}


def main() -> None:
    """Warms up with a short stream, then measures one long one."""
    name, url, events, framing = sys.argv[1:]
    run = CLIENTS[name]
    run(url, {"X-Events": "100", "X-Framing": framing})
    start = time.process_time()
    seen = run(url, {"X-Events": events, "X-Framing": framing})
    print(json.dumps({"cpu": time.process_time() - start, "seen": seen}))


if __name__ == "__main__":
    main()

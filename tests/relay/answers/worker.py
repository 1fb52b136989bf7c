"""A worker: `python worker.py REDIS_URL LEASE` serves a relay over this Redis, and prints its address."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from edgequake.relay import Relay
from edgequake.relay.server import RelayServer

relay = Relay(store=sys.argv[1], lease=float(sys.argv[2]), max_calls=1000)


@relay.expose
async def count(upto: int, pace: float = 0.0, end: bool = True) -> AsyncIterator[int]:
    """The numbers from 1; then the end, or nothing more."""
    for number in range(1, upto + 1):
        await asyncio.sleep(pace)
        yield number
    if not end:
        await asyncio.Event().wait()


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Gives answers a moment to come to their end."""
    yield
    await relay.aclose(grace=0.1)


if __name__ == "__main__":
    app = Starlette(routes=[Mount("/relay", relay)], lifespan=lifespan)
    RelayServer(app, on_ready=lambda url: print(url, flush=True)).serve_until_stopped()

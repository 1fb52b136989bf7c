"""Stores of two workers over one Redis, in one process."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
from relay.answers.servers import REAL, RedisServer

from edgequake.relay import RedisStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


@pytest.fixture(params=["fake", "real"])
def server(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[RedisServer]:
    if request.param == "real" and REAL is None:
        pytest.skip("no redis-server or valkey-server is installed")
    with RedisServer(request.param, tmp_path) as server:
        yield server


@pytest.fixture
async def worker(server: RedisServer, pace: float) -> AsyncIterator[Callable[..., RedisStore]]:
    """Makes the store of another worker; all are closed at the end. A machine that stalls ends a short lease."""
    async with AsyncExitStack() as stack:

        def worker(*, lease: float = 1.5, **options: Any) -> RedisStore:
            store = RedisStore(server.url, **{"lease": lease * pace, "keep": 60, **options})
            stack.push_async_callback(store.aclose)
            return store

        yield worker

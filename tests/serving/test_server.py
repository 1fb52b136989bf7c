"""How the servers of this package end."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette

from edgequake.relay.server import RelayServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


def test_a_server_that_cannot_tell_its_address_stops_as_any_other(caplog: pytest.LogCaptureFixture) -> None:
    ended: list[str] = []

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        yield
        ended.append("in order")

    def tell(url: str) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        RelayServer(Starlette(lifespan=lifespan), on_ready=tell).serve_until_stopped()
    assert (ended, caplog.records) == (["in order"], [])

"""A gateway on a real socket, over a server that plays what a test scripts."""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from relay.serving import Served

from edgequake import AsyncEdgequakeClient
from edgequake.integrations.openai_api import create_app
from edgequake.local import LocalServer
from edgequake.testing import ScriptServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

NOTES = Path(__file__).resolve().parents[2] / "examples" / "notes"


class Open(Protocol):
    def __call__(
        self, upstream: str, *, api_key: str | None = None, keep_alive: float = ..., **settings: Any
    ) -> Served: ...


@pytest.fixture(scope="module")
def notes() -> Iterator[LocalServer]:
    """A server over the repository's example documents."""
    with LocalServer(NOTES) as server:
        yield server


@pytest.fixture(scope="module")
def open_gateway() -> Iterator[Open]:
    """Opens gateways, and sees at the end that they have let go of everything."""
    with ExitStack() as stack:

        def opened(upstream: str, *, api_key: str | None = None, keep_alive: float = 15.0, **settings: Any) -> Served:
            client = AsyncEdgequakeClient(base_url=upstream, **{"max_retries": 0, **settings})

            @asynccontextmanager
            async def lifespan(app: Any) -> AsyncIterator[None]:
                async with client:
                    yield

            app = create_app(client, api_key=api_key, keep_alive=keep_alive, lifespan=lifespan)
            served = stack.enter_context(Served(app))
            stack.callback(served.wait_until_idle)
            return served

        yield opened


@pytest.fixture(scope="module")
def gateway_to_notes(open_gateway: Open, notes: LocalServer) -> Served:
    return open_gateway(notes.url)


@pytest.fixture(scope="module")
def scripted() -> Iterator[ScriptServer]:
    with ScriptServer() as server:
        yield server


@pytest.fixture(scope="module")
def gateway_to_script(open_gateway: Open, scripted: ScriptServer) -> Served:
    return open_gateway(scripted.url)


@pytest.fixture
def script(scripted: ScriptServer) -> Iterator[ScriptServer]:
    """The server behind `gateway_to_script`; what one test queues, it also asks for."""
    scripted.requests.clear()
    scripted.disconnects.clear()
    yield scripted
    scripted.wait_until_idle()
    scripted.assert_done()

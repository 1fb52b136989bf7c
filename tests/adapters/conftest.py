"""A scripted server that plays one service or another, and the driver of its sync or async client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from adapters.services import SERVICES, Service
from client.conftest import AsyncCaller, Caller, server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgequake.testing import ScriptServer

__all__ = ["server"]


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORM_API_KEY", "a-key")
    for name in ("STORM_API_URL", "GPO_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
def service(request: pytest.FixtureRequest) -> Service:
    return request.param


@pytest.fixture(params=[Caller, AsyncCaller], ids=["sync", "async"])
def caller(request: pytest.FixtureRequest, server: ScriptServer, service: Service) -> Iterator[Any]:
    made = request.param(server.url)
    made.client_class = service.async_class if made.is_async else service.sync_class
    yield made
    made.finish()


@pytest.fixture
def route(server: ScriptServer, service: Service) -> Any:
    """Where the service's streams are scripted."""
    return server.on("POST", service.path)

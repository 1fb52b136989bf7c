"""Clients whose requests a test answers in the process: one test runs on the synchronous and on the async client."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from edgequake import AsyncEdgequakeClient, EdgequakeClient, RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SAMPLES = Path(__file__).parent.parent / "fixtures" / "api"
SCOPE = {
    "tenant_id": "6f0f6a52-1c7e-4c7b-9a50-3f0a4be1d201",
    "workspace_id": "b4a1c0de-52f7-4a1e-8d3e-7c9f1be2a302",
    "user_id": "0b1c2d3e-4f50-4617-8293-a4b5c6d7e803",
}
BASE = "http://server.test"


def sample(name: str) -> Any:
    """A recorded answer."""
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def reply(status: int = 200, **content: Any) -> httpx.Response:
    """An answer of the server, with an id of the request."""
    return httpx.Response(status, headers={"x-request-id": "r-1", **content.pop("headers", {})}, **content)


class Server:
    """Answers requests in order, and keeps them."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self._answers: list[httpx.Response | Exception] = []

    def answers(self, *answers: httpx.Response | Exception) -> None:
        """What the next requests get; the last again and again."""
        self._answers = [*answers]
        self.requests.clear()

    def answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._next(request)

    async def async_answer(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self._next(request)

    def _next(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def asked(self) -> list[str]:
        """Method, path and query of every request."""
        return [f"{one.method} {one.url.raw_path.decode()}" for one in self.requests]


class Caller:
    """The synchronous client, as a test sees it."""

    is_async = False

    def __init__(self) -> None:
        self.server = Server()

    def client(self, **options: Any) -> Any:
        """A client with a tenant, a workspace and a user, that retries without waiting."""
        http = httpx.Client(transport=httpx.MockTransport(self.server.answer))
        return EdgequakeClient(http_client=http, **self._options(options))

    def call(self, use: Callable[[Any], Any], **options: Any) -> Any:
        """What ``use(client)`` comes to."""
        return self.run(use(self.client(**options)))

    def run(self, work: Any) -> Any:
        return work

    def collect(self, items: Any) -> list[Any]:
        return list(items)

    def collect_into(self, got: list[Any], items: Any) -> None:
        """Adds ``items`` to ``got``, also those that came before an error."""
        got.extend(items)

    def finish(self) -> None:
        pass

    def _options(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"base_url": BASE, "retry": RetryPolicy(initial_delay=0), "env": {}, **SCOPE, **given}


class AsyncCaller(Caller):
    """The async client, driven on the test's own thread."""

    is_async = True

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()

    def client(self, **options: Any) -> Any:
        http = httpx.AsyncClient(transport=httpx.MockTransport(self.server.async_answer))
        return AsyncEdgequakeClient(http_client=http, **self._options(options))

    def run(self, work: Any) -> Any:
        async def driven() -> Any:
            return await work

        return self._runner.run(driven())

    def collect(self, items: Any) -> list[Any]:
        async def collected() -> list[Any]:
            return [item async for item in items]

        return self._runner.run(collected())

    def collect_into(self, got: list[Any], items: Any) -> None:
        async def collect() -> None:
            async for item in items:
                got.append(item)  # noqa: PERF401 - a comprehension would lose them all

        self._runner.run(collect())

    def finish(self) -> None:
        self._runner.close()


@pytest.fixture(params=[Caller, AsyncCaller], ids=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Iterator[Caller]:
    made = request.param()
    yield made
    made.finish()

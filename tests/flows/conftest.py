"""Clients whose requests a test answers by route, in the process; one test runs on the sync and on the async client."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from api.conftest import SAMPLES, AsyncCaller, Caller, Server, reply, sample

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SAMPLES", "Routes", "caller", "filename", "part", "reply", "sample"]


class Routes(Server):
    """Answers requests by method and path, each route's in order; any thread may ask."""

    def __init__(self) -> None:
        super().__init__()
        self._routes: dict[str, list[Any]] = {}
        self._lock = threading.Lock()

    def on(self, route: str, *answers: Any) -> Routes:
        """What the next requests to ``route`` get, the last again and again: answers, errors, functions."""
        self._routes[route] = [*answers]
        return self

    def asked_for(self, route: str) -> int:
        """How often ``route`` was asked for."""
        return sum(one.split("?")[0] == route for one in self.asked)

    def _next(self, request: httpx.Request) -> httpx.Response:
        with self._lock:
            self.requests.append(request)
            route = f"{request.method} {request.url.raw_path.decode().split('?')[0]}"
            answers = self._routes.get(route)
            assert answers, f"no answer for {route}"
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture(params=[Caller, AsyncCaller], ids=["sync", "async"])
def caller(request: pytest.FixtureRequest) -> Iterator[Any]:
    made = request.param()
    made.server = Routes()
    yield made
    made.finish()


def part(request: httpx.Request, name: str) -> str | None:
    """The text of a part of a form."""
    found = re.search(
        rf'name="{name}"(?:; filename="[^"]*")?\r\n(?:[^\r]+\r\n)*\r\n(.*?)\r\n--'.encode(), request.content, re.DOTALL
    )
    return None if found is None else found[1].decode()


def filename(request: httpx.Request) -> str | None:
    """The name of the file in a form."""
    found = re.search(rb'name="file"; filename="([^"]*)"', request.content)
    return None if found is None else found[1].decode()

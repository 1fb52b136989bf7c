"""A server that answers every route with what was recorded of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from edgequake import EdgequakeClient, RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

FIXTURES = Path(__file__).parent.parent / "fixtures"
SAMPLES = FIXTURES / "api"
ROUTES = {
    f"{one['resource']}.{one['method_name']}".removeprefix("client."): one
    for one in json.loads((SAMPLES / "routes.json").read_text("utf-8"))
}
_STREAMS = {
    "sse-query": FIXTURES / "query_v2.sse",
    "sse-chat": FIXTURES / "chat.sse",
    "sse-graph": SAMPLES / "graph.sse",
    "sse-pdf": SAMPLES / "pdf_progress.sse",
}
_PLAIN = {"bytes": b"%PDF", "text": b"text", "live": b"OK", "none": b""}
IDS = {"tenant_id": "default", "workspace_id": "default", "user_id": "00000000-0000-0000-0000-000000000001"}


def sample(name: str) -> Any:
    """A recorded answer."""
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def _pattern(route: dict[str, Any]) -> re.Pattern[str]:
    return re.compile(f"{route['http']} " + re.sub(r"\{\w+\}", "[^/]+", route["path"]))


class RecordedServer:
    """Answers in the process; ``changed`` replaces the answer of a method."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        """The methods that were asked for, in order."""
        self.requests: list[httpx.Request] = []
        self.changed: dict[str, httpx.Response | Callable[[httpx.Request], httpx.Response]] = {
            "documents.track": httpx.Response(200, json=_finished(sample("track_status"))),
            "workspaces.create": _with_its("name", "workspace"),
            "conversations.create": _with_its("title", "conversation_create_201"),
            "folders.create": _with_its("name", ROUTES["folders.create"]["response_sample"]),
        }
        # The route without a place for a value is meant, where two fit.
        self._patterns = sorted(
            ((_pattern(route), name) for name, route in ROUTES.items()), key=lambda one: one[0].pattern.count("[^/]+")
        )

    def client(self, **options: Any) -> EdgequakeClient:
        """A client of it, that tries nothing again."""
        http = httpx.Client(transport=httpx.MockTransport(self._answer))
        retry = RetryPolicy(max_retries=0)
        return EdgequakeClient(
            **{"base_url": "http://server.test", "http_client": http, "retry": retry, "env": {}} | options
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        asked = f"{request.method} {request.url.raw_path.decode().partition('?')[0]}"
        name = next(name for pattern, name in self._patterns if pattern.fullmatch(asked))
        self.asked.append(name)
        self.requests.append(request)
        changed = self.changed.get(name)
        if callable(changed):
            return changed(request)
        if changed is not None:
            return httpx.Response(changed.status_code, headers=changed.headers, content=changed.content)
        return recorded(name)


def recorded(name: str) -> httpx.Response:
    """What a method's route answered."""
    route = ROUTES[name]
    status, kind = route["success_status"][0], route["response_kind"]
    if kind in _STREAMS:
        return httpx.Response(
            status, headers={"content-type": "text/event-stream"}, content=_STREAMS[kind].read_bytes()
        )
    if kind in _PLAIN:
        return httpx.Response(status, content=_PLAIN[kind])
    return httpx.Response(status, json=sample(route["response_sample"]))


def _with_its(field: str, name: str) -> Callable[[httpx.Request], httpx.Response]:
    """Answers with what was recorded, and the name or title that it was to have."""
    return lambda request: httpx.Response(201, json=sample(name) | {field: json.loads(request.content)[field]})


def _finished(track: dict[str, Any]) -> dict[str, Any]:
    for document in track["documents"]:
        document["status"] = "completed"
    return track

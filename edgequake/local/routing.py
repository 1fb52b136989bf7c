"""Routes as plain methods: what a request says is read before one runs, and what it returns is sent after."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Generic, get_args, get_type_hints

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typing_extensions import TypeVar

from edgequake.local.engine import Engine
from edgequake.local.graph_reading import GraphReader
from edgequake.local.records import Record
from edgequake.local.requests import Owner, body_of, not_found, owner

B = TypeVar("B", default=None)
H = TypeVar("H", bound=Callable[..., Any])


class Asked(Generic[B]):
    """A request that was read. `body` is what the handler's annotation says: `Asked[TenantBody]`."""

    def __init__(self, engine: Engine, request: Request, body: B) -> None:
        self.request = request
        self.body = body
        self.query = request.query_params
        self.headers = request.headers
        self._engine = engine

    def __getitem__(self, name: str) -> str:
        """What stands in the route under this name."""
        return str(self.request.path_params[name])

    @cached_property
    def workspace(self) -> str:
        """The workspace it is about. Raises RequestError as `Directory.resolve` does."""
        return self._engine.workspace(self.request)

    @property
    def owner(self) -> Owner:
        """Who asks. Raises RequestError: 400 without a tenant, 401 without a user."""
        return owner(self.request.headers)

    @contextmanager
    def graph(self) -> Iterator[GraphReader]:
        """The graph it is about, of one moment."""
        with self._engine.store.reading_graph(self.workspace) as graph:
            yield graph


class Routes:
    """Routes over an engine. A method that `route` marks is one of them, in the order they stand in the class."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.store = engine.store

    def routes(self) -> list[Route]:
        """What Starlette serves."""
        return [
            self._route(name, *marked.route) for name, marked in vars(type(self)).items() if hasattr(marked, "route")
        ]

    def record(self, asked: Asked[Any]) -> Record:
        """The document that a request is about. RequestError 404."""
        record = self.store.records.get(asked["id"], asked.workspace)
        if record is None:
            raise not_found("document", asked["id"])
        return record

    def pdf(self, asked: Asked[Any]) -> Record:
        """The PDF that a request is about. RequestError 404, for other documents too."""
        record = self.record(asked)
        if record.source_type != "pdf":
            raise not_found("PDF", record.id)
        return record

    def _route(self, name: str, method: str, path: str, status: int) -> Route:
        handler = getattr(self, name)
        annotated = get_type_hints(handler)["asked"]
        model = next(iter(get_args(annotated)), None)

        async def endpoint(request: Request) -> Response:
            asked = Asked(self.engine, request, await body_of(model, request) if model else None)
            told = handler(asked) if inspect.iscoroutinefunction(handler) else run_in_threadpool(handler, asked)
            answer = await told
            if isinstance(answer, Response):
                return answer
            return Response(status_code=204) if answer is None else JSONResponse(answer, status)

        return Route(path, endpoint, methods=[method])


def route(of: str, status: int = 200) -> Callable[[H], H]:
    """Marks a method as what answers `METHOD /path`.

    It is given the request as `Asked` and returns a response, or what is sent as JSON with this status; None is 204.
    One that is no coroutine runs in a thread.
    """
    method, path = of.split()

    def mark(handler: H) -> H:
        vars(handler)["route"] = (method, path, status)
        return handler

    return mark

"""Routes as plain methods: what a request says is read before one runs, and what it returns is sent after."""

import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import create_model
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local.bodies import Body
from edgequake.local.engine import Engine
from edgequake.local.graph_reading import GraphReader
from edgequake.local.records import Record
from edgequake.local.requests import Owner, RequestError, body_of, existing, form_of, identity, not_found
from edgequake.local.search import Hit

_Reader = Callable[[Request], Awaitable[dict[str, Any]]]
H = TypeVar("H", bound=Callable[..., Any])


class Asked:
    """A request that was read."""

    def __init__(self, engine: Engine, request: Request) -> None:
        self.request = request
        self.query = request.query_params
        self.headers = request.headers
        self._engine = engine

    def __getitem__(self, name: str) -> str:
        """What stands in the route under this name."""
        return str(self.request.path_params[name])

    @cached_property
    def workspace(self) -> str:
        """The workspace it is about. Raises RequestError as ``Directory.resolve`` does."""
        return self._engine.directory.resolve(self.headers)

    @property
    def named_workspace(self) -> str:
        """The same where the query string may name it, or its tenant."""
        kinds = [kind for kind in ("tenant", "workspace") if f"{kind}_id" in self.query]
        named = {f"x-{kind}-id": self.query[f"{kind}_id"] for kind in kinds}
        return self._engine.directory.resolve({**self.headers, **named})

    async def in_workspace(self) -> str:
        """``workspace``, for a handler that is a coroutine: it may have to wait for the database."""
        return await run_in_threadpool(lambda: self.workspace)

    @property
    def owner(self) -> Owner:
        """Who asks. Raises RequestError: 400 without a tenant, 401 without a user."""
        names = ("x-tenant-id", "x-user-id", "x-workspace-id")
        tenant, user, workspace = (identity(name, self.headers.get(name)) for name in names)
        if tenant is None:
            raise RequestError(400, "X-Tenant-ID must be sent, a UUID or `default`")
        if user is None:
            raise RequestError(401, "X-User-ID must be sent, a UUID")
        return Owner(tenant, user, workspace)

    def graph(self) -> AbstractContextManager[GraphReader]:
        """The graph it is about, of one moment."""
        return self._engine.store.reading_graph(self.workspace)


class Routes:
    """Routes over an engine. A method that ``route`` marks is one of them, in the order they stand in the class."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.store = engine.store

    def routes(self) -> list[Route]:
        """What Starlette serves."""
        return [
            self._route(name, *marked.route) for name, marked in vars(type(self)).items() if hasattr(marked, "route")
        ]

    def record(self, asked: Asked) -> Record:
        """The document that a request is about. RequestError 404."""
        return existing(self.store.records.get(asked["id"], asked.workspace), "document", asked["id"])

    def pdf(self, asked: Asked) -> Record:
        """The PDF that a request is about. RequestError 404, for other documents too."""
        record = self.record(asked)
        if record.source_type != "pdf":
            raise not_found("PDF", record.id)
        return record

    def passage(self, asked: Asked) -> Hit:
        """The passage that a request is about. RequestError 404."""
        return existing(self.store.passage(asked["id"], asked.workspace), "chunk", asked["id"])

    def _route(self, name: str, method: str, path: str, status: int, sent: _Reader) -> Route:
        handler = getattr(self, name)

        async def endpoint(request: Request) -> Response:
            asked, body = Asked(self.engine, request), await sent(request)
            try:
                if inspect.iscoroutinefunction(handler):
                    answer = await handler(asked, **body)
                else:
                    answer = await run_in_threadpool(handler, asked, **body)
            finally:
                if "form" in body:
                    await body["form"].close()
            if isinstance(answer, Response):
                return answer
            return Response(status_code=204) if answer is None else JSONResponse(answer, status)

        return Route(path, endpoint, methods=[method])


def route(of: str, status: int = 200) -> Callable[[H], H]:
    """Marks a method as what answers ``METHOD /path``.

    It is given the request as ``Asked``, and what the body says: its other parameters are the fields of a JSON object,
    or ``body`` is all of it, or ``form`` is a form of so many bytes at most. It returns a response, or what is sent as
    JSON with this status; None is 204. One that is no coroutine runs in a thread.
    """
    method, path = of.split()

    def mark(handler: H) -> H:
        vars(handler)["route"] = (method, path, status, _body_reader(handler))
        return handler

    return mark


def _body_reader(handler: Callable[..., Any]) -> _Reader:
    """Reads a request's body as the arguments of a handler. Raises as ``form_of`` and ``body_of`` do."""
    _, _, *named = inspect.signature(handler).parameters.values()
    hints = get_type_hints(handler, include_extras=True)
    fields: dict[str, Any] = {
        one.name: (hints[one.name], ... if one.default is one.empty else one.default)
        for one in named
        if one.name not in ("body", "form")
    }
    model = create_model("Fields", __base__=Body, **fields) if fields else None

    async def read(request: Request) -> dict[str, Any]:
        if "form" in hints:
            return {"form": await form_of(request, *get_args(hints["form"])[1:])}
        if "body" in hints:
            return {"body": await body_of(hints["body"], request)}
        return dict(await body_of(model, request)) if model else {}

    return read

"""The routes of a relay: calls over HTTP and WebSockets, kept answers, and the module for browsers."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from edgequake._serving.events import EventResponse
from edgequake.relay.answers.reading import KEPT_HEADERS, events_of_answer, position_of
from edgequake.relay.connection import Connection
from edgequake.relay.ephaptic import MsgpackFrames
from edgequake.relay.errors import RelayError
from edgequake.relay.frames import JsonFrames
from edgequake.relay.gate import AUTH_HEADER
from edgequake.relay.http import CallResponse, body_of, error_response
from edgequake.relay.script import relay_js_response

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.websockets import WebSocket

    from edgequake.relay.answers.log import Feed
    from edgequake.relay.answers.memory import AnswerStore
    from edgequake.relay.gate import Gate

__all__ = ["Limits", "relay_app"]


class Limits(NamedTuple):
    """What a relay allows."""

    max_calls: int
    max_message_bytes: int
    keep_alive: float | None


def relay_app(
    gate: Gate, limits: Limits, store: AnswerStore | None, aclose: Callable[[], Awaitable[None]]
) -> Starlette:
    """The ASGI application of a relay; ``aclose`` is awaited when it is served by itself and the server stops."""
    routes = _Routes(gate, limits, store)
    middleware = []
    if gate.origins.named:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=gate.origins.named,
                allow_methods=["GET", "POST", "DELETE"],
                allow_headers=["authorization", "last-event-id", AUTH_HEADER],
                expose_headers=["location"],
                allow_credentials="*" not in gate.origins.named,
            )
        )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await aclose()

    return Starlette(
        routes=[
            Route("/relay.js", routes.script),
            Route("/call/{name}", routes.call, methods=["POST"]),
            Route("/answers/{key:path}", routes.resume, methods=["GET"]),
            Route("/answers/{key:path}", routes.stop, methods=["DELETE"]),
            WebSocketRoute("/ws", routes.native),
            WebSocketRoute("/_ephaptic", routes.ephaptic),
        ],
        middleware=middleware,
        exception_handlers={RelayError: _refused, HTTPException: _no_such_route},
        lifespan=lifespan,
    )


class _Routes:
    def __init__(self, gate: Gate, limits: Limits, store: AnswerStore | None) -> None:
        self._gate = gate
        self._limits = limits
        self._store = store

    async def script(self, request: Request) -> Response:
        return relay_js_response()

    async def call(self, request: Request) -> Response:
        self._gate.origins.check(request.headers)
        body = await body_of(request, self._limits.max_message_bytes)
        identity = await self._gate.identified(request, body.get("auth"))
        message = {**body, "name": request.path_params["name"]}
        call = self._gate.prepared(message, identity, json=True, kept=self._store is not None)
        return CallResponse(call, self._limits.keep_alive, self._store)

    async def resume(self, request: Request) -> Response:
        """The rest of an answer, after ``Last-Event-ID``."""
        store, owner = await self._asked(request)
        position = position_of(request.headers.get("last-event-id"))
        feed = await self._feed(store, request.path_params["key"], owner)
        feed.check(position)
        if position.ended:  # an EventSource that has all of it asks no more after this
            return Response(status_code=204)
        return EventResponse(
            events_of_answer(feed, position.number), headers=KEPT_HEADERS, keep_alive=self._limits.keep_alive
        )

    async def stop(self, request: Request) -> Response:
        """Ends an answer."""
        store, owner = await self._asked(request)
        if not await store.stop(request.path_params["key"], owner=owner):
            raise _no_answer()
        return Response(status_code=204)

    async def native(self, websocket: WebSocket) -> None:
        await self._connected(websocket, JsonFrames(), self._store)

    async def ephaptic(self, websocket: WebSocket) -> None:
        await self._connected(websocket, MsgpackFrames(), None)  # its wire knows no resuming

    async def _asked(self, request: Request) -> tuple[AnswerStore, str]:
        """Where answers are kept, and whose are asked for."""
        self._gate.origins.check(request.headers)
        if self._store is None:
            raise RelayError("not_found", "this relay keeps no answers")
        return self._store, self._gate.owner_of(await self._gate.identified(request))

    @staticmethod
    async def _feed(store: AnswerStore, key: str, owner: str) -> Feed:
        feed = await store.open(key, owner=owner)
        if feed is None:
            raise _no_answer()
        return feed

    async def _connected(
        self, websocket: WebSocket, frames: JsonFrames | MsgpackFrames, store: AnswerStore | None
    ) -> None:
        try:
            self._gate.origins.check(websocket.headers)
        except RelayError as error:
            await _deny(websocket, error)
            return
        await websocket.accept()
        limits = self._limits
        connection = Connection(
            websocket,
            frames,
            self._gate,
            store,
            max_calls=limits.max_calls,
            max_message_bytes=limits.max_message_bytes,
        )
        await connection.serve()


def _no_answer() -> RelayError:
    return RelayError("not_found", "there is no such answer, or it is not kept any more")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RelayError)
    return error_response(error)


async def _no_such_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = "not_found" if error.status_code == 404 else "bad_request"
    return error_response(RelayError(code, str(error.detail), status=error.status_code), error.headers)


async def _deny(websocket: WebSocket, error: RelayError) -> None:
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(error_response(error))
    else:
        await websocket.close(1008, error.message)

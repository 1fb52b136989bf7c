"""`Relay`: an ASGI application whose functions browsers call by name."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import FileResponse, Response
from starlette.routing import Route, WebSocketRoute

from edgequake._serving.keep_alive import KEEP_ALIVE_SECONDS
from edgequake.exceptions import ConfigurationError
from edgequake.relay.calls import Call
from edgequake.relay.connection import Connection
from edgequake.relay.ephaptic import MsgpackFrames
from edgequake.relay.errors import RelayError, safe_error, status_of
from edgequake.relay.expose import Exposed
from edgequake.relay.frames import JsonFrames
from edgequake.relay.http import CallResponse, body_of
from edgequake.relay.origins import Origins
from edgequake.relay.sse import checked_keep_alive
from edgequake.relay.wire import error_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import HTTPConnection, Request
    from starlette.types import Receive, Scope, Send
    from starlette.websockets import WebSocket

__all__ = ["Relay"]

_Function = TypeVar("_Function", bound="Callable[..., Any]")
_Hook = TypeVar("_Hook", bound="Callable[[HTTPConnection, Any], Any]")

_SCRIPT: Final = Path(__file__).with_name("static") / "relay.js"
_NOT_GIVEN: Final[Any] = object()
_NO_ARGUMENTS: Final[tuple[tuple[str, Any], ...]] = (("args", []), ("kwargs", {}))


class Relay:
    """An ASGI application: functions of yours that pages and programs call by name and iterate, typed.

    ::

        relay = Relay()


        @relay.expose
        async def ask(question: str) -> AsyncIterator[QueryChunk]:
            async for chunk in client.query.stream(question):
                yield chunk

    Mount it in any ASGI application (`app.mount("/relay", relay)`) or serve it with `edgequake relay module:relay`.
    It has the routes `POST /call/NAME` (JSON, or server-sent events for a stream), `/ws` (all calls over one
    WebSocket), `/_ephaptic` (the wire of Ephaptic's clients) and `/relay.js` (the module for browsers).

    :param origins: pages of other hosts that may call, as `https://app.example.com`; `*` lets any page call. Those of
        the relay's own host always may.
    :param timeout: seconds that a call may take in all, the browser's reading included; None for no limit.
    :param max_calls: how many calls one WebSocket may have under way.
    :param max_message_bytes: the largest request; a larger one is refused.
    :param keep_alive: seconds of silence before a comment is sent on an event stream; None for never.
    :param details: tell browsers what went wrong inside, for development; else they get a safe message.

    Raises ConfigurationError for a setting that cannot work.
    """

    def __init__(
        self,
        *,
        origins: Sequence[str] = (),
        timeout: float | None = 300.0,
        max_calls: int = 64,
        max_message_bytes: int = 1 << 20,
        keep_alive: float | None = KEEP_ALIVE_SECONDS,
        details: bool = False,
    ) -> None:
        if max_calls < 1 or max_message_bytes < 1:
            raise ConfigurationError("max_calls and max_message_bytes must be 1 or more")
        self._origins = Origins(origins)
        self._timeout = _checked_timeout(timeout)
        self._max_calls = max_calls
        self._max_message_bytes = max_message_bytes
        self._keep_alive = checked_keep_alive(keep_alive)
        self._details = details
        self._functions: dict[str, Exposed] = {}
        self._hook: Callable[[HTTPConnection, Any], Any] | None = None
        self._app = self._built()

    @property
    def functions(self) -> Mapping[str, Exposed]:
        """The exposed functions by name."""
        return self._functions

    @property
    def max_message_bytes(self) -> int:
        """The largest request that is taken."""
        return self._max_message_bytes

    @overload
    def expose(self, function: _Function, /) -> _Function: ...

    @overload
    def expose(
        self, function: None = None, /, *, name: str | None = ..., timeout: float | None = ...
    ) -> Callable[[_Function], _Function]: ...

    def expose(self, function: Any = None, /, *, name: str | None = None, timeout: Any = _NOT_GIVEN) -> Any:
        """Lets browsers call a function, a generator function, or an async one of either kind; a decorator.

        Arguments are checked and converted by the annotations, as pydantic does it; results and items too. A function
        that returns a stream of this SDK, or is annotated as returning an iterator, gives a stream. A blocking function
        or generator runs in a thread of its own. `timeout` takes the place of the relay's for this function.

        Raises ConfigurationError for a name that is taken or cannot be used, and for a signature that says too little.
        """

        def add(function: _Function) -> _Function:
            seconds = self._timeout if timeout is _NOT_GIVEN else _checked_timeout(timeout)
            exposed = Exposed(function, name=name, timeout=seconds)
            if exposed.name in self._functions:
                raise ConfigurationError(f"{exposed.name} is exposed already: give one of them another name=")
            self._functions[exposed.name] = exposed
            return function

        return add if function is None else add(function)

    def identity(self, hook: _Hook) -> _Hook:
        """Makes a function say who calls; a decorator.

        It is called with the connection (Starlette's: headers, cookies, query) and with the `auth` that the client
        gave, once for each WebSocket and each other request. It may be async; a plain one runs in the event loop, and
        must not wait for anything. What it returns is `current_identity()` in the exposed functions; with None, or a
        `RelayError`, nothing runs.
        """
        self._hook = hook
        return hook

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request (ASGI)."""
        await self._app(scope, receive, send)

    def _built(self) -> Starlette:
        middleware = []
        if self._origins.named:
            middleware.append(
                Middleware(
                    CORSMiddleware,
                    allow_origins=self._origins.named,
                    allow_methods=["GET", "POST"],
                    allow_headers=["authorization"],
                    allow_credentials="*" not in self._origins.named,
                )
            )
        return Starlette(
            routes=[
                Route("/relay.js", self._script),
                Route("/call/{name}", self._post, methods=["POST"]),
                WebSocketRoute("/ws", self._native),
                WebSocketRoute("/_ephaptic", self._ephaptic),
            ],
            middleware=middleware,
            exception_handlers={RelayError: _refused, HTTPException: _no_such_route},
        )

    async def _script(self, request: Request) -> Response:
        return FileResponse(_SCRIPT, media_type="text/javascript", headers={"cache-control": "no-cache"})

    async def _post(self, request: Request) -> Response:
        self._origins.check(request.headers)
        body = await body_of(request, self._max_message_bytes)
        identity = await self._identified(request, body.get("auth"))
        call = self._prepared({**body, "name": request.path_params["name"]}, identity, json=True)
        return CallResponse(call, self._keep_alive)

    async def _native(self, websocket: WebSocket) -> None:
        await self._connected(websocket, JsonFrames())

    async def _ephaptic(self, websocket: WebSocket) -> None:
        await self._connected(websocket, MsgpackFrames())

    async def _connected(self, websocket: WebSocket, frames: JsonFrames | MsgpackFrames) -> None:
        try:
            self._origins.check(websocket.headers)
        except RelayError as error:
            await _deny(websocket, error)
            return
        await websocket.accept()
        connection = Connection(
            websocket,
            frames,
            prepare=lambda message, identity: self._prepared(message, identity, json=frames.json),
            identify=lambda auth: self._identified(websocket, auth),
            max_calls=self._max_calls,
            max_message_bytes=self._max_message_bytes,
        )
        await connection.serve()

    async def _identified(self, connection: HTTPConnection, auth: Any) -> Any:
        """Who calls. Raises RelayError when that is nobody."""
        if self._hook is None:
            return None
        try:
            identity = self._hook(connection, auth)
            identity = await identity if inspect.isawaitable(identity) else identity
        except Exception as error:
            raise safe_error(error, details=self._details, during="the identity hook") from None
        if identity is None:
            raise RelayError("unauthorized", "this relay has to know who is calling")
        return identity

    def _prepared(self, message: Mapping[str, Any], identity: Any, *, json: bool) -> Call:
        """The call that a message asks for. Raises RelayError for one that cannot be made."""
        name = message.get("name")
        args, kwargs = (default if message.get(it) is None else message[it] for it, default in _NO_ARGUMENTS)
        if not isinstance(name, str) or not isinstance(args, list) or not isinstance(kwargs, dict):
            raise RelayError("bad_request", "a call has a name, a list of args and an object of kwargs")
        exposed = self._functions.get(name)
        if exposed is None:
            raise RelayError("not_found", f"there is no function {name!r:.100}")
        try:
            arguments = exposed.bind(args, kwargs, json=json)
        except Exception as error:  # a validator of the application's may raise anything
            raise safe_error(error, details=self._details, during=f"the arguments of {name}") from None
        return Call(exposed, arguments, identity, exposed.timeout, self._details)


def _checked_timeout(seconds: float | None) -> float | None:
    if seconds is None or seconds > 0:
        return seconds
    raise ConfigurationError(f"timeout must be more than 0 seconds, or None for no limit, not {seconds!r}")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RelayError)
    return _error_response(error)


async def _no_such_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = "not_found" if error.status_code == 404 else "bad_request"
    return _error_response(RelayError(code, str(error.detail)), error.status_code, error.headers)


async def _deny(websocket: WebSocket, error: RelayError) -> None:
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(_error_response(error))
    else:
        await websocket.close(1008, error.message)


def _error_response(error: RelayError, status: int = 0, headers: Mapping[str, str] | None = None) -> Response:
    body = b'{"error":' + error_json(error) + b"}"
    return Response(body, status or status_of(error), headers, "application/json")

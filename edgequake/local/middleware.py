"""What stands before every route: the request's id, and the key when one is asked for."""

import hmac
from time import perf_counter
from urllib.parse import quote
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edgequake._core.logs import server_logger
from edgequake.local.console import PATHS
from edgequake.local.errors import StoreError
from edgequake.local.requests import RequestError
from edgequake.local.wire import problem

_PUBLIC = frozenset({"/health", "/ready", "/live", *PATHS})
_log = server_logger("local")


class RequestId:
    """Gives each answer its ``x-request-id`` and a line in the log, and a failure nobody foresaw its error body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        started = False
        began = perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                ms = (perf_counter() - began) * 1000
                _log.info("%s %s %d after %.0f ms", scope["method"], quote(scope["path"]), message["status"], ms)
                if not any(name == b"x-request-id" for name, _ in message["headers"]):
                    message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except ClientDisconnect:
            return
        except Exception as error:
            if started:
                raise
            if isinstance(error, StoreError):
                refusal = RequestError(503, f"{error}", retryable=True)
            else:
                _log.exception("%s %s failed", scope["method"], quote(scope["path"]))
                refusal = RequestError(500, f"{error}")
            await problem(refusal, request_id)(scope, receive, send_with_id)


class ApiKey:
    """Lets only those pass who know the key, as ``Authorization: Bearer`` or, without one, ``X-API-Key``."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with 401 (ASGI)."""
        if scope["type"] != "http" or scope["path"] in _PUBLIC or self._admits(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        body = {
            "error": "unauthorized",
            "message": "A valid API key is needed: send X-API-Key or Authorization: Bearer",
            "request_id": scope["state"]["request_id"],
        }
        await JSONResponse(body, 401)(scope, receive, send)

    def _admits(self, headers: Headers) -> bool:
        given = headers.get("x-api-key")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme == "Bearer" and token.strip():
            given = token.strip()
        return given is not None and hmac.compare_digest(given.encode(), self._key)

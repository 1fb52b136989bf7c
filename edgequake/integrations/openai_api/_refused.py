"""Errors as answers, in the shape of OpenAI's."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from edgequake._serving.tasks import LeftError
from edgequake.integrations._refusals import RefusedError, refusal_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Handler", "Key", "answering", "no_such_route"]

Handler = Callable[[Request], Awaitable[Response]]


class Key:
    """Lets only those pass who send the key (ASGI)."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._key = key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self._key):
                refusal = RefusedError(401, "invalid_api_key", "send the API key as Authorization: Bearer")
                await _refused(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def answering(handler: Handler) -> Handler:
    """``handler``, its errors as answers."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except (LeftError, ClientDisconnect):
            return Response(status_code=499)  # which nobody reads
        except Exception as error:
            return _refused(refusal_of(error))

    return answer


async def no_such_route(request: Request, error: Exception) -> Response:
    """A route or method that there is not."""
    assert isinstance(error, HTTPException)
    return _refused(
        RefusedError(error.status_code, "not_found", f"{request.method} {request.url.path}: {error.detail}")
    )


def _refused(refusal: RefusedError) -> Response:
    wait = {} if refusal.retry_after is None else {"Retry-After": f"{refusal.retry_after:.0f}"}
    return JSONResponse({"error": refusal.as_error()}, refusal.status, headers=wait)

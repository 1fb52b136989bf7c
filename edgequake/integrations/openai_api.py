"""OpenAI's API and the AI SDK's chat over any EdgeQuake server, as an ASGI application.

::

    from edgequake import AsyncEdgequakeClient
    from edgequake.integrations.openai_api import create_app

    app = create_app(AsyncEdgequakeClient(base_url="http://localhost:8080"))  # uvicorn module:app
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from edgequake import AsyncEdgequakeClient, AsyncQueryStream, ConfigurationError
from edgequake._serving.bodies import body_within
from edgequake._serving.events import EventResponse
from edgequake._serving.keep_alive import KEEP_ALIVE_SECONDS
from edgequake._serving.tasks import LeftError, disconnected, while_listened
from edgequake.integrations._refusals import RefusedError, refusal_of, said_of
from edgequake.integrations._turns import MODELS, asked, mode_of
from edgequake.integrations.wires import UI_MESSAGE_HEADERS, completion, openai_events, ui_message_events
from edgequake.models._model import explain

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

__all__ = ["MODELS", "create_app"]

_MAX_BODY = 4 << 20
_CREATED = 1735689600
_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache, no-transform"}

B = TypeVar("B", bound=BaseModel)
Handler = Callable[[Request], Awaitable[Response]]


class _Options(BaseModel):
    """What both APIs take besides their messages: query options that a caller may set."""

    document_filter: dict[str, Any] | None = None
    content_granularity: Literal["citation", "agent"] | None = None
    reasoning_effort: str | None = None


class _StreamOptions(BaseModel):
    include_usage: bool | None = None


class _Text(BaseModel):
    type: Literal["text"]


class _Completion(_Options):
    """The body of ``/v1/chat/completions``. A field that no query can honour is refused; sampling is not looked at."""

    messages: list[dict[str, Any]]
    model: str = "edgequake"
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    n: Literal[1] | None = None
    logprobs: Literal[False] | None = None
    response_format: _Text | None = None
    tool_choice: Literal["none", "auto"] | None = None


class _UIMessage(BaseModel):
    role: str
    parts: list[dict[str, Any]]

    def told(self) -> dict[str, Any]:
        """The message in OpenAI's form: its text and files. What else it has is this server's own, or a tool's."""
        return {"role": self.role, "content": [part for part in self.parts if part.get("type") in ("text", "file")]}


class _UIChat(_Options):
    """The body of ``/api/chat``, as the AI SDK's ``DefaultChatTransport`` sends it."""

    messages: list[_UIMessage]
    mode: str | None = None


def create_app(
    client: AsyncEdgequakeClient,
    *,
    api_key: str | None = None,
    keep_alive: float | None = KEEP_ALIVE_SECONDS,
    lifespan: Lifespan[Starlette] | None = None,
) -> Starlette:
    """An application with ``/v1/models``, ``/v1/chat/completions`` and the AI SDK's ``/api/chat``.

    Every answer is a query of ``client``, streamed or whole; nothing is stored on the server. The client stays yours
    to close.

    :param client: asks the EdgeQuake server.
    :param api_key: what callers must send as ``Authorization: Bearer``; None lets anybody in.
    :param keep_alive: the seconds of silence after which a stream gets a comment; None: never.
    :param lifespan: what is held open while the application runs, as Starlette takes it.
    :raises ConfigurationError: for a key that is empty or not ASCII.
    """
    if api_key is not None and not (api_key.strip() and api_key.isascii()):
        raise ConfigurationError("the API key must be ASCII text that is not empty; leave it out to let anybody in")
    chat = Route("/api/chat", _answering(_Gateway(client, keep_alive).chat), methods=["POST"])
    return Starlette(
        routes=[*openai_routes(client, keep_alive), chat],
        middleware=[] if api_key is None else [Middleware(_Key, api_key)],
        exception_handlers={HTTPException: _no_such_route},
        lifespan=lifespan,
    )


def openai_routes(client: AsyncEdgequakeClient, keep_alive: float | None = KEEP_ALIVE_SECONDS) -> list[BaseRoute]:
    """The routes of OpenAI's API alone, for an application that has others too; :func:`create_app` has the words."""
    gateway = _Gateway(client, keep_alive)
    return [
        Route("/v1/models", _answering(gateway.models)),
        Route("/v1/models/{model}", _answering(gateway.model)),
        Route("/v1/chat/completions", _answering(gateway.completions), methods=["POST"]),
    ]


class _Gateway:
    def __init__(self, client: AsyncEdgequakeClient, keep_alive: float | None) -> None:
        self._client = client
        self._keep_alive = keep_alive

    async def models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [_model(name) for name in MODELS]})

    async def model(self, request: Request) -> Response:
        return JSONResponse(_model(_known(request.path_params["model"])))

    async def completions(self, request: Request) -> Response:
        body = await _body_of(_Completion, request)
        mode = mode_of(_known(body.model))
        async with AsyncExitStack() as stack:
            stream = await self._opened(request, stack, body.messages, mode, body)
            if not body.stream:
                answer = await while_listened(stream.final(), disconnected(request.receive))
                return JSONResponse(completion(answer, body.model), headers=_request_id(stream))
            usage = body.stream_options is not None and bool(body.stream_options.include_usage)
            events = openai_events(stream, said_of, model=body.model, usage=usage)
            return self._response(events, stream, stack)

    async def chat(self, request: Request) -> Response:
        body = await _body_of(_UIChat, request)
        async with AsyncExitStack() as stack:
            stream = await self._opened(request, stack, [one.told() for one in body.messages], body.mode, body)
            return self._response(ui_message_events(stream, said_of), stream, stack, UI_MESSAGE_HEADERS)

    async def _opened(
        self, request: Request, stack: AsyncExitStack, messages: list[dict[str, Any]], mode: str | None, more: _Options
    ) -> AsyncQueryStream:
        """The stream that answers, opened while a refusal can still be a status, and closed with ``stack``."""
        question, told = asked(messages)
        options: Any = {**told, **more.model_dump(include=set(_Options.model_fields)), "mode": mode}
        stream = self._client.query.stream(question, **options)
        stack.push_async_callback(stream.aclose)
        await while_listened(stream.__aenter__(), disconnected(request.receive))
        return stream

    def _response(
        self, events: AsyncGenerator[bytes], stream: AsyncQueryStream, stack: AsyncExitStack, headers: Any = None
    ) -> Response:
        """Sends the events; what ``stack`` holds is released when they have ended."""
        after = stack.pop_all().aclose
        headers = {**_HEADERS, **_request_id(stream), **(headers or {})}
        return EventResponse(events, headers=headers, keep_alive=self._keep_alive, after=after)


class _Key:
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


def _answering(handler: Handler) -> Handler:
    """``handler``, its errors as answers."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except (LeftError, ClientDisconnect):
            return Response(status_code=499)  # which nobody reads
        except Exception as error:
            return _refused(refusal_of(error))

    return answer


async def _no_such_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _refused(
        RefusedError(error.status_code, "not_found", f"{request.method} {request.url.path}: {error.detail}")
    )


def _refused(refusal: RefusedError) -> Response:
    wait = {} if refusal.retry_after is None else {"Retry-After": f"{refusal.retry_after:.0f}"}
    return JSONResponse({"error": refusal.as_error()}, refusal.status, headers=wait)


async def _body_of(model: type[B], request: Request) -> B:
    """The request's JSON. Other sites' forms are kept out by their content type."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, "not_json", "send JSON, with Content-Type: application/json")
    body = await body_within(request, _MAX_BODY)
    if body is None:
        raise RefusedError(413, "too_large", f"a request of more than {_MAX_BODY} bytes")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise RefusedError(400, "invalid_request", explain(error)) from error


def _known(name: str) -> str:
    try:
        mode_of(name)
    except ConfigurationError as error:
        raise RefusedError(404, "model_not_found", str(error)) from error
    return name


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "edgequake"}


def _request_id(stream: AsyncQueryStream) -> dict[str, str]:
    """The EdgeQuake server's id of the request, where OpenAI's clients look for one."""
    return {"x-request-id": stream.request_id} if stream.request_id else {}

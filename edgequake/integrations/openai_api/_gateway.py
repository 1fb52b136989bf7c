"""Answers the requests of both APIs by queries."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from edgequake._serving.events import EventResponse
from edgequake._serving.tasks import disconnected, while_listened
from edgequake.exceptions import ConfigurationError
from edgequake.integrations._refusals import RefusedError, said_of
from edgequake.integrations._turns import MODELS, asked, mode_of
from edgequake.integrations.openai_api._requests import Completion, Options, UIChat, body_of
from edgequake.integrations.wires import UI_MESSAGE_HEADERS, completion, openai_events, ui_message_events

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request

    from edgequake import AsyncEdgequakeClient, AsyncQueryStream

__all__ = ["Gateway"]

_CREATED = 1735689600
_HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache, no-transform"}


class Gateway:
    """The handlers of the routes; what cannot be answered raises."""

    def __init__(self, client: AsyncEdgequakeClient, keep_alive: float | None) -> None:
        self._client = client
        self._keep_alive = keep_alive

    async def models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [_model(name) for name in MODELS]})

    async def model(self, request: Request) -> Response:
        return JSONResponse(_model(_known(request.path_params["model"])))

    async def completions(self, request: Request) -> Response:
        body = await body_of(Completion, request)
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
        body = await body_of(UIChat, request)
        async with AsyncExitStack() as stack:
            stream = await self._opened(request, stack, [one.told() for one in body.messages], body.mode, body)
            return self._response(ui_message_events(stream, said_of), stream, stack, UI_MESSAGE_HEADERS)

    async def _opened(
        self, request: Request, stack: AsyncExitStack, messages: list[dict[str, Any]], mode: str | None, more: Options
    ) -> AsyncQueryStream:
        """The stream that answers, opened while a refusal can still be a status, and closed with ``stack``."""
        question, told = asked(messages)
        options: Any = {**told, **more.model_dump(include=set(Options.model_fields)), "mode": mode}
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

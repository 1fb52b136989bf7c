"""The application: its routes, and who may call them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from edgequake._serving.keep_alive import KEEP_ALIVE_SECONDS
from edgequake.exceptions import ConfigurationError
from edgequake.integrations.openai_api._gateway import Gateway
from edgequake.integrations.openai_api._refused import Key, answering, no_such_route

if TYPE_CHECKING:
    from starlette.types import Lifespan

    from edgequake import AsyncEdgequakeClient

__all__ = ["create_app", "openai_routes"]


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
    chat = Route("/api/chat", answering(Gateway(client, keep_alive).chat), methods=["POST"])
    return Starlette(
        routes=[*openai_routes(client, keep_alive), chat],
        middleware=[] if api_key is None else [Middleware(Key, key=api_key)],
        exception_handlers={HTTPException: no_such_route},
        lifespan=lifespan,
    )


def openai_routes(client: AsyncEdgequakeClient, keep_alive: float | None = KEEP_ALIVE_SECONDS) -> list[BaseRoute]:
    """Returns the routes of OpenAI's API, for an application with other routes. See :func:`create_app`."""
    gateway = Gateway(client, keep_alive)
    return [
        Route("/v1/models", answering(gateway.models)),
        Route("/v1/models/{model}", answering(gateway.model)),
        Route("/v1/chat/completions", answering(gateway.completions), methods=["POST"]),
    ]

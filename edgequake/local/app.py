"""The ASGI application that speaks the EdgeQuake server's wire, for trying, demos and tests."""

from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from edgequake import AsyncEdgequakeClient
from edgequake._http.asgi import asgi_client
from edgequake._serving.keep_alive import KEEP_ALIVE_SECONDS
from edgequake.integrations.openai_api import openai_routes
from edgequake.local.chat_routes import ChatRoutes
from edgequake.local.console import page_routes
from edgequake.local.context_routes import ContextRoutes
from edgequake.local.conversation_routes import ConversationRoutes
from edgequake.local.directory_routes import DirectoryRoutes
from edgequake.local.document_routes import DocumentRoutes
from edgequake.local.elsewhere import Elsewhere
from edgequake.local.engine import Engine
from edgequake.local.entity_routes import EntityRoutes
from edgequake.local.errors import LocalServerError
from edgequake.local.graph_routes import GraphRoutes
from edgequake.local.middleware import ApiKey, RequestId
from edgequake.local.pdf_routes import PdfRoutes
from edgequake.local.query_routes import QueryRoutes
from edgequake.local.requests import BodyError, RequestError
from edgequake.local.store import Store
from edgequake.local.system_routes import SystemRoutes
from edgequake.local.task_routes import PipelineRoutes, TaskRoutes
from edgequake.local.upload_routes import UploadRoutes
from edgequake.local.wire import problem

# Where two have the same shape, the first counts: `/documents/pdf` before `/documents/{id}`.
_ROUTES = (
    *(QueryRoutes, ChatRoutes, ConversationRoutes, ContextRoutes, TaskRoutes, PipelineRoutes, PdfRoutes, UploadRoutes),
    *(DocumentRoutes, DirectoryRoutes, GraphRoutes, EntityRoutes, Elsewhere, SystemRoutes),
)


def create_app(store: Store, *, token_delay: float = 0.0, llm: Any = None, api_key: str | None = None) -> Starlette:
    """An ASGI application that answers from ``store``: query, chat and their streams, documents, conversations.

    It is for trying, demos and tests. In production, use the EdgeQuake server. The application does not close the
    store.

    :param token_delay: seconds of pause before each streamed token.
    :param llm: a language model that writes the answers: an object with ``astream(prompt)`` or ``stream(prompt)``, as
        ``edgequake.rag`` takes it. Without it, answers quote the documents.
    :param api_key: a key that clients must send. Without it, no key is needed.
    :raises LocalServerError: ``llm`` cannot stream, or the key is empty.
    """
    return build(Engine(store, llm=llm, token_delay=token_delay), api_key=api_key)


def build(engine: Engine, *, keep_alive: float = KEEP_ALIVE_SECONDS, api_key: str | None = None) -> Starlette:
    """The application over an engine; ``keep_alive`` is the silence before a stream's comment, in seconds."""
    if api_key is not None and not api_key.strip():
        raise LocalServerError("the API key is empty: leave it out, or give one")
    engine.keep_alive = keep_alive
    middleware = [Middleware(RequestId)]
    if api_key is not None:
        middleware.append(Middleware(ApiKey, key=api_key))
    app = Starlette(
        routes=[*(route for of in _ROUTES for route in of(engine).routes()), *page_routes()],
        middleware=middleware,
        exception_handlers={
            BodyError: _unreadable,
            RequestError: _refused,
            HTTPException: _no_such_route,
        },
    )
    # No timeout: the language model has clocks of its own.
    here = AsyncEdgequakeClient(
        base_url="http://127.0.0.1", api_key=api_key, timeout=None, http_client=asgi_client(app), env={}
    )
    app.router.routes += openai_routes(here, keep_alive)
    return app


async def _unreadable(request: Request, error: Any) -> Response:
    return PlainTextResponse(error.text, error.status)


async def _refused(request: Request, error: Any) -> Response:
    return problem(error, request.state.request_id)


async def _no_such_route(request: Request, error: Any) -> Response:
    if error.status_code == 400:  # a multipart body that cannot be read
        return problem(RequestError(400, f"{error.detail}"), request.state.request_id)
    return Response(status_code=error.status_code, headers=error.headers)

"""The ASGI application that speaks the EdgeQuake server's wire, for trying, demos and tests."""

import logging
from uuid import uuid4

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edgequake._version import __version__
from edgequake.local import streams
from edgequake.local.answerer import words
from edgequake.local.conversations import Conversation, Conversations, context_of
from edgequake.local.engine import DEFAULT_RESULTS, MODEL, PROVIDER, Engine, Question, passages_text
from edgequake.local.requests import (
    B,
    BodyError,
    ChatBody,
    QueryBody,
    RequestError,
    StreamBody,
    check_model,
    check_query,
    check_workspace,
    identity,
    parse,
)
from edgequake.local.sse import KEEP_ALIVE_SECONDS, EventStream
from edgequake.local.store import Store
from edgequake.local.wire import problem, sources, stats

_log = logging.getLogger("edgequake.local")
_SUCCESSOR = {"deprecation": "true", "link": '</api/v1/query/context>; rel="successor-version"'}


def create_app(store: Store, *, token_delay: float = 0.0) -> Starlette:
    """An application that answers from the store: health, query, chat and their streams.

    `token_delay` is the pause before each streamed token, in seconds. The application does not close the
    store. It is for trying, demos and tests; production is the EdgeQuake server.
    """
    return build(Engine(store, token_delay=token_delay))


def build(engine: Engine, *, keep_alive: float = KEEP_ALIVE_SECONDS) -> Starlette:
    """The application over an engine; `keep_alive` is the silence before a stream's comment, in seconds."""
    routes = _Routes(engine, keep_alive)
    return Starlette(
        routes=[
            Route("/health", routes.health),
            Route("/ready", routes.ready),
            Route("/live", routes.live),
            Route("/api/v1/query", routes.query, methods=["POST"]),
            Route("/api/v1/query/stream", routes.query_stream, methods=["POST"]),
            Route("/api/v1/chat/completions", routes.chat, methods=["POST"]),
            Route("/api/v1/chat/completions/stream", routes.chat_stream, methods=["POST"]),
            Route("/query/stream", routes.guide_stream),
        ],
        middleware=[Middleware(_RequestId)],
        exception_handlers={
            BodyError: _unreadable,
            RequestError: _refused,
            HTTPException: _no_such_route,
        },
    )


class _Routes:
    def __init__(self, engine: Engine, keep_alive: float) -> None:
        self._engine = engine
        self._keep_alive = keep_alive
        self._conversations = Conversations()

    async def health(self, request: Request) -> Response:
        return JSONResponse(
            {
                "status": "healthy",
                "version": __version__,
                "storage_mode": "memory" if self._engine.store.in_memory else "sqlite",
                "workspace_id": "default",
                "components": {
                    "kv_storage": True,
                    "vector_storage": False,
                    "graph_storage": False,
                    "llm_provider": False,
                },
                "llm_provider_name": PROVIDER,
            }
        )

    async def ready(self, request: Request) -> Response:
        return JSONResponse({"ready": True})

    async def live(self, request: Request) -> Response:
        return PlainTextResponse("OK")

    async def query(self, request: Request) -> Response:
        check_workspace(request.headers.get("x-workspace-id"))
        body = await _body(QueryBody, request)
        check_query(body.query)
        check_model(body.llm_provider, body.llm_model)
        earlier = [turn.content for turn in body.conversation_history or [] if turn.role == "user"]
        question = Question(
            body.query,
            body.effective_mode(),
            context=context_of(body.query, earlier),
            limit=DEFAULT_RESULTS if body.max_results is None else body.max_results,
            scope=body.scope(),
            system_prompt=body.system_prompt or "",
        )
        found = await self._engine.find(question)
        answer = found.answer
        if body.prompt_only:
            answer = self._engine.prompt(question, found)
        elif body.context_only:
            answer = passages_text(found)
        payload = {
            "answer": answer,
            "mode": question.mode,
            "sources": sources(found, body.content_granularity),
            "stats": stats(found, found.generation_ms, len(words(answer))),
        }
        if body.conversation_history is not None:
            payload["conversation_id"] = str(uuid4())
        return JSONResponse(payload, headers=_SUCCESSOR if body.context_only else None)

    async def query_stream(self, request: Request) -> Response:
        check_workspace(request.headers.get("x-workspace-id"))
        body = await _body(StreamBody, request)
        check_query(body.query)
        check_model(body.llm_provider, body.llm_model)
        question = Question(body.query, body.effective_mode(), scope=body.scope())
        if body.stream_format == "v1":
            return self._stream(streams.query_v1(self._engine, await self._engine.find(question)))
        return self._stream(streams.query_v2(self._engine, question, body.content_granularity))

    async def guide_stream(self, request: Request) -> Response:
        """`GET /query/stream?query=…`, with `mode` and `top_k` as the guide's client names them."""
        asked = request.query_params
        if "query" not in asked:
            raise BodyError(400, "Failed to deserialize query string: missing field `query`")
        top_k = asked.get("top_k", asked.get("max_results", str(DEFAULT_RESULTS)))
        if not (top_k.isascii() and top_k.isdecimal() and len(top_k) < 10):
            raise BodyError(400, "Failed to deserialize query string: top_k: invalid digit found in string")
        options = QueryBody(query=check_query(asked["query"]), mode=asked.get("mode"))
        question = Question(options.query, options.effective_mode(), limit=int(top_k))
        return self._stream(streams.guide(self._engine, await self._engine.find(question)))

    async def chat(self, request: Request) -> Response:
        body, conversation, question = await self._chat_turn(request)
        said = conversation.add("user", body.message)
        found = await self._engine.find(question)
        reply = conversation.add("assistant", found.answer)
        conversation.settle_title(said)
        tokens = len(words(found.answer))
        return JSONResponse(
            {
                "conversation_id": str(conversation.id),
                "user_message_id": str(said.id),
                "assistant_message_id": str(reply.id),
                "content": found.answer,
                "mode": question.mode,
                "sources": sources(found, body.content_granularity),
                "stats": stats(found, found.generation_ms, tokens),
                "tokens_used": tokens,
                "duration_ms": found.retrieval_ms + found.generation_ms,
                "llm_provider": PROVIDER,
                "llm_model": MODEL,
            }
        )

    async def chat_stream(self, request: Request) -> Response:
        body, conversation, question = await self._chat_turn(request)
        said = conversation.add("user", body.message)
        return self._stream(streams.chat(self._engine, conversation, said, question, body.content_granularity))

    async def _chat_turn(self, request: Request) -> tuple[ChatBody, Conversation, Question]:
        """What is said in which conversation; the message is not stored yet."""
        tenant = identity("x-tenant-id", request.headers.get("x-tenant-id"))
        if tenant is None:
            raise RequestError(400, "BAD_REQUEST", "Bad request: X-Tenant-ID must be sent, a UUID or `default`")
        if identity("x-user-id", request.headers.get("x-user-id")) is None:
            raise RequestError(401, "UNAUTHORIZED", "Unauthorized: X-User-ID must be sent, a UUID")
        check_workspace(request.headers.get("x-workspace-id"))
        body = await _body(ChatBody, request)
        if not body.message.strip():
            raise RequestError(422, "VALIDATION_ERROR", "Validation error: the message is empty")
        check_query(body.message)
        conversation = self._conversations.open(body.conversation_id, tenant)
        question = Question(
            body.message,
            body.effective_mode("hybrid"),
            context=context_of(body.message, conversation.questions()),
            scope=body.scope(),
        )
        return body, conversation, question

    def _stream(self, events: streams.Events) -> Response:
        return EventStream(events, keep_alive=self._keep_alive)


class _RequestId:
    """Gives each answer its `x-request-id`, and a failure nobody foresaw its error body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(uuid4())
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except ClientDisconnect:
            return
        except Exception as error:
            if started:
                raise
            _log.exception("%s %s failed", scope["method"], scope["path"])
            refusal = RequestError(500, "INTERNAL_ERROR", f"Internal error: {error}")
            await problem(refusal, request_id)(scope, receive, send_with_id)


async def _body(model: type[B], request: Request) -> B:
    return parse(model, await request.body(), request.headers.get("content-type", ""))


async def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, BodyError)
    return PlainTextResponse(error.text, error.status)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return problem(error, request.state.request_id)


async def _no_such_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return Response(status_code=error.status_code, headers=error.headers)

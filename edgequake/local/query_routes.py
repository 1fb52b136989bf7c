"""The routes that answer a question: whole, as streams, and as the streaming guide asks."""

import asyncio
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from edgequake.local import streams
from edgequake.local.answering import Answering, GenerationError, RetrievalError
from edgequake.local.bodies import QueryBody, StreamBody
from edgequake.local.conversations import Turn
from edgequake.local.engine import DEFAULT_RESULTS, Engine, Found, Question
from edgequake.local.followup import context_of
from edgequake.local.requests import BodyError, body_of, check_model, check_query, number
from edgequake.local.sse import event_stream, while_connected
from edgequake.local.wire import refusal

_SUCCESSOR = {"deprecation": "true", "link": '</api/v1/query/context>; rel="successor-version"'}


class QueryRoutes:
    """`/api/v1/query`, its stream, and the guide's `/query/stream`."""

    def __init__(self, engine: Engine, keep_alive: float) -> None:
        self._engine = engine
        self._keep_alive = keep_alive

    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/api/v1/query", self.query, methods=["POST"]),
            Route("/api/v1/query/stream", self.stream, methods=["POST"]),
            Route("/query/stream", self.guide),
        ]

    async def query(self, request: Request) -> Response:
        """The whole answer; with `prompt_only` or `context_only` what it would be made from."""
        workspace = await asyncio.to_thread(self._engine.workspace, request)
        body = await body_of(QueryBody, request)
        check_query(body.query)
        check_model(body.llm_provider, body.llm_model)
        question = question_of(body, workspace)
        answering = Answering(self._engine, question)
        try:
            if body.prompt_only or body.context_only:
                found = await answering.found()
                answering.text = await asyncio.to_thread(self._given, question, found, body.prompt_only)
            else:
                found = await while_connected(request, answering.whole())
        except (RetrievalError, GenerationError) as error:
            raise refusal(answering, error) from error
        finally:
            await answering.aclose()
        payload = streams.whole(answering, found, body)
        if body.conversation_history is not None:
            payload["conversation_id"] = str(uuid4())
        return JSONResponse(payload, headers=_SUCCESSOR if body.context_only else None)

    async def stream(self, request: Request) -> Response:
        """The answer as events; v1 looks up before it answers, so that it can still fail with a status."""
        workspace = await asyncio.to_thread(self._engine.workspace, request)
        body = await body_of(StreamBody, request)
        check_query(body.query)
        check_model(body.llm_provider, body.llm_model)
        question = Question(
            body.query,
            body.effective_mode(),
            scope=body.scope(),
            system_prompt=body.system_prompt or "",
            workspace=workspace,
        )
        answering = Answering(self._engine, question)
        if body.stream_format == "v1":
            await looked_up(answering)
            return self._events(streams.query_v1(answering), answering)
        return self._events(streams.query(answering, body), answering)

    async def guide(self, request: Request) -> Response:
        """`GET /query/stream?query=…`, with `mode` and `top_k` as the guide's client names them."""
        given = request.query_params
        if "query" not in given:
            raise BodyError(400, "Failed to deserialize query string: missing field `query`")
        limit = number(given, "top_k" if "top_k" in given else "max_results", DEFAULT_RESULTS)
        body = QueryBody(query=check_query(given["query"]), mode=given.get("mode"), max_results=limit)
        workspace = await asyncio.to_thread(self._engine.workspace, request)
        answering = Answering(self._engine, question_of(body, workspace))
        return self._events(streams.guide(answering, await looked_up(answering)), answering)

    def _given(self, question: Question, found: Found, prompt: bool) -> str:
        return self._engine.prompt(question, found) if prompt else "\n\n".join(self._engine.context(found))

    def _events(self, events: streams.Events, answering: Answering) -> Response:
        return event_stream(events, self._keep_alive, answering.aclose)


def question_of(body: QueryBody, workspace: str) -> Question:
    """The question of a body."""
    history = body.conversation_history or []
    return Question(
        body.query,
        body.effective_mode(),
        context=context_of(body.query, [turn.content for turn in history if turn.role == "user"]),
        limit=DEFAULT_RESULTS if body.max_results is None else body.max_results,
        scope=body.scope(),
        system_prompt=body.system_prompt or "",
        history=tuple(Turn(turn.role, turn.content) for turn in history),
        workspace=workspace,
    )


async def looked_up(answering: Answering) -> Found:
    """What an answer rests on. RequestError when nothing could be looked up; the answering is closed then."""
    try:
        return await answering.found()
    except BaseException as error:
        await answering.aclose()
        if isinstance(error, RetrievalError):
            raise refusal(answering, error) from error
        raise

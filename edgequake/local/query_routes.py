"""The routes that answer a question: whole, as streams, and as the streaming guide asks."""

from collections.abc import Sequence
from uuid import uuid4

from starlette.responses import JSONResponse, Response

from edgequake.local import streams
from edgequake.local.answering import Answering
from edgequake.local.bodies import AskBody, Options, QueryBody, StreamBody
from edgequake.local.conversations import Turn
from edgequake.local.engine import DEFAULT_RESULTS, Question
from edgequake.local.followup import context_of
from edgequake.local.requests import RequestError, check_query, number, required
from edgequake.local.routing import Asked, Routes, route
from edgequake.local.sse import event_stream, while_connected

_SUCCESSOR = {"deprecation": "true", "link": '</api/v1/query/context>; rel="successor-version"'}


class QueryRoutes(Routes):
    """``/api/v1/query``, its stream, and the guide's ``/query/stream``."""

    @route("POST /api/v1/query")
    async def query(self, asked: Asked, body: QueryBody) -> Response:
        """The whole answer; with ``prompt_only`` or ``context_only`` what it would be made from."""
        question = query_of(body, await asked.in_workspace())
        answering = Answering(self.engine, question)
        if body.prompt_only or body.context_only:
            found = await answering.found()
            engine = self.engine
            answering.text = engine.prompt(question, found) if body.prompt_only else "\n\n".join(engine.context(found))
        else:
            found = await while_connected(asked.request, answering.whole())
        payload = streams.whole(answering, found, body)
        if body.conversation_history is not None:
            payload["conversation_id"] = str(uuid4())
        return JSONResponse(payload, headers=_SUCCESSOR if body.context_only else None)

    @route("POST /api/v1/query/stream")
    async def stream(self, asked: Asked, body: StreamBody) -> Response:
        """The answer as events; v1 looks up before it answers, so that it can still fail with a status."""
        answering = Answering(self.engine, query_of(body, await asked.in_workspace()))
        if body.stream_format == "v1":
            await answering.found()
            return event_stream(streams.query_v1(answering), self.engine.keep_alive)
        return event_stream(streams.query(answering, body), self.engine.keep_alive)

    @route("GET /query/stream")
    async def guide(self, asked: Asked) -> Response:
        """``?query=…``, with ``mode`` and ``top_k`` as the guide's client names them."""
        text, mode = required(asked.query, "query"), asked.query.get("mode")
        limit = number(asked.query, "top_k" if "top_k" in asked.query else "max_results", DEFAULT_RESULTS)
        body = QueryBody(query=text, mode=mode, max_results=limit)
        answering = Answering(self.engine, query_of(body, await asked.in_workspace()))
        return event_stream(streams.guide(answering, await answering.found()), self.engine.keep_alive)


def query_of(body: AskBody, workspace: str) -> Question:
    """The question of a query. Raises RequestError: 422 when blank, 400 when too long or with half a model."""
    if (body.llm_provider is None) != (body.llm_model is None):
        raise RequestError(400, "llm_provider and llm_model must be given together")
    if not isinstance(body, QueryBody):
        return question_of(body, body.query, workspace)
    limit = DEFAULT_RESULTS if body.max_results is None else body.max_results
    return question_of(body, body.query, workspace, history=body.conversation_history or (), limit=limit)


def question_of(
    body: Options, text: str, workspace: str, *, history: Sequence[Turn] = (), limit: int = DEFAULT_RESULTS
) -> Question:
    """What is asked, after what was said before. Raises as ``check_query`` does."""
    return Question(
        check_query(text),
        body.effective_mode(),
        context=context_of(text, [turn.content for turn in history if turn.role == "user"]),
        limit=limit,
        scope=body.document_filter.scope() if body.document_filter else None,
        system_prompt=body.system_prompt or "",
        history=tuple(history),
        workspace=workspace,
    )

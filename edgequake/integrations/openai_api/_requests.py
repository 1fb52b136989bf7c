"""What callers send: the bodies of both APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from edgequake._serving.bodies import body_within
from edgequake.integrations._refusals import RefusedError
from edgequake.models._model import explain

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["Completion", "Options", "UIChat", "body_of"]

_MAX_BODY = 4 << 20

B = TypeVar("B", bound=BaseModel)


class Options(BaseModel):
    """What both APIs take besides their messages: query options that a caller may set."""

    document_filter: dict[str, Any] | None = None
    content_granularity: Literal["citation", "agent"] | None = None
    reasoning_effort: str | None = None


class StreamOptions(BaseModel):
    include_usage: bool | None = None


class Text(BaseModel):
    type: Literal["text"]


class Completion(Options):
    """The body of ``/v1/chat/completions``. A field that no query can honour is refused; sampling is not looked at."""

    messages: list[dict[str, Any]]
    model: str = "edgequake"
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    logprobs: Literal[False] | None = None
    response_format: Text | None = None
    tool_choice: Literal["none", "auto"] | None = None


class UIMessage(BaseModel):
    role: str
    parts: list[dict[str, Any]]

    def told(self) -> dict[str, Any]:
        """The message in OpenAI's form: its text and files. What else it has is this server's own, or a tool's."""
        return {"role": self.role, "content": [part for part in self.parts if part.get("type") in ("text", "file")]}


class UIChat(Options):
    """The body of ``/api/chat``, as the AI SDK's ``DefaultChatTransport`` sends it."""

    messages: list[UIMessage]
    mode: str | None = None


async def body_of(model: type[B], request: Request) -> B:
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

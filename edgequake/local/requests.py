"""What clients send: the bodies of query and chat, checked as the server checks them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.requests import Request

from edgequake._serving.bodies import body_within
from edgequake.local.scope import DEFAULT_TENANT, DEFAULT_WORKSPACE, Scope

MODES = frozenset({"naive", "local", "global", "hybrid", "mix", "bypass"})
MAX_QUERY_BYTES = 10_000
MAX_BODY = 112 << 20  # four images of 20 MB in base64, and what is asked about them

# The server's small ids for the tenant and the workspace that every installation has.
ALIASES = {
    "x-tenant-id": UUID(DEFAULT_TENANT),
    "x-workspace-id": UUID(DEFAULT_WORKSPACE),
}

NonNegative = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose conversation it is."""

    tenant_id: UUID
    user_id: UUID


class RequestError(Exception):
    """A request that is answered with an error: HTTP status, code and message, and more for `details`."""

    def __init__(self, status: int, code: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details


class BodyError(Exception):
    """A body that cannot be read at all, answered in plain text with this status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class DocumentFilter(_Body):
    """Which documents to answer from."""

    date_from: str | None = None
    date_to: str | None = None
    document_pattern: str | None = None
    document_ids: list[str] | None = None

    def scope(self) -> Scope:
        """The same as the store takes it."""
        return Scope(
            ids=tuple(self.document_ids or ()),
            pattern=self.document_pattern or "",
            date_from=self.date_from or "",
            date_to=self.date_to or "",
        )


class Turn(_Body):
    """An earlier message of a conversation."""

    role: str
    content: str


class Options(_Body):
    """What query and chat have in common."""

    mode: str | None = None
    system_prompt: str | None = None
    document_filter: DocumentFilter | None = None
    content_granularity: Literal["citation", "agent", "debug"] = "citation"

    def scope(self) -> Scope | None:
        """Which documents to search, None for all."""
        return self.document_filter.scope() if self.document_filter else None

    def effective_mode(self, default: str = "mix") -> str:
        """The mode in lower case; an unknown one counts as `mix`."""
        mode = (self.mode or default).lower()
        return mode if mode in MODES else "mix"


class QueryBody(Options):
    """`POST /api/v1/query`."""

    query: str
    include_subgraph: bool = True
    max_results: NonNegative | None = None
    context_only: bool = False
    prompt_only: bool = False
    conversation_history: list[Turn] | None = None
    llm_provider: str | None = None
    llm_model: str | None = None


class StreamBody(Options):
    """`POST /api/v1/query/stream`."""

    query: str
    stream_format: str = "v2"
    include_subgraph: bool = True
    llm_provider: str | None = None
    llm_model: str | None = None


class ChatBody(Options):
    """`POST /api/v1/chat/completions` and its stream."""

    message: str
    conversation_id: Annotated[UUID | None, Field(strict=False)] = None
    parent_id: Annotated[UUID | None, Field(strict=False)] = None
    content_granularity: Annotated[
        Literal["citation", "agent", "debug"], BeforeValidator(lambda value: value or "citation")
    ] = "citation"
    stream: bool = True
    max_tokens: NonNegative | None = None
    temperature: float | None = None
    top_k: NonNegative | None = None
    provider: str | None = None
    model: str | None = None
    language: str | None = None
    images: list[dict[str, Any]] | None = None


class DocumentBody(_Body):
    """`POST /api/v1/documents`."""

    content: str
    title: str | None = None
    metadata: Any = None
    async_processing: bool = False
    track_id: str | None = None


class DegreesBody(_Body):
    """`POST /api/v1/graph/degrees/batch`."""

    node_ids: list[str]


class ConversationBody(_Body):
    """`POST /api/v1/conversations`."""

    title: str | None = None
    mode: str | None = None
    folder_id: Annotated[UUID | None, Field(strict=False)] = None


class ConversationChange(ConversationBody):
    """`PATCH /api/v1/conversations/{id}`: a `folder_id` of null takes it out of its folder."""

    is_pinned: bool | None = None
    is_archived: bool | None = None


class MessageBody(_Body):
    """`POST /api/v1/conversations/{id}/messages`."""

    content: str
    role: Literal["user", "assistant", "system"]
    parent_id: Annotated[UUID | None, Field(strict=False)] = None


class MessageChange(_Body):
    """`PATCH /api/v1/messages/{id}`."""

    content: str | None = None
    tokens_used: NonNegative | None = None
    duration_ms: NonNegative | None = None
    thinking_time_ms: NonNegative | None = None
    context: dict[str, Any] | None = None
    is_error: bool | None = None


class BulkBody(_Body):
    """`POST /api/v1/conversations/bulk/…`."""

    conversation_ids: list[Annotated[UUID, Field(strict=False)]]
    archive: bool | None = None
    folder_id: Annotated[UUID | None, Field(strict=False)] = None


class ImportBody(_Body):
    """`POST /api/v1/conversations/import`."""

    conversations: list[Any]


class FolderBody(_Body):
    """`POST /api/v1/folders`."""

    name: Annotated[str, Field(min_length=1)]
    parent_id: Annotated[UUID | None, Field(strict=False)] = None


class FolderChange(_Body):
    """`PATCH /api/v1/folders/{id}`: a `parent_id` of null takes it to the top."""

    name: Annotated[str | None, Field(min_length=1)] = None
    parent_id: Annotated[UUID | None, Field(strict=False)] = None
    position: int | None = None


class IdsBody(_Body):
    """`POST /api/v1/documents/batch-delete`."""

    document_ids: list[str]


class EstimateBody(_Body):
    """`POST /api/v1/pipeline/costs/estimate`."""

    model: str
    input_tokens: NonNegative
    output_tokens: NonNegative


class TenantBody(_Body):
    """`POST /api/v1/tenants`."""

    name: Annotated[str, Field(min_length=1)]
    slug: str | None = None
    plan: str | None = None


class TenantChange(_Body):
    """`PUT /api/v1/tenants/{id}`."""

    name: Annotated[str | None, Field(min_length=1)] = None
    plan: str | None = None
    is_active: bool | None = None


class WorkspaceBody(_Body):
    """`POST /api/v1/tenants/{id}/workspaces`."""

    name: Annotated[str, Field(min_length=1)]
    slug: str | None = None
    description: str | None = None
    max_documents: NonNegative | None = None


class WorkspaceChange(_Body):
    """`PUT /api/v1/workspaces/{id}`."""

    name: Annotated[str | None, Field(min_length=1)] = None
    description: str | None = None
    is_active: bool | None = None
    max_documents: NonNegative | None = None


B = TypeVar("B", bound=_Body)


def parse(model: type[B], body: bytes, content_type: str) -> B:
    """The body as a model. BodyError: 415 not JSON, 400 malformed JSON, 422 a wrong or missing field."""
    media = content_type.partition(";")[0].strip().lower()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise BodyError(415, "Expected request with `Content-Type: application/json`")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        if problem["type"] == "json_invalid":
            raise BodyError(400, f"Failed to parse the request body as JSON: {problem['msg']}") from None
        place = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "missing":
            place, problem["msg"] = "", f"missing field `{place}`"
        at = f"{place}: " if place else ""
        raise BodyError(
            422, f"Failed to deserialize the JSON body into the target type: {at}{problem['msg']}"
        ) from None


def check_query(text: str) -> str:
    """The question, when it may be asked. Raises RequestError: 422 when blank, 400 when too long."""
    if not text.strip():
        raise RequestError(422, "VALIDATION_ERROR", "Validation error: the query is empty")
    if len(text.encode()) > MAX_QUERY_BYTES:
        raise RequestError(400, "BAD_REQUEST", f"Bad request: the query is longer than {MAX_QUERY_BYTES} bytes")
    return text


def check_model(provider: str | None, model: str | None) -> None:
    """Raises RequestError 400 when only one of the two is given."""
    if (provider is None) != (model is None):
        raise RequestError(400, "BAD_REQUEST", "Bad request: llm_provider and llm_model must be given together")


def identity(header: str, value: str | None) -> UUID | None:
    """The id a header holds, its alias `default` resolved; None when it is missing or no id at all."""
    if value is None:
        return None
    if value.strip().lower() == "default" and header in ALIASES:
        return ALIASES[header]
    try:
        return UUID(value.strip())
    except ValueError:
        return None


def owner(headers: Mapping[str, str]) -> Owner:
    """Who asks. Raises RequestError: 400 without a tenant, 401 without a user."""
    tenant = identity("x-tenant-id", headers.get("x-tenant-id"))
    if tenant is None:
        raise RequestError(400, "BAD_REQUEST", "Bad request: X-Tenant-ID must be sent, a UUID or `default`")
    user = identity("x-user-id", headers.get("x-user-id"))
    if user is None:
        raise RequestError(401, "UNAUTHORIZED", "Unauthorized: X-User-ID must be sent, a UUID")
    return Owner(tenant, user)


def number(asked: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of the query string. Raises BodyError 400 for anything else."""
    value = asked.get(name, str(default))
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise BodyError(400, f"Failed to deserialize query string: {name}: invalid digit found in string")
    return int(value)


async def body_of(model: type[B], request: Request, limit: int | None = None) -> B:
    """The request's body as a model. Raises as `parse` does, and RequestError 413 for a body over `limit` bytes.

    The limit is MAX_BODY unless given.
    """
    limit = MAX_BODY if limit is None else limit
    body = await body_within(request, limit)
    if body is None:
        raise too_large_error(limit)
    return parse(model, body, request.headers.get("content-type", ""))


def too_large_error(limit: int) -> RequestError:
    """What is said of a body of more than `limit` bytes."""
    return RequestError(413, "BAD_REQUEST", f"Bad request: the body is larger than {limit >> 20} MiB")

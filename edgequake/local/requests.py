"""What clients send, read and checked as the server does: bodies, headers, query strings."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from edgequake._serving.bodies import body_within
from edgequake.local.scope import DEFAULT_TENANT, DEFAULT_WORKSPACE

B = TypeVar("B", bound=BaseModel)
T = TypeVar("T")

MAX_QUERY_BYTES = 10_000
MAX_BODY = 112 << 20  # four images of 20 MB in base64, and what is asked about them
MAX_FILES = 100

# The server's small ids for the tenant and the workspace that every installation has.
ALIASES = {"x-tenant-id": UUID(DEFAULT_TENANT), "x-workspace-id": UUID(DEFAULT_WORKSPACE)}


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose conversation it is. With a workspace, it is one of that workspace or of none."""

    tenant_id: UUID
    user_id: UUID
    workspace_id: UUID | None = None

    @property
    def columns(self) -> dict[str, str | None]:
        """The same for the condition OWNED."""
        workspace = None if self.workspace_id is None else str(self.workspace_id)
        return {"tenant": str(self.tenant_id), "user": str(self.user_id), "workspace": workspace}


OWNED = (
    "tenant_id = :tenant AND user_id = :user"
    " AND (:workspace IS NULL OR workspace_id IS NULL OR workspace_id = :workspace)"
)
"""What is an owner's, in SQL."""


# The server's code and the first words of a message, where they are not HTTP's own.
_KINDS = {
    413: ("BAD_REQUEST", "Bad request"),
    422: ("VALIDATION_ERROR", "Validation error"),
    500: ("INTERNAL_ERROR", "Internal error"),
    502: ("LLM_ERROR", "LLM error"),
}


class RequestError(Exception):
    """A request that is answered with an error: HTTP status, what is wrong in words, and more for ``details``."""

    def __init__(self, status: int, words: str, **details: object) -> None:
        self.status = status
        known = HTTPStatus(status)
        self.code, kind = _KINDS.get(status, (known.name, known.phrase.capitalize()))
        self.words = words
        self.message = f"{kind}: {words}"
        self.details = details
        super().__init__(self.message)


def not_found(kind: str, wanted: object) -> RequestError:
    """What is said of something that is not there."""
    return RequestError(404, f"{kind} {wanted}")


def existing(value: T | None, kind: str, wanted: object) -> T:
    """The value. Raises RequestError 404 for None: what was wanted is not there."""
    if value is None:
        raise not_found(kind, wanted)
    return value


class BodyError(Exception):
    """A body that cannot be read at all, answered in plain text with this status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


def check_query(text: str, kind: str = "query") -> str:
    """The question, when it may be asked. Raises RequestError: 422 when blank, 400 when too long."""
    if not text.strip():
        raise RequestError(422, f"the {kind} is empty")
    if len(text.encode()) > MAX_QUERY_BYTES:
        raise RequestError(400, f"the {kind} is longer than {MAX_QUERY_BYTES} bytes")
    return text


def identity(header: str, value: str | None) -> UUID | None:
    """The id a header holds, its alias ``default`` resolved; None when it is missing or no id at all."""
    if value is None:
        return None
    if value.strip().lower() == "default" and header in ALIASES:
        return ALIASES[header]
    try:
        return UUID(value.strip())
    except ValueError:
        return None


def number(asked: Mapping[str, str], name: str, default: int) -> int:
    """A whole number of the query string. Raises BodyError 400 for anything else."""
    value = asked.get(name, str(default))
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise BodyError(400, f"Failed to deserialize query string: {name}: invalid digit found in string")
    return int(value)


def clamped(asked: Mapping[str, str], name: str, default: int, most: int, *, least: int = 1) -> int:
    """A whole number of the query string, brought within bounds as the server does. Raises as ``number`` does."""
    return min(max(number(asked, name, default), least), most)


def page_of(asked: Mapping[str, str]) -> tuple[int, int]:
    """Which page is asked for, from 1, and how many items it has."""
    return max(number(asked, "page", 1), 1), clamped(asked, "page_size", 20, 100)


def pages_of(page: int, size: int, total: int) -> dict[str, int]:
    """What a list says of its pages."""
    return {"total": total, "page": page, "page_size": size, "total_pages": -(-total // size)}


def required(asked: Mapping[str, str], name: str) -> str:
    """A value of the query string. Raises BodyError 400 where there is none."""
    if name not in asked:
        raise BodyError(400, f"Failed to deserialize query string: missing field `{name}`")
    return asked[name]


async def body_of(model: type[B], request: Request) -> B:
    """The request's body as a model.

    BodyError: 415 not JSON, 400 malformed JSON, 422 a wrong or missing field. RequestError 413 for more than MAX_BODY.
    """
    body = await body_within(request, MAX_BODY)
    if body is None:
        raise too_large_error(MAX_BODY)
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise BodyError(415, "Expected request with `Content-Type: application/json`")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        if problem["type"] == "json_invalid":
            raise BodyError(400, f"Failed to parse the request body as JSON: {problem['msg']}") from None
        place = ".".join(str(part) for part in problem["loc"])
        words = f"{place}: {problem['msg']}" if place else problem["msg"]
        words = f"missing field `{place}`" if problem["type"] == "missing" else words
        raise BodyError(422, f"Failed to deserialize the JSON body into the target type: {words}") from None


class _Bounded(Request):
    """A request whose body may have ``limit`` bytes. One that has more is read to its end, and not kept."""

    def __init__(self, request: Request, limit: int) -> None:
        super().__init__(request.scope, request.receive)
        self._left = limit
        self.is_too_large = False

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """The body. Raises MultiPartException after one that is too large: the files in it are closed then."""
        async for piece in super().stream():
            self._left -= len(piece)
            if self._left >= 0:
                yield piece
        self.is_too_large = self._left < 0
        if self.is_too_large:
            raise MultiPartException("too large")


async def form_of(request: Request, limit: int) -> FormData:
    """The request's form, which the caller closes. RequestError: 400, 413 for one that is too large.

    That one is taken to its end all the same: who sends it reads the answer after that.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        async for _ in request.stream():
            pass
        raise too_large_error(limit)
    bounded = _Bounded(request, limit)
    try:
        return await bounded.form(max_files=MAX_FILES)
    except (HTTPException, MultiPartException):
        if bounded.is_too_large:
            raise too_large_error(limit) from None
        raise
    except FormParserError as error:  # older versions of Starlette let it out
        raise RequestError(400, str(error)) from error


def too_large_error(limit: int) -> RequestError:
    """What is said of a body of more than ``limit`` bytes."""
    return RequestError(413, f"the body is larger than {limit >> 20} MiB")

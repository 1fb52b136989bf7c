"""Every error this SDK raises.

::

    EdgeQuakeError
    ├── ConfigurationError            also a ValueError: something given to the SDK is wrong; nothing was sent
    │   └── InvalidInputError         an empty query or message: what the end user typed
    ├── NetworkError                  also a ConnectionError: refused, reset, DNS, TLS
    │   └── StreamInterruptedError    the connection broke in mid-stream
    ├── TimeoutError                  also the builtin TimeoutError: .stage says which clock ran out
    ├── APIError                      the server answered with an error status
    │   ├── BadRequestError           400
    │   │   ├── ValidationError       400 with a validation code, 422
    │   │   └── TooLargeError         413
    │   ├── UnauthorizedError         401
    │   ├── ForbiddenError            403
    │   │   └── LockedError           423
    │   ├── NotFoundError             404
    │   │   └── GoneError             410
    │   ├── ConflictError             409
    │   ├── RateLimitedError          429
    │   └── ServerError               5xx
    │       └── ServiceUnavailableError   503
    ├── ResponseError                 a 2xx answer that is not what was promised
    ├── ProcessingError               the server accepted the work, and it failed later
    ├── StreamError                   the stream itself: an error event, bad data, too large, not an event stream
    │   └── StreamTruncatedError      the server closed cleanly without its final event
    └── RAGError                      StreamingRAG: the retriever or the LLM failed; .stage says which

No exception of httpx, pydantic, tenacity or json leaves the SDK; ``__cause__`` keeps the one behind ours.
An error raised in mid-stream carries the text that had arrived in ``partial_text``.
"""

from __future__ import annotations

import builtins
from typing import Any, Literal, TypeAlias

__all__ = [
    "APIError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "EdgeQuakeError",
    "ForbiddenError",
    "GoneError",
    "IgnoredOptionWarning",
    "InvalidInputError",
    "LockedError",
    "NetworkError",
    "NotFoundError",
    "ProcessingError",
    "RAGError",
    "RateLimitedError",
    "ResponseError",
    "ServerError",
    "ServiceUnavailableError",
    "StreamError",
    "StreamInterruptedError",
    "StreamTruncatedError",
    "TimeoutError",
    "TimeoutStage",
    "TooLargeError",
    "UnauthorizedError",
    "ValidationError",
]

TimeoutStage: TypeAlias = Literal["connect", "response", "first_chunk", "chunk", "total"]
"""The clocks of :class:`edgequake.Timeout`, as ``TimeoutError.stage`` names the one that ran out."""


class EdgeQuakeError(Exception):
    """Any failure of this SDK; catch it to catch them all."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions pickle by calling the class with .args; ours take keywords, so the state is carried instead.
        return _rebuild, (type(self), self.message, self.__dict__.copy())


def _rebuild(cls: type[EdgeQuakeError], message: str, state: dict[str, Any]) -> EdgeQuakeError:
    error = cls.__new__(cls, message)
    error.args = (message,)  # an OSError leaves that to its __init__
    error.__dict__.update(state)
    return error


class ConfigurationError(EdgeQuakeError, ValueError):
    """Something given to the SDK is wrong; raised before anything is sent."""


class InvalidInputError(ConfigurationError):
    """An empty query or message: what the end user typed is wrong, not the program.

    A web application answers it with 400; the relay does.
    """


class _MidStreamError(EdgeQuakeError):
    """What had arrived of the answer when a stream failed."""

    partial_text: str = ""
    """The text received before the failure; empty when there was none."""
    chunks_received: int = 0
    """How many chunks had been received, those without text included."""


class NetworkError(_MidStreamError, ConnectionError):
    """The server could not be reached, or the connection was lost before an answer."""

    request_sent: bool = True
    """False when the request certainly never reached the server, so that sending it again is safe."""


class StreamInterruptedError(NetworkError):
    """The connection broke in the middle of a stream; ``partial_text`` keeps what had arrived."""


class TimeoutError(_MidStreamError, builtins.TimeoutError):
    """A clock of :class:`edgequake.Timeout` ran out.

    ``stage`` says which: ``connect``, ``response`` (waiting for the answer to begin), ``first_chunk``,
    ``chunk`` (silence between two chunks; keep-alives do not count) or ``total``.
    """

    progress: Any = None
    """How far the work was that was waited for, in methods that wait; the server goes on with it."""

    def __init__(self, message: str, *, stage: TimeoutStage) -> None:
        super().__init__(message)
        self.stage: TimeoutStage = stage


class APIError(EdgeQuakeError):
    """The server answered with an error status."""

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        code: str | None = None,
        details: Any = None,
        body: Any = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        method: str | None = None,
        url: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        """The HTTP status."""
        self.code = code
        """The server's own code, such as ``VALIDATION_ERROR``."""
        self.details = details
        """The server's ``details`` object."""
        self.body = body
        """The body: parsed when it was JSON, else its text (the first 64 KiB)."""
        self.request_id = request_id
        """The server's id of this request; name it when you ask its operator."""
        self.retry_after = retry_after
        """Seconds the server asks to wait before another try."""
        self.method = method
        """The HTTP method of the request that failed."""
        self.url = url
        """Its address, without the query."""

    def __str__(self) -> str:
        text = self.message
        facts = dict.fromkeys((str(self.status_code), self.code))
        if unsaid := [fact for fact in facts if fact and fact != text.partition(" ")[0]]:
            text = f"{text} ({' '.join(unsaid)})"
        if self.request_id:
            text = f"{text} [request {self.request_id}]"
        return f"{self.method} {self.url}: {text}" if self.url and self.url not in text else text


class BadRequestError(APIError):
    """400: the server did not accept the request."""


class ValidationError(BadRequestError):
    """422, or 400 with a validation code: a field of the request is not valid."""


class TooLargeError(BadRequestError):
    """413: the request, or a file in it, is larger than the server takes; some servers say so with 400."""


class UnauthorizedError(APIError):
    """401: no key or token, or one that is not valid; chat also needs ``user_id``."""


class ForbiddenError(APIError):
    """403: the key or token is valid but may not do this."""


class LockedError(ForbiddenError):
    """423: the account is locked, as it is after too many wrong passwords."""


class NotFoundError(APIError):
    """404: no such route, workspace, conversation or document."""


class GoneError(NotFoundError):
    """410: it existed and has expired, as the retrieval of a context does."""


class ConflictError(APIError):
    """409: the resource is in another state than the request needs."""


class RateLimitedError(APIError):
    """429: too many requests; ``retry_after`` says how many seconds to wait, when the server told."""


class ServerError(APIError):
    """5xx: the server, its model provider or a proxy before it failed."""


class ServiceUnavailableError(ServerError):
    """503: the server is busy or starting; another try may succeed."""


class ResponseError(EdgeQuakeError):
    """A 2xx answer that is not what was promised: not JSON, or of another shape."""

    def __init__(
        self, message: str, *, status_code: int = 200, body: Any = None, request_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.body = body
        """The body's text, its first 64 KiB."""
        self.request_id = request_id


class ProcessingError(EdgeQuakeError):
    """The server accepted the work, and it failed or was cancelled later. Methods that wait for the work raise it."""

    def __init__(
        self,
        message: str,
        *,
        status: str | None = None,
        document_id: str | None = None,
        track_id: str | None = None,
        reason: str | None = None,
        suggestion: str | None = None,
        retryable: bool | None = None,
        progress: Any = None,
        task: Any = None,
        failed_chunks: Any = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        """How the work ended: ``failed``, ``cancelled`` …"""
        self.document_id = document_id
        """The document that was being processed."""
        self.track_id = track_id
        """The id of the work."""
        self.reason = reason
        """Why it failed, in the server's words."""
        self.suggestion = suggestion
        """What the server suggests to do."""
        self.retryable = retryable
        """Whether the server says that another try may succeed; None if it does not say."""
        self.progress = progress
        """How far it came: the last progress that was seen."""
        self.task = task
        """The task that failed, if it was one."""
        self.failed_chunks = failed_chunks
        """The passages of the document that failed, if the server named them."""


class StreamError(_MidStreamError):
    """A stream that is not right: an error event, bad data, an event too large, not an event stream."""

    def __init__(
        self, message: str, *, code: str | None = None, reason: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        """The server's code of an error event, such as ``STREAM_ERROR``; None for a fault found here."""
        self.reason = reason
        """The server's reason, on a stream of the graph: ``transient_congestion`` may be gone a moment later."""
        self.retry_after = retry_after
        """Seconds the server asks to wait before another try, on a stream of the graph."""

    def __str__(self) -> str:
        return f"{self.message} ({self.code})" if self.code else self.message


class StreamTruncatedError(StreamError):
    """The server closed the stream cleanly, but without its final event: the answer may be cut short."""


class RAGError(_MidStreamError):
    """The retriever or the LLM of a :class:`edgequake.rag.StreamingRAG` failed; ``__cause__`` is what it raised.

    ``stage`` says which: ``retrieval`` or ``generation``. The cause of a step that ran out of time is a builtin
    ``TimeoutError``.
    """

    def __init__(self, message: str, *, stage: Literal["retrieval", "generation"]) -> None:
        super().__init__(message)
        self.stage: Literal["retrieval", "generation"] = stage


class IgnoredOptionWarning(UserWarning):
    """An option was given that the chosen call does not read, such as ``top_k`` of a stream.

    Python shows it once for each line that gives one; ``warnings.simplefilter("ignore", IgnoredOptionWarning)`` hides
    it.
    """

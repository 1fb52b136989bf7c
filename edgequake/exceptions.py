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
"""The limits of :class:`edgequake.Timeout`. ``TimeoutError.stage`` says which one expired."""


class EdgeQuakeError(Exception):
    """The base of all errors of this SDK. Catch it to catch them all."""

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
    """An argument or a setting is wrong. Nothing has been sent."""


class InvalidInputError(ConfigurationError):
    """The query or message is empty. The end user's input is wrong, not the program.

    A web application should reply with 400, as the relay does.
    """


class _MidStreamError(EdgeQuakeError):
    """What had arrived of the answer when a stream failed."""

    partial_text: str = ""
    """The text that was received before the failure. It can be empty."""
    chunks_received: int = 0
    """How many chunks were received, including those without text."""


class NetworkError(_MidStreamError, ConnectionError):
    """The server could not be reached, or the connection was lost before an answer."""

    request_sent: bool = True
    """False if the request certainly did not reach the server. It is then safe to send it again."""


class StreamInterruptedError(NetworkError):
    """The connection broke in the middle of a stream. ``partial_text`` has the text so far."""


class TimeoutError(_MidStreamError, builtins.TimeoutError):
    """A limit of :class:`edgequake.Timeout` expired.

    ``stage`` says which: ``connect``, ``response`` (waiting for the answer to begin), ``first_chunk``,
    ``chunk`` (silence between two chunks; keep-alives do not count) or ``total``.
    """

    progress: Any = None
    """The last progress, in methods that wait for work of the server. The server continues to work."""

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
        """The body: parsed if it is JSON, otherwise its text (the first 64 KiB)."""
        self.request_id = request_id
        """The server's id of this request. Give it to the server's operator if you ask for help."""
        self.retry_after = retry_after
        """How many seconds the server asks to wait before another try."""
        self.method = method
        """The HTTP method of the request that failed."""
        self.url = url
        """The address of that request, without the query."""

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
    """413: the request or a file in it is too large. Some servers reply with 400 instead."""


class UnauthorizedError(APIError):
    """401: the key or token is missing or not valid. Chat also needs ``user_id``."""


class ForbiddenError(APIError):
    """403: the key or token is valid but may not do this."""


class LockedError(ForbiddenError):
    """423: the account is locked, for example after too many wrong passwords."""


class NotFoundError(APIError):
    """404: no such route, workspace, conversation or document."""


class GoneError(NotFoundError):
    """410: the resource has expired, for example the result of a retrieval."""


class ConflictError(APIError):
    """409: the resource is not in a state that allows this request."""


class RateLimitedError(APIError):
    """429: too many requests. ``retry_after`` says how many seconds to wait, if the server says so."""


class ServerError(APIError):
    """5xx: the server, its model provider or a proxy failed."""


class ServiceUnavailableError(ServerError):
    """503: the server is busy or starting. Another try may succeed."""


class ResponseError(EdgeQuakeError):
    """A successful (2xx) answer cannot be used: it is not JSON, or has other fields than expected."""

    def __init__(
        self, message: str, *, status_code: int = 200, body: Any = None, request_id: str | None = None
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.body = body
        """The body's text, its first 64 KiB."""
        self.request_id = request_id


class ProcessingError(EdgeQuakeError):
    """The server accepted the work, but it failed or was cancelled later. Methods that wait raise this error."""

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
        """The last progress that was seen."""
        self.task = task
        """The task that failed, if it was one."""
        self.failed_chunks = failed_chunks
        """The passages of the document that failed, if the server named them."""


class StreamError(_MidStreamError):
    """A stream cannot be used: an error event, bad data, an event that is too large, or no event stream."""

    def __init__(
        self, message: str, *, code: str | None = None, reason: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        """The server's code of an error event, such as ``STREAM_ERROR``. None if this SDK found the error."""
        self.reason = reason
        """For a stream of the graph, the server's reason. ``transient_congestion`` may soon be over."""
        self.retry_after = retry_after
        """Seconds the server asks to wait before another try, on a stream of the graph."""

    def __str__(self) -> str:
        return f"{self.message} ({self.code})" if self.code else self.message


class StreamTruncatedError(StreamError):
    """The server closed the stream without its final event. The answer may be incomplete."""


class RAGError(_MidStreamError):
    """The retriever or the LLM of a :class:`edgequake.rag.StreamingRAG` failed. ``__cause__`` is its exception.

    ``stage`` says which: ``retrieval`` or ``generation``. If a step took too long, the cause is a builtin
    ``TimeoutError``.
    """

    def __init__(self, message: str, *, stage: Literal["retrieval", "generation"]) -> None:
        super().__init__(message)
        self.stage: Literal["retrieval", "generation"] = stage


class IgnoredOptionWarning(UserWarning):
    """You gave an option that this call does not use, such as ``top_k`` for a stream.

    Python shows the warning once for each line of your code. To hide it, write
    ``warnings.simplefilter("ignore", IgnoredOptionWarning)``.
    """

"""The answers that a test queues, by route; and the requests that came for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, TypedDict, Unpack

from edgequake.testing._answers import CLOSE, RESET, Answer, Step, prepared, scripted
from edgequake.testing._good_answers import good_answer
from edgequake.testing._requests import Request

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

__all__ = ["Route", "Script", "StreamOptions"]


class JsonBody(TypedDict, total=False):
    """The body of a plain answer."""

    json: object
    """Sent as JSON; None is ``null``."""


class StreamOptions(TypedDict, total=False):
    """How a streamed answer is sent."""

    status: int
    """The HTTP status. Default: 200."""
    headers: Mapping[str, str] | None
    """More headers. An empty value removes a header that the server sends otherwise."""
    content_type: str
    """The Content-Type. Default: ``text/event-stream``. An empty string sends none."""
    framing: Literal["chunked", "length", "close"]
    """How the client knows where the body ends: by chunks, by Content-Length, or by the end of the connection. Default:
    chunks.
    """
    encoding: Literal["gzip"] | None
    """Compresses the body with gzip. It is flushed after every step. Default: not compressed."""
    cut: int | None
    """Splits the body into HTTP chunks of this many bytes. Default: each step is a chunk."""


Reply: TypeAlias = Answer | Callable[[Request], Answer]
"""What is played for a request: the same for each, or one that fits the request."""


@dataclass
class _Queue:
    replies: deque[Reply] = field(default_factory=deque)
    always: Reply | None = None

    def take(self) -> Reply | None:
        return self.replies.popleft() if self.replies else self.always


class Route:
    """Queues answers. Each answer is sent for one request, in the order in which you queued them."""

    def __init__(self, queue: _Queue, *, always: bool = False) -> None:
        self._queue = queue
        self._always = always

    def always(self) -> Route:
        """The answer that you queue on the result is sent for every request that finds the queue empty."""
        return Route(self._queue, always=True)

    def reply(
        self,
        *,
        text: str | None = None,
        body: bytes = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = None,
        **content: Unpack[JsonBody],
    ) -> Self:
        """Queues a plain answer with a Content-Length. Give ``json``, ``text`` or ``body``."""
        kind = "application/octet-stream" if body else ""
        if unknown := content.keys() - {"json"}:
            raise TypeError(f"reply() takes json, text, body, status, headers and content_type, not {min(unknown)}")
        if "json" in content:
            kind, body = "application/json", dumps(content["json"], separators=(",", ":"), ensure_ascii=False).encode()
        elif text is not None:
            kind, body = "text/plain; charset=utf-8", text.encode()
        kind = kind if content_type is None else content_type
        answer = scripted([body], status=status, headers=headers, content_type=kind, framing="length")
        return self._add(answer)

    def answer(self, text: str, *, sources: Sequence[str | Mapping[str, Any]] = ()) -> Self:
        """Queues a whole, good answer with this text, its sources and its statistics.

        It fits whatever the client asks for. ``query.execute()`` and ``chat.complete()`` get JSON. ``query.stream()``
        and ``chat.stream()`` get one event for each word, in the order of the server: context, tokens, done.

        :param sources: file names, or dicts with the server's own fields, such as ``{"file_path": "a.md", "score":
            0.9}``.
        """
        return self._add(good_answer(text, sources))

    def stream(self, *steps: Step, **options: Unpack[StreamOptions]) -> Self:
        """Queues a streamed answer. Each step is an HTTP chunk. The answer ends properly after the last step."""
        return self._add(scripted(steps, **options))

    def stream_file(self, path: str | os.PathLike[str], *steps: Step, **options: Unpack[StreamOptions]) -> Self:
        """Queues a streamed answer with the bytes of a recorded file, followed by ``steps``."""
        return self.stream(Path(path).read_bytes(), *steps, **options)

    def raw(self, *steps: Step) -> Self:
        """Queues bytes that are sent unchanged, with a status line and headers of your own. The connection stays open
        unless a step closes it.
        """
        return self._add(Answer(tuple(map(prepared, steps))))

    def drop(self) -> Self:
        """Queues a reset of the connection in place of an answer."""
        return self.raw(RESET)

    def close_without_answer(self) -> Self:
        """Queues a proper close of the connection in place of an answer."""
        return self.raw(CLOSE)

    def _add(self, reply: Reply) -> Self:
        if self._always:
            self._queue.always = reply
        else:
            self._queue.replies.append(reply)
        return self


class Script(Route):
    """Answers by route, and the requests that asked for them."""

    def __init__(self) -> None:
        super().__init__(_Queue())
        self.requests: list[Request] = []
        """Every request so far, in order."""
        self.unexpected: list[Request] = []
        """The requests that found no queued answer."""
        self._routes: dict[tuple[str, str], _Queue] = {}

    def on(self, method: str, path: str) -> Route:
        """Where you queue answers for one route. They are used before the answers for any route.

        :param method: such as ``"POST"``.
        :param path: the path of the request, without the query.
        """
        return Route(self._routes.setdefault((method, path), _Queue()))

    def assert_done(self) -> None:
        """Checks that every queued answer was sent and every request had an answer.

        :raises AssertionError: an answer is left over, or a request found none.
        """
        queues = {"any route": self._queue}
        queues |= {f"{method} {path}": queue for (method, path), queue in self._routes.items()}
        left = [f"{len(queue.replies)} for {name}" for name, queue in queues.items() if queue.replies]
        missing = [f"{request.method} {request.path}" for request in self.unexpected]
        faults = [f"answers not asked for: {', '.join(left)}"] if left else []
        faults += [f"requests without an answer: {', '.join(missing)}"] if missing else []
        if faults:
            raise AssertionError("; ".join(faults))

    def _take(self, request: Request) -> Answer:
        self.requests.append(request)
        route = self._routes.get((request.method, request.path), _Queue())
        if reply := route.take() or self._queue.take():
            return reply if isinstance(reply, Answer) else reply(request)
        self.unexpected.append(request)
        words = f"no answer is scripted for {request.method} {request.path}"
        body = dumps({"code": "UNSCRIPTED", "message": words}).encode()
        return scripted([body], status=500, content_type="application/json", framing="length")

"""``Relay``: an ASGI application whose functions browsers call by name."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from edgequake._serving.keep_alive import KEEP_ALIVE_SECONDS
from edgequake.exceptions import ConfigurationError
from edgequake.relay.answers.chosen import store_of
from edgequake.relay.answers.items import StreamItems
from edgequake.relay.answers.memory import checked_key
from edgequake.relay.expose import Exposed
from edgequake.relay.gate import Gate
from edgequake.relay.http import KeptResponse
from edgequake.relay.origins import Origins
from edgequake.relay.responses import sse_response
from edgequake.relay.routes import Limits, relay_app
from edgequake.relay.sources import checked_stream
from edgequake.relay.sse import checked_keep_alive
from edgequake.relay.wire import value_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence

    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

    from edgequake.relay.answers.memory import AnswerStore, Started

__all__ = ["Relay"]

_Function = TypeVar("_Function", bound="Callable[..., Any]")
_Hook = TypeVar("_Hook", bound="Callable[[HTTPConnection, Any], Any]")


class Relay:
    """An ASGI application. Web pages and programs call your functions by name and get typed results and streams.

    ::

        relay = Relay()

        @relay.expose
        async def ask(question: str) -> AsyncIterator[QueryChunk]:
            async for chunk in client.query.stream(question):
                yield chunk

    You can mount it in any ASGI application (``app.mount("/relay", relay)``), or serve it with ``edgequake relay
    module:relay``. It has these routes:

    - ``POST /call/NAME`` calls a function. The answer is JSON, or server-sent events for a stream.
    - ``/ws`` is a WebSocket for any number of calls.
    - ``/answers/KEY`` reads or stops a kept answer.
    - ``/_ephaptic`` serves Ephaptic's clients.
    - ``/relay.js`` is the JavaScript module for browsers.

    :param origins: origins of other hosts whose pages may call, such as ``https://app.example.com``. ``*`` allows every
        page. Pages of the relay's own host are always allowed.
    :param timeout: seconds that a whole call may take, including the time in which the browser reads. For a kept answer
        it limits the time until the answer is complete. None sets no limit.
    :param max_calls: how many calls can run at once on one WebSocket.
    :param max_message_bytes: the size of the largest request in bytes. A larger request is refused.
    :param keep_alive: seconds of silence after which a comment is sent on an event stream. None sends none.
    :param details: whether browsers see the text of internal errors. Use it in development. Otherwise they get a safe
        message.
    :param store: where answers are kept, so that they continue when a page is closed and can be resumed. ``memory://``
        keeps them in this process. ``redis://host:6379/0`` keeps them for any number of workers (extra ``redis``). You
        can also give a ``MemoryStore``, a ``RedisStore`` or an ``AnswerStore`` of your own. With None, an answer ends
        when its page is closed.
    :param lease: seconds without a sign of life after which a worker counts as dead. Only used with Redis.
    :param keep: seconds for which an answer can still be read after its end.
    :param linger: seconds without a reader after which an unfinished answer is stopped. None lets every answer finish.
    :param url: the path where the relay is mounted. ``sse_response`` uses it in the ``Location`` header.
    :param owner: a function from an identity to a text that says who owns an answer. You need it if your identity hook
        returns something other than a text, a number or plain data that stays the same between requests.
    :raises ConfigurationError: a setting cannot work.
    """

    def __init__(
        self,
        *,
        origins: Sequence[str] = (),
        timeout: float | None = 300.0,
        max_calls: int = 64,
        max_message_bytes: int = 1 << 20,
        keep_alive: float | None = KEEP_ALIVE_SECONDS,
        details: bool = False,
        store: str | AnswerStore | None = None,
        lease: float = 10.0,
        keep: float = 600.0,
        linger: float | None = None,
        url: str = "/relay",
        owner: Callable[[Any], str] | None = None,
    ) -> None:
        if max_calls < 1 or max_message_bytes < 1:
            raise ConfigurationError("max_calls and max_message_bytes must be 1 or more")
        self._timeout = _checked_timeout(timeout)
        self._keep_alive = checked_keep_alive(keep_alive)
        self._url = _checked_url(url)
        self._store = store_of(store, lease=lease, keep=keep, linger=linger)
        self._gate = Gate(Origins(origins), details=details, owner=owner)
        self._limits = Limits(max_calls, max_message_bytes, self._keep_alive)
        self._app = relay_app(self._gate, self._limits, self._store, self.aclose)

    @property
    def functions(self) -> Mapping[str, Exposed]:
        """The exposed functions by name."""
        return self._gate.functions

    @property
    def max_message_bytes(self) -> int:
        """The size of the largest request, in bytes."""
        return self._limits.max_message_bytes

    @overload
    def expose(self, function: _Function, /) -> _Function: ...

    @overload
    def expose(
        self, function: None = None, /, *, name: str | None = ..., timeout: float | Literal["default"] | None = ...
    ) -> Callable[[_Function], _Function]: ...

    def expose(
        self,
        function: Any = None,
        /,
        *,
        name: str | None = None,
        timeout: float | Literal["default"] | None = "default",
    ) -> Any:
        """Lets browsers and programs call a function or a generator function, ``async`` or not; a decorator.

        Arguments, results and items are checked and converted by the annotations, as pydantic does it. The call gives a
        stream if the function returns a stream of this SDK, or is annotated to return an iterator. A function or
        generator that is not ``async`` runs in a thread of its own.

        :param name: the name by which it is called. Default: the function's own name.
        :param timeout: seconds that a call of this function may take. Default: the relay's ``timeout``. None sets no
            limit.
        :raises ConfigurationError: the name is taken or cannot be used, or the signature does not say enough.
        """

        def add(function: _Function) -> _Function:
            seconds = self._timeout if timeout == "default" else _checked_timeout(timeout)
            exposed = Exposed(function, name=name, timeout=seconds)
            if exposed.name in self._gate.functions:
                raise ConfigurationError(f"{exposed.name} is exposed already: give one of them another name=")
            self._gate.functions[exposed.name] = exposed
            return function

        return add if function is None else add(function)

    def identity(self, hook: _Hook) -> _Hook:
        """Registers the function that says who is calling; a decorator.

        Your function gets two arguments: the connection (Starlette's, with headers, cookies and query) and the ``auth``
        data that the client sent. It is called once for each WebSocket and once for each other request. It can be
        ``async``. A function that is not ``async`` runs in the event loop, so it must not block.

        Inside an exposed function, ``current_identity()`` returns what your function returned. If it returns None or
        raises ``RelayError``, the call is refused and no exposed function runs.
        """
        self._gate.hook = hook
        return hook

    def sse_response(
        self,
        stream: AsyncIterable[Any] | Iterable[Any],
        request: Request,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """A response for a route of your own, in Starlette or FastAPI, whose answer is kept in the relay's store.

        It sends what ``edgequake.relay.sse_response`` sends. Its header ``Location: {url}/answers/KEY`` says where the
        answer can be read again: ``GET`` resumes it after ``Last-Event-ID``, and ``DELETE`` stops it. Only the caller
        who owns the answer can do so; the relay's identity hook says who that is. Without a store, the stream ends when
        the browser leaves.

        :param key: an id of your own, such as a message's. A second request with the same key joins the answer that is
            running or kept, and its own stream is closed. This needs an identity hook.
        :param headers: more headers for the response.
        :raises ConfigurationError: ``stream`` is not a stream, or you gave a key and there is no identity hook.
        """
        checked = checked_stream(stream)
        gate, store = self._gate, self._store
        if key is not None:
            checked_key("" if gate.hook is None else "somebody", key)
        if store is None:
            return sse_response(checked, details=gate.details, keep_alive=self._keep_alive, headers=headers)
        items = StreamItems(checked, value_json, details=gate.details, during="a relayed stream")

        async def start() -> Started:
            owner = gate.owner_of(await gate.identified(request))
            return await store.start(items, owner=owner, key=key)

        return KeptResponse(
            start, f"{self._url}/answers/", keep_alive=self._keep_alive, headers=headers or {}, after=items.aclose
        )

    async def aclose(self, grace: float = 10.0) -> None:
        """Waits up to ``grace`` seconds for the kept answers of this process. The rest end with the error
        ``interrupted``.

        A relay that ``edgequake relay`` serves does this when the server stops. If you mount a relay, pass its lifespan
        to your application, ``Starlette(lifespan=relay.lifespan)``, or call this method in your own lifespan. It also
        closes a store that you gave.
        """
        if self._store is not None:
            await self._store.aclose(grace)

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """A lifespan for Starlette or FastAPI. It closes the relay when the application ends."""
        yield
        await self.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request (ASGI)."""
        await self._app(scope, receive, send)


def _checked_timeout(seconds: float | None) -> float | None:
    if seconds is None or seconds > 0:
        return seconds
    raise ConfigurationError(f"timeout must be more than 0 seconds, or None for no limit, not {seconds!r}")


def _checked_url(url: str) -> str:
    if not isinstance(url, str) or not re.fullmatch(r"(https?://[^/?#]+)?(/[^?#]*)?", url):
        raise ConfigurationError(f"url is the path where the relay is mounted, as '/relay', not {url!r}")
    return url.rstrip("/")

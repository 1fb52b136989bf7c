"""`Relay`: an ASGI application whose functions browsers call by name."""

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
    """An ASGI application: functions of yours that pages and programs call by name and iterate, typed.

    ::

        relay = Relay()


        @relay.expose
        async def ask(question: str) -> AsyncIterator[QueryChunk]:
            async for chunk in client.query.stream(question):
                yield chunk

    Mount it in any ASGI application (`app.mount("/relay", relay)`) or serve it with `edgequake relay module:relay`.
    It has the routes `POST /call/NAME` (JSON, or server-sent events for a stream), `/ws` (all calls over one
    WebSocket), `/answers/KEY` (kept answers), `/_ephaptic` (the wire of Ephaptic's clients) and `/relay.js` (the module
    for browsers).

    :param origins: pages of other hosts that may call, as `https://app.example.com`; `*` lets any page call. Those of
        the relay's own host always may.
    :param timeout: seconds that a call may take in all, the browser's reading included; of an answer that is kept,
        seconds that making it may take. None for no limit.
    :param max_calls: how many calls one WebSocket may have under way.
    :param max_message_bytes: the largest request; a larger one is refused.
    :param keep_alive: seconds of silence before a comment is sent on an event stream; None for never.
    :param details: tell browsers what went wrong inside, for development; else they get a safe message.
    :param store: keeps the answers of streams, so that they go on when a page leaves and can be resumed: `memory://`
        for one process, `redis://host:6379/0` for any number of workers (extra `redis`), or a `MemoryStore`,
        `RedisStore` or `AnswerStore` of yours. None: leaving the page ends the answer.
    :param lease: seconds after which a worker that does not answer is taken for dead; for a Redis.
    :param keep: seconds that an answer can still be read after its end.
    :param linger: seconds without any reader after which an answer is stopped; None lets it come to its end.
    :param url: where the relay is mounted, for the `Location` of `sse_response`.
    :param owner: what of an identity says whose an answer is; needed when the identity hook returns neither a text, a
        number nor plain data that stays the same.

    Raises ConfigurationError for a setting that cannot work.
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
        """The largest request that is taken."""
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
        """Lets browsers call a function, a generator function, or an async one of either kind; a decorator.

        Arguments are checked and converted by the annotations, as pydantic does it; results and items too. A function
        that returns a stream of this SDK, or is annotated as returning an iterator, gives a stream. A blocking function
        or generator runs in a thread of its own. `timeout` takes the place of the relay's for this function.

        Raises ConfigurationError for a name that is taken or cannot be used, and for a signature that says too little.
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
        """Makes a function say who calls; a decorator.

        It is called with the connection (Starlette's: headers, cookies, query) and with the `auth` that the client
        gave, once for each WebSocket and each other request. It may be async; a plain one runs in the event loop, and
        must not wait for anything. What it returns is `current_identity()` in the exposed functions; with None, or a
        `RelayError`, nothing runs.
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
        """A response of a route of your own, of Starlette or FastAPI, whose stream is kept in the relay's store.

        It is that of `edgequake.relay.sse_response`, and says where the answer can be read on: `Location:
        {url}/answers/KEY`. There `GET` resumes it after `Last-Event-ID` and `DELETE` stops it, for whom the relay's
        identity hook says that it belongs to. With a `key` of your own, the id of a message for instance, a second
        request joins the answer that is under way or kept, and its own stream is closed; that needs an identity hook.
        Without a store the stream ends when the browser leaves.

        Raises ConfigurationError for what is no stream and for a key without an identity hook.
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
        """Lets kept answers that are made here come to their end for `grace` seconds; the rest end as `interrupted`.

        A relay that is served by itself does it when the server stops. One that is mounted is closed by your
        application's lifespan: `Starlette(lifespan=relay.lifespan)`, or this method in your own. A store of yours is
        closed too.
        """
        if self._store is not None:
            await self._store.aclose(grace)

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """A lifespan of Starlette or FastAPI that closes the relay when the application ends."""
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

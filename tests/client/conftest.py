"""A scripted server, and one small driver through which the same test runs on the sync and on the async client."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from anyio.from_thread import start_blocking_portal
from ports import refusing

from edgequake import AsyncEdgequakeClient, EdgequakeClient, RetryPolicy
from edgequake.testing import ScriptServer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

AT_ONCE = RetryPolicy(initial_delay=0)


@pytest.fixture
def server() -> Iterator[ScriptServer]:
    with ScriptServer() as running:
        yield running


class Caller:
    """The sync client, as a test sees it."""

    is_async = False
    over_aiohttp = False
    client_class: Any = EdgequakeClient

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients: list[Any] = []
        self._timers: list[threading.Timer] = []

    def client(self, **options: Any) -> Any:
        """A client of the server that retries without waiting; closed when the test ends."""
        if "max_retries" not in options:
            options.setdefault("retry", AT_ONCE)
        options.setdefault("base_url", self._url)
        made = self.client_class(**options)
        self._clients.append(made)
        return made

    def closes(self, client: Any) -> None:
        """``client`` is closed when the test ends."""
        self._clients.append(client)

    def run(self, work: Any) -> Any:
        """What a call returned; a coroutine is driven to its end."""
        return work

    def call(self, use: Callable[[Any], Any], **options: Any) -> Any:
        """What ``use(client)`` comes to, on a client with these options."""
        return self.run(use(self.client(**options)))

    def collect(self, stream: Any) -> list[Any]:
        """All that is left of a stream, or of one of its views."""
        return list(stream)

    def each(self, stream: Any, do: Callable[[Any], object]) -> None:
        """Calls ``do`` with each item, in the loop over the stream."""
        for item in stream:
            do(item)

    def next(self, stream: Any) -> Any:
        return next(stream)

    def open(self, stream: Any) -> Any:
        """Enters the stream, or client, as ``with`` does."""
        return stream.__enter__()

    def leave(self, stream: Any, error: BaseException | None = None) -> Any:
        """Leaves it, as the end of ``with`` does."""
        return stream.__exit__(type(error) if error else None, error, None)

    def close(self, stream: Any) -> None:
        stream.close()

    def text(self, stream: Any) -> str:
        """The whole text of a stream, as its chunks give it."""
        return "".join(str(chunk) for chunk in self.collect(stream))

    def final(self, stream: Any) -> Any:
        return self.run(stream.final())

    def fails(self, stream: Any) -> Any:
        """The error that reading the stream to its end raises."""
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the test looks at it
            self.collect(stream)
        return caught.value

    def until(self, wait: Callable[[], Any]) -> Any:
        """What ``wait()`` returns; the client's own loop, if it has one, runs meanwhile."""
        return wait()

    def later(self, seconds: float, do: Callable[[], object]) -> threading.Timer:
        """A timer that is yet to be started, and that the test waits for in the end."""
        timer = threading.Timer(seconds, do)
        self._timers.append(timer)
        return timer

    def finish(self) -> None:
        for timer in self._timers:
            if timer.ident is not None:
                timer.join()
        for client in self._clients:
            self.close(client)


class AsyncCaller(Caller):
    """The async client, driven on the test's own thread."""

    is_async = True
    client_class: Any = AsyncEdgequakeClient

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._runner = asyncio.Runner()

    def run(self, work: Any) -> Any:
        async def driven() -> Any:
            return await work

        return self.drive(driven)

    def drive(self, main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """What ``main`` returned, in the loop of this client."""
        return self._runner.run(main())

    def collect(self, stream: Any) -> list[Any]:
        async def collected() -> list[Any]:
            return [item async for item in stream]

        return self.drive(collected)

    def each(self, stream: Any, do: Callable[[Any], object]) -> None:
        async def done() -> None:
            async for item in stream:
                do(item)

        self.drive(done)

    def next(self, stream: Any) -> Any:
        return self.run(anext(stream))

    def open(self, stream: Any) -> Any:
        return self.run(stream.__aenter__())

    def leave(self, stream: Any, error: BaseException | None = None) -> Any:
        return self.run(stream.__aexit__(type(error) if error else None, error, None))

    def close(self, stream: Any) -> None:
        self.run(stream.aclose())

    def until(self, wait: Callable[[], Any]) -> Any:
        return self.run(asyncio.to_thread(wait))

    def finish(self) -> None:
        super().finish()
        self._runner.close()


class TrioCaller(AsyncCaller):
    """The async client on trio, in a loop that a thread of its own runs."""

    def __init__(self, url: str) -> None:
        Caller.__init__(self, url)
        self._portal_context = start_blocking_portal("trio")
        self._portal = self._portal_context.__enter__()

    def drive(self, main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        return self._portal.call(main)

    def until(self, wait: Callable[[], Any]) -> Any:
        return wait()  # the loop runs anyway

    def finish(self) -> None:
        Caller.finish(self)
        self._portal_context.__exit__(None, None, None)


class AiohttpCaller(AsyncCaller):
    """The async client over aiohttp."""

    over_aiohttp = True

    def client(self, **options: Any) -> Any:
        own = {} if "http_client" in options else {"transport": "aiohttp"}
        return super().client(**own, **options)


class Httpx2Caller(Caller):
    """The sync client over a client of httpx2, which is closed with it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._own: dict[int, Any] = {}

    def client(self, **options: Any) -> Any:
        own = pytest.importorskip("httpx2").Client()
        made = super().client(http_client=own, **options)
        self._own[id(made)] = own
        return made

    def close(self, stream: Any) -> None:
        super().close(stream)
        if (own := self._own.get(id(stream))) is not None:
            own.close()


@pytest.fixture(params=[Caller, AsyncCaller], ids=["sync", "async"])
def caller(request: pytest.FixtureRequest, server: ScriptServer) -> Iterator[Caller]:
    """The client of a test; a test that has further parameters runs on each client in turn, see turns.py."""
    made = request.param(server.url)
    yield made
    made.finish()


CLIENTS = {"sync": Caller, "async": AsyncCaller, "trio": TrioCaller, "aiohttp": AiohttpCaller, "httpx2": Httpx2Caller}


def every_client(test: Any) -> Any:
    """A test that every client passes, each of its cases."""
    # httpx leaves the generators round a body that is not read to its end, and trio warns of it; see test_trio.py.
    test = pytest.mark.filterwarnings("ignore:Async generator:ResourceWarning")(test)
    return pytest.mark.parametrize("caller", CLIENTS.values(), ids=CLIENTS, indirect=True)(test)


@pytest.fixture
def unanswering() -> Iterator[str]:
    """The address of a port whose queue of connections is full, so that no more are let in."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this test's own where connections are refused until something listens."""
    with refusing() as port:
        yield port

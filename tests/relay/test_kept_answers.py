"""Answers that outlive the page that asked: over HTTP and WebSockets, kept in one process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator  # noqa: TC003 - read when a function is exposed
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from relay.apps import App
from relay.serving import SECONDS, Open, Served
from relay.sockets import opened
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from tables import table

from edgequake import ConfigurationError
from edgequake.relay import MemoryStore, Relay, RelayError, current_identity

if TYPE_CHECKING:
    from collections.abc import Iterator


class Steps:
    """A stream of the numbers from 1, as far as the test lets them come."""

    def __init__(self) -> None:
        self.open = Open()
        self._upto = 0
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def let(self, upto: int) -> None:
        """So many may come, from any thread; 0 ends it."""
        self._upto = upto
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._changed.set)

    async def run(self) -> AsyncIterator[int]:
        """The stream."""
        self._loop = asyncio.get_running_loop()
        made = 0
        with self.open:
            while True:
                while made < self._upto:
                    made += 1
                    yield made
                if self._upto == 0 and made:
                    return
                self._changed.clear()
                await self._changed.wait()


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
def served(steps: Steps) -> Iterator[Served]:
    """A relay mounted in an application, with a route of its own that streams the same."""
    app = App(store="memory://")
    app.relay.identity(lambda connection, auth: auth or connection.headers.get("x-user"))
    app.relay.expose(steps.run, name="steps")

    async def ask(request: Any) -> Any:
        return app.relay.sse_response(
            steps.run(), request, key=request.query_params.get("key"), headers={"X-Mine": "yes"}
        )

    routes = [Mount("/relay", app.relay), Route("/ask", ask)]
    with Served(Starlette(routes=routes, lifespan=app.relay.lifespan)) as served:
        yield served
        steps.let(0)
    steps.open.wait_for(0)


def events(response: httpx.Response | Iterator[str], upto: int | None = None) -> list[tuple[str, str, Any]]:
    """Id, name and data of the events until an item, or to the end; of a response or its lines."""
    found: list[tuple[str, str, Any]] = []
    fields: dict[str, str] = {}
    for line in response.iter_lines() if isinstance(response, httpx.Response) else response:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            found.append((fields["id"], fields.get("event", "message"), json.loads(fields["data"])))
            fields = {}
            if found[-1][2] == upto:
                break
    return found


MIRA = {"x-user": "mira"}


@contextlib.contextmanager
def asked(url: str, how: str, headers: dict[str, str] = MIRA) -> Iterator[tuple[httpx.Response, str]]:
    """An answer under way, and where it can be read on."""
    options: dict[str, Any] = {"headers": headers, "timeout": SECONDS}
    client = httpx.Client(trust_env=False)
    request = ("GET", f"{url}/ask") if how == "route" else ("POST", f"{url}/relay/call/steps")
    if how == "call":
        options["json"] = {}
    with client, client.stream(*request, **options) as response:
        yield response, str(response.url.join(response.headers["location"]))


def get(url: str, *, after: str | None = None, headers: dict[str, str] = MIRA) -> httpx.Response:
    more = {} if after is None else {"last-event-id": after}
    return httpx.get(url, headers={**headers, **more}, trust_env=False, timeout=SECONDS)


@pytest.mark.parametrize("how", ["route", "call"])
def test_an_answer_goes_on_when_its_page_leaves_and_is_resumed(served, steps, how):
    steps.let(2)
    with asked(served.url, how) as (response, answer):
        first = events(response, upto=2)
        assert answer.startswith(f"{served.url}/relay/answers/")
        assert response.headers["cache-control"].startswith("no-store")
        assert response.headers.get("x-mine", "yes") == "yes"
    steps.let(5)
    steps.open.wait_for(1)
    with httpx.stream("GET", answer, headers={**MIRA, "last-event-id": first[-1][0]}, trust_env=False) as response:
        assert response.headers["cache-control"].startswith("no-store")
        second = events(response, upto=5)
    assert [data for *_, data in first + second] == [1, 2, 3, 4, 5]
    steps.let(0)
    steps.open.wait_for(0)
    everything = events(get(answer))
    assert everything[:5] == first + second
    assert everything[5:] == [(everything[5][0], "done", {"type": "done"})]
    assert get(answer, after=everything[5][0]).status_code == 204  # what an EventSource needs to stop asking


def test_whose_an_answer_is_and_where_in_it_a_reader_is(served, steps):
    steps.let(1)
    with asked(served.url, "route") as (response, answer):
        ((first, *_),) = events(response, upto=1)
    assert get(answer, headers={"x-user": "max"}).status_code == 404
    assert get(answer, headers={}).status_code == 401
    assert get(f"{served.url}/relay/answers/guessed").status_code == 404
    other = f"{int(first.partition('-')[0]) - 1}-1"
    refused = get(answer, after=other)
    assert (refused.status_code, refused.json()["error"]["code"]) == (410, "gone")
    assert get(answer, after="five").status_code == 400
    foreign = get(answer, headers={**MIRA, "origin": "https://evil.example"})
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "forbidden_origin")
    steps.let(0)
    by_header = get(answer, after=first, headers={"relay-auth": '"mira"'})
    assert [name for _, name, _ in events(by_header)] == ["done"]


def test_an_answer_can_be_stopped(served, steps):
    steps.let(1)
    with asked(served.url, "call") as (response, answer):
        lines = response.iter_lines()
        events(lines, upto=1)
        assert httpx.delete(answer, headers={"x-user": "max"}, trust_env=False).status_code == 404
        assert httpx.delete(answer, headers=MIRA, trust_env=False).status_code == 204
        ((_, name, data),) = events(lines)
    assert (name, data["code"]) == ("error", "stopped")
    steps.open.wait_for(0)
    assert httpx.delete(answer, headers=MIRA, trust_env=False).status_code == 204
    assert httpx.delete(answer + "x", headers=MIRA, trust_env=False).status_code == 404


def test_a_key_of_ones_own_joins_the_answer_that_has_it(served, steps):
    steps.let(1)
    with asked(f"{served.url}", "call") as (response, _):
        events(response, upto=1)
    steps.open.wait_for(1)
    url = f"{served.url}/ask?key=message/1"
    with httpx.stream("GET", url, headers=MIRA, trust_env=False) as first:
        assert first.headers["location"] == "/relay/answers/message%2F1"
        events(first, upto=1)
        steps.open.wait_for(2)
        with httpx.stream("GET", url, headers=MIRA, trust_env=False) as again:
            events(again, upto=1)
            steps.open.wait_for(2)  # the second question was not asked
    steps.let(0)
    assert len(events(get(f"{served.url}/relay/answers/message%2F1"))) == 2


def test_a_page_that_is_nobody_gets_no_answer_and_opens_none(served, steps):
    response = httpx.get(f"{served.url}/ask", trust_env=False)
    assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthorized")
    assert steps.open.ever == 0


def test_an_error_before_the_first_item_has_a_status(served):
    body = {"auth": "mira", "args": [0]}
    response = httpx.post(f"{served.url}/relay/call/refuses", json=body, trust_env=False)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "out_of_stock")
    body["args"] = [1]
    with httpx.stream("POST", f"{served.url}/relay/call/refuses", json=body, trust_env=False) as response:
        assert [name for _, name, _ in events(response)] == ["message", "error"]


def test_a_result_is_as_without_a_store(served):
    body = {"auth": "mira", "args": [5]}
    response = httpx.post(f"{served.url}/relay/call/echo", json=body, trust_env=False)
    assert response.json() == {"result": 5}
    assert "location" not in response.headers


def test_the_time_of_a_call_counts_its_generation_alone():
    app, made = App(store="memory://", timeout=60), Open()

    async def many() -> AsyncIterator[int]:
        with made:
            for number in range(500):
                yield number

    app.expose(many)
    with Served(app.relay) as served, opened(served) as socket:
        socket.call(1, "many", window=1)  # this reader takes one item, and then none for a while
        assert ("stream" in socket.get(), socket.get()["chunk"]) == (True, 0)
        made.wait_for(0)
        socket.call(2, "stuck").get()
        served.pass_time(60)
        assert socket.answer(2)[-1]["error"]["code"] == "timeout"
        app.open.wait_for(0)
        socket.send(type="more", id=1, n=1000)
        assert socket.answer(1)[-1] == {"id": 1, "done": True}


@pytest.mark.parametrize("store", ["memory://", None])
def test_an_answer_whose_time_is_over_never_looks_whole(store):
    app = App(store=store, timeout=60)

    async def ends_when_told_to_stop() -> AsyncIterator[int]:
        yield 1
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    app.expose(ends_when_told_to_stop)
    with Served(app.relay) as served, opened(served) as socket:
        socket.call(1, "ends_when_told_to_stop")
        assert ("stream" in socket.get(), socket.get()["chunk"]) == (True, 1)
        served.pass_time(60)
        assert socket.answer(1)[-1]["error"]["code"] == "timeout"


def test_a_time_that_is_over_between_two_items_is_told_as_any_other():
    app, made = App(store="memory://", timeout=60), Open()

    async def never_waits() -> AsyncIterator[int]:
        with made:
            yield 1
            served.pass_time(60)
            while True:
                yield 2

    app.expose(never_waits)
    with Served(app.relay) as served:
        *_, (_, name, data) = events(httpx.post(f"{served.url}/call/never_waits", json={}, trust_env=False))
        assert (name, data["code"]) == ("error", "timeout")
        made.wait_for(0)


# -- WebSockets --------------------------------------------------------------------------------------------------------


def test_a_call_over_a_websocket_is_resumed_over_another(served, steps):
    steps.let(2)
    with opened(served, "/relay/ws") as socket:
        socket.send(type="init", auth="mira").call(1, "steps")
        began, first, second = socket.get(), socket.get(), socket.get()
    assert (first["chunk"], second["chunk"]) == (1, 2)
    steps.let(4)
    with opened(served, "/relay/ws") as socket:
        socket.send(type="init", auth="mira")
        socket.send(type="resume", id="a", key=began["key"], after=first["at"], window=2)
        socket.send(type="resume", id="b", key=began["key"], after=None)
        frames = [socket.get() for _ in range(8)]
        own = [frame for frame in frames if frame["id"] == "a"]
        assert own[1] == {**second, "id": "a"}
        assert [frame.get("chunk") for frame in own] == [None, 2, 3]
        assert [frame.get("chunk") for frame in frames if frame["id"] == "b"] == [None, 1, 2, 3, 4]
        steps.let(0)
        assert socket.answer("b") == [{"id": "b", "done": True}]
        socket.send(type="more", id="a", n=5)
        assert [frame.get("chunk") for frame in socket.answer("a")] == [4, None]


def test_who_may_resume_over_a_websocket(served, steps):
    steps.let(1)
    with opened(served, "/relay/ws") as socket:
        key = socket.send(type="init", auth="mira").call(1, "steps").get()["key"]
        socket.send(type="resume", id=2, key=key, after="1-1")
        socket.send(type="resume", id=3, key="guessed")
        socket.send(type="resume", id=4, key=5)
        codes = {frame["id"]: frame["error"]["code"] for frame in (socket.get() for _ in range(4)) if "error" in frame}
        assert codes == {2: "gone", 3: "not_found", 4: "bad_request"}
    with opened(served, "/relay/ws") as socket:
        socket.send(type="init", auth="max").send(type="resume", id=1, key=key)
        assert socket.get()["error"]["code"] == "not_found"


def test_who_asked_ends_the_answer_by_cancelling_it_and_who_rejoined_only_leaves_it(served, steps):
    steps.let(1)
    with opened(served, "/relay/ws") as socket, opened(served, "/relay/ws") as other:
        key = socket.send(type="init", auth="mira").call(1, "steps").get()["key"]
        other.send(type="init", auth="mira").send(type="resume", id=1, key=key)
        assert [frame.get("chunk") for frame in (socket.get(), other.get(), other.get())] == [1, None, 1]
        other.send(type="cancel", id=1)
        other.call(2, "echo", "left").answer(2)
        other.send(type="resume", id=3, key=key)
        assert [other.get().get("chunk") for _ in range(2)] == [None, 1]
        steps.open.wait_for(1)
        socket.send(type="cancel", id=1)
        assert other.answer(3)[-1]["error"]["code"] == "stopped"
        steps.open.wait_for(0)
        steps.let(0)
        key = socket.call(4, "steps").get()["key"]
        steps.open.wait_for(1)
        other.send(type="resume", id=4, key=key).get()
        other.send(type="cancel", id=4, stop=True)
        assert socket.answer(4)[-1]["error"]["code"] == "stopped"


def test_a_call_that_is_cancelled_at_once_leaves_nothing(served, steps):
    with opened(served, "/relay/ws") as socket:
        socket.send(type="init", auth="mira")
        for number in range(50):
            socket.call(number, "steps").send(type="cancel", id=number)
        socket.call("last", "echo", 1)
        while socket.get()["id"] != "last":
            pass
    served.wait_until(lambda: steps.open.now == 0)


# -- settings and ends -------------------------------------------------------------------------------------------------


def test_a_server_that_stops_gives_its_answers_a_while_and_then_interrupts_them():
    store, seen = MemoryStore(), []
    relay = Relay(store=store)
    source = Open()
    relay.expose(source.stuck)

    async def last_words() -> None:
        feed = await store.open(key)
        assert feed is not None
        closing = asyncio.create_task(relay.aclose(grace=0.01))
        seen.append((await feed.read(1))[1])
        await closing

    with Served(relay) as served:
        with httpx.stream("POST", f"{served.url}/call/stuck", json={}, trust_env=False) as response:
            key = response.headers["location"].rpartition("/")[2]
            next(response.iter_raw())
        asyncio.run_coroutine_threadsafe(last_words(), served.loop).result(SECONDS)
    assert json.loads(seen[0])["code"] == "interrupted"
    source.wait_for(0)


def test_an_answer_that_begins_while_the_server_stops_is_not_kept():
    store = MemoryStore()
    app = App(store=store)
    with Served(app.relay) as served:
        store._closing = True
        store._loop = served.loop
        with httpx.stream("POST", f"{served.url}/call/stuck", json={}, trust_env=False) as response:
            assert "location" not in response.headers
            next(response.iter_raw())
        app.open.wait_for(0)
        with opened(served) as socket:
            assert socket.call(1, "numbers", 1).answer(1)[0] == {"id": 1, "stream": True}


def test_without_a_store_nothing_is_kept(served):
    app = App()
    with Served(app.relay) as served:
        with httpx.stream("POST", f"{served.url}/call/stuck", json={}, trust_env=False) as response:
            assert "location" not in response.headers
            next(response.iter_raw())
        app.open.wait_for(0)
        assert get(f"{served.url}/answers/x").json()["error"]["message"] == "this relay keeps no answers"
        with opened(served) as socket:
            assert socket.send(type="resume", id=1, key="x").get()["error"]["code"] == "bad_request"


def test_a_route_of_ones_own_without_a_store_ends_with_its_page():
    source, relay = Open(), Relay()

    async def ask(request: Any) -> Any:
        return relay.sse_response(source.stuck(), request)

    with Served(Starlette(routes=[Route("/ask", ask)])) as served:
        with httpx.stream("GET", f"{served.url}/ask", trust_env=False) as response:
            next(response.iter_raw())
        source.wait_for(0)


@pytest.mark.parametrize(
    ("identity", "options", "status"),
    [
        ({"id": 5, "name": "Mira"}, {}, 200),
        (object(), {}, 500),
        (object(), {"owner": lambda identity: "mira"}, 200),
        (object(), {"owner": lambda identity: identity.missing}, 500),
    ],
)
def test_an_identity_says_whose_an_answer_is(identity, options, status, caplog):
    app = App(store="memory://", **options)
    app.relay.identity(lambda connection, auth: identity)
    with Served(app.relay) as served:
        response = httpx.post(f"{served.url}/call/numbers", json={"args": [1]}, trust_env=False)
        assert response.status_code == status
        assert ("Relay(owner=…)" in caplog.text) == (status == 500)
        if status == 200:
            assert get(str(response.url.join(response.headers["location"]))).status_code == 200


@table(
    "options",
    [
        {"store": "postgres://localhost"},
        {"store": MemoryStore(), "keep": 5},
        {"store": "memory://", "keep": 0},
        {"url": "relay"},
        {"url": "/relay?x=1"},
    ],
)
def test_settings_that_cannot_work_are_refused(options):
    with pytest.raises(ConfigurationError):
        Relay(**options)


async def test_a_key_of_ones_own_needs_an_identity_hook():
    with pytest.raises(ConfigurationError, match="identity hook"):
        Relay(store="memory://").sse_response([], None, key="mine")


def test_relay_errors_of_a_store_of_ones_own_are_told():
    class Full(MemoryStore):
        async def start(self, items: Any, **options: Any) -> Any:
            raise RelayError("full", "no more room")

    source = Open()
    relay = Relay(store=Full())
    relay.expose(source.stuck)
    with Served(relay) as served:
        response = httpx.post(f"{served.url}/call/stuck", json={}, trust_env=False)
    assert response.json()["error"]["code"] == "full"
    assert source.ever == 0


def test_who_calls_is_known_while_an_answer_is_made_without_its_page():
    app = App(store="memory://")
    app.relay.identity(lambda connection, auth: auth)

    async def who() -> AsyncIterator[str]:
        await asyncio.sleep(0)
        yield current_identity()

    app.expose(who)
    with Served(app.relay) as served:
        response = httpx.post(f"{served.url}/call/who", json={"auth": "mira"}, trust_env=False)
    assert [data for *_, data in events(response)][:1] == ["mira"]


def test_a_store_is_made_for_its_address():
    relay = Relay(store="redis://:s3cret@localhost:6379/0", lease=5, keep=60, linger=1)
    assert repr(relay._store) == "RedisStore('redis://localhost:6379/0', lease=5, keep=60, linger=5)"


def test_a_redis_without_its_extra_is_an_error_that_names_it(monkeypatch):
    for name in ("redis", "edgequake.relay.answers.redis", "edgequake.relay.answers.link"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    with pytest.raises(ImportError, match=r"edgequake\[redis\]"):
        Relay(store="redis://localhost")


async def test_whoever_asked_counts_as_a_reader_while_the_first_frame_is_on_its_way():
    go = asyncio.Event()
    messages: asyncio.Queue[Any] = asyncio.Queue()
    frames: list[Any] = []

    async def two() -> AsyncIterator[int]:
        yield 1
        await go.wait()
        yield 2

    async def send(message: Any) -> None:
        frames.append(json.loads(message.get("text", "{}")))
        if "stream" in frames[-1]:  # the socket is full for a moment
            for _ in range(9):
                await asyncio.sleep(0)
        elif "chunk" in frames[-1]:
            go.set()
        elif {"done", "error"} & frames[-1].keys():
            messages.put_nowait({"type": "websocket.disconnect"})

    relay = Relay(store=MemoryStore(linger=0))
    relay.expose(two)
    messages.put_nowait({"type": "websocket.connect"})
    call = {"type": "rpc", "id": 1, "name": "two"}
    messages.put_nowait({"type": "websocket.receive", "text": json.dumps(call)})
    scope = {"type": "websocket", "path": "/ws", "root_path": "", "query_string": b"", "headers": []}
    await relay(scope, messages.get, send)
    assert [frame.get("chunk") for frame in frames if "chunk" in frame] == [1, 2]
    assert frames[-1] == {"id": 1, "done": True}
    await relay.aclose()

"""The Python clients go on with kept answers when their connections are cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator  # noqa: TC003 - read when a function is exposed
from typing import TYPE_CHECKING, Any

import pytest
from relay.apps import App
from relay.cutting import CuttingProxy
from relay.serving import Served

from edgequake import NetworkError, NotFoundError, StreamError, StreamTruncatedError, Timeout, TimeoutError
from edgequake.relay import AsyncRelayClient, RelayClient, RelayError, RelayStream, calling
from edgequake.testing import RESET, Hold

if TYPE_CHECKING:
    from collections.abc import Iterator

DONE = b"event: done\nid: 1-e\ndata: {}\n\n"
WHERE = {"Location": "../answers/k"}


async def count(upto: int) -> AsyncIterator[int]:
    """The numbers from 1."""
    for number in range(1, upto + 1):
        await asyncio.sleep(0)  # the readers get their turn
        yield number


@pytest.fixture(scope="module")
def app() -> App:
    app = App(store="memory://")
    app.relay.identity(lambda connection, auth: auth["name"] if auth else None)
    app.expose(count)
    return app


@pytest.fixture(scope="module")
def served(app: App) -> Iterator[Served]:
    with Served(app.relay) as served:
        yield served
    app.open.wait_for(0)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between tries."""
    monkeypatch.setattr(calling, "_FIRST_DELAY", 0.0)


@pytest.fixture(params=["sync", "async"])
def items(request: pytest.FixtureRequest) -> Any:
    """Calls a function, and gives all of its items, with either client."""

    async def asynchronous(url: str, name: str, args: Any, options: Any) -> Any:
        async with AsyncRelayClient(url, **options) as client:
            return [item async for item in await client.call(name, args)]

    def items(url: str, name: str, *args: Any, **options: Any) -> Any:
        if request.param == "async":
            return asyncio.run(asynchronous(url, name, args, options))
        with RelayClient(url, **options) as client:
            return list(client.call(name, args))

    return items


def test_a_stream_whose_connections_are_cut_brings_each_item_once(served, items):
    with CuttingProxy(served.url) as proxy:
        assert items(proxy.url, "count", 200, auth={"name": "Mira Ökafor"}) == list(range(1, 201))
        assert proxy.connections > 5


def test_leaving_the_loop_and_closing_end_the_answer(app, served):
    auth = {"name": "mira"}
    with RelayClient(served.url, auth=auth) as client:
        for _ in client.stuck():
            break
        app.open.wait_for(0)
        with client.stuck() as stream:
            next(stream)
            app.open.wait_for(1)
        app.open.wait_for(0)
        list(client.count(3))  # one that has ended is not stopped


async def test_leaving_the_loop_and_closing_end_the_answer_of_the_async_client(app, served):
    async with AsyncRelayClient(served.url, auth={"name": "mira"}) as client:
        async for _ in await client.stuck():
            break
        await asyncio.to_thread(app.open.wait_for, 0)
        async with await client.stuck() as stream:
            await anext(stream)
            await asyncio.to_thread(app.open.wait_for, 1)
        await asyncio.to_thread(app.open.wait_for, 0)


def test_it_says_where_it_is_and_who_asks(edgequake_script, items):
    edgequake_script.on("POST", "/call/f").stream(b"id: 1-1\ndata: 1\n\nid: 1-2\ndata: 2\n\n", headers=WHERE)
    route = edgequake_script.on("GET", "/answers/k")
    route.reply(status=503, json={"error": {"code": "store_unreachable", "message": "try again"}})
    route.stream(b"id: 1-3\ndata: 3\n\n" + DONE)
    assert items(edgequake_script.url, "f", auth="ü") == [1, 2, 3]
    last = edgequake_script.requests[-1]
    assert (last.headers["last-event-id"], last.headers["relay-auth"]) == ("1-2", '"\\u00fc"')


def test_after_five_tries_without_progress_it_gives_up(edgequake_script, items):
    edgequake_script.on("POST", "/call/f").stream(b"id: 1-1\ndata: 1\n\n", headers=WHERE)
    route = edgequake_script.on("GET", "/answers/k")
    for number in range(2, 8):
        route.stream(b"", RESET) if number % 2 else route.raw(b"", RESET)
    with pytest.raises((StreamTruncatedError, NetworkError)):
        items(edgequake_script.url, "f")
    assert len(edgequake_script.requests) == 6


def test_an_answer_that_is_not_there_any_more_is_an_error_that_says_so(edgequake_script, items):
    edgequake_script.on("POST", "/call/f").stream(b"id: 1-1\ndata: 1\n\n", headers=WHERE)
    edgequake_script.on("GET", "/answers/k").reply(
        status=404, json={"error": {"code": "not_found", "message": "there is no such answer"}}
    )
    with pytest.raises(RelayError, match="no such answer"):
        items(edgequake_script.url, "f")
    edgequake_script.on("POST", "/call/g").stream(b"id: 1-1\ndata: 1\n\n", headers=WHERE)
    edgequake_script.on("GET", "/answers/k").reply(status=404, text="nginx")
    with pytest.raises(NotFoundError):
        items(edgequake_script.url, "g")


def test_who_asks_is_told_to_no_other_server(edgequake_script, items):
    elsewhere = {"Location": "http://127.0.0.1:9/relay/answers/k"}
    edgequake_script.stream(b"id: 1-1\ndata: 1\n\n", headers=elsewhere)
    with pytest.raises(StreamTruncatedError):
        items(edgequake_script.url, "f", auth="secret")


def test_the_total_counts_all_connections(edgequake_script, items, soon):
    edgequake_script.on("POST", "/call/f").stream(b"id: 1-1\ndata: 1\n\n", headers=WHERE)
    edgequake_script.on("GET", "/answers/k").stream(Hold())
    with pytest.raises(TimeoutError) as caught:
        items(edgequake_script.url, "f", timeout=Timeout(30, total=soon))
    assert caught.value.stage == "total"
    assert len(edgequake_script.requests) == 2


@pytest.mark.parametrize("meanwhile", ["edgequake.relay._sync.answer.sleep", "edgequake.relay._sync.answer.resumed"])
def test_a_stream_that_is_closed_between_two_tries_says_so(edgequake_script, monkeypatch, meanwhile):
    edgequake_script.on("POST", "/call/f").stream(b"id: 1-1\ndata: 1\n\n", headers=WHERE)
    edgequake_script.on("DELETE", "/answers/k").reply(status=204)
    with RelayClient(edgequake_script.url) as client:
        stream: RelayStream[int] = client.f()
        monkeypatch.setattr(meanwhile, lambda *_: stream.close())
        with pytest.raises(StreamError, match="closed before its end"):
            list(stream)
    assert [request.method for request in edgequake_script.requests] == ["POST", "DELETE"]

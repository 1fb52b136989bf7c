"""The module for browsers goes on with kept answers: after cuts, restarts of connections and reloads. Run in Node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator  # noqa: TC003 - read when a function is exposed
from typing import TYPE_CHECKING, Any

import pytest
from relay.apps import App
from relay.cutting import CuttingProxy
from relay.serving import SECONDS, Served
from starlette.applications import Starlette
from starlette.routing import Mount, Route

if TYPE_CHECKING:
    from collections.abc import Iterator

# A tab's storage, and what a reload leaves of the page: nothing else.
STORAGE = """
globalThis.sessionStorage ??= undefined;
const kept = new Map();
Object.defineProperty(globalThis, "sessionStorage", { configurable: true, value: {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, String(value)),
    removeItem: (key) => kept.delete(key),
} });
"""
BOTH = pytest.mark.parametrize("transport", ["websocket", "sse"])


async def count(upto: int, pace: float = 0.001) -> AsyncIterator[int]:
    """The numbers from 1."""
    for number in range(1, upto + 1):
        await asyncio.sleep(pace)
        yield number


@pytest.fixture(scope="module")
def app() -> App:
    app = App(store="memory://")
    app.relay.identity(lambda connection, auth: auth or "somebody")
    app.expose(count)
    return app


@pytest.fixture(scope="module")
def served(app: App) -> Iterator[Served]:
    async def numbers(request: Any) -> Any:
        upto = int(request.query_params["upto"])
        return app.relay.sse_response(count(upto) if upto else app.open.stuck(), request)

    routes = [Mount("/relay", app.relay), Route("/numbers", numbers, methods=["GET", "POST"])]
    with Served(Starlette(routes=routes, lifespan=app.relay.lifespan)) as served:
        yield served
        # Answers that nobody reads any more would be waited for, up to 10 seconds.
        asyncio.run_coroutine_threadsafe(app.relay.aclose(grace=0), served.loop).result(SECONDS)
    app.open.wait_for(0)


def connected(transport: str, program: str) -> str:
    return f"const client = connect(url + '/relay', {{ transport: '{transport}' }});\n{program}\nclient.close();"


@BOTH
def test_a_call_whose_connections_are_cut_brings_each_item_once(served, javascript, transport):
    program = """
    Math.random = () => 0;  // no waiting between tries
    const seen = [];
    for await (const number of await client.count(300)) seen.push(number);
    say(seen);"""
    with CuttingProxy(served.url) as proxy:
        assert javascript(proxy.url, connected(transport, program)) == [list(range(1, 301))]
        assert proxy.connections > 5


def test_a_route_of_ones_own_is_read_on_when_it_is_cut(served, javascript):
    program = """
    Math.random = () => 0;
    const seen = [];
    const answer = stream(url + "/numbers?upto=200", { method: "POST", body: "{}", headers: { "X-A": "b" } });
    for await (const number of answer) seen.push(number);
    say(seen);"""
    with CuttingProxy(served.url) as proxy:
        assert javascript(proxy.url, program) == [list(range(1, 201))]
        assert proxy.connections > 5


@BOTH
def test_after_five_tries_without_progress_it_gives_up(served, javascript, transport):
    class Silent(CuttingProxy):
        """Nothing comes through after the first connection."""

        def after(self) -> int:
            return 2000 if self.connections == 1 else 10

    program = """
    Math.random = () => 0;
    const seen = [];
    try { for await (const number of await client.count(1000, 0.003)) seen.push(number); }
    catch (error) { say([error.code, seen.every((it, n) => it === n + 1)]); }"""
    with Silent(served.url) as proxy:
        assert javascript(proxy.url, connected(transport, program)) == [["disconnected", True]]
        assert proxy.connections >= 6


@BOTH
def test_a_page_that_is_reloaded_goes_on_from_the_start(app, served, javascript, transport):
    program = (
        STORAGE
        + f"""
    const page = () => connect(url + "/relay", {{ transport: "{transport}" }}).with({{ resume: "answer" }});
    const before = page(), first = await before.count(200);
    for (let n = 0; n < 5; n++) await first.next();
    before.close();  // the page is gone
    const after = page(), seen = [];
    for await (const number of await after.count(200)) seen.push(number);
    say([seen.length, kept.size]);
    const other = await after.count(10_000);  // another question is asked anew, and is far from its end
    await other.next();
    say([...kept.values()].map((it) => JSON.parse(JSON.parse(it).asked).at(-2)));
    after.close();"""
    )
    assert javascript(served.url, program) == [[200, 0], [[10_000]]]


@BOTH
def test_leaving_ends_an_answer_and_after_a_reload_only_stopping_does(app, served, javascript, transport):
    program = (
        STORAGE
        + f"""
    const page = () => connect(url + "/relay", {{ transport: "{transport}" }}).with({{ resume: "answer" }});
    const first = page();
    for await (const _ of await first.stuck()) break;
    first.close();
    say(kept.size);
    const second = page();
    const asked = await second.stuck();
    await asked.next();
    second.close();
    const third = page();
    for await (const _ of await third.stuck()) break;  // it was another page's: this only leaves it
    say(kept.size);
    const again = await third.stuck();
    await again.next();
    await again.stop();
    say([(await again.next()).done, kept.size]);
    await third.echo(1);
    third.close();"""
    )
    ever = app.open.ever
    assert javascript(served.url, program) == [0, 1, [True, 0]]
    app.open.wait_for(0)
    assert app.open.ever == ever + 2


@BOTH
def test_an_answer_that_is_not_kept_any_more_is_asked_for_again(served, javascript, transport):
    place = "no-such-key" if transport == "websocket" else f"{served.url}/relay/answers/no-such-key"
    program = (
        STORAGE
        + f"""
    const base = "{transport}" === "websocket" ? url.replace("http", "ws") + "/relay/ws" : url + "/relay/call/count";
    const asked = JSON.stringify("{transport}" === "websocket" ? [base, "count", [2], {{}}] : [base, [2], {{}}]);
    kept.set("edgequake:answer", JSON.stringify({{ asked, where: "{place}" }}));
    const client = connect(url + "/relay", {{ transport: "{transport}" }});
    for await (const number of await client.with({{ resume: "answer" }}).count(2)) say(number);
    client.close();"""
    )
    assert javascript(served.url, program) == [1, 2]


def test_stopping_a_route_of_ones_own_ends_it_at_its_source(app, served, javascript):
    program = """
    const answer = stream(url + "/numbers?upto=0");
    say((await answer.next()).value);
    const waiting = answer.next();
    await answer.stop();
    say((await waiting).done);"""
    assert javascript(served.url, program) == ["so", True]
    app.open.wait_for(0)


def test_who_asks_is_said_with_every_request(javascript):
    app = App(store="memory://")
    app.relay.identity(lambda connection, auth: auth["name"] if auth else None)
    app.expose(count)
    program = """
    const client = connect(url, { transport: "sse", auth: async () => ({ name: "Mira Ökafor ✓" }) });
    Math.random = () => 0;
    const seen = [];
    for await (const number of await client.count(100)) seen.push(number);
    say(seen.length);
    const stuck = await client.stuck();
    await stuck.next();
    await stuck.stop();"""
    with Served(app.relay) as served:
        with CuttingProxy(served.url) as proxy:
            assert javascript(proxy.url, program) == [100]
        app.open.wait_for(0)


def test_a_websocket_class_can_be_given(served, javascript):
    program = """
    const made = [];
    class Mine extends WebSocket { constructor(url) { super(url); made.push(String(url)); } }
    globalThis.WebSocket = undefined;
    const client = connect(url + "/relay", { WebSocket: Mine });
    say(await client.echo(5));
    say(made.length);
    client.close();"""
    assert javascript(served.url, program) == [5, 1]


def test_storage_that_is_refused_costs_only_the_reload(served, javascript):
    program = """
    Object.defineProperty(globalThis, "sessionStorage", { get() { throw new Error("blocked"); } });
    for await (const number of stream(url + "/numbers?upto=2", { resume: "answer" })) say(number);"""
    assert javascript(served.url, program) == [1, 2]

"""The module for browsers, run in Node against a relay on a real socket."""

from __future__ import annotations

import pytest
from relay.apps import App, Cuttable
from relay.serving import Served
from starlette.applications import Starlette
from starlette.routing import Route

from edgequake.relay import sse_response
from edgequake.testing import CLOSE, RESET

BOTH = pytest.mark.parametrize("transport", ["websocket", "sse"])


def connected(transport: str, program: str) -> str:
    """A program with a client; it ends by itself when that is closed."""
    return f"const client = connect(url, {{ transport: '{transport}' }});\n{program}\nclient.close();"


@BOTH
def test_the_page_on_streaming_runs_as_written(served, javascript, transport):
    program = """
    const prompt = "What is the capital of France?";
    const stream = await client.ai_response(prompt);
    for await (const chunk of stream) {
        console.log(JSON.stringify(chunk));
    }"""
    said = javascript(served.url, connected(transport, program))
    assert said == ["What ", "is ", "the ", "capital ", "of ", "France? "]


@BOTH
def test_results_arguments_and_models(served, javascript, transport):
    program = """
    say(await client.move({ x: 1 }, 4));
    say(await client.call("move", [], { point: { x: 1 }, by: 2 }));
    for await (const shape of await client.call("outline", [1], { colour: "red" })) say(shape.colour);
    say(await client.echo({ text: "ü \\u2028 \\n", none: null }));
    for await (const chunk of await client.chunks()) say(chunk.type);
    say([client.then, client.state === undefined, typeof client.anything]);"""
    assert javascript(served.url, connected(transport, program)) == [
        {"x": 5, "y": 0.0, "label": None}, {"x": 3, "y": 0.0, "label": None}, "red",
        {"text": "ü \u2028 \n", "none": None}, "token", "done", [None, False, "function"],
    ]  # fmt: skip


@BOTH
def test_errors_are_exceptions_with_a_code(served, javascript, transport):
    program = """
    const failing = async (work) => {
        try { await work(); }
        catch (error) { say([error instanceof RelayError, error.code, error.message, error.data]); }
    };
    await failing(() => client.nope());
    await failing(async () => { for await (const item of await client.refuses(2)) say(item); });
    await failing(async () => { for await (const _ of await client.broken()); });
    """
    said = javascript(served.url, connected(transport, program))
    gone = [True, "out_of_stock", "there are no more", {"left": 0}]
    assert said == [
        [True, "not_found", "there is no function 'nope'", None], 0, 1, gone,
        [True, "internal_error", "internal error", None],
    ]  # fmt: skip


@BOTH
def test_leaving_the_loop_ends_the_call(app, served, javascript, transport):
    program = """
    let seen = 0;
    for await (const _ of await client.endless()) if (++seen === 500) break;
    const stuck = await client.stuck();
    await stuck.next();
    stuck.cancel();
    say((await stuck.next()).done);
    say(await client.echo(seen));"""
    assert javascript(served.url, connected(transport, program)) == [True, 500]
    app.open.wait_for(0)


@BOTH
def test_a_signal_ends_a_call(app, served, javascript, transport):
    program = """
    const controller = new AbortController();
    try {
        for await (const chunk of await client.with({ signal: controller.signal }).stuck()) {
            say(chunk);
            controller.abort();
        }
    } catch (error) { say(error.name); }
    try { await client.with({ signal: controller.signal }).echo(1); } catch (error) { say(error.name); }
    try { await client.call("echo", [1], {}, { signal: AbortSignal.abort(new Error("mine")) }); }
    catch (error) { say(error.message); }
    say(await client.echo("still there"));"""
    said = javascript(served.url, connected(transport, program))
    assert said == ["so", "AbortError", "AbortError", "mine", "still there"]
    app.open.wait_for(0)


@BOTH
def test_the_identity_hook_gets_what_the_page_gives(javascript, transport):
    app = App()
    app.relay.identity(lambda connection, auth: auth if auth != "wrong" else None)
    program = f"""
    const given = ["wrong", "right"];
    const client = connect(url, {{ transport: "{transport}", auth: async () => given.shift() }});
    try {{ await client.whoami(); }} catch (error) {{ say(error.code); }}
    say(await client.whoami());
    client.close();"""
    with Served(app.relay) as served:
        assert javascript(served.url, program) == ["unauthorized", "right"]


def test_a_generator_is_held_back_by_a_page_that_does_not_read_on(app, served, javascript):
    made = app.open.made
    program = """
    const stream = await client.endless();
    await stream.next();
    for (let i = 0; i < 20; i++) await client.echo(i);
    say((await stream.next()).value);"""
    assert javascript(served.url, connected("websocket", program))[0] == made + 2
    assert app.open.made - made <= 65
    app.open.wait_for(0)


def test_the_socket_comes_back_after_it_was_lost(javascript):
    app = App()
    program = """
    const states = [];
    const client = connect(url, { onState: (state) => states.push(state) });
    say(await client.echo("before"));
    const stream = await client.stuck();
    await stream.next();
    const failed = stream.next().catch((error) => error.code);
    say(await client.cut().catch((error) => error.code));
    say(await failed);
    say(await client.echo("after"));
    say(states);
    client.close();"""
    with Served(Cuttable(app.relay, app.relay)) as served:
        assert javascript(served.url, program) == [
            "before", "disconnected", "disconnected", "after", ["connecting", "open", "reconnecting", "open"],
        ]  # fmt: skip
        app.open.wait_for(0)


def test_nothing_there_is_an_error_that_says_so(javascript):
    program = """
    const client = connect(url);
    try { await client.echo(1); } catch (error) { say([error.code, client.state]); }
    client.close();
    const plain = connect(url, { transport: "sse" });
    try { await plain.echo(1); } catch (error) { say(error.code); }"""
    assert javascript("http://127.0.0.1:1", program) == [["unreachable", "reconnecting"], "unreachable"]


def test_a_message_that_is_too_large_is_said_to_be(javascript):
    with Served(App(max_message_bytes=200).relay, max_message_bytes=200) as served:
        program = """
        try { await client.echo("x".repeat(300)); } catch (error) { say(error.code); }
        say(await client.echo("small"));"""
        assert javascript(served.url, connected("websocket", program)) == ["message_too_large", "small"]


def test_closing_ends_what_is_under_way(app, served, javascript):
    program = """
    const client = connect(url);
    const stream = await client.stuck();
    await stream.next();
    const waiting = stream.next();
    client.close();
    try { await waiting; } catch (error) { say(error.code); }
    say(client.state);"""
    assert javascript(served.url, program) == ["closed", "closed"]
    app.open.wait_for(0)


def test_an_argument_that_is_no_json_is_an_error(served, javascript):
    program = "try { await client.echo(1n); } catch (error) { say(error.name); }"
    assert javascript(served.url, connected("websocket", program)) == ["TypeError"]


def test_a_route_of_your_own_is_read_with_stream(javascript):
    async def numbers():
        yield {"n": 1}
        yield {"n": 2}

    async def endpoint(request):
        return sse_response(numbers())

    program = "for await (const chunk of stream(url + '/n')) say(chunk.n);\n"
    program += "try { for await (const _ of stream(url + '/none')); } catch (error) { say(error.code); }"
    with Served(Starlette(routes=[Route("/n", endpoint)])) as served:
        assert javascript(served.url, program) == [1, 2, "http_404"]


@pytest.mark.parametrize("end", [CLOSE, RESET])
def test_a_stream_that_is_cut_is_not_taken_for_whole(edgequake_script, javascript, end):
    edgequake_script.on("GET", "/").stream(b"id: 1\rdata: 1\r\r", b"data:2\r\n", b"\r\n: c\r\nid\r\n\r\n", end)
    program = "try { for await (const chunk of stream(url)) say(chunk); } catch (error) { say(error.code); }"
    assert javascript(edgequake_script.url + "/", program) == [1, 2, "disconnected"]

"""The published client of Ephaptic calls a relay, and its page runs as written."""

from __future__ import annotations

import asyncio
import typing

import msgpack
import pytest
from ephaptic import EphapticError
from ephaptic import connect as ephaptic_connect
from relay.apps import App
from relay.serving import SECONDS, Served
from websockets.sync.client import connect

from edgequake.relay import Relay


@pytest.fixture
async def client(served):
    client = await ephaptic_connect(f"{served.ws}/_ephaptic")
    yield client
    await client.disconnect()


async def test_its_client_iterates_a_stream(client):
    stream = await client.ai_response("What is the capital of France?")
    assert [chunk async for chunk in stream] == ["What ", "is ", "the ", "capital ", "of ", "France? "]


async def test_its_client_gets_results_and_passes_arguments_by_name(client):
    assert await client.move({"x": 1}, by=4) == {"x": 5, "y": 0.0, "label": None}
    assert await client.echo({"a": [1, 2.5, None, "ü"]}) == {"a": [1, 2.5, None, "ü"]}
    assert await client.later("2024-05-01") == "2025-05-01"
    assert await client.echo(b"\x00\xff") == b"\x00\xff"


async def test_models_and_chunks_arrive_as_maps(client):
    assert [shape async for shape in await client.outline(1)] == [
        {"points": [{"x": 0, "y": 0.0, "label": None}], "colour": "blue", "tags": {}, "kind": "line"}
    ]
    assert [chunk["type"] async for chunk in await client.chunks()] == ["token", "done"]


async def test_many_of_its_calls_share_the_socket(client):
    async def words(number: int) -> list[str]:
        return [word async for word in await client.ai_response(f"call {number}")]

    assert await asyncio.gather(*map(words, range(20))) == [["call ", f"{number} "] for number in range(20)]


@pytest.mark.parametrize(
    ("name", "args", "code"),
    [("nope", [], "NOT_FOUND"), ("move", ["x"], "VALIDATION_ERROR"), ("refuses", [], "out_of_stock")],
)
async def test_errors_have_the_codes_that_its_programs_know(client, name, args, code):
    with pytest.raises(EphapticError) as caught:
        async for _ in await client.call(name, *args):
            pass
    assert caught.value.code == code


async def test_an_internal_error_is_safe(client, caplog):
    with pytest.raises(EphapticError) as caught:
        async for _ in await client.broken(1):
            pass
    assert (caught.value.code, caught.value.message) == ("INTERNAL", "internal error")


async def test_its_auth_reaches_the_identity_hook():
    app = App()
    app.relay.identity(lambda connection, auth: auth and auth["token"])
    with Served(app.relay) as served:
        known, unknown = [
            await ephaptic_connect(f"{served.ws}/_ephaptic", auth=auth) for auth in ({"token": "mira"}, None)
        ]
        assert await known.whoami() == "mira"
        with pytest.raises(EphapticError) as refused:
            await unknown.whoami()
        assert refused.value.code == "UNAUTHORIZED"
        await asyncio.gather(known.disconnect(), unknown.disconnect())


async def test_a_client_that_disconnects_closes_its_streams():
    app = App()
    with Served(app.relay) as served:
        client = await ephaptic_connect(f"{served.ws}/_ephaptic")
        async for chunk in await client.stuck():
            assert chunk == "so"
            break
        await client.disconnect()
        await asyncio.to_thread(app.open.wait_for, 0)
        await asyncio.to_thread(served.wait_until_idle)


@pytest.mark.parametrize("frame", [b"", b"\xc1", msgpack.packb([1]), msgpack.packb({1: 2}), "text", b"\x91" * 5000])
def test_a_frame_that_is_no_map_is_refused(served, frame):
    with connect(f"{served.ws}/_ephaptic", proxy=None) as connection:
        connection.send(frame)
        answer = msgpack.unpackb(connection.recv(timeout=SECONDS))
        assert (answer["id"], answer["error"]["code"]) == (None, "bad_request")


async def test_the_page_on_streaming_runs_with_only_its_llm_changed(local_server):
    from edgequake import AsyncEdgequakeClient

    relay = Relay()
    expose = relay.expose

    @expose
    async def ai_response(message: str) -> typing.AsyncGenerator[str, None]:
        async with AsyncEdgequakeClient(base_url=local_server.url) as client:
            async for chunk in client.query.stream(message):
                yield chunk.text

    with Served(relay) as served:
        client = await ephaptic_connect(f"{served.ws}/_ephaptic")
        stream = await client.ai_response("Who operates the Orion relay?")
        assert "Mira Okafor" in "".join([chunk async for chunk in stream])
        await client.disconnect()

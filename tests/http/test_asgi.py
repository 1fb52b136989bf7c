"""The client that calls an application of this process: piece by piece, and no longer than somebody reads."""

import asyncio

import httpx
import pytest
from tables import table

from edgequake._http.asgi import asgi_client

HEAD = {"type": "http.response.start", "status": 201, "headers": [(b"x-mine", b"yes")]}


def piece(body, *, more=True):
    return {"type": "http.response.body", "body": body, "more_body": more}


async def test_the_application_gets_the_request_and_its_answer_comes_as_it_is_sent():
    taken, seen = asyncio.Event(), {}

    async def app(scope, receive, send):
        seen.update(scope, body=(await receive())["body"])
        await send(HEAD)
        await send(piece(b"one"))
        await taken.wait()
        await send(piece(b"two", more=False))

    async with (
        asgi_client(app) as client,
        client.stream("POST", "http://here:81/a%20b?c=d", content=b"asked", headers={"X-A": "1"}) as answer,
    ):
        pieces = answer.aiter_raw()
        assert (answer.status_code, answer.headers["x-mine"], await anext(pieces)) == (201, "yes", b"one")
        taken.set()
        assert [rest async for rest in pieces] == [b"two"]
    assert (seen["method"], seen["path"], seen["raw_path"]) == ("POST", "/a b", b"/a%20b")
    assert (seen["query_string"], seen["server"], seen["body"]) == (b"c=d", ("here", 81), b"asked")
    assert (b"x-a", b"1") in seen["headers"]


async def test_an_application_whose_reader_leaves_is_told_and_ended():
    told, ended = [], asyncio.Event()

    async def app(scope, receive, send):
        await receive()
        await send(HEAD)
        try:
            await send(piece(b"one"))
            told.append(await receive())
        finally:
            ended.set()

    async with asgi_client(app) as client:
        async with client.stream("GET", "http://here/") as answer:
            assert await anext(answer.aiter_raw()) == b"one"
        assert ended.is_set()


async def test_an_application_waits_while_nobody_reads():
    sent = 0

    async def app(scope, receive, send):
        nonlocal sent
        await send(HEAD)
        while True:
            await send(piece(b"x"))
            sent += 1

    async with asgi_client(app) as client, client.stream("GET", "http://here/") as answer:
        pieces = answer.aiter_raw()
        for _ in range(3):
            await anext(pieces)
        assert sent <= 4


@table(("before", "words"), [([], "no answer"), ([HEAD, piece(b"half")], "broke off")])
@table("fails", [False, True])
async def test_an_answer_that_does_not_end_is_an_error(before, words, fails):
    async def app(scope, receive, send):
        for message in before:
            await send(message)
        if fails:
            raise KeyError("in the application")

    async with asgi_client(app) as client:
        with pytest.raises(httpx.RemoteProtocolError, match=words) as caught:
            await client.get("http://here/")
    assert isinstance(caught.value.__cause__, KeyError) == fails


async def test_a_request_that_is_cancelled_before_its_answer_ends_the_application():
    begun, ended = asyncio.Event(), asyncio.Event()

    async def app(scope, receive, send):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with asgi_client(app) as client:
        asking = asyncio.create_task(client.get("http://here/"))
        await begun.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert ended.is_set()

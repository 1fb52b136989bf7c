"""A call that has ended leaves nothing to the garbage collector, which a server may run seldom."""

from __future__ import annotations

import gc
from collections import Counter
from contextlib import suppress

import httpx
import pytest

from edgequake import EdgeQuakeError


@pytest.fixture
def script(server):
    server.on("POST", "/api/v1/query").always().answer("Lyon.")
    server.on("POST", "/api/v1/query/stream").always().answer("It is in Lyon.")
    server.on("GET", "/api/v1/models").always().reply(json={"error": "not there"}, status=404)
    return server


def read_to_the_end(caller, client):
    caller.collect(client.query.stream("q"))


def fails(caller, client):
    if caller.is_async:
        caller.run(caught(client))  # in the task: what drives it keeps an error that comes out of it
    else:
        with suppress(EdgeQuakeError):
            client.models.list()


async def caught(client):
    with suppress(EdgeQuakeError):
        await client.models.list()


USES = {
    "execute": lambda caller, client: caller.run(client.query.execute("q")),
    "stream": read_to_the_end,
    "words": lambda caller, client: caller.collect(client.query.stream("q").words()),
    "an error status": fails,
}


@pytest.mark.parametrize("own", [False, True], ids=["default", "given client"])
@pytest.mark.parametrize("use", USES)
def test_a_call_that_has_ended_is_freed_at_once(caller, script, use, own):
    given = (httpx.AsyncClient() if caller.is_async else httpx.Client()) if own else None
    client = caller.client(base_url=script.url, http_client=given, max_retries=0)
    left_over = garbage_of(lambda: USES[use](caller, client))
    if given is not None:
        caller.run(given.aclose() if caller.is_async else given.close())
    assert left_over == {}


def test_a_server_that_is_not_there_leaves_no_garbage_either(caller, closed_port):
    client = caller.client(base_url=f"http://127.0.0.1:{closed_port}", max_retries=0)
    assert garbage_of(lambda: fails(caller, client)) == {}


def garbage_of(do):
    """What of this package and of httpx only the garbage collector frees; the first calls may import and connect."""
    do()
    do()
    gc.collect()
    gc.disable()
    before = {id(one) for one in gc.get_objects()}  # what an earlier test left may become garbage at any time
    try:
        do()
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        kinds = (f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.garbage if id(one) not in before)
        return Counter(kind for kind in kinds if kind.startswith(("edgequake._", "edgequake.exceptions", "httpx.")))
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()

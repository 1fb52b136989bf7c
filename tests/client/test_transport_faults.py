"""What fails within the libraries below httpx is a lost connection, and never hides that the call was interrupted."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from tables import table

from edgequake import AsyncEdgequakeClient, EdgequakeClient, NetworkError, RetryPolicy, Timeout, TimeoutError

URL = "http://edgequake.test"
ANSWER = {"answer": "a"}
FAILING = """
def handler(request):
    if errors:
        raise errors.pop()
    return answer
"""
FAILING_TO_STOP = """
async def handler(request):
    try:
        await wait()
    except BaseException:
        raise ValueError("semaphore released too many times")
"""
FAILING_TO_STOP_A_THREAD = FAILING_TO_STOP.replace("async ", "").replace("await ", "")


def transport(module, source, **names):
    """A transport whose ``handler`` stands in a module of this name."""
    names |= {"__name__": module}
    exec(source, names)  # frames tell in which library an error was raised
    return httpx.MockTransport(names["handler"])


def asking(transport, *, tries):
    with httpx.Client(transport=transport) as mine:
        at_once = RetryPolicy(max_retries=tries - 1, initial_delay=0)
        client = EdgequakeClient(base_url=URL, http_client=mine, retry=at_once)
        return client.query.execute("q").answer


@table("module", ["anyio._backends._asyncio", "h2.connection", "hpack.hpack", "httpcore._async.http2", "h11._state"])
def test_a_fault_of_a_library_is_a_lost_connection_and_is_tried_again(module):
    error = ValueError("semaphore released too many times")
    answer = httpx.Response(200, json=ANSWER)
    assert asking(transport(module, FAILING, errors=[error], answer=answer), tries=2) == "a"
    with pytest.raises(NetworkError, match=r"failed: semaphore released too many times") as caught:
        asking(transport(module, FAILING, errors=[error]), tries=1)
    assert caught.value.__cause__ is error
    assert caught.value.request_sent


@table("module", ["h2.connection", "my_transport"])
def test_an_error_of_the_callers_own_transport_is_left_as_it_is(module):
    error = KeyError("x")
    fails = transport(module, FAILING, errors=[error]).handle_request
    with pytest.raises(KeyError) as caught:
        asking(httpx.MockTransport(lambda request: fails(request)), tries=2)
    assert caught.value is error


async def interrupted(waiting, *, timeout):
    """A call whose answer does not come; ``waiting()`` is called when it waits for that."""

    async def wait():
        waiting()
        await asyncio.Event().wait()

    async with httpx.AsyncClient(transport=transport("httpcore._async.http2", FAILING_TO_STOP, wait=wait)) as mine:
        client = AsyncEdgequakeClient(base_url=URL, http_client=mine, timeout=timeout, max_retries=0)
        await asyncio.create_task(client.query.execute("q"))


async def test_a_cancelled_call_ends_as_cancelled_though_a_library_fails_on_the_way():
    with pytest.raises(asyncio.CancelledError):
        await interrupted(lambda: asyncio.current_task().cancel(), timeout=60)


async def test_a_call_that_took_too_long_timed_out_though_a_library_fails_on_the_way():
    with pytest.raises(TimeoutError) as caught:
        await interrupted(lambda: None, timeout=Timeout(connect=0.02, response=0.02))
    assert caught.value.stage == "response"


def test_ctrl_c_comes_out_though_a_library_fails_on_the_way():
    def wait():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asking(transport("httpcore._sync.http2", FAILING_TO_STOP_A_THREAD, wait=wait), tries=2)


class Unclosable(httpx.SyncByteStream):
    """The body of an answer whose connection fails when it is released."""

    def __iter__(self):
        yield b'{"answer": "a"}'

    def close(self):
        raise ValueError("semaphore released too many times")


def test_a_whole_answer_is_kept_where_its_connection_cannot_be_closed(caplog):
    caplog.set_level("DEBUG", logger="edgequake")
    answer = httpx.Response(200, stream=Unclosable())
    assert asking(httpx.MockTransport(lambda request: answer), tries=1) == "a"
    assert "could not be closed" in caplog.text

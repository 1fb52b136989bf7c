"""A stream or a client that is closed by another thread or task than the one that waits in it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from client.wires import DONE, STREAM, token

from edgequake import AsyncEdgequakeClient, EdgequakeClient, EdgeQuakeError, StreamError
from edgequake.testing import CLOSE, Hold

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("nothing_left")

A_WHILE = 60  # seconds
PATIENT = 300  # so that no clock of the client wakes anybody within that while


@contextlib.contextmanager
def released(hold: Hold) -> Iterator[None]:
    """Lets the server go on in the end, so that a reader that was not woken ends too."""
    try:
        yield
    finally:
        hold.release()


def test_fifty_streams_closed_by_other_threads(server):
    """Each reader gets StreamError with its text, and every connection is given back."""
    hold = Hold()
    server.on("POST", STREAM).always().stream(token("a"), hold)
    together = threading.Barrier(2)

    def read(stream) -> EdgeQuakeError:
        next(stream)
        together.wait(60)
        with pytest.raises(EdgeQuakeError) as caught:
            next(stream)
        return caught.value

    with EdgequakeClient(base_url=server.url) as client, ThreadPoolExecutor(1) as thread:
        for _ in range(50):
            stream = client.query.stream("q")
            reader = thread.submit(read, stream)
            together.wait(60)
            stream.close()
            error = reader.result(60)
            assert (type(error), error.partial_text) == (StreamError, "a")
        server.wait_until_closed()


def test_a_client_closed_by_another_thread_ends_the_streams_of_all(server):
    hold = Hold()
    server.on("POST", STREAM).always().stream(token("a"), hold, CLOSE)
    begun = threading.Barrier(9)

    def read(_) -> EdgeQuakeError:
        stream = client.query.stream("q")
        next(stream)
        begun.wait(60)
        with pytest.raises(EdgeQuakeError) as caught:
            next(stream)
        return caught.value

    client = EdgequakeClient(base_url=server.url, timeout=PATIENT)
    with ThreadPoolExecutor(8) as threads, released(hold):
        reading = [threads.submit(read, n) for n in range(8)]
        begun.wait(60)
        client.close()
        errors = [reader.result(A_WHILE) for reader in reading]
    assert {error.partial_text for error in errors} == {"a"}


@pytest.mark.parametrize("what", ["stream", "client"])
def test_closing_from_another_thread_wakes_who_waits_for_the_headers(server, what):
    hold = Hold()
    server.on("POST", STREAM).raw(hold, CLOSE)
    client = EdgequakeClient(base_url=server.url, timeout=PATIENT, max_retries=0)
    with client, ThreadPoolExecutor(1) as thread, released(hold):
        stream = client.query.stream("q")
        reader = thread.submit(next, stream)
        hold.wait_until_reached()
        stream.close() if what == "stream" else client.close()
        with pytest.raises(EdgeQuakeError):
            reader.result(A_WHILE)


def test_closing_from_another_task_wakes_who_waits_for_the_headers(server):
    hold = Hold()
    server.on("POST", STREAM).raw(hold, CLOSE)

    async def main() -> None:
        async with AsyncEdgequakeClient(base_url=server.url, timeout=PATIENT, max_retries=0) as client:
            stream = client.query.stream("q")
            reader = asyncio.create_task(anext(stream))
            await asyncio.to_thread(hold.wait_until_reached)
            await stream.aclose()
            with released(hold), pytest.raises(EdgeQuakeError):
                await asyncio.wait_for(reader, A_WHILE)

    asyncio.run(main())


def test_a_stream_that_one_thread_opens_is_refused_to_another(server):
    hold = Hold()
    server.on("POST", STREAM).raw(hold, CLOSE)
    with EdgequakeClient(base_url=server.url, max_retries=0) as client, ThreadPoolExecutor(1) as thread:
        stream = client.query.stream("q")
        opener = thread.submit(stream.__enter__)
        hold.wait_until_reached()
        with released(hold), pytest.raises(StreamError, match="being opened by another thread"):
            next(stream)
        with pytest.raises(EdgeQuakeError):
            opener.result(60)


def test_a_stream_read_by_two_threads_at_once_tells_one_of_them(server):
    hold = Hold()
    server.on("POST", STREAM).stream(token("a"), hold, DONE)
    with EdgequakeClient(base_url=server.url) as client, ThreadPoolExecutor(1) as thread:
        stream = client.query.stream("q")
        next(stream)
        reader = thread.submit(list, stream)
        while not getattr(stream, "_reader", stream)._reading:
            pass  # until it waits for the server
        try:
            with pytest.raises(StreamError):
                next(stream)
        finally:
            hold.release()
        assert reader.result(60) == [DONE]


@pytest.mark.parametrize("other", [next, lambda stream: list(stream.batched()), lambda stream: stream.prefetch(2)])
def test_another_reader_is_refused_and_takes_nothing_from_the_first(server, other):
    hold = Hold()
    server.on("POST", STREAM).stream(token("a"), hold, token("b"), DONE)
    with EdgequakeClient(base_url=server.url) as client, ThreadPoolExecutor(1) as thread:
        stream = client.query.stream("q")
        texts = stream.batched(max_chars=1)
        assert next(texts) == "a"
        reader = thread.submit(list, texts)
        while not stream._reader._reading:
            pass  # until it waits for the server
        try:
            with pytest.raises(EdgeQuakeError):
                other(stream)
        finally:
            hold.release()
        assert reader.result(60) == ["b"]


@pytest.mark.parametrize("inside", [None, "another loop"])
@pytest.mark.parametrize("begun", [False, True])
def test_an_async_stream_that_another_thread_lets_go_of_is_given_back_in_its_own_loop(server, caplog, inside, begun):
    server.on("POST", STREAM).always().stream(token("a"), Hold())
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def there(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(60)

    async def let_go() -> None:
        held.clear()
        gc.collect()

    client = AsyncEdgequakeClient(base_url=server.url)
    held = [client.query.stream("q")]
    try:
        there(held[0].__anext__() if begun else held[0].__aenter__())
        if inside:
            asyncio.run(let_go())
        else:
            held.clear()
            gc.collect()
        server.wait_until_closed()
    finally:
        there(client.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
    assert not [record for record in caplog.records if record.name == "asyncio"]

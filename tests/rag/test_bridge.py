"""The corners of the two bridges."""

import asyncio
import gc
import threading

import pytest
from rag.fakes import WAIT, AsyncLLM, Retriever, SyncLLM, endless, never, threads_of_streams
from tables import table

from edgequake._streams import bridge
from edgequake.rag import StreamConfig, StreamingRAG


class View:
    """An iterator without close(), as some clients hand out."""

    def __init__(self, tokens):
        self._tokens = iter(tokens)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._tokens)

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return next(self._tokens)
        except StopIteration:
            raise StopAsyncIteration from None


class Response(View):
    """A client's stream, which holds the connection and is to be closed itself."""

    def __init__(self, tokens):
        super().__init__(tokens)
        self.closed = 0

    def __iter__(self):
        return View(self._tokens)

    def __aiter__(self):
        return View(self._tokens)

    def close(self):
        self.closed += 1


class AsyncResponse(Response):
    async def close(self):
        self.closed += 1


class Client:
    def __init__(self, response):
        self.response = response


class SyncClient(Client):
    def stream(self, prompt):
        return self.response


class AsyncClient(Client):
    def astream(self, prompt):
        return self.response


@table(
    "client",
    [SyncClient(Response("ab")), AsyncClient(Response("ab")), AsyncClient(AsyncResponse("ab"))],
)
def test_a_response_is_closed_once_though_its_iterator_is_another_object(client):
    assert StreamingRAG(Retriever(), client).query("why?")["answer"] == "ab"
    assert client.response.closed == 1


@table("client", [SyncClient(View("ab")), SyncClient(["a", "b"]), AsyncClient(View("ab"))])
def test_an_iterator_that_cannot_be_closed_is_simply_read(client):
    assert StreamingRAG(Retriever(), client).query("why?")["answer"] == "ab"


def test_a_stream_that_is_awaitable_and_iterable_is_iterated():
    class Lazy(View):
        def __await__(self):
            raise AssertionError("not asked for")

    assert StreamingRAG(Retriever(), AsyncClient(Lazy("ab"))).query("why?")["answer"] == "ab"


class FailingClose:
    async def astream(self, prompt):
        try:
            while True:
                yield "a"
        finally:
            raise ConnectionError("already gone")


def test_an_error_while_closing_reaches_who_closes():
    stream = StreamingRAG(Retriever(), FailingClose()).stream("why?")
    next(stream)
    with pytest.raises(ConnectionError, match="already gone"):
        stream.close()


async def test_an_error_while_closing_reaches_who_closes_an_async_stream():
    stream = StreamingRAG(Retriever(), FailingClose()).astream("why?")
    await anext(stream)
    with pytest.raises(ConnectionError, match="already gone"):
        await stream.aclose()


def test_whoever_leaves_waits_for_a_slow_cleanup_no_longer_than_the_grace(monkeypatch):
    monkeypatch.setattr(bridge, "CLOSE_GRACE", 0.05)
    let_go = threading.Event()

    class SlowToClose:
        async def astream(self, prompt):
            try:
                while True:
                    yield "a"
            finally:
                await asyncio.to_thread(let_go.wait, WAIT)

    stream = StreamingRAG(Retriever(), SlowToClose()).stream("why?")
    next(stream)
    stream.close()
    (thread,) = threads_of_streams()
    let_go.set()
    thread.join(WAIT)
    assert not thread.is_alive()


def test_a_stream_may_be_dropped_inside_its_own_loop():
    loops = []

    class LLM(AsyncLLM):
        def astream(self, prompt):
            loops.append(asyncio.get_running_loop())
            return super().astream(prompt)

    llm = LLM(endless())
    streams = [StreamingRAG(Retriever(), llm).stream("why?")]
    next(streams[0])
    loops[0].call_soon_threadsafe(streams.clear)
    assert llm.closed.wait(WAIT)
    assert streams == []


def test_what_an_llm_leaves_in_the_loop_ends_with_the_stream():
    ended = threading.Event()

    async def linger():
        try:
            await never()
        finally:
            ended.set()

    async def open_something():
        tasks.append(asyncio.create_task(linger()))
        await asyncio.sleep(0)
        return "a"

    tasks = []
    StreamingRAG(Retriever(), AsyncLLM([open_something])).query("why?")
    assert ended.is_set()
    assert threads_of_streams() == []


def test_an_llm_that_cancels_every_task_does_not_hang_the_consumer():
    async def cancel_all():
        for task in asyncio.all_tasks():
            task.cancel()
        await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        StreamingRAG(Retriever(), AsyncLLM(["a", cancel_all])).query("why?")
    assert threads_of_streams() == []


def test_a_consumer_is_told_when_the_loop_was_ended_under_it():
    loops = []

    async def note_loop():
        loops.append((asyncio.get_running_loop(), asyncio.current_task()))
        return "a"

    stream = StreamingRAG(Retriever(), AsyncLLM([note_loop, "b"])).stream("why?")
    next(stream)
    loop, task = loops[0]
    (thread,) = threads_of_streams()
    loop.call_soon_threadsafe(task.cancel)
    thread.join(WAIT)
    with pytest.raises(RuntimeError):
        next(stream)


@table("llm_type", [AsyncLLM, SyncLLM])
@table("known_to_loop", [True, False])
def test_an_async_stream_whose_loop_is_gone_leaves_no_thread(llm_type, known_to_loop):
    async def begin(stream):
        return await anext(stream)

    loop = asyncio.new_event_loop()
    stream = StreamingRAG(Retriever(), llm_type(endless())).astream("why?")
    loop.run_until_complete(begin(stream) if known_to_loop else anext(stream))
    loop.close()
    threads = threads_of_streams()
    del stream
    gc.collect()
    for thread in threads:
        thread.join(WAIT)
    assert threads_of_streams() == []


def test_a_worker_whose_loop_is_gone_ends_in_silence():
    let_go = threading.Event()

    async def leave():
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def block():
            loop.call_soon_threadsafe(task.cancel)
            let_go.wait(WAIT)

        await bridge.call(block)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(leave())
    (thread,) = threads_of_streams()
    let_go.set()
    thread.join(WAIT)
    assert not thread.is_alive()


def test_no_more_threads_is_an_error_of_the_sync_api(monkeypatch):
    monkeypatch.setattr(threading.Thread, "start", _refuse)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        StreamingRAG(Retriever(), AsyncLLM()).query("why?")


async def test_no_more_threads_is_an_error_event_of_the_async_api(monkeypatch):
    monkeypatch.setattr(threading.Thread, "start", _refuse)
    events = [event async for event in StreamingRAG(Retriever(), AsyncLLM()).astream_events("why?")]
    assert events[-1].data == {"msg": "can't start new thread", "stage": "retrieval"}


def _refuse(thread):
    raise RuntimeError("can't start new thread")


def test_a_consumer_that_takes_its_time_uses_up_the_generation_timeout():
    stream = StreamingRAG(Retriever(), SyncLLM(endless()), StreamConfig(generation_timeout=0.05)).stream_events("?")
    for event in stream:
        if event.is_chunk:
            threading.Event().wait(0.06)
    assert event.data == {"msg": "Generation timed out", "stage": "generation"}

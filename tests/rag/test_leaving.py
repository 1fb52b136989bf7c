"""Slow consumers, consumers that leave, and what they leave behind: nothing."""

import asyncio
import gc
import subprocess
import sys
import threading

import pytest
from rag.fakes import (
    WAIT,
    AsyncLLM,
    AsyncRetriever,
    Backend,
    BlockedRetriever,
    Retriever,
    SyncLLM,
    endless,
    never,
    threads_of_streams,
)

from edgequake.rag import StreamConfig, StreamingRAG

LLMS = pytest.mark.parametrize("llm_type", [AsyncLLM, SyncLLM])


def assert_all_over(llm):
    assert llm.closed.is_set()
    assert threads_of_streams() == []


async def assert_soon_all_over(llm):
    """After a break the event loop closes the generator in a task of its own."""
    gc.collect()
    await asyncio.sleep(0)
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others, timeout=WAIT)
    assert_all_over(llm)


# Slow consumers


@LLMS
def test_an_llm_gives_no_token_before_it_is_asked_for(llm_type):
    llm = llm_type(endless())
    stream = StreamingRAG(Retriever(), llm).stream("why?")
    for number in range(1, 6):
        assert next(stream) == f"{number} "
        assert llm.given == number
    stream.close()
    assert llm.given == 5


@LLMS
async def test_an_llm_gives_an_async_consumer_no_token_before_it_is_asked_for(llm_type):
    llm = llm_type(endless())
    stream = StreamingRAG(Retriever(), llm).astream("why?")
    for number in range(1, 6):
        assert await anext(stream) == f"{number} "
        await asyncio.sleep(0)
        assert llm.given == number
    await stream.aclose()
    assert llm.given == 5
    assert_all_over(llm)


# Consumers that leave


@LLMS
@pytest.mark.parametrize("door", ["stream", "stream_events"])
def test_a_break_stops_the_llm_before_the_next_line(llm_type, door):
    llm = llm_type(endless())
    for event in getattr(StreamingRAG(Retriever(), llm), door)("why?"):
        if str(event) == "3 ":
            break
    del event
    assert_all_over(llm)
    assert llm.given == 3


@LLMS
def test_close_stops_the_llm(llm_type):
    llm = llm_type(endless())
    stream = StreamingRAG(Retriever(), llm).stream("why?")
    next(stream)
    stream.close()
    assert_all_over(llm)


@LLMS
def test_garbage_collection_stops_the_llm(llm_type):
    llm = llm_type(endless())
    stream = StreamingRAG(Retriever(), llm).stream("why?")
    next(stream)
    cycle = [stream]
    cycle.append(cycle)
    del stream, cycle
    gc.collect()
    assert_all_over(llm)


@LLMS
def test_an_error_in_the_consumers_loop_stops_the_llm(llm_type):
    llm = llm_type(endless())

    def consume():
        for _ in StreamingRAG(Retriever(), llm).stream("why?"):
            raise LookupError

    with pytest.raises(LookupError):
        consume()
    assert_all_over(llm)


@LLMS
@pytest.mark.parametrize("callback", ["on_chunk", "on_event"])
def test_an_error_in_a_callback_reaches_the_caller_and_stops_the_llm(llm_type, callback):
    def fail(_):
        raise LookupError("disk full")

    llm = llm_type(endless())
    rag = StreamingRAG(Retriever(), llm, **{callback: fail})
    with pytest.raises(LookupError, match="disk full"):
        list(rag.stream("why?"))
    assert threads_of_streams() == []
    assert llm.closed.is_set() is (callback == "on_chunk")  # on_event fails before there is an LLM to close
    assert rag.stats["total_errors"] == 0


@LLMS
@pytest.mark.parametrize("door", ["astream", "astream_events"])
async def test_an_error_in_a_callback_reaches_the_async_caller_too(llm_type, door):
    def fail(_):
        raise LookupError("disk full")

    llm = llm_type(endless())
    with pytest.raises(LookupError, match="disk full"):
        async for _ in getattr(StreamingRAG(Retriever(), llm, on_chunk=fail), door)("why?"):
            pass
    await assert_soon_all_over(llm)


def test_a_stream_that_was_never_begun_has_nothing_to_close():
    llm = AsyncLLM()
    rag = StreamingRAG(Retriever(), llm)
    stream = rag.stream("why?")
    assert threads_of_streams() == []
    stream.close()
    assert rag.stats["total_streams"] == 0


@LLMS
@pytest.mark.parametrize("door", ["astream", "astream_events"])
async def test_a_break_in_an_async_loop_stops_the_llm(llm_type, door):
    llm = llm_type(endless())
    async for event in getattr(StreamingRAG(Retriever(), llm), door)("why?"):
        if str(event) == "3 ":
            break
    await assert_soon_all_over(llm)
    assert llm.given == 3


@LLMS
async def test_aclose_stops_the_llm_before_it_returns(llm_type):
    llm = llm_type(endless())
    stream = StreamingRAG(Retriever(), llm).astream("why?")
    await anext(stream)
    await stream.aclose()
    assert_all_over(llm)


@LLMS
async def test_collection_of_an_async_stream_stops_the_llm(llm_type):
    llm = llm_type(endless())
    stream = StreamingRAG(Retriever(), llm).astream("why?")
    await anext(stream)
    cycle = [stream]
    cycle.append(cycle)
    del stream, cycle
    await assert_soon_all_over(llm)


async def _consume(rag):
    async for _ in rag.astream("why?"):
        pass


async def test_cancelling_the_consumer_stops_an_llm_that_waits():
    waiting = asyncio.Event()

    async def wait():
        waiting.set()
        await never()

    llm = AsyncLLM(["a", wait])
    rag = StreamingRAG(Retriever(), llm)
    task = asyncio.create_task(_consume(rag))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await assert_soon_all_over(llm)
    assert rag.stats["total_errors"] == 0


async def test_cancelling_the_consumer_leaves_a_blocking_llm_to_close_in_its_own_thread():
    loop = asyncio.get_running_loop()
    blocked, let_go = asyncio.Event(), threading.Event()

    def block():
        loop.call_soon_threadsafe(blocked.set)
        let_go.wait(WAIT)
        return "late"

    llm = SyncLLM(["a", block, "b"])
    task = asyncio.create_task(_consume(StreamingRAG(Retriever(), llm)))
    await blocked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not llm.closed.is_set()
    (thread,) = threads_of_streams()
    let_go.set()
    thread.join(WAIT)
    assert_all_over(llm)
    assert llm.closed_in == llm.opened_in == thread.name
    assert llm.given == 2


async def test_cancelling_the_consumer_ends_the_wait_for_a_blocking_retriever():
    loop = asyncio.get_running_loop()
    blocked = asyncio.Event()

    class Blocked(BlockedRetriever):
        def retrieve(self, query):
            loop.call_soon_threadsafe(blocked.set)
            return super().retrieve(query)

    backend = Blocked()
    rag = StreamingRAG(backend, SyncLLM())
    task = asyncio.create_task(_consume(rag))
    await blocked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    backend.let_go.set()


async def test_a_timeout_of_the_consumers_own_is_no_error_event():
    rag = StreamingRAG(AsyncRetriever(), AsyncLLM([never]))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await _consume(rag)
    assert rag.stats["total_errors"] == 0


# On time, whatever blocks


def test_a_blocking_llm_ends_on_time_for_the_consumer(collect, soon):
    let_go = threading.Event()
    llm = SyncLLM(["a", lambda: let_go.wait(WAIT) and "late"])
    events = collect(StreamingRAG(Retriever(), llm, StreamConfig(generation_timeout=soon)))
    assert events[-1].data == {"msg": "Generation timed out", "stage": "generation"}
    assert not llm.closed.is_set()
    let_go.set()
    assert llm.closed.wait(WAIT)


def test_a_blocking_generate_ends_on_time_for_the_consumer(collect):
    let_go = threading.Event()

    class Blocking(Retriever):
        def generate(self, query, context):
            let_go.wait(WAIT)
            return "late"

    events = collect(StreamingRAG(Blocking(), config=StreamConfig(generation_timeout=0.05)))
    assert events[-1].data == {"msg": "Generation timed out", "stage": "generation"}
    let_go.set()


def test_a_retriever_blocked_in_the_loops_own_executor_holds_up_nobody():
    let_go = threading.Event()

    class Delegating:
        async def retrieve(self, query):
            await asyncio.to_thread(let_go.wait, WAIT)

    result = StreamingRAG(Delegating(), SyncLLM(), StreamConfig(retrieval_timeout=0.05)).query("why?")
    assert result["events"][-1].data["msg"] == "Retrieval timed out"
    assert threads_of_streams() == []
    let_go.set()


def test_a_program_ends_although_a_retriever_still_blocks():
    program = """
import threading
from edgequake.rag import StreamConfig, StreamingRAG

class Blocked:
    def retrieve(self, query):
        threading.Event().wait()
    def generate(self, query, context):
        return ""

print(StreamingRAG(Blocked(), config=StreamConfig(retrieval_timeout=0.05)).query("why?")["events"][-1].data["msg"])
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=300, check=True
    )
    assert (done.stdout, done.stderr) == ("Retrieval timed out\n", "")


# Where things run


async def test_blocking_backends_and_llms_run_in_threads_of_their_own():
    backend, llm = Retriever(), SyncLLM()
    await _consume(StreamingRAG(backend, llm))
    assert backend.thread == "edgequake-bridge-call"
    assert llm.opened_in == llm.closed_in == "edgequake-bridge-iterate"
    assert threads_of_streams() == []


async def test_async_backends_and_llms_run_in_the_callers_loop():
    backend, llm = AsyncRetriever(), AsyncLLM()
    await _consume(StreamingRAG(backend, llm))
    assert backend.thread == llm.opened_in == llm.closed_in == threading.current_thread().name


@pytest.mark.parametrize("rag", [StreamingRAG(Retriever(), SyncLLM()), StreamingRAG(Backend("a b"))])
def test_callbacks_run_in_the_thread_of_the_consumer(rag):
    threads = set()
    rag.on_chunk = rag.on_event = lambda _: threads.add(threading.current_thread())
    rag.query("why?")
    assert threads == {threading.current_thread()}


def test_a_lazy_retrieval_is_exhausted_where_it_began():
    threads = []

    class Lazy:
        def retrieve(self, query):
            threads.append(threading.current_thread())
            yield "a"
            threads.append(threading.current_thread())

    assert StreamingRAG(Lazy(), SyncLLM()).query("why?")["events"][1].data["num_docs"] == 1
    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()


async def test_a_function_that_returns_an_awaitable_is_awaited():
    class Indirect:
        def retrieve(self, query):
            return AsyncRetriever().retrieve(query)

    rag = StreamingRAG(Indirect(), AsyncLLM())
    assert [event async for event in rag.astream_events("why?")][1].data["num_docs"] == 1


@LLMS
async def test_the_sync_api_works_inside_a_running_loop(llm_type):
    llm = llm_type()
    rag = StreamingRAG(AsyncRetriever(), llm)
    assert "".join(rag.stream("why?")) == "Graphs link."
    assert rag.query("why?")["answer"] == "Graphs link."
    assert_all_over(llm)

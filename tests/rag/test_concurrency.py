"""Many streams of one instance at once, and the caller's context in each of them."""

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from rag.fakes import WAIT, AsyncLLM, AsyncRetriever, Backend, Retriever, SyncLLM, threads_of_streams

from edgequake.rag import StreamingRAG

MANY = 50  # more than any pool of threads has by default
request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="none")


class Echo:
    """Answers each question with the question, once all others have begun as well."""

    def __init__(self):
        self.all_begun = threading.Barrier(MANY)

    def stream(self, prompt):
        self.all_begun.wait(6 * WAIT)
        yield from prompt.partition("Question: ")[2].split("\n")[0]


class AsyncEcho:
    def __init__(self):
        self.all_begun = asyncio.Barrier(MANY)

    async def astream(self, prompt):
        async with self.all_begun:
            for letter in prompt.partition("Question: ")[2].split("\n")[0]:
                yield letter
                await asyncio.sleep(0)


def assert_all_counted(rag):
    stats = rag.stats
    assert stats["total_streams"] == MANY
    assert stats["total_chunks"] == MANY * 4
    assert stats["total_errors"] == 0
    assert threads_of_streams() == []


QUESTIONS = [f"q{number:03}" for number in range(MANY)]


def test_fifty_threads_stream_at_once():
    rag = StreamingRAG(Retriever(), Echo())
    with ThreadPoolExecutor(MANY) as pool:
        answers = list(pool.map(lambda question: "".join(rag.stream(question)), QUESTIONS))
    assert answers == QUESTIONS
    assert_all_counted(rag)


@pytest.mark.parametrize("llm_type", [Echo, AsyncEcho])
async def test_fifty_tasks_stream_at_once(llm_type):
    rag = StreamingRAG(AsyncRetriever(), llm_type())

    async def ask(question):
        return "".join([text async for text in rag.astream(question)])

    assert await asyncio.gather(*map(ask, QUESTIONS)) == QUESTIONS
    assert_all_counted(rag)


class Witness:
    """Notes the request that each part of a stream believes to belong to."""

    def __init__(self):
        self.seen = {}

    def note(self, part):
        self.seen[part] = request_id.get()


class SyncParts(Witness):
    def retrieve(self, query):
        self.note("retrieve")
        return ["a"]

    def generate(self, query, context):
        self.note("generate")
        return "a"

    def stream(self, prompt):
        self.note("open")
        yield "a"
        self.note("advance")


class AsyncParts(Witness):
    async def retrieve(self, query):
        self.note("retrieve")
        return ["a"]

    async def generate(self, query, context):
        self.note("generate")
        return "a"

    async def astream(self, prompt):
        self.note("open")
        yield "a"
        self.note("advance")


@pytest.mark.parametrize("parts_type", [SyncParts, AsyncParts])
@pytest.mark.parametrize("simulated", [False, True], ids=["llm", "simulated"])
def test_every_part_sees_the_callers_context(collect, parts_type, simulated):
    parts = parts_type()
    rag = StreamingRAG(
        parts,
        None if simulated else parts,
        on_chunk=lambda _: parts.note("on_chunk"),
        on_event=lambda _: parts.note("on_event"),
    )
    token = request_id.set("r-7")
    try:
        collect(rag)
    finally:
        request_id.reset(token)
    own = {"generate"} if simulated else {"open", "advance"}
    assert parts.seen == dict.fromkeys({"retrieve", "on_chunk", "on_event"} | own, "r-7")


def test_what_an_async_llm_sets_in_its_context_stays_between_tokens(collect):
    seen = []

    class LLM:
        async def astream(self, prompt):
            request_id.set("inner")
            yield "a"
            seen.append(request_id.get())

    collect(StreamingRAG(Retriever(), LLM()))
    assert seen == ["inner"]


def test_a_callback_may_ask_in_its_turn():
    inner = StreamingRAG(Backend("inner"))
    answers = []
    outer = StreamingRAG(Retriever(), SyncLLM(["a"]), on_chunk=lambda _: answers.append(inner.query("?")["answer"]))
    assert outer.query("why?")["answer"] == "a"
    assert answers == ["inner"]


def test_one_instance_serves_one_loop_after_another():
    rag = StreamingRAG(AsyncRetriever(), AsyncLLM())

    async def ask():
        return "".join([text async for text in rag.astream("why?")])

    assert [asyncio.run(ask()) for _ in range(2)] == ["Graphs link."] * 2

"""What a stream emits, in which order, and what it says when something fails."""

import asyncio
import re

import pytest
from rag.fakes import (
    WAIT,
    AsyncBackend,
    AsyncLLM,
    AsyncRetriever,
    Backend,
    BlockedRetriever,
    CoroutineLLM,
    Retriever,
    StuckRetriever,
    SyncLLM,
    endless,
    kinds,
    never,
)

from edgequake.rag import EventType, StreamConfig, StreamEvent, StreamingRAG

AT_ONCE = StreamConfig(sim_delay=0)
RETRIEVE_SOON = StreamConfig(retrieval_timeout=0.05)
WHOLE = ["retrieval_start", "retrieval_done", "generation_start", "chunk", "chunk", "chunk", "generation_done"]
GENERATION_FAILED = ["retrieval_start", "retrieval_done", "generation_start", "error"]


@pytest.mark.parametrize("retriever", [Retriever, AsyncRetriever])
@pytest.mark.parametrize("llm", [AsyncLLM, CoroutineLLM, SyncLLM])
def test_a_stream_has_every_event_in_order_with_its_payload(collect, retriever, llm):
    llm = llm()
    config = StreamConfig(prompt_template="{context} {query}")
    events = collect(StreamingRAG(retriever(), llm, config), "why?")
    assert kinds(events) == WHOLE
    assert llm.prompts == ["Nodes are linked. why?"]
    assert [event.data for event in events[:6]] == [
        {"query": "why?"},
        {"num_docs": 1, "docs": [{"text": "Nodes are linked."}]},
        {"prompt_chars": len("Nodes are linked. why?")},
        "Graphs",
        " ",
        "link.",
    ]
    assert events[-1].data == {"total_latency": events[-1].latency}
    assert llm.closed.is_set()


@pytest.mark.parametrize("backend", [Backend, AsyncBackend])
@pytest.mark.parametrize("answer", ["a b c", {"answer": "a b c"}])
def test_without_an_llm_the_backend_answers_and_words_are_streamed(collect, backend, answer):
    backend = backend(answer)
    rag = StreamingRAG(backend, config=AT_ONCE, chunk_size=1)
    events = collect(rag, "why?", {"tone": "dry"})
    assert kinds(events) == WHOLE
    assert [event.data for event in events if event.is_chunk] == ["a ", "b ", "c"]
    assert backend.asked == [("why?", {"tone": "dry"})]


def test_no_context_is_handed_on_as_none(collect):
    backend = Backend("a")
    collect(StreamingRAG(backend))
    assert backend.asked == [("why?", None)]


def test_an_own_llm_that_does_not_stream_leaves_the_answer_to_the_backend(collect):
    backend = Backend("a")
    backend.llm = object()
    events = collect(StreamingRAG(backend))
    assert [event.data for event in events if event.is_chunk] == ["a"]


def test_an_answer_in_one_piece_keeps_every_space_and_newline(collect):
    answer = "\n  First,\tlook:\n\n    def f():\n        pass\n"
    events = collect(StreamingRAG(Backend(answer), config=AT_ONCE, chunk_size=2))
    assert "".join(map(str, events)) == answer


def test_the_delay_lies_between_chunks_and_nowhere_else(collect, monkeypatch):
    slept = []

    async def sleep(seconds):
        slept.append(seconds)

    monkeypatch.setattr("edgequake.rag.pipeline.asyncio.sleep", sleep)
    config = StreamConfig(chunk_size=1, sim_delay=0.5)
    collect(StreamingRAG(Backend("a b c"), config=config))
    assert [seconds for seconds in slept if seconds == 0.5] == [0.5, 0.5]  # other threads may sleep too


def test_latency_starts_at_zero_and_never_falls(collect):
    latencies = [event.latency for event in collect(StreamingRAG(Retriever(), SyncLLM()))]
    assert latencies[0] == 0.0
    assert latencies == sorted(latencies)
    assert all(round(latency, 4) == latency for latency in latencies)


@pytest.mark.parametrize("llm", [AsyncLLM, SyncLLM])
def test_tokens_that_are_none_or_empty_are_skipped(collect, llm):
    events = collect(StreamingRAG(Retriever(), llm([None, "a", "", "b", None])))
    assert [event.data for event in events if event.is_chunk] == ["a", "b"]
    assert kinds(events)[-1] == "generation_done"


@pytest.mark.parametrize("llm", [AsyncLLM, SyncLLM])
@pytest.mark.parametrize(("token", "name"), [(7, "int"), (b"", "bytes"), ({"text": "a"}, "dict")])
def test_a_token_of_another_type_is_an_error_that_names_it(collect, llm, token, name):
    llm = llm(["a", token, "b"])
    events = collect(StreamingRAG(Retriever(), llm))
    assert kinds(events)[-2:] == ["chunk", "error"]
    assert events[-1].data == {"msg": f"the LLM streamed a token of type {name}, not str", "stage": "generation"}
    assert llm.closed.is_set()


@pytest.mark.parametrize("llm", [AsyncLLM, SyncLLM])
def test_an_answer_without_a_token_is_still_done(collect, llm):
    assert kinds(collect(StreamingRAG(Retriever(), llm([])))) == [*GENERATION_FAILED[:3], "generation_done"]


def test_no_documents_are_no_failure(collect):
    events = collect(StreamingRAG(Retriever([]), SyncLLM()))
    assert events[1].data == {"num_docs": 0, "docs": []}
    assert kinds(events) == WHOLE


def test_documents_in_the_event_are_the_consumers_to_change():
    llm = SyncLLM()
    rag = StreamingRAG(Retriever(), llm, StreamConfig(prompt_template="{context}{query}"))
    for event in rag.stream_events("?"):
        if event.type == EventType.RETRIEVAL_DONE:
            event.data["docs"][0].clear()
    assert llm.prompts == ["Nodes are linked.?"]


# Errors


def error(events: list[StreamEvent]) -> dict[str, str]:
    assert events[-1].type is EventType.ERROR
    return events[-1].data


@pytest.mark.parametrize("backend", [BlockedRetriever, StuckRetriever])
def test_retrieval_that_takes_too_long_ends_the_stream_on_time(collect, backend):
    backend = backend()
    events = collect(StreamingRAG(backend, SyncLLM(), RETRIEVE_SOON))
    assert kinds(events) == ["retrieval_start", "error"]
    assert error(events) == {"msg": "Retrieval timed out", "stage": "retrieval"}
    if isinstance(backend, BlockedRetriever):
        assert not backend.let_go.is_set(), "the retriever was still blocking"
        backend.let_go.set()


@pytest.mark.parametrize("retriever", [Retriever, AsyncRetriever])
@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (ValueError("no index"), "no index"),
        (TimeoutError("the database timed out"), "the database timed out"),
        (TimeoutError(), "TimeoutError"),
        (KeyError("x"), "'x'"),
    ],
)
def test_a_retrieval_error_ends_the_stream_with_its_message(collect, retriever, raised, message):
    events = collect(StreamingRAG(retriever(raised), SyncLLM()))
    assert kinds(events) == ["retrieval_start", "error"]
    assert error(events) == {"msg": message, "stage": "retrieval"}


def test_results_that_hold_no_documents_are_a_retrieval_error(collect):
    assert error(collect(StreamingRAG(Retriever(42), SyncLLM())))["stage"] == "retrieval"


@pytest.mark.parametrize("llm", [lambda: AsyncLLM(["a", never]), lambda: AsyncLLM(endless())], ids=["stuck", "endless"])
def test_generation_that_takes_too_long_ends_the_stream_and_the_llm(collect, llm, soon):
    llm = llm()
    events = collect(StreamingRAG(Retriever(), llm, StreamConfig(generation_timeout=soon)))
    assert kinds(events)[:4] == WHOLE[:4]
    assert error(events) == {"msg": "Generation timed out", "stage": "generation"}
    assert llm.closed.is_set()


def test_an_endless_sync_llm_ends_on_time_too(collect, soon):
    llm = SyncLLM(endless())
    assert (
        error(collect(StreamingRAG(Retriever(), llm, StreamConfig(generation_timeout=soon))))["msg"]
        == "Generation timed out"
    )
    assert llm.closed.wait(WAIT)


def test_an_llm_of_empty_tokens_without_end_ends_on_time(collect, soon):
    llm = AsyncLLM("" for _ in endless())
    assert kinds(collect(StreamingRAG(Retriever(), llm, StreamConfig(generation_timeout=soon)))) == GENERATION_FAILED


def test_an_llm_that_swallows_its_cancellation_ends_on_time(collect, soon):
    class Stubborn:
        async def astream(self, prompt):
            try:
                await never()
            except asyncio.CancelledError:
                yield "I go on"

    events = collect(StreamingRAG(Retriever(), Stubborn(), StreamConfig(generation_timeout=soon)))
    assert kinds(events) == GENERATION_FAILED
    assert error(events)["msg"] == "Generation timed out"


def test_a_backend_that_generates_too_slowly_is_a_generation_timeout(collect, soon):
    class Slow(Retriever):
        async def generate(self, query, context):
            await never()

    events = collect(StreamingRAG(Slow(), config=StreamConfig(generation_timeout=soon)))
    assert kinds(events) == GENERATION_FAILED
    assert error(events) == {"msg": "Generation timed out", "stage": "generation"}


@pytest.mark.parametrize("llm", [AsyncLLM, SyncLLM])
@pytest.mark.parametrize(
    ("raised", "message"),
    [(ConnectionError("no LLM there"), "no LLM there"), (TimeoutError("its own"), "its own"), (OSError(), "OSError")],
)
def test_a_generation_error_ends_the_stream_after_the_chunks_so_far(collect, llm, raised, message):
    llm = llm(["a", raised, "b"])
    events = collect(StreamingRAG(Retriever(), llm))
    assert kinds(events) == [*WHOLE[:4], "error"]
    assert error(events) == {"msg": message, "stage": "generation"}
    assert llm.closed.is_set()


def test_an_llm_that_fails_before_its_first_token_is_a_generation_error(collect):
    class Broken:
        def stream(self, prompt):
            raise PermissionError("no key")

        astream = None

    assert error(collect(StreamingRAG(Retriever(), Broken()))) == {"msg": "no key", "stage": "generation"}


def test_a_stream_that_is_no_iterator_is_a_generation_error(collect):
    class Wrong:
        async def astream(self, prompt):
            return ["a"]

    assert error(collect(StreamingRAG(Retriever(), Wrong()))) == {
        "msg": "astream() must give an async iterator, not list",
        "stage": "generation",
    }


@pytest.mark.parametrize("backend", [Backend, AsyncBackend])
@pytest.mark.parametrize(("answer", "message"), [(ValueError("no model"), "no model"), (42, "not int")])
def test_a_backend_that_fails_to_generate_is_a_generation_error(collect, backend, answer, message):
    events = collect(StreamingRAG(backend(answer)))
    assert kinds(events) == GENERATION_FAILED
    assert message in error(events)["msg"]
    assert error(events)["stage"] == "generation"


def test_stop_iteration_from_a_blocking_call_is_an_error_like_any_other(collect):
    assert "StopIteration" in error(collect(StreamingRAG(Retriever(StopIteration()), SyncLLM())))["msg"]


@pytest.mark.parametrize("stage", ["retrieval", "generation"])
def test_a_cancellation_from_within_is_an_error_and_not_the_consumers(collect, stage):
    cancelled = asyncio.CancelledError()
    retriever = AsyncRetriever(cancelled) if stage == "retrieval" else Retriever()
    events = collect(StreamingRAG(retriever, AsyncLLM(["a", cancelled])))
    assert error(events) == {"msg": f"{stage.capitalize()} was cancelled from within", "stage": stage}


@pytest.mark.parametrize("llm", [AsyncLLM, SyncLLM])
def test_an_interrupt_is_no_event_but_reaches_the_caller(llm):
    class Interrupt(BaseException):
        pass

    with pytest.raises(Interrupt):
        StreamingRAG(Retriever(), llm(["a", Interrupt()])).query("why?")


def test_without_llm_and_generate_nothing_starts(collect):
    seen = []
    rag = StreamingRAG(Retriever(), on_event=seen.append)
    pattern = r"Retriever has no generate\(query, context\).*AsyncStreamableLLM.*SyncStreamableLLM"
    with pytest.raises(AttributeError, match=re.compile(pattern)):
        collect(rag)
    assert seen == []
    assert rag.stats["total_errors"] == 0


@pytest.mark.parametrize("method", ["stream", "query"])
def test_every_sync_method_says_that_nothing_can_generate(method):
    with pytest.raises(AttributeError, match="nothing can generate"):
        list(getattr(StreamingRAG(Retriever()), method)("why?"))


# The other doors


async def test_stream_and_astream_yield_text_alone():
    rag = StreamingRAG(Retriever(), AsyncLLM())
    assert list(rag.stream("why?")) == ["Graphs", " ", "link."]
    assert [text async for text in rag.astream("why?")] == ["Graphs", " ", "link."]


def test_a_text_stream_that_fails_ends_early():
    assert list(StreamingRAG(Retriever(), SyncLLM(["a", ValueError()])).stream("why?")) == ["a"]


def test_query_returns_the_answer_and_every_event():
    result = StreamingRAG(Retriever(), SyncLLM()).query("why?")
    assert result["answer"] == "Graphs link."
    assert kinds(result["events"]) == WHOLE
    assert result["error"] is None
    assert set(result) == {"answer", "events", "error"}


def test_without_metadata_chunks_and_errors_are_left(collect):
    seen = []
    config = StreamConfig(emit_metadata=False)
    rag = StreamingRAG(Retriever(), SyncLLM(["a", "b"]), config, on_event=seen.append)
    events = collect(rag)
    assert kinds(events) == ["chunk", "chunk"]
    assert seen == events
    assert rag.stats["total_streams"] == 1
    failing = StreamingRAG(Retriever(), SyncLLM(["a", ValueError("no")]), config)
    assert kinds(collect(failing)) == ["chunk", "error"]


# Callbacks


def test_callbacks_come_before_the_consumer_and_chunk_before_event():
    seen = []
    note = seen.append
    rag = StreamingRAG(
        Retriever(),
        SyncLLM(["a", "b"]),
        on_chunk=lambda text: note(("on_chunk", text)),
        on_event=lambda event: note(("on_event", event.type.value)),
    )
    for event in rag.stream_events("why?"):
        note(("consumer", event.type.value))
    expected = []
    for kind, text in [*((k, None) for k in WHOLE[:3]), ("chunk", "a"), ("chunk", "b"), ("generation_done", None)]:
        expected += [("on_chunk", text)] if text else []
        expected += [("on_event", kind), ("consumer", kind)]
    assert seen == expected


async def test_callbacks_fire_for_consumers_of_text_too():
    seen = []
    rag = StreamingRAG(Retriever(), SyncLLM(["a"]), on_event=lambda event: seen.append(event.type.value))
    assert list(rag.stream("why?")) == ["a"]
    assert [text async for text in rag.astream("why?")] == ["a"]
    assert seen == [*WHOLE[:4], "generation_done"] * 2


def test_an_error_event_reaches_the_callback(collect):
    seen = []
    collect(StreamingRAG(Retriever(ValueError("no")), SyncLLM(), on_event=seen.append))
    assert seen[-1].data == {"msg": "no", "stage": "retrieval"}


# Statistics


def test_nothing_has_happened_at_first():
    assert StreamingRAG(Retriever(), SyncLLM()).stats == {
        "total_streams": 0,
        "total_chunks": 0,
        "total_errors": 0,
        "avg_stream_latency_s": 0.0,
    }


def test_statistics_count_streams_chunks_and_errors(collect):
    rag = StreamingRAG(Retriever(), SyncLLM(["a", "b", ValueError()]))
    collect(rag)
    rag.llm = AsyncLLM(["c"])
    collect(rag)
    stats = rag.stats
    assert (stats["total_streams"], stats["total_chunks"], stats["total_errors"]) == (2, 3, 1)


def test_the_mean_latency_is_that_of_completed_streams_alone(collect, monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr("edgequake.rag.pipeline.monotonic", lambda: float(next(clock)))
    rag = StreamingRAG(Retriever(), AsyncLLM(["a"]))
    first = collect(rag)[-1].latency
    assert rag.stats["avg_stream_latency_s"] == first > 0
    rag.llm = AsyncLLM(["a", ValueError()])
    collect(rag)
    assert rag.stats["avg_stream_latency_s"] == first
    rag.llm = AsyncLLM(["a", "b", "c"])
    third = collect(rag)[-1].latency
    assert rag.stats["avg_stream_latency_s"] == (first + third) / 2


def test_a_stream_that_was_left_is_not_completed():
    rag = StreamingRAG(Retriever(), SyncLLM())
    for _ in rag.stream("why?"):
        break
    stats = rag.stats
    assert (stats["total_streams"], stats["total_chunks"], stats["avg_stream_latency_s"]) == (1, 1, 0.0)

import dataclasses
import inspect

import pytest
from rag.fakes import AsyncLLM, Backend, CoroutineLLM, Retriever, SyncLLM
from tables import table

import edgequake.rag
from edgequake.rag import AsyncStreamableLLM, EventType, StreamConfig, StreamEvent, StreamingRAG, SyncStreamableLLM


def test_the_door_is_sorted_and_complete():
    assert edgequake.rag.__all__ == sorted(edgequake.rag.__all__)
    assert set(edgequake.rag.__all__) == {
        "AsyncStreamableLLM",
        "EventType",
        "OpenAICompatibleLLM",
        "StreamConfig",
        "StreamEvent",
        "StreamingRAG",
        "SyncStreamableLLM",
    }


def test_the_constructor_takes_backend_llm_config_and_keywords():
    parameters = inspect.signature(StreamingRAG).parameters.values()
    assert [(p.name, p.kind.name, p.default) for p in parameters] == [
        ("rag_system", "POSITIONAL_OR_KEYWORD", inspect.Parameter.empty),
        ("llm", "POSITIONAL_OR_KEYWORD", None),
        ("config", "POSITIONAL_OR_KEYWORD", None),
        ("chunk_size", "KEYWORD_ONLY", None),
        ("on_chunk", "KEYWORD_ONLY", None),
        ("on_event", "KEYWORD_ONLY", None),
    ]


@table("method", ["stream", "stream_events", "query", "astream", "astream_events"])
def test_every_method_takes_a_query_and_an_optional_context(method):
    parameters = inspect.signature(getattr(StreamingRAG, method)).parameters
    assert list(parameters) == ["self", "query", "context"]
    assert parameters["context"].default is None


@table(
    ("name", "value"),
    [
        ("RETRIEVAL_START", "retrieval_start"),
        ("RETRIEVAL_DONE", "retrieval_done"),
        ("GENERATION_START", "generation_start"),
        ("CHUNK", "chunk"),
        ("GENERATION_DONE", "generation_done"),
        ("ERROR", "error"),
    ],
)
def test_an_event_type_equals_its_string(name, value):
    assert EventType[name] == value
    assert isinstance(EventType[name], str)
    assert EventType(value) is EventType[name]


def test_there_are_six_event_types():
    assert len(EventType) == 6


def test_an_event_is_frozen():
    event = StreamEvent(EventType.CHUNK, "text", 0.5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        event.data = "other"  # that is the test


def test_only_a_chunk_is_a_chunk_and_has_text():
    for kind in EventType:
        event = StreamEvent(kind, "text" if kind == "chunk" else {"a": 1}, 0.0)
        assert event.is_chunk is (kind is EventType.CHUNK)
        assert str(event) == ("text" if kind == "chunk" else "")
    assert str(StreamEvent(EventType.ERROR, {"msg": "no index", "stage": "retrieval"}, 0.0)) == "no index"


def test_an_event_needs_all_its_fields():
    with pytest.raises(TypeError):
        StreamEvent(EventType.CHUNK, "text")  # that is the test


def test_the_protocols_know_their_llms_by_their_methods():
    assert isinstance(AsyncLLM(), AsyncStreamableLLM)
    assert isinstance(CoroutineLLM(), AsyncStreamableLLM)
    assert isinstance(SyncLLM(), SyncStreamableLLM)
    assert not isinstance(AsyncLLM(), SyncStreamableLLM)
    assert not isinstance(SyncLLM(), AsyncStreamableLLM)
    assert not isinstance(object(), SyncStreamableLLM | AsyncStreamableLLM)


class Both(AsyncLLM, SyncLLM):
    pass


class Flags:
    stream = True
    astream = False


@table(
    ("llm", "strategy"),
    [(AsyncLLM(), "async"), (SyncLLM(), "sync"), (Both(), "async"), (None, "sim"), (object(), "sim"), (Flags(), "sim")],
)
def test_the_representation_names_the_strategy(llm, strategy):
    backend = Backend()
    backend.llm = llm
    assert repr(StreamingRAG(backend)) == f"StreamingRAG(llm={strategy}, chunk_size=10)"


@pytest.mark.parametrize("llm", [object(), Flags()], ids=["neither", "flags"])
def test_an_llm_that_would_be_passed_over_is_refused(llm):
    with pytest.raises(TypeError, match=r"astream\(prompt\) or stream\(prompt\).*Backend.generate"):
        StreamingRAG(Backend(), llm)


@table("backend", [object(), {"retrieve": list}, [].append])
def test_a_backend_that_cannot_retrieve_is_refused(backend):
    with pytest.raises(TypeError, match=r"must have a method retrieve\(query\)"):
        StreamingRAG(backend, SyncLLM())


def test_the_representation_has_the_chunk_size_in_force():
    assert repr(StreamingRAG(Backend(), chunk_size=4)) == "StreamingRAG(llm=sim, chunk_size=4)"


def test_the_backends_own_llm_is_used_when_none_is_given():
    backend = Retriever()
    backend.llm = SyncLLM(["own"])
    assert "".join(StreamingRAG(backend).stream("why?")) == "own"
    assert "".join(StreamingRAG(backend, SyncLLM(["given"])).stream("why?")) == "given"


def test_an_instance_keeps_a_copy_of_its_config():
    config = StreamConfig(chunk_size=1, sim_delay=0)
    rag = StreamingRAG(Backend("one two"), config=config)
    config.chunk_size = 7
    assert list(rag.stream("why?")) == ["one ", "two"]


def test_the_chunk_size_keyword_changes_the_copy_alone():
    config = StreamConfig(chunk_size=3, sim_delay=0)
    rag = StreamingRAG(Backend("one two"), config=config, chunk_size=1)
    assert config.chunk_size == 3
    assert list(rag.stream("why?")) == ["one ", "two"]


async def _async_callback(_: object) -> None: ...


@table("name", ["on_chunk", "on_event"])
@table("callback", ["text", _async_callback])
def test_a_callback_that_could_not_be_called_is_refused(name, callback):
    with pytest.raises(TypeError, match=f"{name} must be a plain function"):
        StreamingRAG(Backend(), **{name: callback})

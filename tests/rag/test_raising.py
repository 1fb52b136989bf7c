"""What fails is said: raised where that is the setting, else logged and handed over."""

import asyncio
import logging
import pickle
import subprocess
import sys

import pytest
from rag.fakes import AsyncLLM, Backend, Retriever, StuckRetriever, SyncLLM, kinds

from edgequake import EdgeQuakeError, RAGError
from edgequake.rag import StreamConfig, StreamingRAG

RAISING = StreamConfig(raise_errors=True)
BOOM = ConnectionError("no LLM there")


def stream(rag):
    return "".join(rag.stream("why?"))


def stream_events(rag):
    return "".join(map(str, rag.stream_events("why?")))


def query(rag):
    return rag.query("why?")["answer"]


def astream(rag):
    async def joined():
        return "".join([text async for text in rag.astream("why?")])

    return asyncio.run(joined())


def astream_events(rag):
    async def joined():
        return "".join([str(event) async for event in rag.astream_events("why?")])

    return asyncio.run(joined())


DOORS = pytest.mark.parametrize("door", [stream, stream_events, query, astream, astream_events])


@DOORS
def test_an_llm_that_fails_is_raised_with_the_text_so_far(door):
    seen = []
    rag = StreamingRAG(Retriever(), SyncLLM(["It ", "walks", BOOM]), RAISING, on_event=seen.append)
    with pytest.raises(EdgeQuakeError, match=r"^generation failed: no LLM there$") as caught:
        door(rag)
    error = caught.value
    assert isinstance(error, RAGError)
    assert (error.stage, error.partial_text, error.chunks_received) == ("generation", "It walks", 2)
    assert error.__cause__ is BOOM
    assert seen[-1].data == {"msg": "no LLM there", "stage": "generation"}
    assert rag.stats["total_errors"] == 1


def test_a_retrieval_out_of_time_names_its_setting():
    rag = StreamingRAG(StuckRetriever(), SyncLLM(), StreamConfig(raise_errors=True, retrieval_timeout=0.05))
    with pytest.raises(
        RAGError, match=r"Retrieval timed out after 0.05 s; StreamConfig\(retrieval_timeout=…\)"
    ) as caught:
        stream(rag)
    assert (caught.value.stage, caught.value.partial_text) == ("retrieval", "")
    assert isinstance(caught.value.__cause__, TimeoutError)


def test_an_answer_without_a_failure_raises_nothing():
    assert stream(StreamingRAG(Backend("a b"), config=RAISING)) == "a b"


@DOORS
def test_without_the_setting_a_warning_names_stage_and_message(door, caplog):
    text = door(StreamingRAG(Retriever(), AsyncLLM(["It ", BOOM])))
    assert text == ("It no LLM there" if door in (stream_events, astream_events) else "It ")
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert record.name.startswith("edgequake")
    assert record.getMessage() == "generation failed: no LLM there"


def test_query_hands_over_the_error_and_what_came_before_it():
    result = StreamingRAG(Retriever(), SyncLLM(["It ", BOOM])).query("why?")
    assert result["answer"] == "It "
    assert str(result["error"]) == "generation failed: no LLM there"
    assert (result["error"].stage, result["error"].__cause__) == ("generation", BOOM)
    assert kinds(result["events"])[-1] == "error"


def test_the_error_of_a_query_survives_pickling():
    error = StreamingRAG(Retriever(ValueError("no index")), SyncLLM()).query("why?")["error"]
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.stage) == ("retrieval failed: no index", "retrieval")


def test_a_program_without_logging_prints_nothing_of_it():
    program = """
from edgequake.rag import StreamingRAG

class Broken:
    def retrieve(self, query):
        raise OSError("no index")
    def generate(self, query, context):
        return ""

print(StreamingRAG(Broken()).query("why?")["error"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    assert (done.stdout, done.stderr) == ("retrieval failed: no index\n", "")

import re
import runpy
from pathlib import Path

from rag.fakes import threads_of_streams

ANSWER = "Found in a prompt of N words. "

OUTPUT = [
    "StreamingRAG(llm=async, chunk_size=10)",
    f"Sync: {ANSWER}",
    "[3 documents, after Ts]",
    ANSWER,
    "[done in Ts]",
    ANSWER,
    "11 events",
    f"Async: {ANSWER}",
    "retrieving (Ts)",
    "retrieved 3 documents",
    "generating from True characters",
    ANSWER,
    "total True",
    "{",
    '  "total_streams": 5,',
    '  "total_chunks": 35,',
    '  "total_errors": 0,',
    '  "avg_stream_latency_s": T',
    "}",
    "True",
    "True",
    "StreamingRAG(llm=sync, chunk_size=5)",
    "Hello from a blocking LLM ",
    "StreamingRAG(llm=sim, chunk_size=3)",
    "This answer came |in one piece, |then was cut.|",
]


def test_the_quick_start_runs_as_it_stands(capsys):
    names = runpy.run_path(str(Path(__file__).with_name("quick_start.py")), run_name="__main__")
    output = re.sub(r"\d+\.\d+", "T", capsys.readouterr().out)
    output = re.sub(r"\d+ words", "N words", output)
    assert output.splitlines() == OUTPUT
    assert len(names["log"]) == 35
    assert threads_of_streams() == []

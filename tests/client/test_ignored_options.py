"""An option that the chosen call does not read is a warning: once for a line of the caller's."""

from __future__ import annotations

import subprocess
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from client.wires import QUERY, STREAM, v2
from tables import table

from edgequake import EdgequakeClient, IgnoredOptionWarning
from edgequake.models.options import MODES

if TYPE_CHECKING:
    from client.conftest import Caller

    from edgequake.testing import ScriptServer

PROGRAM = """
from edgequake import EdgequakeClient
client = EdgequakeClient(base_url="http://127.0.0.1:9")
for _ in range(3):
    client.query.stream("q", top_k=5)
    client.query.stream("q", max_results=5, rerank=False)
    client.query.stream_events("q", mode="MIX", context_only=True)
"""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"top_k": 5}, "the server does not read top_k for query.stream(): query.execute() reads it"),
        ({"rerank": False}, "a stream is always reranked"),
        ({"rerank_model": "m"}, "does not read rerank_model"),
        ({"rerank_top_k": 1}, "does not read rerank_top_k"),
        ({"mix_weights": {"local": 1.0}}, "does not read mix_weights"),
        ({"conversation_history": []}, "chat.stream() keeps a conversation"),
        ({"context_only": True}, "does not read context_only"),
        ({"prompt_only": True}, "does not read prompt_only"),
    ],
)
def test_a_stream_warns_at_the_callers_line(caller: Caller, options: dict[str, Any], said: str) -> None:
    client = caller.client()
    for ask in (client.query.stream, client.query.stream_events):
        with pytest.warns(IgnoredOptionWarning) as caught:
            ask("q", **options)
        (warning,) = caught
        assert said in str(warning.message)
        assert warning.filename == __file__


def test_what_a_call_reads_is_no_warning(caller: Caller, server: ScriptServer) -> None:
    server.on("POST", QUERY).always().reply(json={"answer": "a"})
    client = caller.client()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        caller.run(client.query.execute("q", top_k=5, rerank=False, context_only=True, mix_weights=None))
        client.query.stream("q", mode="Hybrid", top_k=None, system_prompt="s", stream_format="v3")
        client.chat.stream("q", top_k=3)
    with pytest.warns(IgnoredOptionWarning, match=r"stream_format for query.execute\(\): query.stream\(\) reads it"):
        caller.run(client.query.execute("q", stream_format="v3"))


def test_asking_warns_of_what_the_stream_does_not_read_alone(caller: Caller, server: ScriptServer) -> None:
    server.on("POST", STREAM).stream(*v2("a")).drop()
    server.on("POST", QUERY).always().reply(json={"answer": "a"})
    client = caller.client(max_retries=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):  # the second falls back
            assert caller.run(client.query.ask("q", stream_format="v2")).answer == "a"


def test_a_program_is_told_once_for_each_line() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=300, check=True)
    told = [line.partition(" for ")[0] for line in done.stderr.splitlines() if "Warning" in line]
    assert told == [
        "<string>:5: IgnoredOptionWarning: the server does not read top_k",
        "<string>:6: IgnoredOptionWarning: the server does not read max_results",
        "<string>:6: IgnoredOptionWarning: the server does not read rerank",
        "<string>:7: IgnoredOptionWarning: the server does not read context_only",
    ]


@table("mode", [*MODES, "MIX"])
def test_every_mode_of_the_server_is_taken_in_any_case(mode: str) -> None:
    EdgequakeClient().query.stream("q", mode=mode)


def test_another_mode_goes_as_an_extra_field(caller: Caller, server: ScriptServer) -> None:
    server.on("POST", STREAM).stream(*v2("a"))
    caller.collect(caller.client().query.stream("q", extra_body={"mode": "later"}))
    assert server.requests[0].json["mode"] == "later"

"""Programs written as the streaming guide has them print the same answer, whichever wire the server speaks.

Three lines of the guide take a chunk for a string: ``sys.stdout.write(chunk)`` (in "Buffering", "Memory Usage" and "No
Output") and ``"".join(chunks)``. Elsewhere the guide takes it for a dict, which it is: there ``str(chunk)`` is meant.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from client.wires import CHAT_STREAM, CHAT_WIRES, GUIDE, PIECES, QUERY, STREAM, TEXT, guide, token, v1, v2
from forks import processes

from edgequake import EdgequakeClient
from edgequake.testing import CUT, Hold, ScriptServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from forks import Ended, Interpreter

    from edgequake.testing.script import Route

__all__ = ["processes"]

PROGRAMS = Path(__file__).parent / "programs"
WIRES = {"guide": guide, "v2": v2, "v1": v1}
RELAYED = "".join(f"data: {piece}\n\n" for piece in PIECES)

PRINTED = {
    "basic_query": f"{TEXT}\n",
    "full_response": f"{TEXT}\n",
    "incomplete_streams": TEXT,
    "connection_errors": TEXT,
    "graceful_degradation": f"{TEXT}\n",
    "word_by_word": f"{TEXT}\n",
    "asyncio_loop": f"{TEXT}\n",
    "asyncio_await": f"{TEXT}\n",
    "to_file": f"Response saved to response.txt\n{TEXT}\n",
    "flask_relay": f"text/event-stream\n{RELAYED}data: [DONE]\n\n",
    "first_token": f"[First token: N s]\n{TEXT}",
    "buffering": TEXT * 2,
    "long_timeout": TEXT,
    "retry_loop": TEXT,
    "json_and_text": TEXT,
    "left_early": "\n[Stream timeout — partial response received]\n",
}


# Runs each program from its beginning against one server after another.
RUN = """
import os, runpy, sys
programs, *urls = sys.argv[1:]
for program in programs.split(os.pathsep):
    for url in urls:
        os.environ["EDGEQUAKE_BASE_URL"] = url
        runpy.run_path(program, run_name="__main__")
        print(end=chr(0), flush=True)
"""


@pytest.fixture
def server() -> Iterator[ScriptServer]:
    with ScriptServer() as running:
        yield running


@pytest.fixture
def other_server() -> Iterator[ScriptServer]:
    with ScriptServer() as running:
        yield running


@pytest.fixture
def servers() -> Iterator[dict[str, ScriptServer]]:
    """One server of each kind."""
    with ScriptServer() as first, ScriptServer() as second, ScriptServer() as third:
        yield dict(zip(WIRES, (first, second, third), strict=True))


def route(servers: dict[str, ScriptServer], kind: str) -> Route:
    """Where a server of this kind answers a query's stream."""
    if kind != "guide":
        return servers[kind].on("POST", STREAM)
    servers[kind].on("POST", STREAM).always().reply(status=405)
    return servers[kind].on("GET", GUIDE)


def unfinished(steps: list[Any]) -> list[Any]:
    """The steps of an answer but for the event that ends it."""
    return [step for step in steps if not isinstance(step, dict) or step.get("type") != "done"]


@pytest.fixture
def run(processes: Interpreter) -> Callable[..., Ended]:
    """Runs programs against the servers, after other code."""

    def run(programs: str, *servers: ScriptServer, first: str = "", **settings: str) -> Ended:
        paths = os.pathsep.join(str(PROGRAMS / f"{program}.py") for program in programs.split())
        return processes.run(first + RUN, paths, *(server.url for server in servers), env=os.environ | settings)

    return run


@pytest.fixture
def printed(run: Callable[..., Ended]) -> Callable[..., list[str]]:
    """What each program printed against each server, without a word of complaint."""

    def printed(programs: str, *servers: ScriptServer, **settings: str) -> list[str]:
        ran = run(programs, *servers, **settings)
        assert (ran.stderr, ran.returncode) == ("", 0)
        shown = re.sub(r"\d+\.\d+ ?s\b", "N s", re.sub(r"[\d.]+ tokens/sec", "N tokens/sec", ran.stdout))
        return shown.split("\0")[:-1]

    return printed


def test_the_programs_of_the_guide_print_the_answer(servers, printed):
    for kind, wire in WIRES.items():
        route(servers, kind).always().stream(*wire(*PIECES))
    shown = iter(printed(" ".join(PRINTED), *servers.values()))
    for program, expected in PRINTED.items():
        assert {kind: next(shown) for kind in WIRES} == dict.fromkeys(WIRES, expected), program
    assert [*shown] == []
    for server in servers.values():
        assert all(request.headers["X-API-Key"] == "your-key" for request in server.requests)


def test_the_guides_hybrid_query_prints_the_answer_and_the_sources_sent_one_by_one(servers, printed):
    for kind, wire in WIRES.items():
        route(servers, kind).stream(*wire(*PIECES))
    # It gives top_k, which only a server of the guide's kind reads for a stream: that is a warning.
    without = "import warnings; warnings.filterwarnings('ignore', 'the server does not read top_k', UserWarning)\n"
    assert printed("hybrid_mode", *servers.values(), first=without) == [f"{TEXT}\n[Source: graphs.md]\n", TEXT, TEXT]
    asked = {"query": "Explain how RAG enhances LLMs", "mode": "hybrid", "top_k": "10"}
    assert servers["guide"].requests[-1].query == asked
    for kind in ("v2", "v1"):
        body = servers[kind].requests[0].json
        assert (body["query"], body["mode"], body["max_results"]) == (asked["query"], "hybrid", 10)


def test_the_guides_progress_counts_every_token(servers, printed):
    words = [f"word{n} " for n in range(12)]
    for kind, wire in WIRES.items():
        route(servers, kind).stream(*wire(*words))
    shown = "".join(words[:10]) + "\n[10 tokens, N tokens/sec]\n" + "".join(words[10:])
    assert printed("progress", *servers.values()) == [f"{shown}\n\nTotal: 12 tokens in N s\n"] * 3


def test_the_guides_chats_print_the_messages_and_the_conversation_goes_on(server, other_server, printed):
    chat_servers = dict(zip(CHAT_WIRES, (server, other_server), strict=True))
    for wire, speaking in chat_servers.items():
        steps = CHAT_WIRES[wire]
        speaking.on("POST", CHAT_STREAM).stream(*steps(*PIECES))
        speaking.on("POST", CHAT_STREAM).stream(*steps("A", " graph.")).stream(*steps("By", " edges."))
    shown = printed("basic_chat multi_turn_chat", *chat_servers.values())
    assert shown == [f"{TEXT}\n"] * 2 + ["A graph.\nBy edges.\n"] * 2
    for speaking in chat_servers.values():
        only, first, second = (request.json for request in speaking.requests)
        assert only["message"] == only["messages"][0]["content"] == "What are the benefits of graph-based RAG?"
        assert "model" not in only
        assert (first["message"], second["message"]) == ("What is EdgeQuake?", "How does it work?")
        assert second["messages"][2] == {"role": "assistant", "content": "A graph."}
        assert "assistant: A graph." in second["system_prompt"]


def test_the_guides_handler_of_lost_connections_begins_again(servers, printed):
    for kind, wire in WIRES.items():
        route(servers, kind).stream(*unfinished(wire("Edge")), CUT).stream(*wire(*PIECES))
    for shown in printed("connection_errors", *servers.values()):
        assert shown.startswith("Edge")
        assert "\n[Connection lost: the connection broke in mid-stream: " in shown
        assert shown.endswith(f"]\n{TEXT}")


def test_the_guides_handler_of_timeouts_is_reached(servers, printed):
    for kind, wire in WIRES.items():
        route(servers, kind).stream(*unfinished(wire("Edge")), Hold())
    shown = printed("connection_errors", *servers.values(), EDGEQUAKE_TIMEOUT="0.5")
    assert shown == ["Edge\n[Stream timeout]\n"] * 3


def test_the_guides_retry_loop_runs_until_the_stream_is_whole(servers, printed):
    for kind, wire in WIRES.items():
        first = unfinished(wire("Edge"))
        route(servers, kind).stream(*first, CUT).stream(*first, CUT).stream(*wire(*PIECES))
    assert printed("retry_loop", *servers.values()) == [f"Edge\n[Retrying...]\nEdge\n[Retrying...]\n{TEXT}"] * 3


def test_the_guides_retry_loop_raises_in_the_end(server, run):
    server.on("POST", STREAM).always().stream(token("Edge"), CUT)
    ran = run("retry_loop", server)
    assert ran.returncode == 1
    assert "edgequake.exceptions.StreamInterruptedError: the connection broke in mid-stream" in ran.stderr
    assert len(server.requests) == 3


def test_the_guides_fallback_gets_the_whole_answer(servers, printed):
    for kind in ("guide", "v2"):
        route(servers, kind).stream(token("Edge"))
        servers[kind].on("POST", QUERY).reply(json={"answer": TEXT})
    for shown in printed("graceful_degradation", servers["guide"], servers["v2"]):
        assert shown.startswith("[Streaming failed: the server closed the stream without its final event")
        assert shown.endswith(f", using synchronous mode]\n{TEXT}\n")


def test_the_guides_catch_all_says_what_went_wrong(server, printed):
    server.on("POST", STREAM).stream(token("Edge"), {"type": "error", "message": "no model", "code": "STREAM_ERROR"})
    assert printed("incomplete_streams", server) == ["Edge\n[Stream error: no model (STREAM_ERROR)]\n"]


@pytest.mark.parametrize("kind", WIRES)
def test_where_the_guide_takes_a_chunk_for_a_string_str_of_it_is_the_text(servers, kind):
    route(servers, kind).always().stream(*WIRES[kind](*PIECES))
    with EdgequakeClient(base_url=servers[kind].url) as client:
        chunks = list(client.query.stream(query="Long essay"))
        assert "".join(map(str, chunks)) == TEXT
        with pytest.raises(TypeError):
            sys.stdout.write(chunks[0])
        assert "".join(client.query.stream(query="Long essay").text_stream) == TEXT


def test_every_program_is_run():
    tried = {*PRINTED, "hybrid_mode", "progress", "basic_chat", "multi_turn_chat"}
    assert {path.stem for path in PROGRAMS.glob("*.py")} == tried

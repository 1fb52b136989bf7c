"""``ask --json``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cli.answers import CONTEXT, DONE, SOURCES, STREAM, token, tokens

from edgequake.testing import CUT

if TYPE_CHECKING:
    from cli.commands import Run

    from edgequake.testing import ScriptServer


def test_json_is_one_object_on_one_line(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).stream(CONTEXT, *tokens("Ly", "on"), DONE, headers={"x-request-id": "r-1"})
    ended = run("ask", "Where?", "--json", "--base-url", edgequake_script.url)
    assert (ended.code, ended.err, ended.out.count("\n")) == (0, "", 1)
    answer = json.loads(ended.out)
    timing = answer.pop("timing")
    assert answer == {
        "answer": "Lyon",
        "mode": "hybrid",
        "provider": "ollama",
        "model": "gemma3",
        "sources": SOURCES,
        "stats": answer["stats"],
        "request_id": "r-1",
    }
    assert answer["stats"]["total_time_ms"] == 20
    assert timing["chunks"] == 4
    assert 0 <= timing["time_to_first_byte"] <= timing["time_to_first_chunk"] <= timing["total"]


def test_json_has_the_same_fields_without_streaming(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).stream(CONTEXT, token("Lyon"), DONE)
    edgequake_script.on("POST", "/api/v1/query").reply(json={"answer": "Lyon", "mode": "mix", "sources": SOURCES})
    streamed = json.loads(run("ask", "q", "--json", "--base-url", edgequake_script.url).out)
    whole = json.loads(run("ask", "q", "--json", "--no-stream", "--base-url", edgequake_script.url).out)
    assert streamed.keys() == whole.keys()
    assert streamed["timing"].keys() == whole["timing"].keys()
    assert whole["sources"] == SOURCES
    assert whole["timing"]["chunks"] == 0
    assert whole["timing"]["time_to_first_chunk"] is None


def test_json_carries_any_text_and_no_raw_control_character(run: Run, edgequake_script: ScriptServer) -> None:
    text = "\x1b[31m é \x9b \x7f \u2028 \x00"
    edgequake_script.on(*STREAM).stream(token(text), DONE)
    ended = run("ask", "q", "--json", "--base-url", edgequake_script.url, terminal=True)
    assert json.loads(ended.out)["answer"] == text
    assert "é" in ended.out
    assert not {"\x1b", "\x9b", "\x7f"} & set(ended.out)


def test_json_is_indented_on_a_terminal(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).stream(token("x"), DONE)
    ended = run("ask", "q", "--json", "--base-url", edgequake_script.url, terminal=True)
    assert ended.out.startswith('{\n  "answer": "x",\n')


def test_json_of_an_answer_that_fails_midway_holds_what_came_and_the_error(
    run: Run, edgequake_script: ScriptServer
) -> None:
    failure = {"type": "error", "code": "STREAM_ERROR", "message": "the model fell over"}
    edgequake_script.on(*STREAM).stream(CONTEXT, *tokens("half an", " answer"), failure)
    ended = run("ask", "q", "--json", "--base-url", edgequake_script.url)
    assert (ended.code, ended.err) == (1, "edgequake: the model fell over (STREAM_ERROR)\n")
    answer = json.loads(ended.out)
    assert (answer["answer"], answer["mode"], answer["sources"]) == ("half an answer", "hybrid", SOURCES)
    assert answer["timing"]["chunks"] == 3
    message = "the model fell over (STREAM_ERROR)"
    assert answer["error"] == {"type": "StreamError", "code": "STREAM_ERROR", "message": message}


@pytest.mark.parametrize("option", ["--stream", "--no-stream"])
def test_json_of_an_answer_that_is_refused_holds_the_error_too(
    run: Run, edgequake_script: ScriptServer, option: str
) -> None:
    for route in (STREAM, ("POST", "/api/v1/query")):
        edgequake_script.on(*route).reply(json={"code": "BAD_REQUEST", "message": "no"}, status=400)
    ended = run("ask", "q", "--json", option, "--base-url", edgequake_script.url)
    answer = json.loads(ended.out)
    assert (ended.code, ended.err.count("\n"), answer["answer"]) == (1, 1, "")
    assert (answer["error"]["type"], answer["error"]["code"]) == ("BadRequestError", "BAD_REQUEST")


def test_json_of_an_answer_that_breaks_off_holds_what_came(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).stream(token("x"), CUT)
    ended = run("ask", "q", "--json", "--base-url", edgequake_script.url)
    assert (ended.code, ended.err.count("\n"), json.loads(ended.out)["answer"]) == (1, 1, "x")

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from cli.answers import CONTEXT, DONE, STREAM, token, tokens
from ports import stopped
from rich.live import Live

from edgequake import EdgequakeClient
from edgequake.local import LocalServer, LocalServerError
from edgequake.testing import CLOSE

if TYPE_CHECKING:
    from pathlib import Path

    from cli.commands import Run

    from edgequake.testing import ScriptServer

USER = "00000000-0000-0000-0000-000000000001"

# -- into a pipe ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", [("Lyon", "."), ("Lyon", ".", "\n"), ("Lyon.\n", "\n\n"), ("Lyon.",)])
def test_a_pipe_gets_the_text_alone_with_one_newline(run: Run, edgequake_script: ScriptServer, texts: Any) -> None:
    edgequake_script.on(*STREAM).stream({"type": "thinking", "content": "…"}, CONTEXT, *tokens(*texts), DONE)
    ended = run("ask", "Where?", "--base-url", edgequake_script.url)
    assert (ended.code, ended.out, ended.err) == (0, "Lyon.\n", "")


@pytest.mark.parametrize(
    ("text", "options", "lines"),
    [
        ("In Lyon [1].\n", [], ["[1] design.md:41"]),
        ("In Lyon [2, 3], see a[9] and [^1].", [], ["[1] design.md:41", "[2] plan.pdf p. 3-4", "[3] MIRA (person)"]),
        (
            "In Lyon [2].",
            ["--all-sources"],
            ["[1] design.md:41", "[2] plan.pdf p. 3-4", "[3] MIRA (person)", "[·] MIRA->RELAY (relationship)"],
        ),
    ],
)
def test_a_pipe_gets_the_sources_that_the_answer_cites_a_line_each(
    run: Run, edgequake_script: ScriptServer, text: str, options: list[str], lines: list[str]
) -> None:
    edgequake_script.on(*STREAM).stream(CONTEXT, token(text), DONE)
    ended = run("ask", "Where?", "--base-url", edgequake_script.url, *options)
    assert ended.out == text.strip() + "\n\n" + "\n".join(lines) + "\n"


def test_sources_without_numbers_of_their_own_are_numbered_by_their_order(
    run: Run, edgequake_script: ScriptServer
) -> None:
    sources = [{"source_type": "chunk", "file_path": name, "start_line": 77} for name in ("a.md", "errors.md")]
    edgequake_script.on(*STREAM).stream({"type": "context", "sources": sources}, token("So [2]."), DONE)
    assert run("ask", "q", "--base-url", edgequake_script.url).out == "So [2].\n\n[2] errors.md:77\n"


def test_newlines_inside_the_answer_stay(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).stream(*tokens("a\n", "\n", "b"), DONE)
    assert run("ask", "q", "--base-url", edgequake_script.url).out == "a\n\nb\n"


def test_a_pipe_gets_what_only_the_final_text_holds(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).stream(token("Lyon"), {**DONE, "answer": "Lyon [1]."})
    edgequake_script.on(*STREAM).stream(token("Lyon"), {**DONE, "answer": "In Lyon."})
    assert run("ask", "q", "--base-url", edgequake_script.url).out == "Lyon [1].\n"
    assert run("ask", "q", "--base-url", edgequake_script.url).out == "Lyon\n"


def test_an_empty_answer_is_nothing_in_a_pipe(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).stream(CONTEXT, DONE)
    assert run("ask", "q", "--base-url", edgequake_script.url).out == ""


# -- what is asked ----------------------------------------------------------------------------------------------------


def test_options_reach_the_server(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).stream(token("x"), DONE)
    options = "--mode HYBRID --provider ollama --model gemma3 --tenant default --workspace default --api-key k"
    options += f" --user {USER}"
    ended = run("ask", "Where?", "--base-url", edgequake_script.url, *options.split())
    assert ended.code == 0
    (request,) = edgequake_script.requests
    assert request.json["query"] == "Where?"
    assert request.json["mode"] == "hybrid"
    assert request.json["llm_provider"] == "ollama"
    assert request.json["llm_model"] == "gemma3"
    sent = {name: request.headers[name] for name in ("X-API-Key", "X-Tenant-ID", "X-Workspace-ID", "X-User-ID")}
    assert list(sent.values()) == ["k", "default", "default", USER]


def test_the_server_is_taken_from_the_environment(
    run: Run, edgequake_script: ScriptServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEQUAKE_BASE_URL", edgequake_script.url)
    edgequake_script.on(*STREAM).stream(token("x"), DONE)
    assert run("ask", "q").out == "x\n"


def test_a_dash_reads_the_question_from_stdin(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).stream(token("x"), DONE)
    run("ask", "-", "--base-url", edgequake_script.url, stdin="Where is\nthe \udcff relay?\n")
    assert edgequake_script.requests[0].json["query"] == "Where is\nthe \ufffd relay?"


@pytest.mark.parametrize("question", ["", "  ", "-"])
def test_an_empty_question_is_an_error(run: Run, question: str) -> None:
    ended = run("ask", question)
    assert (ended.code, ended.out, ended.err) == (1, "", "edgequake: the question is empty\n")


def test_no_stream_asks_for_the_whole_answer(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on("POST", "/api/v1/query").reply(json={"answer": "Lyon.", "mode": "mix"})
    ended = run("ask", "Where?", "--no-stream", "--base-url", edgequake_script.url)
    assert (ended.code, ended.out) == (0, "Lyon.\n")


def test_a_number_of_sources_is_asked_of_the_call_that_reads_it(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on("POST", "/api/v1/query").reply(json={"answer": "Lyon.", "mode": "mix"})
    ended = run("ask", "Where?", "--top-k", "3", "--base-url", edgequake_script.url)
    assert (ended.code, ended.out, ended.err) == (0, "Lyon.\n", "")
    assert edgequake_script.requests[0].json["max_results"] == 3


@pytest.mark.parametrize("command", ["ask", "chat"])
def test_a_mode_that_is_none_is_refused_with_the_six(run: Run, command: str) -> None:
    ended = run(command, *(["Where?"] if command == "ask" else []), "--mode", "hybird")
    assert (ended.code, ended.out) == (2, "")
    words = " ".join(ended.err.replace("│", " ").split())
    assert (
        "'hybird' is not one of 'naive', 'local', 'global', 'hybrid', 'mix', 'bypass'; did you mean 'hybrid'?" in words
    )


# -- on a terminal ----------------------------------------------------------------------------------------------------


def test_a_terminal_gets_the_answer_its_sources_and_timing(
    run: Run, edgequake_script: ScriptServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    edgequake_script.on(*STREAM).stream(CONTEXT, *tokens("\n", " Ly", "on [1]."), DONE)
    ended = run("ask", "Where?", "--base-url", edgequake_script.url, "--all-sources", "-v", terminal=True)
    lines = [line.rstrip() for line in ended.out.splitlines()]
    assert lines[:-1] == [
        "Lyon [1].",
        "",
        "Sources",
        "  [1]  design.md:41-58                   0.74",
        "  [2]  plan.pdf         p. 3-4           0.50",
        "  [3]  MIRA             entity (person)  0.25",
        "    ·  MIRA → RELAY     relationship     0.00",
        "",
    ]
    first, chunks, mode, model = lines[-1].split(" · ")
    assert first.startswith("first chunk after ")
    assert chunks.startswith("5 chunks in ")
    assert chunks.endswith("/s)")
    assert (mode, model) == ("hybrid", "ollama/gemma3")


@pytest.mark.parametrize(
    ("text", "below"),
    [
        ("Lyon [2].", ["", "Sources", "  [2]  plan.pdf  p. 3-4  0.50", "  and 3 more: --all-sources"]),
        ("Lyon.", ["", "  4 sources, none of them cited: --all-sources"]),
    ],
)
def test_a_terminal_gets_the_sources_that_are_cited_and_is_told_of_the_others(
    run: Run, edgequake_script: ScriptServer, monkeypatch: pytest.MonkeyPatch, text: str, below: list[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    edgequake_script.on(*STREAM).stream(CONTEXT, token(text), DONE)
    ended = run("ask", "Where?", "--base-url", edgequake_script.url, terminal=True)
    assert [line.rstrip() for line in ended.out.splitlines()] == [text, *below]


def test_the_whole_answer_on_a_terminal_has_sources_and_timing_too(run: Run, edgequake_script: ScriptServer) -> None:
    sources = [{"id": "x", "source_type": "chunk"}, {"id": "y", "source_type": "chunk"}]
    edgequake_script.on("POST", "/api/v1/query").reply(json={"answer": "Lyon [2]", "mode": "mix", "sources": sources})
    out = run("ask", "q", "--no-stream", "-v", "--base-url", edgequake_script.url, terminal=True).out
    assert "Lyon [2]\n" in out
    assert "[2]" in out
    assert "answered in " in out


def test_an_empty_answer_on_a_terminal_says_so(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).stream(DONE)
    assert "(no answer)" in run("ask", "q", "--base-url", edgequake_script.url, terminal=True).out


def test_control_characters_and_markup_are_shown_not_obeyed(run: Run, edgequake_script: ScriptServer) -> None:
    evil = "\x1b]0;title\x07 \x9b31m [bold]x[/bold]\r"
    source = {"id": evil, "file_path": evil, "source_type": "chunk"}
    entity = {"id": evil, "source_type": "entity", "entity_type": evil}
    edgequake_script.on(*STREAM).stream(
        {"type": "thinking", "content": evil},
        {"type": "context", "sources": [source, entity], "query_mode": evil},
        token(evil),
        {**DONE, "llm_model": evil},
    )
    out = run("ask", "q", "--base-url", edgequake_script.url, terminal=True).out
    assert "[bold]x[/bold]" in out
    assert "\x1b]" not in out
    assert not {"\x07", "\x9b"} & set(out)


def test_no_color_is_heeded(run: Run, edgequake_script: ScriptServer, monkeypatch: pytest.MonkeyPatch) -> None:
    edgequake_script.on(*STREAM).always().stream(CONTEXT, token("x"), DONE)
    assert "\x1b[36m" in run("ask", "q", "--base-url", edgequake_script.url, terminal=True).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[36m" not in run("ask", "q", "--base-url", edgequake_script.url, terminal=True).out


# -- of files ---------------------------------------------------------------------------------------------------------


def test_files_are_asked_without_a_server(run: Run, documents: Path) -> None:
    ended = run("ask", "Who operates the Orion relay?", "--local", str(documents))
    assert (ended.code, ended.err) == (0, "")
    assert "Mira Okafor" in ended.out


@pytest.mark.parametrize(
    "args",
    [
        ["--local", "relay.md", "beacon.txt", "In which crate is the beacon?"],
        ["--local=relay.md", "beacon.txt", "In which crate is the beacon?"],
        ["In which crate is the beacon?", "--local", "relay.md", "beacon.txt"],
        ["In which crate is the beacon?", "--local", "relay.md", "--local", "beacon.txt", "--mode", "naive"],
        ["--local", "relay.md", "beacon.txt", "--", "In which crate is the beacon?"],
    ],
)
def test_local_takes_several_paths(run: Run, documents: Path, monkeypatch: pytest.MonkeyPatch, args: list[str]) -> None:
    monkeypatch.chdir(documents)
    ended = run("ask", *args)
    assert ended.code == 0, ended.err
    assert "crate 7" in ended.out


def test_settings_for_another_server_do_not_disturb_local_files(
    run: Run, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "EDGEQUAKE_BASE_URL": "http://127.0.0.1:9",
        "EDGEQUAKE_API_KEY": "key",
        "EDGEQUAKE_JWT": "token",
        "EDGEQUAKE_WORKSPACE_ID": "0b8f8a8e-0000-4000-8000-000000000009",
        "HTTP_PROXY": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    ended = run("ask", "Who operates the Orion relay?", "--local", str(documents))
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_ctrl_c_while_the_local_server_starts_stops_it(
    run: Run, documents: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    started: list[LocalServer] = []
    start = LocalServer.start

    def interrupted(server: LocalServer) -> LocalServer:
        started.append(server)
        if moment == "after":
            start(server)
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalServer, "start", interrupted)
    ended = run("ask", "q", "--local", str(documents))
    assert (ended.code, ended.out, ended.err) == (130, "", "")
    with pytest.raises(LocalServerError, match="not running"):
        _ = started[0].url


@pytest.mark.parametrize(
    ("args", "missing"),
    [
        (["ask", "q", "--local", "{}/relay.md", "none.md"], "none.md"),
        (["ask", "--mode", "mix", "--local", "{}/relay.md", "none.md", "q"], "none.md"),
        (["ask", "--local", "none.md", "q"], "none.md"),
        (["chat", "--local", "{}/relay.md", "none.md"], "none.md"),
        (["serve", "{}/relay.md", "none.md", "--port", "0"], "none.md"),
    ],
)
def test_a_path_that_is_missing_is_named(run: Run, documents: Path, args: list[str], missing: str) -> None:
    ended = run(*(arg.format(documents) for arg in args))
    assert (ended.code, ended.out, ended.err) == (1, "", f"edgequake: no such file: {missing}\n")


def test_the_question_may_stand_before_between_and_after_the_paths(run: Run, documents: Path) -> None:
    first, second, question = str(documents / "relay.md"), str(documents / "beacon.txt"), "Where is the spare beacon?"
    for args in (
        [question, "--local", first, second],
        ["--local", first, second, question],
        ["--local", first, question, second],
        ["--local", first, second, "--mode", "mix", question],
        ["--local", first, second, "--", question],
    ):
        assert "Paris" in run("ask", *args).out, args


def test_a_missing_file_is_one_line(run: Run, documents: Path) -> None:
    ended = run("ask", "q", "--local", str(documents / "none.md"), terminal=True)
    assert ended.code == 1
    assert ended.err == f"edgequake: no such file: {documents / 'none.md'}\n"


# -- failures ---------------------------------------------------------------------------------------------------------


def test_a_dead_server_is_one_line_with_advice(run: Run, edgequake_script: ScriptServer) -> None:
    with stopped(edgequake_script):
        ended = run("ask", "q", "--base-url", edgequake_script.url, "--retries", "0")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert ended.err.startswith(f"edgequake: cannot reach {edgequake_script.url}: ")
    assert "Errno" not in ended.err
    assert "--local" in ended.err


def test_an_error_status_is_one_line_in_the_servers_words(run: Run, edgequake_script: ScriptServer) -> None:
    body = {"code": "NOT_FOUND", "message": "no such\nworkspace \x1b[2J"}
    edgequake_script.on(*STREAM).reply(json=body, status=404)
    ended = run("ask", "q", "--base-url", edgequake_script.url, "--api-key", "very-secret")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"edgequake: POST {edgequake_script.url}{STREAM[1]}: no such workspace ␛[2J (404 NOT_FOUND)\n"


@pytest.mark.parametrize("terminal", [False, True])
def test_what_came_before_a_failure_stays_shown(run: Run, edgequake_script: ScriptServer, *, terminal: bool) -> None:
    failure = {"type": "error", "code": "STREAM_ERROR", "message": "the model fell over"}
    edgequake_script.on(*STREAM).stream(*tokens("half an", " answer"), failure)
    ended = run("ask", "q", "--base-url", edgequake_script.url, terminal=terminal)
    assert ended.code == 1
    assert ended.out.endswith("half an answer\n")
    assert ended.err == "edgequake: the model fell over (STREAM_ERROR)\n"


def test_a_connection_lost_before_the_answer_gives_no_advice(run: Run, edgequake_script: ScriptServer) -> None:
    edgequake_script.on(*STREAM).raw(CLOSE)
    ended = run("ask", "q", "--base-url", edgequake_script.url, "--retries", "0")
    assert ended.code == 1
    assert "--local" not in ended.err


@pytest.mark.parametrize(
    "args",
    [
        ["--base-url", "ftp://x"],
        ["--timeout", "0"],
        ["--timeout", "nan"],
        ["--api-key", "very-secret\n"],
        ["--model", "gemma3"],
    ],
)
def test_a_setting_that_cannot_work_is_one_line_without_the_key(
    run: Run, edgequake_script: ScriptServer, args: list[str]
) -> None:
    edgequake_script.on(*STREAM).reply(json={"code": "BAD_REQUEST", "message": "both or neither"}, status=400)
    ended = run("ask", "q", "--base-url", edgequake_script.url, *args)
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert "very-secret" not in ended.err


def test_verbose_shows_each_retry_on_stderr(run: Run, edgequake_script: ScriptServer) -> None:
    for verbose in ([], ["-v"]):
        edgequake_script.on(*STREAM).reply(status=503, headers={"Retry-After": "0"})
        edgequake_script.on(*STREAM).stream(token("x"), DONE)
        ended = run("ask", "q", "--base-url", edgequake_script.url, *verbose)
        assert ended.out == "x\n"
        assert len(ended.err.splitlines()) == 2 * len(verbose)
    log, timing = ended.err.splitlines()
    assert log.startswith("edgequake: warning: POST /api/v1/query/stream failed: ")
    assert "retry 1 of 3" in log
    assert timing.startswith("edgequake: first chunk after ")


def test_the_log_is_left_as_it_was(run: Run, edgequake_script: ScriptServer) -> None:
    logger = logging.getLogger("edgequake")
    before = (list(logger.handlers), logger.level)
    edgequake_script.on(*STREAM).stream(token("x"), DONE)
    run("ask", "q", "-v", "--base-url", edgequake_script.url)
    assert (list(logger.handlers), logger.level) == before


@pytest.mark.parametrize("terminal", [False, True])
def test_ctrl_c_is_quiet(run: Run, monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(EdgequakeClient, "__init__", interrupted)
    ended = run("ask", "q", terminal=terminal)
    assert (ended.code, ended.err) == (130, "")


@pytest.mark.parametrize("terminal", [False, True])
def test_a_closed_pipe_is_quiet(
    run: Run, edgequake_script: ScriptServer, monkeypatch: pytest.MonkeyPatch, *, terminal: bool
) -> None:
    def closed(*_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    edgequake_script.on(*STREAM).stream(token("x"), DONE)
    monkeypatch.setattr("edgequake.cli.views.PipeView.text", closed)
    monkeypatch.setattr("edgequake.cli.terminal.TerminalView.text", closed)
    ended = run("ask", "q", "--base-url", edgequake_script.url, terminal=terminal)
    assert (ended.code, ended.err) == (141, "")


def test_a_spinner_that_is_interrupted_while_it_goes_leaves_the_cursor_shown(
    run: Run, edgequake_script: ScriptServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Live.stop

    def cut_short(live: Live) -> None:
        shown = live.is_started
        stop(live)
        if shown:
            raise KeyboardInterrupt

    edgequake_script.on(*STREAM).stream(token("x"), DONE)
    monkeypatch.setattr(Live, "stop", cut_short)
    ended = run("ask", "q", "--base-url", edgequake_script.url, terminal=True)
    assert ended.code == 130
    assert ended.out.endswith("\x1b[?25h")


def test_a_full_disk_is_one_line(run: Run, edgequake_script: ScriptServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    edgequake_script.on(*STREAM).stream(token("x"), DONE)
    monkeypatch.setattr("edgequake.cli.views.PipeView.text", full)
    ended = run("ask", "q", "--base-url", edgequake_script.url)
    assert (ended.code, ended.err) == (1, "edgequake: No space left on device\n")


@pytest.mark.parametrize(
    "args",
    [["ask"], ["ask", "a", "b"], ["ask", "q", "--local", ".", "--base-url", "http://x"], ["ask", "q", "--top-k", "0"]],
)
def test_wrong_usage_exits_with_2(run: Run, args: list[str]) -> None:
    ended = run(*args)
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err

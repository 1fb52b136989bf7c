from __future__ import annotations

import readline
import socket
from typing import TYPE_CHECKING, Any

import pytest
from cli.commands import SECONDS
from ports import stopped

from edgequake.local import LocalServer
from edgequake.testing import CUT, Hold

if TYPE_CHECKING:
    from pathlib import Path

    from cli.commands import Process, Run, Start, Terminal

    from edgequake.testing import ScriptServer

STREAM = ("POST", "/api/v1/chat/completions/stream")
ID = "0b8f8a8e-0000-4000-8000-00000000000a"
CONVERSATION = {"type": "conversation", "conversation_id": ID, "user_message_id": "m"}
SOURCES = [
    {"source_type": "chunk", "id": "c", "reference_id": 1, "file_path": "a.md", "start_line": 1, "end_line": 2},
    *({"source_type": "entity", "id": f"E{n}", "reference_id": n} for n in range(2, 9)),
]
CONTEXT = {"type": "context", "sources": SOURCES, "query_mode": "hybrid"}
DONE = {"type": "done", "assistant_message_id": "n", "llm_provider": "ollama", "llm_model": "gemma3"}
TITLE = {"type": "title_update", "conversation_id": ID, "title": "About \x1b[2J relays"}
FAILURE = {"type": "error", "code": "STREAM_ERROR", "message": "the model fell over"}


def answer(*texts: str, ends: tuple[Any, ...] = (DONE,)) -> list[Any]:
    return [CONVERSATION, CONTEXT, *({"type": "token", "content": text} for text in texts), *ends]


@pytest.fixture
def options(edgequake_script: ScriptServer) -> list[str]:
    return ["--base-url", edgequake_script.url, "--tenant", "default", "--user", "00000000-0000-0000-0000-000000000001"]


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")


def sent(script: ScriptServer) -> list[tuple[str, str | None]]:
    return [(request.json["message"], request.json.get("conversation_id")) for request in script.requests]


# -- from a pipe ------------------------------------------------------------------------------------------------------


def test_each_line_of_a_pipe_is_a_message_of_one_conversation(
    run: Run, edgequake_script: ScriptServer, options: list[str]
) -> None:
    edgequake_script.on(*STREAM).stream(*answer("Ly", "on.\n"), TITLE)
    edgequake_script.on(*STREAM).stream(*answer("In ", "crate 7."))
    ended = run("chat", *options, "--mode", "mix", stdin="Where?\n\n  /help me \udcff\n")
    assert (ended.code, ended.out, ended.err) == (0, "Lyon.\n\nIn crate 7.\n", "")
    assert sent(edgequake_script) == [("Where?", None), ("/help me \ufffd", ID)]
    assert edgequake_script.requests[0].json["mode"] == "mix"


def test_a_conversation_can_be_gone_on_with(run: Run, edgequake_script: ScriptServer, options: list[str]) -> None:
    edgequake_script.on(*STREAM).stream(*answer("x"))
    run("chat", *options, "--conversation", ID, stdin="And then?\n")
    assert sent(edgequake_script) == [("And then?", ID)]


def test_the_first_error_in_a_pipe_is_the_end(run: Run, edgequake_script: ScriptServer, options: list[str]) -> None:
    edgequake_script.on(*STREAM).stream(*answer("one"))
    edgequake_script.on(*STREAM).stream(*answer("half", ends=(FAILURE,)))
    ended = run("chat", *options, stdin="a\nb\nc\n")
    assert (ended.code, ended.out) == (1, "one\n\nhalf\n")
    assert ended.err == "edgequake: the model fell over (STREAM_ERROR)\n"


def test_a_stream_without_a_last_event_of_its_own_is_shown(
    run: Run, edgequake_script: ScriptServer, options: list[str]
) -> None:
    edgequake_script.on(*STREAM).always().stream("Ly", "on")
    assert run("chat", *options, stdin="Where?\n").out == "Lyon\n"
    assert "Lyon\n" in run("chat", *options, stdin="Where?\n", terminal=True).out


def test_files_are_talked_with_without_a_server(run: Run, documents: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEQUAKE_TENANT_ID", "another's")
    paths = [str(documents / "relay.md"), str(documents / "beacon.txt")]
    ended = run("chat", "--local", *paths, stdin="Who operates the Orion relay?\nWhere is the spare beacon?\n")
    assert (ended.code, ended.err) == (0, "")
    _, first, second = ended.out.split("No model is connected", 2)
    assert "Mira Okafor" in first
    assert "Paris" in second


def test_the_answers_in_a_pipe_name_what_they_cite(
    run: Run, edgequake_script: ScriptServer, options: list[str]
) -> None:
    edgequake_script.on(*STREAM).stream(*answer("Lyon [1].")).stream(*answer("Paris."))
    assert run("chat", *options, stdin="a\nb\n").out == "Lyon [1].\n\n[1] a.md:1\n\nParis.\n"


def test_ones_own_server_needs_no_ids(run: Run, documents: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalServer([documents]) as server:
        monkeypatch.setenv("EDGEQUAKE_BASE_URL", server.url)
        ended = run("chat", stdin="Who operates the Orion relay?\nWhere is the spare beacon?\n")
        named = run("chat", "--tenant", "default", stdin="Where?\n")
    assert (ended.code, ended.err) == (0, "")
    assert "Mira Okafor" in ended.out
    assert "give --user (or EDGEQUAKE_USER_ID)" in named.err


# -- what is missing --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ([], "give --tenant (or EDGEQUAKE_TENANT_ID) and --user (or EDGEQUAKE_USER_ID)\n"),
        (["--tenant", "default"], "give --user (or EDGEQUAKE_USER_ID)\n"),
    ],
)
def test_a_missing_tenant_and_user_are_named_as_options(
    run: Run, edgequake_script: ScriptServer, given: list[str], missing: str
) -> None:
    edgequake_script.on(*STREAM).reply(json={"code": "BAD_REQUEST", "message": "who are you"}, status=400)
    ended = run("chat", "--base-url", edgequake_script.url, *given, stdin="Where?\n")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == f"edgequake: who are you (400 BAD_REQUEST); chat needs a tenant and a user: {missing}"


def test_another_refusal_is_told_in_the_servers_words(
    run: Run, edgequake_script: ScriptServer, options: list[str]
) -> None:
    edgequake_script.on(*STREAM).reply(json={"code": "BAD_REQUEST", "message": "no"}, status=400)
    assert run("chat", *options, stdin="Where?\n").err.endswith(f"{STREAM[1]}: no (400 BAD_REQUEST)\n")


def test_a_dead_server_is_one_line_with_advice(run: Run, edgequake_script: ScriptServer, options: list[str]) -> None:
    with stopped(edgequake_script):
        ended = run("chat", *options, "--retries", "0", stdin="Where?\n")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert "`--local PATH` asks your files instead" in ended.err


# -- on a terminal ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("plain")
def test_a_terminal_gets_answers_their_source_count_and_the_title(
    run: Run, edgequake_script: ScriptServer, options: list[str]
) -> None:
    edgequake_script.on(*STREAM).stream(*answer("Lyon."), TITLE)
    ended = run("chat", *options, "-v", stdin="Where?\n", terminal=True)
    assert (ended.code, ended.err) == (0, "")
    greeting, _, rest = ended.out.partition("> ")
    assert edgequake_script.url in greeting
    lines = [line.rstrip() for line in rest.splitlines()]
    assert lines[:2] == ["", "Lyon."]
    assert lines[2].startswith("  8 sources (/sources) · first chunk after ")
    assert "  title: About ␛[2J relays" in lines
    assert lines[-1] == f"  to go on: edgequake chat --conversation {ID}"


@pytest.mark.usefixtures("plain")
def test_the_sources_of_the_last_answer_are_all_shown(
    run: Run, edgequake_script: ScriptServer, options: list[str]
) -> None:
    edgequake_script.on(*STREAM).stream(*answer("Lyon."))
    edgequake_script.on(*STREAM).stream(CONVERSATION, {"type": "token", "content": "x"}, DONE)
    ended = run("chat", *options, stdin="/sources\na\n/sources\nb\n/sources\n", terminal=True)
    _, before, first, its_sources, second, no_sources, _ = ended.out.split("> ")
    assert "no answer yet" in before
    assert "a.md" not in first
    assert "a.md:1-2" in its_sources
    assert "E8" in its_sources
    assert "/sources" not in second
    assert "the last answer named no sources" in no_sources


@pytest.mark.usefixtures("plain")
def test_cited_sources_are_shown_and_a_number_shows_its_passage(
    run: Run, edgequake_script: ScriptServer, options: list[str]
) -> None:
    passage = "The relay\nis in \x1b[2JLyon."
    context = {**CONTEXT, "sources": [{**SOURCES[0], "snippet": passage}, *SOURCES[1:]]}
    edgequake_script.on(*STREAM).stream(CONVERSATION, context, {"type": "token", "content": "In Lyon [1]."}, DONE)
    typed = "/sources 1\nWhere?\n/sources 1\n/sources 2\n/sources 9\n"
    ended = run("chat", *options, stdin=typed, terminal=True)
    _, _, answered, first, second, *_ = ended.out.split("> ")
    assert "  [1]  a.md:1-2" in answered
    assert "E2" not in answered
    assert [line.rstrip() for line in first.splitlines()] == ["  [1] a.md:1", "  The relay", "  is in ␛[2JLyon.", ""]
    assert "(the server sent no text of it)" in second
    assert ended.err.splitlines() == [
        f"edgequake: the last answer has no source [{n}]; /sources lists them" for n in (1, 9)
    ]
    assert edgequake_script.requests[0].json["content_granularity"] == "agent"


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("word", ["exit", "quit", "/quit", "/exit", " Quit "])
def test_a_word_leaves(run: Run, edgequake_script: ScriptServer, options: list[str], word: str) -> None:
    edgequake_script.on(*STREAM).always().stream(*answer("x"))
    ended = run("chat", *options, stdin=f"a\n{word}\nb\n", terminal=True)
    assert (ended.code, [message for message, _ in sent(edgequake_script)]) == (0, ["a"])


@pytest.mark.usefixtures("plain")
def test_new_begins_another_conversation(run: Run, edgequake_script: ScriptServer, options: list[str]) -> None:
    edgequake_script.on(*STREAM).always().stream(*answer("x"))
    run("chat", *options, stdin="a\nb\n/new\nc\n/quit\nd\n", terminal=True)
    assert sent(edgequake_script) == [("a", None), ("b", ID), ("c", None)]


@pytest.mark.usefixtures("plain")
def test_help_lists_the_commands_and_what_is_none_is_said(
    run: Run, edgequake_script: ScriptServer, options: list[str]
) -> None:
    edgequake_script.on(*STREAM).always().stream(*answer("x"))
    ended = run("chat", *options, stdin="/help\n/nothing\n/etc/hosts\n", terminal=True)
    assert all(command in ended.out for command in ("/sources", "/new", "/help", "quit"))
    assert ended.err == "edgequake: no such command: /nothing; /help lists them\n"
    assert sent(edgequake_script) == [("/etc/hosts", None)]


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("one \\\ntwo\\\nthree\n", "one \ntwo\nthree"),
        ('"""one\n\ntwo"""\n', "one\n\ntwo"),
        ('"""\none\n"""\n', "one"),
        ('"""one"""\n', "one"),
        ("\n  \n one \n", "one"),
    ],
)
def test_a_message_may_have_several_lines(
    run: Run, edgequake_script: ScriptServer, options: list[str], typed: str, message: str
) -> None:
    edgequake_script.on(*STREAM).stream(*answer("x"))
    run("chat", *options, stdin=typed, terminal=True)
    assert sent(edgequake_script) == [(message, None)]


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("end", [FAILURE, CUT])
def test_an_error_on_a_terminal_is_one_line_and_the_conversation_goes_on(
    run: Run, edgequake_script: ScriptServer, options: list[str], end: Any
) -> None:
    edgequake_script.on(*STREAM).stream(*answer("half", ends=(end,)))
    edgequake_script.on(*STREAM).stream(*answer("whole"))
    ended = run("chat", *options, stdin="a\nb\n", terminal=True)
    assert (ended.code, ended.err.count("\n")) == (0, 1)
    assert "half\n" in ended.out
    assert "whole\n" in ended.out
    assert sent(edgequake_script) == [("a", None), ("b", ID)]


@pytest.mark.usefixtures("plain")
def test_files_are_described_and_leave_nothing_to_go_on_with(run: Run, documents: Path) -> None:
    ended = run("chat", "--local", str(documents), stdin="Who operates the Orion relay?\n", terminal=True)
    assert (ended.code, ended.err) == (0, "")
    assert "2 documents; answers: passages (add --llm for written ones)" in ended.out
    assert "Mira Okafor" in ended.out
    assert "to go on" not in ended.out


# -- keys on a terminal -----------------------------------------------------------------------------------------------


def lines_typed(start: Start, terminal: Terminal, *args: str, up: int) -> bytes:
    """What the prompt shows after the up key is pressed so often; the line is dropped then."""
    process = start("chat", *args, stdin=terminal.theirs, stdout=terminal.theirs)
    terminal.expect(b"> ")
    terminal.type(b"\x1b[A" * up + b"|")
    shown = terminal.expect(b"|")
    terminal.type(b"\x15\x04")
    assert process.popen.wait(SECONDS) == 0
    return shown


def test_what_was_typed_is_there_the_next_time_and_only_its_owner_can_read_it(
    start: Start, edgequake_script: ScriptServer, terminal: Terminal, options: list[str], tmp_path: Path
) -> None:
    edgequake_script.on(*STREAM).always().stream(*answer("x"))
    history = tmp_path / "state" / "edgequake" / "chat_history"
    history.parent.mkdir(parents=True)
    history.touch(0o666)
    for message in (b"Where is it?", b"And now?"):
        process = start("chat", *options, stdin=terminal.theirs, stdout=terminal.theirs)
        terminal.expect(b"> ")
        terminal.type(message + b"\r")
        terminal.expect(b"(/sources)")
        terminal.expect(b"> ")
        terminal.type(b"\x04")
        assert process.popen.wait(SECONDS) == 0
    assert history.read_text() == "Where is it?\nAnd now?\n"
    assert history.stat().st_mode & 0o777 == 0o600
    assert b"Where is it?|" in lines_typed(start, terminal, *options, up=2)
    assert b"?" not in lines_typed(start, terminal, *options, "--no-history", up=2)
    assert history.read_text() == "Where is it?\nAnd now?\n"


def test_a_history_that_cannot_be_kept_is_done_without(
    start: Start, terminal: Terminal, options: list[str], tmp_path: Path
) -> None:
    (tmp_path / "state").touch()
    assert lines_typed(start, terminal, *options, up=1)


@pytest.mark.usefixtures("plain")
def test_who_has_no_home_folder_chats_without_a_history(
    run: Run, edgequake_script: ScriptServer, options: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def home() -> None:  # as of a container's user who is in no list
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr("pathlib.Path.home", home)
    edgequake_script.on(*STREAM).always().stream(*answer("x"))
    ended = run("chat", *options, stdin="a\n", terminal=True)
    assert (ended.code, ended.err, len(edgequake_script.requests)) == (0, "", 1)


@pytest.fixture
def talk(start: Start, terminal: Terminal, options: list[str]) -> Process:
    process = start("chat", *options, stdin=terminal.theirs, stdout=terminal.theirs)
    terminal.expect(b"> ")
    return process


@pytest.mark.skipif("libedit" in (readline.__doc__ or ""), reason="libedit knows no pasted text")
def test_pasted_lines_are_one_message(talk: Process, edgequake_script: ScriptServer, terminal: Terminal) -> None:
    edgequake_script.on(*STREAM).stream(*answer("Paris"))
    terminal.type(b"\x1b[200~one\ntwo\x1b[201~\r")
    terminal.expect(b"Paris")
    terminal.expect(b"> ")
    terminal.type(b"\x04")
    assert talk.popen.wait(SECONDS) == 0
    assert sent(edgequake_script) == [("one\ntwo", None)]


def test_ctrl_c_stops_the_answer_and_keeps_the_conversation(
    talk: Process, edgequake_script: ScriptServer, terminal: Terminal
) -> None:
    edgequake_script.on(*STREAM).stream(*answer("Lyon", ends=(Hold(),)))
    edgequake_script.on(*STREAM).stream(*answer("Paris"))
    terminal.type(b"a\r")
    terminal.expect(b"Lyon")
    talk.interrupt()
    terminal.expect(b"stopped")
    edgequake_script.wait_for_disconnect(SECONDS)
    terminal.expect(b"> ")
    terminal.type(b"b\r")
    terminal.expect(b"Paris")
    terminal.expect(b"> ")
    terminal.type(b"\x04")
    assert talk.popen.wait(SECONDS) == 0
    assert sent(edgequake_script) == [("a", None), ("b", ID)]


def test_ctrl_c_while_the_title_is_awaited_stops_no_answer(
    talk: Process, edgequake_script: ScriptServer, terminal: Terminal
) -> None:
    edgequake_script.on(*STREAM).stream(*answer("Lyon"), Hold(), TITLE)
    terminal.type(b"a\r")
    terminal.expect(b"(/sources)")
    talk.interrupt()
    assert b"stopped" not in terminal.expect(b"> ")
    terminal.type(b"/quit\r")
    assert talk.popen.wait(SECONDS) == 0


def test_ctrl_c_twice_at_the_prompt_leaves(talk: Process, terminal: Terminal) -> None:
    talk.interrupt()
    terminal.expect(b"Ctrl-C again leaves")
    terminal.expect(b"> ")
    talk.interrupt()
    assert talk.popen.wait(SECONDS) == 130


def test_ctrl_c_drops_what_was_typed(talk: Process, edgequake_script: ScriptServer, terminal: Terminal) -> None:
    edgequake_script.on(*STREAM).stream(*answer("Paris"))
    for typed in (b"half a mess", b'"""half\r of it'):
        terminal.type(typed)
        terminal.expect(typed[-5:])
        talk.interrupt()
        assert b"leaves" not in terminal.expect(b"> ")
    terminal.type(b"b\r")
    terminal.expect(b"Paris")
    terminal.expect(b"> ")
    terminal.type(b"\x04")
    assert talk.popen.wait(SECONDS) == 0
    assert sent(edgequake_script) == [("b", None)]


def test_a_proxy_that_is_down_is_named_instead_of_the_server(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as reserved:  # bound, but nothing listens
        reserved.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{reserved.getsockname()[1]}"
        monkeypatch.setenv("HTTP_PROXY", proxy.replace("://", "://user:s3cr3t@"))
        ended = run("ask", "q", "--retries", "0", "--base-url", "http://example.com")
    assert ended.err == (
        f"edgequake: cannot reach http://example.com: the proxy {proxy} (HTTP_PROXY) cannot be reached: "
        "Connection refused\n"
    )

"""``edgequake batch``: each way in which it can end, and what the next run does then."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from forks import module
from ports import stopped

from edgequake.testing import RESET, Hold

if TYPE_CHECKING:
    from pathlib import Path

    from cli.commands import Run, Start

    from edgequake.testing import ScriptServer

QUERY = ("POST", "/api/v1/query")
SOURCE = {"source_type": "chunk", "id": "c", "score": 0.5, "snippet": None, "file_path": "a.md"}
ANSWER = {"answer": "Lyon.", "mode": "mix", "sources": [SOURCE], "stats": {"total_time_ms": 3}}


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    return written(tmp_path / "questions.jsonl", *({"id": n, "query": f"Question {n}?"} for n in range(4)))


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


def written(path: Path, *rows: Any) -> Path:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def rows(path: Path) -> dict[Any, Any]:
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert len({line["id"] for line in lines}) == len(lines)
    return {line["id"]: line for line in lines}


def asked(server: ScriptServer) -> list[str]:
    return sorted(request.json["query"] for request in server.requests)


def command(server: ScriptServer, questions: Path, answers: Path, *more: str) -> list[str]:
    return ["batch", str(questions), "-o", str(answers), "--base-url", server.url, *more]


def test_each_question_has_its_answer_or_its_error_and_the_next_run_asks_what_failed(
    run: Run, edgequake_script: ScriptServer, tmp_path: Path, answers: Path
) -> None:
    questions = written(
        tmp_path / "q.jsonl",
        "\ufeff" + json.dumps({"id": "Zürich", "query": "Where?", "mode": "naive", "top_k": 3}),
        "",
        {"id": "bad", "query": "Long?"},
    )
    error = {"code": "BAD_REQUEST", "message": "too long"}
    own = {"id": "the server's", "query": "Who?", "error": "none"}  # beyond its contract: they hide no question
    edgequake_script.on(*QUERY).reply(json={**ANSWER, **own}).reply(json=error, status=400)
    ended = run(*command(edgequake_script, questions, answers, "--concurrency", "1"))
    assert (ended.code, ended.err) == (1, "")
    assert ended.out == f"1 answered, 1 failed (the same command tries them again): {answers}\n"
    assert edgequake_script.requests[0].json == {"query": "Where?", "mode": "naive", "max_results": 3}
    answered, failed = rows(answers).values()
    source = {name: value for name, value in SOURCE.items() if value is not None}
    assert answered == {"id": "Zürich", "query": "Where?", **ANSWER, "sources": [source]}
    assert failed["error"].pop("message").endswith("too long (400 BAD_REQUEST)")
    error = {"type": "BadRequestError", "status_code": 400, "code": "BAD_REQUEST"}
    assert failed == {"id": "bad", "query": "Long?", "error": error}
    edgequake_script.on(*QUERY).reply(json=ANSWER)
    ended = run(*command(edgequake_script, questions, answers, "--json"))
    summary = json.loads(ended.out)
    assert (ended.code, summary.pop("seconds") >= 0) == (0, True)
    assert summary == {"answered": 1, "failed": 0, "skipped": 1, "output": str(answers)}
    assert asked(edgequake_script) == ["Long?", "Long?", "Where?"]
    assert rows(answers)["bad"]["answer"] == "Lyon."
    ended = run(*command(edgequake_script, questions, answers))
    assert (ended.code, ended.out, ended.err) == (0, f"0 answered, 2 there already: {answers}\n", "")
    edgequake_script.assert_done()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("nonsense", "line 2 is not JSON: Expecting value"),
        (b"\xff\xfe".decode("latin-1"), "line 2 is not JSON"),
        ([1], 'line 2 is not an object with "id" and "query"'),
        ({"query": "q"}, 'line 2 is not an object with "id" and "query"'),
        ({"id": 1, "query": " "}, "line 2 cannot be asked: query must not be empty"),
        ({"id": 1, "query": 5}, "line 2 cannot be asked: query must be a string"),
        ({"id": None, "query": "q"}, "line 2 cannot be asked: an item's key must be a string or a whole number"),
        ({"id": 1, "query": "q", "mod": "naive"}, "line 2 cannot be asked: unknown option 'mod'; did you mean 'mode'?"),
        ({"id": 1, "query": "q", "top_k": "few"}, "line 2 cannot be asked: an option is not right"),
        ({"id": "a", "query": "q"}, "line 2 has the id of another line: 'a'"),
    ],
)
def test_a_bad_row_is_named_before_anything_is_asked(
    run: Run, edgequake_script: ScriptServer, tmp_path: Path, answers: Path, bad: Any, words: str
) -> None:
    questions = written(tmp_path / "q.jsonl", {"id": "a", "query": "q"}, bad, *["[]"] * 7)
    ended = run(*command(edgequake_script, questions, answers))
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"edgequake: {questions}: {words}")
    assert ended.err.endswith("(and 3 more); nothing was asked\n")
    assert (edgequake_script.requests, answers.exists()) == ([], False)


def test_files_that_do_not_go_together_are_refused(
    run: Run, edgequake_script: ScriptServer, tmp_path: Path, questions: Path, answers: Path
) -> None:
    before = questions.read_bytes()

    def refusal(*files: Path) -> str:
        ended = run(*command(edgequake_script, *files))
        assert ended.code == 1
        return ended.err

    assert "must be another file than the questions" in refusal(questions, questions)
    assert "No such file or directory" in refusal(tmp_path / "nothing.jsonl", answers)
    assert "holds no questions" in refusal(written(tmp_path / "empty.jsonl"), answers)
    notes = written(tmp_path / "notes.md", "# Notes")
    assert "notes.md, line 1, is not a line with 'id'" in refusal(questions, notes)
    written(answers, {"id": 2, "query": "Another?", "answer": "x"})
    assert f"{answers} answers another question under the id 2: give -o another file" in refusal(questions, answers)
    assert "No such file or directory" in refusal(questions, tmp_path / "no" / "folder.jsonl")
    assert (questions.read_bytes(), notes.read_text(), edgequake_script.requests) == (before, "# Notes\n", [])


def test_a_busy_server_is_asked_again(run: Run, edgequake_script: ScriptServer, questions: Path, answers: Path) -> None:
    route = edgequake_script.on(*QUERY)
    route.reply(json=ANSWER).reply(status=429, headers={"Retry-After": "0"}).reply(status=503, headers={
        "Retry-After": "0"}).raw(RESET)  # fmt: skip
    route.always().reply(json=ANSWER)
    ended = run(*command(edgequake_script, questions, answers, "-v"))
    assert ended.code == 0
    assert [line["answer"] for line in rows(answers).values()] == ["Lyon."] * 4
    assert len(edgequake_script.requests) == 7
    assert ended.err.count("another try follows") == 3


def test_a_key_that_is_refused_ends_it_and_the_answers_so_far_are_kept(
    run: Run, edgequake_script: ScriptServer, questions: Path, answers: Path
) -> None:
    refusal = {"error": "unauthorized", "message": "API key expired"}
    edgequake_script.on(*QUERY).reply(json=ANSWER).reply(json=refusal, status=401)
    ended = run(*command(edgequake_script, questions, answers, "--concurrency", "1"))
    assert ended.code == 1
    assert "API key expired" in ended.err
    assert ended.err.endswith(f"; the answers so far are in {answers}, and the same command goes on\n")
    assert list(rows(answers)) == [0]


def test_a_very_long_pause_ends_it_and_is_told(
    run: Run, edgequake_script: ScriptServer, questions: Path, answers: Path
) -> None:
    edgequake_script.always().reply(status=429, headers={"Retry-After": "3600"})
    ended = run(*command(edgequake_script, questions, answers, "--concurrency", "1"))
    assert (ended.code, len(edgequake_script.requests)) == (1, 1)
    assert "; the server asks for a pause of 3600 s; the answers so far are in " in ended.err


def test_a_server_that_is_not_there_ends_it(
    run: Run, edgequake_script: ScriptServer, questions: Path, answers: Path
) -> None:
    with stopped(edgequake_script):
        ended = run(*command(edgequake_script, questions, answers, "--concurrency", "1", "--retries", "0"))
    assert ended.code == 1
    assert f"cannot reach {edgequake_script.url}" in ended.err
    assert list(rows(answers)) == [0, 1]


def test_after_kill_9_the_next_run_asks_what_is_missing_and_nothing_twice(
    run: Run, start: Start, edgequake_script: ScriptServer, questions: Path, answers: Path
) -> None:
    hold = Hold()
    route = edgequake_script.on(*QUERY).reply(json=ANSWER).reply(json=ANSWER)
    route.stream(b"{", hold, content_type="application/json")
    process = start(*command(edgequake_script, questions, answers, "--concurrency", "1"))
    hold.wait_until_reached(60)
    process.popen.kill()
    process.popen.wait(60)
    assert list(rows(answers)) == [0, 1]
    with answers.open("ab") as file:  # as if it had been killed while it wrote
        file.write(b'{"id": 2, "quer')
    route.always().reply(json=ANSWER)
    ended = run(*command(edgequake_script, questions, answers))
    assert (ended.code, ended.out, ended.err) == (0, f"2 answered, 2 there already: {answers}\n", "")
    assert asked(edgequake_script) == [f"Question {n}?" for n in (0, 1, 2, 2, 3)]  # 2 had no answer yet
    assert sorted(rows(answers)) == [0, 1, 2, 3]


def test_ctrl_c_ends_it_at_once_with_whole_lines(
    start: Start, edgequake_script: ScriptServer, questions: Path, answers: Path
) -> None:
    hold = Hold()
    route = edgequake_script.on(*QUERY).reply(json=ANSWER)
    route.stream(b"{", hold, content_type="application/json")
    process = start(*command(edgequake_script, questions, answers, "--concurrency", "1"))
    hold.wait_until_reached(60)
    ended = process.interrupt().end()
    assert (ended.code, ended.out) == (130, "")
    assert ended.err == f"edgequake: stopped; the answers so far are in {answers}, and the same command goes on\n"
    assert list(rows(answers)) == [0]


def test_a_full_disk_ends_it_with_whole_lines(
    start: Start, edgequake_script: ScriptServer, questions: Path, answers: Path
) -> None:
    edgequake_script.on(*QUERY).always().reply(json=ANSWER | {"answer": "x" * 400})
    limited = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024)); "
    limited += "sys.dont_write_bytecode = True; "  # Python would leave half a .pyc, which no program can import
    ended = start(
        *command(edgequake_script, questions, answers, "--concurrency", "1"), code=limited + module("edgequake")
    ).end()
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("edgequake: File too large; the answers so far are in")
    assert list(rows(answers)) == [0]


def test_questions_come_from_stdin_too(start: Start, edgequake_script: ScriptServer, answers: Path) -> None:
    edgequake_script.on(*QUERY).reply(json=ANSWER)
    process = start("batch", "-", "-o", str(answers), "--base-url", edgequake_script.url, stdin=subprocess.PIPE)
    assert process.popen.stdin is not None
    process.popen.stdin.write(b'{"id": 1, "query": "q"}')
    process.popen.stdin.close()
    assert (process.popen.wait(60), list(rows(answers))) == (0, [1])


def test_a_terminal_shows_how_far_it_is(
    run: Run, edgequake_script: ScriptServer, questions: Path, answers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgequake.batch._async.runner.monotonic", iter(range(0, 10**6, 40)).__next__)
    edgequake_script.on(*QUERY).reply(status=404)
    edgequake_script.on(*QUERY).always().reply(json=ANSWER)
    ended = run(*command(edgequake_script, questions, answers), terminal=True)
    assert ended.code == 1
    assert "4/4" in ended.err
    assert "1 failed · 1.5/min · 0:00 left" in ended.err

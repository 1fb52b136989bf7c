"""A language model that answers from the user's own files: ``--llm`` of ask, chat and serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cli.commands import InterruptedOnceReady

from edgequake import EdgequakeClient, UnauthorizedError

if TYPE_CHECKING:
    from pathlib import Path

    from cli.commands import Run, Start

    from edgequake.testing import ScriptServer

COMPLETIONS = ("POST", "/v1/chat/completions")


def said(*texts: str) -> list[Any]:
    """A model's answer on OpenAI's wire."""
    pieces = [{"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]} for text in texts]
    return [*pieces, {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, "[DONE]"]


@pytest.fixture
def llm(edgequake_script: ScriptServer) -> list[str]:
    return ["--llm", f"{edgequake_script.url}/v1", "--model", "tiny"]


def test_a_model_answers_from_the_files(
    run: Run, edgequake_script: ScriptServer, documents: Path, llm: list[str]
) -> None:
    edgequake_script.on(*COMPLETIONS).stream(*said("From ", "Lyon."))
    question = "Who operates the Orion relay?"
    ended = run("ask", question, "--local", str(documents), *llm, "--llm-api-key", "sk-x", "--api-key", "other")
    assert (ended.code, ended.out, ended.err) == (0, "From Lyon.\n", "")
    (request,) = edgequake_script.requests
    assert request.json["model"] == "tiny"
    assert "Mira Okafor" in request.json["messages"][-1]["content"]
    assert request.headers["Authorization"] == "Bearer sk-x"


@pytest.mark.parametrize("command", ["ask", "chat"])
@pytest.mark.parametrize(("retries", "tries"), [("0", 1), ("1", 2)])
def test_retries_are_those_of_the_model_too(
    run: Run, edgequake_script: ScriptServer, documents: Path, llm: list[str], command: str, retries: str, tries: int
) -> None:
    edgequake_script.on(*COMPLETIONS).always().reply(status=503, headers={"Retry-After": "0"})
    args = ["Where?", "--no-stream"] if command == "ask" else []
    ended = run(command, *args, "--local", str(documents), *llm, "--retries", retries, stdin="Where?\n")
    assert (ended.code, len(edgequake_script.requests)) == (1, tries)
    assert "503" in ended.err


def test_the_model_is_taken_from_the_environment(
    run: Run, edgequake_script: ScriptServer, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edgequake_script.on(*COMPLETIONS).stream(*said("From Lyon."))
    monkeypatch.setenv("EDGEQUAKE_LLM_URL", f"{edgequake_script.url}/v1")
    monkeypatch.setenv("EDGEQUAKE_LLM_MODEL", "tiny")
    monkeypatch.setenv("EDGEQUAKE_LLM_API_KEY", "sk-env")
    assert run("ask", "Where?", "--local", str(documents)).out == "From Lyon.\n"
    assert edgequake_script.requests[0].headers["Authorization"] == "Bearer sk-env"


def test_the_environments_model_is_not_asked_of_a_server(
    run: Run, edgequake_script: ScriptServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEQUAKE_LLM_MODEL", "tiny")
    edgequake_script.on("POST", "/api/v1/query/stream").stream({"type": "token", "content": "x"}, {"type": "done"})
    assert run("ask", "q", "--base-url", edgequake_script.url).out == "x\n"
    assert "llm_model" not in edgequake_script.requests[0].json


def test_a_terminal_is_told_which_model_answered(
    run: Run, edgequake_script: ScriptServer, documents: Path, llm: list[str]
) -> None:
    edgequake_script.on(*COMPLETIONS).stream(*said("Lyon."))
    out = run("ask", "Where?", "--local", str(documents), *llm, "-v", terminal=True).out
    assert f"{edgequake_script.url.removeprefix('http://')}/tiny" in out.replace("\n", "")


@pytest.mark.parametrize("command", ["ask", "chat"])
def test_a_model_that_refuses_is_one_line(
    run: Run, edgequake_script: ScriptServer, documents: Path, llm: list[str], command: str
) -> None:
    error = {"error": {"message": "model 'tiny' not found", "code": "model_not_found"}}
    edgequake_script.on(*COMPLETIONS).reply(json=error, status=404)
    args = ["Where?"] if command == "ask" else []
    ended = run(command, *args, "--local", str(documents), *llm, stdin="Where?\n")
    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert f"{edgequake_script.url}{COMPLETIONS[1]}: model 'tiny' not found (404 model_not_found)" in ended.err


def test_the_server_answers_with_the_model_and_only_those_who_have_the_key(
    start: Start, edgequake_script: ScriptServer, documents: Path, llm: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    edgequake_script.on(*COMPLETIONS).stream(*said("From Lyon."))
    monkeypatch.setenv("EDGEQUAKE_SERVE_API_KEY", "served")
    process = start("serve", str(documents), "--port", "0", *llm)
    url = process.read_until(b"\n").decode().strip()
    with EdgequakeClient(base_url=url, api_key="served") as client:
        assert client.query.execute("Where?").answer == "From Lyon."
    with EdgequakeClient(base_url=url, api_key="another") as client, pytest.raises(UnauthorizedError):
        client.query.execute("Where?")
    assert process.interrupt().end().err == ""


def test_the_clients_key_is_not_the_servers(
    start: Start, documents: Path, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.setenv("EDGEQUAKE_API_KEY", "for-another")
    url = start("serve", str(documents), "--port", "0").read_until(b"\n").decode().strip()
    assert "Okafor" in run("ask", "Who operates the Orion relay?", "--base-url", url, "--api-key", "any").out


def test_a_terminal_is_told_what_answers_what_was_read_and_who_may_ask(
    run: Run, documents: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgequake.cli.serve.LocalServer", InterruptedOnceReady)
    monkeypatch.setenv("TERM", "dumb")
    (documents / "more.md").write_text("# More\n\nMore of it.\n")
    args = ["serve", str(documents), "--port", "0"]
    quoting = run(*args, terminal=True)
    assert (quoting.code, quoting.err) == (130, "")
    assert "read:    2 .md, 1 .txt; 3 passages\n" in quoting.out
    assert "answers: passages (add --llm for written ones)\n" in quoting.out
    assert "access" not in quoting.out
    model = ["--llm", "http://localhost:9/v1", "--model", "tiny", "--api-key", "served"]
    answering = run(*args, *model, terminal=True).out
    assert "answers: tiny at localhost:9\n" in answering
    assert "access:  only with the key\n" in answering
    assert "EDGEQUAKE_API_KEY=… edgequake ask QUESTION" in answering
    assert "served" not in answering


def test_a_terminal_is_told_how_to_have_pdf_read(run: Run, documents: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgequake.cli.serve.LocalServer", InterruptedOnceReady)
    monkeypatch.setattr("edgequake.cli.serve.find_spec", lambda _: None)
    out = run("serve", str(documents), "--port", "0", terminal=True).out
    assert '.pdf needs pip install "edgequake[pdf]"' in out


@pytest.mark.parametrize(
    ("args", "missing"),
    [
        (["serve", ".", "--llm", "http://x/v1"], "--model NAME"),
        (["serve", ".", "--model", "tiny"], "--llm URL"),
        (["serve", ".", "--llm-api-key", "k"], "--llm URL"),
        (["serve", ".", "--api-key", " "], "--api-key is empty"),
        (["ask", "q", "--local", ".", "--llm", "http://x/v1"], "--model NAME"),
        (["ask", "q", "--local", ".", "--model", "tiny"], "--llm URL"),
        (["ask", "q", "--local", ".", "--model", "tiny", "--provider", "ollama"], "--provider is for a server"),
        (["ask", "q", "--llm", "http://x/v1", "--model", "tiny"], "--llm goes with --local"),
        (["chat", "--llm-api-key", "k"], "--llm-api-key goes with --local"),
        (["chat", "--local", ".", "--conversation", "c"], "--conversation is of a server"),
        (["chat", "--local", ".", "--base-url", "http://x"], "--local or --base-url"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(run: Run, args: list[str], missing: str) -> None:
    ended = run(*args)
    assert (ended.code, ended.out) == (2, "")
    assert missing in " ".join(ended.err.replace("│", " ").split())


@pytest.mark.parametrize("name", ["EDGEQUAKE_LLM_URL", "EDGEQUAKE_LLM_MODEL"])
def test_half_a_model_in_the_environment_is_wrong_usage(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://x/v1")
    ended = run("serve", ".")
    assert ended.code == 2
    assert "EDGEQUAKE_LLM_" in ended.err


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["--llm", "localhost:1/v1", "--model", "x"], "--llm must begin with http:// or https://"),
        (
            ["--llm", "http://x/v1", "--model", "x", "--llm-api-key", "secret\n"],
            "--llm-api-key must not be empty or begin or end",
        ),
        (["--llm", "http://x/v1", "--model", " "], "--model must be"),
    ],
)
def test_a_model_that_cannot_work_is_one_line(run: Run, documents: Path, args: list[str], problem: str) -> None:
    for command in (["serve", str(documents), "--port", "0"], ["ask", "q", "--local", str(documents)]):
        ended = run(*command, *args)
        assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
        assert ended.err.startswith(f"edgequake: {problem}")
        assert "secret" not in ended.err

"""`edgequake gateway`, called as a shell calls it."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest
from late import Late
from relay.serving import SECONDS

from edgequake._serving.server import Server
from edgequake.cli import main

openai = Late("openai")

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgequake.local import LocalServer

Visit = "Callable[[str], object]"


@pytest.fixture
def gateway(monkeypatch, capsys):
    """Runs the command with options until `visit`, which gets its address, has returned; gives what was printed."""
    serve = Server.serve_until_stopped

    def run(*options: str, visit: Callable[[str], object] = lambda url: None) -> str:
        def visited(server: Server) -> None:
            port = server._listener.getsockname()[1]

            def visiting() -> None:
                try:
                    visit(f"http://127.0.0.1:{port}")
                finally:
                    server.should_exit = True

            with ThreadPoolExecutor() as pool:
                done = pool.submit(visiting)
                serve(server)
                done.result(SECONDS)

        monkeypatch.setattr(Server, "serve_until_stopped", visited)
        with pytest.raises(SystemExit) as ended:
            main(["gateway", "--port", "0", *options])
        printed = capsys.readouterr()
        assert (ended.value.code, printed.err) == (0, "")
        return printed.out

    return run


def asked(url: str, key: str) -> str:
    with openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        messages = [{"role": "user", "content": "What is EdgeQuake?"}]
        return client.chat.completions.create(model="edgequake", messages=messages).choices[0].message.content


def test_it_answers_callers_with_the_key_and_prints_its_address(gateway, notes: LocalServer):
    answers = []
    printed = gateway(
        "--base-url", notes.url, "--api-key", "key-1", visit=lambda url: answers.append((url, asked(url, "key-1")))
    )
    [(url, answer)] = answers
    assert "Graph-RAG" in answer
    assert printed == f"{url}\n"


def test_a_page_of_another_site_cannot_call_it_by_a_name_that_leads_here(gateway, scripted):
    seen = []

    def visit(url: str) -> None:
        hosts = ("localhost:1", "evil.example", "gateway.example")
        seen[:] = [httpx.get(f"{url}/v1/models", headers={"Host": h}, trust_env=False).status_code for h in hosts]

    gateway("--base-url", scripted.url, "--allow-host", "gateway.example", visit=visit)
    assert seen == [200, 403, 200]
    gateway("--base-url", scripted.url, "--host", "0.0.0.0", visit=visit)
    assert seen == [200, 403, 403]
    gateway("--base-url", scripted.url, "--host", "localhost", visit=visit)
    assert seen == [200, 403, 403]


@pytest.mark.parametrize(("key", "access"), [((), "whoever reaches"), (("--api-key", "k"), "only with the key")])
def test_a_terminal_is_told_how_to_ask(gateway, monkeypatch, key, access):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    printed = gateway("--base-url", "http://upstream.example:8080", *key)
    assert "gateway to http://upstream.example:8080 at http://127.0.0.1:" in printed
    assert '/v1", model="edgequake"' in printed
    assert access in printed


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--api-key", " "), "the API key must be ASCII text"),
        (("--base-url", "nowhere"), "base_url"),
        (("--host", "203.0.113.1"), "cannot listen on 203.0.113.1:0"),
    ],
)
def test_settings_that_cannot_work_are_said_in_a_line(capsys, options, words):
    with pytest.raises(SystemExit) as ended:
        main(["gateway", "--port", "0", *options])
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (1, "")
    assert words in printed.err
    assert printed.err.count("\n") == 1


def test_without_its_extra_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "edgequake.integrations.openai_api", None)
    monkeypatch.delitem(sys.modules, "edgequake._serving.server")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(SystemExit) as ended:
        main(["gateway"])
    assert ended.value.code == 1
    assert 'needs uvicorn: pip install "edgequake[gateway]"' in capsys.readouterr().err


def test_ctrl_c_ends_the_process(scripted):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "edgequake", "gateway", "--port", "0", "--base-url", scripted.url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/v1/models", trust_env=False).status_code == 200
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=SECONDS)
    assert (process.returncode, complaint) == (130, "")

"""What a server, a document or a model says steers no terminal: not on one, and not through a pipe to one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cli.answers import CONTEXT, DONE, STREAM, tokens

if TYPE_CHECKING:
    from cli.commands import Run

    from edgequake.testing import ScriptServer

SAMPLES = Path(__file__).parent.parent / "fixtures" / "api"
API = "/api/v1"
ID = "3e5a9b70-2f4c-4d1b-8f6e-91c2d3e4f504"
USER = "00000000-0000-0000-0000-000000000001"
# A window's title, a link, the end of a line, the clipboard, a bell; C1's own escape; and letters turned round.
EVIL = "\x1b]0;t\x07\x1b]8;;http://evil\x1b\\\x1b[2J\x1b]52;c;eA==\x07\x9b2J\x7f\x08\r\u202e"
OURS = re.compile(r"\x1b\[[\d;]*m|\x1b\[\?25[lh]|\x1b\[\d*[AKG]|\x1b\[2K|\r")  # colours and a spinner


COMMANDS = {
    "health": [("GET", "/health", "health")],
    "documents list": [("GET", f"{API}/documents", "documents_list")],
    f"documents show {ID}": [("GET", f"{API}/documents/{ID}", "document_detail")],
    "documents track t": [("GET", f"{API}/documents/track/t", "track_status")],
    "graph search x": [("GET", f"{API}/graph/nodes/search", "graph_nodes_search")],
    "conversations list": [("GET", f"{API}/conversations", "conversations_list")],
    "workspaces stats": [("GET", f"{API}/workspaces/default/stats", "workspace_stats")],
    "tasks list": [("GET", f"{API}/tasks", "tasks_list")],
}


def poisoned(value: Any) -> Any:
    """``value`` with every text that people read poisoned."""
    match value:
        case str():
            return f"{EVIL}{value}{EVIL}"
        case dict():
            return {key: one if key == "type" else poisoned(one) for key, one in value.items()}
        case list():
            return [poisoned(one) for one in value]
    return value


def steering(text: str) -> list[str]:
    """The control characters in what was printed that are not this program's own."""
    return re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202d\u202e]", OURS.sub("", text))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("how", [["pipe"], ["terminal"], ["pipe", "--json"]], ids=" ".join)
def test_what_a_server_lists_steers_nothing(
    run: Run, edgequake_script: ScriptServer, command: str, how: list[str]
) -> None:
    for method, path, name in COMMANDS[command]:
        body = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
        for page in (body, body.get("pagination", {})):
            page |= {"has_more": False} if "has_more" in page else {}
        edgequake_script.on(method, path).always().reply(json=poisoned(body))
    connection = ["--base-url", edgequake_script.url, "--tenant", "default", "--workspace", "default"]
    user = ["--user", USER] if command.startswith("conversations") else []
    ended = run(*command.split(), *how[1:], *connection, *user, terminal=how[0] == "terminal")
    assert "Traceback" not in ended.err
    assert edgequake_script.requests != []
    assert ended.out.count("\n") > 0, ended.err
    assert steering(ended.out + ended.err) == []


@pytest.mark.parametrize("terminal", [False, True])
def test_what_a_model_says_steers_nothing(
    run: Run, edgequake_script: ScriptServer, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    connection = ["--base-url", edgequake_script.url, "--tenant", "default", "--user", USER]
    context = poisoned(CONTEXT | {"sources": [one | {"snippet": "x"} for one in CONTEXT["sources"]]})
    answer = [{"type": "thinking", "content": EVIL}, context, *tokens(f"Lyon{EVIL} [1].", EVIL), poisoned(DONE)]
    edgequake_script.on(*STREAM).always().stream(*answer)
    asked = run("ask", "q", "--all-sources", "-v", *connection, terminal=terminal)
    title = {"type": "title_update", "conversation_id": "c", "title": EVIL}
    edgequake_script.on("POST", f"{API}/chat/completions/stream").always().stream(*answer, title)
    talked = run("chat", *connection, "-v", stdin="q\n/sources\n/sources 1\n", terminal=terminal)
    for ended in (asked, talked):
        assert ended.code == 0, ended.err
        assert "Lyon" in ended.out
        assert steering(ended.out + ended.err) == []


@pytest.mark.parametrize("terminal", [False, True])
def test_what_goes_wrong_steers_nothing(run: Run, edgequake_script: ScriptServer, terminal: bool) -> None:
    edgequake_script.on(*STREAM).reply(status=404, json={"code": "NOT_FOUND", "message": f"no{EVIL}"})
    edgequake_script.on(*STREAM).stream({"type": "error", "code": "E", "message": f"no{EVIL}"})
    edgequake_script.on(*STREAM).reply(text=f"no{EVIL}", content_type="text/plain")
    for _ in range(3):
        ended = run("ask", "q", "--retries", "0", "--base-url", edgequake_script.url, terminal=terminal)
        assert ended.code == 1
        assert "no" in ended.err
        assert steering(ended.out + ended.err) == []

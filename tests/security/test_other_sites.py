"""A real browser on a page of another site: it reads nothing of a server on this machine, and changes nothing."""

from __future__ import annotations

import json
import threading
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from browsers import chromium, lent

from edgequake import AsyncEdgequakeClient
from edgequake._serving.guard import Guard
from edgequake._serving.server import Server
from edgequake._serving.sockets import address_of, listen
from edgequake.integrations.openai_api import create_app
from edgequake.local import LocalServer
from edgequake.relay import Relay
from edgequake.relay.server import RelayServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

SECRET = "the-vault-is-in-crate-7"
EVIL = "evil.example"
PLAIN = {"mode": "no-cors", "headers": {"Content-Type": "text/plain"}, "method": "POST"}
# What a page can send without being asked first, and requests for which its browser asks.
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("/query/stream?query=vault", {}),
    ("/query/stream?query=vault", {"mode": "no-cors"}),
    ("/api/v1/documents", {"method": "POST", "headers": {"Content-Type": "application/json"}, "body": "{}"}),
    ("/api/v1/documents", PLAIN | {"body": json.dumps({"content": "poison"})}),
    ("/v1/chat/completions", PLAIN | {"body": json.dumps({"messages": [{"role": "user", "content": "vault"}]})}),
    ("/call/poison", PLAIN | {"body": json.dumps({"args": ["poison"]})}),
]
ATTACK = """
async ([servers, requests]) => {
  const results = [];
  for (const server of servers) {
    for (const [path, options] of requests) {
      try {
        const answer = await fetch(server + path, options);
        results.push([answer.type, await answer.text()]);
      } catch { results.push(["failed", ""]); }
    }
    results.push(await new Promise((resolve) => {
      const socket = new WebSocket(server.replace("http", "ws") + "/ws");
      socket.onopen = () => socket.send(JSON.stringify({type: "rpc", id: 1, name: "poison", args: ["poison"]}));
      socket.onmessage = (event) => resolve(["told", event.data]);
      socket.onerror = () => resolve(["failed", ""]);
    }));
  }
  return results;
}
"""
FORM = """<form method="post" enctype="multipart/form-data" action="{url}/api/v1/documents/upload">
<input type="file" name="file" id="file"></form>"""


class Pages(BaseHTTPRequestHandler):
    """The other site."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>evil</title>")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running(server: Any) -> Iterator[Any]:
    """A server of ours, in a thread of its own."""
    thread = threading.Thread(target=server.serve_until_stopped)
    thread.start()
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with chromium(f"--host-resolver-rules=MAP {EVIL} 127.0.0.1") as browser:
        yield browser.new_page()


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / f"{SECRET}.md").write_text(f"# Vault\n\n{SECRET}\n")
    return folder


@pytest.fixture(scope="module")
def poisoned() -> list[str]:
    """What a relay's function was called with."""
    return []


@pytest.fixture(scope="module")
def servers(documents: Path, poisoned: list[str]) -> Iterator[list[str]]:
    """A local server, a gateway to it, and a relay."""
    relay = Relay()

    @relay.expose
    async def poison(word: str) -> str:
        poisoned.append(word)
        return SECRET

    with ExitStack() as stack:
        local = stack.enter_context(LocalServer([documents]))
        listener = listen("127.0.0.1", 0)
        asked: list[Any] = []
        client = AsyncEdgequakeClient(base_url=local.url)
        app = create_app(client)
        stack.enter_context(running(Server(Guard(app, host="127.0.0.1"), listener, on_ready=lambda: asked.append(1))))
        served = stack.enter_context(running(RelayServer(relay)))
        yield [local.url, address_of("127.0.0.1", listener), served.url]


@pytest.fixture
def page(tab: Page) -> Iterator[Page]:
    faults: list[str] = []
    with lent(tab, faults) as page:
        yield page
    assert faults == []


@pytest.fixture
def evil(page: Page) -> Iterator[Page]:
    """A page of another site."""
    site = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=site.serve_forever, args=(0.02,))  # it looks so often whether it is to end
    thread.start()
    page.goto(f"http://{EVIL}:{site.server_port}/")
    yield page
    page.goto("about:blank")
    site.shutdown()
    site.server_close()
    thread.join()


def titles(url: str) -> list[str]:
    scope = {"X-Tenant-ID": "default", "X-Workspace-ID": "default"}
    listed = httpx.get(f"{url}/api/v1/documents", headers=scope, trust_env=False).json()
    return [one["title"] for one in listed["documents"]]


def test_a_page_of_another_site_is_told_nothing_and_changes_nothing(
    evil: Page, servers: list[str], poisoned: list[str], tmp_path: Path
) -> None:
    page, before = evil, titles(servers[0])
    assert before != []
    answers = page.evaluate(ATTACK, [servers, REQUESTS])
    assert len(answers) == (len(REQUESTS) + 1) * len(servers)
    assert SECRET not in str(answers)
    assert {kind for kind, _ in answers} == {"failed", "opaque"}
    poison = tmp_path / "poison.md"
    poison.write_text("poison")
    page.set_content(FORM.format(url=servers[0]))
    page.set_input_files("#file", poison)
    with page.expect_navigation() as refused:
        page.evaluate("document.forms[0].submit()")
    assert refused.value.status == 403
    assert titles(servers[0]) == before
    assert poisoned == []


def test_a_name_that_leads_here_is_not_answered(page: Page, servers: list[str]) -> None:
    for url in servers:
        for path in ("/query/stream?query=vault", "/v1/models", "/relay.js", "/health"):
            answer = page.goto(url.replace("127.0.0.1", EVIL) + path)
            assert answer is not None
            assert (answer.status, SECRET in answer.text()) == (403, False)


def test_the_servers_own_pages_and_programs_are_answered(page: Page, servers: list[str]) -> None:
    assert page.goto(f"{servers[0]}/health").status == 200
    told = page.evaluate("() => fetch('/query/stream?query=vault').then(answer => answer.text())")
    assert SECRET in told
    assert httpx.post(f"{servers[2]}/call/nothing", json={}, trust_env=False).status_code == 404

"""The example's page in a browser, by what a person sees of it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from browsers import chromium, lent
from playwright.sync_api import Page, expect
from relay.answers.servers import REAL, RedisServer, free_port
from relay.apps import Cuttable
from relay.serving import SECONDS, Served

from edgequake.local import LocalServer
from edgequake.testing import Hold, ScriptServer

APP = Path(__file__).resolve().parents[2] / "examples" / "relay_chat" / "app.py"
ROUTE = "/api/v1/chat/completions/stream"
CONTEXT = {
    "type": "context",
    "query_mode": "mix",
    "sources": [
        {"source_type": "chunk", "id": "c-1", "score": 0.9, "snippet": "Mira <b>Okafor</b>", "file_path": "relay.md"}
    ],
}


def token(text: str) -> dict[str, str]:
    return {"type": "token", "content": text}


def conversation(name: str) -> dict[str, str]:
    return {"type": "conversation", "conversation_id": name}


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page()


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = spec_from_file_location("relay_chat_app", APP)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def served(example: ModuleType, edgequake_script: ScriptServer) -> Iterator[Served]:
    app = Cuttable(example.chat_app(edgequake_script.url))
    with Served(app) as served:
        served.app = app
        yield served


@pytest.fixture
def blank(tab: Page) -> Iterator[Page]:
    faults: list[str] = []
    with lent(tab, faults) as page:
        page.set_viewport_size({"width": 390, "height": 700})
        yield page
    assert faults == []


@pytest.fixture
def page(blank: Page, served: Served) -> Page:
    blank.goto(served.url)
    return blank


def ask(page: Page, question: str) -> None:
    page.get_by_label("Your message").fill(question)
    page.keyboard.press("Enter")


def test_tokens_show_as_they_come_then_the_sources(page: Page, edgequake_script: ScriptServer) -> None:
    hold = Hold()
    edgequake_script.on("POST", ROUTE).stream(CONTEXT, token("Mira"), hold, token(" Okafor\n does."), {"type": "done"})
    ask(page, "Who operates it?")
    expect(page.locator("li.question")).to_have_text("Who operates it?")
    expect(page.locator("li.answer .text")).to_have_text("Mira")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Connected")
    expect(page.get_by_text("1 source")).to_be_hidden()
    hold.release()
    expect(page.locator("li.answer .text")).to_have_text("Mira Okafor\n does.", use_inner_text=True)
    page.get_by_text("1 source").click()
    expect(page.locator(".sources li")).to_have_text("[1] relay.mdMira <b>Okafor</b>")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(page.get_by_role("button", name="Send")).to_be_disabled()


def test_the_stop_button_ends_the_answer_at_its_source(page: Page, edgequake_script: ScriptServer) -> None:
    edgequake_script.on("POST", ROUTE).stream(token("On and on"), Hold())
    ask(page, "Tell me")
    expect(page.locator("li.answer .text")).to_have_text("On and on")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped")).to_be_visible()
    edgequake_script.wait_for_disconnect()
    edgequake_script.on("POST", ROUTE).stream(token("Again"), {"type": "done"})
    ask(page, "And now?")
    expect(page.locator("li.answer .text").nth(1)).to_have_text("Again")


def test_a_failed_answer_says_so_and_can_be_asked_for_again(page: Page, edgequake_script: ScriptServer) -> None:
    route = edgequake_script.on("POST", ROUTE)
    route.stream(token("Half"), {"type": "error", "code": "LLM_ERROR", "message": "the secret address"})
    ask(page, "Tell me")
    expect(page.get_by_role("alert")).to_contain_text("Something went wrong with this answer.")
    expect(page.locator("li.answer .text")).to_have_text("Half")
    assert "secret" not in page.content()
    route.stream(token("Whole"), {"type": "done"})
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("li.answer .text")).to_have_text("Whole")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_an_answer_whose_connection_is_lost_goes_on(page: Page, served: Served, edgequake_script: ScriptServer) -> None:
    hold = Hold()
    edgequake_script.on("POST", ROUTE).stream(token("Half"), hold, token(" and half"), {"type": "done"})
    ask(page, "Tell me")
    expect(page.locator("li.answer .text")).to_have_text("Half")
    asyncio.run_coroutine_threadsafe(served.app.cut(), served.loop).result(60)
    hold.release()
    expect(page.locator("li.answer .text")).to_have_text("Half and half")
    expect(page.get_by_role("alert")).to_be_hidden()
    assert len(edgequake_script.requests) == 1


def test_an_answer_goes_on_when_the_page_is_reloaded(page: Page, edgequake_script: ScriptServer) -> None:
    hold = Hold()
    route = edgequake_script.on("POST", ROUTE)
    route.stream(conversation("c-1"), token("One."), {"type": "done"})
    ask(page, "First")
    expect(page.locator("li.answer .text")).to_have_text("One.")
    route.stream(conversation("c-1"), CONTEXT, token("Half [1]"), hold, token(" whole."), {"type": "done"})
    ask(page, "Second")
    expect(page.locator("li.answer .text").nth(1)).to_have_text("Half 1")
    page.reload()
    expect(page.locator("li.question")).to_have_text(["First", "Second"])
    expect(page.locator("li.answer .text")).to_have_text(["One.", "Half 1"])
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    hold.release()
    expect(page.locator("li.answer .text").nth(1)).to_have_text("Half 1 whole.")
    expect(page.locator(".cited li")).to_have_text("[1] relay.mdMira <b>Okafor</b>")
    page.reload()
    expect(page.locator("li.answer .text")).to_have_text(["One.", "Half 1 whole."])
    expect(page.locator(".cited li")).to_be_visible()
    assert len(edgequake_script.requests) == 2  # nothing was asked twice
    route.stream(conversation("c-1"), token("Three."), {"type": "done"})
    ask(page, "Third")
    expect(page.locator("li.answer .text").nth(2)).to_have_text("Three.")
    assert edgequake_script.requests[-1].json["conversation_id"] == "c-1"


def test_an_answer_of_before_the_reload_can_be_stopped(page: Page, edgequake_script: ScriptServer) -> None:
    edgequake_script.on("POST", ROUTE).stream(token("On and on"), Hold())
    ask(page, "Tell me")
    expect(page.locator("li.answer .text")).to_have_text("On and on")
    page.reload()
    expect(page.locator("li.answer .text")).to_have_text("On and on")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped")).to_be_visible()
    edgequake_script.wait_for_disconnect()


def test_a_conversation_that_is_not_known_any_more_begins_anew(page: Page, edgequake_script: ScriptServer) -> None:
    route = edgequake_script.on("POST", ROUTE)
    route.stream(conversation("c-1"), token("One."), {"type": "done"})
    ask(page, "First")
    expect(page.locator("li.answer .text")).to_have_text("One.")
    route.reply(status=404, json={"code": "NOT_FOUND", "message": "no such conversation"})
    route.stream(conversation("c-2"), token("Two."), {"type": "done"})
    ask(page, "Second")
    expect(page.locator("li.answer .text").nth(1)).to_have_text("Two.")
    expect(page.get_by_text("a new one begins here")).to_be_visible()
    route.stream(conversation("c-2"), token("Three."), {"type": "done"})
    ask(page, "Third")
    expect(page.locator("li.answer .text").nth(2)).to_have_text("Three.")
    assert edgequake_script.requests[-1].json["conversation_id"] == "c-2"


def test_a_new_chat_forgets_the_last_one(page: Page, edgequake_script: ScriptServer) -> None:
    expect(page.get_by_role("button", name="New chat")).to_be_hidden()
    route = edgequake_script.on("POST", ROUTE)
    route.stream(conversation("c-1"), token("On and on"), Hold())
    ask(page, "First")
    expect(page.locator("li.answer .text")).to_have_text("On and on")
    page.get_by_role("button", name="New chat").click()
    edgequake_script.wait_for_disconnect()
    expect(page.locator("#messages > li")).to_have_count(0)
    expect(page.get_by_text("What would you like to know?")).to_be_visible()
    page.reload()
    expect(page.locator("#messages > li")).to_have_count(0)
    route.stream(conversation("c-2"), token("Anew."), {"type": "done"})
    ask(page, "Second")
    expect(page.locator("li.answer .text")).to_have_text("Anew.")
    assert "conversation_id" not in edgequake_script.requests[-1].json


MARKDOWN = """# Steps

1. **Install** it with `pip`
2. Run *it*

- one
- two

```python
print("<b>[1]</b>")
```
The end, <i>really</i> [7]. 2 * 3 * 4"""


def test_light_markdown_is_shown_and_html_never(page: Page, edgequake_script: ScriptServer) -> None:
    tokens = [token(MARKDOWN[at : at + 5]) for at in range(0, len(MARKDOWN), 5)]
    edgequake_script.on("POST", ROUTE).stream(CONTEXT, *tokens, {"type": "done"})
    ask(page, "How?")
    text = page.locator("li.answer .text")
    expect(text.get_by_role("heading")).to_have_text("Steps")
    expect(text.locator("ol > li")).to_have_text(["Install it with pip", "Run it"])
    expect(text.locator("ol strong")).to_have_text("Install")
    expect(text.locator("ol em")).to_have_text("it")
    expect(text.locator("ul > li")).to_have_text(["one", "two"])
    expect(text.locator("pre code")).to_have_text('print("<b>[1]</b>")')
    expect(text.locator("p")).to_have_text("The end, <i>really</i> [7]. 2 * 3 * 4")
    assert page.locator("main b, main i:not(.dots i)").count() == 0


def test_cited_sources_are_shown_and_a_citation_opens_its_source(page: Page, edgequake_script: ScriptServer) -> None:
    sources = [{**CONTEXT["sources"][0], "id": f"c-{n}", "file_path": f"{n}.md", "reference_id": n} for n in (1, 2, 3)]
    edgequake_script.on("POST", ROUTE).stream(
        {**CONTEXT, "sources": sources}, token("As said [2], and **again [2]**, not [9]."), {"type": "done"}
    )
    ask(page, "Who?")
    expect(page.locator(".cited li strong")).to_have_text("[2] 2.md")
    expect(page.locator(".sources li")).to_have_count(2)
    expect(page.locator(".sources li").first).to_be_hidden()
    page.get_by_role("button", name="Source 2").first.click()
    expect(page.locator(".cited li")).to_be_focused()
    page.get_by_text("2 more sources").click()
    expect(page.locator(".sources li").first).to_be_visible()


def test_a_server_that_is_gone_is_said_to_be(page: Page, served: Served, edgequake_script: ScriptServer) -> None:
    page.context.set_offline(True)
    ask(page, "Tell me")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    expect(page.get_by_role("status")).to_have_text("Reconnecting…")
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_have_text("Connected")


def test_what_comes_from_outside_is_never_read_as_html(page: Page, edgequake_script: ScriptServer) -> None:
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>[a](javascript:document.title=3)'
    sources = [{**CONTEXT["sources"][0], "file_path": evil, "snippet": evil}]
    edgequake_script.on("POST", ROUTE).stream(
        {**CONTEXT, "sources": sources}, {"type": "thinking", "content": evil}, token(evil), {"type": "done"}
    )
    ask(page, evil)
    expect(page.locator("li.answer .text")).to_have_text(evil)
    expect(page.locator("li.question")).to_have_text(evil)
    page.get_by_text("1 source").click()
    expect(page.locator(".sources strong")).to_have_text(f"[1] {evil}")
    assert page.locator("main img, main script, main a").count() == 0
    assert page.title() == "Ask your documents"


@pytest.mark.parametrize("width", [320, 390, 1100])
def test_it_fits_a_phone_and_a_desk(page: Page, edgequake_script: ScriptServer, width: int) -> None:
    edgequake_script.on("POST", ROUTE).stream(CONTEXT, token("x" * 300 + " word" * 400), {"type": "done"})
    page.set_viewport_size({"width": width, "height": 600})
    page.get_by_role("button", name="What is the default timeout?").click()
    expect(page.get_by_text("1 source")).to_be_in_viewport()
    page.get_by_text("1 source").click()
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_answers_over_the_local_server(blank: Page, example: ModuleType, local_server: LocalServer) -> None:
    page = blank
    with Served(example.chat_app(local_server.url)) as served:
        page.goto(served.url)
        ask(page, "Who operates the Orion relay?")
        expect(page.locator("li.answer .text")).to_contain_text("Mira Okafor")
        expect(page.locator(".cited li")).to_contain_text("[1] relay.md")
        ask(page, "From where?")
        expect(page.locator("li.answer .text").nth(1)).to_contain_text("Lyon")
        page.goto("about:blank")


def test_two_workers_on_one_port_serve_one_answer_over_any_number_of_reloads(
    blank: Page, edgequake_script: ScriptServer, tmp_path: Path
) -> None:
    page = blank
    holds = [Hold() for _ in range(4)]
    steps = [step for n, hold in enumerate(holds) for step in (token(f"{n} "), hold)]
    edgequake_script.on("POST", ROUTE).stream(*steps, token("end"), {"type": "done"})
    with (
        RedisServer("fake" if REAL is None else "real", tmp_path) as redis,
        workers(redis.url, edgequake_script) as url,
    ):
        page.goto(url)
        ask(page, "Tell me")
        for number, hold in enumerate(holds):
            expect(page.locator("li.answer .text")).to_have_text(" ".join(map(str, range(number + 1))))
            page.reload()  # and so to either worker
            hold.release()
        expect(page.locator("li.answer .text")).to_have_text("0 1 2 3 end")
        page.goto("about:blank")
    assert len(edgequake_script.requests) == 1


@contextmanager
def workers(redis: str, upstream: ScriptServer) -> Iterator[str]:
    """The example with two workers, as its documentation has it."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "--app-dir", str(APP.parent), "app:chat_app"]
    environment = {**os.environ, "RELAY_STORE": redis, "EDGEQUAKE_BASE_URL": upstream.url}
    process = subprocess.Popen(
        [*command, "--workers", "2", "--port", str(port)], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        for _ in range(2):
            while "startup complete" not in (line := process.stderr.readline()):
                assert line, "the workers did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)

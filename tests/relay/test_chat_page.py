"""The example's page in a browser, by what a person sees of it."""

import asyncio
import shutil
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright
from relay.apps import Cuttable
from relay.serving import Served

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


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium is installed: the chat page is not tried in a browser")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except Error as error:
            pytest.skip(f"Chromium does not start here: {error.message.splitlines()[0]}")
        yield browser
        browser.close()


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
def page(browser: Browser, served: Served) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 390, "height": 700})
    page.set_default_timeout(20_000)
    faults: list[object] = []
    page.on("pageerror", lambda fault: faults.append(fault))
    page.goto(served.url)
    yield page
    page.close()
    assert faults == []


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
    expect(page.locator(".sources li")).to_have_text("relay.mdMira <b>Okafor</b>")
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


def test_a_lost_connection_is_shown_and_comes_back(page: Page, served: Served, edgequake_script: ScriptServer) -> None:
    edgequake_script.on("POST", ROUTE).stream(token("Half"), Hold())
    ask(page, "Tell me")
    expect(page.locator("li.answer .text")).to_have_text("Half")
    asyncio.run_coroutine_threadsafe(served.app.cut(), served.loop).result(20)
    expect(page.get_by_role("alert")).to_contain_text("The connection was lost before the answer was whole.")
    expect(page.get_by_role("status")).to_have_text("Connected")
    edgequake_script.on("POST", ROUTE).stream(token("Whole"), {"type": "done"})
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("li.answer .text")).to_have_text("Whole")


def test_a_server_that_is_gone_is_said_to_be(page: Page, served: Served, edgequake_script: ScriptServer) -> None:
    page.context.set_offline(True)
    ask(page, "Tell me")
    expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    expect(page.get_by_role("status")).to_have_text("Reconnecting…")
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_have_text("Connected")


def test_what_comes_from_outside_is_never_read_as_html(page: Page, edgequake_script: ScriptServer) -> None:
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    sources = [{**CONTEXT["sources"][0], "file_path": evil, "snippet": evil}]
    edgequake_script.on("POST", ROUTE).stream(
        {**CONTEXT, "sources": sources}, {"type": "thinking", "content": evil}, token(evil), {"type": "done"}
    )
    ask(page, evil)
    expect(page.locator("li.answer .text")).to_have_text(evil)
    expect(page.locator("li.question")).to_have_text(evil)
    page.get_by_text("1 source").click()
    expect(page.locator(".sources strong")).to_have_text(evil)
    assert page.locator("main img, main script").count() == 0
    assert page.title() == "Ask your documents"


@pytest.mark.parametrize("width", [320, 390, 1100])
def test_it_fits_a_phone_and_a_desk(
    browser: Browser, served: Served, edgequake_script: ScriptServer, width: int
) -> None:
    edgequake_script.on("POST", ROUTE).stream(CONTEXT, token("x" * 300 + " word" * 400), {"type": "done"})
    page = browser.new_page(viewport={"width": width, "height": 600})
    page.goto(served.url)
    page.get_by_role("button", name="What is the default timeout?").click()
    expect(page.get_by_text("1 source")).to_be_in_viewport()
    page.get_by_text("1 source").click()
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()


def test_it_answers_over_the_local_server(browser: Browser, example: ModuleType, local_server: LocalServer) -> None:
    with Served(example.chat_app(local_server.url)) as served:
        page = browser.new_page()
        page.goto(served.url)
        ask(page, "Who operates the Orion relay?")
        expect(page.locator("li.answer .text")).to_contain_text("Mira Okafor")
        expect(page.get_by_text("1 source")).to_be_visible()
        ask(page, "From where?")
        expect(page.locator("li.answer .text").nth(1)).to_contain_text("Lyon")
        page.close()

"""The server's own page in a browser, by what a person sees of it."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import httpx
import pytest
from browsers import chromium, lent
from local.fakes import Endless, Says
from playwright.sync_api import Locator, Page, Request, expect
from ports import stopped

from edgequake.local import LocalServer

RELAY = """\
# Orion relay

The Orion relay is run by Mira Okafor. <img src="x" onerror="alert(1)"> It draws 40 kW, says `relay_ctl`.

## Restart

To restart the Orion relay:

```sh
relayctl start --wait
```

| step | what |
|---|---|
| one | **stop** it |
"""
SITES = "# Site plan\n\nLyon hosts the Orion relay. People of Lyon read the site plan, for Lyon is large.\n"
QUESTION = "Who operates the Orion relay?"


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with chromium() as browser:
        yield browser.new_page()


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "relay.md").write_text(RELAY)
    (folder / "sites.md").write_text(SITES)
    return folder


Open = Callable[[LocalServer], Page]


@pytest.fixture
def opened(tab: Page) -> Iterator[Open]:
    """Opens a server's page; what goes wrong in it fails the test."""
    faults: list[str] = []
    url = "about:blank"

    def asked(request: Request) -> None:
        if not request.url.startswith(url):
            faults.append(request.url)

    def open_page(server: LocalServer) -> Page:
        nonlocal url
        url = server.url
        page.goto(url)
        return page

    with lent(tab, faults, request=asked) as page:
        page.set_viewport_size({"width": 390, "height": 800})
        page.emulate_media(color_scheme="dark")
        yield open_page
    assert faults == []


@pytest.fixture
def server(documents: Path) -> Iterator[LocalServer]:
    with LocalServer(documents) as running:
        yield running


def ask(page: Page, question: str) -> Locator:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")
    return page.locator(".answer").last


def test_a_question_is_answered_with_sources_that_open_their_passage(opened: Open, server: LocalServer) -> None:
    page = opened(server)
    expect(page.get_by_role("status")).to_have_text("2 documents · no model: passages only")
    answer = ask(page, QUESTION)
    expect(answer).to_contain_text("No model is connected: these passages fit best.")
    expect(answer).to_contain_text("[1] Orion relay (relay.md:3)")
    expect(answer).to_contain_text(
        'run by Mira Okafor. <img src="x" onerror="alert(1)"> It draws 40 kW, says relay_ctl.'
    )
    expect(answer.get_by_text("relay_ctl", exact=True)).to_have_css("font-family", re.compile("mono"))
    expect(answer.get_by_role("group", name="Sources")).to_contain_text("Mira Okafor")
    expect(answer.locator(".facts")).to_be_visible()
    shown = answer.get_by_role("group", name="Sources").get_by_role("button").count()
    expect(answer.locator(".facts")).to_contain_text(f"{shown} sources")
    answer.get_by_role("group", name="Sources").get_by_role("button", name="relay.md:3").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("relay.md:3")
    expect(dialog).to_contain_text("is run by Mira Okafor")
    dialog.get_by_role("button", name="Show it in its document").click()
    expect(dialog.locator(".quoted")).to_have_text(RELAY.split("\n")[2])
    expect(dialog.locator(".lines")).to_contain_text("relayctl start --wait")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    answer.get_by_role("button", name="Source 1").click()
    expect(dialog).to_contain_text("It mentions:")


def test_markdown_is_shown_as_what_it_means(opened: Open, server: LocalServer) -> None:
    answer = ask(opened(server), "How do I restart it, step by step?")
    expect(answer.locator("pre")).to_have_text("relayctl start --wait")
    expect(answer.get_by_role("cell", name="stop it").locator("strong")).to_have_text("stop")
    expect(answer.get_by_role("columnheader")).to_have_text(["step", "what"])


def test_an_answer_shows_while_it_comes_and_can_be_stopped(opened: Open, documents: Path) -> None:
    llm = Endless()
    with LocalServer(documents, llm=llm) as server:
        page = opened(server)
        answer = ask(page, QUESTION)
        expect(answer).to_contain_text("so")
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_hidden()
        page.get_by_role("button", name="Stop").click()
        expect(answer).to_contain_text("Stopped.")
        llm.wait_until(0)
        expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()


def test_no_link_of_an_answer_leads_anywhere_but_to_the_web(opened: Open, documents: Path) -> None:
    addresses = (
        "javascript:alert(1)",
        "JaVaScRiPt:alert(2)",
        "data:text/html,<b>",
        "vbscript:x",
        "//evil.example",
        "blob:x",
    )
    said = " ".join(f"[link {n}]({address})" for n, address in enumerate(addresses))
    with LocalServer(documents, llm=Says(f"{said} <javascript:alert(3)> and [this](https://example.com/a).")) as server:
        answer = ask(opened(server), QUESTION)
        expect(answer).to_contain_text("and this.")
        assert answer.locator("a").evaluate_all("all => all.map((one) => [one.href, one.rel])") == [
            ["https://example.com/a", "noopener noreferrer"]
        ]


def test_a_model_that_fails_is_one_line_after_what_it_said(opened: Open, documents: Path) -> None:
    with LocalServer(documents, llm=Says("Half an ", "answer", error=ValueError("out of memory"))) as server:
        page = opened(server)
        expect(page.get_by_role("status")).to_have_text("2 documents · answers: telling")
        answer = ask(page, QUESTION)
        expect(answer).to_contain_text("Half an answer")
        expect(answer.locator(".failed")).to_have_text("the language model told-1 at telling failed: out of memory")


def test_conversations_are_kept_opened_again_and_deleted(opened: Open, server: LocalServer) -> None:
    page = opened(server)
    expect(ask(page, QUESTION)).to_contain_text("Mira Okafor")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(ask(page, "And how do I restart it?")).to_contain_text("relayctl start")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()  # an answer that is left is not kept
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_text("Ask your documents")).to_be_visible()
    page.reload()
    page.get_by_text("Conversations", exact=True).click()
    page.get_by_role("button", name="Who operates the Orion relay", exact=True).click()
    expect(page.locator(".asked")).to_have_text([QUESTION, "And how do I restart it?"])
    expect(page.locator(".answer").last.get_by_role("group", name="Sources")).to_contain_text("relay.md")
    page.get_by_text("Conversations", exact=True).click()
    page.get_by_role("button", name="Delete Who operates the Orion relay").click()
    expect(page.get_by_text("None yet")).to_be_visible()
    expect(page.locator(".asked")).to_have_count(0)


def test_a_conversation_that_is_deleted_elsewhere_and_a_server_that_ends_are_told_in_words(
    opened: Open, server: LocalServer
) -> None:
    page = opened(server)
    expect(ask(page, QUESTION)).to_contain_text("Mira Okafor")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    with server.store.database.transaction() as connection:
        connection.execute("DELETE FROM conversations")
    deleted = "The conversation was deleted. Your next question begins a new one."
    expect(ask(page, "And how do I restart it?")).to_have_text(deleted)
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(ask(page, "How do I restart the relay?")).to_contain_text("relayctl start")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    with stopped(server):
        expect(ask(page, QUESTION)).to_have_text("the server does not answer: does it still run?")
        expect(page.locator("#conversations .failed")).to_have_text("the server does not answer: does it still run?")


DROP = """(files) => {
  const carried = new DataTransfer();
  for (const [name, text] of Object.entries(files)) carried.items.add(new File([text], name));
  const box = document.getElementById("drop");
  for (const type of ["dragenter", "dragover", "drop"])
    box.dispatchEvent(new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true }));
}"""


def test_files_are_dropped_read_found_and_deleted(opened: Open, server: LocalServer) -> None:
    page = opened(server)
    page.get_by_role("link", name="Documents").click()
    expect(page.locator("#list li")).to_have_count(2)
    page.evaluate(DROP, {"gulls.md": "# Gulls\n\nGulls eat <b>chips</b>.", "tool.exe": "MZ", "again.md": RELAY})
    uploads = page.locator("#uploads li")
    expect(uploads.nth(0)).to_contain_text("read: 1 passage")
    expect(uploads.nth(1)).to_contain_text("extension .exe is not accepted")
    expect(uploads.nth(2)).to_contain_text("read: 2 passages")
    expect(page.get_by_text("4 documents", exact=True)).to_be_visible()
    page.get_by_label("Titles to show").fill("gull")
    expect(page.locator("#list li")).to_have_count(1)
    page.get_by_role("button", name="gulls.md").click()
    expect(page.get_by_role("dialog")).to_contain_text("Gulls eat <b>chips</b>.")
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Really delete?").click()
    expect(page.get_by_text("0 documents", exact=True)).to_be_visible()
    page.get_by_label("choose some").set_input_files([{"name": "a.txt", "mimeType": "", "buffer": b"Apples are red."}])
    expect(uploads).to_have_text(re.compile("a.txt.*read: 1 passage", re.DOTALL))


def test_the_graph_is_drawn_and_leads_to_passages_and_questions(opened: Open, server: LocalServer) -> None:
    page = opened(server)
    page.get_by_role("link", name="Graph").click()
    expect(page.locator("#drawing text").filter(has_text="Mira Okafor")).to_be_visible()
    lines = page.locator("#drawing line").count()
    assert lines > 2
    page.get_by_role("button", name="Lyon").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("It stands with:")
    dialog.get_by_role("button", name="Passage 1").click()
    expect(dialog).to_contain_text("Lyon hosts the Orion relay.")
    dialog.get_by_role("button", name="Close").click()
    page.get_by_label("An entity").fill("relay_ctl")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#drawing text").filter(has_text="Lyon")).to_have_count(0)
    page.get_by_label("An entity").fill("nobody")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("Not found: entity nobody")).to_be_visible()
    page.get_by_role("button", name="Whole graph").click()
    page.get_by_role("button", name="Mira Okafor").click()
    dialog.get_by_role("button", name="Ask about it").click()
    expect(page.locator(".answer").last).to_contain_text("run by Mira Okafor")


def printed_by(page: Page) -> str:
    """What the Python that the page shows prints."""
    with redirect_stdout(StringIO()) as printed:
        exec(compile(page.locator("#python").inner_text(), "the page", "exec"), {})
    return printed.getvalue()


def test_the_code_shown_does_what_was_just_done(opened: Open, server: LocalServer) -> None:
    page = opened(server)
    question = 'Who "operates" the Orion relay; isn\'t it $HOME?'
    expect(ask(page, question)).to_contain_text("Mira Okafor")
    page.get_by_text("As code: your question").click()
    printed = printed_by(page)
    assert "[1] **Orion relay** (relay.md:3)" in printed
    assert "\n1 relay.md\n" in printed
    if shutil.which("curl"):
        curl = f"{page.locator('#curl').inner_text()} --silent --noproxy '*'"
        told = subprocess.run(["sh", "-c", curl], capture_output=True, text=True, timeout=300)
        assert '"type":"done"' in told.stdout
    page.get_by_role("link", name="Documents").click()
    expect(page.get_by_text("As code: the documents listed")).to_be_visible()
    assert sorted(printed_by(page).split("\n")) == ["", "relay.md completed", "sites.md completed"]
    page.get_by_role("button", name="relay.md").click()
    expect(page.get_by_text("As code: a document", exact=True)).to_be_visible()
    assert printed_by(page) == RELAY + "\n"


def test_a_server_with_a_key_asks_for_it_once(opened: Open, documents: Path) -> None:
    with LocalServer(documents, api_key="s3cret") as server:
        page = opened(server)
        page.get_by_label("API key").fill("wrong")
        page.get_by_role("button", name="Open").click()
        page.get_by_label("API key").fill("s3cret")
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("status")).to_contain_text("2 documents")
        expect(ask(page, QUESTION)).to_contain_text("Mira Okafor")
        page.reload()
        expect(page.get_by_role("status")).to_contain_text("2 documents")
        expect(page.get_by_label("API key")).to_be_hidden()
        page.get_by_text("As code:").click()
        assert "s3cret" not in page.content()


def test_it_fits_a_phone_in_the_dark_and_a_desk_in_the_light(opened: Open, server: LocalServer) -> None:
    page = opened(server)

    def overflow() -> int:
        return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def brightness() -> int:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    expect(ask(page, QUESTION)).to_contain_text("Mira Okafor")
    for view in ("Ask", "Documents", "Graph"):
        page.get_by_role("link", name=view).click()
        assert overflow() == 0
    assert brightness() < 120
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1300, "height": 850})
    assert brightness() > 700
    assert overflow() == 0
    page.get_by_role("link", name="Ask").click()
    boxes = [page.locator(place).bounding_box() for place in ("aside", ".talk")]
    assert all(box is not None for box in boxes)
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"] + 1


def test_no_name_in_the_graph_lies_on_another(opened: Open, tmp_path: Path) -> None:
    names = [f"`{'RELAY_' * (number % 3)}SETTING_{number}`" for number in range(16)]
    pairs = [f"{one} goes with {other}." for n, one in enumerate(names) for other in names[n + 1 :: 3]]
    (tmp_path / "settings.md").write_text("# Settings\n\n" + "\n\n".join(pairs), encoding="utf-8")
    with LocalServer(tmp_path) as server:
        page = opened(server)
        page.get_by_role("link", name="Graph").click()
        expect(page.locator("#drawing text").nth(15)).to_be_attached()
        room = page.locator("#drawing").bounding_box()
        boxes = page.locator("#drawing text").evaluate_all(
            "all => all.map((one) => one.getBoundingClientRect()).map((at) => [at.left, at.right, at.top, at.bottom])"
        )
        assert room is not None
        for n, (left, right, top, bottom) in enumerate(boxes):
            assert room["x"] <= left < right <= room["x"] + room["width"]
            for left2, right2, top2, bottom2 in boxes[n + 1 :]:
                assert right <= left2 or right2 <= left or bottom <= top2 + 2 or bottom2 <= top + 2


def test_an_empty_server_says_what_to_do_first(opened: Open) -> None:
    with LocalServer() as server:
        page = opened(server)
        expect(page.get_by_text("There are no documents yet. Add some first.")).to_be_visible()
        page.get_by_role("link", name="Add some").click()
        expect(page.get_by_text("Drop files here")).to_be_visible()
        page.get_by_role("link", name="Graph").click()
        expect(page.get_by_text("No entities yet")).to_be_visible()


def test_the_page_may_run_and_fetch_nothing_but_its_own(client: httpx.Client) -> None:
    index = client.get("/")
    assert index.headers["content-type"].startswith("text/html")
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', index.text)
    assert sorted(loaded) == ["page/d3-force.js", "page/icon.svg", "page/page.css", "page/page.js"]
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|\sstyle=|<style", index.text)
    policy = index.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for name in loaded:
        response = client.get(f"/{name}")
        assert response.status_code == 200
        assert (response.headers["content-security-policy"], response.headers["x-content-type-options"]) == (
            policy,
            "nosniff",
        )
    script = client.get("/page/page.js").text
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", script)
    for missing in ("/page/other.js", "/page/..%2fapp.py", "/page/d3-force.LICENSE"):
        assert client.get(missing).status_code == 404

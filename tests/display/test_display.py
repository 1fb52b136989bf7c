"""StreamDisplay on a terminal, in a pipe and in a notebook."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import types
from html.parser import HTMLParser

import pytest
from client.conftest import caller, server
from client.wires import CONTEXT, DONE, STREAM, token
from rich.console import Console
from tables import table

from edgequake import AsyncEdgequakeClient, EdgequakeClient, StreamInterruptedError, StreamTiming
from edgequake.adapters.storm import StormClient
from edgequake.display import StreamDisplay
from edgequake.display.stream_display import _figures
from edgequake.testing import CUT, Hold

__all__ = ["caller", "server"]

ANSWER = "# Graphs\n\nThey hold **entities** and\nedges [1].\n\n- one\n- two\n"
STEPS = [{"type": "thinking", "content": "searching"}, CONTEXT, *map(token, re.findall(r"\S+\s*", ANSWER)), DONE]


class Screen(io.StringIO):
    def isatty(self):
        return True


def terminal(**more):
    return Console(file=Screen(), force_terminal=True, width=80, height=12, highlight=False, _environ={}, **more)


def pipe():
    return Console(file=io.StringIO(), width=60)


def written(console):
    return console.file.getvalue()


def lines_left(console):
    """What stands on the terminal in the end: every erased line is gone."""
    lines = [""]
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written(console)):
        if part == "\n":
            lines.append("")
        elif part == "\x1b[2K":
            lines[-1] = ""
        elif part.endswith("A") and part[0] == "\x1b":
            del lines[-int(part[2:-1] or 1) :]
        elif part[0] not in "\x1b\r":
            lines[-1] += part
    return [line.rstrip() for line in lines]


def show(caller, display, stream):
    return caller.run(display.ashow(stream)) if caller.is_async else display.show(stream)


def test_a_terminal_ends_with_the_answer_its_sources_and_figures(caller, server):
    server.on("POST", STREAM).stream(*STEPS)
    console = terminal()
    answer = show(caller, StreamDisplay(console), caller.client().query.stream("q"))
    assert answer.answer == ANSWER
    *above, figures, end = lines_left(console)
    shown = [line.strip(" ┃") for line in above if not re.fullmatch("[┏┗]━+[┓┛]", line)]  # rich before 14.3: a box
    assert shown == [
        "Graphs",
        "",
        "They hold entities and",
        "edges [1].",
        "",
        "• one",
        "• two",
        "",
        "Sources",
        "[1]  graphs.md    0.50",
        "",
    ]
    assert re.fullmatch(r"7 tokens in \d+\.\d\d s( \(.*tokens/s\))?, the first after \d+\.\d\d s", figures)
    assert end == ""
    assert written(console).rfind("\x1b[?25h") > written(console).rfind("\x1b[?25l")


def test_a_typing_indicator_with_words_until_the_first_text(server):
    hold = Hold()
    server.on("POST", STREAM).stream(token("never shown"), hold)
    console = terminal()
    with StreamDisplay(console, waiting="just a moment") as display:
        assert "just a moment" in written(console)
        display.text("  \n")
        assert not display.begun
        display.text("text")
        assert display.begun
    assert lines_left(console)[-2:] == ["text", ""]
    hold.release()


def test_a_display_shows_one_answer_after_another(caller, server):
    server.on("POST", STREAM).stream(token("one"), DONE).stream(token("two"), DONE)
    console = pipe()
    display = StreamDisplay(console, summary=True)
    for _ in range(2):
        show(caller, display, caller.client().query.stream("q"))
    assert re.sub(r"\d+\.\d+ s", "N s", written(console)).count("7 tokens in N s") == 2
    assert written(console).startswith("one\n")
    assert "\ntwo\n" in written(console)


def test_what_the_server_does_is_said_beside_the_indicator(server, monkeypatch):
    said = []
    monkeypatch.setattr("edgequake.display.faces._Terminal.say", lambda face, words: said.append(words))
    console = terminal()
    with EdgequakeClient(base_url=server.url) as client:
        server.on("POST", STREAM).stream({"type": "thinking", "content": "searching"}, token("a"), DONE)
        StreamDisplay(console).show(client.query.stream("q"))
    assert said == ["searching…"]


def test_only_the_end_of_a_long_block_is_painted_but_all_of_it_stays(server):
    console = terminal()
    code = "```\n" + "".join(f"line {n}\n" for n in range(40)) + "```\n"
    with StreamDisplay(console) as display:
        for line in code.splitlines(keepends=True):
            display.text(line)
            painted = console.render_lines(display._face._now(), pad=False)
            assert len(painted) <= 11
    left = [line.strip() for line in lines_left(console)]
    assert [line for line in left if line] == [f"line {n}" for n in range(40)]


def test_a_pipe_gets_the_text_alone(caller, server):
    server.on("POST", STREAM).stream(*STEPS)
    console = pipe()
    show(caller, StreamDisplay(console), caller.client().query.stream("q"))
    assert written(console) == ANSWER


def test_a_pipe_may_have_the_summary_too(caller, server):
    server.on("POST", STREAM).stream(CONTEXT, token("a"), DONE)
    console = pipe()
    show(caller, StreamDisplay(console, summary=True), caller.client().query.stream("q"))
    assert written(console).startswith("a\n\nSources\n  [1]  graphs.md")
    assert "7 tokens in " in written(console)


def test_a_terminal_may_do_without_it(caller, server):
    server.on("POST", STREAM).stream(CONTEXT, token("a"), DONE)
    console = terminal()
    show(caller, StreamDisplay(console, summary=False), caller.client().query.stream("q"))
    assert lines_left(console) == ["a", ""]


@pytest.mark.parametrize("make", [terminal, pipe])
def test_text_before_a_failure_stays(caller, server, make):
    server.on("POST", STREAM).stream(token("half an"), token(" answer"), CUT)
    console = make()
    with pytest.raises(StreamInterruptedError):
        show(caller, StreamDisplay(console), caller.client().query.stream("q"))
    assert lines_left(console) == ["half an answer", ""]
    caller.until(server.wait_until_closed)


def test_an_empty_answer_says_so(caller, server):
    server.on("POST", STREAM).stream(DONE)
    console = terminal()
    show(caller, StreamDisplay(console), caller.client().query.stream("q"))
    assert lines_left(console)[0] == "(no answer)"


def test_what_only_the_final_text_holds_is_shown(caller, server):
    server.on("POST", STREAM).stream(token("Lyon"), {**DONE, "answer": "Lyon [1]."})
    console = pipe()
    show(caller, StreamDisplay(console), caller.client().query.stream("q"))
    assert written(console) == "Lyon [1].\n"


def test_control_characters_are_shown_not_obeyed(caller, server):
    server.on("POST", STREAM).always().stream(token("a\x1b]0;title\x07b [bold]c[/bold] \u202efdp"), DONE)
    for console in (terminal(), pipe()):
        show(caller, StreamDisplay(console), caller.client().query.stream("q"))
        assert "\x1b]0" not in written(console)
        assert "␛]0;title␇b [bold]c[/bold] \ufffdfdp" in written(console)


def test_another_services_stream_is_shown_too(server, monkeypatch):
    data = {"message": {"content": "a"}, "contexts": [{"fileName": "a.pdf"}], "is_final_event": True}
    server.on("POST", "/api/v2/answer/stream").stream({"status": "success", "data": data})
    console = terminal()
    with StormClient(base_url=server.url, api_key="k") as client:
        StreamDisplay(console).show(client.stream("q"))
    assert "a.pdf" in written(console)


class Shown:
    """What a notebook's ``IPython.display`` was told."""

    def __init__(self):
        self.outputs = []

    def display(self, what, *, raw=False, display_id=False):
        self.outputs.append([what])
        at = len(self.outputs) - 1
        return types.SimpleNamespace(update=lambda more, raw: self.outputs[at].append(more))

    def Pretty(self, text):  # noqa: N802 - IPython's name
        return text


class ZMQInteractiveShell:
    pass


@pytest.fixture
def notebook(monkeypatch):
    shown = Shown()
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = ZMQInteractiveShell
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    return shown


def test_a_notebook_gets_one_output_that_grows_and_then_the_summary(caller, server, notebook, capsys):
    server.on("POST", STREAM).stream(*STEPS)
    show(caller, StreamDisplay(), caller.client().query.stream("q"))
    outputs, (below,) = notebook.outputs
    grown = [output["text/plain"] for output in outputs]
    assert outputs[0]["text/html"] == "<em>thinking…</em>"
    assert "<h1>Graphs</h1>" in outputs[-1]["text/html"]
    assert grown[:3] == ["thinking…", "searching…", "1 source found, waiting for the answer…"]
    assert grown[3] == "# "
    assert grown[-1] == ANSWER
    assert below.startswith("Sources\n  [1]  graphs.md")
    assert capsys.readouterr().out == ""


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[link](javascript:alert(1))",
    "[link](data:text/html;base64,PHNjcmlwdD4=)",
    "![picture](https://example.com/?q=secret)",
]


class Tags(HTMLParser):
    """Collects the tags of a page, and what their attributes say."""

    def __init__(self):
        super().__init__()
        self.found = set()

    def handle_starttag(self, tag, attrs):
        self.found |= {tag, *(f"{name}={value}" for name, value in attrs)}


def test_an_answer_runs_and_loads_nothing_in_a_notebook(caller, server, notebook):
    """A notebook runs the scripts of what it shows: here, what a document or a model wrote."""
    server.on("POST", STREAM).stream(
        {"type": "thinking", "content": HOSTILE[0]},
        {
            "type": "context",
            "sources": [{"source_type": "chunk", "id": "c", "file_path": HOSTILE[1], "reference_id": 1}],
        },
        *(token(f"{line}\n\n") for line in HOSTILE),
        DONE,
    )
    show(caller, StreamDisplay(), caller.client().query.stream("q"))
    outputs, (below,) = notebook.outputs
    tags = Tags()
    for output in outputs:
        tags.feed(output["text/html"])
    assert tags.found == {"em", "p", "a", "href=https://example.com/?q=secret"}  # a picture is a link that waits
    assert isinstance(below, str)  # shown as it stands


def test_a_long_text_is_not_sent_to_the_notebook_with_every_piece(notebook):
    with StreamDisplay() as display:
        for _ in range(3000):
            display.text("word ")
    ((*painted, last),) = notebook.outputs
    assert last["text/plain"] == "word " * 3000
    assert len(painted) < 1500


def test_an_ipython_that_is_no_notebook_is_a_terminal_or_pipe(monkeypatch, capsys):
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: None
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    with StreamDisplay() as display:
        display.text("a")
    assert capsys.readouterr().out == "a\n"


@table(
    ("timing", "tokens", "words"),
    [
        (StreamTiming(0.1, 0.5, 2.5, 9), 5, "5 tokens in 2.50 s (2.0 tokens/s), the first after 0.50 s"),
        (StreamTiming(0.1, 0.5, 0.5, 1), 1, "1 token in 0.50 s, the first after 0.50 s"),
        (StreamTiming(), 0, "0 tokens in 0.00 s"),
    ],
)
def test_figures(timing, tokens, words):
    assert _figures(timing, tokens) == words


async def test_show_is_for_the_kind_of_stream_it_is_given(server):
    server.on("POST", STREAM).stream(token("a"), DONE)
    console = pipe()
    async with AsyncEdgequakeClient(base_url=server.url) as client:
        assert (await StreamDisplay(console).ashow(client.query.stream("q"))).answer == "a"


def test_without_its_extra_the_import_names_it():
    program = "import sys; sys.modules['rich'] = sys.modules['rich.console'] = None; import edgequake.display"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == 'ImportError: edgequake.display needs rich: pip install "edgequake[cli]"'

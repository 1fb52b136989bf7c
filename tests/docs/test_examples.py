"""Every example is a program that runs."""

import json
import re
import signal
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from browsers import dumped
from docs.pages import ROOT, agrees
from forks import FAITHFUL, STRICT, file
from websockets.sync.client import connect

from edgequake import EdgequakeClient

EXAMPLES = ROOT / "examples"
INTRODUCTION = "No model is connected: these passages fit best. Add --llm for a written answer."
GRAPHS = f"{INTRODUCTION} [1] **Knowledge graphs** (knowledge-graphs.md:3) Knowledge graphs hold facts as entities and"
EDGEQUAKE = f"{INTRODUCTION} [1] **EdgeQuake** (edgequake.md:3) "
EDGEQUAKE += "EdgeQuake is a Graph-RAG server: it reads documents, builds a knowledge graph of them and answers"
MODES = f"{INTRODUCTION} [1] **EdgeQuake \u203a Modes** (edgequake.md:12) The mode says where EdgeQuake looks"

# What each program prints, line breaks aside; … stands for anything.
PRINTED = {
    "async_streaming": f"What is EdgeQuake? {EDGEQUAKE} … How does streaming work? … Streaming works over …",
    "basic_query": f"{EDGEQUAKE} questions from both. …",
    "chat_multi_turn": f"{EDGEQUAKE} questions from both. … {MODES} …",
    "explore_graph": "EdgeQuake: 3 relationships … 5 of 5 entities are in graph.svg",
    "export_conversations": "",  # there are none; see below
    "fallback": f"{EDGEQUAKE} questions from both. … characters, … sources]",
    "many_questions": f"What is EdgeQuake? {EDGEQUAKE} … Which modes does EdgeQuake have? {MODES} …",
    "progress": f"{GRAPHS} … chunks in 0.50 s",
    "sources": f"Found in hybrid mode: knowledge-graphs.md, … {GRAPHS} … [1] knowledge-graphs.md (score 1.00) …",
    "streaming_query": f"{EDGEQUAKE} questions from both. … [1] edgequake.md …",
    "streaming_rag_own_llm": "[… documents after 0.01 s] Knowledge graphs hold facts … [done after 0.01 s]",
    "to_file": "answer.md: 619 bytes",
    "upload_folder": "… sent … 4 uploaded, 0 there already, 0 failed",
}
SERVERS = {"fastapi_app", "flask_app", "websocket_app"}
SAID = {"chat_multi_turn": "What is EdgeQuake?\n\nWhich modes does it have?\n"}
WITHOUT_PROXY = {"transport": httpx.HTTPTransport()}


@pytest.fixture
def in_a_folder(monkeypatch, tmp_path, edgequake_server):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDGEQUAKE_BASE_URL", edgequake_server.url)


@pytest.fixture
def ran(processes):
    """Runs an example to its end, in the folder and the environment of the test."""
    return lambda name, *args, given="": processes.run(
        FAITHFUL + STRICT + file(EXAMPLES / f"{name}.py"), *args, given=given
    )


@pytest.fixture
def running(processes):
    """Gives the address of an example, which serves while the block lasts."""

    @contextmanager
    def running(name):
        with processes.start(file(EXAMPLES / f"{name}.py"), "0", stdout=subprocess.DEVNULL) as program:
            yield next(
                found[0].decode() for line in program.stderr if (found := re.search(rb"http://127\.0\.0\.1:\d+", line))
            )
            program.send_signal(signal.SIGTERM)
            program.wait()

    return running


def test_every_example_is_run_and_listed():
    there = {path.stem for path in EXAMPLES.glob("*.py")}
    assert there == {*PRINTED, *SERVERS}
    listed = (EXAMPLES / "README.md").read_text("utf-8")
    assert not [name for name in there if f"({name}.py)" not in listed]


@pytest.mark.usefixtures("in_a_folder")
@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_an_answer_from_the_server(ran, name):
    run = ran(name, given=SAID.get(name, ""))
    assert (run.returncode, run.stderr) == (0, "")
    assert agrees(PRINTED[name], " ".join(run.stdout.split())), run.stdout


@pytest.mark.usefixtures("in_a_folder")
def test_the_picture_of_a_graph_has_a_circle_for_each_entity_and_a_line_for_each_pair(ran, tmp_path):
    assert ran("explore_graph", "own.svg", "4").returncode == 0
    picture = ElementTree.parse(tmp_path / "own.svg").getroot()
    count = {
        tag: len(picture.findall(f".//{{http://www.w3.org/2000/svg}}{tag}")) for tag in ("circle", "line", "title")
    }
    with EdgequakeClient(tenant_id="default", workspace_id="default") as client:
        graph = client.graph.load()
    degrees = Counter(name for edge in graph.edges for name in (edge.source, edge.target))
    best = {name for name, _ in sorted(degrees.items(), key=lambda one: (-one[1], one[0]))[:4]}
    pairs = {frozenset((edge.source, edge.target)) for edge in graph.edges if {edge.source, edge.target} <= best}
    assert (count["circle"], count["title"]) == (4, 4)
    assert count["line"] == len(pairs) + 3  # the strongest, which join all four, are drawn once more


@pytest.mark.usefixtures("in_a_folder")
def test_conversations_are_saved_and_made_anew(ran):
    user = "00000000-0000-0000-0000-000000000001"
    with EdgequakeClient(tenant_id="default", user_id=user) as client:
        client.chat.complete("What is EdgeQuake?")

        def printed(*args):
            run = ran("export_conversations", "talks.jsonl", *args)
            assert (run.returncode, run.stderr) == (0, "")
            return run.stdout

        assert printed() == "What is EdgeQuake: 2 messages\n"
        assert printed("--restore") == "1 made anew, 0 failed\n"
        assert printed() == "What is EdgeQuake: 2 messages\n" * 2
        assert len(client.conversations.list().all()) == 2


def test_an_answer_that_breaks_off_leaves_no_file_that_looks_whole(ran, tmp_path, monkeypatch, edgequake_script):
    edgequake_script.stream({"type": "token", "content": "Half"})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDGEQUAKE_BASE_URL", edgequake_script.url)
    run = ran("to_file")
    assert run.returncode == 1
    assert "without its final event" in run.stderr
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("answer.md.part", "Half")]


@pytest.mark.usefixtures("in_a_folder")
def test_the_flask_app_relays_an_answer_to_a_browser(running):
    with running("flask_app") as url, httpx.Client(base_url=url, **WITHOUT_PROXY) as browser:
        assert 'import { stream } from "/relay.js"' in browser.get("/").text
        assert "export function stream" in browser.get("/relay.js").text
        events = browser.get("/stream", params={"question": "What are knowledge graphs?"})
        assert browser.get("/stream").status_code == 400
    assert events.headers["content-type"].startswith("text/event-stream")
    *chunks, end = events.text.strip().split("\n\n")
    answer = "".join(json.loads(chunk.partition("data: ")[2]).get("chunk") or "" for chunk in chunks)
    assert " ".join(answer.split()).startswith(GRAPHS)
    assert end.startswith("event: done\n")


@pytest.mark.usefixtures("in_a_folder")
def test_the_websocket_app_answers_one_question_after_the_other(running):
    with (
        running("websocket_app") as url,
        connect(f"{url.replace('http', 'ws')}/ws", proxy=None) as socket,
    ):
        for question, begins in {"What are knowledge graphs?": GRAPHS, "What is EdgeQuake?": EDGEQUAKE}.items():
            socket.send(question)
            messages = [json.loads(socket.recv(timeout=120))]
            while "text" in messages[-1]:
                messages.append(json.loads(socket.recv(timeout=120)))
            answer = "".join(message["text"] for message in messages[:-1])
            assert " ".join(answer.split()).startswith(begins)
            assert messages[-1]["done"]
            assert messages[-1]["sources"]


@pytest.mark.usefixtures("in_a_folder")
def test_a_browser_shows_the_answer_of_the_fastapi_app(running, tmp_path):
    with running("fastapi_app") as url:
        page = dumped(f"{url}/?question=What+is+EdgeQuake%3F", tmp_path)
    assert "<title>edgequake: answered</title>" in page
    assert f'<p id="answer">{EDGEQUAKE} questions from both.' in " ".join(page.split())
    assert '<ol id="sources"><li>edgequake.md</li>' in page


@pytest.mark.usefixtures("in_a_folder")
def test_the_notebook_prints_what_it_shows(tmp_path):
    execute = [str(Path(sys.executable).with_name("jupyter-execute")), "--output", str(tmp_path / "run.ipynb")]
    run = subprocess.run([*execute, str(EXAMPLES / "notebook.ipynb")], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    shown, printed = map(outputs, (EXAMPLES / "notebook.ipynb", tmp_path / "run.ipynb"))
    assert len(shown) == 4
    assert all(map(agrees, shown, printed)), printed


def outputs(notebook):
    """What each cell of code shows, as text."""
    cells = [cell for cell in json.loads(notebook.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    return ["".join(map(text_of, cell["outputs"])) for cell in cells]


def text_of(output):
    data = output.get("data", {})
    return "".join(output.get("text") or data.get("text/markdown") or data.get("text/plain"))

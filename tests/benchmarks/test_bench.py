"""The benchmark says what it measured, and its load server sends what it is asked for."""

import importlib
import socket
import sys
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest

from edgequake import EdgequakeClient

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def module(name):
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture
def load_server_url():
    serve_connection = module("load_server").serve_connection
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: serve_connection(listener.accept()[0]), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(60)
    assert not thread.is_alive()


@pytest.fixture
def record():
    figures = module("figures").Figures()
    for ours, theirs in [(2.0, 4.0), (10.0, 10.0), (3.0, 2.0)]:
        figures.add("each", "edgequake", ours)
        figures.add("each", "httpx", theirs)
    for name in ("burst", "parked", "events 10", "at once 10", "at once 10, wall"):
        figures.add(name, "edgequake", 7.0)
    about = {"system": "s", "cores": 2, "python": "3", "rounds": 3, "events": 5, "load before": 0.1, "versions": {}}
    return module("figures").as_json(figures, about)


@pytest.mark.parametrize("framing", ["burst", "each", "1", "7", "65536"])
def test_the_load_server_sends_all_events_however_they_are_cut(load_server_url, framing):
    url = f"{load_server_url}/events=1234,framing={framing},size=9"
    with EdgequakeClient(base_url=url) as client:
        texts = list(client.query.stream("q").text_stream)
        answer = client.query.execute("q").answer
    assert len(texts) == 1234
    assert {len(text) for text in texts} == {9}
    assert answer.startswith("Relay")


def test_a_ratio_is_that_of_the_lowest_rounds(record):
    aim = next(aim for aim in record["aims"] if aim["measure"] == "each" and aim["against"] == "httpx")
    assert aim["reached"] == {"figure": 1.0, "low": 0.5, "high": 1.5}


def test_an_aim_that_was_missed_or_not_measured_says_so(record):
    record["aims"][3]["at_most"] = 0.9
    rows = module("report").aims(record)
    assert "1.000 (missed)" in rows[4]
    assert "not measured" in rows[1]


def test_the_page_keeps_its_words_and_gets_the_tables_between_its_markers(record, tmp_path):
    write_page = module("report").write_page
    page = tmp_path / "page.md"
    marks = [f"<!-- {name}: make bench -->\nold\n<!-- end of {name} -->" for name in ("aims", "figures")]
    page.write_text(f"before\n{marks[0]}\nbetween\n{marks[1]}\nafter\n", "utf-8")
    write_page(record, page)
    once = page.read_text("utf-8")
    write_page(record, page)
    assert page.read_text("utf-8") == once
    assert "old" not in once
    assert [line for line in once.splitlines() if line in ("before", "between", "after")] == [
        "before",
        "between",
        "after",
    ]
    assert "| edgequake | 2.00 | 3.00 | 10.0 |" in once


def test_a_page_without_markers_is_refused(record, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("nothing", "utf-8")
    with pytest.raises(SystemExit, match="no marker"):
        module("report").write_page(record, page)


@pytest.mark.parametrize(("file", "width"), [("chart.svg", 760), ("chart-phone.svg", 340)])
def test_the_chart_has_a_bar_for_every_client_and_all_of_it_fits(record, tmp_path, file, width):
    module("chart").draw(record, tmp_path / "chart.svg")
    svg = ElementTree.parse(tmp_path / file).getroot()
    rects = svg.findall("{http://www.w3.org/2000/svg}rect")
    assert len(rects) == 3
    assert all(float(rect.get("x")) + float(rect.get("width")) + 40 <= width for rect in rects)
    assert svg.get("viewBox").startswith(f"0 0 {width} ")

"""The site is built once, strictly, and holds all that is public."""

import importlib
import inspect
import json
import os
import re
import subprocess
import sys
from functools import cache

import pytest
from browsers import dumped
from docs.pages import ROOT

DOORS = (
    "edgequake",
    "edgequake.adapters",
    "edgequake.adapters.gpo",
    "edgequake.adapters.storm",
    "edgequake.display",
    "edgequake.exceptions",
    "edgequake.integrations.langchain",
    "edgequake.integrations.llamaindex",
    "edgequake.integrations.mcp",
    "edgequake.integrations.openai_api",
    "edgequake.local",
    "edgequake.models",
    "edgequake.rag",
    "edgequake.relay",
    "edgequake.testing",
)
# ``python -m mkdocs``; the garbage collector would take a tenth of the time, and finds nothing.
MKDOCS = "import gc; gc.disable(); from mkdocs.__main__ import cli; cli()"
ELSEWHERE = {"__version__", "EdgeQuake", "AsyncEdgeQuake"}  # a string, and the clients' other names


@cache
def public():
    """Every public name behind each door."""
    return [
        f"{door}.{name}" for door in DOORS for name in importlib.import_module(door).__all__ if name not in ELSEWHERE
    ]


def loaded(path):
    door, _, name = path.rpartition(".")
    return getattr(importlib.import_module(door), name)


def home_of(path):
    """Where the thing is defined, which names it behind several doors; its own name where it has no home."""
    thing = loaded(path)
    return f"{thing.__module__}.{thing.__qualname__}" if hasattr(thing, "__qualname__") else path


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_holds_all_that_is_public(tmp_path):
    """One test for all that is seen of one build, which takes some seconds."""
    site = tmp_path / "site"
    run = subprocess.run(
        [sys.executable, "-c", MKDOCS, "build", "--strict", "--site-dir", str(site)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (run.returncode, re.findall("(?:WARNING|ERROR) .*", run.stderr)) == (0, []), run.stderr
    pages = {page.relative_to(site).as_posix(): page.read_text("utf-8") for page in site.rglob("*.html")}
    assert missing_names("".join(text for name, text in pages.items() if name.startswith("reference/"))) == []
    for name, text in pages.items():
        assert fetched_from_elsewhere(text) == [], name
        if name.startswith("reference/"):
            assert re.findall(r":(?:class|meth|mod|func|param)[: ]", text) == [], name
            assert re.findall(r"NOT_GIVEN|DEFAULT_[A-Z]+|<details class=\"quote\"|lambda:", text) == [], (
                f"{name} shows code"
            )
        if name.startswith("reference/"):
            assert dead_source_links(text, pages) == [], name
    sections = json.loads((site / "search" / "search_index.json").read_text("utf-8"))["docs"]
    assert [one["location"] for one in sections if one["location"].startswith("source/")] == []
    for word in ("install", "upload", "documents"):
        found = {one["location"].partition("#")[0] for one in sections if word in one["title"].lower()}
        assert [page for page in found if not page.startswith("reference/")], f"a search for {word} finds no guide"
    shown = dumped(f"file://{site}/timeouts.html", tmp_path / "profile")
    assert '<div class="mermaid"' in shown
    assert '<pre class="mermaid"' not in shown


def dead_source_links(text, pages):
    """Classes and functions of a page of the reference whose link to the source does not lead to their lines."""
    headings = re.findall(r'<h\d id="(edgequake\.[^"]+)" class="doc doc-heading">(.*?)</h\d>', text, re.DOTALL)
    dead = []
    for name, heading in headings:
        link = re.search(r'href="\.\./(source/[^"#]+)#([^"]+)">source</a>', heading)
        if link is None:
            kind = re.search(r"doc-(class|function)-name", heading)
            dead += [f"{name}: none"] if kind else []
            continue
        lines = pages.get(link[1], "").partition(f' id="{link[2]}">')[2].splitlines()[:30]
        written = re.sub("<.*?>", "", "\n".join(lines))
        if not re.search(rf"(?:class|def) {name.rpartition('.')[2]}\b", written):
            dead.append(f"{name}: {link[1]}#{link[2]}")
    return dead


def missing_names(reference):
    known = set(re.findall(r'id="(edgequake\.[\w.]+)"', reference))
    missing = [path for path in public() if path not in known and home_of(path) not in known]
    return [path for path in missing if not {one for one in public() if home_of(one) == home_of(path)} & known]


def fetched_from_elsewhere(page):
    """Scripts, styles, fonts and pictures of other sites; links may lead there."""
    fetched = re.findall(r'<(?:script|link|img|iframe)\b[^>]*?(?:src|href)="(https?:[^"]+)"', page)
    return [*fetched, *re.findall(r'url\("?(https?:[^)]+)', page)]


def test_the_public_names_and_their_methods_say_what_they_are():
    assert [name for path in public() for name in undocumented(path)] == []


def undocumented(path):
    """The names of a public thing, and of its methods and properties, that say nothing of themselves."""
    thing = loaded(path)
    if not inspect.isclass(thing) and not inspect.isfunction(thing):
        return  # a value or a type alias: the reference shows its comment
    if not (thing.__doc__ or "").strip():
        yield path
    methods = inspect.getmembers(thing, inspect.isfunction) if inspect.isclass(thing) else []
    for name, method in methods:
        if (
            not name.startswith("_")
            and (method.__module__ or "").startswith("edgequake")
            and not inspect.getdoc(method)
        ):
            yield f"{path}.{name}"
    for name, value in vars(thing).items() if inspect.isclass(thing) else ():
        if isinstance(value, property) and not name.startswith("_") and not value.__doc__:
            yield f"{path}.{name}"
